"""Which operations are deeds and which are about things, as far as their neighbours say: words alone would make `POST /sources/discover_schema` create a schema.

Where most of what is posted to side by side names what is done (`/sources/get`, `/sources/delete`), the rest does too, and so it is where most of a whole API does.
What shows that something is made there speaks against it: an answer 201, what can be got at the same address or below it, a plain plural, a field of that name.
"""

import re
from collections.abc import Mapping
from itertools import groupby

from agent.spec.english import plural, spelled
from agent.spec.names import Reading, is_action, resource_path, words_of
from agent.spec.path_syntax import unnamed
from agent.spec.phrasing import ENDING
from agent.spec.summary import Node, Route

_FEW = 3
"""So many of a family are needed, and nearly twice as many of an API."""
_SOME = 5
_TAIL = re.compile(r"(?:/\{[^{}/]*\})+$")

Key = tuple[str, str]
"""Template and method, as operations are grouped."""


def readings(merged: Mapping[Key, Route]) -> dict[Key, Reading]:
    """How the words at the end of each operation's path are to be read; what is not here, as they stand."""
    found: dict[Key, Reading] = dict.fromkeys(_things(merged), "thing")
    named = sorted((key for key in merged if key[1] in ("GET", "POST") and key not in found and not key[0].endswith("}") and _last(key)), key=_family)
    families = [list(family) for _, family in groupby(named, _family)]
    posted = [key for key in named if key[1] == "POST"]
    is_spoken = _are_done(posted, _SOME)
    near = [family for family in families if family[0][1] == "POST" and _are_done(family, _FEW)]
    fields = _fields(merged) if is_spoken or near else set[str]()
    for family in families:
        if family[0][1] == "GET" and _are_asked(family):
            found |= dict.fromkeys((key for key in family if len(_last(key)) > 1 and is_action(_last(key), "POST")), "deed")
        elif family[0][1] == "POST" and (is_near := family in near) | is_spoken:
            found |= dict.fromkeys((key for key in family if is_action(_last(key), "POST") or _may_be_done(key, merged, fields, is_near=is_near)), "deed")
    return found


def _things(merged: Mapping[Key, Route]) -> list[Key]:
    """Those about something of which one can be got by its id: `/merge_requests` where there is `/merge_requests/{id}`, whatever its words say."""
    known = {unnamed(template.rpartition("/")[0]) for template, method in merged if method == "GET" and template.endswith("}")}
    return [key for key in merged if unnamed(_TAIL.sub("", key[0])) in known]


def _last(key: Key) -> list[str]:
    segments = resource_path(key[0])
    return words_of(ENDING.sub("", segments[-1])) if segments else []


def _family(key: Key) -> tuple[str, list[str]]:
    return key[1], resource_path(key[0])[:-1]


def _are_done(family: list[Key], least: int) -> bool:
    done = sum(is_action(_last(key), "POST") for key in family)
    return done >= least and done * 2 > len(family)


def _are_asked(family: list[Key]) -> bool:
    """Whether nearly all name what is done, and several of them by a verb of asking: then `GET /removeTag` removes one."""
    asked = sum(is_action(_last(key), "GET") and len(_last(key)) > 1 for key in family)
    done = sum(is_action(_last(key), "POST") for key in family)
    return asked >= _FEW and done * 5 > len(family) * 4


def _may_be_done(key: Key, merged: Mapping[Key, Route], fields: set[str], *, is_near: bool) -> bool:
    template, _ = key
    words, before = _last(key), resource_path(template)[:-1]
    if "201" in merged[key].outcomes or (template, "GET") in merged or any(other.startswith(f"{template}/{{") for other, _ in merged):
        return False
    has_no_plural = plural(words[-1]) == words[-1]
    if len(words) > 1:
        return is_near or not has_no_plural
    is_noun = has_no_plural or spelled(words[0]) != words[0] or words[0] in fields
    return bool(before) and not is_noun and not (len(said := words_of(before[-1])) > 1 and is_action(said, "POST"))


def _fields(merged: Mapping[Key, Route]) -> set[str]:
    """The last words of what bodies and queries have: what they name is something."""
    names = {key.partition(":")[2] for route in merged.values() for key in route.fields if key.startswith("query:")}
    for route in merged.values():
        for content in (*route.requests.values(), *(content for outcome in route.outcomes.values() for content in outcome.contents.values())):
            _add_names(names, content.node)
    return {words[-1] for name in names if (words := words_of(name))}


def _add_names(names: set[str], node: Node | None) -> None:
    if node is not None:
        names.update(node.properties)
        for inner in (*node.properties.values(), node.items):
            _add_names(names, inner)

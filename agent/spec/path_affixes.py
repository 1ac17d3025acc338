"""Whether what stands around a value is written in the template (`{id}.json`, `{topic}:publish`, `@{name}`) or belongs to the value (`notes/a.png`, `@anna:home.example`).

An affix is of the template where it says something of its own: one suffix for all siblings, or several for the same value, or a sign that only
some siblings have. Suffixes that go with the value, as those of files do, are part of it. Only siblings can tell, so this is decided per family.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping

from agent.spec.path_tree import Leaf, affixes_of
from agent.spec.values import CERTAIN, kind_of

_MAIN_SHARE = 0.75
"""One suffix with so many of the siblings that have any is the form of the resource; what others have is an exception."""


def parts_of(family: Mapping[str, list[Leaf]], position: int) -> dict[str, tuple[str, str, str]]:
    """Each value of a family as what stands before it, its stem, and what stands after, all by the rule of the family."""
    parts = {value: affixes_of(value) for value in family}
    are_names = _are_file_names(family, parts, position)
    verbs = _verbs(parts)
    signs = {before for before, _, _ in parts.values()}
    is_signed = len(signs) == 1 and signs != {""} and len(family) > 1
    found: dict[str, tuple[str, str, str]] = {}
    for value, (before, stem, after) in parts.items():
        start = "" if is_signed else before
        end = "" if (are_names and after[:1] == ".") or (len(after) > 1 and after[0] == ":" and after not in verbs) else after
        found[value] = (start, stem if "<" in value else value[len(start) : len(value) - len(end)], end)
    return found


def _verbs(parts: Mapping[str, tuple[str, str, str]]) -> set[str]:
    """The suffixes with a colon that follow several values, one that is an id by its looks, or one that is there without them: not `anna` of `user:anna`."""
    stems: dict[str, set[str]] = defaultdict(set)
    for value, (_, stem, after) in parts.items():
        stems[after].update({stem, "0"} if "<" in value else {stem})
    bare = stems.get("", set())
    return {after for after, found in stems.items() if len(found) > 1 or found & bare or any(kind_of(stem) in CERTAIN for stem in found)}


def _are_file_names(family: Mapping[str, list[Leaf]], parts: Mapping[str, tuple[str, str, str]], position: int) -> bool:
    """Whether the file suffixes differ with the values: several of them, none for nearly all, and no value with two."""
    suffixes: Counter[str] = Counter()
    of_stem: dict[str, set[str]] = defaultdict(set)
    for value, (_, stem, after) in parts.items():
        for one in _values(value, stem, family[value], position):
            of_stem[one].add(after)
            suffixes[after] += 1
    named = {suffix: times for suffix, times in suffixes.items() if suffix[:1] == "."}
    if len(named) < 2 or max(named.values()) > _MAIN_SHARE * sum(named.values()):
        return False
    return sum(len(found) > 1 for found in of_stem.values()) * 4 < len(of_stem)


def _values(value: str, stem: str, leaves: list[Leaf], position: int) -> set[str]:
    if "<" not in value:
        return {stem}
    return {one for leaf in leaves for route in leaf.routes.values() if (sample := route.slots.get(str(position))) for one in sample.values} or {stem}

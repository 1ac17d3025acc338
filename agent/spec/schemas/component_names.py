"""What shared components are called: after where they stand, as a person would say it, and never after a number while words are left.

`Task` for what stands in `{"data": {…}}` of `/tasks`, `TaskList` for a page of them, `VideoSnippet` beside the `Snippet` of something else, `NotFoundError` where
only a 404 has it, `ErrorWithDetail` where nothing else tells two apart. Which objects share a component is in `clusters`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from agent.spec.english import singular
from agent.spec.names import OWN_IDS, Reading, acted_on, deed_of, free, is_action, looked_up, pascal, resource_path, words_of
from agent.spec.phrasing import ENDING, is_selecting
from agent.spec.summary import Node

_WRAPPERS = ("data", "item", "items", "result", "results", "response", "payload", "body", "records", "list", "value", "values")
_PAGING = ("page", "next", "total", "offset", "limit", "cursor", "paging", "pagination")
_ERROR = ("error", "error response")


class Place(NamedTuple):
    """What an object is called where it stands, and what it belongs to there."""

    own: str
    owner: str = ""


def place_of(method: str, template: str, *, reading: Reading = "words") -> Place:
    """Of what an operation takes and gives: `/bot/getChatMember` gives a chat member, `/accounts/get` an account."""
    segments = acted_on(looked_up(resource_path(template))[0], method, reading=reading)
    named = [ENDING.sub("", segment) for segment in segments if "{" not in segment]
    named = named[:-1] if is_selecting(named) else named
    words = words_of(named[-1]) if named else []
    if words and is_action(words, "POST", reading=reading):
        rest = deed_of(words).rest if len(words) == 1 or is_action(words, "POST") else words
        named = [*named[:-1], " ".join(rest)] if rest else named[:-1]
    return Place(*reversed(named[-2:])) if named else Place("")


def within(place: Place, key: str) -> Place:
    """Of what stands in a property. A wrapper says nothing: what is in it is what it was asked for; an error stays the error of its status."""
    own = singular(key)
    if own in _WRAPPERS or key in _WRAPPERS:
        return place
    if place.own in _ERROR and own == "error":
        return Place("error", place.owner)
    return Place(own, place.own)


def is_envelope(node: Node) -> bool:
    """Whether an object may be there for the list of objects in it: what has an id of its own is not."""
    is_thing = any((own := node.properties.get(key)) and not own.objects for key in OWN_IDS)
    return not is_thing and bool(_lists(node))


def shown_as(node: Node, place: Place) -> Place:
    """The place of an object itself: a page of tasks is no task."""
    if place.own in _ERROR or not is_envelope(node) or len(_lists(node)) > 1:
        return place
    is_named = _lists(node)[0] in _WRAPPERS or singular(_lists(node)[0]) == singular(place.own)
    is_counted = any(words[0] in _PAGING for key in node.properties if (words := words_of(key)))
    return Place(f"{singular(place.own)} list", place.owner) if is_named or is_counted else place


def _lists(node: Node) -> list[str]:
    return [key for key, inner in node.properties.items() if inner.arrays and inner.items is not None and inner.items.objects]


def name_of(places: Counter[Place], keys: Iterable[str], taken: Mapping[str, Iterable[str]]) -> str:
    """The first name that is free: the usual one, with what it belongs to, another one, with a key that the others of the name lack, with a number."""
    of_errors = Counter({place: times for place, times in places.items() if place.own in _ERROR})
    places = places if of_errors.total() * 2 > places.total() else places - of_errors
    own: Counter[str] = Counter()
    for place, times in places.items():
        own[_pascal(place.own)] += times
    ranked = [name for name, _ in sorted(own.items(), key=lambda item: (-item[1], item[0])) if name] or ["Object"]
    base = ranked[0] if len(own) < 3 or own[ranked[0]] * 2 > own.total() or not ranked[0].endswith("List") else "Page"
    tells = (key for key in keys if not any(key in others for name, others in taken.items() if name.endswith(base) or name.startswith(f"{base}With")))
    candidates = (base, *_owned(places, base), *ranked, *(f"{base}With{words}" for key in tells if (words := pascal(key)) and words not in base))
    return next((name for name in candidates if name not in taken), "") or free(base, taken)


def _owned(places: Counter[Place], base: str) -> list[str]:
    """With what it belongs to; an error only where all of them are of one kind."""
    owners: Counter[str] = Counter()
    is_error = any(place.own in _ERROR for place in places)
    for place, times in places.items():
        if _pascal(place.own) == base and place.owner:
            owners[pascal(place.owner) if is_error else _pascal(place.owner)] += times
    if is_error and len(owners) > 1:
        return []
    return [f"{owner}{base}" for owner, _ in sorted(owners.items(), key=lambda item: (-item[1], item[0])) if owner and owner != base]


def _pascal(name: str) -> str:
    words = words_of(name)
    joined = pascal(" ".join([*words[:-1], singular(words[-1])])) if words else ""
    return f"Object{joined}" if joined[:1].isdigit() else joined

"""Values of several segments: the path of a file in `/contents/{path}/checkpoints`, whose slashes callers leave as they are.

A body that repeats all that follows a segment, at different depths, tells such a place. Of what follows there, what was told is the value; what comes
after several values is a literal again. The segments of a value become one hole, and its routes one route.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from agent.spec.merge import merge_route
from agent.spec.path_syntax import HOLE
from agent.spec.paths.shapes import Shape, are_alike, shape_of
from agent.spec.paths.tree import good_contents
from agent.spec.schemas.bodies import admit
from agent.spec.summary import SAMPLE_MAX, Route, Sample
from agent.spec.values import kind_of

_LINKS = frozenset({"self", "href", "url", "uri", "link", "resource_uri", "selfLink"})
"""What has such a name repeats the path of whatever it stands in."""
_ALIKE = 0.5
_Tail = tuple[str, ...]


class _Place(NamedTuple):
    """The position where values begin, and the literal before it."""

    position: int
    before: str


def with_rests(routes: Sequence[Route]) -> list[Route]:
    """The routes, with one hole for each value of several segments."""
    if not any(route.rests for route in routes):
        return list(routes)
    found = _values(routes)
    below: dict[_Place, list[Route]] = defaultdict(list)
    alike: dict[tuple[str, str, str], list[Route]] = defaultdict(list)
    for route in routes:
        if (place := _place_of(route, found)) is not None:
            below[place].append(route)
        else:
            alike[route.origin, route.method, route.path].append(route)
    for place, routes_below in below.items():
        literals = _literals(place, found[place], routes_below)
        for route in routes_below:
            held = _holed(route, place.position, _length(_tail(route, place), found[place], literals))
            alike[held.origin, held.method, held.path].append(held)
    return [merge_route(*alike[key]) for key in sorted(alike)]


def _values(routes: Sequence[Route]) -> dict[_Place, set[_Tail]]:
    """The places where answers repeat what follows, under one name, of depths next to each other, and are alike; and what they repeated."""
    told: dict[tuple[_Place, str], dict[_Tail, list[Shape]]] = defaultdict(lambda: defaultdict(list))
    for route in routes:
        segments = _segments(route)
        for key in route.rests | {key: times for key, times in route.echoes.items() if key.startswith(f"{len(segments) - 1} ")}:
            position, _, name = key.partition(" ")
            if 0 < int(position) < len(segments) and name.partition(" ")[2] not in _LINKS:
                place = _Place(int(position), segments[int(position) - 1])
                told[place, name][segments[place.position :]].append(shape_of(good_contents(route)))
    found: dict[_Place, set[_Tail]] = defaultdict(set)
    for (place, _), tails in told.items():
        lengths = {len(tail) for tail in tails}
        shapes = [shape for tail in sorted(tails) for shape in tails[tail] if shape]
        is_varied = len([tail for tail in tails if len(tail) > 1]) > 1 and any(length + 1 in lengths for length in lengths)
        if is_varied and all(are_alike(shapes[0], shape, _ALIKE) for shape in shapes):
            found[place].update(tails)
    return found


def _literals(place: _Place, values: set[_Tail], routes: Sequence[Route]) -> set[str]:
    """The words that come after several values, as `checkpoints` after each file."""
    after: dict[str, set[_Tail]] = defaultdict(set)
    for route in routes:
        tail = _tail(route, place)
        known = _known(tail, values)
        if known < len(tail):
            after[tail[known]].add(tail[:known])
    return {word for word, before in after.items() if len(before - {()}) > 1 and kind_of(word) == "word" and "." not in word}


def _length(tail: _Tail, values: set[_Tail], literals: set[str]) -> int:
    """How many segments are the value."""
    if tail in values:
        return len(tail)
    return next((at for at, word in enumerate(tail) if at and word in literals and (tail[:at] in values or tail[: at + 1] not in values)), len(tail))


def _known(tail: _Tail, values: set[_Tail]) -> int:
    return next((length for length in range(len(tail), 0, -1) if tail[:length] in values), 0)


def _holed(route: Route, position: int, length: int) -> Route:
    segments = _segments(route)
    value = "/".join(unquote(segment) for segment in segments[position : position + length])

    def moved(key: str) -> str:
        """The same place after what was one value; empty where it is within it."""
        at, mark, rest = key.partition(" " if " " in key else ".")
        place = int(at)
        return "" if position < place < position + length else f"{place if place <= position else place - length + 1}{mark}{rest}"

    slots = {new: sample for key, sample in route.slots.items() if key.split(".")[0] != str(position) and (new := moved(key))}
    sample = Sample(is_partial="<" in value)
    if not sample.is_partial:
        admit(sample, value, "path", SAMPLE_MAX)
        sample.values = {text: route.seen.count for text in sample.values}
    echoes = {new: times for key, times in route.echoes.items() if (new := moved(key))}
    for key, times in route.rests.items():
        if key.startswith(f"{position} "):
            echoes[key] = echoes.get(key, 0) + times
    path = "/" + "/".join((*segments[:position], HOLE, *segments[position + length :]))
    return msgspec.structs.replace(route, path=path, slots=slots | {f"{position}.0": sample}, echoes=echoes, rests={})


def _place_of(route: Route, found: Mapping[_Place, object]) -> _Place | None:
    """The first place that a path leads through."""
    segments = _segments(route)
    return next((place for position in range(1, len(segments)) if (place := _Place(position, segments[position - 1])) in found), None)


def _tail(route: Route, place: _Place) -> _Tail:
    return _segments(route)[place.position :]


def _segments(route: Route) -> _Tail:
    return tuple(part for part in route.path.split("/") if part)

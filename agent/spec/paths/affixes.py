"""Whether what stands around a value is written in the template (`{id}.json`, `{topic}:publish`, `@{name}`) or belongs to the value (`notes/a.png`, `@anna:home.example`).

An affix is of the template where it says something of its own: one suffix for all siblings, or several for the same value, or a sign that only
some siblings have. Suffixes that go with the value, as those of files do, are part of it. Only siblings can tell, so this is decided per family.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from agent.spec.english import singular
from agent.spec.path_syntax import HOLE
from agent.spec.paths.tree import CLOSED, Leaf, affixes_of, drawn
from agent.spec.values import CERTAIN, kind_of

_MAIN_SHARE = 0.75
"""One suffix with so many of the siblings that have any is the form of the resource; what others have is an exception."""


_PAIRS_LEAST = 4
_SERIALS_LEAST = 5
"""So many different numbers after a word are no part of its name, as those of `ipv6` or `int8`, `int16` and `int32`."""
_SERIAL = re.compile(r"([a-z]{3,}[-_]?)(\d{1,5})")
_FORMS_LEAST = 3
"""Fewer file suffixes are forms of a resource, each with its operation; more are values that are chosen freely."""


class Parts(NamedTuple):
    """A value, what stands around it in the template, and what stands between, where it is two values."""

    before: str
    stem: str
    after: str
    joint: str = ""


def serials_of(leaves: Iterable[Leaf]) -> frozenset[str]:
    """The words before numbers that say what these are, `page-` of `/new/page-2` and `/top/page-3`.

    They stand in several places, or beside plain words. That of `/rooms/room2` only says again what stands before it.
    """
    numbers: dict[str, set[str]] = defaultdict(set)
    places: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    plain: set[tuple[str, ...]] = set()
    for leaf in leaves:
        for position, segment in enumerate(leaf.segments):
            place = tuple(leaf.texts[:position])
            if serial := _SERIAL.fullmatch(segment):
                word = serial.group(1)
                if word.strip("-_") not in {singular(before) for before in leaf.segments[:position]}:
                    numbers[word].add(serial.group(2))
                    places[word].add(place)
            elif kind_of(segment) == "word":
                plain.add(place)
    return frozenset(word for word, found in numbers.items() if len(found) >= _SERIALS_LEAST and (len(places[word]) > 1 or places[word] & plain))


def parts_of(family: Mapping[str, list[Leaf]], position: int, serials: Set[str] = frozenset()) -> dict[str, Parts]:
    """The parts of each value of a family, by the rule of the family."""
    joints = _joints(family)
    parts = {value: affixes_of(value) for value in family}
    are_names = _are_file_names(family, parts, position)
    verbs = _verbs(parts)
    signs = {before for before, _, _ in parts.values()}
    is_signed = len(signs) == 1 and signs != {""} and len(family) > 1
    found: dict[str, Parts] = {}
    for value, (before, stem, after) in parts.items():
        if (serial := _SERIAL.fullmatch(value)) and serial.group(1) in serials:
            found[value] = Parts(serial.group(1), serial.group(2), "")
            continue
        if value in joints:
            found[value] = Parts("", value, "", joints[value])
            continue
        start = "" if is_signed else before
        end = "" if (are_names and after[:1] == ".") or (len(after) > 1 and after[0] == ":" and after not in verbs) else after
        found[value] = Parts(start, stem if "<" in value else value[len(start) : len(value) - len(end)], end)
    return found


def _joints(family: Mapping[str, list[Leaf]]) -> dict[str, str]:
    """What stands between two values in one segment: `EUR:USD`, `name@v2`, `12,40`, `default.png`, where both vary, or are two numbers in all that have it."""
    found: dict[str, str] = {}
    for joint in ",:@.":
        pairs = {value: tuple(value.split(joint)) for value in family if value.count(joint) == 1 and _is_joined(value, joint)}
        listed = sum(joint in value for value in family)
        numbers = joint in ",:" and len(pairs) == listed >= _PAIRS_LEAST - 1 and all(part.isdecimal() for pair in pairs.values() for part in pair)
        are_free = joint != "," and _are_free(set(pairs.values()), _FORMS_LEAST if joint == "." else 2)
        if numbers or (are_free and (joint != "." or _are_drawn(family, pairs))):
            found |= dict.fromkeys(pairs, joint)
    return found


def _are_drawn(family: Mapping[str, list[Leaf]], pairs: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether the firsts come up as values do, and not over and over: `directions.json` and `route.html` are operations, each in several forms."""
    calls = sum(cell.count for value in pairs for leaf in family[value] for cell in leaf.cells.values())
    return drawn(calls, len({first for first, _ in pairs.values()})) > CLOSED


def _is_joined(value: str, joint: str) -> bool:
    if HOLE in value or "<" in value or "/" in value or value[0] == joint or kind_of(value) in ("email", "ip"):
        return False
    _, _, after = affixes_of(value)
    return bool(after) == (joint == ".") and (not after or after[0] == joint)


def _are_free(pairs: set[tuple[str, ...]], least: int) -> bool:
    """Whether firsts and seconds are combined freely: more pairs than either has values."""
    firsts, seconds = Counter(pair[0] for pair in pairs), {pair[1] for pair in pairs}
    are_varied = len(pairs) > max(len(firsts), len(seconds)) and (least < _FORMS_LEAST or sum(times > 1 for times in firsts.values()) * 4 >= len(firsts))
    return len(pairs) >= _PAIRS_LEAST and len(firsts) >= 2 and len(seconds) >= least and are_varied


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

"""Values that the syntax of a segment sets apart by itself: OData keys `Users('anna')`, matrix parameters `map;zoom=3`, `year=2024`, ranges `2024-01-01..2024-02-01`.

Such a segment is a literal with holes. A hole is written `{}` in the folded path, and needs no evidence from siblings.
"""

import re
from typing import NamedTuple

HOLE = "{}"


class Holed(NamedTuple):
    """A segment with its values cut out, and the values in order."""

    text: str
    values: tuple[str, ...]


def cut(segment: str) -> Holed | None:
    """A decoded segment with holes, or nothing where its syntax says nothing."""
    if "(" in segment:
        return _keyed(segment)
    if ".." in segment:
        match = _RANGE.fullmatch(segment)
        return Holed(HOLE + match.group(2) + HOLE, (match.group(1), match.group(3))) if match else None
    if "=" in segment and (match := _MATRIX.fullmatch(segment)):
        values = tuple(value for _, value in _PAIR.findall(segment))
        return Holed(_PAIR.sub(lambda pair: f"{pair.group(1)}={HOLE}", segment), values)
    return None


def hole_names(text: str) -> list[str]:
    """The names that the syntax gives to the holes of a segment, empty where it gives none."""
    if _OPEN_RANGE.fullmatch(text):
        return ["from", "to"]
    return [match.group(1) or "" for match in _NAMED_HOLE.finditer(text)]


def resource_of(text: str) -> str:
    """What the segment is about: `Users` of `Users('{}')`."""
    return re.split(r"[(;=]", text, maxsplit=1)[0]


def _keyed(segment: str) -> Holed | None:
    match = _CALL.fullmatch(segment)
    if not match:
        return None
    values = tuple(quoted or bare for _, quoted, bare in _ARGUMENT.findall(match.group(2)))
    inner = _ARGUMENT.sub(lambda found: found.group(1) + (f"'{HOLE}'" if found.group(2) or found.group(0).endswith("''") else HOLE), match.group(2))
    return Holed(f"{match.group(1)}({inner})", values)


_DATE_OR_NUMBER = r"\d{4}-\d\d(?:-\d\d)?|\d+"
_RANGE = re.compile(rf"({_DATE_OR_NUMBER})(\.{{2,3}})({_DATE_OR_NUMBER})")
_OPEN_RANGE = re.compile(r"\{\}\.{2,3}\{\}")
_NAME = r"[A-Za-z_][\w.-]*"
_MATRIX = re.compile(rf"[\w.~-]*(?:;{_NAME}=[^;=]+)+|{_NAME}=[^;,=]+(?:[;,]{_NAME}=[^;,=]+)*")
_PAIR = re.compile(rf"({_NAME})=([^;=]+?)(?=;|$|,{_NAME}=)")
_CALL = re.compile(r"([A-Za-z_][\w.$-]*)\(([^()]+)\)")
_ARGUMENT = re.compile(r"((?:[A-Za-z_][\w.]*=)?)(?:'((?:[^']|'')*)'|([^,'=]+))")
_NAMED_HOLE = re.compile(r"(?:([A-Za-z_][\w.-]*)=)?'?\{\}")

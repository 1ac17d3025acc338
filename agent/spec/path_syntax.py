"""Values that the syntax of a segment sets apart by itself: OData keys `Users('anna')`, matrix parameters `map;zoom=3`, `year=2024`, ranges `2024-01-01..2024-02-01`,
coordinates `52.5,13.4`.

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
    if segment[:1].isdigit() or segment[:1] == "-":
        match = _RANGE.fullmatch(segment) or _COORDINATES.fullmatch(segment)
        if match:
            return Holed(HOLE + match.group(2) + HOLE + match.group(4), (match.group(1), match.group(3)))
    if "=" in segment and (match := re.fullmatch(_MATRIX, segment)):
        values = tuple(value for _, value in re.findall(_PAIR, segment))
        text = re.sub(_PAIR, lambda pair: f"{pair.group(1)}={HOLE}", segment)
        owner = re.match(_OWNER, text)
        return Holed(HOLE + text[owner.end() :], (owner.group(), *values)) if owner else Holed(text, values)
    return None


def hole_names(text: str) -> list[str]:
    """The names that the syntax gives to the holes of a segment, empty where it gives none."""
    if HOLE not in text:
        return []
    if _OPEN_RANGE.fullmatch(text):
        return ["from", "to"]
    if text.startswith(f"{HOLE},{HOLE}"):
        return ["x", "y"]
    return [match.group(1) or "" for match in _NAMED_HOLE.finditer(text)]


def unnamed(template: str) -> str:
    """`/pets/{}` of `/pets/{pet_id}/`: the same for two documents of one operation, which may differ in the names of parameters and in a last slash."""
    return _PARAMETER.sub(HOLE, template).rstrip("/") or "/"


def resource_of(text: str) -> str:
    """What the segment is about: `Users` of `Users('{}')`."""
    return re.split(r"[(;=]", text, maxsplit=1)[0]


def _keyed(segment: str) -> Holed | None:
    match = re.fullmatch(_CALL, segment)
    if not match:
        return None
    values = tuple(quoted or bare for _, quoted, bare in re.findall(_ARGUMENT, match.group(2)))
    inner = re.sub(_ARGUMENT, lambda found: found.group(1) + (f"'{HOLE}'" if found.group(2) or found.group(0).endswith("''") else HOLE), match.group(2))
    return Holed(f"{match.group(1)}({inner})", values)


_PARAMETER = re.compile(r"\{[^{}/]*\}")
_DATE_OR_NUMBER = r"\d{4}-\d\d(?:-\d\d)?|\d+"
_RANGE = re.compile(rf"({_DATE_OR_NUMBER})(\.{{2,3}}|(?<=-\d\d):)({_DATE_OR_NUMBER})()")
_OPEN_RANGE = re.compile(r"\{\}(?:\.{2,3}|:)\{\}")
_COORDINATES = re.compile(r"(-?\d+\.\d+)(,)(-?\d+\.\d+)((?:\.[a-z]+)?)")
_OWNER = r"(?:\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(?=;)"
"""An id before matrix parameters: `42;lang=en`."""
_NAME = r"[A-Za-z_][\w.-]*"
_MATRIX = rf"[\w.~-]*(?:;{_NAME}=[^;=]+)+|{_NAME}=[^;,=]+(?:[;,]{_NAME}=[^;,=]+)*"
_PAIR = rf"(?<![\w.-])({_NAME})=([^;=]+?)(?=;|$|,{_NAME}=)"
_CALL = r"([A-Za-z_][\w.$-]*)\(([^()]+)\)"
_ARGUMENT = r"((?:[A-Za-z_][\w.]*=)?)(?:'((?:[^']|'')*)'|([^,'=]+))"
_NAMED_HOLE = re.compile(r"(?:(?<![\w.-])([A-Za-z_][\w.-]*)=)?'?\{\}")

"""The operations of an API as the documentation page lists them: by their tags, found by words, with the fields that have them; what was heard once."""

from itertools import groupby

import msgspec

from agent.spec import fields
from agent.spec.decisions import parameter_key
from agent.spec.model import Operation, Spec

_MOST_HITS, _FEW = 5, 12


class Line(msgspec.Struct, frozen=True):
    """One operation; `hits` are the places of its parameters and fields that have the words, `more` how many are not among them."""

    operation: Operation
    hits: list[str]
    more: int = 0


class Group(msgspec.Struct, frozen=True):
    """The operations of a tag. Where there are few in all, one group without a name."""

    name: str
    lines: list[Line]


class Contents(msgspec.Struct, frozen=True):
    groups: list[Group]
    shown: int
    total: int
    once: int
    find: str
    only_once: bool


def of(spec: Spec, find: str = "", *, only_once: bool = False) -> Contents:
    """Every word must stand somewhere: in the operation itself, or in the name or the words of one of its parameters and fields."""
    words = find.lower().split()
    lines = [line for operation in spec.operations if not only_once or _is_once(operation) if (line := _line(spec, operation, words))]
    total, once = len(spec.operations), sum(map(_is_once, spec.operations))
    return Contents(_groups(lines, total), len(lines), total, once, find, only_once)


def _is_once(operation: Operation) -> bool:
    return operation.evidence.count == 1


def _line(spec: Spec, operation: Operation, words: list[str]) -> Line | None:
    own = " ".join((operation.method, operation.template, operation.id, operation.summary, operation.description, *operation.tags)).lower()
    left = [word for word in words if word not in own]
    if not left:
        return Line(operation, [])
    places = [(parameter_key(one), one.description) for one in operation.parameters]
    places += [(field.place, str(field.schema.get("description") or "")) for field in fields.of_operation(spec, operation)]
    hits = [place for place, about in places if all(word in f"{place} {about}".lower() for word in left)]
    return Line(operation, hits[:_MOST_HITS], max(0, len(hits) - _MOST_HITS)) if hits else None


def _groups(lines: list[Line], total: int) -> list[Group]:
    """In the order of the document, whose operations of one tag need not stand together."""
    if total <= _FEW:
        return [Group("", lines)] if lines else []
    order: dict[str, int] = {}
    for line in lines:
        order.setdefault(_tag(line), len(order))
    ranked = sorted(lines, key=lambda line: order[_tag(line)])
    return [Group(name, list(found)) for name, found in groupby(ranked, key=_tag)]


def _tag(line: Line) -> str:
    return line.operation.tags[0] if line.operation.tags else ""

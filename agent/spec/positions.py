"""What a call says by which a page may be meant: its query parameters, and the fields of its body, as values of one kind.

Which of them say a page is in `pagination`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from agent.spec.names import words_of
from agent.spec.summary import Field, Node, Route
from agent.spec.values import kind_of

_HOLDERS = {"page", "pages", "paging", "pager", "pagination", "paginator", "options", "meta"}
"""Objects of a body in which the page may be said."""
_GENERATED = ("token", "hex", "prefixed", "uuid")
_LAST_POSITION = 100_000_000.0
"""What counts beyond is a time."""


class Said(NamedTuple):
    """One value that calls send: what was counted of it, whether it differs between calls, and whether it looks generated."""

    words: tuple[str, ...]
    """Its names without what separates their words: `page_size` is `pagesize`, `{"page": {"size": …}}` is `size` or `pagesize`."""
    node: Node | None
    has_moved: bool
    is_generated: bool

    @property
    def is_counting(self) -> bool:
        return self.node is None or self.node.integers * 2 >= self.node.total or _is_in_digits(self.node)

    @property
    def is_position(self) -> bool:
        return self.is_counting and (self.node is None or (self.node.high or 0) < _LAST_POSITION)

    @property
    def is_token(self) -> bool:
        return self.node is not None and self.node.texts * 2 > self.node.total

    @property
    def is_date(self) -> bool:
        return self.node is not None and sum(self.node.formats.values()) * 2 > self.node.total


def in_query(fields: Mapping[str, Field]) -> dict[str, Said]:
    """The query parameters by name."""
    return {name: _of_field(name, fields[name]) for name in sorted(fields)}


def in_body(route: Route) -> dict[str, Said]:
    """The fields of a body that is an object, and of what in it may hold a page: `paging.cursor`."""
    nodes = [content.node for _, content in sorted(route.requests.items()) if content.node is not None and content.node.objects]
    return dict(_fields(nodes[0], "")) if nodes else {}


@lru_cache(maxsize=4096)
def joined(name: str) -> str:
    """A name without what separates its words."""
    return "".join(words_of(name))


def _of_field(name: str, field: Field) -> Said:
    lengths = field.lengths.values if field.lengths else {}
    has_moved = field.hashes is not None and len(field.hashes.values) > 1
    return Said((joined(name),), field.node, has_moved, bool(lengths) and all(length.endswith("random") for length in lengths))


def _fields(node: Node, holder: str) -> Iterator[tuple[str, Said]]:
    for name in sorted(node.properties):
        inner = node.properties[name]
        if inner.objects and not holder and _HOLDERS & {*words_of(name)}:
            yield from _fields(inner, name)
            continue
        own = joined(name)
        words = (own, joined(holder) + own) if holder else (own,)
        yield f"{holder}.{name}" if holder else name, Said(words, inner, _varies(inner), _is_generated(inner))


def _varies(node: Node) -> bool:
    texts = node.sample.values if node.sample else {}
    return len(texts) > 1 or node.low != node.high or (node.items is not None and _varies(node.items))


def _is_generated(node: Node) -> bool:
    texts = node.sample.values if node.sample else {}
    return bool(texts) and all(len(text) >= 16 and kind_of(text) in _GENERATED for text in texts)


def _is_in_digits(node: Node) -> bool:
    """Whether it counts in texts, as `{"offset": "20"}`. Of a query a number is read as one."""
    texts = node.sample.values if node.sample else {}
    return bool(texts) and all(re.fullmatch(r"\d{1,9}", text) for text in texts)

"""How an operation gives its pages: by offset, page number, cursor or a link to the next, and with which parameters.

A position that was seen at one value only is a parameter like any other: paging is said where it moved, or where the answer hands out the next cursor.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from agent.spec.model import Pagination, Paging
from agent.spec.names import words_of
from agent.spec.summary import Field, Node

_CURSOR = {
    "cursor", "after", "before", "startingafter", "endingbefore", "startafter", "startcursor", "nextcursor", "pagetoken", "nexttoken", "nextpagetoken",
    "paginationtoken", "continuationtoken", "continuation", "continue", "marker", "nextmarker", "scrollid", "exclusivestartkey", "sinceid", "maxid", "bookmark",
    "skiptoken", "next", "pagecursor", "pageafter", "pagebefore", "cursormark", "startkey",
}  # fmt: skip
_PAGE = {"page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "p", "pg", "paginationpage"}
_OFFSET = {"offset", "skip", "start", "from", "startindex", "startat", "firstresult", "startposition", "pageoffset", "paginationstart", "paginationoffset"}
LIMIT = {
    "limit", "perpage", "pagesize", "pagelimit", "itemsperpage", "resultsperpage", "hitsperpage", "count", "size", "maxresults", "maxitems", "maxpagesize",
    "max", "top", "take", "first", "last", "rows", "num", "paginationlimit", "paginationpagesize", "pageperpage",
}  # fmt: skip
FLAGS = ("has_more", "hasMore", "has_next_page", "hasNextPage")
"""These say whether there is more, and not where."""
BACK = {"before", "endingbefore", "sinceid", "maxid"}
"""Names without what separates their words: `page[size]`, `page_size` and `pagesize` are one."""
_PLAIN = {"offset", "skip", "start", "startindex", "pageoffset", "paginationstart", "paginationoffset"}
"""These say a position even where no limit is given."""
_AMBIGUOUS = {"after", "before", "continue", "next"}
_ENDS = {"end", "to", "until", "stop"}
"""Beside one of these, a start that does not count is that of a range."""
_NEXT = (
    "next", "nextcursor", "nextpagetoken", "nexttoken", "nextpage", "nextmarker", "nextcontinuationtoken", "nextlink", "odatanextlink", "nexturl", "nextpageurl",
    "nextpageuri", "nexturi", "cursor", "endcursor", "after", "continue", "continuationtoken", "scrollid", "lastevaluatedkey", "offset", "hasmore",
    "hasnextpage",
)  # fmt: skip
"""Names of what an answer says of the next page, the surest first."""
_LAST_POSITION = 100_000_000.0
"""What counts beyond is a time."""


def paging_of(queries: Mapping[str, Field], response: Node | None, has_link: bool) -> Paging | None:
    """The pagination of an operation by the names and values of its query parameters, or by what its answers say."""
    by_words = {_joined(name): name for name in sorted(queries)}
    limits = [name for words, name in by_words.items() if words in LIMIT and _is_counting(queries[name])]
    following = _next_field(response)
    for kind, known in (("cursor", _CURSOR), ("page", _PAGE), ("offset", _OFFSET)):
        found = {words: name for words, name in by_words.items() if words in known}
        if kind == "offset" and found and limits and all(_is_generated(queries[name]) for name in found.values()) and not by_words.keys() & _ENDS:
            kind = "cursor"
        if kind != "cursor":
            found = {words: name for words, name in found.items() if _is_position(queries[name])}
        elif found.keys() <= _AMBIGUOUS:
            found = {words: name for words, name in found.items() if not _is_date(queries[name]) and (limits or _is_token(queries[name]))}
        names = [name for name in found.values() if _has_moved(queries[name]) or (kind == "cursor" and following.name)]
        if names and (kind != "offset" or limits or (found.keys() & _PLAIN and not by_words.keys() & _ENDS)):
            return Paging(kind=_literal(kind), parameters=(*names, *limits), next_field=following.name, limit_max=_most(queries, limits))
    if linked := _linked(following.node):
        kind, name = linked
        return Paging(kind=_literal(kind), parameters=(name, *limits), next_field=following.name, limit_max=_most(queries, limits))
    return Paging(kind="link", parameters=tuple(limits), limit_max=_most(queries, limits)) if has_link else None


def _literal(kind: str) -> Pagination:
    return "cursor" if kind == "cursor" else "page" if kind == "page" else "offset"


def _has_moved(field: Field) -> bool:
    return field.hashes is not None and len(field.hashes.values) > 1


def _is_counting(field: Field) -> bool:
    return field.node is None or field.node.integers * 2 >= field.node.total


def _is_position(field: Field) -> bool:
    return _is_counting(field) and (field.node is None or (field.node.high or 0) < _LAST_POSITION)


def _is_token(field: Field) -> bool:
    return field.node is not None and field.node.texts * 2 > field.node.total


def _is_generated(field: Field) -> bool:
    lengths = field.lengths.values if field.lengths else {}
    return bool(lengths) and all(length.endswith("random") for length in lengths)


def _is_date(field: Field) -> bool:
    return field.node is not None and sum(field.node.formats.values()) * 2 > field.node.total


def _most(queries: Mapping[str, Field], limits: list[str]) -> int | None:
    found = [int(node.high) for name in limits if (node := queries[name].node) is not None and node.high is not None]
    return max(found, default=None)


class _Following(NamedTuple):
    """What an answer says of the next page, and under which name."""

    name: str = ""
    node: Node | None = None


def _next_field(node: Node | None, path: str = "", depth: int = 0) -> _Following:
    if node is None or depth > 2:
        return _Following()
    found = {words: name for name in sorted(node.properties, reverse=True) if (words := _joined(name)) in _NEXT}
    for words in _NEXT if found else ():
        if words in found:
            name = found[words]
            inner = node.properties[name]
            address = inner.properties.get("href")
            return _Following(path + name, inner) if address is None else _Following(f"{path}{name}.href", address)
    for key in sorted(node.properties):
        following = _next_field(node.properties[key], f"{path}{key}.", depth + 1)
        if following.name:
            return following
    return _Following()


@lru_cache(maxsize=4096)
def _joined(name: str) -> str:
    return "".join(words_of(name))


def _linked(node: Node | None) -> tuple[str, str] | None:
    """The kind and the parameter of the address of the next page that an answer hands out: followed or not, it is how to go on."""
    for address in sorted(node.sample.values) if node and node.sample else ():
        for name, _ in parse_qsl(address.partition("?")[2]):
            for kind, known in (("cursor", _CURSOR), ("page", _PAGE), ("offset", _OFFSET)):
                if _joined(name) in known:
                    return kind, name
    return None

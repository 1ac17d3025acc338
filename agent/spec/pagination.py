"""How an operation gives its pages: by offset, page number, cursor or a link to the next, and with which parameters.

A position that was seen at one value only is a parameter like any other: paging is said where it moved, or where the answer hands out the next cursor.
"""

from collections.abc import Mapping

from agent.spec.model import Pagination, Paging
from agent.spec.names import words_of
from agent.spec.summary import Field, Node

_CURSOR = {
    "cursor", "after", "before", "startingafter", "endingbefore", "startafter", "startcursor", "nextcursor", "pagetoken", "nexttoken", "nextpagetoken",
    "paginationtoken", "continuationtoken", "continuation", "continue", "marker", "scrollid", "exclusivestartkey", "sinceid", "maxid", "bookmark",
}  # fmt: skip
_PAGE = {"page", "pagenumber", "pageno", "pagenum", "pageindex", "currentpage", "p"}
_OFFSET = {"offset", "skip", "start", "from", "startindex", "startat", "firstresult"}
_LIMIT = {
    "limit", "perpage", "pagesize", "pagelimit", "itemsperpage", "resultsperpage", "count", "size", "maxresults", "maxitems", "max",
    "top", "take", "first", "last", "rows", "num",
}  # fmt: skip
"""Names without what separates their words: `page[size]`, `page_size` and `pagesize` are one."""
_PLAIN = {"offset", "skip", "startindex"}
"""These say a position even where no limit is given."""
_AMBIGUOUS = {"after", "before", "continue"}
_ENDS = {"end", "to", "until", "stop"}
"""Beside one of these, a start that does not count is that of a range."""
_NEXT = (
    "next",
    "next_cursor",
    "nextCursor",
    "next_page_token",
    "nextPageToken",
    "next_token",
    "nextToken",
    "next_page",
    "cursor",
    "after",
    "continue",
    "offset",
    "has_more",
    "nextLink",
)


def paging_of(queries: Mapping[str, Field], response: Node | None, has_link: bool) -> Paging | None:
    """The pagination of an operation by the names and values of its query parameters, or by what its answers say."""
    by_words = {"".join(words_of(name)): name for name in sorted(queries)}
    limits = [name for words, name in by_words.items() if words in _LIMIT and _is_counting(queries[name])]
    following = _next_field(response)
    for kind, known in (("cursor", _CURSOR), ("page", _PAGE), ("offset", _OFFSET)):
        found = {words: name for words, name in by_words.items() if words in known}
        is_of_tokens = all(_is_token(queries[name]) and not _is_date(queries[name]) for name in found.values())
        if kind == "offset" and found and limits and is_of_tokens and not by_words.keys() & _ENDS:
            kind = "cursor"
        if kind != "cursor":
            found = {words: name for words, name in found.items() if _is_counting(queries[name])}
        elif not limits and found.keys() <= _AMBIGUOUS:
            found = {words: name for words, name in found.items() if _is_token(queries[name]) and not _is_date(queries[name])}
        names = [name for name in found.values() if _has_moved(queries[name]) or (kind == "cursor" and following)]
        if names and (kind != "offset" or limits or found.keys() & _PLAIN):
            return Paging(kind=_literal(kind), parameters=(*names, *limits), next_field=following, limit_max=_most(queries, limits))
    return Paging(kind="link", parameters=tuple(limits), limit_max=_most(queries, limits)) if has_link else None


def _literal(kind: str) -> Pagination:
    return "cursor" if kind == "cursor" else "page" if kind == "page" else "offset"


def _has_moved(field: Field) -> bool:
    return field.hashes is not None and len(field.hashes.values) > 1


def _is_counting(field: Field) -> bool:
    return field.node is None or field.node.integers * 2 >= field.node.total


def _is_token(field: Field) -> bool:
    return field.node is not None and field.node.texts * 2 > field.node.total


def _is_date(field: Field) -> bool:
    return field.node is not None and sum(field.node.formats.values()) * 2 > field.node.total


def _most(queries: Mapping[str, Field], limits: list[str]) -> int | None:
    found = [int(node.high) for name in limits if (node := queries[name].node) is not None and node.high is not None]
    return max(found, default=None)


def _next_field(node: Node | None, path: str = "", depth: int = 0) -> str:
    if node is None or depth > 2:
        return ""
    for name in _NEXT:
        if name in node.properties:
            return f"{path}{name}"
    for key in sorted(node.properties):
        found = _next_field(node.properties[key], f"{path}{key}.", depth + 1)
        if found:
            return found
    return ""

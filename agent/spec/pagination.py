"""How an operation gives its pages: by offset, page number, cursor or a link to the next, and with which parameters.

A position that was seen at one value only is a parameter like any other: paging is said where it moved, or where the answer hands out the next cursor.
"""

from collections.abc import Mapping

from agent.spec.model import Pagination, Paging
from agent.spec.names import words_of
from agent.spec.summary import Field, Node

_CURSOR = {
    "cursor",
    "after",
    "before",
    "starting after",
    "ending before",
    "page token",
    "next token",
    "continuation token",
    "continuation",
    "marker",
    "next cursor",
    "start cursor",
    "scroll id",
    "pagination token",
    "next page token",
    "exclusive start key",
    "continue",
    "since id",
    "max id",
    "bookmark",
    "start after",
}
_PAGE = {"page", "page number", "page no", "page num", "page index", "current page", "p", "pagenumber"}
_OFFSET = {"offset", "skip", "start", "from", "start index", "start at", "first result", "startat", "startindex"}
_LIMIT = {
    "limit",
    "per page",
    "page size",
    "pagesize",
    "count",
    "size",
    "max results",
    "maxresults",
    "top",
    "take",
    "first",
    "last",
    "results per page",
    "perpage",
    "max",
    "rows",
    "page limit",
    "max items",
    "num",
}
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
    by_words = {" ".join(words_of(name.replace("page[", "page "))): name for name in sorted(queries)}
    limits = [name for words, name in by_words.items() if words in _LIMIT]
    for kind, words in (("cursor", _CURSOR), ("page", _PAGE), ("offset", _OFFSET)):
        names = [name for text, name in by_words.items() if text in words]
        if kind == "offset" and names and limits and all(_is_token(queries[name]) and not _is_date(queries[name]) for name in names):
            kind = "cursor"
        if kind != "cursor":
            names = [name for name in names if _is_counting(queries[name])]
        elif names and not limits and all(" ".join(words_of(name)) in ("after", "before", "continue") for name in names):
            names = [name for name in names if _is_token(queries[name]) and not _is_date(queries[name])]
        following = _next_field(response)
        names = [name for name in names if _has_moved(queries[name]) or (kind == "cursor" and following)]
        if names and (kind != "offset" or limits or any(" ".join(words_of(name)) in ("offset", "skip", "start index") for name in names)):
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

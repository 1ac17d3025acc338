"""How an operation gives its pages: by offset, page number, cursor or a link to the next, and with which parameters, of the query, the body or a header.

A position that was seen at one value only is a parameter like any other: paging is said where it moved, or where the answer hands out the next cursor.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

from agent.spec import positions
from agent.spec.model import Paging, PagingPlace
from agent.spec.names import OWN_IDS
from agent.spec.positions import Said, joined
from agent.spec.ranges import range_of
from agent.spec.summary import Field, Node, Route

_CURSOR = {
    "cursor", "after", "before", "startingafter", "endingbefore", "startafter", "startcursor", "nextcursor", "pagetoken", "nexttoken", "nextpagetoken",
    "paginationtoken", "continuationtoken", "continuation", "continue", "marker", "nextmarker", "scrollid", "exclusivestartkey", "sinceid", "maxid", "bookmark",
    "skiptoken", "next", "pagecursor", "pageafter", "pagebefore", "cursormark", "startkey", "searchafter",
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
_TOTAL = {
    "total", "totalcount", "totalresults", "totalitems", "totalelements", "totalhits", "totalrecords", "totalpages", "pagecount", "resultcount", "itemcount",
    "recordstotal", "recordsfiltered", "nbhits", "nbpages", "numfound", "found",
}  # fmt: skip
"""An answer that says one of these is one of several pages."""
_ASKING = ("POST", "QUERY")
"""Methods that may carry a search in their body."""
_KINDS: tuple[tuple[Literal["cursor", "page", "offset"], set[str]], ...] = (("cursor", _CURSOR), ("page", _PAGE), ("offset", _OFFSET))


def paging_of(method: str, queries: Mapping[str, Field], route: Route) -> Paging | None:
    """The pagination of an operation: by its query, by what its answers say, by ranges, or by its body."""
    if method == "GET":
        return _of_list(queries, route)
    return _of_search(queries, route) if method in _ASKING else None


def _of_list(queries: Mapping[str, Field], route: Route) -> Paging | None:
    following, query = _next_field(_answered(route)), positions.in_query(queries)
    limits = _limits(query)
    found = _by_values(query, following, "query") or _by_address(following, query, limits) or range_of(route)
    if found or (route.requests and (found := _by_values(positions.in_body(route), following, "body"))):
        return found
    has_link = any("link" in outcome.headers for outcome in route.outcomes.values())
    return Paging(kind="link", parameters=tuple(limits), limit_max=_most(query, limits)) if has_link else None


def _of_search(queries: Mapping[str, Field], route: Route) -> Paging | None:
    """What is posted pages where a list comes back of which there may be more."""
    response = _answered(route)
    if response is None or not _lists(response):
        return None
    following, query = _next_field(response), positions.in_query(queries)
    is_told = bool(following.name) or _tells_total(response)
    places: tuple[tuple[PagingPlace, dict[str, Said]], ...] = (("query", query), ("body", positions.in_body(route)))
    for where, said in places:
        if (is_told or _limits(said)) and (found := _by_values(said, following, where)):
            return found
    return _by_address(following, query, _limits(query)) or range_of(route)


def _answered(route: Route) -> Node | None:
    good = [outcome for status, outcome in sorted(route.outcomes.items()) if status[:1] == "2"]
    return next((content.node for outcome in good for content in outcome.contents.values() if content.node), None)


def _limits(said: Mapping[str, Said]) -> list[str]:
    return [name for name, one in said.items() if not LIMIT.isdisjoint(one.words) and one.is_counting]


def _by_values(said: Mapping[str, Said], following: "_Following", where: PagingPlace) -> Paging | None:
    """By the names of what calls say, and whether it moved."""
    limits, has_end = _limits(said), any(not _ENDS.isdisjoint(one.words) for one in said.values())
    for kind, known in _KINDS:
        found = {name: one for name, one in said.items() if not known.isdisjoint(one.words)}
        if kind == "offset" and found and limits and not has_end and all(one.is_generated for one in found.values()):
            kind = "cursor"
        if kind != "cursor":
            found = {name: one for name, one in found.items() if one.is_position}
        elif all(known.intersection(one.words) <= _AMBIGUOUS for one in found.values()):
            found = {name: one for name, one in found.items() if not one.is_date and (limits or one.is_token)}
        names = [name for name, one in found.items() if one.has_moved or (kind == "cursor" and following.name)]
        is_plain = not has_end and any(not _PLAIN.isdisjoint(one.words) for one in found.values())
        if names and (kind != "offset" or limits or is_plain):
            return Paging(kind, (*names, *limits), following.name, _most(said, limits), where)
    return None


def _by_address(following: "_Following", query: Mapping[str, Said], limits: list[str]) -> Paging | None:
    """The address of the next page that an answer hands out: followed or not, it is how to go on."""
    node = following.node
    for address in sorted(node.sample.values) if node and node.sample else ():
        for name, _ in parse_qsl(address.partition("?")[2]):
            for kind, known in _KINDS:
                if joined(name) in known:
                    return Paging(kind, (name, *limits), following.name, _most(query, limits))
    return None


def _most(said: Mapping[str, Said], limits: list[str]) -> int | None:
    found = [int(node.high) for name in limits if (node := said[name].node) is not None and node.high is not None]
    return max(found, default=None)


def _lists(node: Node, depth: int = 0) -> bool:
    """Whether it is a list, or there for one: the lists of a thing are no pages of it."""
    is_thing = any((own := node.properties.get(key)) and not own.objects for key in OWN_IDS)
    return node.arrays > 0 or (depth < 2 and not is_thing and any(_lists(inner, depth + 1) for inner in node.properties.values()))


def _tells_total(node: Node, depth: int = 0) -> bool:
    return any(joined(name) in _TOTAL or (depth < 1 and _tells_total(inner, depth + 1)) for name, inner in node.properties.items())


class _Following(NamedTuple):
    """What an answer says of the next page, and under which name."""

    name: str = ""
    node: Node | None = None


def _next_field(node: Node | None, path: str = "", depth: int = 0) -> _Following:
    if node is None or depth > 2:
        return _Following()
    found = {words: name for name in sorted(node.properties, reverse=True) if (words := joined(name)) in _NEXT}
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

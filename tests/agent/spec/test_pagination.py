"""Pagination by the names and the values of parameters."""

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all


@pytest.mark.parametrize(
    ("queries", "kind"),
    [
        (("page=1&per_page=20", "page=2&per_page=20"), "page"),
        (("offset=0&limit=20", "offset=20&limit=50"), "offset"),
        (("offset=4gbPIgN7M9YQ4xPci5D17BntStwtP2ma&limit=20", "offset=9TbPIgN7M9YQ4xPci5D17BntStwtP2zz&limit=20"), "cursor"),
        (("page=1&per_page=20",), None),
        (("cursor=abc&limit=5",), "cursor"),
        (("starting_after=cus_1",), "cursor"),
        (("from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z",), None),
        (("start=mon&end=tue&limit=5", "start=tue&end=wed&limit=5"), None),
        (("currentpage=1&itemsperpage=20", "currentpage=2&itemsperpage=20"), "page"),
        (("page[number]=1&page[size]=5", "page[number]=2&page[size]=5"), "page"),
        (("page[offset]=0&page[limit]=5", "page[offset]=5&page[limit]=5"), "offset"),
        (("page[after]=YWJjZGVmZ2hp", "page[after]=amtsbW5vcHFy"), "cursor"),
        (("pagination[page]=1&pagination[pageSize]=5", "pagination[page]=2&pagination[pageSize]=5"), "page"),
        (("$top=5&$skiptoken=X1", "$top=5&$skiptoken=X2"), "cursor"),
        (("start=0", "start=10"), "offset"),
        (("start=0&end=9", "start=10&end=19"), None),
        (("start=1700000000&limit=5", "start=1700003600&limit=5"), None),
        (("after=2024-01-01T00:00:00Z&limit=5", "after=2024-02-01T00:00:00Z&limit=5"), None),
        (("start=mon&limit=5", "start=tue&limit=5"), None),
        (("q=x",), None),
    ],
)
def test_kinds_of_pagination(queries: tuple[str, ...], kind: str | None) -> None:
    """Pages, offsets and cursors are told apart, a range of time is none of them."""
    calls = [
        Exchange(
            id=query,
            method="GET",
            url=f"https://api.example/things?{query}",
            status=200,
            response_headers=(("content-type", "application/json"),),
            response_body=b'{"items": [], "next": null}',
        )
        for query in queries
    ]
    paging = conclude(observe_all(calls)).operations[0].pagination
    assert (paging.kind if paging else None) == kind


def test_a_limit_counts() -> None:
    """`max` may be a limit or the end of a range of names: only numbers are a limit."""
    calls = [
        Exchange(id=str(page), method="GET", url=f"https://api.example/things?page={page}&max=zed&pageSize=10", status=200, response_body=b"[]")
        for page in (1, 2)
    ]
    paging = conclude(observe_all(calls)).operations[0].pagination
    assert paging is not None
    assert paging.parameters == ("page", "pageSize")


def test_a_link_header_is_pagination() -> None:
    """A `Link` header alone pages by links, and the largest limit is kept."""
    call = Exchange(
        id="1",
        method="GET",
        url="https://api.example/a?limit=30",
        status=200,
        response_headers=(("Link", '<https://api.example/a?x=2>; rel="next"'), ("content-type", "application/json")),
        response_body=b"[]",
    )
    paging = conclude(observe_all([call])).operations[0].pagination
    assert paging is not None
    assert (paging.kind, paging.limit_max) == ("link", 30)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"results": [], "next": "https://api.example/things?page=2"}', ("page", ("page",), "next")),
        (b'{"_links": {"next": {"href": "/things?offset=20&limit=20"}}}', ("offset", ("offset",), "_links.next.href")),
        (b'{"value": [], "@odata.nextLink": "https://api.example/things?$skiptoken=X"}', ("cursor", ("$skiptoken",), "@odata.nextLink")),
        (b'{"results": [], "next": "https://blog.example/the-next-post?lang=en"}', None),
    ],
)
def test_the_address_of_the_next_page_says_how_to_go_on(body: bytes, expected: tuple[str, tuple[str, ...], str] | None) -> None:
    """An answer that hands out the next page's address tells the parameter, followed or not."""
    call = Exchange("1", "GET", "https://api.example/things", 200, response_headers=(("content-type", "application/json"),), response_body=body)
    paging = conclude(observe_all([call])).operations[0].pagination
    assert (paging and (paging.kind, paging.parameters, paging.next_field)) == expected

"""Pagination by the names and the values of parameters."""

from urllib.parse import urlencode

import msgspec
import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Paging
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.writers import markdown, openapi

JSON = (("content-type", "application/json"),)


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


def _posted(*sent: object, answer: object, method: str = "POST", form: bool = False) -> Paging | None:
    media_type = "application/x-www-form-urlencoded" if form else "application/json"
    calls = [
        Exchange(
            id=str(number),
            method=method,
            url="https://api.example/things/search",
            status=200,
            request_headers=(("content-type", media_type),),
            request_body=urlencode(body).encode() if form and isinstance(body, dict) else msgspec.json.encode(body),
            response_headers=(("content-type", "application/json"),),
            response_body=msgspec.json.encode(answer),
        )
        for number, body in enumerate(sent)
    ]
    return conclude(observe_all(calls)).operations[0].pagination


_THINGS = [{"id": 1, "name": "a"}]


@pytest.mark.parametrize(
    ("sent", "answer", "kind", "parameters"),
    [
        (({"q": "a", "page": 1, "size": 50}, {"q": "b", "page": 2, "size": 50}), {"items": _THINGS}, "page", ("page", "size")),
        (({"page": 1}, {"page": 2}), {"items": _THINGS, "total": 80}, "page", ("page",)),
        (({"query": {"match": {"a": 1}}, "from": 0, "size": 10}, {"from": 10, "size": 10}), {"hits": {"hits": _THINGS}}, "offset", ("from", "size")),
        (({"page_size": 9, "start_cursor": "b55c9c91"},), {"results": _THINGS, "next_cursor": "c1"}, "cursor", ("start_cursor", "page_size")),
        (({"limit": 2, "after": "20"},), {"results": _THINGS, "paging": {"next": {"after": "22"}}}, "cursor", ("after", "limit")),
        (({"pagination": {"page": 1, "limit": 5}}, {"pagination": {"page": 2, "limit": 5}}), _THINGS, "page", ("pagination.page", "pagination.limit")),
        (({"page": {"number": 0, "size": 5}}, {"page": {"number": 1, "size": 5}}), _THINGS, "page", ("page.number", "page.size")),
        (({"offset": "0", "limit": "5"}, {"offset": "5", "limit": "5"}), {"rows": _THINGS}, "offset", ("offset", "limit")),
        (({"ExclusiveStartKey": {"pk": "a"}, "Limit": 5},), {"Items": _THINGS, "LastEvaluatedKey": {"pk": "b"}}, "cursor", ("ExclusiveStartKey", "Limit")),
    ],
)
def test_a_search_that_is_posted_pages_by_its_body(sent: tuple[object, ...], answer: object, kind: str, parameters: tuple[str, ...]) -> None:
    """By fields of it, or of an object in it, and in numbers that are texts."""
    paging = _posted(*sent, answer=answer)
    assert paging is not None
    assert (paging.kind, paging.parameters, paging.where) == (kind, parameters, "body")


def test_a_form_pages_too() -> None:
    """As tables in web pages ask for their rows."""
    paging = _posted({"draw": 1, "start": 0}, {"draw": 2, "start": 10}, answer={"recordsTotal": 80, "data": [["a", "b"]]}, form=True)
    assert paging == Paging("offset", ("start",), where="body")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (({"title": "a", "page": 3}, {"title": "b", "page": 9}), {"id": 1, "page": 3, "tags": [{"id": 1}]}),
        (({"from": "a", "to": "b", "count": 1}, {"from": "c", "to": "d", "count": 2}), {"moved": [1]}),
        (({"start": 1, "size": 2}, {"start": 3, "size": 2}), {"id": 7}),
        (({"page": 1, "size": 5},), {"items": _THINGS}),
        (({"page": 1, "size": 5}, {"page": 2, "size": 5}), {"data": {"gid": "7", "followers": _THINGS}}),
    ],
)
def test_a_body_that_says_no_page(sent: tuple[object, ...], answer: object) -> None:
    """The page of a book, a transfer, a thing without a list, a page that was always the same, a thing that has lists."""
    assert _posted(*sent, answer=answer) is None


def test_a_body_of_a_call_that_writes_says_no_page() -> None:
    """What replaces or changes lists nothing."""
    assert _posted({"page": 1, "size": 5}, {"page": 2, "size": 5}, answer=_THINGS, method="PUT") is None


@pytest.mark.parametrize(
    ("sent", "told", "expected"),
    [
        ("items=0-24", ("Content-Range", "items 0-24/80"), ("offset", "content-range")),
        ("0-24", ("Content-Range", "0-24/*"), ("offset", "content-range")),
        ("id ..; max=10", ("Next-Range", "id ]ac3e..; max=10"), ("cursor", "next-range")),
        ("bytes=0-1023", ("Content-Range", "bytes 0-1023/146515"), None),
        ("items=0-24", ("Accept-Ranges", "items"), None),
    ],
)
def test_ranges_of_things_are_pages(sent: str, told: tuple[str, str], expected: tuple[str, str] | None) -> None:
    """With and without a unit, or as the answer hands them out; a part of a file is none."""
    call = Exchange("1", "GET", "https://api.example/things", 206, (("Range", sent),), b"", (("content-type", "application/json"), told), b"[]")
    operation = conclude(observe_all([call])).operations[0]
    paging = operation.pagination
    assert (paging and (paging.kind, paging.next_field)) == expected
    if paging:
        assert (paging.parameters, paging.where) == (("range",), "header")
        assert operation.parameters[0].description == "Which part of the list to have."


def test_where_pages_are_said_is_written_and_read() -> None:
    """In the document and in words; in the query, where most are, nothing more is said."""
    calls = [
        Exchange(str(page), "POST", "https://api.example/search", 200, JSON, b'{"page": %d, "size": 5}' % page, JSON, b'{"items": [{"id": 1}]}')
        for page in (1, 2)
    ]
    spec = conclude(observe_all(calls))
    written = openapi.document(spec)
    assert written["paths"]["/search"]["post"]["x-pagination"] == {"type": "page", "in": "body", "parameters": ["page", "size"], "limitMax": 5}
    assert openapi_read.read(written).operations[0].pagination == spec.operations[0].pagination
    assert "**Pagination**: by page, with `page` and `size` in the body; up to 5 a page were asked for." in markdown.document(spec)

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

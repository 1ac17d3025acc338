"""What is left out of an API, and what is not for all its name."""

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Headers
from agent.spec.observe import observe_all

_API = [
    Exchange(f"a{n}", "GET", f"https://shop.example/api/{what}", 200, response_headers=(("content-type", "application/json"),), response_body=b'{"id": 1}')
    for n, what in enumerate(("orders", "orders/1001", "users", "users/1002"))
]


def _kind(calls: list[Exchange], path: str) -> str | None:
    spec = conclude(observe_all(calls))
    return next((noise.kind for noise in spec.noise if noise.path == path), None)


@pytest.mark.parametrize(
    ("kind", "path", "status", "media_type", "request_headers"),
    [
        ("asset", "/_next/image", 200, "image/webp", ()),
        ("asset", "/logo.svg", 200, "image/svg+xml", ()),
        ("document", "/orders", 200, "text/x-component", (("RSC", "1"),)),
        ("document", "/account", 304, "text/html", ()),
        ("document", "/start", 302, "", (("Sec-Fetch-Mode", "navigate"),)),
        ("document", "/home", 302, "", (("Accept", "text/html,application/xhtml+xml"),)),
        ("telemetry", "/_vercel/insights/view", 200, "text/plain", ()),
        ("scanner", "/wp-login.php", 403, "text/html", ()),
        (None, "/go", 302, "", (("Accept", "*/*"),)),
        (None, "/api/report.php", 200, "application/xml", ()),
        (None, "/avatars/7", 200, "image/png", ()),
        (None, "/api/state", 304, "application/json", ()),
        ("asset", "/labels/7.png", 200, "image/png", (("Authorization", "Basic YTpi"),)),
        (None, "/labels/7.png", 200, "image/png", (("Authorization", "Bearer abc"),)),
        (None, "/widgets/7", 200, "text/html", (("X-Api-Key", "abc"),)),
    ],
)
def test_pages_and_what_belongs_to_them_are_left_out(kind: str | None, path: str, status: int, media_type: str, request_headers: Headers) -> None:
    """By what they are and who asked for them; what an API serves stays, even where its address looks old."""
    headers = (("content-type", media_type),) if media_type else ()
    call = Exchange("1", "GET", "https://shop.example" + path, status, request_headers, b"", headers, b"x" if media_type else b"")
    assert _kind([*_API, call], path) == kind


def test_the_page_that_asks_a_person_to_sign_in_is_a_part_of_the_api() -> None:
    """Only browsers go there, and it leads to a page; a program has to know it."""
    url = "https://shop.example/oauth/authorize?response_type=code&client_id=a"
    call = Exchange("1", "GET", url, 302, (("Sec-Fetch-Mode", "navigate"),))
    assert _kind([*_API, call], "/oauth/authorize") is None


def test_an_api_may_be_named_after_telemetry() -> None:
    """Metrics and analytics have APIs too: such a host is left out beside another, unless it serves as an API itself or is the one asked for."""
    moved = [
        Exchange(call.id + "m", call.method, call.url.replace("shop.example", "metrics.example"), 200, (), b"", call.response_headers, b"{}") for call in _API
    ]
    spec = conclude(observe_all(moved))
    assert (spec.servers, len(spec.operations)) == (("https://metrics.example",), 4)
    beacons = [Exchange(f"b{n}", "POST", "https://metrics.example/v2/rum", 202, (), b"{}", (("content-type", "application/json"),), b"{}") for n in range(90)]
    spec = conclude(observe_all([*_API, *beacons]))
    assert (spec.servers, [noise.kind for noise in spec.noise]) == (("https://shop.example",), ["telemetry"])
    spec = conclude(observe_all([*_API, *beacons]), server="https://metrics.example")
    assert [operation.template for operation in spec.operations] == ["/v2/rum"]

"""Where an answer points: left alone by default, turned towards the proxy where the endpoint says so."""

from typing import Any

import httpx
import pytest

from agent.egress import Target
from web.proxy.rewriting import Door, rewritten

_AT = "/proxy/7"
_PLAIN = Door(_AT, Target("https", "api.example", 443, "/"), "/a/b?x=1", False)
_PART = Door(_AT, Target("http", "api.example", 8080, "/v1?key=2"), "/a/b", True)


@pytest.mark.parametrize(
    ("door", "said", "seen"),
    [
        (_PLAIN, "https://api.example/next?a=1#here", f"{_AT}/next?a=1#here"),
        (_PLAIN, "HTTPS://API.Example:443/next", f"{_AT}/next"),
        (_PLAIN, "https://api.example", _AT),
        (_PLAIN, "//api.example/next", f"{_AT}/next"),
        (_PLAIN, "/next//two/%2F?q=%20", f"{_AT}/next//two/%2F?q=%20"),
        (_PLAIN, "next", f"{_AT}/a/next"),
        (_PLAIN, "../../../next", f"{_AT}/next"),
        (_PLAIN, "?page=2", f"{_AT}/a/b?page=2"),
        (_PLAIN, "http://api.example/next", "http://api.example/next"),
        (_PLAIN, "https://api.example:8443/next", "https://api.example:8443/next"),
        (_PLAIN, "https://other.example/next", "https://other.example/next"),
        (_PLAIN, "https://user@api.example/next", "https://user@api.example/next"),
        (_PLAIN, "https://api.example.evil.example/next", "https://api.example.evil.example/next"),
        (_PLAIN, "https://api.example/../next", "https://api.example/../next"),
        (_PLAIN, "myapp://done?code=1", "myapp://done?code=1"),
        (_PLAIN, "https://[broken/next", "https://[broken/next"),
        (_PLAIN, "https:\\\\api.example\\next", "https:\\\\api.example\\next"),
        (_PLAIN, "", ""),
        (_PART, "http://api.example:8080/v1/next", f"{_AT}/next"),
        (_PART, "http://api.example:8080/v1", _AT),
        (_PART, "/v1/next", f"{_AT}/next"),
        (_PART, "/v10/next", "http://api.example:8080/v10/next"),
        (_PART, "/sign-in", "http://api.example:8080/sign-in"),
        (_PART, "http://api.example:8080/v1/%2E%2e/admin", "http://api.example:8080/v1/%2E%2e/admin"),
    ],
)
def test_a_location_is_read_as_the_upstream_meant_it(door: Door, said: str, seen: str) -> None:
    """Absolute, scheme-relative, relative to the host and to the path; another origin or another part of the upstream keeps its own name."""
    assert rewritten([(b"Location", said.encode())], door) == [(b"Location", seen.encode())]


@pytest.mark.parametrize(
    ("door", "said", "seen"),
    [
        (_PLAIN, "s=1; Path=/; Domain=api.example; HttpOnly", f"s=1; Path={_AT}; HttpOnly"),
        (_PLAIN, "s=a=b; path = /admin ;Max-Age=5", f"s=a=b; Path={_AT}/admin;Max-Age=5"),
        (_PLAIN, "s=1", "s=1"),
        (_PLAIN, 's="x y"; Path=elsewhere', 's="x y"; Path=elsewhere'),
        (_PLAIN, "s=1; Secure; SameSite=None; Partitioned; Path=/", f"s=1; Path={_AT}"),
        (_PLAIN, "s=1; SameSite=Strict; Secure", "s=1; SameSite=Strict"),
        (_PLAIN, "__Secure-s=1; Secure; Path=/", f"__Secure-s=1; Secure; Path={_AT}"),
        (_PLAIN, "__Host-s=1; Secure; Path=/", "__Host-s=1; Secure; Path=/"),
        (_PART, "s=1; Secure; SameSite=None; Domain=.example", "s=1; Secure; SameSite=None"),
        (_PART, "s=1; Path=/v1/", f"s=1; Path={_AT}"),
        (_PART, "s=1; Path=/v1/users/", f"s=1; Path={_AT}/users/"),
        (_PART, "s=1; Path=/", f"s=1; Path={_AT}"),
        (_PART, "s=1; Path=/other", "s=1; Path=/other"),
        (_PLAIN._replace(asked="?q=1"), "s=1; HttpOnly", f"s=1; HttpOnly; Path={_AT}"),
        (_PLAIN._replace(asked=""), "__Host-s=1; Path=/; Secure", "__Host-s=1; Path=/; Secure"),
    ],
)
def test_a_cookie_is_for_the_endpoint_alone(door: Door, said: str, seen: str) -> None:
    """Its domain goes, its path is the proxy's, and what needs TLS goes where the proxy has none; names that promise a scope keep it."""
    assert rewritten([(b"Set-Cookie", said.encode())], door) == [(b"Set-Cookie", seen.encode())]


def test_the_rest_stays_as_it_is() -> None:
    """Order, capitals and duplicates."""
    pairs = [(b"X-A", b"https://api.example/"), (b"set-COOKIE", b"a=1"), (b"Set-Cookie", b"b=2; Path=/"), (b"LOCATION", b"/x"), (b"Content-Location", b"/y")]
    seen = [*pairs[:2], (b"Set-Cookie", b"b=2; Path=/proxy/7"), (b"LOCATION", b"/proxy/7/x"), (b"Content-Location", b"/proxy/7/y")]
    assert rewritten(pairs, _PLAIN) == seen


async def test_a_client_that_follows_and_remembers_stays_in_the_proxy(proxy: Any, upstream: Any) -> None:
    """A sign-in with a redirect and cookies works through the proxy as it does without; by default everything points at the upstream. Recorded is what was said."""

    async def answer(_: Any, writer: Any) -> None:
        if upstream.heads[-1].startswith(b"POST "):
            head = f"HTTP/1.1 303 See Other\r\nLocation: {upstream.url}/v1/home\r\nSet-Cookie: s=1; Path=/v1; Domain=127.0.0.1\r\nSet-Cookie: t=2; Path=/v1/home\r\n"
        else:
            head = "HTTP/1.1 200 OK\r\n"
        writer.write(head.encode() + b"Content-Length: 0\r\n\r\n")

    upstream.answer = answer
    proxy.set(destination=f"{upstream.url}/v1")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}{proxy.path}", follow_redirects=True, trust_env=False) as client:
        assert str((await client.post("/sign-in")).url) == f"{upstream.url}/v1/home"
        client.cookies.clear()
        proxy.set(rewrite_location=True)
        assert str((await client.post("/sign-in")).url) == f"http://127.0.0.1:{proxy.port}{proxy.path}/home"
        assert b"\r\ncookie: t=2; s=1\r\n" in upstream.heads[-1].lower()
    direct, turned, _ = proxy.heard()
    assert direct.response_headers == turned.response_headers

"""A reverse proxy's word about who asked: believed where the operator named it, and of nobody else."""

from ipaddress import ip_network
from typing import Any

import asyncpg
import httpx
import pydantic
import pytest

from agent import config
from tests.live import wiretalk
from web.forwarded import behind

_TRUSTED = tuple(map(ip_network, ("10.0.0.0/8", "fd00::/8", "192.0.2.7/32")))


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.1.2.3", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9", "198.51.100.1, 192.0.2.7"], "198.51.100.1"),
        ("10.1.2.3", ["10.9.9.9, 10.8.8.8"], "10.9.9.9"),
        ("10.1.2.3", ["198.51.100.1, unknown"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, evil, 10.8.8.8"], "10.8.8.8"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("198.51.100.7", ["10.0.0.1"], "198.51.100.7"),
        ("::1", ["10.0.0.1"], "::1"),
        ("192.0.2.8", ["203.0.113.9"], "192.0.2.8"),
    ],
)
async def test_the_nearest_that_is_not_trusted_asked(peer: str, said: list[str], client: str) -> None:
    """Read from the end, past trusted proxies; what a client wrote before it, and what is no address, counts for nothing."""
    assert (await _told(peer, [("x-forwarded-for", one) for one in said]))["client"][0] == client


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [("10.1.2.3", "https", "https"), ("10.1.2.3", "http, HTTPS", "https"), ("10.1.2.3", "javascript", "http"), ("198.51.100.7", "https", "http")],
)
async def test_the_scheme_is_the_nearest_proxys(peer: str, said: str, scheme: str) -> None:
    """Its last word, if it is one of two; the host is nobody's to say."""
    told = await _told(peer, [("x-forwarded-proto", said), ("x-forwarded-host", "evil.example"), ("host", "own.example")])
    assert (told["scheme"], dict(told["headers"])[b"host"]) == (scheme, b"own.example")
    assert (await _told(peer, [("x-forwarded-proto", said)], "websocket"))["scheme"] == scheme.replace("http", "ws")


def test_what_would_never_match_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start, with its name; bits of a host beyond the network do not matter, and believing everybody is not offered."""
    for wrong in ("10.0.0.0/33", "proxy.internal", "*"):
        monkeypatch.setenv("WIRETALK_TRUSTED_PROXIES", wrong)
        with pytest.raises(pydantic.ValidationError, match="trusted_proxies"):
            config.Settings()  # pyright: ignore[reportCallIssue]
    monkeypatch.setenv("WIRETALK_TRUSTED_PROXIES", "10.1.2.3/8, ::1")
    assert config.Settings().trusted_networks == (ip_network("10.0.0.0/8"), ip_network("::1"))  # pyright: ignore[reportCallIssue]


async def test_rates_and_audit_are_of_the_client(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the proxy each client counts for itself; one who talks to the server directly cannot be somebody else."""
    monkeypatch.setenv("WIRETALK_TRUSTED_PROXIES", "127.0.0.1")
    monkeypatch.setenv("WIRETALK_STRANGER_REQUESTS_PER_MINUTE", "1000")
    async with wiretalk(monkeypatch) as ada:
        left: list[int] = []
        for local, said in (("127.0.0.1", "203.0.113.1"), ("127.0.0.1", "1.1.1.1, 203.0.113.1"), ("127.0.0.1", "203.0.113.2"), ("127.0.0.2", "203.0.113.3")):
            async with httpx.AsyncClient(base_url=ada.base_url, transport=httpx.AsyncHTTPTransport(local_address=local)) as client:
                answer = await client.post("/api/v1/auth/login", json={"email": "ada@example.com", "password": "wrong"}, headers={"x-forwarded-for": said})
            assert answer.status_code == 401
            left.append(int(answer.headers["ratelimit-remaining"]))
        assert left == [999, 998, 999, 999]
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT ip_address FROM audit_logs WHERE action LIKE '%FAILED%' ORDER BY id")
    finally:
        await connection.close()
    assert [row["ip_address"] for row in rows] == ["203.0.113.1", "203.0.113.1", "203.0.113.2", "127.0.0.2"]


async def _told(peer: str, headers: list[tuple[str, str]], kind: str = "http") -> dict[str, Any]:
    """The scope as the application gets it."""
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope: Any = {"type": kind, "scheme": {"http": "http", "websocket": "ws"}[kind], "client": (peer, 5000), "headers": raw}
    unused: Any = None
    await behind(app, _TRUSTED)(scope, unused, unused)
    return seen[0]

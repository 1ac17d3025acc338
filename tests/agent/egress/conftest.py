"""A name server and a world of our own: every connection that the code under test makes is seen here."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio

from agent.config import settings
from agent.egress import Network, Route, network
from tests import certificates

GOOD = "93.184.215.14"
ZONE: dict[str, list[str]] = {
    "good.example": [GOOD],
    "xn--bcher-kva.example": [GOOD],
    "other.example": ["93.184.215.15"],
    "loop.test": ["127.0.0.1"],
    "private.test": ["10.0.0.5"],
    "meta.test": ["169.254.169.254"],
    "v6loop.test": ["::1"],
    "mapped.test": ["::ffff:10.0.0.1"],
    "mixed.test": [GOOD, "127.0.0.1"],
    "cname.test": ["127.0.0.1"],
    "zero.test": ["0.0.0.0"],
    "nat64.test": ["64:ff9b::7f00:1"],
    "cgnat.test": ["100.64.0.1"],
    "many.test": [*(f"8.8.{n // 250}.{n % 250 + 1}" for n in range(499)), "10.0.0.7"],
    "127.0.0.1.nip.test": ["127.0.0.1"],
    "xn--lcalhost-2za.test": ["10.0.0.9"],
}


class Line(NamedTuple):
    """One line of the list of URLs."""

    verdict: str
    stage: str
    url: str
    comment: str


class World:
    """Answers names, sends public addresses to a stub on loopback, and notes every connection that was asked for."""

    def __init__(self) -> None:
        self.dialled: list[str] = []
        self.lookups: dict[str, int] = {}
        self.own = "93.184.215.99"
        self.port = self.tls_port = 0
        self.is_tls = False
        """Whether the next connections are expected to speak TLS: the stub has a port for each."""
        self.named: list[str | None] = []
        """The host names of TLS handshakes."""
        self.requests: list[tuple[str, dict[str, str]]] = []

    @property
    def network(self) -> Network:
        return Network(self._lookup, self._route)

    async def _lookup(self, host: str) -> list[str]:
        asked = self.lookups[host] = self.lookups.get(host, 0) + 1
        if host == "rebind.test":
            return [GOOD] if asked == 1 else ["127.0.0.1"]
        if host == "slow.test":
            await asyncio.sleep(30)
        if host == "self.test":
            return [self.own]
        if host.endswith(".good.example"):
            return [GOOD]
        if host not in ZONE:
            raise OSError("no such name")
        return ZONE[host]

    def _route(self, address: str, port: int) -> Route:
        self.dialled.append(address)
        return Route("127.0.0.1", self.tls_port if self.is_tls else self.port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A stub that plays `/redirect?to=…` and `/redirect-self`, and answers everything else with 200."""
        try:
            first = await reader.readexactly(1)
            if first == b"\x16":
                return  # it does not speak TLS
            head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
            target = head[0].split(" ")[1]
            self.requests.append((target, headers))
            writer.write(_answer(target).encode())
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


def _answer(target: str) -> str:
    asked = parse_qs(urlsplit(target).query)
    if target.startswith("/redirect"):
        there = asked["to"][0] if "to" in asked else target
        return f"HTTP/1.1 {asked.get('code', ['302'])[0]} Found\r\nLocation: {there}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    return "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


@pytest_asyncio.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    made = World()
    path = certificates.certificate(tmp_path, "good.example", "*.good.example", "xn--bcher-kva.example", "rebind.test")
    monkeypatch.setattr(network, "tls", certificates.trusting(path))
    context = certificates.serving(path)
    context.sni_callback = lambda _, name, __: made.named.append(name)
    async with await asyncio.start_server(made.serve, "127.0.0.1", 0) as plain, await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context) as secure:
        made.port, made.tls_port = (server.sockets[0].getsockname()[1] for server in (plain, secure))
        yield made


@pytest.fixture
def public_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of a server that others can reach: nothing private is open."""
    yield from _settings(monkeypatch, host="0.0.0.0", allow="")


@pytest.fixture
def loopback_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of a server that listens on this machine only."""
    yield from _settings(monkeypatch, host="127.0.0.1", allow="")


@pytest.fixture
def allowing_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A public server whose operator opened a network, a name and a suffix."""
    yield from _settings(monkeypatch, host="0.0.0.0", allow="10.1.0.0/16, db.internal, *.corp.example, 64:ff9b::/96, 169.254.0.0/16")


def _settings(monkeypatch: pytest.MonkeyPatch, *, host: str, allow: str) -> Iterator[None]:
    monkeypatch.setenv("WIRETALK_HOST", host)
    monkeypatch.setenv("WIRETALK_ALLOW_HOSTS", allow)
    monkeypatch.delenv("WIRETALK_PUBLIC_URL", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def url_lines(shared_dir: Path) -> list[Line]:
    """The list of URLs with a verdict each."""
    path = shared_dir / "kit" / "ssrf_urls.txt"
    if not path.exists():
        pytest.skip("the list of URLs is kept outside the repository; put it at ../shared/kit/ssrf_urls.txt")
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#"))
    return [Line(verdict, stage, json.loads(url), comment) for verdict, stage, url, comment in rows]

"""A real proxy (uvicorn with the guarded front, the recorder, PostgreSQL) in front of an upstream that a test scripts byte by byte."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
import uvicorn

from agent import crypto
from agent.config import settings
from agent.recorder import Heard, Recorder, copying
from agent.recorder.rules import USUAL
from db.ids import uuid7
from web.proxy import http, in_front_of
from web.proxy.lookup import Route

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"


class Upstream:
    """Reads one request at a time and answers as `answer` says. Keeps what it saw."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.trailers: list[bytes] = []
        self.connections = self.open = 0
        self.answer: bytes | Answer = OK
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        try:
            while True:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                self.bodies.append(await _body(self.heads[-1], reader, self.trailers))
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                    await writer.drain()
                else:
                    await self.answer(reader, writer)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


class Proxy:
    """The proxy and a raw client for it."""

    def __init__(self, port: int, route: Route, recorder: Recorder, pool: asyncpg.Pool | None) -> None:
        self.port, self.recorder, self._pool = port, recorder, pool
        self.routes = {str(route.endpoint_id): route}
        self.route = route

    @property
    def path(self) -> str:
        return f"/proxy/{self.route.endpoint_id}"

    def set(self, **changes: Any) -> None:
        """Change the endpoint."""
        fields = {name: getattr(self.route, name) for name in Route.__struct_fields__}
        self.route = Route(**{**fields, **changes})
        self.routes[str(self.route.endpoint_id)] = self.route

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=64 * 1024 * 1024)

    async def send(self, raw: bytes, *, wait: float = 60) -> bytes:
        """The whole answer to raw bytes, up to the end of the connection."""
        reader, writer = await self.open()
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), wait)
        finally:
            writer.close()

    async def get(self, path: str = "/", headers: str = "", method: str = "GET", body: bytes = b"") -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        return await self.send(
            f"{method} {self.path}{path} HTTP/1.1\r\nHost: proxy.test\r\nConnection: close\r\n{length}{headers}\r\n".encode("latin-1") + body
        )

    async def calls(self, count: int = 1) -> list[dict[str, Any]]:
        """The recorded calls by column, once there are `count`: from the table, or from the spool where there is no database."""
        for _ in range(3000):
            rows = [dict(row) for row in await self._pool.fetch("SELECT * FROM api_calls ORDER BY id")] if self._pool else self._spooled()
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.02)
        raise AssertionError(f"{len(rows)} calls were recorded, not {count}")

    def heard(self) -> list[Heard]:
        """What was recorded, before any rule was applied to it, where there is no database."""
        return [one.heard for one in self._kept()]

    def _kept(self) -> list[Any]:
        spool = self.recorder._current
        return list(copying._decoded(spool.peek(1 << 30).payloads)) if spool else []

    def _spooled(self) -> list[dict[str, Any]]:
        kept = self._kept()
        return [msgspec.structs.asdict(row) for row in copying._rows(kept, dict.fromkeys((one.heard.endpoint_id for one in kept), USUAL))]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    made = Upstream()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=64 * 1024 * 1024)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@pytest.fixture
async def proxy(upstream: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Proxy]:
    """Without a database: what is acknowledged stays in the spool."""
    monkeypatch.setenv("WIRETALK_SECRET_KEY", "a long enough secret for tests")
    _forget()
    recorder = Recorder(tmp_path / "spool")
    async with _proxy(upstream, recorder, None, uuid7(), uuid7()) as made:
        yield made
    _forget()


@pytest.fixture
def proxy_at(upstream: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], contextlib.AbstractAsyncContextManager[Proxy]]:
    """A proxy without a database under the settings of the moment."""
    monkeypatch.setenv("WIRETALK_SECRET_KEY", "a long enough secret for tests")

    def make() -> contextlib.AbstractAsyncContextManager[Proxy]:
        _forget()
        monkeypatch.setenv("WIRETALK_ALLOW_HOSTS", "127.0.0.0/8")
        settings.cache_clear()
        return _proxy(upstream, Recorder(tmp_path / "spool"), None, uuid7(), uuid7())

    return make


@pytest.fixture
async def recorded(upstream: Upstream, database: asyncpg.Pool) -> AsyncIterator[Proxy]:
    """With a database, as in earnest."""
    owner, endpoint = await _rows(database, upstream.url)
    recorder = Recorder()
    await recorder.start()
    async with _proxy(upstream, recorder, database, owner, endpoint) as made:
        yield made


@contextlib.asynccontextmanager
async def _proxy(upstream: Upstream, recorder: Recorder, pool: asyncpg.Pool | None, owner: UUID, endpoint: UUID) -> AsyncIterator[Proxy]:
    made = Proxy(0, Route(endpoint, owner, upstream.url, "ACTIVE", settings().body_limit, 5.0), recorder, pool)

    async def lookup(endpoint_id: str) -> Route | None:
        return made.routes.get(endpoint_id)

    async with _served(in_front_of(_application, recorder, lookup)) as made.port:
        try:
            yield made
        finally:
            await http.close()
            await recorder.drain()


def _forget() -> None:
    settings.cache_clear()
    crypto.forget()


@contextlib.asynccontextmanager
async def _served(app: Any) -> AsyncIterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http="web.front:GuardedProtocol",
            ws="web.front_ws:PatientProtocol",
            lifespan="off",
            log_level="critical",
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=60,
        )
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind the proxy."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"app"})


async def _rows(database: asyncpg.Pool, url: str) -> tuple[UUID, UUID]:
    owner, endpoint = uuid7(), uuid7()
    await database.execute("INSERT INTO users (id, email, username) VALUES ($1, 'a@example.com', 'anna')", owner)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'api', 'api', $3)", endpoint, owner, url)
    return owner, endpoint


async def _body(head: bytes, reader: asyncio.StreamReader, trailers: list[bytes]) -> bytes:
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])}
    if headers.get(b"transfer-encoding") == b"chunked":
        parts: list[bytes] = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        while (line := await reader.readline()) not in (b"\r\n", b""):
            trailers.append(line)
        return b"".join(parts)
    return await reader.readexactly(int(headers.get(b"content-length", b"0")))

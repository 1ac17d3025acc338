"""One HTTP exchange through the proxy: bytes stream both ways untouched, their beginnings are kept, one record per exchange.

The record is acknowledged before the end of the answer leaves, so a client that has a whole answer can count on its capture. What
fails before the answer began becomes a problem document; after that the connection is cut, so that the client sees the gap.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import structlog
from litestar.types import Receive, Send

from agent import tasks
from agent.egress import Target, parse
from agent.errors import Problem
from agent.recorder import Heard, Recorder
from web.proxy import headers as crossing
from web.proxy import problems
from web.proxy.asked import Asked, Pairs
from web.proxy.lookup import Route
from web.proxy.pool import IDEMPOTENT, Pool, pool
from web.proxy.taps import Tap
from web.proxy.wire import Head, Wire

log = structlog.get_logger()
_WATCH_AFTER = 0.1
_SMALL_BODY = 64 * 1024
_LEFT = "the client left before the answer was complete"
_STOPPED = "the server stopped before the answer was complete"


class Gone(Exception):
    """The client left."""


class Recording:
    """What is known of one exchange so far, until it becomes a record, once."""

    def __init__(self, asked: Asked, route: Route, recorder: Recorder) -> None:
        self.began, self.started_at = time.perf_counter(), datetime.now(UTC)
        self.sent, self.received = Tap(route.body_limit), Tap(route.body_limit)
        self.request_headers: Pairs = []
        self.answer: Head | None = None
        self.has_begun = False
        self._asked, self._route, self._recorder = asked, route, recorder
        self._is_wanted = route.is_recording and (route.sampling >= 1 or random.random() < route.sampling)  # noqa: S311  # a sample, not a secret

    async def keep(self, error: str | None = None) -> None:
        """Hand the record over. After this the exchange counts as acknowledged."""
        if not self._is_wanted:
            return
        self._is_wanted = False
        await self._recorder.record(
            Heard(
                endpoint_id=self._route.endpoint_id,
                user_id=self._route.user_id,
                method=self._asked.method,
                url=self._route.destination + self._asked.path,
                protocol=_protocol(self._route.destination, self.request_headers),
                request_headers=crossing.texts(self.request_headers),
                request=self.sent.body(),
                status=self.answer.status if self.answer else None,
                response_headers=crossing.texts(self.answer.headers) if self.answer else [],
                response=self.received.body(),
                error=error,
                started_at=self.started_at,
                duration_ms=(time.perf_counter() - self.began) * 1000,
            )
        )


async def forward(asked: Asked, receive: Receive, send: Send, route: Route, recorder: Recorder) -> None:
    """Forward one request and record the exchange, whatever becomes of it."""
    recording = Recording(asked, route, recorder)
    client = _Client(receive)
    try:
        await _exchange(asked, client, send, route, recording, pool())
    except Gone:
        await recording.keep(_LEFT)
    except asyncio.CancelledError:
        await recording.keep(_STOPPED)
        raise
    except Problem as problem:
        await recording.keep(problem.detail)
        await _give_up(asked, send, recording, problem)
    except Exception as error:
        log.exception("proxy.failed", endpoint=str(route.endpoint_id))
        await recording.keep("the proxy broke on our side")
        await _give_up(asked, send, recording, Problem("internal", f"The proxy broke on our side ({type(error).__name__})."))
    finally:
        client.forget()


async def refuse(receive: Receive, send: Send, problem: Problem) -> None:
    """Answer with a problem document."""
    await problems.answer(send, problem)


async def close() -> None:
    """Close the idle connections of this event loop, at shutdown."""
    pool().close()


def target_of(route: Route) -> Target:
    """The destination, read anew: what may be reached can change while an endpoint exists. Raises invalid_url, egress_refused."""
    return _target(route.destination, int(time.monotonic()))


@lru_cache(1024)
def _target(destination: str, second: int) -> Target:
    """Read once a second: what may be reached changes seldom, and each new connection is checked anyway."""
    return parse(destination, "capture")


def joined(target: Target, path: str) -> bytes:
    """The request target: the destination's own path and query, then the client's, byte for byte. Raises bad_request."""
    base, _, own_query = target.path.partition("?")
    rest, mark, query = path.partition("?")
    if base.rstrip("/") and any(
        segment in (".", "..") for segment in rest.lower().replace("%2e", ".").replace("\\", "/").replace("%2f", "/").replace("%5c", "/").split("/")
    ):
        raise Problem("bad_request", "A path with `.` or `..` in it could leave the part of the upstream that this endpoint is for.")
    whole = (base.rstrip("/") + rest if rest else base) or "/"
    queries = "&".join(part for part in (own_query, query) if part)
    return (whole + ("?" + queries if queries or mark else "")).encode("latin-1")


class _Client:
    """The side that asked: its body, and whether it is still there. One reader at a time, as ASGI demands."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._uploader: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._has_left = False

    async def chunk(self) -> tuple[bytes, bool]:
        """Some of the body, and whether there is more. Raises Gone."""
        message: Any = await self._receive()
        if message["type"] == "http.disconnect":
            self._has_left = True
            raise Gone
        return message.get("body", b""), message.get("more_body", False)

    def watch(self, wire: Wire) -> None:
        """From now on the client's leaving ends the upstream's exchange. Short exchanges end before the watch begins."""
        self._wire = wire
        if self._has_left:
            wire.fail(Gone())
        elif self._timer is None and self._watcher is None and self._uploader is None:
            self._timer = asyncio.get_running_loop().call_later(_WATCH_AFTER, self._start)

    def upload(self, work: Callable[[], Awaitable[None]], wire: Wire) -> None:
        """Send the rest of the body while the answer may already come."""
        self._wire = wire
        self._uploader = tasks.spawn(self._upload(work, wire), "proxy.upload")

    @property
    def is_sending(self) -> bool:
        return self._uploader is not None and not self._uploader.done()

    def forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for task in (self._watcher, self._uploader):
            if task is not None:
                task.cancel()

    async def _upload(self, work: Callable[[], Awaitable[None]], wire: Wire) -> None:
        try:
            await work()
        except Gone as gone:
            wire.fail(gone)
        except Problem as problem:
            wire.fail(problem)
        else:
            self._start()

    def _start(self) -> None:
        self._watcher = tasks.spawn(self._watch(), "proxy.watch")

    async def _watch(self) -> None:
        while True:
            message: Any = await self._receive()
            if message["type"] == "http.disconnect":
                break
        self._has_left = True
        if self._wire is not None:
            self._wire.fail(Gone())


async def _exchange(asked: Asked, client: _Client, send: Send, route: Route, recording: Recording, idle: Pool) -> None:
    target = target_of(route)
    pairs = asked.headers
    recording.request_headers = crossing.outgoing(pairs, route.injected, target.authority.encode())
    request = _Request(asked.method, joined(target, asked.path), recording.request_headers, crossing.value_of(pairs, b"transfer-encoding") is not None)
    key = (route.endpoint_id, target.origin)
    wire = await _answered(asked, client, route, target, request, recording, idle, key)
    try:
        await _pass_back(wire, send, recording, route, target)
    finally:
        if client.is_sending:
            wire.close()
        else:
            idle.give_back(key, wire)


class _Request:
    """The head as bytes, and how the body is framed."""

    def __init__(self, method: str, target: bytes, pairs: Pairs, is_chunked: bool) -> None:
        self.method, self.is_chunked = method, is_chunked
        self.target_is_proxy = target.startswith(b"/proxy/")
        length = crossing.value_of(pairs, b"content-length")
        self.length = int(length) if length and not is_chunked else 0
        lines = [method.encode(), b" ", target, b" HTTP/1.1\r\n"]
        for name, value in pairs:
            if not (is_chunked and name.lower() == b"content-length"):
                lines += (name, b": ", value, b"\r\n")
        if is_chunked:
            lines.append(b"transfer-encoding: chunked\r\n")
        lines.append(b"\r\n")
        self.head = b"".join(lines)

    def framed(self, chunk: bytes, *, is_last: bool) -> bytes:
        if not self.is_chunked:
            return chunk
        return (b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b"") + (b"0\r\n\r\n" if is_last else b"")


async def _answered(
    asked: Asked, client: _Client, route: Route, target: Target, request: _Request, recording: Recording, idle: Pool, key: tuple[object, ...]
) -> Wire:
    """A connection on which the head of the answer has come. A connection that died while it rested is replaced, where nothing is sent twice."""
    small = b""
    is_whole = not (request.is_chunked or request.length)
    if 0 < request.length <= _SMALL_BODY:
        small, more = await _whole(client, recording)
        is_whole = not more
    wire = idle.reuse(key, request.method)
    if wire is not None:
        _refuse_loop(asked, wire, request)
        await _ask(wire, client, route, request, recording, small, is_whole)
        try:
            await wire.head()
        except Problem:
            if not (is_whole and request.method in IDEMPOTENT and wire.was_dropped):
                raise
        except Gone:
            raise
        else:
            return wire
    wire = await idle.open(target)
    _refuse_loop(asked, wire, request)
    try:
        await _ask(wire, client, route, request, recording, small, is_whole)
        await wire.head()
    except BaseException:
        wire.close()
        raise
    return wire


async def _whole(client: _Client, recording: Recording) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    more = True
    while more:
        chunk, more = await client.chunk()
        recording.sent.note(chunk)
        parts.append(chunk)
    return b"".join(parts), more


async def _ask(wire: Wire, client: _Client, route: Route, request: _Request, recording: Recording, small: bytes, is_whole: bool) -> None:
    wire.begin(request.method, route.timeout_s)
    if is_whole:
        wire.write(request.head + small if small else request.head)
        client.watch(wire)
        return
    wire.write(request.head)

    async def rest() -> None:
        more = True
        while more and not wire.transport.is_closing():
            chunk, more = await client.chunk()
            recording.sent.note(chunk)
            if framed := request.framed(chunk, is_last=not more):
                wire.write(framed)
                await wire.drained()

    client.upload(rest, wire)


async def _pass_back(wire: Wire, send: Send, recording: Recording, route: Route, target: Target) -> None:
    head = await wire.head()
    recording.answer = head
    pairs = crossing.incoming(head.headers, head.status, target.host)
    if route.rewrite_location:
        pairs = crossing.rewritten(pairs, target, f"/proxy/{route.endpoint_id}")
    start: Any = {"type": "http.response.start", "status": head.status, "headers": pairs}
    chunk = wire.take()
    recording.received.note(chunk)
    if wire.is_over:
        await recording.keep()
        recording.has_begun = True
        await send(start)
        await send({"type": "http.response.body", "body": chunk, "more_body": False})
        return
    recording.has_begun = True
    await send(start)
    while True:
        if chunk:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        chunk = await wire.body()
        recording.received.note(chunk)
        if wire.is_over:
            break
    await recording.keep()
    await send({"type": "http.response.body", "body": chunk, "more_body": False})


async def _give_up(asked: Asked, send: Send, recording: Recording, problem: Problem) -> None:
    if not recording.has_begun:
        await problems.answer(send, problem)
        return
    if asked.abort is None:
        raise ConnectionError(problem.detail)
    asked.abort()


def _refuse_loop(asked: Asked, wire: Wire, request: _Request) -> None:
    """An endpoint whose destination is a proxy URL of this very server would call itself without end."""
    here, there = asked.server, wire.transport.get_extra_info("peername")
    if here and there and here[1] == there[1] and there[0] in (here[0], "127.0.0.1", "::1") and request.target_is_proxy:
        wire.close()
        raise Problem("egress_refused", "The destination is a proxy URL of this server.", remedy="Set the endpoint's destination to the API itself.")


def _protocol(destination: str, pairs: Pairs) -> str:
    if (crossing.value_of(pairs, b"content-type") or b"").startswith(b"application/grpc"):
        return "grpc"
    return "https" if destination[:5].lower() == "https" else "http"

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
from web.proxy.request import Request
from web.proxy.rewriting import towards_proxy
from web.proxy.taps import NoTap, Tap
from web.proxy.wire import Head, Wire

log = structlog.get_logger()
_SMALL_BODY = 64 * 1024
_LEFT = "the client left before the answer was complete"
_STOPPED = "the server stopped before the answer was complete"
_UNHEARD = NoTap(0)


class Gone(Exception):
    """The client left."""


class Recording:
    """What is known of one exchange so far, until it becomes a record, once."""

    __slots__ = (
        "_asked", "_is_wanted", "_recorder", "_route", "answer", "answered_at", "began", "connected_at", "has_begun", "received", "request_headers", "sent",
        "started_at", "trailers",
    )  # fmt: skip

    def __init__(self, asked: Asked, route: Route, recorder: Recorder) -> None:
        self._asked, self._route, self._recorder = asked, route, recorder
        self._is_wanted = route.is_recording and (route.sampling >= 1 or random.random() < route.sampling)  # noqa: S311  # a sample, not a secret
        self.began, self.started_at = time.perf_counter(), time.time()
        self.connected_at = self.answered_at = 0.0
        self.sent, self.received = (Tap(route.body_limit), Tap(route.body_limit)) if self._is_wanted else (_UNHEARD, _UNHEARD)
        self.request_headers: Pairs = []
        self.trailers: Pairs = []
        self.answer: Head | None = None
        self.has_begun = False

    @property
    def has_no_end(self) -> bool:
        """An event stream is ended by its client: leaving it is no failure."""
        said = crossing.value_of(self.answer.headers, b"content-type") if self.answer and self.answer.status < 400 else None
        return (said or b"").lower().startswith(b"text/event-stream")

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
                response_headers=crossing.texts(self.answer.headers + self.trailers) if self.answer else [],
                response=self.received.body(),
                error=error,
                started_at=datetime.fromtimestamp(self.started_at, UTC),
                duration_ms=(time.perf_counter() - self.began) * 1000,
                connect_ms=self._since(self.connected_at),
                first_byte_ms=self._since(self.answered_at),
            )
        )

    def _since(self, at: float) -> float | None:
        return (at - self.began) * 1000 if at else None


async def forward(asked: Asked, receive: Receive, send: Send, route: Route, recorder: Recorder) -> None:
    """Forward one request and record the exchange, whatever becomes of it."""
    recording = Recording(asked, route, recorder)
    client = _Client(asked, receive)
    try:
        await _exchange(asked, client, send, route, recording, pool(asked.passage.loop if asked.passage else None))
    except Gone:
        await recording.keep(None if recording.has_no_end else _LEFT)
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
    if target.path == "/" and path.startswith("/"):
        return path.encode("latin-1")
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

    __slots__ = ("_passage", "_receive", "_uploader", "_wire")

    def __init__(self, asked: Asked, receive: Receive) -> None:
        self._passage, self._receive = asked.passage, receive
        self._uploader: asyncio.Task[None] | None = None
        self._wire: Wire | None = None

    async def chunk(self) -> tuple[bytes, bool]:
        """Some of the body, and whether there is more. Raises Gone."""
        message: Any = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        return message["body"], message["more_body"]

    def watch(self, wire: Wire) -> None:
        """From now on the client's leaving ends the upstream's exchange."""
        self._wire = wire
        if self._passage is not None:
            self._passage.when_left(self._left)

    def inform(self, status: int, pairs: Pairs) -> None:
        """Pass an informational answer on."""
        if self._passage is not None:
            self._passage.inform(status, crossing.trailing(pairs))

    @property
    def trailers(self) -> Pairs:
        """What came after the body."""
        return crossing.trailing(self._passage.trailers) if self._passage is not None else []

    def upload(self, work: Callable[[], Awaitable[None]], wire: Wire) -> None:
        """Send the rest of the body while the answer may already come."""
        self.watch(wire)
        self._uploader = tasks.spawn(self._upload(work, wire), "proxy.upload")

    @property
    def is_sending(self) -> bool:
        return self._uploader is not None and not self._uploader.done()

    def forget(self) -> None:
        self._wire = None
        if self._uploader is not None:
            self._uploader.cancel()

    def _left(self) -> None:
        if self._wire is not None:
            self._wire.fail(Gone())

    async def _upload(self, work: Callable[[], Awaitable[None]], wire: Wire) -> None:
        try:
            await work()
        except (Gone, Problem) as reason:
            wire.fail(reason)


async def _exchange(asked: Asked, client: _Client, send: Send, route: Route, recording: Recording, idle: Pool) -> None:
    target = target_of(route)
    going = crossing.outgoing(asked.headers, route.injected, target.authority.encode())
    recording.request_headers = going.pairs
    request = Request(asked.method, joined(target, asked.path), going)
    key = (route.endpoint_id, target.origin, request.is_grpc)
    wire = await _answered(asked, client, route, target, request, recording, idle, key)
    recording.answered_at = time.perf_counter()
    try:
        await _pass_back(asked, wire, send, recording, route, target)
    finally:
        if client.is_sending:
            wire.close()
        else:
            idle.give_back(key, wire)


async def _answered(
    asked: Asked, client: _Client, route: Route, target: Target, request: Request, recording: Recording, idle: Pool, key: tuple[object, ...]
) -> Wire:
    """A connection on which the head of the answer has come. A connection that died while it rested is replaced, where nothing is sent twice."""
    small = b""
    is_whole = not request.has_body
    if 0 < request.length <= _SMALL_BODY:
        small, more = await _whole(client, recording)
        is_whole = not more
    wire = idle.reuse(key, request.method)
    if wire is not None:
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
    wire = await _opened(asked, client, route, target, request, recording, idle, small, is_whole=is_whole)
    if wire.speaks_http2:
        wire = await _opened(asked, client, route, target, request, recording, idle, small, is_whole=is_whole)
    await wire.head()
    return wire


async def _opened(
    asked: Asked, client: _Client, route: Route, target: Target, request: Request, recording: Recording, idle: Pool, small: bytes, *, is_whole: bool
) -> Wire:
    """A new connection on which the request went out and something came back, if only the news that it speaks HTTP/2."""
    wire = await idle.open(target, http2=request.is_grpc)
    recording.connected_at = time.perf_counter()
    _refuse_loop(asked, wire, request)
    try:
        await _ask(wire, client, route, request, recording, small, is_whole)
        await wire.head()
    except BaseException as error:
        wire.close()
        if wire.speaks_http2:
            idle.remember_http2(target)
        if not (isinstance(error, Problem) and wire.speaks_http2 and is_whole):
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


async def _ask(wire: Wire, client: _Client, route: Route, request: Request, recording: Recording, small: bytes, is_whole: bool) -> None:
    wire.ask(request, small, route.timeout_s, client.inform, is_whole=is_whole)
    if is_whole:
        client.watch(wire)
        return

    async def rest() -> None:
        more = True
        while more and not wire.transport.is_closing():
            chunk, more = await client.chunk()
            recording.sent.note(chunk)
            wire.pass_on(request, chunk, [] if more else client.trailers, is_last=not more)
            await wire.drained()

    client.upload(rest, wire)


async def _pass_back(asked: Asked, wire: Wire, send: Send, recording: Recording, route: Route, target: Target) -> None:
    head = await wire.head()
    recording.answer = head
    pairs = towards_proxy(crossing.incoming(head.headers, head.status, target.host, own_origin=asked.has_own_origin), asked, route, target)
    start: Any = {"type": "http.response.start", "status": head.status, "headers": pairs, "wiretalk.reason": head.reason}
    chunk = wire.take()
    recording.received.note(chunk)
    if wire.is_over:
        recording.trailers = wire.trailers
        await recording.keep()
        recording.has_begun = True
        start["wiretalk.is_whole"] = True
        await send(start)
        await send(_last(chunk, wire))
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
    recording.trailers = wire.trailers
    await recording.keep()
    await send(_last(chunk, wire))


def _last(chunk: bytes, wire: Wire) -> Any:
    return {"type": "http.response.body", "body": chunk, "more_body": False, "wiretalk.trailers": crossing.trailing(wire.trailers)}


async def _give_up(asked: Asked, send: Send, recording: Recording, problem: Problem) -> None:
    if not recording.has_begun:
        await problems.answer(send, problem)
        return
    if asked.passage is None:
        raise ConnectionError(problem.detail)
    asked.passage.abort()


def _refuse_loop(asked: Asked, wire: Wire, request: Request) -> None:
    """An endpoint whose destination is a proxy URL of this very server would call itself without end."""
    here, there = asked.server, wire.transport.get_extra_info("peername")
    if here and there and here[1] == there[1] and there[0] in (here[0], "127.0.0.1", "::1") and request.is_for_a_proxy:
        wire.close()
        raise Problem("egress_refused", "The destination is a proxy URL of this server.", remedy="Set the endpoint's destination to the API itself.")


def _protocol(destination: str, pairs: Pairs) -> str:
    if (crossing.value_of(pairs, b"content-type") or b"").startswith(b"application/grpc"):
        return "grpc"
    return "https" if destination[:5].lower() == "https" else "http"

"""One WebSocket through the proxy: messages pass both ways and are recorded by direction and time, as one capture.

The upstream is asked first, so that its refusal, its subprotocol and its headers are what the client sees. Pings are answered by each
side's own connection; close codes and reasons cross, and after the client's goodbye the upstream may end what it is saying. A message is passed on when it is whole, at most 16 MB of it.
"""

import asyncio
import base64
import hashlib
import os
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

from litestar.types import Receive, Send

from agent import tasks
from agent.errors import Problem
from agent.recorder import Heard, Recorder
from web.proxy import headers as crossing
from web.proxy import http, problems
from web.proxy.asked import Asked, Pairs
from web.proxy.lookup import Route
from web.proxy.pool import pool
from web.proxy.rewriting import towards_proxy
from web.proxy.wire import Head, Wire
from web.proxy.ws_wire import Closed, WebSocketWire

_HANDSHAKE = frozenset({b"sec-websocket-key", b"sec-websocket-version", b"sec-websocket-extensions", b"sec-websocket-protocol", b"content-length"})
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_KEPT_MESSAGES = 5000
_REFUSAL_BYTES = 1024 * 1024
_FAREWELL_SECONDS = 2


class _Log:
    """The messages of one connection, the first ones kept within the endpoint's limit."""

    def __init__(self, limit: int) -> None:
        self.began = time.perf_counter()
        self.messages: list[tuple[str, float, bool, bytes]] = []
        self._room, self.left_out = limit, 0

    def note(self, direction: str, is_text: bool, data: bytes) -> None:
        if len(self.messages) >= _KEPT_MESSAGES or self._room <= 0:
            self.left_out += 1
            return
        kept = data[: self._room]
        self._room -= len(kept)
        self.messages.append((direction, round((time.perf_counter() - self.began) * 1000, 2), is_text, kept))


class _Left(NamedTuple):
    """How the client left: with a close frame, and the error for the record where that was no orderly end."""

    code: int
    error: str | None
    is_gone: bool = False


_GONE = _Left(1006, "the client cut the WebSocket", is_gone=True)


class _Refusal(Exception):
    """The upstream answered the handshake with an ordinary answer."""

    def __init__(self, head: Head, body: bytes) -> None:
        super().__init__(f"the upstream refused the WebSocket with {head.status}")
        self.head, self.body = head, body


class _Session:
    """What is known of one WebSocket, until it becomes a record, once."""

    def __init__(self, asked: Asked, route: Route, recorder: Recorder) -> None:
        self.started_at, self.log = datetime.now(UTC), _Log(route.body_limit)
        self.request_headers: Pairs = []
        self.answer: Head | None = None
        self.left: _Left | None = None
        self._route, self._path, self._recorder, self._is_kept = route, asked.path, recorder, not route.is_recording

    async def keep(self, error: str | None) -> None:
        if self._is_kept:
            return
        self._is_kept = True
        destination = self._route.destination
        url = "ws" + destination[4:] if destination[:4].lower() == "http" else destination
        await self._recorder.record(
            Heard(
                endpoint_id=self._route.endpoint_id,
                user_id=self._route.user_id,
                method="GET",
                url=url + self._path,
                protocol="wss" if url[:3].lower() == "wss" else "ws",
                request_headers=crossing.texts(self.request_headers),
                status=self.answer.status if self.answer and self.answer.status != 101 else None,
                response_headers=crossing.texts(self.answer.headers) if self.answer else [],
                messages=self.log.messages,
                error=error,
                started_at=self.started_at,
                duration_ms=(time.perf_counter() - self.log.began) * 1000,
            )
        )


async def forward(asked: Asked, receive: Receive, send: Send, route: Route, recorder: Recorder) -> None:
    """Connect upstream first, then accept with the subprotocol that the upstream chose, then relay until one side closes."""
    session = _Session(asked, route, recorder)
    await receive()
    try:
        upstream, protocol = await _connected(asked, route, session)
    except _Refusal as refusal:
        await session.keep(str(refusal))
        await _answer(asked, send, refusal.head, refusal.body, route)
        return
    except Problem as problem:
        await session.keep(problem.detail)
        await _refuse(send, problem)
        return
    try:
        await send({"type": "websocket.accept", "subprotocol": protocol, "headers": []})
        await _relay(receive, send, upstream, session)
    finally:
        upstream.abort()
        await session.keep("the server stopped while the WebSocket was open")


async def refuse(receive: Receive, send: Send, problem: Problem) -> None:
    """Answer the handshake with a problem document."""
    await receive()
    await _refuse(send, problem)


async def _connected(asked: Asked, route: Route, session: _Session) -> tuple[WebSocketWire, str | None]:
    target = http.target_of(route)
    offered = list(asked.subprotocols)
    key = base64.b64encode(os.urandom(16))
    pairs = [
        (name, value) for name, value in crossing.outgoing(asked.headers, route.injected, target.authority.encode()).pairs if name.lower() not in _HANDSHAKE
    ]
    session.request_headers = pairs + [(b"sec-websocket-protocol", ", ".join(offered).encode())] * bool(offered)
    lines = [b"GET ", http.joined(target, asked.path), b" HTTP/1.1\r\n"]
    for name, value in session.request_headers:
        lines += (name, b": ", value, b"\r\n")
    lines += (b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ", key, b"\r\n\r\n")
    wire = await pool().open(target)
    wire.begin("GET", route.timeout_s, upgrading=True)
    wire.write(b"".join(lines))
    try:
        session.answer = await wire.head()
        return _accepted(wire, session.answer, key, offered)
    except _NotSwitched as not_switched:
        raise _Refusal(not_switched.head, await _refusal_body(wire)) from None
    except Problem:
        wire.close()
        raise


class _NotSwitched(Exception):
    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head


def _accepted(wire: Wire, head: Head, key: bytes, offered: list[str]) -> tuple[WebSocketWire, str | None]:
    if head.status != 101:
        if head.status < 300:
            raise Problem("upstream_invalid", f"The upstream answered {head.status} instead of opening a WebSocket.")
        raise _NotSwitched(head)
    expected = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())
    if crossing.value_of(head.headers, b"sec-websocket-accept") != expected:
        raise Problem("upstream_invalid", "The upstream opened the WebSocket with a wrong key.")
    chosen = crossing.value_of(head.headers, b"sec-websocket-protocol")
    protocol = chosen.decode("latin-1") if chosen else None
    if (protocol is not None and protocol not in offered) or crossing.value_of(head.headers, b"sec-websocket-extensions"):
        raise Problem("upstream_invalid", "The upstream chose a subprotocol or an extension that nobody offered.")
    return WebSocketWire.after(wire), protocol


async def _refusal_body(wire: Wire) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while size < _REFUSAL_BYTES and (chunk := await wire.body()):
            parts.append(chunk)
            size += len(chunk)
    except Problem:
        pass  # the status is what matters
    wire.close()
    return b"".join(parts)


async def _answer(asked: Asked, send: Send, head: Head, body: bytes, route: Route) -> None:
    target = http.target_of(route)
    crossed = towards_proxy(crossing.incoming(head.headers, head.status, target.host, own_origin=asked.has_own_origin), asked, route, target)
    pairs = [(name, value) for name, value in crossed if name.lower() != b"content-length"]
    start: Any = {"type": "websocket.http.response.start", "status": head.status, "headers": [*pairs, (b"content-length", str(len(body)).encode())]}
    await send(start)
    finish: Any = {"type": "websocket.http.response.body", "body": body, "more_body": False}
    await send(finish)


async def _refuse(send: Send, problem: Problem) -> None:
    from_problem: list[Any] = []

    async def take(message: Any) -> None:
        from_problem.append({**message, "type": "websocket." + message["type"]})

    await problems.answer(take, problem)
    for message in from_problem:
        await send(message)


async def _relay(receive: Receive, send: Send, upstream: WebSocketWire, session: _Session) -> None:
    out = tasks.spawn(_to_upstream(receive, upstream, session.log), "proxy.ws-out")
    back = tasks.spawn(_to_client(send, upstream, session), "proxy.ws-back")
    try:
        await asyncio.wait([out, back], return_when=asyncio.FIRST_COMPLETED)
        if out.done() and not back.done():
            session.left = out.result() if not out.cancelled() and out.exception() is None else _GONE
            if session.left.is_gone:
                await session.keep(session.left.error)
                return
            await asyncio.wait([back], timeout=_FAREWELL_SECONDS)
            if not back.done():
                await session.keep(session.left.error)
                await asyncio.wait_for(send(_for_client(Closed(session.left.code, ""))), 1)
    finally:
        for task in (out, back):
            task.cancel()
        await asyncio.wait([out, back])


async def _to_upstream(receive: Receive, upstream: WebSocketWire, log: _Log) -> _Left:
    """Until the client closes."""
    while True:
        message: Any = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code", 1005)
            if code == 1006:
                return _GONE
            upstream.close(code, message.get("reason") or "")
            return _Left(code, None if code in (1000, 1001, 1005) or code >= 3000 else f"the client closed the WebSocket with {code}")
        text = message.get("text")
        data = text.encode() if text is not None else message.get("bytes") or b""
        log.note("sent", text is not None, data)
        await upstream.send(text if text is not None else data)


async def _to_client(send: Send, upstream: WebSocketWire, session: _Session) -> None:
    """Until the upstream closes. A goodbye of the client's is answered with the upstream's, or its own where that only hung up."""
    while True:
        got = await upstream.message()
        if isinstance(got, Closed):
            left = session.left
            await session.keep(got.error if left is None else left.error)
            got = got if left is None or got.error is None else Closed(left.code, "")
        else:
            session.log.note("received", isinstance(got, str), got.encode() if isinstance(got, str) else got)
        try:
            await send(_for_client(got))
        except OSError:
            return  # the client left: the other direction tells
        if isinstance(got, Closed):
            return


def _for_client(got: str | bytes | Closed) -> Any:
    if isinstance(got, Closed):
        return {"type": "websocket.close", "code": got.code, "reason": got.reason}
    return {"type": "websocket.send", "text": got, "bytes": None} if isinstance(got, str) else {"type": "websocket.send", "bytes": got, "text": None}

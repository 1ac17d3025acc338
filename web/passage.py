"""The answering side of a proxied request: what uvicorn's own cycle does, without what an answer that was checked already does not need.

It writes names of headers with their capitals and the upstream's own reason phrase, and tells who asks at once when the client leaves.
The beginning of an answer waits until the end of the loop's round for what follows it, or for all of it where the proxy says that it has
that (`wiretalk.is_whole`), so that both are one system call.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from litestar.types import ASGIApp
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_NO_BODY = (204, 304)


class Passage(RequestResponseCycle):
    """One request and its answer. `scope["wiretalk.passage"]` is this, for the proxy's use of `when_left` and `abort`."""

    def __init__(
        self,
        scope: dict[str, Any],
        transport: asyncio.Transport,
        flow: FlowControl,
        loop: asyncio.AbstractEventLoop,
        *,
        wants_go_ahead: bool,
        keep_alive: bool,
        on_response: Callable[[], None],
    ) -> None:
        self.scope, self.transport, self.flow = scope, transport, flow  # type: ignore[assignment]  # the scope is what uvicorn made
        self.loop = loop  # asking which one runs is a system call, each time
        self.keep_alive, self.waiting_for_100_continue, self.on_response = keep_alive, wants_go_ahead, on_response
        self.body, self.more_body = bytearray(), True
        self.trailers: list[tuple[bytes, bytes]] = []
        self.disconnected = self.response_started = self.response_complete = False
        self._is_chunked = self._ends_with_connection = self._is_delivered = False
        self._left = 0
        self._held: bytes | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._when_left: Callable[[], None] | None = None
        scope["wiretalk.passage"] = self

    @property
    def message_event(self) -> "Passage":  # type: ignore[override]
        """Whoever rings `set` means: look again. No attribute, which would be a cycle for the garbage collector."""
        return self

    async def run_asgi(self, app: ASGIApp) -> None:  # type: ignore[override]
        """The proxy answers or cuts the connection itself; what escapes it is a bug and is logged by the event loop."""
        try:
            await app(self.scope, self.receive, self.send)  # type: ignore[arg-type]
        finally:
            if not self.response_complete and not self.disconnected:
                self.transport.close()
            self.on_response = _nothing
            self._when_left = None
            self.scope.pop("wiretalk.passage", None)  # type: ignore[typeddict-item]  # each knows the other: work for the garbage collector, if left

    def when_left(self, callback: Callable[[], None]) -> None:
        """Call this when the client leaves before its answer is complete; at once where it has left."""
        self._when_left = callback
        if self.disconnected:
            callback()

    def set(self) -> None:
        """Something arrived, or the connection is gone."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
        if self.disconnected and self._when_left is not None and not self.response_complete:
            callback, self._when_left = self._when_left, None
            callback()

    def abort(self) -> None:
        """Cut the answer short. What was said goes out first: a reader must see that an answer broke off, not that there was none."""
        self.disconnected = True
        self._release()
        self.transport.abort()

    async def receive(self) -> Any:
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.waiting_for_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
        while not self.disconnected and not self.response_complete and not self.body and (self.more_body or self._is_delivered):
            self._waiter = self.loop.create_future()
            await self._waiter
        if self.disconnected or self.response_complete:
            return {"type": "http.disconnect"}
        body, self.body = bytes(self.body), bytearray()
        self._is_delivered = not self.more_body
        return {"type": "http.request", "body": body, "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self.response_started:
            self._go_on(message["body"], message.get("wiretalk.trailers", ()), is_last=not message["more_body"])
        else:
            self._begin(message)

    def inform(self, status: int, pairs: Sequence[tuple[bytes, bytes]]) -> None:
        """Pass an informational answer on, for clients that know of such."""
        if not self.response_started and not self.disconnected and self.scope["http_version"] == "1.1":
            self.transport.write(b"".join([STATUS_LINE[status], *(b"%b: %b\r\n" % pair for pair in pairs), b"\r\n"]))

    # inner

    def _begin(self, message: dict[str, Any]) -> None:
        status: int = message["status"]
        pairs: list[tuple[bytes, bytes]] = message["headers"]
        reason: bytes | None = message.get("wiretalk.reason")
        parts = [STATUS_LINE[status] if reason is None else b"HTTP/1.1 %d %b\r\n" % (status, reason)]
        length: bytes | None = None
        for name, value in pairs:
            if len(name) == 14 and name.lower() == b"content-length":
                length = value
            parts += (name, b": ", value, b"\r\n")
        lines = len(pairs) + 1
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
            lines += 1
        is_open = length is None and status not in _NO_BODY and self.scope["method"] != "HEAD"
        self._is_chunked = is_open and self.scope["http_version"] == "1.1"
        self._ends_with_connection = is_open and not self._is_chunked
        self._left = int(length) if length is not None and self.scope["method"] != "HEAD" else 0
        if self._is_chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
            lines += 1
        head = b"".join(parts)
        if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
            raise ValueError("a header has a line of its own in it")
        self.response_started, self.waiting_for_100_continue = True, False
        self._held = head + b"\r\n"
        if not message.get("wiretalk.is_whole"):
            self.loop.call_soon(self._release)

    def _go_on(self, body: bytes, trailers: Sequence[tuple[bytes, bytes]], *, is_last: bool) -> None:
        if self.scope["method"] == "HEAD":
            body = b""
        elif self._is_chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            if is_last:
                body += b"".join([b"0\r\n", *(b"%b: %b\r\n" % pair for pair in trailers), b"\r\n"])
        elif not self._ends_with_connection:
            self._left -= len(body)
        if self._left < 0 or (is_last and self._left):
            raise ValueError("an answer is not as long as it said")
        held, self._held = self._held, None
        if held is not None or body:
            self.transport.write(body if held is None else held + body)
        if is_last:
            self.response_complete = True
            self.set()
            if not self.keep_alive:
                self.transport.close()
            self.on_response()

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None and not self.transport.is_closing():
            self.transport.write(held)


def _nothing() -> None:
    """After the end nobody is told."""

"""uvicorn's HTTP protocol with the limits it lacks: a bounded head, deadlines for head and body, exactly one good Host, no TRACE.

Without them one connection can fill the memory with headers and a slow one is held for ever. It also tells the proxy what ASGI
leaves out: the target as it was sent (`wiretalk.target`), the headers with their capitals (`wiretalk.headers`), and a way to cut an answer short (`wiretalk.abort`).
"""

import asyncio
import re
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 64 * 1024
HEAD_LINES = 1000
URL_BYTES = 16 * 1024
TRAILER_BYTES = 16 * 1024
QUIET_BYTES = 128 * 1024
HEAD_SECONDS = 20.0
BODY_SECONDS = 60.0
BODY_BYTES_PER_SECOND = 1024
_HOST = re.compile(rb"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_TICK = 5.0


class _Refused(Exception):
    """Stops the parser after an answer of our own was written."""


class _Corked:
    """A transport that sends the head of an answer together with what follows at once: one system call instead of two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, cycle: RequestResponseCycle) -> None:
        self._transport, self._loop, self._cycle = transport, loop, cycle
        self._held: bytes | None = None
        self._is_first = True
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if self._is_first:
            self._is_first = False
            self._held = data
            self._loop.call_soon(self._release)
        elif self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held + data)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._release()
        self._transport.close()

    def abort(self) -> None:
        """What was said goes out first: a reader must see that an answer broke off, not that there was none."""
        self._cycle.disconnected = True  # else the server would log each cut answer as a fault of the application
        self._release()
        self._transport.abort()

    def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None and not self._transport.is_closing():
            self._transport.write(held)


class GuardedProtocol(HttpToolsProtocol):
    """Refuses with 400, 405, 408, 414, 431 or 505 and closes; a request that passes is handled as always."""

    _is_refused = False
    _in_head = True
    _in_body = False
    _size = _trailer_size = _quiet = _received = 0
    _began = 0.0
    _timer: asyncio.TimerHandle | None = None

    parser: Any  # None once the connection is lost, which uvicorn's annotation leaves out
    cycle: Any  # None before the first request, likewise

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it off where the listening socket names no protocol
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._quiet += len(data)
        if self._in_body:
            self._received += len(data)
        elif self._timer is None:
            self._expect()
        super().data_received(data)
        if self._quiet > QUIET_BYTES and not self._is_refused and self.parser is not None:
            self._answer(b"431 Request Header Fields Too Large", b"There is more framing than content.")

    # llhttp

    def on_message_begin(self) -> None:
        self._in_head, self._in_body = True, False
        self._size = self._trailer_size = self._quiet = self._received = 0
        self._raw: list[tuple[bytes, bytes]] = []
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES:
            self._refuse(b"414 URI Too Long", b"The address is longer than 16 KB.")

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name) + len(value) + 4
        if not self._in_head:
            self._trailer_size += size
            if self._trailer_size > TRAILER_BYTES:
                self._refuse(b"431 Request Header Fields Too Large", b"The trailers are longer than 16 KB.")
            return
        self._size += size
        self._raw.append((name, value))
        if self._size > HEAD_BYTES or len(self._raw) > HEAD_LINES:
            self._refuse(b"431 Request Header Fields Too Large", b"The headers are longer than 64 KB or more than 1,000.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._check()
        self._in_head, self._in_body, self._quiet = False, True, 0
        self._began = self.loop.time()
        self.scope["wiretalk.target"] = self.url  # type: ignore[typeddict-unknown-key]
        self.scope["wiretalk.headers"] = self._raw  # type: ignore[typeddict-unknown-key]
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.transport = corked = _Corked(self.transport, self.loop, self.cycle)
            self.scope["wiretalk.abort"] = corked.abort  # type: ignore[typeddict-unknown-key]
            if self.url.startswith(b"/proxy/"):
                self.cycle.default_headers = []
        if self.parser.should_upgrade() and not self._should_upgrade() and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._quiet = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._disarm()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._disarm()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word for what its parser refuses; ours has been said already where the parser was stopped by us."""
        if not self._is_refused:
            self._answer(b"400 Bad Request", msg.encode("ascii", "replace"))

    # inner

    def _check(self) -> None:
        hosts = [value for name, value in self.headers if name == b"host"]
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._refuse(b"505 HTTP Version Not Supported", b"Use HTTP/1.1.")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            self._refuse(b"400 Bad Request", b"Send exactly one valid Host header.")
        if self.parser.get_method() in (b"TRACE", b"CONNECT"):
            self._refuse(b"405 Method Not Allowed", b"This method is not served.")
        if self.parser.should_upgrade() and any(name == b"transfer-encoding" or (name == b"content-length" and value != b"0") for name, value in self.headers):
            self._refuse(b"400 Bad Request", b"A request for an upgrade has no body.")

    def _refuse(self, status: bytes, sentence: bytes) -> None:
        self._answer(status, sentence)
        raise _Refused

    def _answer(self, status: bytes, sentence: bytes) -> None:
        """Write it, unless another answer is under way on this connection, and close."""
        self._is_refused = True
        self._disarm()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            lines = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (len(sentence), sentence)
            self.transport.write(b"HTTP/1.1 %b\r\n%b" % (status, lines))
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()

    def _expect(self) -> None:
        """A head may begin: it has to be whole by the deadline."""
        self._began = self.loop.time()
        self._timer = self.loop.call_later(_TICK, self._tick)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = self.loop.call_later(_TICK, self._tick)
        if self.flow.read_paused:
            self._began += _TICK  # it is we who are not reading
        allowed = BODY_SECONDS + self._received / BODY_BYTES_PER_SECOND if self._in_body else HEAD_SECONDS
        if self.loop.time() - self._began > allowed:
            self._answer(b"408 Request Timeout", b"The request did not arrive in time.")

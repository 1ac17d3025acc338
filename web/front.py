"""uvicorn's HTTP protocol with the limits it lacks: a bounded head, deadlines for head and body, exactly one good Host, no TRACE.

Without them one connection can fill the memory with headers and a slow one is held for ever. What is for the proxy is answered by
a `Passage` instead of uvicorn's cycle, and the scope tells what ASGI leaves out: the target as it was sent (`wiretalk.target`) and the
headers with their capitals (`wiretalk.headers`). Deadlines are looked at once a second for all connections, not by timers of their own.
"""

import asyncio
import re
import socket
from typing import Any
from weakref import WeakSet

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from web.passage import Passage

HEAD_BYTES = 64 * 1024
HEAD_LINES = 1000
URL_BYTES = 16 * 1024
TRAILER_BYTES = 16 * 1024
QUIET_BYTES = 128 * 1024
HEAD_SECONDS = 20.0
BODY_SECONDS = 60.0
BODY_BYTES_PER_SECOND = 1024
_HOST = re.compile(rb"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_ORIGIN = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_PROXY = b"/proxy/"
_WISHES = frozenset({b"upgrade", b"http2-settings"})
_TICK = 1.0


class _Refused(Exception):
    """Stops the parser after an answer of our own was written."""


class GuardedProtocol(HttpToolsProtocol):
    """Refuses with 400, 405, 408, 414, 431 or 505 and closes; a request that passes is handled as always."""

    _is_refused = False
    _in_head = True
    _in_body = False
    _size = _trailer_size = _quiet = _received = 0
    _began = _idle_since = 0.0
    _is_expecting = _is_idle = False
    _answering: Any = None
    _declined: bytes | None = None

    parser: Any  # None once the connection is lost, which uvicorn's annotation leaves out
    cycle: Any  # None before the first request, likewise

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None and connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it off where the listening socket names no protocol
        self._expect()
        _watch(self.loop, self.server_state)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_expecting = self._is_idle = False
        if isinstance(self._answering, Passage) and self._answering is not self.cycle and not self._answering.response_complete:
            self._answering.disconnected = True  # the cycle that uvicorn tells is the last one that was asked for
            self._answering.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._quiet += len(data)
        self._is_idle = False
        if self._in_body:
            self._received += len(data)
        elif not self._is_expecting:
            self._expect()
        self._feed(data)
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
            if isinstance(self.cycle, Passage):
                self.cycle.trailers.append((name, value))
            return
        self._size += size
        self._raw.append((name, value))
        if self._size > HEAD_BYTES or len(self._raw) > HEAD_LINES:
            self._refuse(b"431 Request Header Fields Too Large", b"The headers are longer than 64 KB or more than 1,000.")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.url.startswith(b"/") and (origin := _ORIGIN.match(self.url)):
            rest = self.url[origin.end() :]
            self.url = rest if rest.startswith(b"/") else b"/" + rest
        self._check()
        if self._is_upgrade and not self._should_upgrade():
            self._declined = self._without_upgrade()
            return
        self._in_head, self._in_body, self._quiet = False, True, 0
        self._began = self.loop.time()
        self.scope["wiretalk.target"] = self.url  # type: ignore[typeddict-unknown-key]
        self.scope["wiretalk.headers"] = self._raw  # type: ignore[typeddict-unknown-key]
        if self.url.startswith(_PROXY) and not (self._is_upgrade and self._should_upgrade()):
            self._pass_on()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._quiet = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._declined is not None:
            return
        self._in_body = self._is_expecting = False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._is_expecting = self._is_idle = False
        super().handle_websocket_upgrade()

    def on_response_complete(self) -> None:
        """uvicorn's, without a timer for each answer: `look` ends connections that rest."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        else:
            self._is_idle, self._idle_since = True, self.loop.time()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's word for what its parser refuses; ours has been said already where the parser was stopped by us."""
        if not self._is_refused:
            self._answer(b"400 Bad Request", msg.encode("ascii", "replace"))

    def look(self) -> None:
        """Once a second: refuse what did not arrive in time, end what rests too long."""
        now = self.loop.time()
        if self._is_idle and now - self._idle_since > self.timeout_keep_alive:
            self.transport.close()
        if not self._is_expecting:
            return
        if self.flow.read_paused:
            self._began += _TICK  # it is we who are not reading
        allowed = BODY_SECONDS + self._received / BODY_BYTES_PER_SECOND if self._in_body else HEAD_SECONDS
        if now - self._began > allowed:
            self._answer(b"408 Request Timeout", b"The request did not arrive in time.")

    # inner

    def _feed(self, data: bytes) -> None:
        """uvicorn's, but for a wish for another protocol than WebSocket, with which Java's client and others begin: such a request is read again without it."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        except httptools.HttpParserUpgrade as upgrade:
            if self._declined is None:
                self.handle_websocket_upgrade()
                return
            head, self._declined = self._declined, None
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
            self._feed(head + data[upgrade.args[0] :])

    def _without_upgrade(self) -> bytes:
        """The head as it came, without what it wishes for; llhttp would take the body for something else."""
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        return b"".join([line, *(b"%b: %b\r\n" % pair for pair in self._raw if pair[0].lower() not in _WISHES), b"\r\n"])

    def _pass_on(self) -> None:
        """As uvicorn begins a request, for the proxy: its target is not decoded, and its answer goes through a `Passage`."""
        parser, before = self.parser, self.cycle
        scope: Any = self.scope
        app: Any = self.app
        version = parser.get_http_version()
        scope["method"], scope["http_version"] = parser.get_method().decode("ascii"), version
        is_kept = version != "1.0" and parser.should_keep_alive()
        passage = Passage(
            scope,
            self.transport,
            self.flow,
            self.loop,
            wants_go_ahead=self.expect_100_continue,
            keep_alive=is_kept,
            on_response=self.on_response_complete,
        )
        self.cycle = passage
        if before is None or before.response_complete:
            self._start_asgi_task(passage, app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((passage, app))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _check(self) -> None:
        self._is_upgrade: bool = self.parser.should_upgrade()
        hosts = [value for name, value in self.headers if name == b"host"]
        if self.parser.get_http_version() not in ("1.0", "1.1"):
            self._refuse(b"505 HTTP Version Not Supported", b"Use HTTP/1.1.")
        if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            self._refuse(b"400 Bad Request", b"Send exactly one valid Host header.")
        if self.parser.get_method() in (b"TRACE", b"CONNECT"):
            self._refuse(b"405 Method Not Allowed", b"This method is not served.")
        if self._is_upgrade and self._should_upgrade() and any(_frames_body(pair) for pair in self.headers):
            self._refuse(b"400 Bad Request", b"A request for a WebSocket has no body.")

    def _refuse(self, status: bytes, sentence: bytes) -> None:
        self._answer(status, sentence)
        raise _Refused

    def _answer(self, status: bytes, sentence: bytes) -> None:
        """Write it, unless another answer is under way on this connection, and close."""
        self._is_refused, self._is_expecting = True, False
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
        self._began, self._is_expecting = self.loop.time(), True


def _frames_body(pair: tuple[bytes, bytes]) -> bool:
    return pair[0] == b"transfer-encoding" or (pair[0] == b"content-length" and pair[1] != b"0")


_watched: WeakSet[ServerState] = WeakSet()


def _watch(loop: asyncio.AbstractEventLoop, server: ServerState) -> None:
    """Look at every connection of a server once a second, while there are any."""
    if server not in _watched:
        _watched.add(server)
        loop.call_later(_TICK, _look, loop, server)


def _look(loop: asyncio.AbstractEventLoop, server: ServerState) -> None:
    _watched.discard(server)
    for connection in list(server.connections):
        if isinstance(connection, GuardedProtocol):
            connection.look()
    if server.connections:
        _watch(loop, server)

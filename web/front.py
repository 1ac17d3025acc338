"""uvicorn's HTTP protocol with the limits it lacks: 64 KB of head, a deadline for the head and for the body, exactly one good Host.

Without them one connection can fill the memory with headers, and a slow one is held for ever.
"""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
BODY_IDLE_SECONDS = 60.0
_HOST = re.compile(rb"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class GuardedProtocol(HttpToolsProtocol):
    """Refuses with 400, 408 or 431 and closes; a request that passes is handled as always."""

    _head_bytes = 0
    _in_head = True
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES + len(data) or (self._head_bytes > HEAD_BYTES and b"\r\n\r\n" not in data):
                self._refuse(b"431 Request Header Fields Too Large", b"The headers are longer than 64 KB.")
                return
        elif self._timer is not None:
            self._arm(BODY_IDLE_SECONDS)
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._arm(BODY_IDLE_SECONDS)
        hosts = [value for name, value in self.headers if name == b"host"]
        if self.parser.get_http_version() not in {"1.0", "1.1"}:
            self._refuse(b"505 HTTP Version Not Supported", b"Use HTTP/1.1.")
        elif len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
            self._refuse(b"400 Bad Request", b"Send exactly one valid Host header.")
        elif sum(len(name) + len(value) + 4 for name, value in self.headers) > HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large", b"The headers are longer than 64 KB.")
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        if self.cycle is not None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._in_head, self._head_bytes = True, 0

    def handle_websocket_upgrade(self) -> None:
        self._disarm()
        super().handle_websocket_upgrade()

    def _refuse(self, status: bytes, sentence: bytes) -> None:
        self._disarm()
        if self.transport.is_closing():
            return
        self.transport.write(
            b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b" % (status, len(sentence), sentence)
        )
        self.transport.close()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        busy: Any = self.cycle is not None and not self.cycle.response_complete
        if not busy or self.cycle.more_body:
            self._refuse(b"408 Request Timeout", b"The request did not arrive in time.")

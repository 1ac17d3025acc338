"""The upstream's end of a WebSocket, after its handshake: frames by wsproto, whole messages out, bounded both ways."""

import asyncio
from collections import deque
from typing import NamedTuple

from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from web.proxy.wire import Wire

MAX_MESSAGE = 16 * 1024 * 1024
_QUEUE = 16
_QUEUE_BYTES = 1024 * 1024
_PINGS_PER_SECOND = 200


class Closed(NamedTuple):
    """How it ended: what the client is told, and the error for the record where it was no orderly end."""

    code: int
    reason: str
    error: str | None = None


class WebSocketWire(asyncio.Protocol):
    """`message` until it gives Closed; `send` and `close` in between."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._frames = Connection(ConnectionType.CLIENT)
        self._ready: deque[str | bytes] = deque()
        self._parts: list[str | bytes] = []
        self._size = self._waiting_bytes = 0
        self._closed: Closed | None = None
        self._is_paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._pong: bytes | None = None
        self._pings, self._pings_since = 0, 0.0

    @classmethod
    def after(cls, wire: Wire) -> "WebSocketWire":
        """Take over the connection on which the handshake succeeded."""
        made = cls(wire.transport)
        tail = wire.upgraded or b""
        wire.rest()
        wire.transport.set_protocol(made)
        made.transport_is_ready(tail)
        return made

    def transport_is_ready(self, tail: bytes) -> None:
        self._transport.resume_reading()
        if tail:
            self.data_received(tail)

    async def message(self) -> str | bytes | Closed:
        """The next whole message, or how it ended."""
        while not self._ready:
            if self._closed is not None:
                return self._closed
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        found = self._ready.popleft()
        self._waiting_bytes -= len(found)
        self._flow()
        return found

    async def send(self, data: str | bytes) -> None:
        """Pass a message on; waits while the upstream takes no more."""
        self._emit(TextMessage(data=data) if isinstance(data, str) else BytesMessage(data=data))
        while self._room is not None and self._closed is None:
            await self._room

    def close(self, code: int, reason: str) -> None:
        """Say goodbye with a code that may be said, else without one."""
        if 1000 <= code <= 4999 and code not in (1004, 1005, 1006, 1015):
            self._emit(CloseConnection(code=code, reason=reason))
        else:
            self._emit(CloseConnection(code=CloseReason.NO_STATUS_RCVD))

    def abort(self) -> None:
        """Cut the connection, if the closing handshake did not end it."""
        if self._frames.state is not ConnectionState.CLOSED:
            self._transport.abort()
        else:
            self._transport.close()

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        if self._closed is not None:
            return
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                self._handle(event)
                if self._closed is not None:
                    break
        except (RemoteProtocolError, LocalProtocolError, UnicodeError) as error:
            self._end(Closed(1002, "", f"the upstream broke the WebSocket protocol: {error}"))
        if self._pong is not None and self._room is None:
            payload, self._pong = self._pong, None
            self._emit(Ping(payload=payload).response())
        self._flow()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._closed is None:
            self._end(Closed(1011, "the upstream cut the connection", "the upstream cut the WebSocket"))
        self.resume_writing()

    def pause_writing(self) -> None:
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()
        self._flow()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
        self._flow()

    # inner

    def _handle(self, event: Event) -> None:
        if isinstance(event, TextMessage | BytesMessage):
            self._gather(event.data if isinstance(event, TextMessage) else bytes(event.data), is_whole=event.message_finished)
        elif isinstance(event, Ping):
            self._pinged(bytes(event.payload))
        elif isinstance(event, CloseConnection):
            self._said_goodbye(event)

    def _pinged(self, payload: bytes) -> None:
        """Only the last of many pings has to be answered, and a flood of them ends the connection."""
        self._pong = payload
        now = asyncio.get_running_loop().time()
        if now - self._pings_since > 1:
            self._pings, self._pings_since = 0, now
        self._pings += 1
        if self._pings > _PINGS_PER_SECOND:
            self._emit(CloseConnection(code=1008, reason="too many pings"))
            self._end(Closed(1008, "the upstream sends pings without end", "the upstream sent pings without end"))

    def _gather(self, data: str | bytes, *, is_whole: bool) -> None:
        self._parts.append(data)
        self._size += len(data)
        if self._size > MAX_MESSAGE:
            self._emit(CloseConnection(code=1009, reason="too large"))
            self._end(Closed(1009, "the upstream's message is larger than 16 MB", "the upstream sent a message larger than 16 MB"))
            self._parts.clear()
        elif is_whole:
            self._ready.append(_joined(self._parts))
            self._waiting_bytes += self._size
            self._parts, self._size = [], 0
            self._wake()

    def _said_goodbye(self, event: CloseConnection) -> None:
        """A close frame of the upstream's, or wsproto's verdict on a frame that breaks the rules."""
        if self._frames.state is ConnectionState.OPEN:
            self._emit(CloseConnection(code=event.code, reason=""))
            self._end(Closed(int(event.code), "", f"the upstream broke the WebSocket protocol: {event.reason}"))
            return
        if self._frames.state is ConnectionState.REMOTE_CLOSING:
            self._emit(event.response())
        code = int(event.code)
        self._end(
            Closed(
                1000 if code == 1005 else code,
                event.reason or "",
                None if code in (1000, 1001, 1005) or code >= 3000 else f"the upstream closed the WebSocket with {code}",
            )
        )

    def _end(self, how: Closed) -> None:
        if self._closed is None:
            self._closed = how
        if not self._transport.is_closing():
            self._transport.close()
        self._wake()

    def _emit(self, event: Event) -> None:
        try:
            data = self._frames.send(event)
        except LocalProtocolError:
            return  # it is closing: what comes too late is dropped, as on any WebSocket
        if not self._transport.is_closing():
            self._transport.write(data)

    def _flow(self) -> None:
        """Read only while somebody takes the messages and the answers to pings find their way out."""
        is_full = len(self._ready) > _QUEUE or self._waiting_bytes > _QUEUE_BYTES or self._room is not None
        if is_full != self._is_paused and not self._transport.is_closing():
            self._is_paused = is_full
            (self._transport.pause_reading if is_full else self._transport.resume_reading)()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _joined(parts: list[str | bytes]) -> str | bytes:
    """The fragments of a message, which are all of one kind."""
    if len(parts) == 1:
        return parts[0]
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if texts else b"".join(part for part in parts if isinstance(part, bytes))

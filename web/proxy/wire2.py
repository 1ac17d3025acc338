"""A connection to an upstream that speaks HTTP/2 only: one exchange at a time, with the bounds and deadlines of `Wire`.

It takes no pushes, answers pings, and gives room for more of the answer only as the client takes it. Which upstreams are
spoken to in HTTP/2 is the pool's affair.
"""

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from web.proxy.asked import Pairs
from web.proxy.request import Request
from web.proxy.wire import HEAD_BYTES, Head, Informed, Wire, invalid

_WINDOW = 256 * 1024
_QUIET_BYTES = 256 * 1024
_HIGH_WATER = 256 * 1024
_GRPC = (b"te", b"trailers")


class Wire2(Wire):
    """As `Wire`; streams follow each other on one connection."""

    def __init__(self) -> None:
        super().__init__()
        config = h2.config.H2Configuration(client_side=True, header_encoding=None)
        self._connection = h2.connection.H2Connection(config)
        self._stream = 0
        self._outgoing = bytearray()
        self._trailing: Pairs | None = None
        self._is_leaving = self._is_ended = False
        self._taken = 0

    def ask(self, request: Request, body: bytes, timeout_s: float, informed: Informed, *, is_whole: bool) -> None:
        self._expect(request.method, timeout_s, informed)
        try:
            self._stream = self._connection.get_next_available_stream_id()
            self._outgoing, self._trailing = bytearray(body), [] if is_whole else None
            scheme = b"http" if self.transport.get_extra_info("ssl_object") is None else b"https"
            pairs = [(b":method", request.method.encode()), (b":scheme", scheme), (b":authority", b""), (b":path", request.target)]
            for name, value in request.pairs:
                if name.lower() == b"host":
                    pairs[2] = (b":authority", value)
                else:
                    pairs.append((name.lower(), value))
            self._is_ended = is_whole and not body
            self._connection.send_headers(self._stream, [*pairs, _GRPC] if request.is_grpc else pairs, end_stream=self._is_ended)
            self._push()
        except h2.exceptions.H2Error as error:
            self.fail(invalid(f"cannot be asked this in HTTP/2 ({error})"))

    def pass_on(self, request: Request, chunk: bytes, trailers: Pairs, *, is_last: bool) -> None:
        self._outgoing += chunk
        if is_last:
            self._trailing = trailers
        self._push()

    def take(self) -> bytes:
        data = super().take()
        if self._taken and not self.transport.is_closing():
            self._connection.acknowledge_received_data(self._taken, self._stream)
            self._taken = 0
            self._push()
        return data

    @property
    def is_clean(self) -> bool:
        return self._is_done and self._is_ended and not self._is_leaving and self._failure is None and not self.transport.is_closing()

    @property
    def is_silent(self) -> bool:
        """Whether the connection may be used again. What comes meanwhile names its stream, so it is never taken for an answer."""
        return not (self._is_leaving or self._is_eof or self.transport.is_closing())

    def rest(self) -> None:
        super().rest()
        self._quiet = 0

    # asyncio.Protocol

    def connection_made(self, transport: object) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._connection.initiate_connection()
        codes = h2.settings.SettingCodes
        self._connection.update_settings({codes.ENABLE_PUSH: 0, codes.INITIAL_WINDOW_SIZE: _WINDOW, codes.MAX_HEADER_LIST_SIZE: HEAD_BYTES})
        self._push()

    def data_received(self, data: bytes) -> None:
        self._quiet += len(data)
        self._has_answered = True
        try:
            for event in self._connection.receive_data(data):
                self._handle(event)
            self._push()
        except h2.exceptions.H2Error:
            self.fail(invalid("sent something that is not valid HTTP/2"))
        if self._quiet > _QUIET_BYTES and not self._is_done:
            self.fail(invalid("sent more framing than content"))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_eof = True
        if self._is_busy and not self._is_done and self._failure is None:
            self.was_dropped = self._head is None
            self._failure = invalid("closed the connection before its answer was whole")
        self._wake()
        self.resume_writing()
        self._unarm()

    # inner

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            self._is_leaving = True
            if event.error_code != h2.errors.ErrorCodes.NO_ERROR and not self._is_done and self._is_busy:
                self.fail(invalid(f"ended the connection ({event.error_code!r})"))
        elif getattr(event, "stream_id", None) != self._stream or not self._is_busy:
            return
        elif isinstance(event, h2.events.ResponseReceived):
            self._answered(list(event.headers))  # type: ignore[arg-type]  # bytes, as it was configured
        elif isinstance(event, h2.events.InformationalResponseReceived):
            self._told(list(event.headers))  # type: ignore[arg-type]
        elif isinstance(event, h2.events.DataReceived):
            self._taken += event.flow_controlled_length
            if event.data:
                self.on_body(event.data)
        elif isinstance(event, h2.events.TrailersReceived):
            self.trailers = list(event.headers)  # type: ignore[arg-type]
        elif isinstance(event, h2.events.StreamEnded):
            self._is_done = self._head is not None
        elif isinstance(event, h2.events.StreamReset) and not self._is_done:
            self.fail(invalid(f"gave the request up ({event.error_code!r})"))

    def _answered(self, pairs: Pairs) -> None:
        status = int(pairs[0][1])
        if not 200 <= status <= 599:
            self.fail(invalid(f"answered with the status {status}"))
            return
        self._head, self._quiet = Head(status, [pair for pair in pairs if not pair[0].startswith(b":")], None), 0

    def _told(self, pairs: Pairs) -> None:
        self._status, self._headers = int(pairs[0][1]), [pair for pair in pairs if not pair[0].startswith(b":")]
        self._inform()

    def _push(self) -> None:
        """What the upstream's windows let through of the body, then its end, then what the protocol itself has to say."""
        if self._is_busy and not self._is_ended and not self._is_done:
            while self._outgoing and (room := self._room_for_more()) > 0:
                self._connection.send_data(self._stream, bytes(self._outgoing[:room]))
                del self._outgoing[:room]
            if self._trailing is not None and not self._outgoing:
                self._end(self._trailing)
        if (data := self._connection.data_to_send()) and not self.transport.is_closing():
            self.transport.write(data)
        if len(self._outgoing) > _HIGH_WATER:
            self.pause_writing()
        elif self._room is not None:
            self.resume_writing()

    def _room_for_more(self) -> int:
        return min(self._connection.local_flow_control_window(self._stream), self._connection.max_outbound_frame_size)

    def _end(self, trailers: Pairs) -> None:
        self._is_ended = True
        if trailers:
            self._connection.send_headers(self._stream, [(name.lower(), value) for name, value in trailers], end_stream=True)
        else:
            self._connection.end_stream(self._stream)

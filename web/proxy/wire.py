"""One HTTP/1.1 connection to an upstream, read by llhttp in its strict mode.

It holds one answer at a time and enforces what a careless client would not: a bound on heads, trailers, chunk extensions and
informational answers, a deadline for the head and for every silence after it, and that nothing unasked is ever taken for an answer.
It opens nothing itself (see `web.proxy.pool`).
"""

import asyncio
import re
import select
from collections.abc import Callable
from typing import NamedTuple, cast

import httptools

from agent.errors import Problem
from web.proxy.asked import Pairs
from web.proxy.request import Request

Informed = Callable[[int, Pairs], None] | None

HEAD_BYTES = 256 * 1024
_QUIET_BYTES = 256 * 1024
_TRAILER_BYTES = 64 * 1024
_INFORMATIONAL = 100
_HIGH_WATER = 256 * 1024
_LENGTH_NAME, _CODING_NAME = len("content-length"), len("transfer-encoding")
_BAD_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Head(NamedTuple):
    """A final answer's status, its headers as they came, and its reason phrase, which HTTP/2 does not have."""

    status: int
    headers: Pairs
    reason: bytes | None


class Wire(asyncio.Protocol):
    """Use: `ask`, `pass_on`…, `head`, `body` until `is_over`, then `is_clean` says whether another exchange may follow."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport = None  # pyright: ignore[reportAttributeAccessIssue]  # set before anybody can use it
        self._loop = asyncio.get_running_loop()
        self.made_at = self._loop.time()
        self.idle_since = 0.0
        self.upgraded: bytes | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._is_busy = False
        self._informed: Informed = None
        self.speaks_http2 = False
        self._poll: select.poll | None = None
        self._is_dirty = False
        self._is_eof = False

    def ask(self, request: Request, body: bytes, timeout_s: float, informed: Informed, *, is_whole: bool) -> None:
        """Send a request with the first or, where it `is_whole`, all of its body.

        The head of the answer has to come within `timeout_s`, and no silence may be longer than that afterwards.
        `informed` gets informational answers, except those that are about the connection.
        """
        self.begin(request.method, timeout_s, informed=informed)
        self.write(request.head + body)

    def pass_on(self, request: Request, chunk: bytes, trailers: Pairs, *, is_last: bool) -> None:
        """Send more of the body."""
        if framed := request.framed(chunk, trailers, is_last=is_last):
            self.write(framed)

    def begin(self, method: str, timeout_s: float, *, upgrading: bool = False, informed: Informed = None) -> None:
        """Expect one answer to `method`; what is asked for is for the caller to write."""
        self._parser = httptools.HttpResponseParser(self)
        self._upgrading = upgrading
        self._expect(method, timeout_s, informed)

    def _expect(self, method: str, timeout_s: float, informed: Informed) -> None:
        self._is_head = method == "HEAD"
        self._headers: Pairs = []
        self.trailers: Pairs = []
        self._reason = b""
        self._status = 0
        self._head: Head | None = None
        self._chunks: list[bytes] = []
        self._buffered = self._trailer_size = self._quiet = self._informational = 0
        self._is_done = self._keeps_alive = self._is_paused = self._has_answered = self.was_dropped = False
        self._informed, self._is_busy = informed, True
        self._timeout_s, self._progress = timeout_s, self._loop.time()
        self._arm()
        if self._is_dirty or self._is_eof:
            self.fail(invalid("spoke or left before it was asked"))

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    async def drained(self) -> None:
        """Wait until the upstream takes more. Raises what ended the exchange."""
        while self._room is not None and self._failure is None:
            await self._room
        if self._failure is not None and not self._head_is_here():
            raise self._failure
        self.touch()

    async def head(self) -> Head:
        """The final answer's head. Raises Problem, or what `fail` was given."""
        while self._head is None:
            if self._failure is not None:
                raise self._failure
            await self._wait()
        return self._head

    async def body(self) -> bytes:
        """The bytes that have come since, at least one; empty only at the end of the answer. Raises as `head` does."""
        while not self._chunks:
            if self._is_done:
                return b""
            if self._failure is not None:
                raise self._failure
            await self._wait()
        return self.take()

    def take(self) -> bytes:
        """The body bytes at hand, perhaps none."""
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        self.touch()
        if self._is_paused:
            self._is_paused = False
            self.transport.resume_reading()
        return data

    @property
    def is_over(self) -> bool:
        """The whole answer came and was taken."""
        return self._is_done and not self._chunks

    @property
    def is_clean(self) -> bool:
        """Whether the connection can carry another exchange: the answer ended by its own framing and nothing came after it."""
        return self._is_done and self._keeps_alive and not self._is_dirty and not self._is_eof and self._failure is None and not self.transport.is_closing()

    def rest(self) -> None:
        """Go idle. Any byte that comes now closes the connection."""
        self._is_busy = False
        self._parser = self._informed = None
        self.idle_since = self._loop.time()

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all is waiting to be read, here or in the kernel: an unasked answer, or the end of the connection."""
        if self._is_dirty or self._is_eof or self.transport.is_closing():
            return False
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not self._poll.poll(0)

    def fail(self, reason: Exception) -> None:
        """End the exchange with `reason` and cut the connection."""
        if self._failure is None:
            self._failure = reason
        self.close()
        self._wake()

    def close(self) -> None:
        self._unarm()
        if self.transport is not None and not self.transport.is_closing():  # pyright: ignore[reportUnnecessaryComparison]
            self.transport.abort()

    def touch(self) -> None:
        """Note progress: the silence begins anew."""
        self._progress = self._loop.time()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports are none of asyncio's classes

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._is_done:
            self._is_dirty = True
            self.transport.abort()
            return
        self._quiet += len(data)
        self._has_answered = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switched(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.speaks_http2 = self._head is None and _is_settings_frame(data)
            self._unreadable(error)
        if self._quiet > _QUIET_BYTES and not self._is_done:
            self.fail(invalid("sent more framing than content"))
        self._wake()

    def eof_received(self) -> None:
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_eof = True
        if self._parser is not None and not self._is_done and self._failure is None:
            if exc is None and self._head is not None and self._ends_with_connection:
                self._is_done = True
            else:
                self.was_dropped = not self._has_answered
                self._failure = invalid("closed the connection without an answer" if self.was_dropped else "closed the connection before its answer was whole")
        self._wake()
        self.resume_writing()
        self._unarm()

    def pause_writing(self) -> None:
        if self._room is None:
            self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    # llhttp

    def on_message_begin(self) -> None:
        if self._is_done:
            self._is_dirty = True

    def on_status(self, status: bytes) -> None:
        self._reason += status
        if _BAD_VALUE.search(status):
            raise invalid("sent a reason phrase with control characters")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is None:
            self._headers.append((name, value))  # how long they are is looked at once, at their end, or by the chunk
            return
        self._trailer_size += len(name) + len(value) + 4
        if self._trailer_size > _TRAILER_BYTES:
            raise invalid("sent trailers without end")
        self.trailers.append((name, value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser is None or self._is_done:
            return
        self._status = parser.get_status_code()
        if self._quiet > HEAD_BYTES and sum(len(name) + len(value) + 4 for name, value in self._headers) > HEAD_BYTES:
            raise invalid(f"sent more than {HEAD_BYTES // 1024} KB of headers")
        if parser.get_http_version() not in ("1.0", "1.1"):
            raise invalid("does not answer in HTTP/1.1")
        if self._status < 200:
            self._inform()
            return
        if self._status > 599:
            raise invalid(f"answered with the status {self._status}")
        self._head = Head(self._status, self._headers, self._reason)
        self._quiet = 0
        self._frame(parser)

    def on_body(self, body: bytes) -> None:
        if self._is_done:
            self._is_dirty = True
            return
        self._quiet = 0
        self._chunks.append(body)
        self._buffered += len(body)
        self._progress = self._loop.time()
        if self._buffered > _HIGH_WATER and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._head is None:
            self._headers, self._reason = self._headers if self._status == 101 else [], b""
        elif not self._is_done:
            self._is_done = True
            self._keeps_alive = self._parser is not None and self._parser.should_keep_alive()

    # inner

    def _inform(self) -> None:
        self._informational += 1
        if self._status == 101 and not self._upgrading:
            raise invalid("switched protocols unasked")
        if self._informational > _INFORMATIONAL:
            raise invalid("sent informational answers without end")
        if self._informed is not None and self._status > 101:
            self._informed(self._status, self._headers)

    def _frame(self, parser: httptools.HttpResponseParser) -> None:
        """How the body ends: by length, by chunks, or with the connection. An answer to HEAD has none, whatever it says."""
        has_coding = has_length = False
        for name, value in self._headers:
            if len(name) == _LENGTH_NAME:
                has_length = has_length or name.lower() == b"content-length"
            elif len(name) == _CODING_NAME and name.lower() == b"transfer-encoding":
                has_coding = True
                if value.strip().lower() != b"chunked":
                    raise invalid("uses a transfer coding that is not known here")
        self._ends_with_connection = not has_coding and not has_length
        if self._is_head:
            self._is_done, self._keeps_alive = True, has_length and parser.should_keep_alive()

    def _switched(self, tail: bytes) -> None:
        if self._upgrading and self._status == 101:
            self._head, self.upgraded = Head(101, self._headers, self._reason), tail
            self._is_done = True
            self.transport.pause_reading()
        else:
            self.fail(invalid("switched protocols unasked"))

    def _unreadable(self, error: httptools.HttpParserError) -> None:
        if self._is_done:
            self._is_dirty = True
        elif isinstance(error.__context__, Problem):
            self.fail(error.__context__)
        else:
            self.fail(invalid("sent something that is not valid HTTP"))

    def _head_is_here(self) -> bool:
        return self._head is not None

    def _arm(self) -> None:
        """One timer serves many exchanges: it looks, when it rings, what is due by then."""
        due = self._progress + self._timeout_s
        if self._timer is None or due < self._rings_at:
            self._unarm()
            self._rings_at = due
            self._timer = self._loop.call_later(self._timeout_s, self._late)

    def _late(self) -> None:
        self._timer = None
        if not self._is_busy:
            return
        left = self._progress + self._timeout_s - self._loop.time()
        if left > 0.001:
            self._rings_at = self._loop.time() + left
            self._timer = self._loop.call_later(left, self._late)
        else:
            what = "fell silent in the middle of its answer" if self._head else "did not answer in time"
            self.fail(Problem("upstream_timeout", f"The upstream {what} ({self._timeout_s:g} s)."))

    def _unarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _is_settings_frame(data: bytes) -> bool:
    """With this an HTTP/2 server begins, whatever it was asked."""
    return data[3:4] == b"\x04" and data[4:9] == bytes(5) and len(data) >= 9


def invalid(what: str) -> Problem:
    return Problem("upstream_invalid", f"The upstream {what}.")

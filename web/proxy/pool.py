"""Connections to upstreams, kept a short while for the next exchange of the same endpoint.

An answer must never reach somebody else's request, so a connection is reused only by the endpoint it was made for, after an
exchange that ended by its own framing, and with nothing readable on it at the moment of reuse. A request that must not be sent
twice takes only a connection that rested for less than a second, because an upstream may close an idle one at any time.
"""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import Hashable

from agent.egress import SYSTEM, Network, Target, connect
from agent.errors import Problem
from web.proxy.wire import Wire
from web.proxy.wire2 import Wire2

_IDLE_SECONDS = 10.0
_FRESH_SECONDS = 1.0
_LIFETIME_SECONDS = 60.0
_CONNECT_SECONDS = 10.0
_PER_KEY = 64
_MOST_REMEMBERED = 10_000
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_of_loop: tuple[asyncio.AbstractEventLoop, "Pool"] | None = None


def pool(loop: asyncio.AbstractEventLoop | None = None) -> "Pool":
    """The pool of this event loop; a process has one loop, a test run many, one after the other. Whoever knows the loop saves asking for it."""
    global _of_loop
    loop = loop or asyncio.get_running_loop()
    if _of_loop is None or _of_loop[0] is not loop:
        _of_loop = (loop, Pool())
    return _of_loop[1]


class Pool:
    """The idle connections of one event loop."""

    def __init__(self, network: Network = SYSTEM) -> None:
        self._network, self._loop = network, asyncio.get_running_loop()
        self._idle: defaultdict[Hashable, list[Wire]] = defaultdict(list)
        self._sweep: asyncio.TimerHandle | None = None
        self._http2: set[tuple[bool, str, int]] = set()

    def reuse(self, key: Hashable, method: str) -> Wire | None:
        """An idle connection that is proven clean, the one used last."""
        now = self._loop.time()
        oldest = now - (_IDLE_SECONDS if method in IDEMPOTENT else _FRESH_SECONDS)
        waiting = self._idle.get(key)
        while waiting:
            wire = waiting.pop()
            if wire.idle_since >= oldest and now - wire.made_at < _LIFETIME_SECONDS and wire.is_silent:
                return wire
            wire.close()
        return None

    async def open(self, target: Target, *, http2: bool = False) -> Wire:
        """A new connection, over HTTP/2 where that is wanted or all that the upstream speaks. Raises egress_refused, upstream_unreachable."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                if http2 or target.origin in self._http2:
                    return await connect(target, Wire2, self._network, alpn="h2")
                try:
                    return await connect(target, Wire, self._network)
                except Problem as problem:
                    if not _wants_http2(problem):
                        raise
                made = await connect(target, Wire2, self._network, alpn="h2")
                self.remember_http2(target)
                return made
        except TimeoutError as error:
            raise Problem("upstream_unreachable", f"`{target.authority}` does not accept a connection within {_CONNECT_SECONDS:g} s.") from error

    def remember_http2(self, target: Target) -> None:
        """This upstream speaks nothing else."""
        if len(self._http2) > _MOST_REMEMBERED:
            self._http2.clear()
        self._http2.add(target.origin)

    def give_back(self, key: Hashable, wire: Wire) -> None:
        """Keep the connection where it can be used again, else close it."""
        if not wire.is_clean or len(self._idle[key]) >= _PER_KEY:
            wire.close()
            return
        wire.rest()
        self._idle[key].append(wire)
        if self._sweep is None:
            self._sweep = self._loop.call_later(_IDLE_SECONDS, self._tidy)

    def close(self) -> None:
        """Close every idle connection."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for wire in [wire for wires in self._idle.values() for wire in wires]:
            wire.close()
        self._idle.clear()

    def _tidy(self) -> None:
        oldest = self._loop.time() - _IDLE_SECONDS
        for key in list(self._idle):
            for wire in self._idle[key]:
                if wire.idle_since < oldest:
                    wire.close()
            self._idle[key] = [wire for wire in self._idle[key] if wire.idle_since >= oldest and not wire.transport.is_closing()]
            if not self._idle[key]:
                del self._idle[key]
        self._sweep = self._loop.call_later(_IDLE_SECONDS, self._tidy) if self._idle else None


def _wants_http2(problem: Problem) -> bool:
    """Whether the upstream broke the TLS handshake off because HTTP/1.1 was all that was offered."""
    return isinstance(problem.__cause__, ssl.SSLError) and "no application protocol" in str(problem.__cause__).lower().replace("_", " ")

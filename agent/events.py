"""The bell: says across processes that something changed, by kind and id only. The tables are the log.

A ring may be lost while the database restarts, so every reader also looks again after a while; a lost ring costs latency, never data.
"""

import asyncio
import contextlib
import os
import socket
from collections import defaultdict
from collections.abc import Generator, Iterable
from uuid import UUID

import asyncpg
import structlog

from db import engine

log = structlog.get_logger()
_CHANNEL = "wiretalk"
WORKER = f"{socket.gethostname()}:{os.getpid()}"[-63:]
"""This process, as its LISTEN connection is called: while the database has that, the process lives, however busy it is."""


async def ring(kind: str, id: UUID | str) -> None:
    """Tell every process that `kind:id` changed. Inside a transaction it is heard at the commit."""
    async with engine.connection() as connection:
        await connection.execute("SELECT pg_notify($1, $2)", _CHANNEL, f"{kind}:{id}")


class Hub:
    """One LISTEN connection for this process, and the readers who wait for some topics."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._closing = asyncio.Event()
        self._is_away = False

    @contextlib.contextmanager
    def waiting(self, topics: Iterable[str]) -> Generator[asyncio.Event, None, None]:
        """An event that is set at every ring of one of the `kind:id` topics. Subscribe before the first read."""
        bell, names = asyncio.Event(), tuple(topics)
        for name in names:
            self._waiting[name].add(bell)
        try:
            yield bell
        finally:
            for name in names:
                self._waiting[name].discard(bell)
                if not self._waiting[name]:
                    del self._waiting[name]

    async def listen(self) -> None:
        """Hear rings until `close`, connecting anew when the database goes away, which is said once."""
        while not self._closing.is_set():
            try:
                await self._listen_once()
                self._is_away = False
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not self._is_away:
                    log.warning("bell.lost", reason=type(error).__name__)
                self._is_away = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), 0.5)

    def close(self) -> None:
        """End `listen` and wake everybody, so that streams can end."""
        self._closing.set()
        self._wake_all()

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()

    async def _listen_once(self) -> None:
        connection = await engine.connect(name=WORKER)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(_CHANNEL, self._heard)
            self._wake_all()
            waits = [asyncio.ensure_future(lost.wait()), asyncio.ensure_future(self._closing.wait())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        finally:
            connection.terminate()

    def _heard(self, connection: object, pid: int, channel: str, topic: object) -> None:
        for bell in self._waiting.get(str(topic), ()):
            bell.set()

    def _wake_all(self) -> None:
        for bells in self._waiting.values():
            for bell in bells:
                bell.set()

"""The spool of this process and the task that drains it."""

import asyncio
import contextlib
import os
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agent import tasks
from agent.config import settings
from agent.crypto import Unsealable
from agent.recorder import dictionaries, rules
from agent.recorder.heard import Heard
from agent.recorder.rows import Row, row_of
from agent.recorder.rules import Rules
from agent.recorder.spool import SUFFIX, Spool
from agent.recorder.store import store
from db import engine
from db.ids import uuid7

log = structlog.get_logger()
FLUSH_SECONDS = 0.05
BATCH_BYTES = 4 * 1024 * 1024
SEGMENT_BYTES = 16 * 1024 * 1024
SLOW_ABOVE = 256 * 1024 * 1024
"""Bytes that wait for the database before captures are slowed, more and more, up to a second each; the disk is the only hard limit."""
_SLOWEST = 1.0
_RETRY_SECONDS = 0.5
_ADOPT_EVERY = 30.0
_DRAIN_SECONDS = 8.0
_OF_A_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError, TypeError, OverflowError)


class _Kept(msgspec.Struct, frozen=True):
    """What is in the spool: the exchange under the id that it will have."""

    id: UUID
    heard: Heard


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Kept)


class Recorder:
    """`record` from any task of the event loop; one drainer per process."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or settings().data / "spool"
        self._current: Spool | None = None
        self._full: list[Spool] = []
        self._wake, self._closing = asyncio.Event(), asyncio.Event()
        self._drainer: asyncio.Task[None] | None = None
        self._is_away = False

    async def start(self) -> None:
        """Take over what dead processes left, then begin to drain."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._adopt()
        self._drainer = tasks.spawn(self._drain(), "recorder")

    async def record(self, heard: Heard) -> UUID:
        """Acknowledge one exchange and give its id. Slows down while the database is far behind.

        Where even the disk takes nothing more, the call is copied into the database at once; if that fails too, it is lost and logged.
        """
        kept = _Kept(uuid7(), heard)
        try:
            self._append(_ENCODER.encode(kept))
        except OSError as error:
            await self._without_disk(kept, error)
        self._wake.set()
        if (behind := self.backlog - SLOW_ABOVE) > 0:
            await asyncio.sleep(min(_SLOWEST, behind / SLOW_ABOVE))
        return kept.id

    async def drain(self) -> None:
        """At shutdown: copy everything; what the database does not take now stays on disk for the next start."""
        self._closing.set()
        self._wake.set()
        if self._drainer is not None:
            _, late = await asyncio.wait([self._drainer], timeout=_DRAIN_SECONDS)
            for task in late:
                task.cancel()
        for spool in self._spools():
            spool.close(discard=False)
        self._current, self._full = None, []

    @property
    def backlog(self) -> int:
        """Bytes in the spool that are not in the database yet."""
        return sum(spool.waiting for spool in self._full) + (self._current.waiting if self._current else 0)

    def _spools(self) -> list[Spool]:
        return [*self._full, *([self._current] if self._current else [])]

    def _append(self, payload: bytes) -> None:
        if self._current is None:
            self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._current = Spool.create(self._directory / f"{uuid7()}-{os.getpid()}{SUFFIX}")
        self._current.append(payload)
        if self._current.size > SEGMENT_BYTES:
            self._full.append(self._current)
            self._current = None

    async def _without_disk(self, kept: _Kept, reason: OSError) -> None:
        try:
            await store([row_of(kept.heard, kept.id)])
        except Exception as error:
            log.error("capture.lost", call=str(kept.id), disk=str(reason), database=type(error).__name__)

    async def _drain(self) -> None:
        """Until `drain` is called and nothing waits, or the database is away by then."""
        adopt_at = asyncio.get_running_loop().time() + _ADOPT_EVERY
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _ADOPT_EVERY)
            if not self._closing.is_set():
                await asyncio.sleep(FLUSH_SECONDS)
            self._wake.clear()
            while await self._step():
                pass
            if self._closing.is_set():
                return
            if self._is_away:
                self._wake.set()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _RETRY_SECONDS)
            if asyncio.get_running_loop().time() > adopt_at:
                self._adopt()
                adopt_at += _ADOPT_EVERY

    async def _step(self) -> bool:
        """Copy one batch of the oldest file. False when there is none, or the database is away."""
        spool = self._full[0] if self._full else self._current
        if spool is None:
            return False
        frames = spool.peek(BATCH_BYTES)
        if frames.payloads and not await self._copied(frames.payloads):
            return False
        spool.at = frames.end
        return self._finish(spool) if not spool.waiting or not frames.payloads else True

    def _finish(self, spool: Spool) -> bool:
        """Empty a file that was read to its end, or discard it when it is no longer written to. Whether more may wait."""
        if spool is self._current:
            if not spool.waiting and spool.size > spool.start:
                spool.empty()
            return False
        if spool.waiting:
            log.warning("capture.unreadable_spool", file=spool.path.name, bytes=spool.waiting)
        self._full.remove(spool)
        spool.close(discard=True)
        return True

    async def _copied(self, payloads: list[bytes]) -> bool:
        batch = await asyncio.to_thread(_decoded, payloads)
        rows: list[Row] = []
        try:
            known = await rules.load(kept.heard.endpoint_id for kept in batch)
            await dictionaries.prepare(known)
            rows = await asyncio.to_thread(_rows, batch, known)
            await store(rows)
        except Exception as error:
            is_stored = await self._one_by_one(rows) if rows and isinstance(error, _OF_A_ROW) else self._note_away(error)
        else:
            is_stored = True
            await self._learn(batch)
        self._is_away = not is_stored
        return is_stored

    async def _learn(self, batch: "list[_Kept]") -> None:
        """Let the compressor learn from an endpoint's first calls. Saves space only, so nothing may fail for it."""
        try:
            for endpoint_id in dictionaries.sample([kept.heard for kept in batch]):
                await dictionaries.learn(endpoint_id, await asyncio.to_thread(dictionaries.train, endpoint_id))
        except Exception as error:
            log.warning("capture.learnt_nothing", reason=type(error).__name__)

    async def _one_by_one(self, rows: list[Row]) -> bool:
        """A row that the database refuses for itself must not hold up the others."""
        for row in rows:
            try:
                await store([row])
            except Exception as error:
                if not isinstance(error, _OF_A_ROW):
                    return self._note_away(error)
                log.exception("capture.refused_by_database", call=str(row.id))
        return True

    def _note_away(self, error: Exception) -> bool:
        """Said once; what is no outage is told with its traceback, and nothing is given up for it either."""
        if not self._is_away:
            told = None if engine.is_unavailable(error) else error
            log.warning("capture.waiting", reason=type(error).__name__, bytes=self.backlog, exc_info=told)
        return False

    def _adopt(self) -> None:
        mine = {spool.path for spool in self._spools()}
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            if path in mine:
                continue
            try:
                spool = Spool.adopt(path)
            except Unsealable:
                log.warning("capture.unreadable_spool", file=path.name, reason="sealed under a key that is gone")
                path.rename(path.with_suffix(".unreadable"))
                continue
            if spool is not None:
                log.info("capture.adopted", file=path.name, bytes=spool.size - spool.start)
                self._full.append(spool)
                self._wake.set()


def _decoded(payloads: list[bytes]) -> list[_Kept]:
    found: list[_Kept] = []
    for payload in payloads:
        try:
            found.append(_DECODER.decode(payload))
        except msgspec.MsgspecError:
            log.exception("capture.unreadable", bytes=len(payload))  # a spool of another version; the others go on
    return found


def _rows(batch: list[_Kept], known: dict[UUID, Rules]) -> list[Row]:
    """Without those whose path their endpoint does not want."""
    rows = [_row(kept, known[kept.heard.endpoint_id]) for kept in batch]
    return [row for row in rows if row is not None]


def _row(kept: _Kept, found: Rules) -> Row | None:
    """None for what is not wanted, and for what cannot become a row, which is a bug: the others go on."""
    try:
        return row_of(kept.heard, kept.id, found) if kept.heard.source != "proxy" or rules.is_wanted(kept.heard, found.paths) else None
    except Exception:
        log.exception("capture.unreadable", call=str(kept.id))
        return None

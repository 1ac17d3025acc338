"""The spool of this process and the task that drains it."""

import asyncio
import contextlib
import os
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from agent import tasks
from agent.config import settings
from agent.crypto import Unsealable
from agent.recorder.at_once import store_heard
from agent.recorder.copying import ENCODER, Kept, Outcome, copy
from agent.recorder.heard import Heard
from agent.recorder.helper import Helper, HelperGone
from agent.recorder.spool import SUFFIX, Spool
from db.ids import uuid7

log = structlog.get_logger()
FLUSH_SECONDS = 0.05
BUSY_FLUSH_SECONDS = 0.1
"""While the helper copies: half as many transactions are half of what they cost."""
BATCH_BYTES = 4 * 1024 * 1024
SEGMENT_BYTES = 16 * 1024 * 1024
SLOW_ABOVE = 256 * 1024 * 1024
"""Bytes that wait for the database before captures are slowed, more and more, up to a second each; the disk is the only hard limit."""
_SLOWEST = 1.0
_RETRY_SECONDS = 0.5
_ADOPT_EVERY = 30.0
_DRAIN_SECONDS = 8.0
HELP_ABOVE = 256 * 1024
"""Bytes that wait before the helper copies: about a hundred calls of a few kilobytes."""
HELP_FLOW = 128 * 1024
"""Bytes of late, each flush counting for less as it ages: from some hundred calls a second on the helper copies all, so that no answer waits for a row."""
_AGES = 0.9


class Recorder:
    """`record` from any task of the event loop; one drainer per process."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or settings().data / "spool"
        self._current: Spool | None = None
        self._full: list[Spool] = []
        self._wake, self._closing = asyncio.Event(), asyncio.Event()
        self._drainer: asyncio.Task[None] | None = None
        self._helper = Helper()
        self._is_away = False
        self._flow = 0.0

    async def start(self) -> None:
        """Take over what dead processes left, then begin to drain."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._adopt()
        self._drainer = tasks.spawn(self._drain(), "recorder")

    async def record(self, heard: Heard) -> UUID:
        """Acknowledge one exchange and give its id. Slows down while the database is far behind.

        Where even the disk takes nothing more, the call is copied into the database at once; if that fails too, it is lost and logged.
        """
        kept = Kept(uuid7(), heard)
        try:
            self._append(ENCODER.encode(kept))
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
        await self._helper.stop()
        for spool in self._spools():
            spool.close(discard=not spool.waiting)
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

    async def _without_disk(self, kept: Kept, reason: OSError) -> None:
        try:
            await store_heard([kept.heard], [kept.id])
        except Exception as error:
            log.error("capture.lost", call=str(kept.id), disk=str(reason), database=type(error).__name__)

    async def _drain(self) -> None:
        """Until `drain` is called and nothing waits, or the database is away by then."""
        adopt_at = asyncio.get_running_loop().time() + _ADOPT_EVERY
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _ADOPT_EVERY)
            if not self._closing.is_set():
                await asyncio.sleep(BUSY_FLUSH_SECONDS if self._flow > HELP_FLOW else FLUSH_SECONDS)
            self._wake.clear()
            self._flow = self._flow * _AGES + self.backlog
            if self._flow > HELP_FLOW and not self._closing.is_set():
                self._helper.prepare()
            while await self._step() and (self._closing.is_set() or self.backlog > HELP_ABOVE):
                pass  # what came meanwhile is the next batch: a transaction for each call would take the processor from the answers
            if self._closing.is_set():
                return
            if self.backlog:
                self._wake.set()
            if self._is_away:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), _RETRY_SECONDS)
            if asyncio.get_running_loop().time() > adopt_at:
                self._adopt()
                await self._helper.rest()
                adopt_at += _ADOPT_EVERY

    async def _step(self) -> bool:
        """Copy one batch of the oldest file. False when there is none, or the database is away."""
        spool = self._full[0] if self._full else self._current
        if spool is None:
            return False
        outcome = await self._copied(spool)
        self._note(outcome)
        if not outcome.is_stored:
            return False
        is_stuck, spool.at = outcome.end == spool.at, outcome.end
        return self._finish(spool) if not spool.waiting or is_stuck else True

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

    async def _copied(self, spool: Spool) -> Outcome:
        """A large batch goes to the helper, and any while much comes and it is there; without one it is copied here."""
        if spool.waiting > HELP_ABOVE or (self._flow > HELP_FLOW and self._helper.is_ready):
            try:
                return await self._helper.copy(spool.path, spool.at, spool.size, BATCH_BYTES)
            except HelperGone as error:
                log.warning("capture.helper_gone", reason=str(error))
        frames = spool.peek(BATCH_BYTES)
        return msgspec.structs.replace(await copy(frames.payloads), end=frames.end) if frames.payloads else Outcome(True, end=frames.end)

    def _note(self, outcome: Outcome) -> None:
        """Said once; what is no outage is told with its traceback, and nothing is given up for it either."""
        if not outcome.is_stored and not self._is_away:
            log.warning("capture.waiting", reason=outcome.reason, bytes=self.backlog, **({"exception": outcome.traceback} if outcome.traceback else {}))
        self._is_away = not outcome.is_stored

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

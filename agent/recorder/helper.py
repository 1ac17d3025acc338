"""A process that copies large batches, so that packing them takes nothing from the answers that this one is giving.

It reads the spool itself, at a lower priority than the proxy: under a load that fills the machine, answers come first and the spool
grows for a while. It is started when there is much to copy, ends when there was nothing for a while, and when its parent
is gone. What it was copying when it died is copied again by somebody else; rows that are there already are passed over.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from agent import logs, tasks
from agent.recorder.copying import Outcome, copy
from agent.recorder.spool import Spool
from db import engine

log = structlog.get_logger()
_ROOT = Path(__file__).resolve().parents[2]
_IDLE_SECONDS = 60.0
_NICE = 5


class HelperGone(Exception):
    """The process could not be started, or died over its work."""


class _Wish(msgspec.Struct, frozen=True):
    """Copy from `at` to `size` of a file, about `most` bytes."""

    path: str
    at: int
    size: int
    most: int


class _Child(NamedTuple):
    process: Process
    wishes: asyncio.StreamWriter
    outcomes: asyncio.StreamReader


class Helper:
    """The parent's side: at most one process, one wish at a time."""

    def __init__(self) -> None:
        self._child: _Child | None = None
        self._starting: asyncio.Task[None] | None = None
        self._used_at = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it can copy at once."""
        return self._child is not None

    def prepare(self) -> None:
        """Start the process where it is not there, without waiting for it."""
        self._used_at = asyncio.get_running_loop().time()
        if self._child is None and self._starting is None:
            self._starting = tasks.spawn(self._start(), "recorder.helper")

    async def copy(self, path: Path, at: int, size: int, most: int) -> Outcome:
        """Raises HelperGone."""
        self.prepare()
        if self._starting is not None:
            await asyncio.wait([self._starting])
        if self._child is None:
            raise HelperGone("it does not start")
        try:
            self._child.wishes.write(_framed(msgspec.msgpack.encode(_Wish(str(path), at, size, most))))
            await self._child.wishes.drain()
            return await _told(self._child)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            await self.stop()
            raise HelperGone(type(error).__name__) from error

    async def _start(self) -> None:
        """With its first word it says that it is there."""
        child: _Child | None = None
        try:
            child = await _spawned()
            await _told(child)
            self._child = child
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            log.warning("capture.helper_not_started", reason=type(error).__name__)
        finally:
            self._starting = None
            if child is not None and self._child is None and child.process.returncode is None:
                child.process.kill()

    async def rest(self) -> None:
        """End the process when it had nothing to do for a minute."""
        if self._child and asyncio.get_running_loop().time() - self._used_at > _IDLE_SECONDS:
            await self.stop()

    async def stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        child, self._child = self._child, None
        if child is None:
            return
        if child.process.returncode is None:
            child.process.kill()  # in the middle of a transaction nothing of it stays
        await child.process.wait()


def main() -> None:
    """What the process runs. Its output is the pipe to its parent, so its log goes elsewhere."""
    logs.set_up("info", sys.stderr)
    asyncio.run(_serve())


async def _told(child: _Child) -> Outcome:
    length = int.from_bytes(await child.outcomes.readexactly(4), "big")
    return msgspec.msgpack.decode(await child.outcomes.readexactly(length), type=Outcome)


async def _spawned() -> _Child:
    """In its parent's session, where kernels that share the processor between sessions heed its priority. Raises OSError."""
    command = (sys.executable, "-c", "from agent.recorder.helper import main; main()")  # `-m` would warn of a module that is there already
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=_ROOT)
    if process.stdin is None or process.stdout is None:
        raise OSError("the helper has no pipes")
    return _Child(process, process.stdin, process.stdout)


async def _serve() -> None:
    """The process's side: until its parent closes the pipe. A signal from the terminal reaches the parent alone."""
    os.setpgrp()
    os.nice(_NICE)
    spool: Spool | None = None
    async with engine.pool(min_size=0, max_size=1):
        _tell(Outcome(True))
        while (head := await asyncio.to_thread(sys.stdin.buffer.read, 4)) and len(head) == 4:
            wish = msgspec.msgpack.decode(await asyncio.to_thread(sys.stdin.buffer.read, int.from_bytes(head, "big")), type=_Wish)
            if spool is None or str(spool.path) != wish.path:
                if spool:
                    spool.close(discard=False)
                spool = Spool.reading(Path(wish.path))
            spool.at, spool.size = wish.at, wish.size
            frames = spool.peek(wish.most)
            outcome = await copy(frames.payloads) if frames.payloads else Outcome(True)
            _tell(msgspec.structs.replace(outcome, end=frames.end))


def _tell(outcome: Outcome) -> None:
    sys.stdout.buffer.write(_framed(msgspec.msgpack.encode(outcome)))
    sys.stdout.buffer.flush()


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data

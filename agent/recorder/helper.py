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

from agent.recorder.copying import Outcome, copy
from agent.recorder.spool import Spool
from db import engine

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
        self._used_at = 0.0
        self._greeting: asyncio.Task[None] | None = None
        self.is_ready = False

    def prepare(self) -> None:
        """Start the process, where it is not there, without waiting for it: `is_ready` says when it can copy at once."""
        if self._child is None and self._greeting is None:
            self._greeting = tasks.spawn(self._greet(), "recorder.helper")

    async def copy(self, path: Path, at: int, size: int, most: int) -> Outcome:
        """Raises HelperGone."""
        self._used_at = asyncio.get_running_loop().time()
        try:
            child = self._child = self._child or await _start()
            child.wishes.write(_framed(msgspec.msgpack.encode(_Wish(str(path), at, size, most))))
            await child.wishes.drain()
            length = int.from_bytes(await child.outcomes.readexactly(4), "big")
            return msgspec.msgpack.decode(await child.outcomes.readexactly(length), type=Outcome)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            await self.stop()
            raise HelperGone(type(error).__name__) from error

    async def rest(self) -> None:
        """End the process when it had nothing to do for a minute."""
        if self._child and asyncio.get_running_loop().time() - self._used_at > _IDLE_SECONDS:
            await self.stop()

    async def stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.process.returncode is None:
            child.process.kill()  # in the middle of a transaction nothing of it stays
        await child.process.wait()


def main() -> None:
    """What the process runs."""
    asyncio.run(_serve())


async def _start() -> _Child:
    """Its own session, so that a signal from the terminal reaches the parent alone. Raises OSError."""
    command = (sys.executable, "-c", "from agent.recorder.helper import main; main()")  # `-m` would warn of a module that is there already
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=_ROOT, start_new_session=True)
    if process.stdin is None or process.stdout is None:
        raise OSError("the helper has no pipes")
    return _Child(process, process.stdin, process.stdout)


async def _serve() -> None:
    """The process's side: until its parent closes the pipe."""
    os.nice(_NICE)
    spool: Spool | None = None
    async with engine.pool(min_size=0, max_size=1):
        while (head := await asyncio.to_thread(sys.stdin.buffer.read, 4)) and len(head) == 4:
            wish = msgspec.msgpack.decode(await asyncio.to_thread(sys.stdin.buffer.read, int.from_bytes(head, "big")), type=_Wish)
            if spool is None or str(spool.path) != wish.path:
                if spool:
                    spool.close(discard=False)
                spool = Spool.reading(Path(wish.path))
            spool.at, spool.size = wish.at, wish.size
            frames = spool.peek(wish.most)
            outcome = await copy(frames.payloads) if frames.payloads else Outcome(True)
            sys.stdout.buffer.write(_framed(msgspec.msgpack.encode(msgspec.structs.replace(outcome, end=frames.end))))
            sys.stdout.buffer.flush()


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data

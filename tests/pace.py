"""Time as the event loop has had it: counted in ticks that pass only while the process runs, so that a machine that does other things makes nothing late."""

import asyncio
from collections.abc import Awaitable
from typing import Generic, NamedTuple, TypeVar

_TICK = 0.01
_T = TypeVar("_T")


class Timed(NamedTuple, Generic[_T]):
    """What came of it, and how many seconds the loop has had meanwhile: at most those of the clock."""

    result: _T
    seconds: float


async def timed(work: Awaitable[_T]) -> Timed[_T]:
    """Wait for this and count."""
    ticks = 0

    async def count() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(_TICK)
            ticks += 1

    counting = asyncio.ensure_future(count())
    try:
        return Timed(await work, ticks * _TICK)
    finally:
        counting.cancel()

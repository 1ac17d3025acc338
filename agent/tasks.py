"""The one home of background tasks: each is kept alive, named, logged when it fails, and free of its parent's transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVar

import structlog

from db.engine import is_unavailable

T = TypeVar("T")
log = structlog.get_logger()
_AWAY_SECONDS = 0.5
_alive: set[asyncio.Task[Any]] = set()


def spawn(work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
    """Start `work` outside the caller's context: a task that inherits an open database transaction breaks it."""
    task = asyncio.create_task(work, name=name, context=Context())
    _alive.add(task)
    task.add_done_callback(_ended)
    return task


async def to_the_end(work: Coroutine[Any, Any, T], name: str) -> T:
    """Wait for work that goes on also where its caller is cancelled."""
    return await asyncio.shield(spawn(work, name))


async def patiently(work: Callable[[], Awaitable[object]]) -> None:
    """Do it again until the database is there for it: what was said, done or paid for is not given up because it is away."""
    while True:
        try:
            await work()
            return
        except Exception as error:
            if not is_unavailable(error):
                raise
        await asyncio.sleep(_AWAY_SECONDS)


def _ended(task: asyncio.Task[Any]) -> None:
    _alive.discard(task)
    if not task.cancelled() and (error := task.exception()):
        log.error("task.failed", task=task.get_name(), exc_info=error)

"""What every command needs that works on the database: the embedded one of a running server, or that of `DATABASE_URL`."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from agent.config import settings
from db import embedded, engine
from db.migrate import migrate

T = TypeVar("T")


def in_database(work: Coroutine[Any, Any, T]) -> T:
    """Run one command. Raises what it raises, and where there is no database."""

    async def run() -> T:
        await migrate(engine.url())
        async with engine.pool(max_size=2):
            return await work

    try:
        with embedded.database_url(settings().data / "pg"):
            return asyncio.run(run())
    finally:
        work.close()  # it may not have begun

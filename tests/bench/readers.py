"""Five hundred readers on fifty running chats, two workers, one of them killed in the middle: events missed or heard twice.

python -m tests.bench.readers [--chats 50] [--readers 10]
"""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from agent import config
from agent.accounts import tokens, users
from db import engine
from db.migrate import migrate
from tests import crowd
from tests.bench.house import Figure, fresh, shown


def figures(chats: int = 50, readers: int = 10) -> Iterator[Figure]:
    """Each figure with its unit."""
    with fresh() as folder:
        yield from asyncio.run(_measured(folder, chats, readers))


async def _measured(folder: Path, chats: int, readers: int) -> list[Figure]:
    await migrate()
    config.settings.cache_clear()
    async with engine.pool():
        profile = await users.sign_up("bench@example.com", "correct horse", role="ADMIN")
        token = (await tokens.create(users.actor_of(profile.id, "ADMIN", profile.email, "api"), "bench")).token
    began = time.perf_counter()
    found = await crowd.gather(token, crowd.script(folder, 100, 0.3), runs=chats, readers=readers, kill_after=12.0)
    return [
        ("readers.wrong", len(found.wrong), f"of {found.readers} readers missed or repeated an event"),
        ("readers.events", found.events, "events heard"),
        ("readers.reconnects", found.reconnects, "connections made again"),
        ("readers.interrupted", found.interrupted, f"of {found.runs} runs ended with their worker"),
        ("readers.seconds", time.perf_counter() - began, "s"),
    ]


if __name__ == "__main__":
    shown(figures, chats=50, readers=10)

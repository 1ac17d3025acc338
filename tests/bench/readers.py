"""Five hundred readers on fifty running chats, two workers, one of them killed in the middle: events missed or heard twice.

python -m tests.bench.readers [--chats 50] [--readers 10]
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from agent import config
from agent.accounts import tokens, users
from db import embedded, engine
from db.migrate import migrate
from tests import crowd

Figure = tuple[str, float, str]


def figures(chats: int = 50, readers: int = 10) -> Iterator[Figure]:
    """Each figure with its unit."""
    before = os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:  # sockets need a short path
        Path(folder).chmod(0o755)
        os.environ["WIRETALK_DATA_DIR"] = f"{folder}/data"
        with embedded.database_url(Path(folder) / "pg"):
            yield from asyncio.run(_measured(Path(folder), chats, readers))
    if before:
        os.environ["DATABASE_URL"] = before


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--readers", type=int, default=10)
    asked = parser.parse_args()
    for name, value, unit in figures(asked.chats, asked.readers):
        print(json.dumps({"figure": name, "value": round(value, 3), "unit": unit}), flush=True)


if __name__ == "__main__":
    main()

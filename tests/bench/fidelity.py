"""Byte for byte: thousands of random exchanges, sent directly and through the proxy. Prints how many were equal, for both sides and in the table.

    python -m tests.bench.fidelity [--exchanges 5000]

The exchanges are those of `tests/web/proxy/test_fidelity.py`, which says what may differ; the captures go to a PostgreSQL and are read back.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from agent import crypto
from agent.config import settings
from agent.recorder import Recorder, meet
from db import embedded, engine
from db.migrate import migrate
from tests.bench.lines import said
from tests.web.proxy import conftest
from tests.web.proxy.test_fidelity import check_stored, compare

Figure = tuple[str, float, str]


def figures(exchanges: int = 1000) -> Iterator[Figure]:
    """Raises AssertionError with the smallest exchange that differs."""
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:  # sockets need a short path
        Path(folder).chmod(0o755)
        with patch.dict(os.environ, {"WIRETALK_DATA_DIR": folder}), embedded.database_url(Path(folder) / "pg") as url:
            settings.cache_clear()
            crypto.forget()
            yield from asyncio.run(_compared(url, exchanges))
    settings.cache_clear()
    crypto.forget()


async def _compared(url: str, exchanges: int) -> list[Figure]:
    await migrate(url)
    upstream, recorder = conftest.Upstream(), Recorder()
    async with engine.pool() as database, await asyncio.start_server(upstream.serve, "127.0.0.1", 0, limit=64 * 1024 * 1024) as listening:
        upstream.port = listening.sockets[0].getsockname()[1]
        owner, endpoint = await conftest._rows(database, upstream.url)
        await recorder.start()
        began = time.monotonic()
        async with conftest._proxy(upstream, recorder, database, owner, endpoint) as proxy:
            bodies = await compare(proxy, upstream, exchanges)
        seconds = time.monotonic() - began
        await meet([endpoint])
        rows = await database.fetch("SELECT * FROM api_calls ORDER BY id")
        for row, pair in zip(rows, bodies, strict=True):
            check_stored(dict(row), pair)
    total = sum(len(body) for pair in bodies for body in pair)
    return [
        ("fidelity: exchanges equal for both sides", len(bodies), "exchanges"), ("fidelity: stored bodies equal", 2 * len(rows), "bodies"),
        ("fidelity: compared", total / 1e6, "MB"), ("fidelity: took", seconds, "s"),
    ]  # fmt: skip


def main() -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--exchanges", type=int, default=5000)
    said("fidelity", figures(parser.parse_args().exchanges))


if __name__ == "__main__":
    main()

"""What an outage costs: the database stopped for 30 s under load, SIGTERM under load, `kill -9` under load. Calls failed, lost, and late.

python -m tests.bench.outage [--seconds 30]
"""

import argparse
import asyncio
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from db import embedded
from db.migrate import migrate
from tests import outage
from tests.bench.lines import said
from tests.live import serving

Figure = tuple[str, float, str]


def figures(seconds: float = 30.0) -> Iterator[Figure]:
    """Each figure with its unit."""
    before = os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:  # sockets need a short path
        Path(folder).chmod(0o755)
        with embedded.database_url(Path(folder) / "pg") as url:
            os.environ.pop("DATABASE_URL", None)
            postgres = outage.Cluster(Path(folder) / "pg")
            yield from asyncio.run(_measured(Path(folder), url, postgres, seconds))
            postgres.close()
    if before:
        os.environ["DATABASE_URL"] = before


async def _measured(folder: Path, url: str, postgres: outage.Cluster, seconds: float) -> list[Figure]:
    await migrate(url)
    async with serving(outage.upstream, http="httptools") as target:
        away = await _database_away(folder, url, target, postgres, seconds)
        return away + await _stopped(folder, url, target, "sigterm") + await _stopped(folder, url, target, "kill_9")


async def _database_away(folder: Path, url: str, target: str, postgres: outage.Cluster, seconds: float) -> list[Figure]:
    port, made = outage.port(), await outage.make(url, target)
    async with outage.server(port, folder / "away", url):
        load = outage.Load(f"http://127.0.0.1:{port}/proxy/{made.endpoint}")
        await asyncio.sleep(2)
        await postgres.stop()
        await asyncio.sleep(seconds)
        during = load.answered
        await postgres.start(url)
        began = time.monotonic()
        await outage.stored(url, made.endpoint, during, 30)
        recovered = time.monotonic() - began
        await load.stop()
        found = await outage.stored(url, made.endpoint, load.answered, 10)
    return [
        (f"database_away_{seconds:.0f}_s: answered", load.answered, "calls"), ("database_away: failed", len(load.failed), "calls"),
        ("database_away: lost", load.answered - found.calls, "calls"), ("database_away: recovery", recovered, "s"),
    ]  # fmt: skip


async def _stopped(folder: Path, url: str, target: str, how: str) -> list[Figure]:
    """Lost is what a client had whole and the table has not, after the next start where there has to be one."""
    port, made, data = outage.port(), await outage.make(url, target), folder / how
    async with outage.server(port, data, url, 2) as process:
        load = outage.Load(f"http://127.0.0.1:{port}/proxy/{made.endpoint}", pause=0)
        await asyncio.sleep(3)
        if how == "sigterm":
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)
        else:
            await outage.kill(process)
        await load.stop()
    if how == "sigterm":
        found = await outage.stored(url, made.endpoint, load.answered, 1)
    else:
        async with outage.server(outage.port(), data, url):
            found = await outage.stored(url, made.endpoint, load.answered, 15)
    return [(f"{how}: answered", load.answered, "calls"), (f"{how}: lost", max(0, load.answered - found.calls), "calls")]


def main() -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=30.0)
    said("outage", figures(parser.parse_args().seconds))


if __name__ == "__main__":
    main()

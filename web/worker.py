"""Which jobs there are, and the process that does nothing else (`wiretalk worker`). `wiretalk serve` runs the same list inside."""

import asyncio
import signal
from datetime import UTC, datetime

from agent import jobs, retention
from agent.jobs import Job
from db import engine
from db.partitions import ensure_partitions


async def _make_months(_: bytes) -> None:
    await ensure_partitions(datetime.now(UTC))


async def _retention(_: bytes) -> None:
    await retention.sweep()


JOBS: tuple[Job, ...] = (
    Job("partitions", _make_months, cron="10 1 * * *"),
    Job("retention", _retention, cron="0 2 * * *", timeout_s=4 * 3600),
)


async def work() -> None:
    """Until SIGTERM or SIGINT; then the job that is running is finished."""
    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(number, stop.set)
    async with engine.pool(max_size=4), jobs.running(JOBS):
        await stop.wait()

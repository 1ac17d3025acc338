"""The job queue on a real database: run once, run again, survive what databases do."""

import asyncio

import asyncpg
import pytest

from agent import jobs
from agent.jobs import Job
from db import engine


async def _until(condition: asyncio.Event, seconds: float = 60) -> None:
    await asyncio.wait_for(condition.wait(), seconds)


async def test_a_job_is_done_by_a_worker(database: asyncpg.Pool) -> None:
    """What was put into the queue before the worker came is done too, with its payload."""
    done, seen = asyncio.Event(), list[bytes]()

    async def note(payload: bytes) -> None:
        seen.append(payload)
        done.set()

    await jobs.install()
    await jobs.enqueue("note", b"one", key="a")
    await jobs.enqueue("note", b"two", key="a")
    async with jobs.running([Job("note", note)]):
        await _until(done)
        await asyncio.sleep(0.2)
    assert seen == [b"one"]


@pytest.mark.slow
async def test_a_worker_that_has_begun_is_not_interrupted(database: asyncpg.Pool) -> None:
    """It hears itself from the first time that it asks; who did not would be given up after ten seconds, and begun again."""
    await jobs.install()
    async with jobs.running([]):
        while not (listening := await database.fetch(_LISTENING)):
            await asyncio.sleep(0.05)
        await asyncio.sleep(11.5)
        assert await database.fetch(_LISTENING) == listening


async def test_a_job_belongs_to_its_transaction(database: asyncpg.Pool) -> None:
    """A write that is rolled back leaves no job behind."""
    await jobs.install()
    with pytest.raises(RuntimeError):
        async with engine.transaction():
            await jobs.enqueue("note")
            raise RuntimeError
    assert await database.fetchval("SELECT count(*) FROM pgqueuer") == 0


async def test_a_failing_job_is_tried_again(database: asyncpg.Pool) -> None:
    """The second attempt succeeds, and nothing is left in the queue."""
    done, attempts = asyncio.Event(), list[int]()

    async def flaky(_: bytes) -> None:
        attempts.append(1)
        if len(attempts) == 1:
            raise RuntimeError("the first time")
        done.set()

    await jobs.install()
    async with jobs.running([Job("flaky", flaky)]):
        await jobs.enqueue("flaky")
        await _until(done)
        while await database.fetchval("SELECT count(*) FROM pgqueuer"):
            await asyncio.sleep(0.05)
    assert len(attempts) == 2


async def test_a_worker_survives_a_restart_of_the_database(database: asyncpg.Pool) -> None:
    """Every connection is cut, as a restart does; a job that comes afterwards is done."""
    done = asyncio.Event()

    async def note(_: bytes) -> None:
        done.set()

    await jobs.install()
    async with jobs.running([Job("note", note)]):
        await asyncio.sleep(0.5)
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wiretalk jobs' AND datname = current_database()"
        )
        await asyncio.sleep(0.2)
        await jobs.enqueue("note")
        await _until(done)


async def test_stopping_finishes_the_running_job(database: asyncpg.Pool) -> None:
    """A shutdown in the middle of a job waits for its end."""
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow(_: bytes) -> None:
        began.set()
        await asyncio.sleep(0.8)
        ended.set()

    await jobs.install()
    async with jobs.running([Job("slow", slow)]):
        await jobs.enqueue("slow")
        await _until(began)
    assert ended.is_set()


async def test_the_clock_starts_a_job_once(database: asyncpg.Pool) -> None:
    """A time that came while nothing ran is made up for, once for two workers."""
    seen = list[bytes]()

    async def tick(payload: bytes) -> None:
        seen.append(payload)

    await jobs.install()
    job = Job("tick", tick, cron="0 2 * * *")
    async with jobs.running([job]):
        while not await database.fetchval("SELECT count(*) FROM pgqueuer_schedules"):
            await asyncio.sleep(0.05)
    assert not seen
    await database.execute("UPDATE pgqueuer_schedules SET next_run = now() - interval '1 hour'")
    async with jobs.running([job]), jobs.running([job]):
        while not seen:
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)  # a second one would come now
    assert seen == [b""]


_LISTENING = "SELECT pid FROM pg_stat_activity WHERE application_name = 'wiretalk jobs' AND datname = current_database() AND query ILIKE 'LISTEN%'"

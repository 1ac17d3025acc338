"""Later: work that waits in PostgreSQL until a worker takes it, and work by the clock. Knows no job itself; `web.worker` has the list.

A job runs at least once: one whose worker died is taken by another after half a minute, and one that fails is tried again with growing
pauses. So jobs are written to be repeatable. The clock is UTC; what was missed while nothing ran is made up for once.
A restart of the database ends the queue's listener, so `run` builds everything anew until it is told to stop.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import structlog
from pgqueuer import PgQueuer
from pgqueuer.core.listeners import initialize_notice_event_listener
from pgqueuer.errors import FailingListenerError
from pgqueuer.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import AnyEvent, HealthCheckEvent, Schedule
from pgqueuer.models import Job as Taken
from pgqueuer.queries import Queries

from agent import tasks
from agent.accounts import audit
from agent.actor import Actor, require_admin
from agent.db_errors import as_problem
from agent.errors import Problem
from db import engine

log = structlog.get_logger()
Work = Callable[[bytes], Awaitable[None]]
_HEARTBEAT = timedelta(seconds=30)
_LOOK = timedelta(seconds=5)
_AGAIN_SECONDS = 1.0
_FINISH_SECONDS = 8.0
_LOCK = 0x57_49_52_47


class Job(msgspec.Struct, frozen=True):
    """One kind of work. `cron` is when it starts by itself, in UTC; `attempts` counts the first try too."""

    name: str
    work: Work
    cron: str | None = None
    attempts: int = 5
    timeout_s: float = 900.0


class Line(msgspec.Struct, frozen=True):
    """One kind of work: what waits and runs, how it ended in the last week, and when the clock starts it."""

    name: str
    waiting: int
    running: int
    done: int
    failed: int
    last_run: datetime | None
    next_run: datetime | None


async def overview(admin: Actor) -> list[Line]:
    """By name; none where no worker has ever run. Raises forbidden."""
    require_admin(admin)
    async with engine.connection() as connection:
        if await connection.fetchval("SELECT to_regclass('pgqueuer_schedules')") is None:
            return []
        return [Line(**dict(row)) for row in await connection.fetch(_OVERVIEW)]


async def start(admin: Actor, name: str) -> None:
    """Put a known job into the queue now; once, while it waits there. Raises forbidden, not_found."""
    if name not in {line.name for line in await overview(admin)}:
        raise Problem("not_found", f"There is no job `{name[:60]}`.")
    await enqueue(name, key=f"{name}:by hand")
    await audit.record("JOB_STARTED", actor=admin, resource="JOB", resource_id=name)


async def install() -> None:
    """Make or renew the queue's tables. Safe to call from several processes at once."""
    connection = await engine.connect()
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        queries = Queries.from_asyncpg_connection(connection)
        await (queries.upgrade() if await queries.schema_is_installed() else queries.install())
    finally:
        await connection.close()


async def enqueue(name: str, payload: bytes = b"", *, key: str | None = None) -> None:
    """Put a job into the queue; inside a transaction it is there with the commit, or not at all. Of one `key` only one waits."""
    async with engine.connection() as connection:
        await _put(connection, name, payload, key)


async def run(jobs: Sequence[Job], stop: asyncio.Event) -> None:
    """Work until `stop` is set; then the job that is running is finished, within some seconds."""
    told = ""
    while not stop.is_set():
        try:
            async with _pool() as pool:
                told = ""
                await _run_once(_queue(pool, jobs), stop)
        except Exception as error:
            is_expected = as_problem(error) is not None or isinstance(error, asyncpg.InterfaceError | FailingListenerError)
            if (reason := type(error).__name__) != told:
                log.warning("jobs.interrupted", reason=reason, exc_info=None if is_expected else error)
            told = reason
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _AGAIN_SECONDS)


@contextlib.asynccontextmanager
async def running(jobs: Sequence[Job]) -> AsyncGenerator[None, None]:
    """A worker beside other work: until the end of the block, then finishes what it is at."""
    stop = asyncio.Event()
    task = tasks.spawn(run(jobs, stop), "jobs")
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([task], timeout=_FINISH_SECONDS)
        task.cancel()
        await asyncio.wait([task])


@contextlib.asynccontextmanager
async def _pool() -> AsyncGenerator[asyncpg.Pool, None]:
    """The queue's own connections: one listens, and a stuck job may not keep those of the web server."""
    pool = await asyncpg.create_pool(engine.url(), min_size=1, max_size=4, server_settings={"application_name": "wiretalk jobs"}, timeout=10)
    try:
        yield pool
    finally:
        pool.terminate()


async def _run_once(queue: PgQueuer, stop: asyncio.Event) -> None:
    """Until `stop`, or until the connection to the database is lost."""
    ending = tasks.spawn(stop.wait(), "jobs.stop")
    ending.add_done_callback(lambda _: queue.shutdown.set())
    try:
        await _listen(queue)
        await queue.run(heartbeat_timeout=_HEARTBEAT, dequeue_timeout=_LOOK, shutdown_on_listener_failure=True)
    finally:
        ending.cancel()


async def _listen(queue: PgQueuer) -> None:
    """Before the queue asks whether it hears itself: it does so at once, before it listens, and what it asks then is answered by nobody."""

    def heard(event: AnyEvent) -> None:
        told = event.root
        if isinstance(told, HealthCheckEvent) and (asked := queue.qm.pending_health_check.get(told.id)) and not asked.done():
            asked.set_result(told)

    await initialize_notice_event_listener(queue.qm.queries.driver, queue.qm.channel, heard)


def _queue(pool: asyncpg.Pool, jobs: Sequence[Job]) -> PgQueuer:
    queue = PgQueuer.from_asyncpg_pool(pool)
    for job in jobs:
        queue.entrypoint(job.name, executor_factory=_retrying(job))(_bounded(job))
        if job.cron:
            queue.schedule(job.name, job.cron)(_by_the_clock(pool, job))
    return queue


def _retrying(job: Job) -> Callable[[EntrypointExecutorParameters], DatabaseRetryEntrypointExecutor]:
    return lambda parameters: DatabaseRetryEntrypointExecutor(parameters=parameters, max_attempts=job.attempts - 1, initial_delay=timedelta(seconds=2))


def _bounded(job: Job) -> Callable[[Taken], Awaitable[None]]:
    """The work within its time, told when it fails. The queue itself has no limit."""

    async def work(taken: Taken) -> None:
        try:
            async with asyncio.timeout(job.timeout_s):
                await job.work(taken.payload or b"")
        except Exception as error:
            log.warning("job.failed", job=job.name, attempt=taken.attempts + 1, reason=type(error).__name__, exc_info=None if as_problem(error) else error)
            raise

    return work


def _by_the_clock(pool: asyncpg.Pool, job: Job) -> Callable[[Schedule], Awaitable[None]]:
    """Only puts the job into the queue, where it is retried; of several workers' clocks one counts."""

    async def due(_: Schedule) -> None:
        async with pool.acquire() as connection:
            await _put(connection, job.name, b"", f"{job.name}:{datetime.now(UTC):%Y%m%d%H%M}")

    return due


async def _put(connection: engine.Connection, name: str, payload: bytes, key: str | None) -> None:
    queries = Queries.from_asyncpg_connection(connection)  # pyright: ignore[reportArgumentType]  # a pool's connection has the same methods
    await queries.enqueue(name, payload, dedupe_key=key, on_conflict="skip")


_OVERVIEW = """
SELECT n.name, count(*) FILTER (WHERE q.status IN ('queued', 'failed'))::int AS waiting, count(*) FILTER (WHERE q.status = 'picked')::int AS running,
  (SELECT count(*) FROM pgqueuer_log l WHERE l.entrypoint = n.name AND l.status = 'successful' AND l.created > now() - interval '7 days')::int AS done,
  (SELECT count(*) FROM pgqueuer_log l WHERE l.entrypoint = n.name AND l.status = 'exception' AND l.created > now() - interval '7 days')::int AS failed,
  (SELECT max(s.last_run) FROM pgqueuer_schedules s WHERE s.entrypoint = n.name) AS last_run,
  (SELECT min(s.next_run) FROM pgqueuer_schedules s WHERE s.entrypoint = n.name) AS next_run
FROM (SELECT entrypoint AS name FROM pgqueuer_schedules UNION SELECT entrypoint FROM pgqueuer) n LEFT JOIN pgqueuer q ON q.entrypoint = n.name
GROUP BY n.name ORDER BY n.name
"""

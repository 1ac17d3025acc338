"""The months of `api_calls`: partitions made ahead of time, and dropped whole when their time is over.

A call whose month has no partition lands in the default one, so nothing is ever refused. Rows that wait there are moved
when their month is made. `migrate` makes the next months at every start, a job of `web.worker` every day.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from db import engine
from db.ids import earliest

_NAME = re.compile(r"api_calls_(\d{4})_(\d{2})")
_LOCK = 0x57_49_52_46  # one process at a time makes or drops partitions
_PATIENCE_MS = 100
_TRIES = 20
_MOST_MOVED = 2000
_DETACHED = """SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition AND relname ~ '^api_calls_[0-9]{4}_[0-9]{2}$'
AND relnamespace = current_schema()::regnamespace"""
_LIST = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'api_calls'::regclass ORDER BY 1"


async def ensure_partitions(now: datetime, ahead: int = 2) -> list[str]:
    """Make the partitions of this month and the `ahead` next ones, where missing. Returns the names of the new ones."""
    months = [_month_after(now.astimezone(UTC), offset) for offset in range(ahead + 1)]
    made: list[str] = []
    async with engine.transaction() as work:
        await work.connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        existing = await _names(work.connection)
        for month in months:
            if _name(month) not in existing:
                await _make(work.connection, month)
                made.append(_name(month))
    return made


async def drop_partitions_before(moment: datetime, keep: Sequence[UUID] = ()) -> list[str]:
    """Drop every month that ended before `moment`. Returns the names of those dropped; single older rows are left to a DELETE.

    The rows of the users in `keep`, and those that were imported since, go to the default partition; where they are many, the month stays. So does one that
    somebody reads for seconds: the next time is tomorrow.
    """
    connection = await engine.connect()
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(f"SET lock_timeout = '{_PATIENCE_MS}ms'")
        over = [name for name in await _names(connection) if (month := _parsed(name)) and _month_after(month, 1) <= moment]
        gone = [name for name in over if await _detached(connection, name, keep, earliest(moment))]
        for name in await connection.fetch(_DETACHED):
            await _patiently(connection, f"DROP TABLE {name[0]}")
        return gone
    finally:
        await connection.close()


async def partitions() -> list[str]:
    """The names of the months that have a partition, oldest first."""
    async with engine.connection() as connection:
        return [name for name in await _names(connection) if _parsed(name)]


async def _names(connection: engine.Connection) -> list[str]:
    return [row[0] for row in await connection.fetch(_LIST)]


async def _make(connection: engine.Connection, month: datetime) -> None:
    """Rows of that month in the default partition would forbid the new one, so they are set aside and put back."""
    name, start, end = _name(month), month.isoformat(), _month_after(month, 1).isoformat()
    await connection.execute(f"""
        LOCK TABLE api_calls IN SHARE ROW EXCLUSIVE MODE;
        CREATE TEMPORARY TABLE waiting ON COMMIT DROP AS SELECT * FROM api_calls_default WHERE timestamp >= '{start}' AND timestamp < '{end}';
        DELETE FROM api_calls_default WHERE timestamp >= '{start}' AND timestamp < '{end}';
        CREATE TABLE {name} PARTITION OF api_calls FOR VALUES FROM ('{start}') TO ('{end}');
        INSERT INTO api_calls SELECT * FROM waiting;
        DROP TABLE waiting;
    """)  # noqa: S608  # a name and two times made here


async def _detached(connection: engine.Connection, name: str, keep: Sequence[UUID], since: UUID) -> bool:
    """Whether it is out of the table. PostgreSQL refuses CONCURRENTLY beside a default partition, so the lock is short."""
    kept = f"FROM {name} WHERE (user_id = ANY($1) OR (source = 'import' AND id >= $2))"
    if len(await connection.fetch(f"SELECT 1 {kept} LIMIT {_MOST_MOVED + 1}", keep, since)) > _MOST_MOVED:
        return False
    return await _patiently(connection, f"ALTER TABLE api_calls DETACH PARTITION {name}", f"INSERT INTO api_calls SELECT * {kept}", keep, since)


async def _patiently(connection: engine.Connection, first: str, then: str = "", *arguments: object) -> bool:
    """Ask for a lock for a moment, many times over: whoever waits for one holds up everybody behind it."""
    for _ in range(_TRIES):
        try:
            async with connection.transaction():
                await connection.execute(first)
                if then:
                    await connection.execute(then, *arguments)
                return True
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(_PATIENCE_MS / 1000)
    return False


def _month_after(moment: datetime, offset: int) -> datetime:
    years, month = divmod(moment.month - 1 + offset, 12)
    return datetime(moment.year + years, month + 1, 1, tzinfo=UTC)


def _name(month: datetime) -> str:
    return f"api_calls_{month:%Y_%m}"


def _parsed(name: str) -> datetime | None:
    found = _NAME.fullmatch(name)
    return datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC) if found else None

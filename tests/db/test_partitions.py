from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db import engine
from db.migrate import migrate
from db.partitions import drop_partitions_before, ensure_partitions, partitions

MARCH = datetime(2031, 3, 20, 12, tzinfo=UTC)
_MONTHS = ["api_calls_2031_03", "api_calls_2031_04", "api_calls_2031_05"]


@pytest.fixture
async def endpoint(database: asyncpg.Pool) -> asyncpg.Record:
    """An endpoint and its user, to hang calls on."""
    user = await database.fetchval("INSERT INTO users (email) VALUES ('a@example.com') RETURNING id")
    found = await database.fetchrow("INSERT INTO endpoints (user_id, name, destination_url) VALUES ($1, 'a', 'https://a.example') RETURNING id, user_id", user)
    assert found
    return found


async def _call(endpoint: asyncpg.Record, at: datetime) -> str:
    """The partition in which a call of that time landed."""
    sql = "INSERT INTO api_calls (endpoint_id, user_id, method, url, timestamp) VALUES ($1, $2, 'GET', 'https://a.example/', $3) RETURNING tableoid::regclass::text"
    return await engine.current_pool().fetchval(sql, endpoint["id"], endpoint["user_id"], at)


async def test_months_are_made_ahead_and_once(database: asyncpg.Pool) -> None:
    """A second asking makes nothing; December is followed by January."""
    assert await ensure_partitions(MARCH) == _MONTHS
    assert await ensure_partitions(MARCH) == []
    assert await ensure_partitions(datetime(2031, 12, 31, tzinfo=UTC), ahead=1) == ["api_calls_2031_12", "api_calls_2032_01"]


async def test_starting_makes_the_present_month(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """So the default partition stays empty, and retention cheap."""
    now = datetime.now(UTC)
    await migrate()
    assert f"api_calls_{now:%Y_%m}" in await partitions()
    assert await _call(endpoint, now) == f"api_calls_{now:%Y_%m}"


async def test_a_call_without_a_month_is_kept_and_moved_later(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """An imported call of long ago is never refused, nor lost when its month is made."""
    assert await _call(endpoint, MARCH) == "api_calls_default"
    await ensure_partitions(MARCH, ahead=0)
    assert await database.fetchval("SELECT tableoid::regclass::text FROM api_calls") == "api_calls_2031_03"
    assert await _call(endpoint, MARCH + timedelta(days=1)) == "api_calls_2031_03"
    assert await database.fetchval("SELECT count(*) FROM api_calls_default") == 0


async def test_only_months_that_are_over_are_dropped(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """The month of the limit itself stays, and so do the calls in it."""
    await ensure_partitions(MARCH)
    await _call(endpoint, MARCH)
    await _call(endpoint, MARCH + timedelta(days=20))
    dropped = await drop_partitions_before(datetime(2031, 4, 30, 23, tzinfo=UTC))
    assert dropped[-1] == "api_calls_2031_03" and "api_calls_2031_04" not in dropped
    assert await database.fetchval("SELECT count(*) FROM api_calls") == 1


async def test_a_month_that_is_being_read_stays_for_now(database: asyncpg.Pool) -> None:
    """Retention does not queue writers behind a long report."""
    await ensure_partitions(MARCH, ahead=0)
    async with engine.transaction() as reader:
        await reader.connection.fetch("SELECT * FROM api_calls_2031_03")
        assert "api_calls_2031_03" not in await drop_partitions_before(datetime(2031, 5, 1, tzinfo=UTC))
    assert "api_calls_2031_03" in await drop_partitions_before(datetime(2031, 5, 1, tzinfo=UTC))


async def test_a_new_month_has_the_keys_and_the_indexes(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """Deleting an endpoint takes its calls along, in every month."""
    await ensure_partitions(MARCH)
    for days in (0, 20, 50):
        await _call(endpoint, MARCH + timedelta(days=days))
    assert await database.fetchval("SELECT count(*) FROM pg_indexes WHERE tablename = 'api_calls_2031_03'") >= 5
    await database.execute("DELETE FROM endpoints")
    assert await database.fetchval("SELECT count(*) FROM api_calls") == 0


async def test_rows_to_keep_are_moved_before_their_month_goes(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """What is kept for longer outlives its month."""
    await ensure_partitions(MARCH, ahead=0)
    await _call(endpoint, MARCH)
    assert await drop_partitions_before(datetime(2031, 5, 1, tzinfo=UTC), keep=[endpoint["user_id"]]) != []
    assert await database.fetchval("SELECT tableoid::regclass::text FROM api_calls") == "api_calls_default"


async def test_a_month_that_was_left_half_dropped_is_dropped_later(database: asyncpg.Pool, endpoint: asyncpg.Record) -> None:
    """A process that died between taking a month out and deleting it leaves nothing behind for ever."""
    await ensure_partitions(MARCH, ahead=0)
    await database.execute("ALTER TABLE api_calls DETACH PARTITION api_calls_2031_03")
    await drop_partitions_before(datetime(2031, 1, 1, tzinfo=UTC))
    assert await database.fetchval("SELECT to_regclass('api_calls_2031_03')") is None

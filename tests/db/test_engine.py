import asyncio

import asyncpg
import pytest
from piccolo.engine.exceptions import TransactionError

from db import engine
from db.tables import User


async def test_without_a_url_or_a_pool_the_wiring_is_to_blame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said at once, and not mistaken for a database that is down."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(engine.NoDatabase, match="DATABASE_URL") as no_url:
        await engine.start_pool()
    with pytest.raises(engine.NoDatabase, match="pool"):
        engine.current_pool()
    assert not engine.is_unavailable(no_url.value)


async def test_raw_sql_takes_part_in_the_open_transaction(database: asyncpg.Pool) -> None:
    """Piccolo and asyncpg write together or not at all."""
    with pytest.raises(ZeroDivisionError):
        async with engine.transaction():
            await User.insert(User(email="a@example.com"))
            async with engine.connection() as connection:
                await connection.execute("INSERT INTO users (email) VALUES ('b@example.com')")
            raise ZeroDivisionError
    assert await database.fetchval("SELECT count(*) FROM users") == 0


async def test_a_transaction_inside_another_is_refused(database: asyncpg.Pool) -> None:
    """Piccolo's would be no savepoint: a caught error inside would keep its writes."""
    async with engine.transaction():
        with pytest.raises(TransactionError):
            async with engine.transaction():
                pass


async def test_cancelled_work_gives_its_connection_back(database: asyncpg.Pool) -> None:
    """A pool of eight serves after twenty cancelled transactions."""

    async def work() -> None:
        async with engine.transaction() as open_transaction:
            await open_transaction.connection.execute("SELECT pg_sleep(30)")

    for _ in range(4):
        tasks = [asyncio.ensure_future(work()) for _ in range(5)]
        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(60):
        assert await database.fetchval("SELECT 1") == 1
        while database.get_idle_size() < database.get_size():  # one that was cut off in a query is given back once the server has heard of it
            await asyncio.sleep(0.02)


async def test_a_transaction_cancelled_at_any_moment_gives_its_connection_back(database: asyncpg.Pool) -> None:
    """Also while it begins, commits or rolls back."""

    async def work(*, fails: bool) -> None:
        async with engine.transaction():
            assert not fails

    for fails in (False, True):
        for turns in range(40):
            task = asyncio.ensure_future(work(fails=fails))
            for _ in range(turns):
                await asyncio.sleep(0.0002)
            task.cancel()
            await asyncio.wait([task])
    async with asyncio.timeout(60):
        while database.get_idle_size() < database.get_size():
            await asyncio.sleep(0.02)
    assert await database.fetchval("SELECT 1") == 1


async def test_a_database_that_is_away_is_told_from_a_wrong_query(database_url: str) -> None:
    """Refused, missing, cut off and closed are the former."""
    with pytest.raises(OSError) as refused:
        await engine.connect("postgresql://x@127.0.0.1:1/x")
    assert engine.is_unavailable(refused.value)
    async with engine.pool(max_size=2) as pool:
        with pytest.raises(asyncpg.UndefinedTableError) as wrong:
            await pool.execute("SELECT * FROM nowhere")
        assert not engine.is_unavailable(wrong.value)
        with pytest.raises(asyncpg.PostgresError) as cut:
            await pool.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        assert engine.is_unavailable(cut.value)
    with pytest.raises(asyncpg.InterfaceError) as closed:
        await pool.execute("SELECT 1")
    assert engine.is_unavailable(closed.value)


async def test_the_pool_stops_in_time_though_a_connection_is_held(database_url: str) -> None:
    """A shutdown is not kept waiting by a query that never ends."""
    await engine.start_pool(max_size=2)
    connection = await engine.current_pool().acquire()
    sleeper = asyncio.ensure_future(connection.execute("SELECT pg_sleep(60)"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(40):
        await engine.stop_pool(patience=0.1)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await sleeper


async def test_a_query_costs_one_round_trip(database_url: str) -> None:
    """Giving a connection back sends nothing, and what a transaction set or locked is gone with it all the same."""
    sent: list[str] = []
    async with engine.pool(max_size=1) as pool:
        async with pool.acquire() as connection:
            connection.add_query_logger(lambda record: sent.append(record.query))
        assert await pool.fetchval("SELECT 1") == 1
        assert sent == ["SELECT 1"]
        with pytest.raises(ZeroDivisionError):
            async with engine.transaction() as work:
                await work.connection.execute("SET LOCAL work_mem = '7MB'")
                await work.connection.execute("SELECT pg_advisory_xact_lock(7)")
                raise ZeroDivisionError
        assert await pool.fetchval("SHOW work_mem") != "7MB"
        assert await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7") == 0

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from db import engine, raw
from db.ids import uuid7
from db.migrate import migrate, pending
from db.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
_COLUMNS = """
SELECT column_name, is_nullable = 'YES' AS nullable FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'  -- the words of the search are the database's own
"""
_UNINDEXED = """
SELECT c.conrelid::regclass::text || '.' || a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.conparentid = 0
AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indkey[0] = a.attnum AND i.indpred IS NULL)
"""

MIGRATIONS = len(list((ROOT / "db" / "piccolo_migrations").glob("wiretalk_*.py")))


@pytest.fixture
async def empty(server_url: str) -> AsyncIterator[str]:
    """The URL of a database with nothing in it."""
    admin, name = await asyncpg.connect(server_url), f"empty_{uuid7().hex}"
    await admin.execute(f"CREATE DATABASE {name}")
    head, mark, query = server_url.partition("?")
    yield f"{head.rsplit('/', 1)[0]}/{name}{mark}{query}"
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


async def test_three_processes_migrate_at_once(empty: str) -> None:
    """One does the work, the others wait and find nothing left to do."""
    script = "import asyncio; from db.migrate import migrate, pending; asyncio.run(migrate()); assert asyncio.run(pending()) == []; print('ready')"
    env = os.environ | {"DATABASE_URL": empty}
    pipe = asyncio.subprocess.PIPE
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", script, env=env, cwd=ROOT, stdout=pipe, stderr=pipe) for _ in range(3)]
    for process in started:
        said, complained = await process.communicate()
        assert (process.returncode, said) == (0, b"ready\n"), complained.decode()
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT count(*) FROM migration") == MIGRATIONS
    await connection.close()


async def test_what_is_pending_is_known_before_and_after(empty: str) -> None:
    """Readiness rests on it; asking needs no table of migrations yet."""
    assert len(await pending(empty)) == MIGRATIONS
    await migrate(empty)
    assert await pending(empty) == []
    await migrate(empty)


async def test_a_migration_that_fails_leaves_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not half a schema that the next start would fall over."""

    with monkeypatch.context() as broken:
        broken.setattr(raw, "_LEDGER", "SELECT no_such_function()")
        with pytest.raises(asyncpg.UndefinedFunctionError):
            await migrate(empty)
    connection = await asyncpg.connect(empty)
    assert await connection.fetch("SELECT FROM pg_tables WHERE schemaname = 'public'") == []
    await connection.close()
    await migrate(empty)
    assert await pending(empty) == []


async def test_migrating_leaves_the_open_pool_alone(empty: str, database: asyncpg.Pool) -> None:
    """Another database can be migrated while this process serves."""
    await migrate(empty)
    assert engine.current_pool() is database
    assert await database.fetchval("SELECT current_database()") != empty.partition("?")[0].rsplit("/", 1)[1]


async def test_the_database_has_the_tables_that_the_code_describes(database: asyncpg.Pool) -> None:
    """Column by column, also where the migration rebuilds a table by hand."""
    for table in TABLES:
        found = {row["column_name"]: row["nullable"] for row in await database.fetch(_COLUMNS, table._meta.tablename)}
        assert found == {column._meta.db_column_name: column._meta.null for column in table._meta.columns}, table


async def test_every_reference_is_indexed_and_says_what_a_delete_does(database: asyncpg.Pool) -> None:
    """Deleting a user must not scan whole tables, nor fail on a forgotten one."""
    assert [row[0] for row in await database.fetch(_UNINDEXED)] == []
    assert await database.fetch("SELECT conrelid::regclass FROM pg_constraint WHERE contype = 'f' AND confdeltype NOT IN ('c', 'n')") == []


async def test_every_table_knows_when_its_rows_were_made_and_changed(database: asyncpg.Pool) -> None:
    """`updated_at` is set by the database, whoever writes."""
    without = "SELECT tablename::text FROM pg_tables t WHERE schemaname = 'public' AND tablename <> 'migration' AND NOT EXISTS (SELECT FROM information_schema.columns c WHERE c.table_name = t.tablename AND c.column_name = 'created_at')"
    assert [row[0] for row in await database.fetch(without)] == []
    await database.execute("INSERT INTO users (email, updated_at) VALUES ('a@example.com', '2020-01-01Z')")
    await database.execute("UPDATE users SET full_name = 'A'")
    assert await database.fetchval("SELECT updated_at > now() - interval '1 minute' FROM users")


async def test_ids_made_by_the_database_are_version_7(database: asyncpg.Pool) -> None:
    """On this server, and by the statement that older servers get."""
    assert (await database.fetchval("SELECT new_id()")).version == 7
    by_hand = raw._NEW_ID.partition("$id$")[2].partition("$id$")[0]
    id = await database.fetchval(by_hand)
    assert (id.version, id.variant) == (7, uuid7().variant)
    assert abs((id.int >> 80) - (uuid7().int >> 80)) < 60_000


def test_a_migration_manager_runs_in_a_transaction() -> None:
    """What makes all of this all-or-nothing; a new Piccolo could change it."""
    assert MigrationManager().wrap_in_transaction is True

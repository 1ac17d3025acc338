"""A database for each test: copied from the migrated template, then emptied and used again.

Making and dropping one costs a tenth of a second of processor, emptying one a few milliseconds. One whose schema a test changed, that holds
much, or that served many tests is dropped all the same.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

import asyncpg

from db.ids import uuid7

_MOST_USES = 100
_MOST_BYTES = 2_000_000


class _Made(NamedTuple):
    """A database as its template made it, and how many tests it has served. `shape` changes with every change of the schema."""

    server: str
    name: str
    shape: str
    uses: int


_idle: list[_Made] = []


@contextlib.asynccontextmanager
async def borrowed(server: str, template: str) -> AsyncIterator[str]:
    """The URL of a database like `template`, which nobody else has meanwhile."""
    made = next((one for one in _idle if one.server == server), None)
    if made:
        _idle.remove(made)
    else:
        made = await _make(server, template)
    try:
        yield on(server, made.name)
    finally:
        if made.uses < _MOST_USES and await _emptied(made):
            _idle.append(made._replace(uses=made.uses + 1))
        else:
            await _run(server, f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)")


def on(url: str, database: str) -> str:
    """The server's URL with another database in it."""
    head, mark, query = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{database}{mark}{query}"


async def _make(server: str, template: str) -> _Made:
    name = f"test_{uuid7().hex}"
    await _run(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    connection = await asyncpg.connect(on(server, name))
    try:
        return _Made(server, name, await connection.fetchval(_SHAPE), 1)
    finally:
        await connection.close()


async def _emptied(made: _Made) -> bool:
    """Whether it is as it was made, now that everybody else is gone from it and all rows are deleted."""
    try:
        connection = await asyncpg.connect(on(made.server, made.name))
    except (OSError, asyncpg.PostgresError):
        return False
    try:
        await connection.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        if await connection.fetchval(_SHAPE) != made.shape or await connection.fetchval(_BYTES) > _MOST_BYTES:
            return False
        await connection.execute("SET session_replication_role = replica")  # no trigger and no foreign key asks
        tables = [row[0] for row in await connection.fetch(_TABLES)]
        filled = await connection.fetchrow("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {table})" for table in tables))
        for table in (table for table, has_rows in zip(tables, filled or (), strict=True) if has_rows):
            await connection.execute(f"DELETE FROM {table}")
        return True
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()


async def _run(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


_CATALOGUES = ("pg_class", "pg_attribute", "pg_constraint", "pg_index", "pg_proc", "pg_trigger", "pg_type")
_SHAPE = f"SELECT concat_ws(' ', {', '.join(f'(SELECT row(count(*), max(xmin::text::bigint)) FROM {name})' for name in _CATALOGUES)})"
_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'migration' ORDER BY 1
"""
_BYTES = "SELECT sum(pg_table_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"

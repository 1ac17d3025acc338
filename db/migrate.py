"""Brings a database up to the present schema at start-up: all or nothing, and one process does it while the others wait."""

import contextlib
import io
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.apps.migrations.tables import Migration

from db.engine import DB, transaction, url
from db.partitions import ensure_partitions
from db.piccolo_app import APP_CONFIG

_LOCK = 0x57_49_52_45


class MigrationFailed(RuntimeError):
    """A migration did not run through, and nothing of it was kept; the message is Piccolo's."""


async def migrate(dsn: str | None = None) -> None:
    """Run what is pending in one transaction, under an advisory lock; make the next months' partitions. Raises MigrationFailed."""
    async with _at(dsn):
        async with transaction() as work:
            await work.connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            with contextlib.redirect_stdout(io.StringIO()) as said:
                result = await run_forwards(app_name="all")
            if not result.success:
                raise MigrationFailed(result.message or said.getvalue()[-500:])
        await ensure_partitions(datetime.now(UTC))


async def pending(dsn: str | None = None) -> list[str]:
    """The ids of the migrations that were not run yet, oldest first; empty when the database is ready."""
    migrations = BaseMigrationManager()
    known = migrations.get_migration_ids(migrations.get_migration_modules(APP_CONFIG.resolved_migrations_folder_path))
    async with _at(dsn):
        done = await Migration.get_migrations_which_ran(APP_CONFIG.app_name) if await Migration.table_exists() else []
    return sorted(set(known) - set(done))


@contextlib.asynccontextmanager
async def _at(dsn: str | None) -> AsyncGenerator[None, None]:
    """Piccolo migrates through the one engine: it is pointed at `dsn` for this long, past any open pool, whose statements time out."""
    config, pool = DB.config, DB.pool
    DB.config, DB.pool = {"dsn": dsn or url()}, None
    try:
        yield
    finally:
        DB.config, DB.pool = config, pool

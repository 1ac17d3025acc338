"""Bringing the database up to date at start-up, from several processes at once: one does it, the others wait."""

import contextlib
import io

from piccolo.apps.migrations.commands.forwards import run_forwards

from db import engine

_LOCK = 0x57_49_52_45


class MigrationFailed(RuntimeError):
    """A migration did not run through; the message is Piccolo's."""


async def migrate(url: str | None = None) -> None:
    """Run what is pending, under an advisory lock on a connection of its own. Raises MigrationFailed."""
    connection = await engine.connect(url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            result = await run_forwards(app_name="all")
        if not result.success:
            raise MigrationFailed(result.message or said.getvalue()[-500:])
    finally:
        await connection.close()

"""What the database refuses that is nobody's bug: it is away, a text holds the one character that it cannot, or what a row belongs to has just gone."""

import asyncpg

from agent.errors import Problem
from db.engine import is_unavailable

_CANNOT_WRITE = (asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError)


def as_problem(error: BaseException) -> Problem | None:
    """`database_unavailable`, `invalid_arguments` or `conflict` where that is what happened, else None."""
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return Problem("invalid_arguments", "A text has a NUL character (U+0000).", remedy="Leave it out.")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Problem("conflict", "What this belongs to was deleted in the meantime.")
    if isinstance(error, _CANNOT_WRITE):
        remedy = "Tell who runs this server; what waits is stored when there is room again."
        return Problem(
            "database_unavailable", "The database takes nothing at the moment: its disk is full, or it may only be read.", remedy=remedy, retry_after=60
        )
    return Problem("database_unavailable", "The database does not answer at the moment.", retry_after=2) if is_unavailable(error) else None

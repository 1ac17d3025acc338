"""What the database refuses that is nobody's bug: it is away, or a text holds the one character that it cannot."""

import asyncpg

from agent.errors import Problem
from db.engine import is_unavailable


def as_problem(error: BaseException) -> Problem | None:
    """`database_unavailable` or `invalid_arguments` where that is what happened, else None."""
    if isinstance(error, asyncpg.CharacterNotInRepertoireError):
        return Problem("invalid_arguments", "A text has a NUL character (U+0000).", remedy="Leave it out.")
    return Problem("database_unavailable", "The database does not answer at the moment.", retry_after=2) if is_unavailable(error) else None

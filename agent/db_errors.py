"""A database that is away is an ordinary event with its own sentence."""

from agent.errors import Problem
from db.engine import is_unavailable


def as_problem(error: BaseException) -> Problem | None:
    """`database_unavailable` where that is what happened, else None."""
    return Problem("database_unavailable", "The database does not answer at the moment.", retry_after=2) if is_unavailable(error) else None

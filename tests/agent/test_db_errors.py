"""Refusals of the database that are told instead of logged."""

from uuid import uuid4

import asyncpg
import pytest

from agent.db_errors import as_problem


@pytest.mark.parametrize(
    ("statement", "value", "code"),
    [
        ("SELECT $1::text", "a\0b", "invalid_arguments"),
        ("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'a', 'a', 'http://x.example')", uuid4(), "conflict"),
    ],
)
async def test_what_the_database_refuses_has_a_sentence(database: asyncpg.Pool, statement: str, value: object, code: str) -> None:
    """A NUL character, and a row of somebody who was deleted in the same moment."""
    with pytest.raises(asyncpg.PostgresError) as caught:
        await database.execute(statement, value)
    problem = as_problem(caught.value)
    assert problem
    assert problem.code == code


async def test_a_database_that_takes_nothing_says_so(database: asyncpg.Pool) -> None:
    """A full disk, and one that may only be read, are told apart from one that is away."""
    with pytest.raises(asyncpg.PostgresError) as caught:
        await database.execute("BEGIN READ ONLY; DELETE FROM users")
    for error in (caught.value, asyncpg.DiskFullError("could not extend file")):
        problem = as_problem(error)
        assert problem and problem.code == "database_unavailable"
        assert "disk is full" in problem.detail


def test_a_mistake_of_ours_has_none() -> None:
    """It is logged and raised."""
    assert as_problem(asyncpg.UndefinedTableError("x")) is None

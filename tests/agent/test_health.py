"""How the server is, as an operator reads it."""

from datetime import UTC, datetime

import asyncpg

from agent import health
from agent.accounts import users
from agent.calls import imports
from agent.health import Fact
from tests.agent.calls.test_imports import _entry, _har


async def _fact(name: str) -> Fact:
    return next(fact for fact in await health.facts() if fact.name == name)


async def test_a_recording_of_long_ago_is_no_fault_of_the_jobs(database: asyncpg.Pool) -> None:
    """Its calls have no month, and need none; the present one does."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    await imports.begin(actor, _har(_entry("http://127.0.0.1:8999/a", startedDateTime="2009-11-20T10:00:00.000Z")))
    assert await database.fetchval("SELECT count(*) FROM api_calls_default") == 1
    assert (await _fact("Partitions")).is_good
    await database.execute(f"DROP TABLE api_calls_{datetime.now(UTC):%Y_%m}")
    missing = await _fact("Partitions")
    assert missing.is_good is False and "worker" in missing.advice


async def test_a_balance_that_differs_is_told(database: asyncpg.Pool) -> None:
    """One, and several."""
    for name in ("ada", "eve"):
        assert (await _fact("Ledgers")).value == ("no difference" if name == "ada" else "1 balance differs")
        profile = await users.sign_up(f"{name}@example.com", "correct horse")
        await database.execute("UPDATE users SET credits = 7 WHERE id = $1", profile.id)
    assert (await _fact("Ledgers")).value == "2 balances differ"

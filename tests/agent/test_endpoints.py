"""Endpoints: two who change one at the same time."""

import asyncio

import asyncpg

from agent import endpoints
from agent.accounts import users
from agent.endpoints import EndpointChange
from agent.errors import Problem


async def test_of_two_changes_at_once_one_is_told(database: asyncpg.Pool) -> None:
    """What was archived in one tab is not paused again by the other, which had seen it before."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    made = await endpoints.create(actor, "demo")
    async with database.acquire() as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("SELECT 1 FROM endpoints FOR UPDATE")
        changes = [asyncio.ensure_future(endpoints.update(actor, made.id, EndpointChange(status=status))) for status in ("ARCHIVED", "INACTIVE")]
        while await database.fetchval("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") < 2:
            await asyncio.sleep(0.01)
        await transaction.rollback()
    first, second = await asyncio.gather(*changes, return_exceptions=True)
    told = [one for one in (first, second) if isinstance(one, Problem)]
    assert [problem.code for problem in told] == ["conflict"]

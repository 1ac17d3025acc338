"""The way in for verbs: what a priced call costs, whatever happens to its caller."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import asyncpg
import asyncpg.pool
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.billing import ledger
from agent.errors import Problem
from agent.tools import invoke
from agent.tools.registry import Answer, Context


async def test_what_was_done_is_paid_though_its_caller_is_gone(database: asyncpg.Pool) -> None:
    """Cancelled while the credits are being entered: the endpoint is there, and so is the entry."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    async with _entering_credits(database, actor) as (call, _):
        while not await database.fetchval("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    async with asyncio.timeout(60):
        while await ledger.balance(actor) != ledger.Balance(75, 0, 75):
            await asyncio.sleep(0.01)
    assert await database.fetchval("SELECT count(*) FROM endpoints") == 1


async def test_what_was_done_is_paid_though_the_database_was_away(database: asyncpg.Pool) -> None:
    """Its connection is cut while the credits are being entered: they are entered as soon as there is another, once, and the answer comes then."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    async with _entering_credits(database, actor) as (call, other):
        while not await other.fetchval("SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
    answer = await asyncio.wait_for(call, 60)
    assert "demo" in answer.text.lower()
    assert await ledger.balance(actor) == ledger.Balance(75, 0, 75)


@asynccontextmanager
async def _entering_credits(database: asyncpg.Pool, actor: Actor) -> AsyncGenerator[tuple[asyncio.Future[Answer], asyncpg.pool.PoolConnectionProxy]]:
    """A call of a tool that cannot enter its credits until this is left, and the connection that keeps it from that."""
    async with database.acquire() as other, other.transaction():
        await other.execute("LOCK TABLE credit_transactions IN SHARE MODE")
        yield asyncio.ensure_future(invoke.invoke(Context(actor), "endpoint_create", {"destination_url": "demo"})), other


async def test_what_an_argument_takes_is_told(database: asyncpg.Pool) -> None:
    """A model that gives another value learns which there are."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    with pytest.raises(Problem) as caught:
        await invoke.invoke(Context(actor), "docs_get", {"endpoint": "shop", "format": "word"})
    assert str(caught.value).startswith("`docs_get`: `format`: Invalid enum value 'word'. It takes `")

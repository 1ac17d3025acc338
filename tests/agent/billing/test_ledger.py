"""The ledger: balances equal entries, whoever spends at the same time."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from agent.accounts import users
from agent.billing import ledger
from agent.errors import Problem
from db.ids import uuid7


async def _ada() -> users.Actor:
    profile = await users.sign_up("ada@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", profile.email, "web")


async def test_sign_up_grants_credits_through_the_ledger(database: asyncpg.Pool) -> None:
    """A new account has 100 credits and one entry that says so."""
    actor = await _ada()
    assert await ledger.balance(actor) == ledger.Balance(100, 0, 100)
    assert [(entry.amount, entry.type) for entry in (await ledger.entries(actor)).items] == [(100, "GRANT")]
    assert await ledger.verify() == []


async def test_parallel_holds_never_exceed_the_balance(database: asyncpg.Pool) -> None:
    """Of 200 spends of one credit on a balance of 100 exactly 100 succeed."""
    actor = await _ada()

    async def spend(number: int) -> bool:
        try:
            held = await ledger.hold(actor.user_id, 1, "endpoint_create", key=f"spend-{number}")
        except Problem as problem:
            assert problem.code == "insufficient_credits"
            return False
        await ledger.settle(held, "ENDPOINT", "an endpoint")
        return True

    assert sum(await asyncio.gather(*(spend(n) for n in range(200)))) == 100
    assert (await ledger.balance(actor)).credits == 0
    assert await ledger.verify() == []


async def test_a_released_hold_costs_nothing_and_a_settled_one_only_once(database: asyncpg.Pool) -> None:
    """Settling twice writes one entry; releasing gives everything back."""
    actor = await _ada()
    kept = await ledger.hold(actor.user_id, 10, "tool", key="a")
    given_back = await ledger.hold(actor.user_id, 20, "tool", key="b")
    assert (await ledger.balance(actor)).available == 70
    await ledger.settle(kept, "USAGE", "a tool")
    await ledger.settle(kept, "USAGE", "a tool")
    await ledger.release(given_back)
    assert await ledger.balance(actor) == ledger.Balance(90, 0, 90)


async def test_the_ledger_is_append_only(database: asyncpg.Pool) -> None:
    """The database itself refuses to change or delete an entry, and lets it go with its user."""
    actor = await _ada()
    for statement in ("UPDATE credit_transactions SET amount = 1", "DELETE FROM credit_transactions"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.execute(statement)
    await users.delete(actor, actor.user_id)
    assert await database.fetchval("SELECT count(*) FROM credit_transactions") == 0


async def test_what_was_spent_and_on_what(database: asyncpg.Pool) -> None:
    """Each entry names the API it paid for and the chat that spent it; chosen by kind and time, summed, and as a file that a spreadsheet reads."""
    actor = await _ada()
    api, chat, run = (uuid7() for _ in range(3))
    await database.execute(
        "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'Shop', 'shop', 'http://x.example')", api, actor.user_id
    )
    await database.execute("INSERT INTO chat_sessions (id, user_id, title) VALUES ($1, $2, 't')", chat, actor.user_id)
    await database.execute("INSERT INTO runs (id, chat_session_id, user_id) VALUES ($1, $2, $3)", run, chat, actor.user_id)
    held = await ledger.hold(actor.user_id, 25, "endpoint_create", key="a", run_id=run)
    assert [(hold.amount, hold.tool, hold.chat_id) for hold in await ledger.holds(actor)] == [(25, "endpoint_create", chat)]
    await ledger.settle(held, "ENDPOINT", "=1+1", endpoint_id=api)
    assert await ledger.holds(actor) == []
    spent = await ledger.entries(actor, ledger.Wanted("spent"))
    assert [(entry.amount, entry.balance_after, entry.api, entry.slug, entry.chat_id) for entry in spent.items] == [(-25, 75, "Shop", "shop", chat)]
    assert await ledger.totals(actor) == ledger.Totals(2, 100, 25)
    assert await ledger.totals(actor, ledger.Wanted("received")) == ledger.Totals(1, 100, 0)
    assert await ledger.totals(actor, ledger.Wanted(until=datetime.now(UTC) - timedelta(days=1))) == ledger.Totals(0, 0, 0)
    rows = "".join([piece async for piece in ledger.export(actor)]).splitlines()
    assert rows[0] == "created_at,type,description,api,amount,balance_after,chat_id,id"
    assert f",ENDPOINT,'=1+1,Shop,-25,75,{chat}," in rows[1]
    await database.execute("DELETE FROM endpoints")
    assert (await ledger.entries(actor)).items[0].api is None
    await users.delete(actor, actor.user_id)

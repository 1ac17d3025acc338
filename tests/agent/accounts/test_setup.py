"""The first start: one link, one administrator."""

import asyncio

import asyncpg
import pytest

from agent.accounts import setup, users
from agent.accounts.audit import Origin
from agent.errors import Problem

_ORIGIN = Origin()


async def test_the_link_makes_one_administrator(database: asyncpg.Pool) -> None:
    """Of five visitors at once one; afterwards no link is made any more."""
    token = await setup.issue()
    assert token is not None
    found = await asyncio.gather(*(_visit(token, n) for n in range(5)))
    assert sorted(found) == ["ADMIN"] + ["setup_link_used"] * 4
    assert await database.fetchval("SELECT count(*) FROM users WHERE role = 'ADMIN'") == 1
    assert await setup.issue() is None


async def _visit(token: str, n: int) -> str:
    try:
        return (await setup.redeem(token, f"a{n}@example.com", "correct horse", _ORIGIN)).role
    except Problem as problem:
        return problem.code


async def test_a_mistake_in_the_form_costs_nothing(database: asyncpg.Pool) -> None:
    """A weak password leaves the link as good as before."""
    token = await setup.issue() or ""
    with pytest.raises(Problem) as caught:
        await setup.redeem(token, "ada@example.com", "short", _ORIGIN)
    assert caught.value.code == "weak_password"
    assert (await setup.redeem(token, "ada@example.com", "correct horse", _ORIGIN)).role == "ADMIN"


async def test_a_new_link_ends_the_old(database: asyncpg.Pool) -> None:
    """A restart prints another; an expired or made-up one opens nothing."""
    old = await setup.issue() or ""
    new = await setup.issue() or ""
    assert not await setup.is_open(old)
    assert await setup.is_open(new)
    await database.execute("UPDATE setup_tokens SET expires_at = now() - interval '1 second'")
    assert not await setup.is_open(new)
    assert not await setup.is_open("made-up")


async def test_demo_accounts_do_not_count(database: asyncpg.Pool) -> None:
    """A seeded server still needs its administrator."""
    await users.ensure_demo("demo1@example.com", "demo1", "demo123")
    assert await setup.issue()

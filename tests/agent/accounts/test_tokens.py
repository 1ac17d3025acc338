"""API tokens: seen once, limited by scopes, recognisable by scanners."""

import re
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest

from agent.accounts import tokens
from agent.actor import Actor
from agent.errors import Problem


async def test_a_token_works_until_revoked(ada: Actor) -> None:
    """With the scopes it was given, in the order they are listed in."""
    made = await tokens.create(ada, " laptop ", ["write", "read"])
    assert re.fullmatch(r"wtk_[0-9A-Za-z]{38}", made.token)
    actor = await tokens.actor_of(made.token)
    assert actor is not None
    assert (actor.user_id, actor.scopes, actor.token_id) == (ada.user_id, frozenset({"read", "write"}), made.id)
    (listed,) = await tokens.list_(ada)
    assert (listed.name, listed.prefix, listed.scopes) == ("laptop", made.token[:10], ["read", "write"])
    await tokens.revoke(ada, made.id)
    assert await tokens.actor_of(made.token) is None
    with pytest.raises(Problem, match="no such token"):
        await tokens.revoke(ada, made.id)


async def test_the_table_holds_a_hash(ada: Actor, database: asyncpg.Pool) -> None:
    """Whoever reads the database can use none of them."""
    made = await tokens.create(ada, "x")
    assert made.token[10:] not in str(await database.fetch("SELECT * FROM api_tokens"))


async def test_a_typo_never_reaches_the_database(ada: Actor, database: asyncpg.Pool) -> None:
    """The checksum tells; so does any other nonsense."""
    made = await tokens.create(ada, "x")
    changed = made.token[:8] + ("A" if made.token[8] != "A" else "B") + made.token[9:]
    for wrong in (changed, made.token[:-1], "wtk_", "", "sk-1", "wtk_" + "é" * 38):
        assert await tokens.actor_of(wrong) is None


async def test_a_token_grants_no_more_than_its_maker_has(ada: Actor) -> None:
    """A reading token cannot make a writing one; an unknown scope is named."""
    reader = msgspec.structs.replace(ada, scopes=frozenset({"read"}))
    with pytest.raises(Problem) as caught:
        await tokens.create(reader, "x", ["read", "write"])
    assert (caught.value.code, caught.value.extra["scope"]) == ("missing_scope", "write")
    with pytest.raises(Problem) as caught:
        await tokens.create(ada, "x", ["admin"])
    assert caught.value.code == "invalid_arguments"


async def test_a_token_without_any_scope_is_refused(ada: Actor) -> None:
    """No box ticked is no right given, not every one."""
    with pytest.raises(Problem) as caught:
        await tokens.create(ada, "bare", [])
    assert caught.value.code == "invalid_arguments"
    assert await tokens.list_(ada) == []


async def test_what_a_token_makes_ends_with_it(ada: Actor, database: asyncpg.Pool) -> None:
    """Else one that was lent for an hour would last for ever."""
    until = datetime.now(UTC) + timedelta(hours=1)
    lent = await tokens.actor_of((await tokens.create(ada, "lent", expires_at=until)).token)
    assert lent
    for wanted in (None, until + timedelta(days=1), until - timedelta(minutes=1)):
        made = await tokens.create(lent, "child", expires_at=wanted)
        assert await database.fetchval("SELECT expires_at FROM api_tokens WHERE id = $1", made.id) == min(wanted or until, until)


async def test_it_ends_when_it_says(ada: Actor) -> None:
    """Not a second later."""
    made = await tokens.create(ada, "x", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await tokens.actor_of(made.token) is None


async def test_a_stranger_cannot_revoke(ada: Actor, admin: Actor) -> None:
    """Not even an administrator: they suspend the user."""
    made = await tokens.create(ada, "x")
    with pytest.raises(Problem, match="no such token"):
        await tokens.revoke(admin, made.id)
    assert await tokens.actor_of(made.token)

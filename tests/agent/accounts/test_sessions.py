"""Login sessions: only in the cookie, ended when they should."""

from uuid import uuid4

import asyncpg
import pytest

from agent.accounts import sessions
from agent.accounts.audit import Origin
from agent.actor import Actor
from agent.errors import Problem

_ORIGIN = Origin("203.0.113.5", "Firefox")


async def test_a_session_is_its_token(ada: Actor, database: asyncpg.Pool) -> None:
    """The table knows only a hash; a changed token is nobody's."""
    token = await sessions.open_session(ada, _ORIGIN)
    found = await sessions.actor_of(token)
    assert found is not None
    assert (found.user_id, found.via) == (ada.user_id, "web")
    assert await sessions.actor_of(token[:-1]) is None
    assert token.encode() not in (await database.fetchval("SELECT token_hash FROM login_sessions"))


async def test_the_list_says_where(ada: Actor, admin: Actor) -> None:
    """One's own, with address and browser; another's cannot be ended."""
    token = await sessions.open_session(ada, _ORIGIN)
    (listed,) = await sessions.list_(ada)
    assert (listed.ip_address, listed.user_agent) == ("203.0.113.5", "Firefox")
    for actor, wanted in ((admin, listed.id), (ada, uuid4())):
        with pytest.raises(Problem) as caught:
            await sessions.revoke(actor, wanted)
        assert caught.value.code == "not_found"
    await sessions.revoke(ada, listed.id)
    assert await sessions.actor_of(token) is None


async def test_an_old_one_ends_by_itself(ada: Actor, database: asyncpg.Pool) -> None:
    """After its thirty days."""
    token = await sessions.open_session(ada, _ORIGIN)
    await database.execute("UPDATE login_sessions SET expires_at = now() - interval '1 second'")
    assert await sessions.actor_of(token) is None
    assert await sessions.list_(ada) == []


async def test_fresh_for_ten_minutes(ada: Actor, database: asyncpg.Pool) -> None:
    """Then the person is asked again."""
    token = await sessions.open_session(ada, _ORIGIN)
    assert await sessions.is_fresh(token)
    await database.execute("UPDATE login_sessions SET confirmed_at = now() - interval '11 minutes'")
    assert not await sessions.is_fresh(token)
    await sessions.confirm(token)
    assert await sessions.is_fresh(token)


async def test_all_but_this_one(ada: Actor) -> None:
    """What a changed password does."""
    here, there = await sessions.open_session(ada, _ORIGIN), await sessions.open_session(ada, _ORIGIN)
    await sessions.close_all(ada.user_id, but=here)
    assert await sessions.actor_of(here)
    assert await sessions.actor_of(there) is None

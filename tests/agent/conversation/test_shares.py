"""Shared links: what is public is what was previewed, without secrets, as long as it should be."""

import asyncpg
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.conversation import chats, shares
from agent.errors import Problem
from agent.messages import Mention, Reasoning, Text, ToolCall, ToolResult

SECRET = "sk-ant-api03-" + "Zq7rT2mX9vB4" * 6


@pytest.fixture
async def ada(database: asyncpg.Pool) -> Actor:
    """A user."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", "ada@example.com", "web")


async def _chat(actor: Actor) -> chats.Started:
    started = await chats.post(actor, f"my key: {SECRET}", provider="builtin", model="guide", more=[Mention("api", "shop", "Shop", "inside-canary")])
    blocks = [
        Reasoning("thought-canary"),
        ToolCall("c", "capture_get", {"call": "x"}),
        ToolResult("c", "capture_get", f"result-canary {SECRET}"),
        Text("Done."),
    ]
    await chats.save_answer(started.answer_id, blocks)
    await chats.set_title(started.chat_session_id, "Keys")
    return started


def _token(share: shares.Share) -> str:
    return share.url.rsplit("/", 1)[-1]


async def test_the_link_shows_exactly_the_preview(ada: Actor) -> None:
    """Secrets, thoughts, mentions and results are not in it; what is said later is not either."""
    chat = await _chat(ada)
    seen = await shares.preview(ada, chat.chat_session_id)
    assert "result-canary" in str(await shares.preview(ada, chat.chat_session_id, with_results=True))
    share = await shares.create(ada, chat.chat_session_id)
    await chats.save_answer(chat.answer_id, [Text("later-canary")])
    opened = await shares.opened(_token(share))
    assert opened == seen
    assert seen.hidden >= 1
    text = str(opened)
    assert SECRET not in text
    assert "canary" not in text
    assert ("text", "", "Done.") in seen.messages[1].parts


async def test_a_link_ends(ada: Actor, database: asyncpg.Pool) -> None:
    """Revoked, expired, or of a suspended owner, it is as if it had never been; a revoked one keeps no copy."""
    chat = await _chat(ada)
    revoked, expired, kept = [await shares.create(ada, chat.chat_session_id, days=1) for _ in range(3)]
    assert not (await shares.revoke(ada, revoked.id)).is_live
    assert await shares.opened(_token(revoked)) is None
    assert await database.fetchval("SELECT snapshot::text FROM shares WHERE id = $1", revoked.id) == "{}"
    await database.execute("UPDATE shares SET expires_at = now() - interval '1 second' WHERE id = $1", expired.id)
    assert await shares.opened(_token(expired)) is None
    assert await shares.opened(_token(kept))
    assert (await shares.get(ada, kept.id)).views == 1
    await chats.delete(ada, chat.chat_session_id)
    assert await shares.opened(_token(kept))
    await database.execute("UPDATE users SET is_suspended = true WHERE id = $1", ada.user_id)
    assert await shares.opened(_token(kept)) is None


async def test_links_are_their_owners(ada: Actor) -> None:
    """Nobody else lists, revokes or makes one; ids and odd texts open nothing."""
    chat = await _chat(ada)
    share = await shares.create(ada, chat.chat_session_id, days=None)
    profile = await users.sign_up("bob@example.com", "correct horse")
    bob = users.actor_of(profile.id, "USER", "bob@example.com", "web")
    assert (await shares.list_(bob)).items == []
    for action in (shares.revoke(bob, share.id), shares.create(bob, chat.chat_session_id), shares.preview(bob, chat.chat_session_id)):
        with pytest.raises(Problem):
            await action
    for token in (str(share.id), str(chat.chat_session_id), "", "'", "é" * 32, "\0" * 32, _token(share)[:-1], _token(share).swapcase()):
        assert await shares.opened(token) is None

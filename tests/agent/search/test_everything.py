"""One search over chats, APIs, documents and calls: what it finds, in which order, and that it finds nothing of others."""

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from agent import endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.errors import Problem
from agent.search.everything import Found, everywhere
from db.ids import uuid7


async def _user(email: str) -> Actor:
    profile = await users.sign_up(email, "correct horse")
    return users.actor_of(profile.id, "USER", email, "web")


async def _chat(database: asyncpg.Pool, actor: Actor, title: str, *said: str, blocks: list[dict[str, Any]] | None = None) -> UUID:
    chat = uuid7()
    await database.execute("INSERT INTO chat_sessions (id, user_id, title) VALUES ($1, $2, $3)", chat, actor.user_id, title)
    for index, text in enumerate(said):
        content = json.dumps(blocks or [{"type": "text", "text": text}])
        await database.execute(
            "INSERT INTO chat_messages (id, chat_session_id, role, content) VALUES ($1, $2, $3, $4)", uuid7(), chat, ("user", "assistant")[index % 2], content
        )
    return chat


def _hits(found: Found) -> list[str]:
    return [piece.text for piece in found.snippet if piece.is_hit]


async def test_words_are_found_by_stem_beginning_and_part(database: asyncpg.Pool) -> None:
    """Inflected words, the beginning of one, a part of a path and Chinese without spaces find their message, with the words marked."""
    ada = await _user("ada@example.com")
    await _chat(database, ada, "Money", "How do refunds work?", "Send POST /v2/orders/ord_1001/refund with the order's id. 退款接口返回错误码。")
    for query, hit in (
        ("refunding", "refund"),
        ("ref", "refund"),
        ("ord_1001", "ord"),
        ("orders/ord", "orders"),
        ("退款接口", "退款接口"),
        ('"返回错误"', "返回错误"),
    ):
        found = await everywhere(ada, query)
        assert [one.title for one in found.chats] == ["Money"], query
        assert any(hit in piece for piece in _hits(found.chats[0])), (query, found.chats[0].snippet)


async def test_a_title_goes_first_and_a_chat_is_found_once(database: asyncpg.Pool) -> None:
    """A chat with the word in its title goes before one that mentions it often, and ten messages are one result."""
    ada = await _user("ada@example.com")
    await _chat(database, ada, "Webhooks", "How are they signed?")
    await _chat(database, ada, "Other", *["webhooks and webhooks"] * 10)
    assert [one.title for one in (await everywhere(ada, "webhooks")).chats] == ["Webhooks", "Other"]


async def test_a_misspelt_title_is_offered(database: asyncpg.Pool) -> None:
    """Where words find nothing, titles and APIs that are spelt alike are."""
    ada = await _user("ada@example.com")
    await _chat(database, ada, "Payment webhooks", "hello")
    await endpoints.insert_known(ada, "https://billing.example.com", "Billing service")
    found = await everywhere(ada, "paymnet")
    assert [one.title for one in found.chats] == ["Payment webhooks"]
    assert [one.title for one in (await everywhere(ada, "bililng")).apis] == ["Billing service"]


async def test_filters_narrow_it(database: asyncpg.Pool) -> None:
    """A place, a speaker, a time and an API; a filter that cannot be read is refused with its word."""
    ada = await _user("ada@example.com")
    await _chat(database, ada, "One", "shop please", "the shop is captured")
    await endpoints.insert_known(ada, "https://shop.example.com", "Shop")
    everything = await everywhere(ada, "shop")
    assert (len(everything.chats), len(everything.apis)) == (1, 1)
    only = await everywhere(ada, "shop in:chats from:me")
    assert (only.chats[0].detail, only.apis) == ("You", [])
    assert (await everywhere(ada, "shop in:chats before:2020-01-01")).chats == []
    assert (await everywhere(ada, "shop in:chats after:1h")).chats
    assert (await everywhere(ada, "status:5xx")).chats == []
    assert "nowhere" in (await everywhere(ada, "x api:nowhere")).ignored
    for wrong in ("in:space x", "from:mars x", "before:someday x"):
        with pytest.raises(Problem):
            await everywhere(ada, wrong)


async def test_nobody_finds_what_is_anothers(database: asyncpg.Pool) -> None:
    """The same word in another's chats and APIs stays theirs, also when it is misspelt."""
    ada, bob = await _user("ada@example.com"), await _user("bob@example.com")
    await _chat(database, ada, "Secret plans", "the canary sings")
    await endpoints.insert_known(ada, "https://canary.example.com", "Canary")
    for query in ("canary", "cannary", "plans", "plasn", "in:apis canary", "api:canary x"):
        assert (await everywhere(bob, query)).everything == [], query


@pytest.mark.parametrize("query", ["'", "\\", "a & | !", "((", ":*", '"', "\0", "the", "<b>", "%_", "a" * 5000, "in:", "🙂", "' || '", "foo:bar baz"])
async def test_any_text_can_be_searched_for(database: asyncpg.Pool, query: str) -> None:
    """Whatever is typed is words, never syntax."""
    ada = await _user("ada@example.com")
    await _chat(database, ada, "One", "hello")
    await everywhere(ada, query)

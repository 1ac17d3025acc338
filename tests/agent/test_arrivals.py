"""First calls: noted once with the call itself, for the chats that made the API and for nobody else."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from agent import arrivals
from agent.recorder import Heard, row_of, store
from db import engine
from db.ids import uuid7

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def ids(database: asyncpg.Pool) -> tuple[UUID, UUID]:
    """A user with an endpoint, both of one id, and their chat."""
    user, chat = uuid7(), uuid7()
    await database.execute("INSERT INTO users (id, email, username) VALUES ($1, 'a@example.com', 'anna')", user)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'api', 'api', 'http://x.example')", user)
    await database.execute("INSERT INTO chat_sessions (id, user_id) VALUES ($1, $2)", chat, user)
    return user, chat


def _heard(owner: UUID, path: str, seconds: int = 0, source: str = "proxy") -> Heard:
    return Heard(owner, owner, "GET", f"http://x.example{path}?token=abc", source=source, status=200, started_at=NOW + timedelta(seconds=seconds))  # type: ignore[arg-type]


async def test_the_first_call_is_noted_once(ids: tuple[UUID, UUID]) -> None:
    """The earliest of a batch, whatever comes later or is stored again; the chat's bell rings once."""
    user, chat = ids
    rung: list[str] = []
    listener = await engine.connect()
    await listener.add_listener("wiretalk", lambda *heard: rung.append(heard[-1]))
    await arrivals.expect(chat, user)
    await arrivals.expect(chat, user)
    assert await arrivals.of_chat(chat) == []
    rows = [row_of(_heard(user, "/later", 5)), row_of(_heard(user, "/first", 1))]
    await store(rows)
    await store(rows)  # as after a crash
    await store([row_of(_heard(user, "/third", 0))])
    [found] = await arrivals.of_chat(chat)
    assert (found.endpoint_id, found.call_id, found.method, found.path, found.status, found.at) == (
        user, rows[1].id, "GET", "/first", 200, NOW + timedelta(seconds=1),
    )  # fmt: skip
    assert await arrivals.of_endpoints([user, uuid7()]) == {user: found}
    while rung.count(f"calls:{user}") < 2:
        await asyncio.sleep(0.01)
    assert rung.count(f"chat:{chat}") == 1
    await listener.close()


async def test_nothing_is_told_of_what_no_client_called_or_no_chat_made(ids: tuple[UUID, UUID]) -> None:
    """Imports and calls of the agent are no first call, and an endpoint that no chat expects is nobody's news."""
    user, chat = ids
    await store([row_of(_heard(user, "/before"))])
    await arrivals.expect(chat, user)
    await store([row_of(_heard(user, "/x", source=source)) for source in ("import", "agent", "replay")])
    assert await arrivals.of_chat(chat) == []
    await arrivals.expect(uuid7(), user)  # a chat that is gone by now
    assert await arrivals.of_endpoints([user]) == {}

"""Reading a chat's tree of messages: the branch that is shown, a window of it, the versions of a message. Who may read it is for the caller to say.

Edits and answers given again stand beside each other under one parent. A branch is the way from the first message down to one of the leaves.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from agent.messages import Block, Role
from db import engine

WINDOW = 40


class StoredMessage(msgspec.Struct, frozen=True):
    """`run_id` and `run_status` belong to the run that writes or wrote an answer. `versions` are the ids of the messages in its place, it among them, oldest first."""

    id: UUID
    parent_id: UUID | None
    role: Role
    content: list[Block]
    provider: str | None
    model: str | None
    metadata: dict[str, Any]
    timestamp: datetime
    run_id: UUID | None = None
    run_status: str | None = None
    versions: list[UUID] = []


class Window(msgspec.Struct, frozen=True):
    """A piece of a branch, oldest message first. `has_newer`: it is not the end of the branch that is shown."""

    messages: list[StoredMessage]
    has_older: bool
    has_newer: bool = False


async def leaf(chat_id: UUID) -> UUID | None:
    """Where the branch that is shown ends; None in an empty chat."""
    async with engine.connection() as connection:
        return await connection.fetchval(_LEAF, chat_id)


async def leaf_under(chat_id: UUID, message_id: UUID) -> UUID | None:
    """The newest end of the branches that go through a message; None where there is no such message."""
    ids = await under(chat_id, message_id)
    async with engine.connection() as connection:
        return await connection.fetchval(_NEWEST_LEAF, ids)


async def line(chat_id: UUID, end: UUID | None, most: int | None = None) -> list[UUID]:
    """The ids from the first message, or the last `most`, down to `end`."""
    async with engine.connection() as connection:
        return [row["id"] for row in await connection.fetch(_LINE, chat_id, end, most)]


async def load(chat_id: UUID, ids: list[UUID]) -> list[StoredMessage]:
    """These messages, in this order; those that are gone are left out."""
    async with engine.connection() as connection:
        rows = await connection.fetch(_LOAD, chat_id, ids)
    return [_message(dict(row)) for row in rows]


async def branch(chat_id: UUID, end: UUID | None = None) -> list[StoredMessage]:
    """From the first message to `end`, by default the end of the branch that is shown."""
    async with engine.connection() as connection:
        return [_message(dict(row)) for row in await connection.fetch(_BRANCH, chat_id, end, None)]


async def window(chat_id: UUID, end: UUID | None, most: int = WINDOW) -> Window:
    """The last messages down to `end`, at most so many."""
    ids = await line(chat_id, end, most + 1)
    return Window(await load(chat_id, ids[-most:]), len(ids) > most)


async def window_around(chat_id: UUID, message_id: UUID, most: int = WINDOW) -> Window:
    """Some messages before one and more after it; the end of the branch that is shown where it is there."""
    ids = await line(chat_id, await leaf(chat_id))
    is_aside = message_id not in ids
    if is_aside:
        ids = await line(chat_id, await leaf_under(chat_id, message_id))
    start = max(0, min(ids.index(message_id) - most // 4, len(ids) - most))
    return Window(await load(chat_id, ids[start : start + most]), start > 0, is_aside or start + most < len(ids))


async def under(chat_id: UUID, message_id: UUID) -> list[UUID]:
    """A message and everything that follows it, in every branch."""
    async with engine.connection() as connection:
        return [row["id"] for row in await connection.fetch(_UNDER, chat_id, message_id)]


def _message(row: dict[str, Any]) -> StoredMessage:
    content: Any = msgspec.json.decode(row["content"], type=list[Block])
    return StoredMessage(**row | {"content": content, "metadata": msgspec.json.decode(row["metadata"])})


_LEAF = """
SELECT coalesce(
  (SELECT m.id FROM chat_sessions c JOIN chat_messages m ON m.id = c.leaf_id AND m.chat_session_id = c.id WHERE c.id = $1),
  (SELECT id FROM chat_messages WHERE chat_session_id = $1 ORDER BY id DESC LIMIT 1))
"""
_UNDER = """
WITH RECURSIVE below AS (
  SELECT id FROM chat_messages WHERE chat_session_id = $1 AND id = $2
  UNION ALL
  SELECT m.id FROM chat_messages m JOIN below ON m.parent_id = below.id
) SELECT id FROM below
"""
_NEWEST_LEAF = """
SELECT m.id FROM chat_messages m WHERE m.id = ANY($1) AND NOT EXISTS (SELECT 1 FROM chat_messages child WHERE child.parent_id = m.id)
ORDER BY m.timestamp DESC, m.id DESC LIMIT 1
"""
_UPWARDS = """
WITH RECURSIVE line AS (
  SELECT id, parent_id, 1 AS place FROM chat_messages WHERE chat_session_id = $1 AND id = {end}
  UNION ALL
  SELECT m.id, m.parent_id, line.place + 1 FROM chat_messages m JOIN line ON m.id = line.parent_id WHERE $3::int IS NULL OR line.place < $3
)
"""
_LINE = _UPWARDS.format(end="$2") + "SELECT id FROM line ORDER BY place DESC"  # noqa: S608  # constant parts
_LOADED = """
SELECT m.id, m.parent_id, m.role, m.content, m.provider, m.model, m.metadata, m.timestamp, r.id AS run_id, r.status AS run_status, coalesce(
  (SELECT array_agg(s.id ORDER BY s.timestamp, s.id) FROM chat_messages s WHERE s.parent_id = m.parent_id),
  (SELECT array_agg(s.id ORDER BY s.timestamp, s.id) FROM chat_messages s WHERE m.parent_id IS NULL AND s.chat_session_id = $1 AND s.parent_id IS NULL)
) AS versions
FROM {wanted}
JOIN chat_messages m ON m.id = wanted.id AND m.chat_session_id = $1
LEFT JOIN LATERAL (SELECT id, status FROM runs WHERE answer_message_id = m.id ORDER BY id DESC LIMIT 1) r ON true
ORDER BY wanted.place
"""
_LOAD = _LOADED.format(wanted="unnest($2::uuid[]) WITH ORDINALITY AS wanted(id, place)")
_BRANCH = _UPWARDS.format(end=f"coalesce($2, ({_LEAF}))") + _LOADED.format(wanted="(SELECT id, -place AS place FROM line) wanted")

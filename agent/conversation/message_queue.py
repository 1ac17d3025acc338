"""Messages that wait in a chat until the answer before them is finished; each then starts its own run, in order.

They are kept with the chat, so a reload, another device or a restart loses none. After a stop or a failure they are held:
whether to go on is for the user to say.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from agent import events
from agent.actor import Actor, Via
from agent.conversation import chats, tree
from agent.errors import Problem
from agent.messages import Block
from db import engine, jsonb
from db.ids import uuid7

MOST = 20


class Queued(msgspec.Struct, frozen=True):
    """A message that waits. It keeps its id when it is sent."""

    id: UUID
    text: str
    provider: str
    model: str
    created_at: datetime


class _Kept(Queued, frozen=True):
    """What is stored: also with which rights it was said, and what stood before it on the branch that was shown."""

    via: Via
    scopes: list[str]
    more: list[Block] = []
    follows: UUID | None = None


async def add(actor: Actor, chat_id: UUID, text: str, *, provider: str, model: str, more: Sequence[Block] = ()) -> Queued:
    """Put a message at the end, with what it brings along. Raises invalid_arguments, message_too_long, chat_not_found, queue_full."""
    chats.check_text(text)
    await chats.get(actor, chat_id)
    follows = await tree.leaf(chat_id)
    kept = _Kept(uuid7(), text, provider, model, datetime.now(UTC), actor.via, sorted(actor.scopes), list(more), follows)
    async with engine.connection() as connection:
        if await connection.fetchval(_ADD, chat_id, actor.user_id, jsonb.encode([kept]), MOST) is None:
            raise Problem("queue_full", f"{MOST} messages wait already.")
    await events.ring("chat", chat_id)
    return _shown(kept)


async def list_(actor: Actor, chat_id: UUID) -> list[Queued]:
    """In the order in which they will be sent. Raises chat_not_found."""
    await chats.get(actor, chat_id)
    return [_shown(kept) for kept in (await _read(chat_id)).kept]


async def first(chat_id: UUID) -> Queued | None:
    """What will be sent when the answer of now is finished."""
    kept = (await _read(chat_id)).kept
    return _shown(kept[0]) if kept else None


async def change(actor: Actor, chat_id: UUID, queued_id: UUID, text: str) -> Queued:
    """Say it differently while it waits. Raises chat_not_found, invalid_arguments, message_too_long, not_found where it was sent already."""
    chats.check_text(text)
    await chats.get(actor, chat_id)
    async with engine.connection() as connection:
        if await connection.fetchval(_CHANGE, chat_id, actor.user_id, str(queued_id), text) is None:
            raise _gone()
    await events.ring("chat", chat_id)
    for one in await list_(actor, chat_id):
        if one.id == queued_id:
            return one
    raise _gone()


async def remove(actor: Actor, chat_id: UUID, queued_id: UUID) -> None:
    """Take one back. Raises chat_not_found, not_found where it was sent already."""
    await chats.get(actor, chat_id)
    async with engine.connection() as connection:
        if await connection.fetchval(_REMOVE, chat_id, actor.user_id, str(queued_id)) is None:
            raise _gone()
    await events.ring("chat", chat_id)


async def start_next(chat_id: UUID, *, is_shown: bool = False) -> chats.Started | None:
    """Store the first one as a message with its run; None where none waits or the chat is answering. The caller drives the run.

    It follows what stood before it when it was said; a reader who turned to another branch since is left there unless `is_shown`.
    """
    found = await _read(chat_id)
    if not found.kept or found.user_id is None:
        return None
    head = found.kept[0]
    actor = Actor(user_id=found.user_id, scopes=frozenset(head.scopes), via=head.via)
    try:
        started = await chats.post(
            actor, head.text, chat_id=chat_id, provider=head.provider, model=head.model, queued=head.id, more=head.more, follows=head.follows, is_shown=is_shown
        )
    except Problem as problem:
        if problem.code in ("run_active", "conflict"):
            return None
        raise
    await events.ring("chat", chat_id)
    return started


async def stranded() -> list[UUID]:
    """Chats whose answer was finished a while ago and whose next message nobody has taken up: the worker died in between."""
    async with engine.connection() as connection:
        return [row["id"] for row in await connection.fetch(_STRANDED)]


class _Waiting(msgspec.Struct, frozen=True):
    user_id: UUID | None
    kept: list[_Kept]


async def _read(chat_id: UUID) -> _Waiting:
    async with engine.connection() as connection:
        row = await connection.fetchrow("SELECT user_id, queue FROM chat_sessions WHERE id = $1", chat_id)
    return _Waiting(row["user_id"], msgspec.json.decode(row["queue"], type=list[_Kept])) if row else _Waiting(None, [])


def _gone() -> Problem:
    return Problem("not_found", "This message does not wait any more.", remedy="Look at the chat: it may have been sent.")


def _shown(kept: _Kept) -> Queued:
    values: dict[str, Any] = {name: getattr(kept, name) for name in Queued.__struct_fields__}
    return Queued(**values)


_ADD = """
UPDATE chat_sessions SET queue = queue || $3::text::jsonb WHERE id = $1 AND user_id = $2 AND jsonb_array_length(queue) < $4
RETURNING jsonb_array_length(queue)
"""
_CHANGE = """
UPDATE chat_sessions SET queue = (
  SELECT jsonb_agg(CASE WHEN one->>'id' = $3::text THEN jsonb_set(one, '{text}', to_jsonb($4::text)) ELSE one END ORDER BY place)
  FROM jsonb_array_elements(queue) WITH ORDINALITY AS t(one, place)
) WHERE id = $1 AND user_id = $2 AND queue @> jsonb_build_array(jsonb_build_object('id', $3::text)) RETURNING id
"""
_REMOVE = """
UPDATE chat_sessions SET queue = (
  SELECT coalesce(jsonb_agg(one ORDER BY place), '[]') FROM jsonb_array_elements(queue) WITH ORDINALITY AS t(one, place) WHERE one->>'id' <> $3::text
) WHERE id = $1 AND user_id = $2 AND queue @> jsonb_build_array(jsonb_build_object('id', $3::text)) RETURNING id
"""
_STRANDED = """
SELECT c.id FROM chat_sessions c
JOIN LATERAL (SELECT status, ended_at FROM runs WHERE chat_session_id = c.id ORDER BY id DESC LIMIT 1) r ON true
WHERE c.queue <> '[]' AND r.status = 'completed' AND r.ended_at < now() - interval '5 seconds'
"""

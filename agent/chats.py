"""Chats: sessions and their tree of messages. A message is stored together with the run that will answer it, or not at all."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.messages import Block, Role, Text
from agent.paging import Page, after, bounded, page
from db import engine, jsonb
from db.ids import uuid7
from db.tables import ChatMessage, ChatSession, Run


class Chat(msgspec.Struct, frozen=True):
    id: UUID
    title: str | None
    status: str
    provider: str | None
    model: str | None
    created_at: datetime
    last_message_at: datetime


class StoredMessage(msgspec.Struct, frozen=True):
    """`run_id` and `run_status` belong to the run that writes or wrote an answer."""

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


class Started(msgspec.Struct, frozen=True):
    """A run that waits for its worker."""

    chat_session_id: UUID
    run_id: UUID
    message_id: UUID
    answer_id: UUID


async def create(actor: Actor, *, title: str | None = None) -> Chat:
    row = ChatSession(id=uuid7(), user_id=actor.user_id, title=title, created_via=actor.via)
    await ChatSession.insert(row)
    return await get(actor, row.id)


async def get(actor: Actor, chat_id: UUID) -> Chat:
    """Raises chat_not_found."""
    rows = await ChatSession.raw(_SELECT + " WHERE id = {} AND user_id = {}", chat_id, actor.user_id)
    if not rows:
        raise Problem("chat_not_found", "There is no such chat.")
    return Chat(**rows[0])


async def list_(actor: Actor, *, status: str = "active", limit: int | None = None, cursor: str | None = None) -> Page[Chat]:
    """Newest first."""
    size = bounded(limit)
    rows = await ChatSession.raw(
        _SELECT + " WHERE user_id = {} AND status = {} AND id < {} ORDER BY id DESC LIMIT {}", actor.user_id, status, after(cursor), size + 1
    )
    return page([Chat(**row) for row in rows], size)


async def rename(actor: Actor, chat_id: UUID, title: str) -> Chat:
    """Raises chat_not_found, invalid_arguments."""
    if not (name := " ".join(title.split())[:120]):
        raise Problem("invalid_arguments", "A chat needs a title.", field="title")
    await get(actor, chat_id)
    await ChatSession.update({ChatSession.title: name}).where(ChatSession.id == chat_id)
    return await get(actor, chat_id)


async def archive(actor: Actor, chat_id: UUID, *, archived: bool = True) -> Chat:
    """Raises chat_not_found."""
    await get(actor, chat_id)
    await ChatSession.update({ChatSession.status: "archived" if archived else "active"}).where(ChatSession.id == chat_id)
    return await get(actor, chat_id)


async def delete(actor: Actor, chat_id: UUID) -> None:
    """With its messages and runs. Raises chat_not_found."""
    await get(actor, chat_id)
    await ChatSession.delete().where((ChatSession.id == chat_id) & (ChatSession.user_id == actor.user_id))


async def messages(actor: Actor, chat_id: UUID) -> list[StoredMessage]:
    """The branch that ends in the newest message, oldest first. Raises chat_not_found."""
    await get(actor, chat_id)
    return await branch(chat_id)


async def branch(chat_id: UUID, leaf: UUID | None = None) -> list[StoredMessage]:
    """From the first message to `leaf` (default: the newest one)."""
    rows = await ChatMessage.raw(_BRANCH, chat_id, chat_id, leaf, leaf)
    return [_message(row) for row in rows]


async def post(actor: Actor, text: str, *, chat_id: UUID | None = None, provider: str, model: str, queued: UUID | None = None) -> Started:
    """Store a user's message with an empty answer and the run that will fill it. `queued`: it waited under this id and leaves the queue, once.

    Raises invalid_arguments, message_too_long, chat_not_found, run_active, conflict where it left the queue before.
    """
    check_text(text)
    chat = await get(actor, chat_id) if chat_id else await create(actor)
    earlier = await branch(chat.id) if chat_id else []
    message = ChatMessage(
        id=queued or uuid7(),
        chat_session_id=chat.id,
        parent_id=earlier[-1].id if earlier else None,
        user_id=actor.user_id,
        role="user",
        content=_encode([Text(text)]),
    )
    return await _start(actor, chat.id, message, provider, model, queued=queued)


async def retry(actor: Actor, run_id: UUID, *, provider: str | None = None, model: str | None = None) -> Started:
    """Answer the same message again, beside the earlier answer. Raises run_not_found, run_active."""
    rows = await Run.raw("SELECT chat_session_id, message_id, provider, model FROM runs WHERE id = {} AND user_id = {}", run_id, actor.user_id)
    if not rows:
        raise Problem("run_not_found", "There is no such run.")
    row = rows[0]
    return await _start(actor, row["chat_session_id"], row["message_id"], provider or row["provider"], model or row["model"])


async def save_answer(answer_id: UUID, blocks: list[Block], metadata: dict[str, Any] | None = None) -> None:
    """What was said so far."""
    values: dict[Any, Any] = {ChatMessage.content: _encode(blocks)}
    if metadata is not None:
        await note(answer_id, **metadata)
    await ChatMessage.update(values).where(ChatMessage.id == answer_id)


async def summary(actor: Actor, chat_id: UUID) -> dict[str, Any] | None:
    """The summary that stands in for the chat's oldest turns, as `agent.compaction` stored it. Raises chat_not_found."""
    kept = [stored.metadata["summary"] for stored in await messages(actor, chat_id) if stored.metadata.get("summary")]
    return kept[-1] if kept and not kept[-1].get("is_undone") else None


async def undo_summary(actor: Actor, chat_id: UUID) -> None:
    """From the next message on the model reads the turns themselves again. Raises chat_not_found."""
    await get(actor, chat_id)
    await ChatMessage.raw(_UNDO, chat_id)


async def note(answer_id: UUID, **values: Any) -> None:
    """Keep something beside an answer, whatever else is kept there."""
    await ChatMessage.raw("UPDATE chat_messages SET metadata = metadata || {}::jsonb WHERE id = {}", jsonb.encode(values), answer_id)


async def set_title(chat_id: UUID, title: str) -> bool:
    """A generated title, unless there is one."""
    rows = await ChatSession.raw("UPDATE chat_sessions SET title = {} WHERE id = {} AND title IS NULL RETURNING id", title[:120], chat_id)
    return bool(rows)


def check_text(text: str) -> None:
    """Whether it can be a message. Raises invalid_arguments, message_too_long."""
    if not text.strip():
        raise Problem("invalid_arguments", "The message is empty.", remedy="Write something first.", field="message")
    if "\x00" in text:
        raise Problem("invalid_arguments", "The message has a NUL character in it.", remedy="Remove it, or attach the text as a file.", field="message")
    if len(text) > settings().message_limit:
        raise Problem(
            "message_too_long", f"The message has {len(text):,} characters; {settings().message_limit:,} are the limit.", limit=settings().message_limit
        )


async def _start(actor: Actor, chat_id: UUID, message: ChatMessage | UUID, provider: str, model: str, *, queued: UUID | None = None) -> Started:
    message_id = message if isinstance(message, UUID) else message.id
    answer = ChatMessage(id=uuid7(), chat_session_id=chat_id, parent_id=message_id, role="assistant", provider=provider, model=model)
    run = Run(
        id=uuid7(), chat_session_id=chat_id, message_id=message_id, answer_message_id=answer.id, user_id=actor.user_id, provider=provider, model=model,
        via=actor.via, scopes=sorted(actor.scopes),
    )  # fmt: skip
    try:
        async with engine.transaction():
            if queued and not await ChatSession.raw(_LEAVE_QUEUE, chat_id, str(queued)):
                raise Problem("conflict", "This message was sent already.")
            if isinstance(message, ChatMessage):
                await ChatMessage.insert(message)
            await ChatMessage.insert(answer)
            await Run.insert(run)
            await ChatSession.raw("UPDATE chat_sessions SET last_message_at = now(), provider = {}, model = {} WHERE id = {}", provider, model, chat_id)
    except asyncpg.UniqueViolationError as error:
        raise Problem("run_active", "This chat is still answering the message before.") from error
    return Started(chat_id, run.id, message_id, answer.id)


def _encode(blocks: list[Block]) -> str:
    return jsonb.encode(blocks)


def _message(row: dict[str, Any]) -> StoredMessage:
    content: Any = msgspec.json.decode(row["content"], type=list[Block])
    return StoredMessage(**row | {"content": content, "metadata": msgspec.json.decode(row["metadata"])})


_SELECT = "SELECT id, title, status, provider, model, created_at, last_message_at FROM chat_sessions"
_LEAVE_QUEUE = "UPDATE chat_sessions SET queue = queue - 0 WHERE id = {} AND queue->0->>'id' = {} RETURNING id"
_UNDO = """
UPDATE chat_messages SET metadata = jsonb_set(metadata, ARRAY['summary', 'is_undone'], 'true') WHERE chat_session_id = {} AND metadata ? 'summary'
"""
_BRANCH = """
WITH RECURSIVE line AS (
  (SELECT m.*, 0 AS depth FROM chat_messages m WHERE m.chat_session_id = {}
   AND m.id = coalesce((SELECT id FROM chat_messages WHERE chat_session_id = {} AND {}::uuid IS NULL ORDER BY id DESC LIMIT 1), {}::uuid))
  UNION ALL
  SELECT m.*, line.depth + 1 FROM chat_messages m JOIN line ON m.id = line.parent_id
)
SELECT line.id, line.parent_id, line.role, line.content, line.provider, line.model, line.metadata, line.timestamp, r.id AS run_id, r.status AS run_status
FROM line LEFT JOIN LATERAL (SELECT id, status FROM runs WHERE answer_message_id = line.id ORDER BY id DESC LIMIT 1) r ON true
ORDER BY line.depth DESC
"""

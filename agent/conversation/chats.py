"""Chats: sessions, and what is said in them. A message is stored together with the run that will answer it, or not at all.

Which chat changed is told by the bell `chat:<id>`; who shows it reads what is new.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec

from agent import events
from agent.actor import Actor
from agent.config import settings
from agent.conversation.tree import StoredMessage, Window, leaf, leaf_under, line, load, window, window_around
from agent.conversation.tree import branch as branch  # a run reads its conversation through here
from agent.errors import Problem
from agent.messages import Block, Text, ToolCall
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


class Started(msgspec.Struct, frozen=True):
    """A run that waits for its worker."""

    chat_session_id: UUID
    run_id: UUID
    message_id: UUID
    answer_id: UUID


async def create(actor: Actor, *, title: str | None = None) -> Chat:
    return await get(actor, await _create(actor, title))


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


async def messages(actor: Actor, chat_id: UUID, *, limit: int | None = None, cursor: str | None = None) -> Page[StoredMessage]:
    """The branch that is shown, oldest message first. Raises chat_not_found, bad_request."""
    await get(actor, chat_id)
    ids, size = await line(chat_id, await leaf(chat_id)), bounded(limit)
    begin = ids.index(after(cursor)) + 1 if cursor and after(cursor) in ids else 0
    return page(await load(chat_id, ids[begin : begin + size + 1]), size)


async def message(actor: Actor, chat_id: UUID, message_id: UUID) -> StoredMessage:
    """One message of any branch. Raises chat_not_found, not_found."""
    await get(actor, chat_id)
    if not (found := await load(chat_id, [message_id])):
        raise Problem("not_found", "There is no such message in this chat.", remedy="Reload the chat: it may have been deleted.")
    return found[0]


async def shown(actor: Actor, chat_id: UUID, *, before: UUID | None = None, at: UUID | None = None) -> Window:
    """The end of the branch that is shown, or the part of a branch before a message, or around one. Raises chat_not_found, not_found."""
    if at:
        return await window_around(chat_id, (await message(actor, chat_id, at)).id)
    if before:
        found = await window(chat_id, (await message(actor, chat_id, before)).parent_id)
        return msgspec.structs.replace(found, has_newer=True)
    await get(actor, chat_id)
    return await window(chat_id, await leaf(chat_id))


async def post(
    actor: Actor, text: str, *, chat_id: UUID | None = None, provider: str, model: str, queued: UUID | None = None, more: Sequence[Block] = (),
    follows: UUID | None = None, instead_of: UUID | None = None, is_shown: bool = True, owner: str | None = None,
) -> Started:  # fmt: skip
    """Store a user's message with an empty answer and the run that will fill it. `queued`: it waited under this id and leaves the queue, once.

    `owner`: who has the run from its beginning, instead of claiming it.
    `more`: what the message brings along, from `agent.conversation.mentions`; its files then belong to the message.
    It stands at the end of the branch that is shown, or of the newest one under `follows`, or beside `instead_of`, whose files it keeps.
    Not `is_shown`: the chat turns to it only if it shows what it follows.

    Raises invalid_arguments, message_too_long, chat_not_found, not_found, run_active, conflict where it left the queue before.
    """
    check_text(text)
    if chat_id is None:
        said = _Said(queued or uuid7(), None, [Text(text), *more])
        return await _start(actor, None, said, provider, model, owner=owner)
    if instead_of:
        earlier = await message(actor, chat_id, instead_of)
        if earlier.role != "user":
            raise Problem("invalid_arguments", "Only a message of yours can be edited.", remedy="Ask for another answer instead.", field="message_id")
        parent, more = earlier.parent_id, more or [block for block in earlier.content if not isinstance(block, Text)]
    else:
        _, under = await asyncio.gather(get(actor, chat_id), leaf_under(chat_id, follows) if follows else leaf(chat_id))
        parent = under or await leaf(chat_id)
    said = _Said(queued or uuid7(), parent, [Text(text), *more])
    return await _start(actor, chat_id, said, provider, model, queued=queued, is_shown=is_shown, owner=owner)


async def retry(actor: Actor, run_id: UUID, *, provider: str | None = None, model: str | None = None) -> Started:
    """Answer the same message again, beside the earlier answer. Raises run_not_found, run_active."""
    rows = await Run.raw("SELECT chat_session_id, message_id, provider, model FROM runs WHERE id = {} AND user_id = {}", run_id, actor.user_id)
    if not rows:
        raise Problem("run_not_found", "There is no such run.")
    row = rows[0]
    return await _start(actor, row["chat_session_id"], row["message_id"], provider or row["provider"], model or row["model"])


async def answer_again(actor: Actor, chat_id: UUID, message_id: UUID, *, provider: str, model: str) -> Started:
    """Answer a message again, beside the earlier answers; `message_id` is the message, or one of its answers. Raises chat_not_found, not_found, run_active."""
    found = await message(actor, chat_id, message_id)
    asked = found.id if found.role == "user" else found.parent_id
    if asked is None:
        raise Problem("not_found", "There is no message that this answers.")
    return await _start(actor, chat_id, asked, provider, model)


async def go_on(actor: Actor, run_id: UUID) -> Started:
    """Write an answer on that was stopped, failed or cut off at its limit, in its own message.

    Raises run_not_found, conflict where it was finished, has nothing yet or something follows it, run_active.
    """
    rows = await Run.raw(_UNFINISHED, run_id, actor.user_id)
    if not rows:
        raise Problem("run_not_found", "There is no such run.")
    row = rows[0]
    content: Any = msgspec.json.decode(row["content"], type=list[Block])
    if not (row["is_unfinished"] and content and not row["is_followed"]):
        raise Problem("conflict", "This answer has nothing to go on from.", remedy="Have it answered again, or say what to do in a new message.")
    called = [int(block.id.split("_")[1]) for block in content if isinstance(block, ToolCall)]
    run = Run(
        id=uuid7(), chat_session_id=row["chat_session_id"], message_id=row["message_id"], answer_message_id=row["answer_message_id"],
        user_id=actor.user_id, provider=row["provider"], model=row["model"], via=actor.via, scopes=sorted(actor.scopes), steps=max(called, default=0) + 1,
    )  # fmt: skip
    try:
        async with engine.transaction():
            await Run.insert(run)
            await ChatMessage.raw(_REOPEN, row["answer_message_id"])
            await events.ring("chat", row["chat_session_id"])
    except asyncpg.UniqueViolationError as error:
        raise Problem("run_active", "This chat is answering already.") from error
    return Started(row["chat_session_id"], run.id, row["message_id"], row["answer_message_id"])


async def save_answer(answer_id: UUID, blocks: list[Block], metadata: dict[str, Any] | None = None) -> None:
    """What was said so far, and what is to be kept beside it."""
    await ChatMessage.raw(
        "UPDATE chat_messages SET content = {}::jsonb, metadata = metadata || {}::jsonb WHERE id = {}",
        jsonb.encode(blocks), jsonb.encode(metadata or {}), answer_id,
    )  # fmt: skip


async def summary(actor: Actor, chat_id: UUID) -> dict[str, Any] | None:
    """The summary that stands in for the chat's oldest turns, as `agent.runs.compaction` stored it. Raises chat_not_found."""
    await get(actor, chat_id)
    rows = await ChatMessage.raw("SELECT id, metadata->'summary' AS summary FROM chat_messages WHERE chat_session_id = {} AND metadata ? 'summary'", chat_id)
    kept: dict[UUID, dict[str, Any]] = {row["id"]: msgspec.json.decode(row["summary"]) for row in rows}
    found = next((kept[id] for id in reversed(await line(chat_id, await leaf(chat_id))) if id in kept), None) if kept else None
    return None if found is None or found.get("is_undone") else found


async def undo_summary(actor: Actor, chat_id: UUID) -> None:
    """From the next message on the model reads the turns themselves again. Raises chat_not_found."""
    await get(actor, chat_id)
    await ChatMessage.raw(_UNDO, chat_id)


async def note(answer_id: UUID, **values: Any) -> None:
    """Keep something beside an answer, whatever else is kept there."""
    await ChatMessage.raw("UPDATE chat_messages SET metadata = metadata || {}::jsonb WHERE id = {}", jsonb.encode(values), answer_id)


async def is_untitled(chat_id: UUID) -> bool:
    """Whether nobody has named a chat yet."""
    return bool(await ChatSession.raw("SELECT 1 FROM chat_sessions WHERE id = {} AND title IS NULL", chat_id))


async def set_title(chat_id: UUID, title: str) -> bool:
    """A generated title, unless there is one."""
    rows = await ChatSession.raw("UPDATE chat_sessions SET title = {} WHERE id = {} AND title IS NULL RETURNING id", title[:120], chat_id)
    return bool(rows)


async def retitle(chat_id: UUID, before: str, title: str) -> bool:
    """A better title in the place of a generated one that still stands."""
    rows = await ChatSession.raw(_RETITLE, title[:120], chat_id, before[:120])
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


class _Said(msgspec.Struct, frozen=True):
    """A message that is to be stored."""

    id: UUID
    parent_id: UUID | None
    content: list[Block]


async def _start(
    actor: Actor, chat_id: UUID | None, message: _Said | UUID, provider: str, model: str, *,
    queued: UUID | None = None, is_shown: bool = True, owner: str | None = None,
) -> Started:  # fmt: skip
    """In one statement: the reader waits for it before the first word. Without a `chat_id` in a chat of its own."""
    said = message if isinstance(message, _Said) else None
    started = Started(chat_id or uuid7(), uuid7(), said.id if said else cast(UUID, message), uuid7())
    content = jsonb.encode(said.content) if said else None
    values = (
        started.chat_session_id, started.run_id, started.message_id, started.answer_id, actor.user_id, provider, model, actor.via, sorted(actor.scopes),
        owner, chat_id is None, content, said.parent_id if said else None, is_shown,
    )  # fmt: skip
    try:
        if queued is None:
            async with engine.connection() as connection:
                await connection.execute(_START, *values)
            return started
        async with engine.transaction() as work:
            await work.connection.execute(_START, *values)
            if not await ChatSession.raw(_LEAVE_QUEUE, started.chat_session_id, str(queued), content):
                raise Problem("conflict", "This message was sent or changed already.")
    except asyncpg.UniqueViolationError as error:
        raise Problem("run_active", "This chat is still answering the message before.") from error
    except asyncpg.ForeignKeyViolationError as error:
        raise Problem("conflict", "What this answers was deleted in the meantime.") from error
    return started


async def _create(actor: Actor, title: str | None = None) -> UUID:
    row = ChatSession(id=uuid7(), user_id=actor.user_id, title=title, created_via=actor.via)
    await ChatSession.insert(row)
    return row.id


_SELECT = "SELECT id, title, status, provider, model, created_at, last_message_at FROM chat_sessions"
_LEAVE_QUEUE = """
UPDATE chat_sessions SET queue = queue - 0 WHERE id = {} AND queue->0->>'id' = {} AND queue->0->'text' = {}::text::jsonb->0->'text' RETURNING id
"""
_UNDO = """
UPDATE chat_messages SET metadata = jsonb_set(metadata, ARRAY['summary', 'is_undone'], 'true') WHERE chat_session_id = {} AND metadata ? 'summary'
"""
_UNFINISHED = """
SELECT r.chat_session_id, r.message_id, r.answer_message_id, r.provider, r.model, m.content,
  r.status IN ('stopped', 'failed') OR r.error IS NOT NULL AS is_unfinished, EXISTS (SELECT 1 FROM chat_messages c WHERE c.parent_id = m.id) AS is_followed
FROM runs r JOIN chat_messages m ON m.id = r.answer_message_id WHERE r.id = {} AND r.user_id = {}
"""
_REOPEN = "UPDATE chat_messages SET metadata = metadata - 'error' - 'status' - 'suggestions' WHERE id = {}"
_RETITLE = "UPDATE chat_sessions SET title = {} WHERE id = {} AND title = {} RETURNING pg_notify('wiretalk', 'chat:' || id::text)"
# The chat's row, which another start may wait for, comes after the run: whoever has the one gets the other.
_START = """
WITH made AS (
  INSERT INTO chat_sessions (id, user_id, created_via, provider, model, leaf_id) SELECT $1, $5, $8, $6, $7, $4 WHERE $11
), said AS (
  INSERT INTO chat_messages (id, chat_session_id, parent_id, user_id, role, content)
  SELECT $3, $1, $13, $5, 'user', $12::text::jsonb WHERE $12::text IS NOT NULL RETURNING content
), tied AS (
  UPDATE attachments a SET chat_message_id = $3 FROM said, jsonb_array_elements(said.content) AS block
  WHERE a.id = CASE WHEN block->>'type' = 'attachment' THEN (block->>'id')::uuid END AND a.user_id = $5 AND a.chat_message_id IS NULL
), answer AS (
  INSERT INTO chat_messages (id, chat_session_id, parent_id, role, provider, model) VALUES ($4, $1, $3, 'assistant', $6, $7)
), run AS (
  INSERT INTO runs (id, chat_session_id, message_id, answer_message_id, user_id, provider, model, via, scopes, owner, status, beat_at, started_at)
  SELECT $2, $1, $3, $4, $5, $6, $7, $8, $9, $10::text, CASE WHEN $10::text IS NULL THEN 'queued' ELSE 'running' END, t, t
  FROM (SELECT CASE WHEN $10::text IS NOT NULL THEN now() END AS t) begun RETURNING chat_session_id
), turned AS (
  UPDATE chat_sessions c SET last_message_at = now(), provider = $6, model = $7,
  leaf_id = CASE WHEN $14 OR leaf_id IS NULL OR leaf_id = $13 THEN $4 ELSE leaf_id END FROM run WHERE c.id = run.chat_session_id
)
SELECT pg_notify('wiretalk', 'chat:' || chat_session_id) FROM run
"""

"""What a reader does to a chat's tree: turn to another branch, carry one on in a new chat, rate an answer, take messages away."""

from typing import Literal
from uuid import UUID

import msgspec

from agent import events
from agent.actor import Actor
from agent.conversation import chats, tree
from agent.conversation.chats import Chat
from agent.conversation.tree import StoredMessage
from agent.errors import Problem
from db import engine, jsonb
from db.ids import uuid7

Verdict = Literal["up", "down"]
LONGEST_NOTE = 2_000


class Removed(msgspec.Struct, frozen=True):
    """How many messages went, and where the chat's shown branch ends now."""

    messages: int
    leaf_id: UUID | None


async def choose(actor: Actor, chat_id: UUID, message_id: UUID) -> UUID:
    """Show the newest branch through a message from now on, wherever the chat is open; its end. Raises chat_not_found, not_found."""
    await chats.message(actor, chat_id, message_id)
    end = await tree.leaf_under(chat_id, message_id) or message_id
    async with engine.transaction(), engine.connection() as connection:
        await connection.execute("UPDATE chat_sessions SET leaf_id = $2 WHERE id = $1", chat_id, end)
        await events.ring("chat", chat_id)
    return end


async def fork(actor: Actor, chat_id: UUID, message_id: UUID) -> Chat:
    """A new chat with a copy of everything up to a message. Raises chat_not_found, not_found, run_active where it is still being written."""
    old = await chats.get(actor, chat_id)
    last = await chats.message(actor, chat_id, message_id)
    if last.run_status in ("queued", "running", "waiting_approval"):
        raise Problem("run_active", "This answer is still being written.")
    ids = await tree.line(chat_id, message_id)
    copies = [uuid7() for _ in ids]
    made = await chats.create(actor, title=old.title)
    async with engine.transaction(), engine.connection() as connection:
        await connection.execute(_COPY, made.id, ids, copies, [None, *copies[:-1]])
        await connection.execute(_LIKE, made.id, chat_id, copies[-1])
    return await chats.get(actor, made.id)


async def remove(actor: Actor, chat_id: UUID, message_id: UUID) -> Removed:
    """Delete a message with everything that follows it, in every branch; the chat turns to what is left beside or before it.

    Raises chat_not_found, not_found, run_active while one of them is being written.
    """
    doomed, ids = await chats.message(actor, chat_id, message_id), list[UUID]()
    async with engine.transaction(), engine.connection() as connection:
        await connection.execute("SELECT 1 FROM chat_sessions WHERE id = $1 FOR UPDATE", chat_id)  # nothing is added below it meanwhile
        ids = await tree.under(chat_id, message_id)
        if await connection.fetchval(_BUSY, ids):
            raise Problem("run_active", "The chat is still answering one of these messages.")
        shown = await tree.leaf(chat_id)
        await connection.execute("DELETE FROM runs WHERE answer_message_id = ANY($1)", ids)
        await connection.execute("DELETE FROM chat_messages WHERE id = ANY($1)", ids)
        if shown in ids:
            await connection.execute("UPDATE chat_sessions SET leaf_id = $2 WHERE id = $1", chat_id, await _beside(chat_id, doomed))
        await events.ring("chat", chat_id)
    return Removed(len(ids), await tree.leaf(chat_id))


async def rate(actor: Actor, chat_id: UUID, message_id: UUID, verdict: Verdict | None, note: str = "") -> StoredMessage:
    """Keep what a reader thinks of an answer; None takes it back. Raises chat_not_found, not_found, invalid_arguments."""
    if (await chats.message(actor, chat_id, message_id)).role != "assistant":
        raise Problem("invalid_arguments", "Only an answer can be rated.", field="message_id")
    if "\x00" in note or len(note) > LONGEST_NOTE:
        raise Problem("invalid_arguments", f"A note is plain text of at most {LONGEST_NOTE:,} characters.", field="note")
    kept = jsonb.encode({"rating": {"verdict": verdict, "note": note.strip()}}) if verdict else "{}"
    async with engine.connection() as connection:
        await connection.execute("UPDATE chat_messages SET metadata = (metadata - 'rating') || $2::text::jsonb WHERE id = $1", message_id, kept)
    return await chats.message(actor, chat_id, message_id)


async def _beside(chat_id: UUID, gone: StoredMessage) -> UUID | None:
    """Where to turn: the version before it, else the one after, else its parent."""
    place = gone.versions.index(gone.id)
    others = [*reversed(gone.versions[:place]), *gone.versions[place + 1 :]]
    return await tree.leaf_under(chat_id, others[0]) if others else gone.parent_id


_BUSY = "SELECT EXISTS (SELECT 1 FROM runs WHERE answer_message_id = ANY($1) AND status IN ('queued', 'running', 'waiting_approval'))"
_COPY = """
INSERT INTO chat_messages (id, chat_session_id, parent_id, user_id, role, content, provider, model, metadata, timestamp)
SELECT t.copy, $1, t.parent, m.user_id, m.role, m.content, m.provider, m.model, m.metadata - 'rating', m.timestamp
FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS t(id, copy, parent) JOIN chat_messages m ON m.id = t.id
"""
_LIKE = """
UPDATE chat_sessions c SET provider = old.provider, model = old.model, application_id = old.application_id, leaf_id = $3
FROM chat_sessions old WHERE c.id = $1 AND old.id = $2
"""

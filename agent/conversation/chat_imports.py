"""Chats of a file become chats of a user, each whole or not at all. The same file twice brings nothing twice."""

import asyncio
import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from agent.accounts import audit
from agent.actor import Actor
from agent.conversation import chat_files
from agent.conversation.chat_files import GivenChat
from agent.errors import Problem
from db import engine, jsonb
from db.ids import uuid7

MAX_BYTES = 50 * 1024 * 1024
_MOST_REASONS = 20


class Report(msgspec.Struct, frozen=True):
    """What became of a file. `known` chats were imported before; `skipped` has the first reasons for those that were left out."""

    imported: int
    messages: int
    known: int
    skipped: list[str]
    first: UUID | None = None


async def import_file(actor: Actor, data: bytes) -> Report:
    """Our own JSON, ChatGPT's or Open WebUI's export, or a ZIP with one inside. Raises unreadable_chats, too_large."""
    if len(data) > MAX_BYTES:
        raise Problem("too_large", f"The file has {len(data) / 1_048_576:.0f} MB; {MAX_BYTES // 1_048_576} MB are the limit.", remedy="Import it in parts.")
    if not data.strip():
        raise Problem("unreadable_chats", "The file is empty.")
    found = await asyncio.to_thread(chat_files.read, data)
    imported, messages, known, first = 0, 0, 0, None
    for chat in found.chats:
        made = await _store(actor, chat)
        if made is None:
            known += 1
            continue
        imported, messages, first = imported + 1, messages + len(chat.messages), first or made
    await audit.record("CHATS_IMPORTED", actor=actor, resource="USER", resource_id=actor.user_id, chats=imported, messages=messages)
    return Report(imported, messages, known, found.skipped[:_MOST_REASONS], first)


async def _store(actor: Actor, chat: GivenChat) -> UUID | None:
    """The new chat's id; None where it is there already."""
    chat_id, ids = _lasting_id(actor, chat), {one.key: uuid7() for one in chat.messages}
    leaf = ids.get(chat.leaf) if chat.leaf else ids[chat.messages[-1].key]
    newest = max(one.at for one in chat.messages)
    rows = [
        (
            ids[one.key], chat_id, ids.get(one.parent) if one.parent else None, actor.user_id if one.role == "user" else None,
            one.role, jsonb.encode(one.content), jsonb.storable(one.provider), jsonb.storable(one.model), one.at,
        )
        for one in chat.messages
    ]  # fmt: skip
    title, status = jsonb.storable(chat.title) or None, "archived" if chat.is_archived else "active"
    async with engine.transaction() as work:
        if not await work.connection.fetchval(_CHAT, chat_id, actor.user_id, title, status, leaf, newest, chat.at):
            return None
        await work.connection.executemany(_MESSAGE, rows)
    return chat_id


def _lasting_id(actor: Actor, chat: GivenChat) -> UUID:
    """Made of whose it is and what the file calls it, with the chat's own time in front, by which lists are sorted."""
    digest = hashlib.sha256(f"{actor.user_id}\n{chat.source}\n{chat.key}".encode("utf-8", "replace")).digest()
    bits = int.from_bytes(digest[:10])
    return UUID(int=_milliseconds(chat.at) << 80 | 0x7 << 76 | (bits >> 68) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1))


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000) & ((1 << 48) - 1)


_CHAT = """
INSERT INTO chat_sessions (id, user_id, title, status, leaf_id, last_message_at, created_at, created_via) VALUES ($1, $2, $3, $4, $5, $6, $7, 'import')
ON CONFLICT (id) DO NOTHING RETURNING id
"""
_MESSAGE = """
INSERT INTO chat_messages (id, chat_session_id, parent_id, user_id, role, content, provider, model, timestamp)
VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9)
"""

"""A chat by link: a snapshot of what was said up to now, cleaned of secrets, for anybody who has the link, until it expires or is revoked.

What will be public is exactly what `preview` gives: it is stored, and nothing that happens to the chat later changes it. What tools
answered is left out unless it is asked for. The link's token is random and long; without it there is nothing to be found.
"""

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from agent.accounts import audit
from agent.actor import Actor
from agent.config import settings
from agent.conversation import chat_exports, chats, tree
from agent.errors import Problem
from agent.messages import Attachment, Block, Mention, Reasoning, Refusal, Text, ToolCall, ToolResult
from agent.paging import Page, after, bounded, page
from agent.spec.secrets import redact
from agent.spec.secrets.finding import find_secrets
from db import engine, jsonb
from db.ids import uuid7

DAYS = (1, 7, 30, 365)
_MOST_BYTES = 4 * 1024 * 1024
_TOKEN_BYTES = 24
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,100}", re.ASCII)
_LONGEST_RESULT = 20_000


class Said(msgspec.Struct, frozen=True):
    """A message of a snapshot. `parts` are (kind, name, text): text, tool, result, file."""

    role: str
    model: str | None
    at: datetime
    parts: list[tuple[str, str, str]]


class Snapshot(msgspec.Struct, frozen=True):
    """Everything that a link shows. `hidden` counts the secrets that were masked."""

    title: str
    messages: list[Said]
    hidden: int = 0


class Share(msgspec.Struct, frozen=True):
    """`is_live`: the link works."""

    id: UUID
    title: str
    url: str
    chat_session_id: UUID | None
    views: int
    is_live: bool
    expires_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


async def preview(actor: Actor, chat_id: UUID, *, with_results: bool = False) -> Snapshot:
    """What would be public now. Raises chat_not_found, too_large."""
    chat = await chats.get(actor, chat_id)
    branch = await tree.branch(chat_id)
    marks = sum(_masks(stored.content) for stored in branch)
    said = [
        Said("user" if one.role == "user" else "assistant", one.model, one.timestamp, parts)
        for one in branch
        if (parts := _parts(one.content, with_results=with_results))
    ]
    made = Snapshot(redact.mask_text(chat.title or "Chat"), said, marks)
    if len(msgspec.json.encode(made)) > _MOST_BYTES:
        raise Problem("too_large", "This chat is too long to be shared whole.", remedy="Leave the results of tools out, or share a shorter one.")
    return made


async def create(actor: Actor, chat_id: UUID, *, days: int | None = 30, with_results: bool = False) -> Share:
    """`days`: when the link stops; None: only when it is revoked. Raises chat_not_found, too_large, invalid_arguments, forbidden for a demo account."""
    if actor.role == "DEMO":
        raise Problem("forbidden", "A demo account shares nothing.", remedy="Sign up for an account of your own: it is free.")
    if days is not None and not 1 <= days <= 3650:
        raise Problem("invalid_arguments", "A link can expire after 1 to 3650 days.", field="days")
    made = await preview(actor, chat_id, with_results=with_results)
    if not made.messages:
        raise Problem("invalid_arguments", "There is nothing to share in this chat yet.", remedy="Say something first.")
    share_id, expires = uuid7(), datetime.now(UTC) + timedelta(days=days) if days else None
    async with engine.connection() as connection:
        await connection.execute(
            "INSERT INTO shares (id, user_id, chat_session_id, title, token, snapshot, expires_at) VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7)",
            share_id, actor.user_id, chat_id, jsonb.storable(made.title), secrets.token_urlsafe(_TOKEN_BYTES), jsonb.encode(made), expires,
        )  # fmt: skip
    await audit.record("CHAT_SHARED", actor=actor, resource="SHARE", resource_id=share_id, chat=str(chat_id), expires_at=expires.isoformat() if expires else "")
    return await get(actor, share_id)


async def get(actor: Actor, share_id: UUID) -> Share:
    """Raises not_found."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(f"{_SELECT} AND id = $2", actor.user_id, share_id)
    if row is None:
        raise Problem("not_found", "There is no such link.")
    return _share(dict(row))


async def list_(actor: Actor, *, chat_id: UUID | None = None, limit: int | None = None, cursor: str | None = None) -> Page[Share]:
    """Newest first, also those that no longer work."""
    size = bounded(limit)
    async with engine.connection() as connection:
        rows = await connection.fetch(
            f"{_SELECT} AND id < $2 AND ($3::uuid IS NULL OR chat_session_id = $3) ORDER BY id DESC LIMIT $4", actor.user_id, after(cursor), chat_id, size + 1
        )
    return page([_share(dict(row)) for row in rows], size)


async def revoke(actor: Actor, share_id: UUID) -> Share:
    """Works at once; what was public is deleted. Raises not_found."""
    found = await get(actor, share_id)
    async with engine.connection() as connection:
        await connection.execute(
            "UPDATE shares SET revoked_at = coalesce(revoked_at, now()), snapshot = '{}' WHERE id = $1 AND user_id = $2", share_id, actor.user_id
        )
    await audit.record("SHARE_REVOKED", actor=actor, resource="SHARE", resource_id=share_id)
    return await get(actor, found.id)


async def opened(token: str) -> Snapshot | None:
    """What a link shows to anybody; None for one that never was, has expired or was revoked, or whose owner is suspended."""
    if not _TOKEN.fullmatch(token):
        return None
    async with engine.connection() as connection:
        snapshot = await connection.fetchval(_OPEN, token)
    return msgspec.json.decode(snapshot, type=Snapshot) if snapshot else None


def _parts(content: list[Block], *, with_results: bool) -> list[tuple[str, str, str]]:
    """Never: thoughts, structures, what was mentioned with `@`, the insides of files."""
    parts: list[tuple[str, str, str]] = []
    for block in chat_exports.masked(content):
        match block:
            case Text() | Refusal() if block.text:
                parts.append(("text", "", block.text))
            case ToolCall():
                parts.append(("tool", block.name, msgspec.json.format(msgspec.json.encode(block.arguments), indent=2).decode() if with_results else ""))
            case ToolResult() if with_results:
                parts.append(("result", block.name, block.text[:_LONGEST_RESULT]))
            case Attachment():
                parts.append(("file", block.file_name, ""))
            case _:
                continue
    return parts


def _masks(content: list[Block]) -> int:
    """How many secrets a message's words hold."""
    return sum(len(find_secrets(block.text)) for block in content if isinstance(block, Text | Refusal | Reasoning | Mention))


def _share(row: dict[str, Any]) -> Share:
    token = row.pop("token")
    return Share(**row, url=f"{settings().base_url}/s/{token}")


_SELECT = """
SELECT id, title, token, chat_session_id, views, revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_live, expires_at, revoked_at, created_at
FROM shares WHERE user_id = $1
"""
_OPEN = """
UPDATE shares s SET views = s.views + 1 FROM users u
WHERE s.token = $1 AND s.revoked_at IS NULL AND (s.expires_at IS NULL OR s.expires_at > now()) AND u.id = s.user_id AND u.is_active AND NOT u.is_suspended
RETURNING s.snapshot
"""

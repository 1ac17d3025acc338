"""A chat as a file: Markdown to read, JSON to import again. Secrets are masked in both; nothing is stored.

The JSON holds the whole tree of messages, the Markdown the branch that is shown.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.conversation import chats, tree
from agent.conversation.chats import Chat
from agent.conversation.tree import StoredMessage
from agent.messages import Attachment, Block, Mention, Picture, Reasoning, Refusal, Text, ToolCall, ToolResult
from agent.spec.secrets import redact
from db import engine

Format = Literal["json", "markdown"]
FORMAT, VERSION = "wiretalk.chats", 1
_LONGEST_RESULT = 4_000


class Exported(msgspec.Struct, frozen=True):
    """A file: its text, and a name for it."""

    text: str
    file_name: str
    media_type: str


async def export(actor: Actor, chat_id: UUID, format: Format = "json") -> Exported:
    """Raises chat_not_found."""
    chat = await chats.get(actor, chat_id)
    name = f"{re.sub(r'[^a-z0-9]+', '-', (chat.title or 'chat').lower()).strip('-')[:60] or 'chat'}-{chat.created_at:%Y-%m-%d}"
    if format == "markdown":
        return Exported(markdown(chat, await tree.branch(chat_id)), f"{name}.md", "text/markdown; charset=utf-8")
    return Exported(document([await whole(chat)]), f"{name}.json", "application/json")


async def whole(chat: Chat) -> dict[str, Any]:
    """A chat with every message of its tree, masked, as it is written. The caller has checked whose it is."""
    async with engine.connection() as connection:
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM chat_messages WHERE chat_session_id = $1 ORDER BY id", chat.id)]
    leaf = await tree.leaf(chat.id)
    found = [_message(stored) for start in range(0, len(ids), 500) for stored in await tree.load(chat.id, ids[start : start + 500])]
    return {
        "id": str(chat.id), "title": redact.mask_text(chat.title or ""), "status": chat.status, "provider": chat.provider, "model": chat.model,
        "created_at": chat.created_at.isoformat(), "last_message_at": chat.last_message_at.isoformat(), "leaf_id": str(leaf) if leaf else None, "messages": found,
    }  # fmt: skip


def document(found: Sequence[dict[str, Any]]) -> str:
    """What an import takes back."""
    made = {"format": FORMAT, "version": VERSION, "exported_at": datetime.now(UTC).isoformat(), "chats": list(found)}
    return msgspec.json.format(msgspec.json.encode(made), indent=2).decode()


def markdown(chat: Chat, branch: Sequence[StoredMessage]) -> str:
    """To read, here or elsewhere: what was said, what was called, and what came back."""
    parts = [f"# {_one_line(redact.mask_text(chat.title or 'Chat'))}", f"_{chat.created_at:%Y-%m-%d %H:%M} UTC, exported from Wiretalk_"]
    for stored in branch:
        who = "You" if stored.role == "user" else f"Wiretalk ({stored.model})" if stored.model else "Wiretalk"
        parts += [f"## {who}", *filter(None, (_written(block) for block in masked(stored.content)))]
    return "\n\n".join(parts) + "\n"


def masked(content: Sequence[Block]) -> list[Block]:
    """The same blocks with secrets hidden and without what only a provider reads."""
    return [_masked(block) for block in content]


def _masked(block: Block) -> Block:
    match block:
        case Text() | Reasoning() | Refusal():
            return type(block)(redact.mask_text(block.text))
        case ToolCall():
            return ToolCall(block.id, block.name, redact.mask_json(block.arguments))
        case ToolResult():
            return msgspec.structs.replace(block, text=redact.mask_text(block.text), data=redact.mask_json(block.data))
        case Mention():
            return msgspec.structs.replace(block, title=redact.mask_text(block.title), text=redact.mask_text(block.text))
        case Attachment() | Picture():
            return block


def _message(stored: StoredMessage) -> dict[str, Any]:
    kept = {key: stored.metadata[key] for key in ("usage", "status", "error", "rating") if key in stored.metadata}
    return {
        "id": str(stored.id), "parent_id": str(stored.parent_id) if stored.parent_id else None, "role": stored.role,
        "content": msgspec.to_builtins(masked(stored.content)), "provider": stored.provider, "model": stored.model,
        "metadata": redact.mask_json(kept), "timestamp": stored.timestamp.isoformat(),
    }  # fmt: skip


def _written(block: Block) -> str:
    match block:
        case Text() | Refusal():
            return block.text
        case Reasoning():
            return "\n".join(f"> {line}" for line in block.text.splitlines())
        case ToolCall():
            return f"**`{block.name}`**\n\n{_fence(msgspec.json.format(msgspec.json.encode(block.arguments), indent=2).decode(), 'json')}"
        case ToolResult():
            text = (
                block.text if len(block.text) <= _LONGEST_RESULT else f"{block.text[:_LONGEST_RESULT]}\n… {len(block.text) - _LONGEST_RESULT:,} more characters"
            )
            return _fence(text)
        case Attachment():
            return f"_Attached: {_one_line(block.file_name)} ({block.size:,} bytes)_"
        case Mention():
            return f"_Mentioned: {_one_line(block.title)}_" if block.kind != "file" else ""
        case Picture():
            return ""


def _fence(text: str, language: str = "") -> str:
    """A code block that its text cannot end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text}\n{marks}"


def _one_line(text: str) -> str:
    return " ".join(text.split())

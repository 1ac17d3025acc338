"""Files with chats in them, read into one shape: our own export, ChatGPT's `conversations.json` and Open WebUI's export, alone or in a ZIP.

Values in, values out. A file is a stranger's: nothing in it is believed but words, roles, order and times. What a tool answered is kept
as text from outside; marks of providers, structures for cards and references to files are dropped.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from agent.errors import Problem
from agent.messages import Block, Mention, Reasoning, Refusal, Role, Text, ToolCall, ToolResult

MOST_CHATS, MOST_MESSAGES, MOST_BYTES = 10_000, 20_000, 256 * 1024 * 1024
_LONGEST_TEXT = 1_000_000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class GivenMessage(msgspec.Struct, frozen=True):
    """`key` and `parent` are the file's own names for messages; a parent always comes before its children."""

    key: str
    parent: str | None
    role: Role
    content: list[Block]
    provider: str | None
    model: str | None
    at: datetime


class GivenChat(msgspec.Struct, frozen=True):
    """`source` and `key` name the chat for ever, so that the same file twice is one import. `leaf` is the message that its branch ends in."""

    source: str
    key: str
    title: str
    at: datetime
    messages: list[GivenMessage]
    leaf: str | None
    is_archived: bool = False


class Read(msgspec.Struct, frozen=True):
    """The chats of a file, and why others were left out."""

    chats: list[GivenChat]
    skipped: list[str]


def read(data: bytes) -> Read:
    """Raises unreadable_chats with a sentence."""
    found: list[GivenChat] = []
    skipped: list[str] = []
    for index, item in enumerate(_items(data)):
        if index >= MOST_CHATS:
            skipped.append(f"Only the first {MOST_CHATS:,} chats were read.")
            break
        try:
            chat = _chat(item)
            found.append(chat) if chat.messages else skipped.append(f"`{chat.title[:60]}` has no messages.")
        except (KeyError, TypeError, ValueError, AttributeError, msgspec.ValidationError, OverflowError):
            skipped.append(f"Chat {index + 1} is not in a form that is known here.")
    if not found and not skipped:
        raise Problem("unreadable_chats", "The file has no chats in it.")
    return Read(found, skipped)


def _items(data: bytes) -> Iterator[Any]:
    if data[:4] == b"PK\x03\x04":
        for text in _unzipped(data):
            yield from _listed(text)
        return
    yield from _listed(data)


def _unzipped(data: bytes) -> Iterator[bytes]:
    """The files of an archive that may hold chats, within a size that no bomb passes."""
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name for name in archive.namelist() if name.endswith(".json")]
            wanted = [name for name in names if name.rsplit("/", 1)[-1].startswith(("conversations", "chat-export", "chats")) or "/chats/" in f"/{name}"]
            for name in (wanted or names)[:MOST_CHATS]:
                with archive.open(name) as file:
                    text = file.read(left + 1)
                left -= len(text)
                if left < 0:
                    raise Problem("too_large", f"The archive holds more than {MOST_BYTES // 1_048_576} MB of chats.")
                yield text
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Problem("unreadable_chats", "The archive cannot be read.") from error


def _listed(text: bytes) -> list[Any]:
    try:
        value = json.loads(text.decode("utf-8-sig"))  # takes halves of a surrogate pair, which exports do have
    except (ValueError, RecursionError) as error:
        raise Problem("unreadable_chats", "The file is not valid JSON.") from error
    if isinstance(value, dict) and isinstance(value.get("chats"), list):
        return value["chats"]
    return value if isinstance(value, list) else [value]


def _chat(item: dict[str, Any]) -> GivenChat:
    if isinstance(item.get("mapping"), dict):
        return _of_chatgpt(item)
    inner = item.get("chat")
    if isinstance(inner, dict) or isinstance(item.get("history"), dict):
        return _of_open_webui(item, inner if isinstance(inner, dict) else item)
    if isinstance(item.get("messages"), list):
        return _of_ours(item)
    raise ValueError("unknown")


def _of_ours(item: dict[str, Any]) -> GivenChat:
    at = _time(item.get("created_at"))
    messages = [
        GivenMessage(
            str(one["id"]), str(one["parent_id"]) if one.get("parent_id") else None, "user" if one["role"] == "user" else "assistant",
            _blocks(one["content"]), _word(one.get("provider")), _word(one.get("model")), _time(one.get("timestamp"), at),
        )
        for one in item["messages"][:MOST_MESSAGES] if one["role"] in ("user", "assistant")
    ]  # fmt: skip
    return _made("wiretalk", item, item.get("title"), at, messages, item.get("leaf_id"), is_archived=item.get("status") == "archived")


def _of_chatgpt(item: dict[str, Any]) -> GivenChat:
    at = _time(item.get("create_time"))
    messages: list[GivenMessage] = []
    for key, node in list(item["mapping"].items())[:MOST_MESSAGES]:
        said = node.get("message") or {}
        role = (said.get("author") or {}).get("role")
        hidden = (said.get("metadata") or {}).get("is_visually_hidden_from_conversation")
        text = "" if hidden or role not in ("user", "assistant") else _parts(said.get("content") or {})
        model = _word((said.get("metadata") or {}).get("model_slug"))
        parent = node.get("parent")
        content: list[Block] = [Text(text)] if text else []
        messages.append(
            GivenMessage(
                str(key), str(parent) if parent else None, "user" if role == "user" else "assistant", content, None, model, _time(said.get("create_time"), at)
            )
        )
    return _made("chatgpt", item, item.get("title"), at, messages, item.get("current_node"), is_archived=item.get("is_archived") is True)


def _parts(content: dict[str, Any]) -> str:
    """The words of a ChatGPT message: text as it is, code in a fence, a picture or a recording by its kind."""
    kind = content.get("content_type")
    if kind in ("thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"):
        return ""
    if kind in ("code", "execution_output") and isinstance(content.get("text"), str):
        return f"```{_word(content.get('language')) or ''}\n{content['text']}\n```"
    parts = content.get("parts") if isinstance(content.get("parts"), list) else [content.get("text") or content.get("result") or ""]
    return "\n\n".join(filter(None, (_part(part) for part in parts or [])))[:_LONGEST_TEXT]


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part.strip()
    if isinstance(part, dict):
        return (
            part["text"].strip()
            if isinstance(part.get("text"), str)
            else f"[{str(part.get('content_type') or 'attachment').replace('_asset_pointer', '').replace('_', ' ')[:60]}]"
        )
    return ""


def _of_open_webui(item: dict[str, Any], inner: dict[str, Any]) -> GivenChat:
    history = inner.get("history") or {}
    known = history.get("messages")
    listed = list(known.values()) if isinstance(known, dict) else inner.get("messages") or []
    at = _time(item.get("created_at") or inner.get("timestamp"))
    messages = [
        GivenMessage(
            str(one["id"]), str(one["parentId"]) if one.get("parentId") else None, "user" if one["role"] == "user" else "assistant",
            _said(one), None, _word(one.get("model")), _time(one.get("timestamp"), at),
        )
        for one in listed[:MOST_MESSAGES]
    ]  # fmt: skip
    return _made("open-webui", item, item.get("title") or inner.get("title"), at, messages, history.get("currentId"), is_archived=item.get("archived") is True)


def _said(one: dict[str, Any]) -> list[Block]:
    if one["role"] not in ("user", "assistant"):
        return []
    content = one.get("content")
    text = content if isinstance(content, str) else "\n\n".join(filter(None, (_part(part) for part in content or [])))
    names = [str(file.get("name") or file.get("type") or "file")[:120] for file in one.get("files") or [] if isinstance(file, dict)]
    text = "\n\n".join(filter(None, [text.strip()[:_LONGEST_TEXT], *(f"[{name}]" for name in names)]))
    return [Text(text)] if text else []


def _made(source: str, item: dict[str, Any], title: Any, at: datetime, messages: list[GivenMessage], leaf: Any, *, is_archived: bool) -> GivenChat:
    kept = _ordered(messages)
    name = " ".join(str(title or "").split())[:120]
    key = str(item.get("id") or item.get("conversation_id") or f"{name} {at.isoformat()}")[:200]
    known = {one.key for one in kept}
    parents = {one.key: one.parent for one in messages}
    end, steps = str(leaf) if leaf else None, 0
    while end is not None and end not in known and steps <= len(messages):
        end, steps = parents.get(end), steps + 1
    return GivenChat(source, key, name, at, kept, end if end in known else None, is_archived)


def _ordered(messages: list[GivenMessage]) -> list[GivenMessage]:
    """Parents before children, without those that say nothing, whose children move up; what hangs in a loop or in the air begins anew."""
    by_key = {one.key: one for one in messages}
    ordered: list[GivenMessage] = []
    placed: dict[str, str | None] = {}
    for one in by_key.values():
        chain: list[GivenMessage] = []
        here: GivenMessage | None = one
        seen: set[str] = set()
        while here is not None and here.key not in placed and here.key not in seen:
            seen.add(here.key)
            chain.append(here)
            here = by_key.get(here.parent) if here.parent else None
        for link in reversed(chain):
            above = placed.get(link.parent) if link.parent else None
            if link.content:
                ordered.append(msgspec.structs.replace(link, parent=above))
            placed[link.key] = link.key if link.content else above
    return ordered


def _blocks(content: Any) -> list[Block]:
    """Our own blocks, cleaned of what a file must not bring in."""
    made: list[Block] = []
    for raw in content:
        kind = raw.get("type") if isinstance(raw, dict) else None
        if kind == "attachment":
            made.append(Text(f"[{str(raw.get('file_name'))[:120]}]"))
            continue
        if kind not in ("text", "reasoning", "refusal", "tool_call", "tool_result", "mention"):
            continue
        block: Any = msgspec.convert(raw, Text | Reasoning | Refusal | ToolCall | ToolResult | Mention)
        match block:
            case ToolResult():
                made.append(msgspec.structs.replace(block, data=None, trust="remote", text=block.text[:_LONGEST_TEXT]))
            case ToolCall():
                made.append(msgspec.structs.replace(block, meta=None))
            case Mention():
                made.append(block)
            case _:
                if block.text:
                    made.append(type(block)(block.text[:_LONGEST_TEXT]))
    return made


def _word(value: Any) -> str | None:
    return value[:120] if isinstance(value, str) and value else None


def _time(value: Any, default: datetime | None = None) -> datetime:
    """Seconds, milliseconds or nanoseconds since 1970, or RFC 3339; now where it is none, or none that can be."""
    now = datetime.now(UTC)
    try:
        if isinstance(value, int | float) and value > 0:
            seconds = value / (1e9 if value > 1e17 else 1e6 if value > 1e14 else 1e3 if value > 1e11 else 1)
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            found = datetime.fromisoformat(str(value))
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return default or now
    return found if _EARLIEST <= found <= now else default or now

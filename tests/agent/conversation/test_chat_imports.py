"""Chats out to a file and in again: our own JSON, ChatGPT's and Open WebUI's, and files that mean harm."""

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.conversation import chat_exports, chat_files, chat_imports, chats, tree
from agent.errors import Problem
from agent.messages import Text, ToolCall, ToolResult, text_of

SECRET = "sk-ant-api03-" + "Zq7rT2mX9vB4" * 6


@pytest.fixture
async def ada(database: asyncpg.Pool) -> Actor:
    """A user with no chats."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", "ada@example.com", "web")


def _chatgpt() -> dict[str, Any]:
    """Two answers beside each other, a hidden system message between, a picture and code."""

    def node(key: str, parent: str | None, role: str, content: dict[str, Any], **metadata: Any) -> dict[str, Any]:
        said = {"id": key, "author": {"role": role, "name": None}, "create_time": 1_700_000_000.5, "content": content, "metadata": metadata}
        return {"id": key, "parent": parent, "children": [], "message": said}

    mapping = {
        "root": {"id": "root", "parent": None, "children": ["sys"], "message": None},
        "sys": node("sys", "root", "system", {"content_type": "text", "parts": [""]}, is_visually_hidden_from_conversation=True),
        "q": node(
            "q", "sys", "user", {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer", "asset_pointer": "x"}, "What is this?"]}
        ),
        "a1": node("a1", "q", "assistant", {"content_type": "text", "parts": ["A cat."]}, model_slug="gpt-4o"),
        "think": node("think", "q", "assistant", {"content_type": "thoughts", "thoughts": []}),
        "code": node("code", "think", "assistant", {"content_type": "code", "language": "python", "text": "print(1)"}),
        "tool": node("tool", "code", "tool", {"content_type": "execution_output", "text": "1"}),
        "a2": node("a2", "tool", "assistant", {"content_type": "text", "parts": ["A dog."]}, model_slug="gpt-5"),
    }
    return {"title": "Pets", "create_time": 1_700_000_000.1, "mapping": mapping, "current_node": "a1", "conversation_id": "conv-1"}


def _open_webui() -> list[dict[str, Any]]:
    messages = {
        "u": {"id": "u", "parentId": None, "childrenIds": ["b", "c"], "role": "user", "content": "Hi", "timestamp": 1_700_000_001, "models": ["llama3"]},
        "b": {"id": "b", "parentId": "u", "childrenIds": [], "role": "assistant", "content": "Hello!", "model": "llama3", "timestamp": 1_700_000_002},
        "c": {"id": "c", "parentId": "u", "childrenIds": [], "role": "assistant", "content": "Howdy!", "model": "qwen3", "timestamp": 1_700_000_003},
    }
    inner = {"title": "Greeting", "history": {"messages": messages, "currentId": "b"}, "messages": [], "timestamp": 1_700_000_001_000}
    return [{"id": "f00", "user_id": "x", "title": "Greeting", "chat": inner, "created_at": 1_700_000_001, "archived": True}]


async def _said(actor: Actor, report: chat_imports.Report) -> list[tuple[str, str, str | None]]:
    assert report.first
    return [(one.role, text_of(one.content), one.model) for one in await tree.branch(report.first)]


async def test_chatgpts_export_keeps_its_branch_and_time(ada: Actor) -> None:
    """The branch that was open is shown, the other answer stands beside it, and the chat is as old as it was."""
    report = await chat_imports.import_file(ada, json.dumps([_chatgpt()]).encode())
    assert (report.imported, report.messages, report.skipped) == (1, 4, [])
    assert await _said(ada, report) == [("user", "[image]\n\nWhat is this?", None), ("assistant", "A cat.", "gpt-4o")]
    assert report.first
    chat = await chats.get(ada, report.first)
    assert (chat.title, chat.created_at.year) == ("Pets", 2023)
    versions = (await tree.branch(report.first))[1].versions
    assert [text_of((await tree.load(report.first, [one]))[0].content) for one in versions] == ["A cat.", "```python\nprint(1)\n```"]


async def test_a_zip_and_open_webuis_export(ada: Actor) -> None:
    """The archive that ChatGPT sends is opened; Open WebUI's tree comes with its current answer and its archived state."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("user.json", '{"email": "x"}')
        archive.writestr("conversations.json", json.dumps([_chatgpt()]))
    assert (await chat_imports.import_file(ada, packed.getvalue())).imported == 1
    report = await chat_imports.import_file(ada, json.dumps(_open_webui()).encode())
    assert await _said(ada, report) == [("user", "Hi", None), ("assistant", "Hello!", "llama3")]
    assert report.first
    assert (await chats.get(ada, report.first)).status == "archived"


async def test_the_same_file_twice_is_one_import(ada: Actor) -> None:
    """Nothing is doubled; another user's import of it is theirs."""
    data = json.dumps(_open_webui()).encode()
    await chat_imports.import_file(ada, data)
    again = await chat_imports.import_file(ada, data)
    assert (again.imported, again.known) == (0, 1)
    other = await users.sign_up("bob@example.com", "correct horse")
    assert (await chat_imports.import_file(users.actor_of(other.id, "USER", "bob@example.com", "web"), data)).imported == 1


async def test_our_own_export_comes_back(ada: Actor, database: asyncpg.Pool) -> None:
    """Words, calls and branches are the same; results are from outside now; secrets were masked on the way out."""
    started = await chats.post(ada, f"my key is {SECRET}", provider="builtin", model="guide")
    blocks = [ToolCall("c1", "endpoint_list", {"query": "x"}), ToolResult("c1", "endpoint_list", "none", {"items": []}), Text("There is none.")]
    await chats.save_answer(started.answer_id, blocks)
    await chats.set_title(started.chat_session_id, "Keys")
    made = await chat_exports.export(ada, started.chat_session_id)
    assert SECRET not in made.text
    assert made.file_name.startswith("keys-")
    await chats.delete(ada, started.chat_session_id)
    report = await chat_imports.import_file(ada, made.text.encode())
    assert report.first
    back = await tree.branch(report.first)
    assert [type(block).__name__ for block in back[1].content] == ["ToolCall", "ToolResult", "Text"]
    result = back[1].content[1]
    assert isinstance(result, ToolResult)
    assert (result.trust, result.data) == ("remote", None)


async def test_markdown_holds_the_conversation(ada: Actor) -> None:
    """Fences cannot be closed from inside, and secrets are masked."""
    started = await chats.post(ada, "hello ```", provider="builtin", model="guide")
    await chats.save_answer(started.answer_id, [ToolCall("c1", "capture_get", {}), ToolResult("c1", "capture_get", f"```\n# no heading\n{SECRET}")])
    text = (await chat_exports.export(ada, started.chat_session_id, "markdown")).text
    assert "````\n```\n# no heading" in text
    assert SECRET not in text


_LOOP = {
    "title": "Loop",
    "mapping": {k: {"parent": p, "message": {"author": {"role": "user"}, "content": {"parts": [k]}}} for k, p in (("a", "b"), ("b", "a"))},
}


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"", "unreadable_chats"), (b"{", "unreadable_chats"), (b"[]", "unreadable_chats"), (b"PK\x03\x04broken", "unreadable_chats"),
        (b"[" * 100_000, "unreadable_chats"), (b"[1, null, {}]", 3), (json.dumps([_LOOP]).encode(), 0),
        (json.dumps([{"title": "\ud800\0", "messages": [{"id": "\0", "role": "user", "content": [{"type": "text", "text": "\0\ud800 hi"}]}]}]).encode(), 0),
        (json.dumps([{"messages": [{"id": 1, "role": "user", "parent_id": 99, "content": [{"type": "text", "text": "x"}], "timestamp": 1e300}]}]).encode(), 0),
        (json.dumps([{"messages": [{"id": 1, "role": "root", "content": []}]}]).encode(), 1),
    ],
)  # fmt: skip
async def test_hostile_files_do_no_harm(ada: Actor, data: bytes, outcome: str | int) -> None:
    """What cannot be read is said; what can is taken, loops and orphans included."""
    if isinstance(outcome, str):
        with pytest.raises(Problem) as refused:
            await chat_imports.import_file(ada, data)
        assert refused.value.code == outcome
        return
    report = await chat_imports.import_file(ada, data)
    assert len(report.skipped) == outcome
    assert report.imported == (0 if outcome else 1)


def test_a_bomb_is_left_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive that grows beyond measure is refused before it is unpacked whole."""
    monkeypatch.setattr(chat_files, "MOST_BYTES", 100_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b" " * 10_000_000)
    with pytest.raises(Problem) as refused:
        chat_files.read(packed.getvalue())
    assert refused.value.code == "too_large"


async def test_nobody_exports_anothers_chat(ada: Actor) -> None:
    """It is not there for them."""
    started = await chats.post(ada, "hello", provider="builtin", model="guide")
    other = await users.sign_up("bob@example.com", "correct horse")
    for chat_id in (started.chat_session_id, uuid4()):
        with pytest.raises(Problem) as refused:
            await chat_exports.export(users.actor_of(other.id, "USER", "bob@example.com", "web"), chat_id)
        assert refused.value.code == "chat_not_found"

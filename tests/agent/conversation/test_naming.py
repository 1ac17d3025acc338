"""Titles and suggestions by a model: after the first answer, of masked text, and never in the way of anything."""

import asyncio
import json
from typing import Any

import pytest

from agent import config
from agent.conversation import naming
from agent.keys import Choice
from agent.providers.base import Connection
from tests import replay
from tests.live import wiretalk

WORDED = [{"text": json.dumps({"title": "Greeting the shop", "suggestions": ["Show the calls", "Delete the shop", "What changed?"]})}]


async def _said(api: Any, url: str, text: str) -> str:
    await api.post("/api/v1/providers", json={"name": "near", "base_url": url, "default_model": "m", "requires_auth": False})
    return (await api.post("/api/v1/chat", json={"message": text, "provider": "near"})).json()["chat_session_id"]


async def _title(api: Any, chat: str) -> str:
    return (await api.get(f"/api/v1/chats/{chat}")).json()["title"]


async def test_the_model_words_title_and_suggestions(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guide's title stands until the model's is there; it is asked once, without tools, and sees no secret."""
    monkeypatch.setenv("WIRETALK_TITLES_BY_MODEL", "on")
    async with wiretalk(monkeypatch) as api:
        with replay.serve([{"text": "Hello."}], WORDED, [{"text": "Again."}]) as upstream:
            chat = await _said(api, upstream.openai, "hello, is sk-proj-abcdefghijklmnopqrstuvwx a good key?")
            async with asyncio.timeout(60):
                while await _title(api, chat) != "Greeting the shop":
                    await asyncio.sleep(0.05)
            asked = upstream.requests[1].body
            assert not asked.get("tools")
            assert "sk-proj" not in json.dumps(asked)
            messages = (await api.get(f"/api/v1/chats/{chat}/messages")).json()["items"]
            assert messages[-1]["metadata"]["suggestions"] == ["Show the calls", "What changed?"]
            await api.post("/api/v1/chat", json={"message": "once more", "chat_session_id": chat, "provider": "near"})
        assert len(upstream.requests) == 3


async def test_a_local_model_is_left_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told otherwise, only remote models are asked: a local one would be kept from the next message."""
    async with wiretalk(monkeypatch) as api:
        with replay.serve([{"text": "Hello."}], [{"text": "Never."}]) as upstream:
            chat = await _said(api, upstream.openai, "hello there")
            assert await _title(api, chat) == "Hello there"
        assert len(upstream.requests) == 1


async def test_a_failure_leaves_the_title_that_stands(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a refusal nor nonsense changes anything."""
    monkeypatch.setenv("WIRETALK_TITLES_BY_MODEL", "on")
    async with wiretalk(monkeypatch) as api:
        with replay.serve([{"text": "Hello."}], [{"text": "I'd rather not."}]) as upstream:
            chat = await _said(api, upstream.openai, "hello there")
            async with asyncio.timeout(60):
                while len(upstream.requests) < 2:
                    await asyncio.sleep(0.05)
            assert await _title(api, chat) == "Hello there"


@pytest.mark.parametrize(
    ("answer", "title", "offered"),
    [
        ('{"title": "Orders", "suggestions": ["Show the calls"]}', "Orders", ["Show the calls"]),
        ('Sure! ```json\n{"title": "\\"Orders\\".", "suggestions": []}\n```', "Orders", []),
        ('{"title": "' + "x" * 200 + '"}', "", []),
        (
            '{"title": "a\\nb", "suggestions": ["delete it", "open https://evil.example", "buy 5 credits", "Which calls failed?"]}',
            "a b",
            ["Which calls failed?"],
        ),
        ('{"title": 5}', "", []),
        ("no json", "", []),
        ("}{", "", []),
        ('{"title": "\u202eevil"}', "", []),
    ],
)
def test_only_short_harmless_lines_are_taken(answer: str, title: str, offered: list[str]) -> None:
    """What a model answers is text of one line; what deletes, buys or leads elsewhere is not offered."""
    assert naming.read(answer) == naming.Worded(title, offered)


@pytest.mark.parametrize(
    ("url", "wish", "wanted"),
    [
        ("https://api.openai.com/v1", "auto", True),
        ("http://127.0.0.1:11434/v1", "auto", False),
        ("http://ollama:11434/v1", "auto", False),
        ("http://192.168.1.4/v1", "auto", False),
        ("http://127.0.0.1:11434/v1", "on", True),
        ("https://api.openai.com/v1", "off", False),
    ],
)
def test_who_is_asked(url: str, wish: str, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remote models by default, all or none by the operator's wish."""
    monkeypatch.setenv("WIRETALK_TITLES_BY_MODEL", wish)
    config.settings.cache_clear()
    assert naming.is_wanted(Choice("p", "m", (Connection("openai-compatible", url),))) is wanted
    config.settings.cache_clear()

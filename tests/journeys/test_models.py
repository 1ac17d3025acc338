"""The main job with a language model behind the official SDKs, and what happens when its provider fails."""

from typing import Any

import httpx
import pytest

from tests import replay
from tests.journeys.test_chat_api import _until_captured, _upstream
from tests.live import events, serving, wiretalk

WIRES = ("anthropic", "openai", "openai-compatible")
KEY = "sk-test-canary-8f31c2d47a90"


async def _provider(client: httpx.AsyncClient, upstream: replay.Upstream, wire: str) -> None:
    """The scripted upstream as a provider of the user's own, with a key."""
    base_url = upstream.anthropic if wire == "anthropic" else upstream.openai
    made = await client.post("/api/v1/providers", json={"name": "mine", "base_url": base_url, "wire": wire, "default_model": "small"})
    assert made.status_code == 201, made.text
    assert (await client.post("/api/v1/provider-keys", json={"provider": "mine", "key": KEY})).status_code == 201


async def _say(client: httpx.AsyncClient, message: str, **more: Any) -> httpx.Response:
    return await client.post("/api/v1/chat", json={"message": message, "provider": "mine", **more})


@pytest.mark.parametrize("wire", WIRES)
async def test_a_model_captures_and_documents(database_url: str, monkeypatch: pytest.MonkeyPatch, wire: str) -> None:
    """Tool calls work in the unstreamed and in the streamed answer, and the model sees masked results only."""
    async with serving(_upstream, http="httptools") as target, wiretalk(monkeypatch) as client:
        script = (
            [{"text": "I set it up."}, {"call": "endpoint_create", "arguments": {"destination_url": target, "name": "Items"}}],
            [{"text": "Use the proxy URL."}],
            [{"call": "capture_search", "arguments": {"endpoint": "items"}}],
            [{"call": "docs_generate", "arguments": {"endpoint": "items"}}],
            [{"text": "{}"}],  # asked, without tools, to describe what was heard
            [{"text": "It is documented."}],
        )
        with replay.serve(*script) as upstream:
            await _provider(client, upstream, wire)
            first = (await _say(client, "capture this for me")).json()
            assert first["status"] == "completed", first
            assert first["text"].endswith("Use the proxy URL.")
            endpoint = first["tool_calls"][0]["output"]
            async with httpx.AsyncClient(trust_env=False, timeout=60) as user:
                for n in range(6):
                    assert (
                        await user.get(f"{endpoint['proxy_url']}/items/{n}", headers={"authorization": "Bearer secret-of-the-user-123456"})
                    ).status_code == 200
            await _until_captured(client, endpoint["id"], 6)
            chunks = await events(
                client,
                "POST",
                "/api/v1/chat",
                json={"message": "document it", "provider": "mine", "chat_session_id": first["chat_session_id"], "stream": True},
            )
            kinds = [chunk["type"] for chunk in chunks]
            assert kinds.count("tool-output-available") == 2, kinds
            assert kinds[-1] == "finish"
            assert "".join(chunk.get("delta", "") for chunk in chunks if chunk["type"] == "text-delta") == "It is documented."
            assert ["tools" in request.body for request in upstream.requests] == [True, True, True, True, False, True]
            asked = str([request.body for request in upstream.requests])
            assert "secret-of-the-user" not in asked
            assert "/items/5" in asked


FAULTS: dict[str, tuple[replay.Turn, str]] = {
    "rate limited for long": (replay.Reply(status=429, json={"error": {"message": "slow down"}}, headers={"retry-after": "86400"}), "provider_rate_limited"),
    "bad key": (replay.Reply(status=401, json={"error": {"message": "invalid x-api-key"}}), "provider_auth"),
    "cut in the middle": (replay.Reply(parts=[{"text": "Half of an answer that goes on for quite a while. " * 40}], cut=4000), "provider_cut"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("wire", WIRES)
async def test_a_failing_provider_has_its_sentence_and_the_chat_goes_on(database_url: str, monkeypatch: pytest.MonkeyPatch, wire: str, fault: str) -> None:
    """The failure is a problem with a stable code, shows no key, and the next message is answered."""
    turn, code = FAULTS[fault]
    async with wiretalk(monkeypatch) as client:
        with replay.serve(turn, [{"text": "Here I am again."}]) as upstream:
            await _provider(client, upstream, wire)
            failed = await _say(client, "hello")
            assert failed.json()["code"] == code, failed.text
            assert failed.json()["remedy"]
            assert KEY not in failed.text
            again = await _say(client, "and now?", chat_session_id=failed.json()["chat_session_id"])
            assert again.json()["text"] == "Here I am again.", again.text


async def test_an_overloaded_provider_is_asked_again_before_it_began(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 529 before the first word is retried, and the reader sees it."""
    async with wiretalk(monkeypatch) as client:
        with replay.serve(
            replay.Reply(status=529, json={"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}), [{"text": "Now."}]
        ) as upstream:
            await _provider(client, upstream, "anthropic")
            chunks = await events(client, "POST", "/api/v1/chat", json={"message": "hello", "provider": "mine", "stream": True})
            assert [chunk["type"] for chunk in chunks].count("data-retrying") == 1
            assert chunks[-1]["type"] == "finish"


async def test_without_a_key_the_answer_says_so(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is stored, and the remedy names the guide."""
    async with wiretalk(monkeypatch) as client:
        refused = await client.post("/api/v1/chat", json={"message": "hello", "provider": "anthropic"})
        assert (refused.status_code, refused.json()["code"]) == (409, "no_key")
        assert "guide" in refused.json()["remedy"]
        assert (await client.get("/api/v1/chats")).json()["items"] == []

"""A chat that outgrows its model: old turns become a summary that is shown, and its reader can undo it."""

from typing import Any

import httpx
import pytest

from tests import replay
from tests.live import wiretalk


async def _say(client: httpx.AsyncClient, text: str, chat: str | None = None) -> dict[str, Any]:
    response = await client.post("/api/v1/chat", json={"message": text, "provider": "small", **({"chat_session_id": chat} if chat else {})})
    assert response.json()["status"] == "completed", response.text
    return response.json()


async def _model(client: httpx.AsyncClient, upstream: replay.Upstream) -> None:
    made = await client.post("/api/v1/providers", json={"name": "small", "base_url": upstream.openai, "default_model": "local", "requires_auth": False})
    assert made.status_code == 201, made.text


async def test_old_turns_are_summed_up_and_come_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fourth long message no longer fits beside the first: a summary stands in, is there to be read, and goes when it is undone."""
    with replay.serve(*[[{"text": "Noted."}]] * 6) as upstream:
        async with wiretalk(monkeypatch) as client:
            await _model(client, upstream)
            chat = None
            for number in range(4):
                answer = await _say(client, f"Remark {number}: " + "word " * 4_500, chat)
                chat = answer["chat_session_id"]
            asked = upstream.requests[-1].body["messages"]
            assert "What was said before:\n- The user: Remark 0:" in asked[1]["content"]
            assert len(str(asked)) < 72_000
            shown = await client.get(f"/api/v1/chats/{chat}/summary")
            assert shown.json()["covers"] >= 2
            assert (await client.delete(f"/api/v1/chats/{chat}/summary")).status_code == 204
            assert (await client.get(f"/api/v1/chats/{chat}/summary")).status_code == 404
            await _say(client, "And now?", chat)
            assert "What was said before" not in str(upstream.requests[-1].body["messages"])

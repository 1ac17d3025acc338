"""A conversation that a provider finds too long is shortened and sent again, once; else a sentence says so."""

from typing import Any

import httpx
import pytest

from agent.runs import window
from tests import replay
from tests.live import events, wiretalk

TOO_LONG = "This model's maximum context length is 8192 tokens. However, your request has 9800 input tokens. Please reduce the length of the input messages."


FULL = replay.Reply(status=400, json={"error": {"message": TOO_LONG, "type": "invalid_request_error"}})


async def _say(client: httpx.AsyncClient, text: str, chat: str = "") -> dict[str, Any]:
    more = {"chat_session_id": chat} if chat else {}
    return (await client.post("/api/v1/chat", json={"message": text, "provider": "small", **more})).json()


async def _add(client: httpx.AsyncClient, url: str) -> None:
    made = await client.post("/api/v1/providers", json={"name": "small", "base_url": url, "default_model": "gpt-5.5", "requires_auth": False})
    assert made.status_code == 201, made.text


async def test_it_is_shortened_and_sent_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old turns go as a summary, which is told, shown and can be undone; the run is one, and says why it asked twice."""
    noted = [{"text": "Noted."}]
    with replay.serve(noted, noted, noted, FULL, [{"text": "Here."}]) as upstream:
        async with wiretalk(monkeypatch) as client:
            await _add(client, upstream.openai)
            chat = ""
            for number in range(3):
                chat = (await _say(client, f"Remark {number}: " + "word " * 2_000, chat))["chat_session_id"]
            answer = await _say(client, "And now?", chat)
            assert (answer["status"], answer["text"]) == ("completed", "Here.")
            told = [chunk["type"] for chunk in await events(client, "GET", f"/api/v1/runs/{answer['run_id']}/events")]
            assert {"data-retrying", "data-context-compacted"} <= set(told)
            assert (await client.get(f"/api/v1/chats/{chat}/summary")).json()["covers"] >= 2
    before, after = (str(request.body["messages"]) for request in upstream.requests[-2:])
    assert "What was said before" in after
    assert len(after) < len(before) * 0.8
    assert "And now?" in after


async def test_one_message_that_is_too_long_alone(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to leave out: the run ends with the provider's sentence and what can be done, and did not ask again."""
    with replay.serve(FULL) as upstream:
        async with wiretalk(monkeypatch) as client:
            await _add(client, upstream.openai)
            answer = await _say(client, "word " * 2_000)
    assert answer["code"] == "context_full"
    assert TOO_LONG in answer["detail"]
    assert "new chat" in answer["remedy"]
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(
    ("refusal", "share"),
    [
        ("prompt is too long: 205000 tokens > 200000 maximum", 200 / 205 * 0.85),
        ("The input token count (1,200,000) exceeds the maximum number of tokens allowed (1,000,000).", 1 / 1.2 * 0.85),
        ("Your input exceeds the context window of this model.", 0.5),
        ("`inputs` tokens + `max_new_tokens` must be <= 8193.", 0.5),
    ],
)
def test_how_much_fits(refusal: str, share: float) -> None:
    """What the provider says of it, with something to spare; half where it gives no two numbers."""
    assert window.share(refusal) == pytest.approx(share)

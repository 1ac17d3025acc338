"""The main job by the streaming chat API: capture, use, ask, document, with the built-in guide and a plain HTTP client."""

import asyncio
from typing import Any

import httpx
import msgspec
import openapi_spec_validator
import pytest
from litestar.types import Receive, Scope, Send

from tests.live import events, serving, wiretalk


async def _upstream(scope: Scope, receive: Receive, send: Send) -> None:
    """A small API of another process's making: items by id, with a failing one."""
    if scope["type"] != "http":
        return
    key = scope["path"].rsplit("/", 1)[-1]
    status = 404 if key == "999" else 200
    body = msgspec.json.encode(
        {"error": "no such item"} if status == 404 else {"id": int(key), "name": f"Item {key}", "price": 1.5} if key.isdigit() else {"items": [1, 2]}
    )
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]}
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _say(client: httpx.AsyncClient, message: str, chat: str | None = None) -> dict[str, Any]:
    response = await client.post("/api/v1/chat", json={"message": message, "provider": "builtin", **({"chat_session_id": chat} if chat else {})})
    assert response.status_code == 200, response.text
    return response.json()


async def test_capture_inspect_and_document(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred calls through the proxy end as a valid OpenAPI document."""
    async with serving(_upstream, http="httptools") as upstream, wiretalk(monkeypatch) as client:
        answer = await _say(client, f"capture {upstream} for me")
        assert answer["status"] == "completed", answer
        assert answer["tool_calls"][0]["name"] == "endpoint_create"
        proxy = answer["tool_calls"][0]["output"]["proxy_url"]
        assert proxy in answer["text"]
        async with httpx.AsyncClient(timeout=30, trust_env=False) as user:
            for start in range(0, 199, 20):
                found = await asyncio.gather(*(user.get(f"{proxy}/items/{n}?page={n % 3}") for n in range(start, min(start + 20, 199))))
                assert {response.status_code for response in found} == {200}
            assert (await user.get(f"{proxy}/items/999")).status_code == 404
        await _until_captured(client, answer["tool_calls"][0]["output"]["id"], 200)
        failed = await _say(client, "which calls failed?", answer["chat_session_id"])
        assert "999" in failed["text"]
        documented = await _say(client, "document it", answer["chat_session_id"])
        assert documented["tool_calls"][0]["name"] == "docs_generate", documented
        document = (await client.get(f"/api/v1/endpoints/{answer['tool_calls'][0]['output']['id']}/openapi.json")).json()
        openapi_spec_validator.validate(document)
        assert len(document["paths"]) == 1
        assert "{" in next(iter(document["paths"]))


async def test_a_stream_resumes_without_gap_or_repeat(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading on after any event gives exactly the rest."""
    async with wiretalk(monkeypatch) as client:
        whole = await events(client, "POST", "/api/v1/chat", json={"message": "capture the demo api", "provider": "builtin", "stream": True})
        assert whole[0]["type"] == "start"
        assert whole[-1]["type"] == "finish"
        assert [chunk["type"] for chunk in whole].count("tool-output-available") == 1
        run = whole[0]["messageMetadata"]["run_id"]
        for at in (0, len(whole) // 2, len(whole) - 2):
            rest = await events(client, "GET", f"/api/v1/runs/{run}/events", headers={"last-event-id": whole[at]["_id"]})
            assert rest == whole[at + 1 :]


async def _until_captured(client: httpx.AsyncClient, endpoint: str, count: int) -> None:
    for _ in range(1200):
        if (await client.get(f"/api/v1/endpoints/{endpoint}")).json()["calls"] >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the calls did not arrive within a minute")

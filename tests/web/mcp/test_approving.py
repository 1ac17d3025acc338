"""Approvals over MCP: asked of the user behind the client in both eras, bound to the exact call, and refused where nobody can be asked."""

from typing import Any

import httpx
import httpx2
import msgspec
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from agent.accounts import tokens, users
from tests.live import wiretalk


class _User:
    """Answers what a client asks on the server's behalf."""

    def __init__(self, answer: ElicitResult) -> None:
        self.answer, self.asked = answer, list[str]()

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        return self.answer


YES = ElicitResult(action="accept", content={"approve": True})
NO = (ElicitResult(action="accept", content={"approve": False}), ElicitResult(action="decline"), ElicitResult(action="cancel"))


async def _delete(api: httpx.AsyncClient, mode: str, user: _User | None) -> Any:
    async with (
        httpx2.AsyncClient(headers={"authorization": api.headers["authorization"]}, timeout=60) as http,
        Client(streamable_http_client(f"{api.base_url}/mcp", http_client=http), mode=mode, elicitation_callback=user) as client,
    ):
        return await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_user_decides(database_url: str, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Told the tool and its exact arguments; a no in any form leaves things as they are; a yes does it; without a way to ask nothing is done."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        nobody = await _delete(api, mode, None)
        assert nobody.is_error
        assert "needs your approval" in nobody.content[0].text
        for no in NO:
            user = _User(no)
            refused = await _delete(api, mode, user)
            assert refused.is_error
            assert "refused" in refused.content[0].text
            assert len(user.asked) == 1
            assert '`endpoint_delete` with {"endpoint":"demo-shop"}' in user.asked[0]
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1
        done = await _delete(api, mode, _User(YES))
        assert not done.is_error, done
        assert (await api.get("/api/v1/endpoints")).json()["items"] == []


async def test_an_approval_is_for_one_call_of_one_user(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state that came with one question does not open another call, another user's call, or anything once it was altered."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo", "name": "one"})
        await api.post("/api/v1/endpoints", json={"destination_url": "demo", "name": "two"})
        bob = await users.sign_up("bob@example.com", "correct horse")
        token = (await tokens.create(users.actor_of(bob.id, "USER", bob.email, "api"), "t")).token

        async def call(endpoint: str, more: dict[str, Any], **headers: str) -> dict[str, Any]:
            meta = {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
                "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
            }
            params = {"name": "endpoint_delete", "arguments": {"endpoint": endpoint}, "_meta": meta, **more}
            wire = {
                "accept": "application/json, text/event-stream",
                "mcp-protocol-version": "2026-07-28",
                "mcp-method": "tools/call",
                "mcp-name": "endpoint_delete",
            }
            answer = await api.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers={**wire, **headers})
            text = answer.text
            return msgspec.json.decode(next((line[6:] for line in text.splitlines() if line.startswith("data: {")), text))

        yes = {"inputResponses": {"approval": {"action": "accept", "content": {"approve": True}}}}
        asked = (await call("one", {}))["result"]
        assert asked["resultType"] == "input_required"
        state = asked["requestState"]
        assert (await call("one", yes))["result"]["resultType"] == "input_required"
        for other in (await call("two", {**yes, "requestState": state}), await call("one", {**yes, "requestState": state}, authorization=f"Bearer {token}")):
            assert "error" in other or other["result"].get("resultType") == "input_required" or other["result"]["isError"]
        assert "error" in await call("one", {**yes, "requestState": state[:-4] + "AAAA"})
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 2
        done = (await call("one", {**yes, "requestState": state}))["result"]
        assert not done.get("isError"), done
        assert [item["slug"] for item in (await api.get("/api/v1/endpoints")).json()["items"]] == ["two"]

"""MCP servers that a user publishes: an address and a secret open one API or the platform's tools, and nothing else opens them."""

from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ElicitResult

from agent.accounts import tokens, users
from db import engine
from tests.live import wiretalk


async def _names(url: str, headers: dict[str, str]) -> list[str]:
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http, Client(streamable_http_client(url, http_client=http)) as client:
        return [tool.name for tool in (await client.list_tools()).tools]


async def _call(url: str, headers: dict[str, str], tool: str, arguments: dict[str, Any]) -> Any:
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http, Client(streamable_http_client(url, http_client=http)) as client:
        return await client.call_tool(tool, arguments)


async def _status(url: str, headers: dict[str, str]) -> int:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(url, json={}, headers=headers)
        assert "resource_metadata" not in answer.headers.get("www-authenticate", "")
        return answer.status_code


async def test_one_api_is_published_closed_and_taken_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its guest has that API's tools as the owner's, reads and no writes without an approval; other secrets, tokens and APIs are refused."""
    async with wiretalk(monkeypatch) as api:
        for name in ("one", "two"):
            await api.post("/api/v1/endpoints", json={"destination_url": "demo", "name": name})
        made = (await api.post("/api/v1/mcp-servers/published", json={"name": "For Bob", "endpoint": "one"})).json()
        url, bearer = made["server"]["url"], {"authorization": f"Bearer {made['secret']}"}
        assert (made["server"]["name"], made["server"]["scopes"]) == ("for-bob", ["read", "call"])
        listed = await api.get("/api/v1/mcp-servers/published")
        assert made["secret"] not in listed.text
        assert (await api.get("/api/v1/mcp-servers")).json()["items"] == []
        told = (await api.post("/api/v1/tools/mcp_address", json={"endpoint": "one"})).json()
        assert told["data"]["address"] == f"{api.base_url}/mcp/apis/one"
        assert (url in told["text"], made["secret"] in told["text"]) == (True, False)
        assert url not in (await api.post("/api/v1/tools/mcp_address", json={"endpoint": "two"})).text
        assert (await _names(url, bearer))[:3] == ["operation_search", "operation_describe", "operation_call"]
        for other in ("two", None):
            found = await _call(url, bearer, "operation_search", {"query": "products", "endpoint": other} if other else {"query": "products"})
            assert "two" not in found.content[0].text
        base = str(api.base_url)
        for address in (f"{base}/mcp", f"{base}/mcp/apis/one", f"{base}/api/v1/endpoints"):
            async with httpx.AsyncClient(trust_env=False) as http:
                assert (await http.post(address, json={}, headers=bearer)).status_code == 401
        for headers in ({}, {"authorization": api.headers["authorization"]}, {"authorization": "Bearer x"}, {"x-api-key": made["secret"]}):
            assert await _status(url, headers) == 401
        assert await _status(f"{base}/mcp/servers/00000000-0000-0000-0000-000000000000", bearer) == 401
        assert await _status(f"{base}/mcp/servers/-----------------------------------0", bearer) == 401
        at = f"/api/v1/mcp-servers/published/{made['server']['id']}"
        assert (await api.put(at, json={"is_open": False})).json()["is_open"] is False
        assert await _status(url, bearer) == 401
        await api.put(at, json={"is_open": True})
        assert "operation_call" in await _names(url, bearer)
        assert (await api.delete(at)).status_code == 204
        assert await _status(url, bearer) == 401
        async with engine.connection() as connection:
            audited = [row["action"] for row in await connection.fetch("SELECT action FROM audit_logs WHERE resource_type = 'MCP_SERVER' ORDER BY id")]
        assert audited == ["MCP_SERVER_PUBLISHED", "MCP_SERVER_CLOSED", "MCP_SERVER_OPENED", "MCP_SERVER_UNPUBLISHED"]


async def test_the_platforms_tools_are_published_by_scope(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest sees the tools of the granted scopes; what needs an approval is not done; scopes that nobody may publish are refused."""
    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        made = (await api.post("/api/v1/mcp-servers/published", json={"name": "tools", "auth": "key", "scopes": ["read", "write"]})).json()
        url, key = made["server"]["url"], {"x-api-key": made["secret"]}
        names = await _names(url, key)
        assert "endpoint_list" in names
        assert "operation_call" not in names
        refused = await _call(url, key, "endpoint_delete", {"endpoint": "demo-shop"})
        assert refused.is_error
        assert "needs your approval" in refused.content[0].text
        for wrong in ({"name": "x", "scopes": ["spend"]}, {"name": "x", "scopes": ["approve", "read"]}, {"name": "!!"}):
            assert (await api.post("/api/v1/mcp-servers/published", json=wrong)).status_code in (400, 422), wrong
        assert (await api.post("/api/v1/mcp-servers/published", json={"name": "tools"})).status_code == 409
        assert (await api.post("/api/v1/mcp-servers/published", json={"name": "x", "endpoint": "nowhere"})).status_code == 404


async def test_what_a_token_published_ends_with_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that leaked and was revoked leaves no way in behind."""
    async with wiretalk(monkeypatch) as api:
        actor = await users.actor_by_email("ada@example.com", "api")
        lent = await tokens.create(actor, "lent", ["read", "write"])
        mine = {"authorization": f"Bearer {lent.token}"}
        made = (await api.post("/api/v1/mcp-servers/published", json={"name": "mine", "scopes": ["read"]}, headers=mine)).json()
        url, bearer = made["server"]["url"], {"authorization": f"Bearer {made['secret']}"}
        assert "endpoint_list" in await _names(url, bearer)
        await tokens.revoke(actor, lent.id)
        assert await _status(url, bearer) == 401


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_guest_approves_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch, mode: Any) -> None:
    """However willing the guest's own client is: what needs an approval needs that of who published it."""

    async def yes(*_: Any) -> ElicitResult:
        return ElicitResult(action="accept", content={"approve": True})

    async with wiretalk(monkeypatch) as api:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        made = (await api.post("/api/v1/mcp-servers/published", json={"name": "tools", "scopes": ["read", "write"]})).json()
        async with (
            httpx2.AsyncClient(headers={"authorization": f"Bearer {made['secret']}"}, timeout=60) as http,
            Client(streamable_http_client(made["server"]["url"], http_client=http), mode=mode, elicitation_callback=yes) as client,
        ):
            refused = await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"})
        assert refused.is_error
        assert "needs your approval" in refused.content[0].text
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1

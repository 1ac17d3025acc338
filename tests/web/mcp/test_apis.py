"""Every captured API as an MCP server: what it lists, what it calls, what it refuses, by the official client through the real door."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import msgspec
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from agent import endpoints
from agent.accounts import users
from agent.documents import docs
from tests import tool_rules
from tests.live import wiretalk
from web.mcp.server import CORE_TOOLS

DEV = ("asana", "digitalocean", "dnd5e", "github", "petstore", "sendgrid", "spotify", "traccar")
DOCUMENTS = Path(__file__).resolve().parents[2] / "agent" / "spec" / "documents"


@contextlib.asynccontextmanager
async def _client(api: httpx.AsyncClient, path: str, mode: str = "auto", token: str = "") -> AsyncGenerator[Client, None]:
    headers = {"authorization": f"Bearer {token}" if token else api.headers["authorization"]}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60) as http,
        Client(streamable_http_client(f"{api.base_url}{path}", http_client=http), mode=mode) as client,
    ):
        yield client


def _check(tools: list[Any]) -> None:
    assert len(msgspec.json.encode([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools])) <= 40_000
    for tool in tools:
        assert tool_rules.faults(tool.name, tool.description, tool.input_schema) == [], tool.name


async def _document(api: httpx.AsyncClient, data: bytes, name: str) -> str:
    made = await api.post(f"/api/v1/endpoints/from-openapi?name={name}&destination_url=demo", content=data)
    assert made.status_code == 201, made.text
    return made.json()["endpoint"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_api_is_searched_described_and_called(database_url: str, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Three general tools and a typed one for each operation; reading runs, changing needs an approval, names outside the API are none."""
    async with wiretalk(monkeypatch) as api:
        document = {
            "openapi": "3.1.0",
            "info": {"title": "Shop", "version": "1"},
            "paths": {
                "/products/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}], "responses": {}}},
                "/orders": {"post": {"responses": {}}},
            },
        }
        slug = await _document(api, msgspec.json.encode(document), "shop")
        async with _client(api, f"/mcp/apis/{slug}", mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert list(tools)[:3] == ["operation_search", "operation_describe", "operation_call"]
            assert len(tools) == 5
            reading = next(name for name in tools if name.startswith("get_products"))
            hints = tools[reading].annotations
            assert hints
            assert hints.read_only_hint
            found = await client.call_tool("operation_search", {"query": "product"})
            assert found.structured_content["items"][0]["operation"] == "GET /products/{id}"
            called = await client.call_tool(reading, {"path": {"id": "prod_1001"}})
            assert not called.is_error, called
            assert called.structured_content["status"] == 200
            assert "Chair" in called.content[0].text
            whole = await api.get(f"/api/v1/calls/{called.structured_content['call']}")
            assert whole.json()["summary"]["source"] == "agent"
            by_name = await client.call_tool("operation_call", {"operation": "GET /products/prod_1002"})
            assert by_name.structured_content["status"] == 200
            wrong = await client.call_tool(reading, {"id": "prod_1001"})
            assert wrong.is_error
            assert "`path`" in wrong.content[0].text
            writing = next(name for name in tools if name.startswith("post_orders"))
            refused = await client.call_tool(writing, {})
            assert refused.is_error
            with pytest.raises(MCPError, match="Unknown tool"):
                await client.call_tool("endpoint_list", {})
        with pytest.raises(Exception, match=r"no endpoint|unhandled errors"):
            async with _client(api, "/mcp/apis/sho", mode) as client:
                await client.list_tools()


async def test_scopes_decide_what_is_offered(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that may only read sees no tool that calls, at either address, and cannot use one by its name."""
    async with wiretalk(monkeypatch) as api:
        slug = (await api.post("/api/v1/endpoints", json={"destination_url": "demo"})).json()["slug"]
        token = (await api.post("/api/v1/tokens", json={"name": "reader", "scopes": ["read"]})).json()["token"]
        async with _client(api, f"/mcp/apis/{slug}", token=token) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["operation_search", "operation_describe"]
            assert (await client.call_tool("operation_call", {"operation": "GET /products"})).is_error
        async with _client(api, "/mcp", token=token) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert "operation_call" not in names
            assert "endpoint_create" not in names


async def test_the_core_menu_has_twelve_tools_that_every_vendor_takes(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve at `?tools=core`, in the order of the whole menu; none larger or odder than the strict checks allow."""
    async with wiretalk(monkeypatch) as api:
        async with _client(api, "/mcp?tools=core") as client:
            core = (await client.list_tools()).tools
        async with _client(api, "/mcp") as client:
            whole = (await client.list_tools()).tools
            assert {template.uri_template for template in (await client.list_resource_templates()).resource_templates} >= {"wiretalk://calls/{call}"}
        assert sorted(tool.name for tool in core) == sorted(CORE_TOOLS)
        assert len(core) == 12
        assert [tool.name for tool in core] == [tool.name for tool in whole if tool.name in CORE_TOOLS]
        _check(core)
        _check(whole)


async def test_recorded_and_uploaded_apis_are_served(database_url: str, monkeypatch: pytest.MonkeyPatch, shared_dir: Path) -> None:
    """Eight recorded APIs, the demo shop and three documents: every list passes the checks and stays below 40 KB."""
    async with wiretalk(monkeypatch) as api:
        ada = await users.actor_by_email("ada@example.com", "api")
        slugs = []
        for path in sorted(DOCUMENTS.glob("*.yaml")):
            made = await endpoints.create(ada, "demo", name=path.stem)
            await docs.give(ada, made.id, path.read_bytes())
            slugs.append(made.slug)
        for name in DEV:
            made = await endpoints.create(ada, "demo", name=name)
            har = (shared_dir / "bench/discovery/dev" / f"{name}.har").read_bytes()
            assert (await api.post(f"/api/v1/endpoints/{made.id}/import", content=har)).status_code < 300
            slugs.append(made.slug)
        await _arrived(api, len(DEV))
        counts = {}
        for slug in slugs:
            async with _client(api, f"/mcp/apis/{slug}") as client:
                tools = (await client.list_tools()).tools
            _check(tools)
            counts[slug] = len(tools)
        assert len(counts) == 11
        assert all(3 <= count <= 23 for count in counts.values()), counts


async def _arrived(api: httpx.AsyncClient, endpoints_with_calls: int) -> None:
    """Imported calls are in the database within seconds."""
    before = -1
    for _ in range(600):
        items = (await api.get("/api/v1/endpoints?limit=100")).json()["items"]
        calls = [item["calls"] for item in items if item["calls"]]
        if len(calls) == endpoints_with_calls and sum(calls) == before:
            return
        before = sum(calls)
        await asyncio.sleep(0.2)
    raise AssertionError("the imported calls did not arrive")

"""The main job by an MCP client: the official one, in both protocol eras, against the real server."""

import json

import httpx2
import openapi_spec_validator
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from tests.journeys.test_chat_api import _upstream
from tests.live import serving, wiretalk


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_capture_and_document_by_mcp(database_url: str, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """Create, wait for calls, document, read the document as a resource."""
    async with serving(_upstream, http="httptools") as upstream, wiretalk(monkeypatch) as api:
        headers = {"authorization": api.headers["authorization"]}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=60) as http,
            Client(streamable_http_client(f"{api.base_url}/mcp", http_client=http), mode=mode) as client,
        ):
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert names[:2] == ["endpoint_create", "endpoint_list"]
            made = await client.call_tool("endpoint_create", {"destination_url": upstream, "name": "Items"})
            assert not made.is_error, made
            proxy, slug = made.structured_content["proxy_url"], made.structured_content["slug"]
            for n in range(8):
                assert (await api.get(f"{proxy}/items/{n}")).status_code == 200
            waited = await client.call_tool("capture_search", {"endpoint": slug})
            for _ in range(600):
                if len(waited.structured_content["items"]) == 8:
                    break
                waited = await client.call_tool("capture_search", {"endpoint": slug})
            assert "/items/7" in waited.content[0].text
            documented = await client.call_tool("docs_generate", {"endpoint": slug})
            assert documented.structured_content["operations"][0]["method"] == "GET"
            resource = (await client.list_resources()).resources[0]
            found = (await client.read_resource(resource.uri)).contents[0].text
            openapi_spec_validator.validate(json.loads(found))


async def test_errors_say_what_to_do(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong argument, a forbidden address and a deletion each come back as text that a model can act on."""
    async with wiretalk(monkeypatch) as api:
        headers = {"authorization": api.headers["authorization"]}
        async with httpx2.AsyncClient(headers=headers, timeout=60) as http, Client(streamable_http_client(f"{api.base_url}/mcp", http_client=http)) as client:
            wrong = await client.call_tool("endpoint_create", {"url": "https://example.com"})
            assert wrong.is_error
            assert "`url`" in wrong.content[0].text
            assert "destination_url" in wrong.content[0].text
            private = await client.call_tool("endpoint_create", {"destination_url": "http://169.254.169.254/"})
            assert private.is_error
            assert "metadata" in private.content[0].text
            await client.call_tool("endpoint_create", {"destination_url": "demo"})
            deleted = await client.call_tool("endpoint_delete", {"endpoint": "demo-shop"})
            assert deleted.is_error
            assert "approval" in deleted.content[0].text


async def test_without_a_token_there_is_no_mcp(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger gets 401 and how to sign in."""
    async with wiretalk(monkeypatch) as api:
        refused = await api.post("/mcp", headers={"authorization": "Bearer wtk_nonsense"}, json={})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")

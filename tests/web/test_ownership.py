"""No user reaches another's rows: every route of the API and every tool, called by strangers with somebody else's ids."""

import contextlib
import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import httpx2
import pytest
from litestar import Litestar
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceTemplateReference

from agent.accounts import sessions, tokens, users
from agent.accounts.audit import Origin
from agent.tools.menu import TOOLS
from tests.live import wiretalk
from web.app import create_app
from web.auth import session_cookie

NOBODYS = "00000000-0000-7000-8000-000000000000"

PUBLIC = {
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/health/ready"),
    ("POST", "/api/v1/users"),
    ("POST", "/api/v1/auth/token"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/password/forgot"),
    ("POST", "/api/v1/auth/password/reset"),
    ("POST", "/api/v1/auth/verification/confirm"),
}
BODIES: dict[str, Any] = {
    "/api/v1/endpoints/{endpoint_id}/filters": {"name": "broken", "query": "status:5xx"},
    "/api/v1/runs/{run_id}/approvals/{approval_id}": {"decision": "refuse"},
    "/api/v1/endpoints/{endpoint_id}/credentials": {"headers": {}},
    "/api/v1/endpoints/{endpoint_id}/templates": {"template": "/x"},
    "/api/v1/endpoints/{endpoint_id}/left-out": {"path": "/x"},
    "/api/v1/chats/{chat_id}/queue/{queued_id}": {"message": "x"},
    "/api/v1/chats/{chat_id}/messages/{message_id}/edit": {"message": "x"},
    "/api/v1/chats/{chat_id}/messages/{message_id}/rating": {"verdict": "up"},
    "/api/v1/chats/{chat_id}/branch": {"message_id": NOBODYS},
}
READS_BY_POST = {"/api/v1/tools/{name}", "/api/v1/endpoints/{endpoint_id}/drift", "/api/v1/prompts/{prompt_id}/fill"}


def _routes(app: Litestar) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        if route.path.startswith("/api/v1"):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found |= {(method, path) for method in getattr(route, "methods", ()) if method not in {"OPTIONS", "HEAD"}}
    return sorted(found)


ROUTES = _routes(create_app())


async def _other(email: str, scopes: list[str] | None = None) -> dict[str, str]:
    profile = await users.sign_up(email, "correct horse")
    token = await tokens.create(users.actor_of(profile.id, "USER", profile.email, "api"), "t", scopes)
    return {"authorization": f"Bearer {token.token}"}


async def _belongings(client: httpx.AsyncClient) -> dict[str, str]:
    """One of each thing that the first user has, by the name of its path parameter."""
    made = (await client.post("/api/v1/chat", json={"message": "capture the demo api", "provider": "builtin"})).json()
    asked = (
        await client.post("/api/v1/chat", json={"message": "delete the demo shop endpoint", "provider": "builtin", "chat_session_id": made["chat_session_id"]})
    ).json()
    waits = (
        await client.post(
            "/api/v1/chat", json={"message": "how many credits?", "provider": "builtin", "chat_session_id": made["chat_session_id"], "queue": True}
        )
    ).json()
    endpoint = made["tool_calls"][0]["output"]
    await client.get(f"{endpoint['proxy_url']}/products/prod_1001")
    for _ in range(100):
        calls = (await client.get(f"/api/v1/endpoints/{endpoint['id']}/calls")).json()["items"]
        if calls:
            break
    await client.post(f"/api/v1/endpoints/{endpoint['id']}/documentation")
    key = (await client.post("/api/v1/provider-keys", json={"provider": "anthropic", "key": "sk-canary-0123456789"})).json()
    provider = (await client.post("/api/v1/providers", json={"name": "mine", "base_url": "http://127.0.0.1:8999", "requires_auth": False})).json()
    said = (await client.get(f"/api/v1/chats/{made['chat_session_id']}/messages")).json()["items"]
    prompt = (await client.post("/api/v1/prompts", json={"name": "mine", "text": "canary {{x}}"})).json()
    share = (await client.post(f"/api/v1/chats/{made['chat_session_id']}/shares", json={})).json()
    return {
        "user_id": (await client.get("/api/v1/users/me")).json()["id"],
        "message_id": said[-1]["id"],
        "prompt_id": prompt["id"],
        "version": "1",
        "share_id": share["id"],
        "token": share["url"].rsplit("/", 1)[-1],
        "attachment_id": (await client.post("/api/v1/attachments?name=a.txt", content=b"canary")).json()["id"],
        "token_id": (await client.get("/api/v1/tokens")).json()["items"][0]["id"],
        "session_id": NOBODYS,
        "chat_id": made["chat_session_id"],
        "run_id": asked["run_id"],
        "queued_id": waits["queued"]["id"],
        "approval_id": asked["approvals"][0]["id"],
        "endpoint_id": endpoint["id"],
        "slug": endpoint["slug"],
        "call_id": calls[0]["id"],
        "filter_id": (await client.post(f"/api/v1/endpoints/{endpoint['id']}/filters", json={"name": "broken", "query": "5xx"})).json()["id"],
        "key_id": key["id"],
        "provider_id": provider["id"],
        "server_id": (await client.post("/api/v1/mcp-servers", json={"url": "http://127.0.0.1:8999/mcp", "name": "mine"})).json()["id"],
        "tool": "echo",
        "kind": "markdown",
        "name": "endpoint_list",
        "provider": "oidc",
    }


async def test_no_route_gives_a_stranger_anything(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Anonymous gets 401; another user 404 for every id; a read-only token 403 for every write; and nothing was changed."""
    cells = 0
    async with wiretalk(monkeypatch) as ada:
        mine = await _belongings(ada)
        bob, reader = await _other("bob@example.com"), await _other("eve@example.com", ["read"])
        async with httpx.AsyncClient(base_url=ada.base_url, trust_env=False, timeout=30) as stranger:
            for method, path in ROUTES:
                names = re.findall(r"\{(\w+)\}", path)
                assert set(names) <= set(mine), f"{path} needs an entry in this matrix"
                url = path.format(**mine)
                body = BODIES.get(path, {}) if method in {"POST", "PUT", "PATCH"} else None
                if (method, path) not in PUBLIC:
                    refused = await stranger.request(method, url, json=body)
                    assert refused.status_code == 401, (method, path, refused.text)
                    cells += 1
                if set(names) - {"name", "kind", "provider"}:
                    foreign = await stranger.request(method, url, json=body, headers=bob)
                    assert foreign.status_code in {403, 404}, (method, path, foreign.text)
                    assert "canary" not in foreign.text
                    assert "demo-shop" not in foreign.text
                    cells += 1
                if method != "GET" and (method, path) not in PUBLIC and path not in READS_BY_POST:
                    limited = await stranger.request(method, url, json=body, headers=reader)
                    assert limited.status_code in {400, 403, 422}, (method, path, limited.text)
                    cells += 1
        assert (await ada.get(f"/api/v1/endpoints/{mine['endpoint_id']}")).json()["slug"] == "demo-shop"
        assert [a["status"] for a in (await ada.get("/api/v1/approvals")).json()["items"]] == ["pending"]
    with capsys.disabled():
        print(f"\nownership matrix: {len(ROUTES)} routes, {cells} cells, none wrong")


REFERENCES = {"endpoint": "slug", "call": "call_id", "key": "key_id", "server": "server_id"}


async def test_no_tool_gives_a_stranger_anything(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tool that takes a reference finds nothing by another user's id or slug, and a read-only token writes nothing."""
    async with wiretalk(monkeypatch) as ada:
        mine = await _belongings(ada)
        bob, reader = await _other("bob@example.com"), await _other("eve@example.com", ["read"])
        async with httpx.AsyncClient(base_url=ada.base_url, trust_env=False, timeout=30) as stranger:
            for tool in TOOLS:
                needed = {name: value for name, value in (("operation", "GET /products"), ("har", "{}")) if name in tool.input_schema["required"]}
                references = {name: mine[REFERENCES[name]] for name in tool.input_schema["properties"] if name in REFERENCES}
                for name, value in references.items():
                    arguments = {**needed, **{other: mine[REFERENCES[other]] for other in tool.input_schema["required"] if other in REFERENCES}, name: value}
                    answer = await stranger.post(f"/api/v1/tools/{tool.name}", json=arguments, headers=bob)
                    assert answer.status_code == 404, (tool.name, name, answer.text)
                if tool.scope != "read":
                    answer = await stranger.post(f"/api/v1/tools/{tool.name}", json={}, headers=reader)
                    assert answer.json()["code"] == "missing_scope", (tool.name, answer.text)


async def test_a_token_without_read_reads_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every GET of the API with a token that may only call: 403, at OpenAI's door too."""
    async with wiretalk(monkeypatch) as ada:
        token = (await ada.post("/api/v1/tokens", json={"name": "caller", "scopes": ["call"]})).json()["token"]
        paths = [re.sub(r"\{\w+\}", NOBODYS, path) for method, path in ROUTES if method == "GET" and (method, path) not in PUBLIC]
        async with httpx.AsyncClient(base_url=ada.base_url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30) as caller:
            for path in [*paths, "/v1/models"]:
                answer = await caller.get(path)
                assert answer.status_code == 403, (path, answer.text)
                assert "missing_scope" in answer.text


OPEN_PAGES = {
    "/login", "/login/code", "/logout", "/signup", "/setup", "/forgot", "/reset", "/verify", "/health", "/health/ready", "/favicon.ico", "/llms.txt",
    "/oauth/register", "/oauth/token", "/oauth/revoke", "/oauth/{provider}/start", "/oauth/{provider}/callback", "/api/docs", "/api/openapi.json", "/api", "/api/{path}", "/keys", "/s/{token}", "/robots.txt",
}  # fmt: skip
MACHINE_DOORS = ("/api/v1", "/static", "/demo", "/proxy", "/mcp", "/v1", "/.well-known")
CHOSEN = {"format": "openapi", "side": "response", "provider": "oidc", "path": "none"}


def _pages(app: Litestar) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        if not route.path.startswith(MACHINE_DOORS):
            found |= {(method, re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)) for method in getattr(route, "methods", ()) if method not in {"OPTIONS", "HEAD"}}
    return sorted(found)


PAGES = _pages(create_app())


@contextlib.asynccontextmanager
async def _visitor(ada: httpx.AsyncClient, email: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A browser of that user, which sends the form's proof with everything."""
    async with httpx.AsyncClient(base_url=ada.base_url, trust_env=False, timeout=30) as client:
        actor = await users.actor_by_email(email)
        client.cookies.set(session_cookie(), await sessions.open_session(actor, Origin("127.0.0.1", "test")))
        page = (await client.get("/apis")).text
        client.headers["x-csrf-token"] = page.split('name="csrf" value="')[1].split('"')[0]
        yield client


async def test_no_page_gives_a_stranger_anything(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody: asked to sign in; another user and a demo account: nothing behind any id, no administration; no form without its proof."""
    cells, wrong = 0, list[tuple[str, str, str, int]]()

    def expect(answer: httpx.Response, statuses: set[int], who: str, method: str, path: str) -> None:
        nonlocal cells
        cells += 1
        told = any(secret in answer.text for secret in ("canary", "prod_1001", "ada@example.com"))
        led = answer.status_code == 303 and not answer.headers["location"].startswith(("/login", "/setup"))
        if answer.status_code not in statuses or told or led:
            wrong.append((who, method, path, answer.status_code))

    async with wiretalk(monkeypatch) as ada:
        mine = await _belongings(ada) | CHOSEN | {"grant_id": NOBODYS, "user_id": str((await users.actor_by_email("ada@example.com")).user_id)}
        await _other("bob@example.com")
        await users.sign_up("demo@example.com", "correct horse", role="DEMO")
        async with (
            _visitor(ada, "bob@example.com") as bob,
            _visitor(ada, "demo@example.com") as demo,
            httpx.AsyncClient(base_url=ada.base_url, trust_env=False, timeout=30) as stranger,
        ):
            query = {"other": mine["call_id"]}
            for method, path in PAGES:
                names = set(re.findall(r"\{(\w+)\}", path))
                assert names <= set(mine), f"{path} needs an entry in this matrix"
                url = path.format(**mine)
                if path in OPEN_PAGES:
                    continue
                unknown = {404} if path.startswith("/docs/") else {401, 303, 422} if method == "GET" else {401, 403}
                expect(await stranger.request(method, url, params=query), unknown, "nobody", method, path)
                if method != "GET":
                    expect(await bob.request(method, url, headers={"x-csrf-token": "0" * 64}), {403}, "forged", method, path)
                if names - set(CHOSEN) - {"name", "kind"} or path.startswith("/admin"):
                    for visitor, who in ((bob, "another"), (demo, "demo")):
                        answer = await visitor.request(method, url, params=query, data={"reason": "x"} if method == "POST" else None)
                        expect(answer, {403, 404, 422}, who, method, path)
            for stream in (f"run={mine['run_id']}&chat={mine['chat_id']}", f"live=calls:{mine['slug']}", f"live=page:{mine['slug']}"):
                expect(await bob.get(f"/stream?{stream}"), {404}, "another", "GET", stream)
        assert not wrong
        assert (await ada.get(f"/api/v1/endpoints/{mine['endpoint_id']}")).json()["slug"] == "demo-shop"
        assert [a["status"] for a in (await ada.get("/api/v1/approvals")).json()["items"]] == ["pending"]
    with capsys.disabled():
        print(f"\nownership of pages and streams: {len(PAGES)} routes, {cells} cells, none wrong")


async def test_no_resource_gives_a_stranger_anything(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every template of the resources and every completion over MCP, with another user's ids; and a captured API's own door."""
    async with wiretalk(monkeypatch) as ada:
        mine = await _belongings(ada)
        bob = await _other("bob@example.com")
        async with (
            httpx2.AsyncClient(headers=bob, timeout=30) as http,
            Client(streamable_http_client(f"{ada.base_url}/mcp", http_client=http)) as client,
        ):
            templates = (await client.list_resource_templates()).resource_templates
            assert len(templates) > 3
            for template in templates:
                for value in (mine["slug"], mine["endpoint_id"], mine["call_id"]):
                    with pytest.raises(MCPError, match=r"(?i)\bno\b"):
                        await client.read_resource(re.sub(r"\{\w+\}", value, template.uri_template))
            assert (await client.list_resources()).resources == []
            answer: Any = await client.complete(ResourceTemplateReference(uri=templates[0].uri_template), {"name": "endpoint", "value": ""})
            assert answer.completion.values == []
        for slug in (mine["slug"], "nobodys"):
            async with (
                httpx2.AsyncClient(headers=bob, timeout=30) as http,
                Client(streamable_http_client(f"{ada.base_url}/mcp/apis/{slug}", http_client=http)) as client,
            ):
                with pytest.raises(MCPError, match="no endpoint"):
                    await client.list_tools()
                with pytest.raises(MCPError, match="no endpoint"):
                    await client.call_tool("operation_search", {"query": "products"})

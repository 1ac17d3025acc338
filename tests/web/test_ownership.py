"""No user reaches another's rows: every route of the API and every tool, called by strangers with somebody else's ids."""

import re
from typing import Any

import httpx
import pytest
from litestar import Litestar

from agent.accounts import tokens, users
from agent.tools.menu import TOOLS
from tests.live import wiretalk
from web.app import create_app

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
}
READS_BY_POST = {"/api/v1/tools/{name}"}


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
    return {
        "user_id": (await client.get("/api/v1/users/me")).json()["id"],
        "token_id": (await client.get("/api/v1/tokens")).json()["items"][0]["id"],
        "session_id": "00000000-0000-7000-8000-000000000000",
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
        paths = [
            re.sub(r"\{\w+\}", "00000000-0000-7000-8000-000000000000", path) for method, path in ROUTES if method == "GET" and (method, path) not in PUBLIC
        ]
        async with httpx.AsyncClient(base_url=ada.base_url, headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30) as caller:
            for path in [*paths, "/v1/models"]:
                answer = await caller.get(path)
                assert answer.status_code == 403, (path, answer.text)
                assert "missing_scope" in answer.text

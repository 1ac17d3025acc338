"""No user reaches another's rows: every route, tool, page, stream and resource × everybody who may ask, taken from the routers themselves.

A new route needs no entry as long as it is about things known here and needs the scope that its method says; else it fails until it has one.
"""

import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple

import httpx
import httpx2
import pytest
import pytest_asyncio
from litestar import Litestar
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ResourceTemplateReference

from agent.accounts import sessions, tokens, users
from agent.accounts.audit import Origin
from agent.actor import SCOPES
from agent.tools.menu import TOOLS
from tests.belongings import NOBODYS, belongings
from tests.conftest import fresh_database
from tests.live import wiretalk
from web.app import create_app
from web.auth import session_cookie

pytestmark = pytest.mark.asyncio(loop_scope="module")

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
NEEDS = {
    ("POST", "/api/v1/calls/{call_id}/replay"): "call",
    ("POST", "/api/v1/runs/{run_id}/approvals/{approval_id}"): "write and approve",
    ("POST", "/api/v1/tools/{name}"): "read",  # of the tool that is asked for here
    ("POST", "/api/v1/endpoints/{endpoint_id}/drift"): "read",
    ("POST", "/api/v1/prompts/{prompt_id}/fill"): "read",
}
UNANSWERED = {
    "/api/v1/users": 403,
    "/api/v1/chats/{chat_id}/summary": 404,  # it is too short for one
    "/api/v1/endpoints/{endpoint_id}/evidence": 404,  # without a place in the document
    "/oauth/authorize": 400,
    "/apis/{slug}/evidence": 404,
    "/calls/{call_id}/image/{side}": 404,  # its body is no image
    "/docs/{slug}": 404,  # nothing is published
    "/docs/{slug}/{format}": 404,
    "/panel": 422,
    "/settings/servers/callback": 502,  # no sign-in is under way
    "/stream": 404,
}
"""What an owner too is answered when asking for no more than these tests ask."""
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:8999"}],
    "paths": {"/x": {"get": {"responses": {"200": {"description": "x"}}}}},
}
RECORDING: dict[str, Any] = {
    "log": {"version": "1.2", "entries": [{"request": {"method": "GET", "url": "http://127.0.0.1:8999/x"}, "response": {"status": 200}}]}
}
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/api/v1/chat"): {"message": "x", "provider": "builtin", "chat_session_id": "{chat_id}"},
    ("POST", "/api/v1/users"): {"email": "x@example.com", "password": "correct horse"},
    ("POST", "/v1/chat/completions"): {"model": "builtin/guide", "messages": [{"role": "user", "content": "x"}]},
    ("POST", "/v1/responses"): {"model": "builtin/guide", "input": "x"},
    ("POST", "/api/v1/provider-keys"): {"provider": "{provider_id}", "key": "sk-0123456789"},
    ("PUT", "/api/v1/endpoints/{endpoint_id}/openapi"): DOCUMENT,
    ("POST", "/api/v1/endpoints/from-openapi"): DOCUMENT,
    ("POST", "/api/v1/endpoints/from-recording"): RECORDING,
}
"""What the described body's smallest form does not say; ids in it are the owner's."""
OPEN_PAGES = {
    "/login", "/login/code", "/logout", "/signup", "/setup", "/forgot", "/reset", "/verify", "/health", "/health/ready", "/favicon.ico", "/llms.txt", "/oauth/client.json",
    "/oauth/register", "/oauth/token", "/oauth/revoke", "/oauth/{provider}/start", "/oauth/{provider}/callback", "/api/docs", "/api/openapi.json", "/api", "/api/{path}", "/keys", "/s/{token}", "/robots.txt",
}  # fmt: skip
CHOSEN = {"format": "openapi", "side": "response", "provider": "oidc", "path": "none", "job": "retention", "model": "builtin/guide"}
NOBODYS_OWN = set(CHOSEN) | {"name", "kind"}
OTHER_DOORS = ("/static", "/demo", "/mcp", "/.well-known")
SECRETS = ("canary", "prod_1001", "olga@example.com")
NEEDED = {"operation": "GET /products", "har": "{}", "decision": "keep", "path": "/products", "field": "name"}
REFERENCES = {"endpoint": "slug", "call": "call_id", "key": "key_id", "server": "server_id", "prompt": "prompt_id"}


class World(NamedTuple):
    """One running server: what its owner has, and everybody who may ask for it."""

    http: httpx.AsyncClient
    mine: dict[str, str]
    headers: dict[str, dict[str, str]]
    visitors: dict[str, httpx.AsyncClient]


class Tally:
    """Counts cells and keeps those that are wrong."""

    def __init__(self) -> None:
        self.cells, self.wrong = 0, list[tuple[Any, ...]]()

    def expect(self, answer: httpx.Response, statuses: set[int], *cell: str, code: str = "", tells: bool = False) -> None:
        self.cells += 1
        told = not tells and answer.status_code < 500 and any(secret in answer.text for secret in SECRETS)
        led = not tells and answer.status_code == 303 and not answer.headers["location"].startswith(("/login", "/setup"))
        if answer.status_code not in statuses or told or led or (code and code not in answer.text):
            self.wrong.append((*cell, answer.status_code, "tells" if told else "", answer.text[:160] if answer.is_closed else ""))

    def end(self, capsys: pytest.CaptureFixture[str], what: str) -> None:
        assert not self.wrong, "\n".join(map(str, self.wrong))
        with capsys.disabled():
            print(f"\nownership of {what}: {self.cells} cells, none wrong")


def _routes(app: Litestar, *, of_api: bool) -> list[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in app.routes:
        if route.path.startswith(("/api/v1", "/v1")) == of_api and not route.path.startswith(OTHER_DOORS):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            found |= {(method, path) for method in getattr(route, "methods", ()) if method not in {"OPTIONS", "HEAD"}}
    return sorted(found)


APP = create_app()
ROUTES, PAGES = _routes(APP, of_api=True), _routes(APP, of_api=False)
DESCRIBED: dict[str, Any] = APP.openapi_schema.to_schema()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with contextlib.AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        await stack.enter_async_context(fresh_database(template, patch, tmp_path_factory.mktemp("ownership")))
        admin = await stack.enter_async_context(wiretalk(patch))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=admin.base_url, trust_env=False, timeout=60))
        ids = {
            "owner": await users.sign_up_with("olga@example.com", "Olga"),
            "another": await users.sign_up_with("bob@example.com", "Bob"),
            "demo": await users.ensure_demo("demo@example.com", "demo", "demo123"),
        }
        headers = {"admin": dict(admin.headers)} | {who: await _token(id_) for who, id_ in ids.items()}
        headers["revoked"] = await _token(ids["owner"], revoked=True)
        headers |= {scope: await _token(ids["owner"], [scope]) for scope in SCOPES}
        owner = await stack.enter_async_context(httpx.AsyncClient(base_url=admin.base_url, headers=headers["owner"], trust_env=False, timeout=60))
        emails = {"owner": "olga@example.com", "another": "bob@example.com", "demo": "demo@example.com", "admin": "ada@example.com"}
        visitors = {who: await stack.enter_async_context(_visitor(http, email)) for who, email in emails.items()}
        session = (await visitors["owner"].get("/api/v1/auth/sessions")).json()["items"][0]["id"]
        yield World(http, {**await belongings(owner), **CHOSEN, "session_id": session, "grant_id": NOBODYS}, headers, visitors)


async def _token(user_id: Any, scopes: list[str] | None = None, *, revoked: bool = False) -> dict[str, str]:
    standing = await users.standing(user_id)
    assert standing is not None
    made = await tokens.create(users.actor_of(user_id, standing.role, standing.email, "api"), "t", scopes)
    if revoked:
        await tokens.revoke(users.actor_of(user_id, "USER", None, "api"), made.id)
    return {"authorization": f"Bearer {made.token}"}


@contextlib.asynccontextmanager
async def _visitor(http: httpx.AsyncClient, email: str) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A browser of that user, which sends the form's proof with everything."""
    async with httpx.AsyncClient(base_url=http.base_url, trust_env=False, timeout=60) as client:
        actor = await users.actor_by_email(email)
        client.cookies.set(session_cookie(), await sessions.open_session(actor, Origin("127.0.0.1", "test")))
        page = (await client.get("/apis")).text
        client.headers["x-csrftoken"] = page.split('name="csrf" value="')[1].split('"')[0]
        yield client


def _body(method: str, path: str, mine: dict[str, str]) -> Any:
    """The smallest body that the description allows, with the owner's ids where `BODIES` names them."""
    if (given := BODIES.get((method, path))) is not None:
        return {name: mine[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value for name, value in given.items()}
    content: dict[str, Any] = DESCRIBED["paths"].get(path, {}).get(method.lower(), {}).get("requestBody", {}).get("content", {})
    return _least(content["application/json"]["schema"]) if "application/json" in content else None


def _query(mine: dict[str, str]) -> dict[str, str]:
    """For the routes that take more than a path; the others do not look at it."""
    return {"operation": "GET /products", "other": mine["call_id"]}


def _least(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _least(DESCRIBED["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return _least(schema[union][0])
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: _least(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            return NOBODYS if schema.get("format") == "uuid" else "/xxxxxxxx"


def _names(path: str, mine: dict[str, str]) -> set[str]:
    names = set(re.findall(r"\{(\w+)\}", path))
    assert names <= set(mine), f"{path} needs an entry in this matrix"
    return names


async def test_no_route_gives_a_stranger_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody and a revoked token: 401; another, a demo account, an administrator: nothing behind any id; a login without the form's proof: no write."""
    tally = Tally()
    for method, path in ROUTES:
        names = _names(path, world.mine) - NOBODYS_OWN
        request: dict[str, Any] = {"method": method, "url": path.format(**world.mine), "json": _body(method, path, world.mine), "params": _query(world.mine)}
        if (method, path) not in PUBLIC:
            tally.expect(await world.http.request(**request), {401}, "nobody", method, path)
            tally.expect(await world.http.request(**request, headers=world.headers["revoked"]), {401}, "revoked", method, path)
            if method != "GET":
                cookies = {session_cookie(): world.visitors["owner"].cookies[session_cookie()]}
                forged = await world.http.send(world.http.build_request(**request, headers={"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}))
                tally.expect(forged, {403}, "forged", method, path, code="csrf_failed")
        for who in ("another", "demo", "admin"):
            if "user_id" in names and who == "admin":
                continue  # the one thing of others that is an administrator's to see and change
            has_id = bool(names) or any(str(value).startswith("{") and not isinstance(value, dict) for value in BODIES.get((method, path), {}).values())
            if (method, path) not in PUBLIC and (names or (method, path) in BODIES or method == "GET"):
                allowed = {403, 404} if has_id else {200, 201, 403, 404}
                tells = who == "admin" and path == "/api/v1/users"
                tally.expect(await world.http.request(**request, headers=world.headers[who]), allowed, who, method, path, tells=tells)
    tally.end(capsys, f"{len(ROUTES)} routes")


async def test_a_token_does_what_its_scopes_say(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Its owner's things with a token of each single scope: whatever does not need this one is refused for it, and nothing else for that reason."""
    tally = Tally()
    nobodys = {**world.mine, **{name: NOBODYS for name in world.mine if name.endswith("_id")}}
    for method, path in ROUTES:
        if (method, path) in PUBLIC:
            continue
        needs = NEEDS.get((method, path), "read" if method == "GET" else "write")
        for scope in SCOPES:
            mine = nobodys if scope == needs else world.mine
            if scope == needs and method != "GET" and not _names(path, mine) - NOBODYS_OWN:
                continue  # makes something: no id to leave out
            answer = await world.http.request(method, path.format(**mine), params=_query(mine), json=_body(method, path, mine), headers=world.headers[scope])
            if scope == needs:
                tally.expect(answer, {200, 400, 403, 404, 409, 422}, scope, method, path, tells=True)
                if "missing_scope" in answer.text:
                    tally.wrong.append((scope, method, path, "refused although it may"))
            else:
                tally.expect(answer, {403}, scope, method, path, code="missing_scope")
    tally.end(capsys, f"{len(ROUTES)} routes by scope")


async def test_the_owner_sees_what_the_others_do_not(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The control: the same addresses are answered to their owner, and administration to an administrator; else a refusal would prove nothing."""
    tally = Tally()
    for path in (path for method, path in ROUTES if method == "GET"):
        async with world.http.stream("GET", path.format(**world.mine), params=_query(world.mine), headers=world.headers["owner"]) as answer:
            tally.expect(answer, {UNANSWERED.get(path, 200)}, "owner", "GET", path, tells=True)
    for path in (path for method, path in PAGES if method == "GET" and path not in OPEN_PAGES and "{grant_id}" not in path):
        async with world.visitors["owner"].stream("GET", path.format(**world.mine), params=_query(world.mine)) as answer:
            tally.expect(answer, {403} if path.startswith("/admin") else {200, 303, UNANSWERED.get(path, 200)}, "owner", "GET", path, tells=True)
        if path.startswith("/admin"):
            tally.expect(await world.visitors["admin"].get(path), {200}, "admin", "GET", path, tells=True)
    tally.end(capsys, "the owner")


async def test_no_tool_gives_a_stranger_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Every tool that takes a reference finds nothing by another's id or slug, and is refused to each token without its scope."""
    tally = Tally()
    for tool in TOOLS:
        needed = {name: value for name, value in NEEDED.items() if name in tool.input_schema["required"]}
        needed |= {name: world.mine[REFERENCES[name]] for name in tool.input_schema["required"] if name in REFERENCES}
        for name in (name for name in tool.input_schema["properties"] if name in REFERENCES):
            for who in ("another", "demo", "admin"):
                asked = {**needed, name: world.mine[REFERENCES[name]]}
                answer = await world.http.post(f"/api/v1/tools/{tool.name}", json=asked, headers=world.headers[who])
                tally.expect(answer, {404}, who, tool.name, name)
        for scope in (scope for scope in SCOPES if scope != tool.scope):
            answer = await world.http.post(f"/api/v1/tools/{tool.name}", json=needed, headers=world.headers[scope])
            tally.expect(answer, {403}, scope, tool.name, code="missing_scope")
        if tool.price:
            answer = await world.http.post(f"/api/v1/tools/{tool.name}", json={"destination_url": "demo"}, headers=world.headers[tool.scope])
            tally.expect(answer, {403}, tool.scope, tool.name, "without `spend`", code="missing_scope")
    tally.end(capsys, f"{len(TOOLS)} tools")


async def test_no_page_gives_a_stranger_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody: asked to sign in; another, a demo account, an administrator: nothing behind any id; no form without its proof, none with a token."""
    tally = Tally()
    query = _query(world.mine)
    for method, path in PAGES:
        names, url = _names(path, world.mine) - NOBODYS_OWN, path.format(**world.mine)
        if path in OPEN_PAGES:
            continue
        unknown = {404} if path.startswith("/docs/") else {401, 303, 422} if method == "GET" else {401, 403}
        tally.expect(await world.http.request(method, url, params=query), unknown, "nobody", method, path)
        if method != "GET":
            tally.expect(await world.visitors["another"].request(method, url, headers={"x-csrftoken": "0" * 64}), {403}, "forged", method, path)
            tally.expect(await world.http.request(method, url, headers=world.headers["owner"]), {403}, "token", method, path)
        else:
            for scope in (scope for scope in SCOPES if scope != "read"):
                tally.expect(await world.http.get(url, params=query, headers=world.headers[scope]), {403, 404, 422}, scope, method, path)
        for who in ("another", "demo", "admin"):
            if (names or path.startswith("/admin")) and not (who == "admin" and path.startswith("/admin")):
                answer = await world.visitors[who].request(method, url, params=query, data={"reason": "x"} if method == "POST" else None)
                tally.expect(answer, {403, 404, 422}, who, method, path)
    for stream in (f"run={world.mine['run_id']}&chat={world.mine['chat_id']}", f"live=calls:{world.mine['slug']}", f"live=page:{world.mine['slug']}"):
        tally.expect(await world.http.get(f"/stream?{stream}"), {401, 303}, "nobody", "GET", stream)
        for who in ("another", "demo", "admin"):
            tally.expect(await world.visitors[who].get(f"/stream?{stream}"), {404}, who, "GET", stream)
        for scope in (scope for scope in SCOPES if scope != "read"):
            tally.expect(await world.http.get(f"/stream?{stream}", headers=world.headers[scope]), {403}, scope, "GET", stream)
    tally.end(capsys, f"{len(PAGES)} pages and the streams")


async def test_no_resource_gives_a_stranger_anything(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Every template of the resources and every completion over MCP, with another's ids; a captured API's own door; the menu that each scope shows."""
    tally, mine = Tally(), world.mine
    for who in ("another", "demo", "admin", *SCOPES):
        async with _mcp(world, who) as client:
            shown = {tool.name for tool in (await client.list_tools()).tools}
            assert shown == {tool.name for tool in TOOLS if who not in SCOPES or tool.scope == who}
            if who == "read":
                continue
            templates = (await client.list_resource_templates()).resource_templates
            assert len(templates) > 3
            for template in templates:
                for value in (mine["slug"], mine["endpoint_id"], mine["call_id"]):
                    tally.cells += 1
                    with pytest.raises(MCPError, match=r"(?i)\bno\b|may not"):
                        await client.read_resource(re.sub(r"\{\w+\}", value, template.uri_template))
            assert mine["endpoint_id"] not in str((await client.list_resources()).resources)
            answer: Any = await client.complete(ResourceTemplateReference(uri=templates[0].uri_template), {"name": "endpoint", "value": ""})
            assert not {mine["slug"], mine["endpoint_id"]} & set(answer.completion.values)
            tally.cells += 3
        async with _mcp(world, who, f"/apis/{mine['slug']}") as client:
            for work in (client.list_tools(), client.call_tool("operation_search", {"query": "products"})):
                tally.cells += 1
                with pytest.raises(MCPError, match=r"no endpoint|may not"):
                    await work
    tally.end(capsys, "resources")


@contextlib.asynccontextmanager
async def _mcp(world: World, who: str, door: str = "") -> AsyncGenerator[Client, None]:
    async with (
        httpx2.AsyncClient(headers=world.headers[who], timeout=60) as http,
        Client(streamable_http_client(f"{world.http.base_url}/mcp{door}", http_client=http)) as client,
    ):
        yield client


async def test_nothing_was_changed(world: World) -> None:
    """After all that, everything is there as it was, and what waited for its owner still waits."""
    endpoint = (await world.http.get(f"/api/v1/endpoints/{world.mine['endpoint_id']}", headers=world.headers["owner"])).json()
    assert (endpoint["slug"], endpoint["status"], endpoint["is_public"]) == (world.mine["slug"], "ACTIVE", False)
    waiting = (await world.http.get("/api/v1/approvals", headers=world.headers["owner"])).json()["items"]
    assert [approval["status"] for approval in waiting] == ["pending"]
    for path in ("attachments/{attachment_id}", "chats/{chat_id}/messages/{message_id}", "prompts/{prompt_id}", "mcp-servers/{server_id}"):
        assert (await world.http.get(f"/api/v1/{path.format(**world.mine)}", headers=world.headers["owner"])).status_code == 200
    profile = (await world.http.get("/api/v1/users/me", headers=world.headers["owner"])).json()
    assert (profile["email"], profile["role"]) == ("olga@example.com", "USER")

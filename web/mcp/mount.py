"""`/mcp`, `/mcp/apis/{slug}` and `/mcp/servers/{id}` inside the application: a token becomes an actor, Host and Origin are checked, both protocol
eras are served.

The current era has no sessions, so any worker answers any request. The era before keeps its sessions in one process: with several
workers it runs without them, and `relay` lets it ask the user all the same. The SDK's session manager runs once, so each application makes its own.
"""

import contextlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import msgspec
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send
from mcp.server import Server
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from mcp.server.transport_security import TransportSecuritySettings

from agent import remote_mcp, tasks
from agent.accounts import tokens
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.remote_mcp import Guest
from web import limits
from web.mcp import apis, relay, server
from web.mcp.changes import Bus
from web.mcp.scope import ACTOR, CORE, GUEST, SLUG
from web.oauth import resource_metadata
from web.problems import problem_of

_REFUSED = -32000
"""JSON-RPC's code for what a server says no to by itself."""


@asgi("/mcp", is_mount=True, copy_scope=True, exclude_from_auth=True)
async def mcp_mount(scope: Scope, receive: Receive, send: Send) -> None:
    """Streamable HTTP. Litestar strips the mount's prefix, so the path is read from what was sent."""
    path = scope["raw_path"].decode("latin-1").partition("?")[0].rstrip("/")
    api = re.fullmatch(r"/mcp/apis/([^/]+)", path)
    published = re.fullmatch(r"/mcp/servers/([0-9a-f-]{36})", path)
    if path != "/mcp" and api is None and published is None:
        await _refuse(send, Problem("not_found", "There is no MCP server here.", remedy="Use /mcp, or /mcp/apis/ and the slug of an endpoint."))
        return
    try:
        guest = await _guest(scope, published[1]) if published else None
        actor = guest.actor if guest else None if published else await _actor(scope)
        await limits.count(scope, actor)
    except Exception as error:
        if (problem := problem_of(error)).code == "internal":
            raise
        await _refuse(send, problem)
        return
    if actor is None and published:
        await _refuse(send, Problem("unauthenticated", "There is no such MCP server, or this is not its secret.", remedy="Ask whoever published it."), "")
        return
    if actor is None:
        await _refuse(
            send, Problem("unauthenticated", "The MCP endpoint needs a token.", remedy="Sign in, or create one under Settings, Connect a client."), path
        )
        return
    state = scope["litestar_app"].state
    extra: dict[str, Any] = {
        ACTOR: actor,
        GUEST: guest is not None,
        CORE: b"tools=core" in scope["query_string"],
        "user": _user(actor, path),
        "path": "/mcp",
        "root_path": "",
    }
    extra["headers"] = [(name, value.strip(b" \t")) for name, value in scope["headers"]]  # blanks around a value are none of it
    slug = unquote(api[1]) if api else str(guest.endpoint_id) if guest and guest.endpoint_id else ""
    served = state.mcp_apis if slug else state.mcp_app
    asked: Any = {**scope, **extra, SLUG: slug}
    if settings().workers == 1:
        await served(asked, receive, send)
    elif scope["method"] == "GET":  # type: ignore[typeddict-item]  # HTTP has a method
        await _refuse(send, Problem("method_not_allowed", "Nothing is sent here without a request.", remedy="Send requests by POST."))
    else:
        await relay.serve(served, f"{actor.user_id} {actor.token_id} {path}", asked, receive, send)


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
    """Runs the SDK's session managers: a mounted app's own lifespan never runs."""
    bus = Bus()
    platform, captured = server.create(bus), apis.create()
    for extend in app.state.get("mcp_extensions", ()):  # what the conformance tests add to the real server
        extend(platform, bus)
    app.state.mcp_app, app.state.mcp_apis = _asgi(app, platform), _asgi(app, captured)
    follower = tasks.spawn(bus.follow(app.state.hub), "mcp-changes")
    async with contextlib.AsyncExitStack() as stack:
        for made in (platform, captured):
            await stack.enter_async_context(made.session_manager.run())
        yield
    follower.cancel()


MOUNTS = (mcp_mount,)


def _asgi(app: Litestar, made: Server[Any]) -> Any:
    is_alone = settings().workers == 1
    return made.streamable_http_app(
        streamable_http_path="/mcp",
        stateless_http=not is_alone,
        json_response=False,
        event_store=app.state.get("mcp_event_store") if is_alone else None,
        retry_interval=1000,
        transport_security=_security(),
    )


async def _actor(scope: Scope) -> Actor | None:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    bearer = headers.get(b"authorization", "")
    return await tokens.actor_of(bearer[7:].strip(), "mcp") if bearer.lower().startswith("bearer ") else None


async def _guest(scope: Scope, server_id: str) -> Guest | None:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    bearer = headers.get(b"authorization", "")
    try:
        return await remote_mcp.guest(UUID(server_id), bearer[7:].strip() if bearer.lower().startswith("bearer ") else "", headers.get(b"x-api-key", ""))
    except ValueError:
        return None


def _user(actor: Actor, path: str) -> AuthenticatedUser:
    """As the SDK knows users: a session, and what a client hands back, belong to the one they were made for, at the door it was made at."""
    return AuthenticatedUser(AccessToken(token="", client_id=f"{actor.token_id} {path}", scopes=sorted(actor.scopes), subject=str(actor.user_id)))


def _security() -> TransportSecuritySettings:
    own = urlsplit(settings().base_url)
    hosts = ["127.0.0.1:*", "localhost:*", "[::1]:*", own.netloc]
    origins = ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*", f"{own.scheme}://{own.netloc}"]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


async def _refuse(send: Send, problem: Problem, path: str = "/mcp") -> None:
    """A refusal whose sentence reaches the user of a client, which shows an error of JSON-RPC and nothing else."""
    error = {"code": _REFUSED, "message": problem.sentence(), "data": problem.document()}
    body = msgspec.json.encode({"jsonrpc": "2.0", "id": None, "error": error})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if retry_after := problem.extra.get("retry_after"):
        headers.append((b"retry-after", str(int(retry_after)).encode()))
    if problem.status == 401:
        metadata = f', resource_metadata="{resource_metadata(path)}"' if path else ""
        headers.append((b"www-authenticate", f'Bearer realm="wiretalk"{metadata}'.encode()))
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

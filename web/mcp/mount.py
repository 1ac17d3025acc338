"""`/mcp` inside the application: a personal token becomes an actor, Host and Origin are checked, both protocol eras are served.

Stateless, so any worker can answer any request. The SDK's session manager can run once, so each application makes its own.
"""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send
from mcp.server.transport_security import TransportSecuritySettings

from agent.accounts import tokens
from agent.config import settings
from agent.db_errors import as_problem
from agent.errors import Problem
from web.mcp import server
from web.mcp.server import ACTOR, CORE


@asgi("/mcp", is_mount=True, copy_scope=True, exclude_from_auth=True)
async def mcp_mount(scope: Scope, receive: Receive, send: Send) -> None:
    """Streamable HTTP. Litestar strips the mount's prefix, so the SDK is given the whole path again."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    bearer = headers.get(b"authorization", "")
    try:
        actor = await tokens.actor_of(bearer[7:].strip(), "mcp") if bearer.lower().startswith("bearer ") else None
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            raise
        await _refuse(send, problem)
        return
    if actor is None:
        await _refuse(send, Problem("unauthenticated", "The MCP endpoint needs a personal token.", remedy="Create one under Settings, Connect a client."))
        return
    inner = scope["litestar_app"].state.mcp_app
    is_core = b"tools=core" in scope["query_string"]
    await inner({**scope, "path": "/mcp", "root_path": "", ACTOR: actor, CORE: is_core}, receive, send)


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncGenerator[None, None]:
    """Runs the SDK's session manager: a mounted app's own lifespan never runs."""
    made = server.create()
    app.state.mcp_app = made.streamable_http_app(streamable_http_path="/mcp", stateless_http=True, json_response=False, transport_security=_security())
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(made.session_manager.run())
        yield


MOUNTS = (mcp_mount,)


def _security() -> TransportSecuritySettings:
    own = urlsplit(settings().base_url)
    hosts = ["127.0.0.1:*", "localhost:*", "[::1]:*", own.netloc]
    origins = ["http://127.0.0.1:*", "http://localhost:*", "http://[::1]:*", f"{own.scheme}://{own.netloc}"]
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


async def _refuse(send: Send, problem: Problem) -> None:
    body = msgspec.json.encode(problem.document())
    headers = [(b"content-type", b"application/problem+json"), (b"www-authenticate", b'Bearer realm="wiretalk"'), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

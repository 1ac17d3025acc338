"""A real server on a free port, in the test's own event loop: streams arrive as they are sent, disconnects are real."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import uvicorn
from litestar import Litestar

from agent import ai_providers, config
from agent.accounts import tokens, users
from web import app as application
from web.front import GuardedProtocol

_idle: list[Litestar] = []
"""Applications that a test has used: building one takes half a second of processor, and it may be served again."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextlib.asynccontextmanager
async def serving(app: Any, port: int | None = None, http: Any = GuardedProtocol) -> AsyncIterator[str]:
    """Serve an ASGI app; gives its base URL."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port or 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app, log_level="warning", http=http, ws="web.front_ws:PatientProtocol", timeout_graceful_shutdown=2, lifespan="auto", proxy_headers=False
        )
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # pytest keeps its own handlers
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.01)
        if task.done():
            task.result()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sock.close()


@contextlib.asynccontextmanager
async def running(monkeypatch: Any) -> AsyncIterator[str]:
    """The whole application; gives its base URL. Needs the `database_url` fixture."""
    port = free_port()
    monkeypatch.setenv("PORT", str(port))
    config.settings.cache_clear()
    app = _idle.pop() if _idle else application.create_app()
    async with serving(application.root(app), port) as url:
        await ai_providers.ensure_built_in()
        yield url
    _idle.append(app)


@contextlib.asynccontextmanager
async def wiretalk(monkeypatch: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The same with an administrator; the client carries their token."""
    async with running(monkeypatch) as url:
        profile = await users.sign_up("ada@example.com", "correct horse", role="ADMIN")
        token = await tokens.create(users.actor_of(profile.id, "ADMIN", profile.email, "api"), "test")
        async with httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token.token}"}, timeout=60, trust_env=False) as client:
            yield client


async def events(client: httpx.AsyncClient, method: str, url: str, **request: Any) -> list[dict[str, Any]]:
    """The chunks of a stream, each with its SSE id under `_id`; checks that it ends in [DONE]."""
    found: list[dict[str, Any]] = []
    async with client.stream(method, url, **request) as response:
        assert response.status_code == 200, await response.aread()
        last_id = ""
        async for line in response.aiter_lines():
            if line.startswith("id: "):
                last_id = line[4:]
            elif line == "data: [DONE]":
                return found
            elif line.startswith("data: "):
                found.append({**msgspec.json.decode(line[6:]), "_id": last_id})
    raise AssertionError("the stream did not end in [DONE]")

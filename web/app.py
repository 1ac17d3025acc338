"""The one place that wires everything: `create_app` builds the Litestar application, `root` puts the capturing proxy in front of it."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
from litestar import Litestar, Router, asgi, get
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware
from litestar.static_files import create_static_files_router
from litestar.types import ASGIApp, Receive, Scope, Send

from agent import egress, jobs, remote_mcp, tasks
from agent.config import settings
from agent.errors import Problem
from agent.events import Hub
from agent.recorder import Recorder
from agent.runs import loop
from db import engine
from web import api, mcp, oauth, pages
from web.auth import Authentication, asks_first, browser_only, csrf_guard, may_read
from web.console import console, openapi_config
from web.demo import shop
from web.forwarded import behind
from web.headers import with_security_headers
from web.idempotency import Idempotency
from web.limits import RateLimits
from web.pages.around import around
from web.pages.engine import template_config
from web.problems import handle
from web.proxy import in_front_of, lookup
from web.worker import JOBS

log = structlog.get_logger()
_HERE = Path(__file__).parent
VERSION = "0.1.0"


@get(["/health", "/api/v1/health"], summary="Alive", tags=["health"], exclude_from_auth=True)
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": VERSION}


@get(["/health/ready", "/api/v1/health/ready"], summary="Ready", tags=["health"], exclude_from_auth=True)
async def ready() -> dict[str, str]:
    """The database answers and is migrated."""
    async with engine.connection() as connection:
        await connection.fetchval("SELECT 1 FROM users LIMIT 1")
    return {"status": "ready"}


@asgi("/demo", is_mount=True, copy_scope=True, exclude_from_auth=True)
async def demo(scope: Scope, receive: Receive, send: Send) -> None:
    """The bundled demo API, as if it were another server."""
    await shop.app(scope, receive, send)


def create_app() -> Litestar:
    """Everything but the proxy."""
    return Litestar(
        route_handlers=[
            health,
            ready,
            demo,
            console,
            Router("/api/v1", route_handlers=list(api.ROUTES), guards=[csrf_guard, may_read, asks_first]),
            Router("/v1", route_handlers=list(api.OPENAI), guards=[csrf_guard, may_read, asks_first]),
            oauth.router(),
            *mcp.MOUNTS,
            Router("/", route_handlers=list(pages.PAGES), guards=[csrf_guard, browser_only], include_in_schema=False),
            create_static_files_router("/static", [_HERE / "static"], cache_control=None),
        ],
        middleware=[DefineMiddleware(Authentication, exclude=["^/static/", "^/health", "^/demo", "^/mcp"]), RateLimits(), Idempotency()],
        after_exception=[around],
        exception_handlers={Exception: handle, HTTPException: handle, Problem: handle},
        lifespan=[_lifespan, mcp.lifespan],
        template_config=template_config(),
        openapi_config=openapi_config(VERSION),
        request_max_body_size=60 * 1024 * 1024,
        logging_config=None,  # its own would set the root logger to INFO, where an HTTP client names every request that it sends
        pdb_on_exception=False,
    )


def root(app: Litestar | None = None) -> ASGIApp:
    """The application as uvicorn serves it. One that is served again has a recorder and, from its lifespan, a bell of its own."""
    app = app or create_app()
    recorder = Recorder()
    app.state.recorder = recorder
    return behind(in_front_of(with_security_headers(app, is_secure=settings().is_secure), recorder, lookup.find), settings().trusted_networks)


@asynccontextmanager
async def _lifespan(app: Litestar) -> AsyncGenerator[None, None]:
    """The pool, the bell, the recorder, the sweeper and the jobs; streams end at the signal, because uvicorn waits for open answers first."""
    hub = app.state.hub = Hub()
    recorder: Recorder | None = app.state.get("recorder")
    remote_mcp.all_declared()  # what is wrong in the operator's file is said at the start
    async with AsyncExitStack() as at_end:  # last first; also where the start itself fails
        at_end.push_async_callback(engine.stop_pool)
        await engine.start_pool()
        at_end.push_async_callback(egress.close)
        at_end.push_async_callback(asyncio.wait, [tasks.spawn(hub.listen(), "bell")], timeout=2)
        at_end.callback(hub.close)
        at_end.push_async_callback(remote_mcp.close)
        at_end.push_async_callback(loop.leave)
        if recorder:
            at_end.push_async_callback(recorder.drain)
            await recorder.start()
        at_end.callback(tasks.spawn(loop.sweep(hub), "sweep").cancel)
        at_end.callback(_end_streams_on_signal(hub))
        async with jobs.running(JOBS) if settings().worker else nullcontext():
            yield


def _end_streams_on_signal(hub: Hub) -> Any:
    running = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def heard(number: int, frame: FrameType | None) -> None:
        running.call_soon_threadsafe(hub.close)
        before = previous[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    try:
        for number in previous:
            signal.signal(number, heard)
    except ValueError:  # not the main thread: a test's server, which ends its streams itself
        return lambda: None

    def restore() -> None:
        for number, before in previous.items():
            signal.signal(number, before)

    return restore

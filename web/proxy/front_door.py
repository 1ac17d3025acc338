"""Tells what is for the proxy from what is for the application, and answers for the proxy's own failures."""

from collections.abc import Awaitable, Callable

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from agent.db_errors import as_problem
from agent.errors import Problem
from agent.recorder import Recorder
from web.proxy import http, ws
from web.proxy.lookup import FORWARDING, Route

log = structlog.get_logger()
PREFIX = b"/proxy/"
Lookup = Callable[[str], Awaitable[Route | None]]


def in_front_of(app: ASGIApp, recorder: Recorder, lookup: Lookup) -> ASGIApp:
    """`/proxy/{endpoint}/…` goes to the endpoint's destination, everything else, the lifespan too, to the application."""

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not _raw_path(scope).startswith(PREFIX):
            await app(scope, receive, send)
            return
        try:
            route, target = await _route(scope, lookup)
        except Problem as problem:
            await _refuse(scope, receive, send, problem)
            return
        if scope["type"] == "websocket":
            await ws.forward(scope, receive, send, route, target, recorder)
        else:
            await http.forward(scope, receive, send, route, target, recorder)

    return root


async def _route(scope: Scope, lookup: Lookup) -> tuple[Route, str]:
    """The endpoint and the rest of the raw path with its query. Raises Problem."""
    endpoint_id, slash, rest = _raw_path(scope).removeprefix(PREFIX).partition(b"/")
    try:
        route = await lookup(endpoint_id.decode("latin-1"))
    except Exception as error:
        if problem := as_problem(error):
            raise problem from error
        log.exception("proxy.lookup_failed")
        raise Problem("internal", "The endpoint could not be looked up.") from error
    if route is None:
        raise Problem("endpoint_not_found", "There is no endpoint at this proxy URL.", remedy="Check the URL, or create the endpoint.")
    if route.status not in FORWARDING:
        raise Problem("endpoint_stopped", f"This endpoint is {route.status} and does not forward.")
    method = str(scope.get("method", "GET"))
    if route.allowed_methods and method not in route.allowed_methods:
        raise Problem("method_not_allowed", f"This endpoint does not forward {method}.")
    query = scope["query_string"]
    return route, (slash + rest).decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")


def _raw_path(scope: Scope) -> bytes:
    """The path as it was sent: the decoded one would merge `//` and read `%2F`. A WebSocket scope may lack it."""
    raw = scope.get("raw_path")
    return raw.split(b"?")[0] if raw else scope["path"].encode("latin-1", "replace")


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4000 + problem.status % 1000, "reason": problem.detail[:120]})
        return
    await http.answer_problem(send, problem)

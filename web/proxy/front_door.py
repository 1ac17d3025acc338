"""Tells what is for the proxy from what is for the application, and refuses what an endpoint does not take."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from agent.config import settings
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.recorder import Heard, Recorder
from web.proxy import headers as crossing
from web.proxy import http, problems, ws
from web.proxy.asked import Asked, is_for_proxy, read
from web.proxy.hosts import hosts_of
from web.proxy.lookup import FORWARDING, Route
from web.proxy.mocking import mocking
from web.proxy.rates import Rates

log = structlog.get_logger()
Lookup = Callable[[str], Awaitable[Route | None]]


def in_front_of(app: ASGIApp, recorder: Recorder, lookup: Lookup) -> ASGIApp:
    """`/proxy/{endpoint}/…` goes to the endpoint's destination, everything else, the lifespan too, to the application."""
    rates, hosts = Rates(), hosts_of(settings())

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = is_for_proxy(scope)
        if hosts.is_checking and (problem := hosts.refusal(scope, is_for_proxy=is_ours)):
            await (ws.refuse if scope["type"] == "websocket" else http.refuse)(receive, send, problem)
            return
        if not is_ours:
            await app(scope, receive, send)
            return
        asked = read(scope, has_own_origin=hosts.proxy is not None)
        is_websocket = scope["type"] == "websocket"
        route: Route | None = None
        try:
            route = await _found(asked.endpoint_id, lookup)
            _check(asked, route)
            await rates.count(route)
        except Problem as problem:
            if route is not None and route.is_recording:
                await recorder.record(_refused(asked, route, problem, is_websocket=is_websocket))
            if is_websocket or not await problems.grant(send, asked, problem):
                await (ws.refuse if is_websocket else http.refuse)(receive, send, problem)
            return
        if is_websocket:
            await ws.forward(asked, receive, send, route, recorder)
        else:
            await http.forward(asked, receive, mocking(asked, route, send) if route.mock_when_down else send, route, recorder)

    return root


def _check(asked: Asked, route: Route) -> None:
    """Whether the endpoint takes this request. Raises Problem."""
    if route.status not in FORWARDING:
        raise Problem("endpoint_stopped", f"This endpoint is {route.status} and does not forward.")
    if route.allowed_methods and asked.method not in route.allowed_methods:
        raise Problem("method_not_allowed", f"This endpoint does not forward {asked.method}.", allowed=sorted(route.allowed_methods))


def _refused(asked: Asked, route: Route, problem: Problem, *, is_websocket: bool) -> Heard:
    """The record of a request that never left: its line and headers, and why."""
    kept = crossing.outgoing(asked.headers, (), (crossing.value_of(asked.headers, b"host") or b"")).pairs
    is_secure = route.destination[:5].lower() == "https"
    protocol = ("wss" if is_secure else "ws") if is_websocket else "https" if is_secure else "http"
    return Heard(
        route.endpoint_id, route.user_id, asked.method, route.destination + asked.path, protocol=protocol, request_headers=crossing.texts(kept),
        error=problem.detail, started_at=datetime.now(UTC),
    )  # fmt: skip


async def _found(endpoint_id: str, lookup: Lookup) -> Route:
    try:
        route = await lookup(endpoint_id)
    except Exception as error:
        if problem := as_problem(error):
            raise problem from error
        log.exception("proxy.lookup_failed")
        raise Problem("internal", "The endpoint could not be looked up.") from error
    if route is None:
        raise Problem("endpoint_not_found", "There is no endpoint at this proxy URL.", remedy="Check the URL, or create the endpoint.")
    return route

"""Tells what is for the proxy from what is for the application, and refuses what an endpoint does not take."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import UUID

import structlog
from litestar.types import ASGIApp, Receive, Scope, Send

from agent.db_errors import as_problem
from agent.errors import Problem
from agent.recorder import Heard, Recorder
from web.proxy import headers as crossing
from web.proxy import http, ws
from web.proxy.asked import Asked, is_for_proxy, read
from web.proxy.lookup import FORWARDING, Route
from web.proxy.mocking import mocking

log = structlog.get_logger()
Lookup = Callable[[str], Awaitable[Route | None]]


def in_front_of(app: ASGIApp, recorder: Recorder, lookup: Lookup) -> ASGIApp:
    """`/proxy/{endpoint}/…` goes to the endpoint's destination, everything else, the lifespan too, to the application."""
    rates = _Rates()

    async def root(scope: Scope, receive: Receive, send: Send) -> None:
        if not is_for_proxy(scope):
            await app(scope, receive, send)
            return
        asked = read(scope)
        is_websocket = scope["type"] == "websocket"
        route: Route | None = None
        try:
            route = await _found(asked.endpoint_id, lookup)
            _check(asked, route)
            rates.count(route)
        except Problem as problem:
            if route is not None and route.is_recording:
                await recorder.record(_refused(asked, route, problem, is_websocket=is_websocket))
            await (ws.refuse if is_websocket else http.refuse)(receive, send, problem)
            return
        if is_websocket:
            await ws.forward(asked, receive, send, route, recorder)
        else:
            await http.forward(asked, receive, mocking(asked, route, send) if route.mock_when_down else send, route, recorder)

    return root


class _Rates:
    """Requests of each limited endpoint in this process, as a bucket that refills each minute's worth evenly."""

    def __init__(self) -> None:
        self._buckets: dict[UUID, tuple[float, float]] = {}

    def count(self, route: Route) -> None:
        """Raises rate_limited."""
        if route.rate_limit is None:
            return
        now, per_second = time.monotonic(), route.rate_limit / 60
        left, at = self._buckets.get(route.endpoint_id, (float(route.rate_limit), now))
        left = min(route.rate_limit, left + (now - at) * per_second) - 1
        if left < 0:
            raise Problem("rate_limited", f"This endpoint forwards {route.rate_limit} requests a minute.", retry_after=int(-left / per_second) + 1)
        self._buckets[route.endpoint_id] = (left, now)


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

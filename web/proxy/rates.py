"""The limit of an endpoint's requests, counted in the database, so that it holds for all web processes and hosts together.

A process takes its share of a minute in small leases, so that a fast endpoint does not ask the database for every request. While the
database is away each process counts for itself: an outage must not fail a client's call.
"""

import asyncio
import time
from uuid import UUID

import msgspec
import structlog

from agent import rates
from agent.errors import Problem
from web.proxy.lookup import Route

log = structlog.get_logger()
_WINDOW_S = 60
_LEASES = 600
"""How many leases make up a minute's limit, at most: what the database is asked, in all."""
_PATIENCE = 1.0


class _Lease(msgspec.Struct):
    """What this process may still forward of an endpoint until the window ends, and whether that is the last of it."""

    ends_at: float
    left: int
    is_last: bool = False


class Rates:
    """The leases of one process."""

    def __init__(self) -> None:
        self._leases: dict[UUID, _Lease] = {}

    async def count(self, route: Route) -> None:
        """Raises rate_limited."""
        if route.rate_limit is None:
            return
        now = time.monotonic()
        lease = self._leases.get(route.endpoint_id)
        if lease is None or lease.ends_at <= now or not (lease.left or lease.is_last):
            lease = self._leases[route.endpoint_id] = await _leased(route.endpoint_id, route.rate_limit)
        if not lease.left:
            seconds = max(1, int(lease.ends_at - now + 1))
            raise Problem("rate_limited", f"This endpoint forwards {route.rate_limit} requests a minute.", retry_after=seconds)
        lease.left -= 1


async def _leased(endpoint_id: UUID, limit: int) -> _Lease:
    now, size = time.monotonic(), max(1, limit // _LEASES)
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await rates.hit(f"endpoint:{endpoint_id}", limit, _WINDOW_S, size)
    except Problem as problem:
        return _Lease(now + float(problem.extra.get("retry_after", 1)), 0, is_last=True)
    except Exception as error:
        log.warning("proxy.rate_counted_alone", endpoint=str(endpoint_id), reason=type(error).__name__)
        return _Lease(now + _WINDOW_S, limit, is_last=True)
    return _Lease(now + found.reset_s, size)

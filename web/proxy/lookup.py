"""Which endpoint a proxy URL means, remembered for a moment: a change of its status is obeyed within a second, while the database answers."""

import asyncio
import time
from uuid import UUID

import asyncpg
import msgspec

from agent.config import settings
from agent.crypto import unseal
from agent.recorder import RawHeaders
from db import engine
from db.engine import is_unavailable

_SECONDS = 1.0
_PATIENCE = 2.0
_MOST = 10_000
RECORDING = frozenset({"ACTIVE", "MONITORING"})
FORWARDING = RECORDING | {"REVIEW", "PROCESSING"}


class Route(msgspec.Struct, frozen=True):
    """Where an endpoint's requests go and what is kept of them."""

    endpoint_id: UUID
    user_id: UUID
    destination: str
    status: str
    body_limit: int
    timeout_s: float
    allowed_methods: frozenset[str] = frozenset()
    inject_headers: RawHeaders = []
    rate_limit: int | None = None
    sampling: float = 1.0
    rewrite_location: bool = False
    mock_when_down: bool = False

    @property
    def injected(self) -> list[tuple[bytes, bytes]]:
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.inject_headers]

    @property
    def is_recording(self) -> bool:
        return self.status in RECORDING


# Those of a suspended owner, and of a demo account that do not lead to the demo API, stand still.
_SQL = """SELECT e.id, e.user_id, e.destination_url, e.body_limit, e.timeout_s, e.allowed_methods, e.inject_headers, e.rate_limit, e.sampling, e.rewrite_location,
  e.mock_when_down, CASE WHEN u.is_suspended OR NOT u.is_active OR (u.role = 'DEMO' AND NOT e.is_demo) THEN 'INACTIVE' ELSE e.status END AS status
FROM endpoints e JOIN users u ON u.id = e.user_id WHERE e.id = $1"""
_known: dict[str, tuple[float, Route | None]] = {}


async def find(endpoint_id: str) -> Route | None:
    """The route of `/proxy/{endpoint_id}`, or None. While the database is away, as it was last known."""
    now = time.monotonic()
    found = _known.get(endpoint_id)
    if found is not None and found[0] >= now:
        return found[1]
    if len(_known) > _MOST:
        _known.clear()
    if found is None or found[1] is None:
        route = await _load(endpoint_id)
    else:
        _known[endpoint_id] = (now + _SECONDS, found[1])  # those who ask while it is looked up need not wait for a database that may be away
        route = await _load_or(endpoint_id, found[1])
    _known[endpoint_id] = (time.monotonic() + _SECONDS, route)
    return route


async def _load_or(endpoint_id: str, known: Route) -> Route | None:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _load(endpoint_id)
    except Exception as error:
        if not (isinstance(error, TimeoutError) or is_unavailable(error)):
            raise
        return known


async def _load(endpoint_id: str) -> Route | None:
    try:
        id_ = UUID(endpoint_id)
    except ValueError:
        return None
    async with engine.connection() as connection:
        row: asyncpg.Record | None = await connection.fetchrow(_SQL, id_)
    if row is None:
        return None
    injected = msgspec.json.decode(unseal(row["inject_headers"], f"endpoints:{id_}"), type=RawHeaders) if row["inject_headers"] else []
    return Route(
        endpoint_id=row["id"],
        user_id=row["user_id"],
        destination=row["destination_url"].rstrip("/"),
        status=row["status"],
        body_limit=settings().body_limit if row["body_limit"] is None else row["body_limit"],
        timeout_s=row["timeout_s"] or 300.0,
        allowed_methods=frozenset(row["allowed_methods"] or ()),
        inject_headers=injected,
        rate_limit=row["rate_limit"],
        sampling=row["sampling"],
        rewrite_location=row["rewrite_location"],
        mock_when_down=row["mock_when_down"],
    )

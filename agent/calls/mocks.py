"""Answers from captures, for an endpoint whose owner wants them while its upstream is down: the newest success that fits best."""

from uuid import UUID

import msgspec

from agent.calls import captures
from agent.spec.model import Exchange
from db import engine

_LOOKED_AT = 50


class Mock(msgspec.Struct, frozen=True):
    """A captured answer, its body decoded."""

    call_id: UUID
    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def find(endpoint_id: UUID, method: str, path: str) -> Mock | None:
    """For the same address, else the same path, else one that differs only where ids stand. Never a cut body."""
    wanted = path.partition("?")[0]
    async with engine.connection() as connection:
        rows = await connection.fetch(_NEWEST, endpoint_id, method, _LOOKED_AT * 20)
    ranked = [(score, index, row["id"]) for index, row in enumerate(rows) if (score := _score(row["url"], row["path"], path, wanted)) > 0]
    for _, _, id_ in sorted(ranked, key=lambda one: (-one[0], one[1]))[:3]:
        exchange = await captures.exchange(id_)
        if exchange is not None and not exchange.response_truncated and exchange.status:
            return _mock(id_, exchange)
    return None


def _score(url: str, path: str, asked: str, wanted: str) -> int:
    if url.endswith(asked) and path.endswith(wanted):
        return 3
    if path.endswith(wanted):
        return 2
    return 1 if captures.shape(path)[-len(captures.shape(wanted)) :] == captures.shape(wanted) else 0


def _mock(call_id: UUID, exchange: Exchange) -> Mock:
    dropped = {"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie", "date"}
    headers = [(name, value) for name, value in exchange.response_headers if name.lower() not in dropped]
    return Mock(call_id, exchange.status or 200, headers, exchange.response_body)


_NEWEST = """SELECT c.id, c.url, c.path FROM (SELECT id, url, path, method, response_status, response_truncated FROM api_calls WHERE endpoint_id = $1
ORDER BY timestamp DESC LIMIT $3) c WHERE c.method = $2 AND c.response_status BETWEEN 200 AND 299 AND NOT c.response_truncated"""

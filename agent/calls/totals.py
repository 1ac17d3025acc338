"""What the calls that match a filter come to: how many, how many failed, the median time, and the slowest of them.

Sockets and event streams have no time of their own: they last as long as somebody listens. So they count, and are never the slowest.
"""

import msgspec

from agent.actor import Actor
from agent.calls.capture_search import FIELDS, CallSummary, Filter, statements, summary
from db import engine

MOST = 100_000
"""Of the newest of each API; beyond, the answer would take longer than anybody waits."""


class Totals(msgspec.Struct, frozen=True):
    """`is_all`: whether there were no more than are counted. Milliseconds; None where no call has a time."""

    calls: int
    failed: int
    median_ms: float | None
    is_all: bool
    slowest: list[CallSummary]


async def of(actor: Actor, wanted: Filter, *, slowest: int = 20) -> Totals:
    """Raises invalid_arguments for a status or time that cannot be read."""
    asked = statements(actor, wanted, size=MOST)
    found = asked.whole if asked.whole.sql else asked.walk
    async with engine.connection() as connection:
        (row,) = await connection.fetch(_TOTALS.format(found.sql), *found.values)
        rows = await connection.fetch(_THESE, (row["slowest"] or [])[:slowest])
    return Totals(min(row["calls"], MOST), row["failed"], row["median_ms"], row["calls"] <= MOST, [summary(one) for one in rows])


_TIMED = "FILTER (WHERE duration IS NOT NULL AND protocol NOT IN ('ws', 'wss') AND response_media_type IS DISTINCT FROM 'text/event-stream')"
_TOTALS = f"""
SELECT count(*) AS calls, count(*) FILTER (WHERE response_status >= 400 OR error IS NOT NULL) AS failed,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY duration) {_TIMED} AS median_ms,
  (array_agg(id ORDER BY duration DESC, id DESC) {_TIMED})[1:100] AS slowest
FROM ({{}}) c"""  # noqa: S608  # the filter's statement, whose values are parameters
_THESE = f"SELECT {FIELDS} FROM api_calls c WHERE c.id = ANY($1) ORDER BY c.duration DESC, c.id DESC"  # noqa: S608  # our own columns

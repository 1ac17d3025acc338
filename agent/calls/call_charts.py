"""Calls, errors and latency over time, from the newest calls of an endpoint: enough for a picture, at a cost that does not grow."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from db import engine

Period = Literal["1h", "24h", "7d", "30d"]
PERIODS: dict[Period, timedelta] = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
BARS = 48
MOST_CALLS = 20_000


class Bar(msgspec.Struct, frozen=True):
    """What was heard from `at` on, for one step. Latencies are in milliseconds, None where no answer was heard; how long a WebSocket was open is none."""

    at: datetime
    calls: int
    errors: int
    p50: float | None
    p95: float | None


class Chart(msgspec.Struct, frozen=True):
    """`is_partial`: there were more calls than are counted, so the oldest bars are missing some."""

    period: Period
    bars: list[Bar]
    is_partial: bool


async def chart(endpoint_id: UUID, period: Period, now: datetime | None = None) -> Chart:
    """The caller has checked the endpoint."""
    end = now or datetime.now(UTC)
    step = PERIODS[period] / BARS
    begin = end - PERIODS[period]
    async with engine.connection() as connection:
        rows = await connection.fetch(_SQL, endpoint_id, begin, end, step.total_seconds(), MOST_CALLS)
    found = {row["bar"]: row for row in rows}
    bars = [_bar(begin + step * number, found.get(number)) for number in range(BARS)]
    return Chart(period, bars, sum(bar.calls for bar in bars) >= MOST_CALLS)


async def fitting(endpoint_id: UUID, now: datetime | None = None) -> Period:
    """The shortest period that has the newest call in it."""
    async with engine.connection() as connection:
        newest = await connection.fetchval("SELECT timestamp FROM api_calls WHERE endpoint_id = $1 ORDER BY timestamp DESC LIMIT 1", endpoint_id)
    age = (now or datetime.now(UTC)) - newest if newest else timedelta(0)
    fits: list[Period] = [period for period, length in PERIODS.items() if age < length]
    return fits[0] if fits else "30d"


def _bar(at: datetime, row: asyncpg.Record | None) -> Bar:
    if row is None:
        return Bar(at, 0, 0, None, None)
    return Bar(at, int(row["calls"]), int(row["errors"]), row["p50"], row["p95"])


_SQL = """
SELECT least(floor(extract(epoch FROM timestamp - $2) / $4::float8)::int, 47) AS bar, count(*) AS calls,
  count(*) FILTER (WHERE response_status >= 400 OR has_error) AS errors,
  percentile_disc(0.5) WITHIN GROUP (ORDER BY latency) AS p50, percentile_disc(0.95) WITHIN GROUP (ORDER BY latency) AS p95
FROM (SELECT timestamp, response_status, error IS NOT NULL AS has_error, CASE WHEN protocol NOT IN ('ws', 'wss') THEN duration END AS latency FROM api_calls WHERE endpoint_id = $1 AND timestamp >= $2 AND timestamp < $3
  ORDER BY timestamp DESC LIMIT $5) newest
GROUP BY 1
"""

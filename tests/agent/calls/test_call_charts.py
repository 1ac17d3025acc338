"""Calls over time."""

from datetime import UTC, datetime, timedelta

import asyncpg

from agent.calls import call_charts
from db.ids import uuid7

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_bars_count_calls_errors_and_latency(database: asyncpg.Pool) -> None:
    """Each call in its bar, the newest period that fits, nothing of another endpoint."""
    owner, other = uuid7(), uuid7()
    await database.execute("INSERT INTO users (id, email, username) VALUES ($1, 'a@example.com', 'anna')", owner)
    for id_ in (owner, other):
        await database.execute(
            "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'api', $3, 'http://x.example')", id_, owner, f"a-{id_}"
        )
    call = "INSERT INTO api_calls (endpoint_id, user_id, method, url, response_status, duration, timestamp) VALUES ($1, $2, 'GET', 'http://x/', $3, $4, $5)"
    for status, took, minutes in ((200, 10, 1), (200, 20, 1), (500, 300, 1), (200, 5, 30), (200, 5, 90)):
        await database.execute(call, owner, owner, status, float(took), NOW - timedelta(minutes=minutes))
    await database.execute(call, other, owner, 200, 1.0, NOW - timedelta(minutes=1))
    hour = await call_charts.chart(owner, "1h", NOW)
    assert len(hour.bars) == call_charts.BARS
    assert (hour.bars[-1].calls, hour.bars[-1].errors, hour.bars[-1].p50, hour.bars[-1].p95) == (3, 1, 20, 300)
    assert sum(bar.calls for bar in hour.bars) == 4
    assert sum(bar.calls for bar in (await call_charts.chart(owner, "24h", NOW)).bars) == 5
    assert await call_charts.fitting(owner, NOW) == "1h"
    assert await call_charts.fitting(owner, NOW + timedelta(hours=5)) == "24h"
    assert await call_charts.fitting(uuid7(), NOW) == "1h"

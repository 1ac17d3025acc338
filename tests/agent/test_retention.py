"""What is deleted after how long, on real rows."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from agent import retention
from db.ids import earliest, uuid7
from db.partitions import ensure_partitions, partitions

NOW = datetime(2031, 6, 20, 2, tzinfo=UTC)


async def _account(database: asyncpg.Pool, name: str, role: str = "USER", plan: str = "FREE") -> UUID:
    """A user whose id is also that of their endpoint."""
    made = uuid7()
    await database.execute("INSERT INTO users (id, email, username, role, plan) VALUES ($1, $2, $3, $4, $5)", made, f"{name}@example.com", name, role, plan)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, $2, $2, 'http://x.example')", made, name)
    return made


async def _heard(database: asyncpg.Pool, owner: UUID, days_ago: int) -> None:
    await database.execute(
        "INSERT INTO api_calls (endpoint_id, user_id, method, url, timestamp) VALUES ($1, $1, 'GET', 'http://x.example/', $2)",
        owner,
        NOW - timedelta(days=days_ago),
    )


async def _ages(database: asyncpg.Pool, owner: UUID) -> list[int]:
    return [(NOW - row[0]).days for row in await database.fetch("SELECT timestamp FROM api_calls WHERE endpoint_id = $1 ORDER BY 1 DESC", owner)]


async def test_each_plan_keeps_its_calls_for_its_time(database: asyncpg.Pool) -> None:
    """Free: 90 days to the day. Paying: a year. Demo: for ever. Months that are over for everybody are dropped whole."""
    for months in range(0, 16, 3):
        await ensure_partitions(NOW - timedelta(days=31 * (months + 2)))
    free, paying, demo = await _account(database, "free"), await _account(database, "paying", plan="PRO"), await _account(database, "demo1", role="DEMO")
    for owner in (free, paying, demo):
        for days in (1, 89, 91, 130, 364, 366, 420):
            await _heard(database, owner, days)
    swept = await retention.sweep(NOW)
    assert await _ages(database, free) == [1, 89]
    assert await _ages(database, paying) == [1, 89, 91, 130, 364]
    assert await _ages(database, demo) == [1, 89, 91, 130, 364, 366, 420]
    assert swept.months and "api_calls_2031_01" in swept.months
    assert "api_calls_2031_01" not in await partitions()
    assert (await retention.sweep(NOW)).calls == 0


async def test_an_imported_call_is_kept_from_its_import_on(database: asyncpg.Pool) -> None:
    """A recording of last year is not gone the night after it was imported, whether its month is there or not."""
    for days in (31, 300):
        await ensure_partitions(NOW - timedelta(days=days), ahead=0)
    owner = await _account(database, "ada")
    for days_ago in (300, 2000):
        for imported in (89, 91):
            await database.execute(
                "INSERT INTO api_calls (id, endpoint_id, user_id, source, method, url, timestamp) VALUES ($1, $2, $2, 'import', 'GET', 'http://x.example/', $3)",
                earliest(NOW - timedelta(days=imported)), owner, NOW - timedelta(days=days_ago),
            )  # fmt: skip
    await retention.sweep(NOW)
    assert await _ages(database, owner) == [300, 2000]
    assert {row["id"] for row in await database.fetch("SELECT id FROM api_calls")} == {earliest(NOW - timedelta(days=89))}
    await retention.sweep(NOW + timedelta(days=2))
    assert await _ages(database, owner) == []


async def test_what_is_short_lived_goes(database: asyncpg.Pool) -> None:
    """Ended sessions and old audit records go, present ones stay."""
    owner = await _account(database, "ada")
    for days in (-1, 1):
        await database.execute(
            "INSERT INTO login_sessions (user_id, token_hash, expires_at) VALUES ($1, $2, now() + $3)", owner, bytes([days + 1]) * 32, timedelta(days=days)
        )
        await database.execute("INSERT INTO audit_logs (action, created_at) VALUES ('X', now() - $1::interval)", timedelta(days=365 + 5 * days))
    assert (await retention.sweep()).rows == {"login_sessions": 1, "audit_logs": 1}


async def test_an_unused_endpoint_is_archived(database: asyncpg.Pool) -> None:
    """Its documents stay; one that was used lately, or is published, stays as it is."""
    for name, more in (("idle", ""), ("used", ", last_used_at = now()"), ("shown", ", is_public = true")):
        owner = await _account(database, name)
        await database.execute("ALTER TABLE endpoints DISABLE TRIGGER endpoints_touch")
        await database.execute(
            f"UPDATE endpoints SET created_at = now() - interval '1 year', updated_at = now() - interval '1 year' {more} WHERE id = $1", owner
        )
    assert (await retention.sweep()).archived == 1
    assert [row["name"] for row in await database.fetch("SELECT name FROM endpoints WHERE status = 'ARCHIVED'")] == ["idle"]

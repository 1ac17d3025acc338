"""What is kept for how long. One sweep a day (see `web.worker`) deletes what is past its time, in steps that hold nobody up.

Captured calls: the server's setting for free accounts, a year for paying ones, for ever for the demo accounts; an imported call counts
from its import. Whole months are dropped; what remains is deleted in batches. Audit records are kept a year. Money, chats, documents and endpoints are never
deleted by age: an endpoint that nobody used for the whole time is archived, which closes its proxy and keeps its documents.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agent.config import settings
from db import engine
from db.ids import earliest
from db.partitions import drop_partitions_before

log = structlog.get_logger()
PAYING_DAYS = 365
_BATCH = 5000
_PAUSE_SECONDS = 0.02

SHORT_LIVED: dict[str, str] = {
    "run_events": "created_at < now() - interval '7 days'",
    "audit_logs": "created_at < now() - interval '1 year'",
    "login_sessions": "expires_at < now()",
    "setup_tokens": "expires_at < now() - interval '1 day'",
    "idempotency_keys": "created_at < now() - interval '2 days'",
    "rate_counters": "created_at < now() - interval '2 days'",
    "login_throttle": "window_start < now() - interval '2 days'",
    "attachments": "chat_message_id IS NULL AND created_at < now() - interval '7 days'",
    "provider_key_uses": "hour < now() - interval '60 days'",
}
"""Rows of these tables that nobody will ask for again. Only this module deletes by age, whoever owns the table."""


class Swept(msgspec.Struct, frozen=True):
    """What one sweep did."""

    months: list[str]
    calls: int
    archived: int
    rows: dict[str, int]


async def sweep(now: datetime | None = None) -> Swept:
    """Delete what is past its time. Safe to repeat, and to run beside everything else."""
    here = now or datetime.now(UTC)
    free, paying = (here - timedelta(days=days) for days in keeping())
    months = await drop_partitions_before(paying, await _owners(_DEMO))
    months += await drop_partitions_before(free, await _owners(_KEEPERS))
    calls = await _delete_calls(free, "FREE") + await _delete_calls(paying, "PRO", "TEAM")
    archived = await _archive_unused(free)
    rows = {table: await _delete(_OLD_ROWS.format(table=table, old=old)) for table, old in SHORT_LIVED.items()}
    swept = Swept(months, calls, archived, {table: count for table, count in rows.items() if count})
    log.info("retention.swept", months=months, calls=calls, archived=archived, **swept.rows)
    return swept


def keeping() -> tuple[int, int]:
    """Days for which calls of free and of paying accounts are kept."""
    free = settings().retention_days
    return free, max(free, PAYING_DAYS)


async def _owners(condition: str) -> list[UUID]:
    async with engine.connection() as connection:
        return [row[0] for row in await connection.fetch(f"SELECT id FROM users WHERE {condition}")]  # noqa: S608  # constants of this module


async def _delete_calls(before: datetime, *plans: str) -> int:
    """Endpoint by endpoint, because that is what the index is for."""
    async with engine.connection() as connection:
        ids = await connection.fetch(_WITH_OLD_CALLS, list(plans), before, earliest(before))
    return sum([await _delete(_OLD_CALLS, row[0], before, earliest(before)) for row in ids])


async def _archive_unused(before: datetime) -> int:
    async with engine.connection() as connection:
        done = await connection.execute(_ARCHIVE, before)
    return int(done.split()[-1])


async def _delete(statement: str, *arguments: object) -> int:
    """Run a statement that deletes one batch until it finds nothing more, with pauses for the others."""
    total = 0
    while True:
        async with engine.connection() as connection:
            try:
                count = int((await connection.execute(statement, *arguments)).split()[-1])
            except asyncpg.DeadlockDetectedError:
                count = _BATCH
        total += count
        if count < _BATCH:
            return total
        await asyncio.sleep(_PAUSE_SECONDS)


_DEMO = "role = 'DEMO'"
_KEEPERS = f"{_DEMO} OR plan <> 'FREE'"
_IS_OLD = "c.timestamp < $2 AND (c.source <> 'import' OR c.id < $3)"
_WITH_OLD_CALLS = f"""
SELECT e.id FROM endpoints e JOIN users u ON u.id = e.user_id
WHERE u.plan = ANY($1) AND u.role <> 'DEMO' AND EXISTS (SELECT 1 FROM api_calls c WHERE c.endpoint_id = e.id AND {_IS_OLD})
"""  # noqa: S608  # a condition of this module
_OLD_CALLS = f"""
DELETE FROM api_calls WHERE (id, timestamp) IN (SELECT c.id, c.timestamp FROM api_calls c WHERE c.endpoint_id = $1 AND {_IS_OLD} LIMIT {_BATCH})
"""  # noqa: S608  # a number and a condition of this module
_OLD_ROWS = f"DELETE FROM {{table}} WHERE ctid = ANY(ARRAY(SELECT ctid FROM {{table}} WHERE {{old}} LIMIT {_BATCH}))"  # noqa: S608  # constants of this module
_ARCHIVE = """
UPDATE endpoints e SET status = 'ARCHIVED' FROM users u
WHERE u.id = e.user_id AND u.role <> 'DEMO' AND u.plan = 'FREE' AND e.status IN ('ACTIVE', 'REVIEW', 'COMPLETE', 'INACTIVE')
AND NOT e.is_public AND NOT e.monitoring_enabled AND greatest(e.created_at, e.updated_at, e.last_used_at) < $1
"""

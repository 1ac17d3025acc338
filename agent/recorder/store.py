"""Rows into `api_calls`: one COPY a batch, counted and rung in the same transaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from agent import arrivals
from agent.arrivals import Arrival
from agent.recorder.rows import COLUMNS, Row
from db import engine

MAX_BATCH = 1000


async def store(rows: Sequence[Row]) -> None:
    """Copy rows, count them on their endpoints and ring. Rows that are there already, or whose endpoint is gone, are skipped.

    Raises what the database raises; then nothing of the batch of up to a thousand rows was stored.
    """
    for start in range(0, len(rows), MAX_BATCH):
        await _store(rows[start : start + MAX_BATCH])


async def _store(batch: Sequence[Row]) -> None:
    records = [msgspec.structs.astuple(row) for row in batch]
    async with engine.connection() as connection:
        try:
            async with connection.transaction():
                await connection.copy_records_to_table("api_calls", records=records, columns=COLUMNS)
                await _count(connection, [(row.endpoint_id, _is_failure(row)) for row in batch])
                await arrivals.note(connection, _heard(batch))
        except asyncpg.IntegrityConstraintViolationError:
            async with connection.transaction():
                await _store_what_can_be(connection, records)
                await arrivals.note(connection, _heard(batch))


async def _store_what_can_be(connection: engine.Connection, records: list[tuple[Any, ...]]) -> None:
    """After a crash some rows are there already, and an endpoint may have been deleted while its last calls were on their way."""
    await connection.execute("CREATE TEMP TABLE IF NOT EXISTS arriving (LIKE api_calls INCLUDING DEFAULTS) ON COMMIT DELETE ROWS")
    await connection.copy_records_to_table("arriving", records=records, columns=COLUMNS)
    stored = await connection.fetch(_MOVE)
    await _count(connection, [(row["endpoint_id"], row["failed"]) for row in stored])


async def _count(connection: engine.Connection, stored: list[tuple[UUID, bool]]) -> None:
    calls, errors = Counter(endpoint for endpoint, _ in stored), Counter(endpoint for endpoint, failed in stored if failed)
    for endpoint_id in sorted(calls):  # in one order, so that two processes never wait for each other
        await connection.execute(_COUNT, endpoint_id, calls[endpoint_id], errors[endpoint_id])
        await connection.execute("SELECT pg_notify('wiretalk', $1)", f"calls:{endpoint_id}")


def _heard(batch: Sequence[Row]) -> Iterator[Arrival]:
    """Calls by clients; imports and calls of our own are no news to who made them."""
    return (Arrival(row.endpoint_id, row.id, row.method, row.path, row.response_status, row.timestamp) for row in batch if row.source == "proxy")


def _is_failure(row: Row) -> bool:
    return row.error is not None or (row.response_status or 0) >= 400


_COUNT = "UPDATE endpoints SET call_count = call_count + $2, error_count = error_count + $3, last_used_at = now() WHERE id = $1"
_MOVE = f"""
INSERT INTO api_calls ({", ".join(COLUMNS)}) SELECT {", ".join(f"a.{column}" for column in COLUMNS)} FROM arriving a
WHERE EXISTS (SELECT 1 FROM endpoints e WHERE e.id = a.endpoint_id) AND EXISTS (SELECT 1 FROM users u WHERE u.id = a.user_id)
ON CONFLICT DO NOTHING
RETURNING endpoint_id, (response_status >= 400 OR error IS NOT NULL) IS TRUE AS failed
"""  # noqa: S608  # the columns are constants of this package

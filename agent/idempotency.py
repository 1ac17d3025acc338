"""The answer to a write, kept for a day, for whoever sends the same write again because the first answer was lost.

Two that arrive at once: one is carried out, the other is told to wait. A write that failed on our side may be tried again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agent.actor import Actor
from agent.errors import Problem
from db import jsonb
from db.ids import uuid7
from db.tables import IdempotencyKey

_GIVEN_UP = timedelta(minutes=5)
LIFETIME = timedelta(days=1)


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


async def begin(actor: Actor, key: str, method: str, path: str, request_hash: str) -> Answer | None:
    """Take the key; or the stored answer where the same write was answered. Raises conflict, invalid_arguments."""
    if not 1 <= len(key) <= 255:
        raise Problem("invalid_arguments", "An `Idempotency-Key` has 1 to 255 characters.")
    now = datetime.now(UTC)
    if await IdempotencyKey.raw(_TAKE, uuid7(), actor.user_id, key, method, path, request_hash, now - LIFETIME, now - _GIVEN_UP):
        return None
    rows = await IdempotencyKey.raw(
        "SELECT request_hash, response_status, response_headers, response_body FROM idempotency_keys WHERE user_id = {} AND key = {}", actor.user_id, key
    )
    row: dict[str, Any] = rows[0] if rows else {}
    if row.get("request_hash") != request_hash:
        raise Problem("invalid_arguments", "This `Idempotency-Key` was used for another request.", remedy="Use a new key for each write.")
    if row["response_status"] is None:
        raise Problem("conflict", "The first request with this `Idempotency-Key` is still being answered.", remedy="Wait a moment, then send it again.")
    return Answer(row["response_status"], msgspec.json.decode(row["response_headers"], type=list[tuple[str, str]]), row["response_body"] or b"")


async def finish(actor: Actor, key: str, answer: Answer) -> None:
    """Keep the answer."""
    await IdempotencyKey.raw(
        "UPDATE idempotency_keys SET response_status = {}, response_headers = {}, response_body = {} WHERE user_id = {} AND key = {}",
        answer.status,
        jsonb.encode(answer.headers),
        answer.body,
        actor.user_id,
        key,
    )


async def abandon(actor: Actor, key: str) -> None:
    """Nothing was done that a second try would do twice: the key is free again."""
    await IdempotencyKey.raw("DELETE FROM idempotency_keys WHERE user_id = {} AND key = {} AND response_status IS NULL", actor.user_id, key)


_TAKE = """
INSERT INTO idempotency_keys AS k (id, user_id, key, method, path, request_hash) VALUES ({}, {}, {}, {}, {}, {})
ON CONFLICT (user_id, key) DO UPDATE SET
    id = excluded.id, method = excluded.method, path = excluded.path, request_hash = excluded.request_hash,
    response_status = NULL, response_body = NULL, created_at = now()
WHERE k.created_at < {} OR (k.response_status IS NULL AND k.created_at < {})
RETURNING id
"""

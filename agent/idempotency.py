"""The answer to a write, kept for a day, for whoever sends the same write again because the first answer was lost.

Two that arrive at once: one is carried out, the other is told to wait. A write that failed on our side may be tried again.
Requests hold passwords, and answers what is shown once, such as a new token: both are sealed. They live too short to be put under a new key.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agent.actor import Actor
from agent.crypto import Unsealable, seal, unseal
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


async def begin(actor: Actor, key: str, method: str, path: str, request_hash: bytes) -> Answer | None:
    """Take the key; or the stored answer where the same write was answered. Raises conflict, invalid_arguments."""
    if not 1 <= len(key) <= 255:
        raise Problem("invalid_arguments", "An `Idempotency-Key` has 1 to 255 characters.")
    now, sealed = datetime.now(UTC), base64.b64encode(seal(request_hash, _context(actor, key))).decode()
    if await IdempotencyKey.raw(_TAKE, uuid7(), actor.user_id, key, method, path, sealed, now - LIFETIME, now - _GIVEN_UP):
        return None
    rows = await IdempotencyKey.raw(
        "SELECT request_hash, response_status, response_headers, response_body FROM idempotency_keys WHERE user_id = {} AND key = {}", actor.user_id, key
    )
    row: dict[str, Any] = rows[0] if rows else {}
    if not row or _opened(base64.b64decode(row["request_hash"]), actor, key) != request_hash:
        raise Problem("invalid_arguments", "This `Idempotency-Key` was used for another request.", remedy="Use a new key for each write.")
    if row["response_status"] is None:
        raise Problem("conflict", "The first request with this `Idempotency-Key` is still being answered.", remedy="Wait a moment, then send it again.")
    headers = msgspec.json.decode(row["response_headers"], type=list[tuple[str, str]])
    return Answer(row["response_status"], headers, _opened(row["response_body"], actor, key) or b"")


async def finish(actor: Actor, key: str, answer: Answer) -> None:
    """Keep the answer."""
    await IdempotencyKey.raw(
        "UPDATE idempotency_keys SET response_status = {}, response_headers = {}, response_body = {} WHERE user_id = {} AND key = {}",
        answer.status,
        jsonb.encode(answer.headers),
        seal(answer.body, _context(actor, key)),
        actor.user_id,
        key,
    )


async def abandon(actor: Actor, key: str) -> None:
    """Nothing was done that a second try would do twice: the key is free again."""
    await IdempotencyKey.raw("DELETE FROM idempotency_keys WHERE user_id = {} AND key = {} AND response_status IS NULL", actor.user_id, key)


def _context(actor: Actor, key: str) -> str:
    return f"idempotency_keys:{actor.user_id}:{key}"


def _opened(sealed: bytes, actor: Actor, key: str) -> bytes | None:
    try:
        return unseal(sealed, _context(actor, key))
    except Unsealable:
        return None


_TAKE = """
INSERT INTO idempotency_keys AS k (id, user_id, key, method, path, request_hash) VALUES ({}, {}, {}, {}, {}, {})
ON CONFLICT (user_id, key) DO UPDATE SET
    id = excluded.id, method = excluded.method, path = excluded.path, request_hash = excluded.request_hash,
    response_status = NULL, response_body = NULL, created_at = now()
WHERE k.created_at < {} OR (k.response_status IS NULL AND k.created_at < {})
RETURNING id
"""

"""What is taken of a key and what that cost, by user and hour. A request is counted before it is sent, under a lock of the key's row, so limits are exact."""

from datetime import datetime
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.providers import models
from db import engine
from db.ids import uuid7
from db.tables import ProviderKeyUse

LIMITS = {"requests_per_hour": "an hour", "requests_per_day": "a day"}


class Receipt(msgspec.Struct, frozen=True):
    """What one user spent of a key. `cost` in US dollars by the price table, as far as prices are known; None where none is."""

    user: str
    is_owner: bool
    requests: int
    tokens: int
    cost: float | None
    last_hour: datetime


async def take(actor: Actor, key_id: UUID, *, is_limited: bool) -> bytes | None:
    """The sealed key, with one request of it counted; None where it was taken back or a limit is reached.

    The row of a limited key is locked first, so that parallel runs queue up and each counts what those before it took.
    """
    if not is_limited and (sealed := await _take(actor, key_id, is_locked=False)):
        return sealed
    async with engine.transaction():
        await ProviderKeyUse.raw("SELECT 1 FROM provider_keys WHERE id = {} FOR UPDATE", key_id)
        return await _take(actor, key_id, is_locked=True)


async def note_use(actor: Actor, key_id: UUID, tokens: int, cost_micros: int = 0) -> None:
    """What a step that was taken spent, for its owner's receipts."""
    await ProviderKeyUse.raw(_SPENT, uuid7(), key_id, actor.user_id, tokens, cost_micros, key_id)


async def receipts(owner: Actor, key_id: UUID, days: int) -> list[Receipt]:
    """What each user spent of a key, the most expensive first. The caller has checked whose key it is."""
    rows = await ProviderKeyUse.raw(_RECEIPTS, key_id, days)
    return [
        Receipt(
            row["user"] or "a deleted account",
            row["user_id"] == owner.user_id,
            row["requests"],
            row["tokens"],
            models.dollars(row["tokens"], row["cost_micros"]),
            row["last_hour"],
        )
        for row in rows
    ]


async def _take(actor: Actor, key_id: UUID, *, is_locked: bool) -> bytes | None:
    rows = await ProviderKeyUse.raw(_TAKEN, key_id, actor.user_id, str(actor.user_id), is_locked, uuid7(), actor.user_id)
    return bytes(rows[0]["encrypted_key"]) if rows else None


# Who may use a key besides its owner; takes the user's id as text.
LENT = "(k.is_shared AND (cardinality(k.shared_with) = 0 OR {}::text = ANY(k.shared_with)))"
TODAY = "date_trunc('day', now(), 'UTC')"
HOUR = "date_trunc('hour', now(), 'UTC')"
# What was taken of the key `k` in this hour and on this day.
USED = f"""
(SELECT coalesce(sum(requests) FILTER (WHERE hour = {HOUR}), 0)::int AS requests_per_hour, coalesce(sum(requests), 0)::int AS requests_per_day
FROM provider_key_uses WHERE provider_key_id = k.id AND hour >= {TODAY})
"""  # noqa: S608  # constant parts
_TAKEN = f"""
WITH taken AS (
  UPDATE provider_keys k SET last_used_at = now() WHERE id = {{}} AND (user_id = {{}} OR {LENT}) AND (usage_limits = jsonb_build_object() OR ({{}} AND EXISTS (
    SELECT 1 FROM {USED} used WHERE requests_per_hour < coalesce((usage_limits ->> 'requests_per_hour')::int, 2147483647)
    AND requests_per_day < coalesce((usage_limits ->> 'requests_per_day')::int, 2147483647)))) RETURNING id, encrypted_key
), counted AS (
  INSERT INTO provider_key_uses AS u (id, provider_key_id, user_id, hour, requests) SELECT {{}}, id, {{}}, {HOUR}, 1 FROM taken
  ON CONFLICT (provider_key_id, user_id, hour) DO UPDATE SET requests = u.requests + 1
) SELECT encrypted_key FROM taken
"""  # noqa: S608  # constant parts
_SPENT = f"""
INSERT INTO provider_key_uses AS u (id, provider_key_id, user_id, hour, tokens, cost_micros)
SELECT {{}}, {{}}, {{}}, {HOUR}, {{}}, {{}} WHERE EXISTS (SELECT 1 FROM provider_keys WHERE id = {{}})
ON CONFLICT (provider_key_id, user_id, hour) DO UPDATE SET tokens = u.tokens + excluded.tokens, cost_micros = u.cost_micros + excluded.cost_micros
"""  # noqa: S608  # constant parts
_RECEIPTS = """
SELECT u.user_id, coalesce(p.email, p.username) AS user, sum(u.requests)::int AS requests, sum(u.tokens)::bigint AS tokens,
  sum(u.cost_micros)::bigint AS cost_micros, max(u.hour) AS last_hour
FROM provider_key_uses u LEFT JOIN users p ON p.id = u.user_id
WHERE u.provider_key_id = {} AND u.hour > now() - make_interval(days => {}::int) GROUP BY 1, 2 ORDER BY cost_micros DESC, requests DESC
"""

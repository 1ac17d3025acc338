"""What is taken of a key and what that cost, by user and hour. A request is counted before it is sent, under a lock of the key's row, so limits are exact."""

from datetime import datetime
from uuid import UUID

import msgspec

from agent.actor import Actor
from db import engine
from db.ids import uuid7
from db.tables import ProviderKeyUse

LIMITS = {"requests_per_hour": "an hour", "requests_per_day": "a day"}


class Receipt(msgspec.Struct, frozen=True):
    """What one user spent of a key. `cost` in US dollars by the price table, as far as prices are known."""

    user: str
    is_owner: bool
    requests: int
    tokens: int
    cost: float
    last_hour: datetime


async def reserve(actor: Actor, key_id: UUID) -> bool:
    """Count one request, unless the key was taken back or one of its limits is reached. Its row is locked, so that parallel runs queue up."""
    async with engine.transaction():
        rows = await ProviderKeyUse.raw(_LOCKED, key_id, actor.user_id, str(actor.user_id))
        if not rows:
            return False
        limits, spent = msgspec.json.decode(rows[0]["usage_limits"]), await used(key_id)
        if any(spent[name] >= limits[name] for name in LIMITS if limits.get(name)):
            return False
        await ProviderKeyUse.raw(_TAKEN, key_id, uuid7(), key_id, actor.user_id)
    return True


async def used(key_id: UUID) -> dict[str, int]:
    rows = await ProviderKeyUse.raw(_USED, key_id)
    return {"requests_per_hour": rows[0]["hour"], "requests_per_day": rows[0]["day"]}


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
            row["cost_micros"] / 1_000_000,
            row["last_hour"],
        )
        for row in rows
    ]


# Who may use a key besides its owner; takes the user's id as text.
LENT = "(k.is_shared AND (cardinality(k.shared_with) = 0 OR {}::text = ANY(k.shared_with)))"
TODAY = "date_trunc('day', now(), 'UTC')"
HOUR = "date_trunc('hour', now(), 'UTC')"
_LOCKED = f"SELECT usage_limits FROM provider_keys k WHERE id = {{}} AND (user_id = {{}} OR {LENT}) FOR UPDATE"  # noqa: S608  # constant parts
_USED = f"""
SELECT coalesce(sum(requests) FILTER (WHERE hour = {HOUR}), 0)::int AS hour, coalesce(sum(requests), 0)::int AS day
FROM provider_key_uses WHERE provider_key_id = {{}} AND hour >= {TODAY}
"""  # noqa: S608  # constant parts
_TAKEN = f"""
WITH used AS (UPDATE provider_keys SET last_used_at = now() WHERE id = {{}} RETURNING id)
INSERT INTO provider_key_uses AS u (id, provider_key_id, user_id, hour, requests) VALUES ({{}}, {{}}, {{}}, {HOUR}, 1)
ON CONFLICT (provider_key_id, user_id, hour) DO UPDATE SET requests = u.requests + 1
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

"""What each user used on each day, in UTC, and whether their plan allows more.

Messages and uploads are taken before they are stored, in one statement, so that parallel requests cannot pass a limit together.
Tokens are known only afterwards: they are added after each step of a run, and checked before the next.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec

from agent.actor import Actor
from agent.billing import allowances
from agent.errors import Problem
from agent.providers import models
from agent.providers.base import Usage as Tokens
from db import jsonb
from db.ids import uuid7
from db.tables import Usage

Period = Literal["day", "month"]
Kind = Literal["messages", "tokens", "uploads"]
COLUMNS: dict[Kind, str] = {"messages": "message_count", "tokens": "token_count", "uploads": "file_uploads"}
_WORDS: dict[Kind, str] = {"messages": "messages", "tokens": "tokens", "uploads": "files"}


class Meter(msgspec.Struct, frozen=True):
    """One kind of use today. Without a `limit` nothing is `left` to count."""

    kind: Kind
    used: int
    limit: int | None
    left: int | None


class Today(msgspec.Struct, frozen=True):
    """Where a user stands; everything is free again at `resets_at`."""

    plan: str
    meters: list[Meter]
    cost: float | None
    resets_at: datetime

    def meter(self, kind: Kind) -> Meter:
        return next(meter for meter in self.meters if meter.kind == kind)


class Day(msgspec.Struct, frozen=True):
    """`cost` in US dollars, as far as prices are known; None where none is."""

    date: date
    messages: int = 0
    tokens: int = 0
    uploads: int = 0
    api_calls: int = 0
    cost: float | None = 0


class Report(msgspec.Struct, frozen=True):
    """`days` without gaps, oldest first; `total` is their sum; prices are those of `price_source`."""

    period: Period
    today: Today
    total: Day
    days: list[Day]
    price_source: str = f"{models.SOURCE}, read on {models.AS_OF}"


async def today(actor: Actor) -> Today:
    """What is used and what is left."""
    row = (await Usage.raw(_TODAY, actor.user_id))[0]
    allowed = allowances.of(row["plan"], row["role"])
    meters = [_meter(kind, row[column], getattr(allowed, kind)) for kind, column in COLUMNS.items()]
    return Today(row["plan"], meters, models.dollars(row["token_count"], row["cost_micros"]), _midnight())


async def report(actor: Actor, period: Period = "month") -> Report:
    """A day, or the thirty days up to today."""
    rows = await Usage.raw(_DAYS, 0 if period == "day" else 29, actor.user_id)
    days = [_day(row) for row in rows]
    sums: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("messages", "tokens", "uploads", "api_calls", "cost_micros")}
    return Report(period, await today(actor), _day({"date": days[0].date, **sums}), days)


async def require(actor: Actor) -> None:
    """Before each step of a run. Raises quota_exceeded once the day's tokens are used up; it says when they are back."""
    _refuse_spent(await today(actor))


@asynccontextmanager
async def message(actor: Actor) -> AsyncGenerator[None, None]:
    """One message of the day, given back where storing it fails. Raises quota_exceeded, also for tokens that are used up."""
    async with _taken(actor, "messages", "tokens"):
        yield


@asynccontextmanager
async def upload(actor: Actor) -> AsyncGenerator[None, None]:
    """One file of the day, given back where storing it fails. Raises quota_exceeded."""
    async with _taken(actor, "uploads"):
        yield


async def spent(actor: Actor, model: str, tokens: Tokens) -> int | None:
    """Add a step's tokens; what they cost in millionths of a dollar, None where the price is unknown."""
    cost = models.cost_micros(model, tokens)
    if tokens.input or tokens.output:
        await Usage.raw(_SPENT, uuid7(), actor.user_id, tokens.input + tokens.output, cost or 0)
    return cost


async def called(actor: Actor, count: int = 1) -> None:
    """Add calls to an API that a tool made for the user."""
    await Usage.raw(_CALLED, uuid7(), actor.user_id, count)


@asynccontextmanager
async def _taken(actor: Actor, kind: Kind, *also: Kind) -> AsyncGenerator[None, None]:
    """One of a kind; none where `also` has nothing left."""
    plans = jsonb.encode({plan: allowances.of(plan, actor.role) for plan in allowances.PLANS})
    if not await Usage.raw(_take(kind, *also), plans, actor.user_id, uuid7(), actor.user_id):
        now = await today(actor)
        used_up: list[Kind] = [one for one in also if now.meter(one).left == 0]
        raise _exceeded((used_up or [kind])[0], now)
    try:
        yield
    except BaseException:
        await Usage.raw(_give_back(kind), actor.user_id)
        raise


def _day(row: dict[str, Any]) -> Day:
    cost = models.dollars(row["tokens"], row["cost_micros"])
    return Day(row["date"], row["messages"], row["tokens"], row["uploads"], row["api_calls"], cost)


def _refuse_spent(now: Today) -> None:
    left = now.meter("tokens").left
    if left is not None and left <= 0:
        raise _exceeded("tokens", now)


def _exceeded(kind: Kind, now: Today) -> Problem:
    limit = now.meter(kind).limit
    wait = max(1, round((now.resets_at - datetime.now(UTC)).total_seconds()))
    return Problem(
        "quota_exceeded",
        f"The {now.plan} plan includes {limit:,} {_WORDS[kind]} a day, and they are used up.",
        remedy=f"It resets at {now.resets_at:%Y-%m-%d %H:%M} UTC; a larger plan has more.",
        kind=kind,
        limit=limit,
        retry_after=wait,
        resets_at=now.resets_at.isoformat(),
    )


def _meter(kind: Kind, used: int, limit: int | None) -> Meter:
    return Meter(kind, used, limit, None if limit is None else max(0, limit - used))


def _midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _take(kind: Kind, *also: Kind) -> str:
    column = COLUMNS[kind]
    most = {COLUMNS[one]: f"coalesce((SELECT (plan ->> '{one}')::bigint FROM mine), 9223372036854775807)" for one in (kind, *also)}  # noqa: S608  # kinds of ours
    return f"""
WITH plans AS (SELECT {{}}::jsonb AS of), mine AS (SELECT coalesce(plans.of -> plan, plans.of -> 'FREE') AS plan FROM plans, users WHERE id = {{}})
INSERT INTO usage AS u (id, user_id, date, {column})
SELECT {{}}, {{}}, (now() AT TIME ZONE 'UTC')::date, 1 WHERE {" AND ".join(f"0 < {limit}" for limit in most.values())}
ON CONFLICT (user_id, date) DO UPDATE SET {column} = u.{column} + 1
WHERE {" AND ".join(f"u.{counted} < {limit}" for counted, limit in most.items())} RETURNING id
"""  # noqa: S608  # columns of ours


def _give_back(kind: Kind) -> str:
    column = COLUMNS[kind]
    return f"UPDATE usage SET {column} = greatest(0, {column} - 1) WHERE user_id = {{}} AND date = (now() AT TIME ZONE 'UTC')::date"  # noqa: S608  # a column of ours


_TODAY = """
SELECT u.plan, u.role, coalesce(d.message_count, 0)::int AS message_count, coalesce(d.token_count, 0)::bigint AS token_count,
  coalesce(d.file_uploads, 0)::int AS file_uploads, coalesce(d.cost_micros, 0)::bigint AS cost_micros
FROM users u LEFT JOIN usage d ON d.user_id = u.id AND d.date = (now() AT TIME ZONE 'UTC')::date WHERE u.id = {}
"""
_DAYS = """
SELECT s.date::date AS date, coalesce(d.message_count, 0)::int AS messages, coalesce(d.token_count, 0)::bigint AS tokens,
  coalesce(d.file_uploads, 0)::int AS uploads, coalesce(d.api_calls, 0)::bigint AS api_calls, coalesce(d.cost_micros, 0)::bigint AS cost_micros
FROM generate_series((now() AT TIME ZONE 'UTC')::date - {}::int, (now() AT TIME ZONE 'UTC')::date, interval '1 day') AS s(date)
LEFT JOIN usage d ON d.user_id = {} AND d.date = s.date::date ORDER BY 1
"""
_SPENT = """
INSERT INTO usage AS u (id, user_id, date, token_count, cost_micros) VALUES ({}, {}, (now() AT TIME ZONE 'UTC')::date, {}, {})
ON CONFLICT (user_id, date) DO UPDATE SET token_count = u.token_count + excluded.token_count, cost_micros = u.cost_micros + excluded.cost_micros
"""
_CALLED = """
INSERT INTO usage AS u (id, user_id, date, api_calls) VALUES ({}, {}, (now() AT TIME ZONE 'UTC')::date, {})
ON CONFLICT (user_id, date) DO UPDATE SET api_calls = u.api_calls + excluded.api_calls
"""

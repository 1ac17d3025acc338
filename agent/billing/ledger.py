"""The ledger: a balance always equals the sum of its entries, and never goes below zero.

A priced tool first holds its credits, then settles the hold into an entry, or releases it. Every movement locks the user's
row first, so parallel spends queue up instead of racing.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from agent import sheets
from agent.actor import Actor, require_admin
from agent.errors import Problem
from agent.paging import Page, after, page
from db import engine
from db.ids import uuid7
from db.tables import CreditHold, CreditTransaction

EntryType = Literal["PURCHASE", "ENDPOINT", "ADMIN_ADJUST", "REFUND", "GRANT", "USAGE"]
_MOST_ADJUSTED = 1_000_000
_HOLD_LIFETIME = timedelta(minutes=15)
_EXPORT_PAGE = 500
_COLUMNS = ("created_at", "type", "description", "api", "amount", "balance_after", "chat_id", "id")


class Balance(msgspec.Struct, frozen=True):
    """`credits` is the ledger's sum, `held` what running tools set aside, `available` the difference."""

    credits: int
    held: int
    available: int


class Entry(msgspec.Struct, frozen=True):
    """One movement. `api` and `slug` are those of the endpoint it paid for, while there is one; `chat_id` is where the run that spent it was."""

    id: UUID
    amount: int
    balance_after: int
    type: EntryType
    description: str | None
    created_at: datetime
    api: str | None = None
    slug: str | None = None
    chat_id: UUID | None = None


class Hold(msgspec.Struct, frozen=True):
    """Credits that a running tool has set aside; given back at `expires_at` at the latest."""

    amount: int
    tool: str
    chat_id: UUID | None
    created_at: datetime
    expires_at: datetime


class Wanted(msgspec.Struct, frozen=True):
    """Which entries: those that took credits, those that gave some, or all, of a time."""

    kind: Literal["", "spent", "received"] = ""
    since: datetime | None = None
    until: datetime | None = None


class Kind(msgspec.Struct, frozen=True):
    """All entries of one type, of every user: `credits` is their sum, negative where they took some."""

    type: EntryType
    entries: int
    credits: int


class Adjustment(msgspec.Struct, frozen=True):
    """What an administrator gave or took, from whom and why."""

    id: UUID
    created_at: datetime
    user: str | None
    amount: int
    reason: str


class Totals(msgspec.Struct, frozen=True):
    """Of the wanted entries: `spent` is no negative number."""

    entries: int
    received: int
    spent: int


async def balance(actor: Actor) -> Balance:
    rows = await CreditTransaction.raw(_BALANCE, actor.user_id)
    credits, held = rows[0]["credits"], rows[0]["held"]
    return Balance(credits, held, credits - held)


async def entries(actor: Actor, wanted: Wanted | None = None, *, limit: int = 50, cursor: str | None = None) -> Page[Entry]:
    """The ledger, newest first."""
    rows = await CreditTransaction.raw(_ENTRIES, actor.user_id, *_bounds(wanted), after(cursor), limit + 1)
    return page([Entry(**row) for row in rows], limit)


async def totals(actor: Actor, wanted: Wanted | None = None) -> Totals:
    rows = await CreditTransaction.raw(_TOTALS, actor.user_id, *_bounds(wanted))
    return Totals(**rows[0])


async def holds(actor: Actor) -> list[Hold]:
    """What running tools have set aside, newest first."""
    rows = await CreditHold.raw(_HOLDS, actor.user_id)
    return [Hold(**row) for row in rows]


async def export(actor: Actor, wanted: Wanted | None = None) -> AsyncIterator[str]:
    """The wanted entries as CSV, piece by piece."""
    yield sheets.lines([_COLUMNS])
    cursor: str | None = None
    while True:
        found = await entries(actor, wanted, limit=_EXPORT_PAGE, cursor=cursor)
        yield sheets.lines([getattr(entry, name) for name in _COLUMNS] for entry in found.items)
        if found.next is None:
            return
        cursor = found.next


async def grant(user_id: UUID, amount: int, description: str, *, key: str, type: EntryType = "GRANT") -> None:
    """Add credits, once per `key`. Takes part in the caller's transaction, and needs one."""
    await _enter(user_id, amount, type, description, key)


async def hold(user_id: UUID, amount: int, tool: str, *, key: str, run_id: UUID | None = None) -> UUID:
    """Set credits aside for a quarter of an hour at most, by the clock of the database, which ends them. Raises insufficient_credits."""
    held = uuid7()
    async with engine.transaction():
        locked = await CreditHold.raw("SELECT now() AS now FROM users WHERE id = {} FOR UPDATE", user_id)
        rows = await CreditHold.raw(_BALANCE, user_id)
        available = rows[0]["credits"] - rows[0]["held"]
        if available < amount:
            raise Problem("insufficient_credits", f"This costs {amount} credits and you have {available}.", price=amount, available=available)
        await CreditHold.insert(
            CreditHold(id=held, user_id=user_id, amount=amount, tool=tool, run_id=run_id, idempotency_key=key, expires_at=locked[0]["now"] + _HOLD_LIFETIME)
        )
    return held


async def settle(hold_id: UUID, type: EntryType, description: str, *, endpoint_id: UUID | None = None) -> None:
    """Turn a hold into an entry, once."""
    async with engine.transaction():
        rows = await CreditHold.raw("UPDATE credit_holds SET status = 'settled' WHERE id = {} AND status = 'held' RETURNING user_id, amount", hold_id)
        if rows:
            entry = await _enter(rows[0]["user_id"], -rows[0]["amount"], type, description, f"hold:{hold_id}", endpoint_id)
            await CreditHold.update({CreditHold.credit_transaction_id: entry}).where(CreditHold.id == hold_id)


async def release(hold_id: UUID) -> None:
    """Give a hold back, once."""
    await CreditHold.raw("UPDATE credit_holds SET status = 'released' WHERE id = {} AND status = 'held'", hold_id)


async def spent_in(run_id: UUID) -> int:
    """The credits that a run has spent, with those that its running tools hold."""
    rows = await CreditHold.raw("SELECT coalesce(sum(amount), 0)::int AS n FROM credit_holds WHERE run_id = {} AND status <> 'released'", run_id)
    return rows[0]["n"]


async def kinds(admin: Actor) -> list[Kind]:
    """How credits came and went on this server. Raises forbidden."""
    require_admin(admin)
    rows = await CreditTransaction.raw(
        "SELECT type, count(*)::int AS entries, sum(amount)::bigint AS credits FROM credit_transactions GROUP BY type ORDER BY entries DESC, type"
    )
    return [Kind(**row) for row in rows]


async def adjustments(admin: Actor, *, limit: int = 50, cursor: str | None = None) -> Page[Adjustment]:
    """Of every user, newest first. Raises forbidden."""
    require_admin(admin)
    return page([Adjustment(**row) for row in await CreditTransaction.raw(_ADJUSTMENTS, after(cursor), limit + 1)], limit)


async def adjust(admin: Actor, user_id: UUID, amount: int, reason: str, *, key: str) -> bool:
    """Give or take credits, with the reason in the ledger, once per `key`: whether that was now. Raises forbidden, not_found, invalid_arguments, insufficient_credits."""
    require_admin(admin)
    if not reason.strip() or amount == 0 or abs(amount) > _MOST_ADJUSTED:
        raise Problem("invalid_arguments", f"An adjustment has a reason and an amount other than 0, of at most {_MOST_ADJUSTED:,}.", field="amount")
    try:
        async with engine.transaction():
            await _enter(user_id, amount, "ADMIN_ADJUST", reason.strip()[:500], key)
    except asyncpg.CheckViolationError as error:
        raise Problem("insufficient_credits", "The balance would fall below zero.", remedy="Take no more than there is.") from error
    except asyncpg.UniqueViolationError:
        return False
    return True


async def verify() -> list[UUID]:
    """The users whose balance differs from their ledger: always none."""
    rows = await CreditTransaction.raw(
        "SELECT u.id FROM users u LEFT JOIN credit_transactions t ON t.user_id = u.id GROUP BY u.id HAVING u.credits <> coalesce(sum(t.amount), 0)"
    )
    return [row["id"] for row in rows]


def _bounds(wanted: Wanted | None) -> tuple[str, datetime | None, datetime | None]:
    return (wanted.kind, wanted.since, wanted.until) if wanted else ("", None, None)


async def _enter(user_id: UUID, amount: int, type: EntryType, description: str, key: str, endpoint_id: UUID | None = None) -> UUID:
    """The new entry's id. Raises not_found."""
    entry = uuid7()
    after_entry = await CreditTransaction.raw("UPDATE users SET credits = credits + {} WHERE id = {} RETURNING credits", amount, user_id)
    if not after_entry:
        raise Problem("not_found", "There is no such user.")
    await CreditTransaction.insert(
        CreditTransaction(
            id=entry,
            user_id=user_id,
            amount=amount,
            balance_after=after_entry[0]["credits"],
            type=type,
            description=description,
            endpoint_id=endpoint_id,
            idempotency_key=key,
        )
    )
    return entry


_BALANCE = """
SELECT u.credits, coalesce((SELECT sum(h.amount) FROM credit_holds h WHERE h.user_id = u.id AND h.status = 'held' AND h.expires_at > now()), 0)::int AS held
FROM users u WHERE u.id = {}
"""
_WANTED = """
WITH wanted AS (
    SELECT t.* FROM credit_transactions t, (SELECT {}::uuid AS owner, {}::text AS kind, {}::timestamptz AS since, {}::timestamptz AS until) p
    WHERE t.user_id = p.owner AND (p.kind = '' OR (p.kind = 'spent') = (t.amount < 0))
    AND t.created_at >= coalesce(p.since, '-infinity') AND t.created_at < coalesce(p.until, 'infinity')
)
"""
_ENTRIES = f"""{_WANTED}
SELECT w.id, w.amount, w.balance_after, w.type, w.description, w.created_at, e.name AS api, e.slug, r.chat_session_id AS chat_id
FROM wanted w LEFT JOIN endpoints e ON e.id = w.endpoint_id LEFT JOIN credit_holds h ON h.credit_transaction_id = w.id LEFT JOIN runs r ON r.id = h.run_id
WHERE w.id < {{}} ORDER BY w.id DESC LIMIT {{}}
"""  # noqa: S608  # constants
_TOTALS = f"""{_WANTED}
SELECT count(*)::int AS entries, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::int AS received,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::int AS spent FROM wanted
"""  # noqa: S608  # constants
_HOLDS = """
SELECT h.amount, h.tool, r.chat_session_id AS chat_id, h.created_at, h.expires_at FROM credit_holds h LEFT JOIN runs r ON r.id = h.run_id
WHERE h.user_id = {} AND h.status = 'held' AND h.expires_at > now() ORDER BY h.id DESC
"""
_ADJUSTMENTS = """
SELECT t.id, t.created_at, coalesce(u.email, u.username) AS user, t.amount, t.description AS reason FROM credit_transactions t JOIN users u ON u.id = t.user_id
WHERE t.type = 'ADMIN_ADJUST' AND t.id < {} ORDER BY t.id DESC LIMIT {}
"""

"""The ledger: a balance always equals the sum of its entries, and never goes below zero.

A priced tool first holds its credits, then settles the hold into an entry, or releases it. Every movement locks the user's
row first, so parallel spends queue up instead of racing.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from agent.actor import Actor, require_admin
from agent.errors import Problem
from agent.paging import Page, after, page
from db import engine
from db.ids import uuid7
from db.tables import CreditHold, CreditTransaction

EntryType = Literal["PURCHASE", "ENDPOINT", "ADMIN_ADJUST", "REFUND", "GRANT", "USAGE"]
_MOST_ADJUSTED = 1_000_000
_HOLD_LIFETIME = timedelta(minutes=15)


class Balance(msgspec.Struct, frozen=True):
    """`credits` is the ledger's sum, `held` what running tools set aside, `available` the difference."""

    credits: int
    held: int
    available: int


class Entry(msgspec.Struct, frozen=True):
    id: UUID
    amount: int
    balance_after: int
    type: EntryType
    description: str | None
    created_at: datetime


async def balance(actor: Actor) -> Balance:
    rows = await CreditTransaction.raw(_BALANCE, actor.user_id)
    credits, held = rows[0]["credits"], rows[0]["held"]
    return Balance(credits, held, credits - held)


async def entries(actor: Actor, *, limit: int = 50, cursor: str | None = None) -> Page[Entry]:
    """The ledger, newest first."""
    rows = await CreditTransaction.raw(
        "SELECT id, amount, balance_after, type, description, created_at FROM credit_transactions WHERE user_id = {} AND id < {} ORDER BY id DESC LIMIT {}",
        actor.user_id,
        after(cursor),
        limit + 1,
    )
    return page([Entry(**row) for row in rows], limit)


async def grant(user_id: UUID, amount: int, description: str, *, key: str, type: EntryType = "GRANT") -> None:
    """Add credits, once per `key`. Takes part in the caller's transaction, and needs one."""
    await _enter(user_id, amount, type, description, key)


async def hold(user_id: UUID, amount: int, tool: str, *, key: str, run_id: UUID | None = None) -> UUID:
    """Set credits aside for a quarter of an hour at most. Raises insufficient_credits."""
    held = uuid7()
    async with engine.transaction():
        await CreditHold.raw("SELECT 1 FROM users WHERE id = {} FOR UPDATE", user_id)
        rows = await CreditHold.raw(_BALANCE, user_id)
        available = rows[0]["credits"] - rows[0]["held"]
        if available < amount:
            raise Problem("insufficient_credits", f"This costs {amount} credits and you have {available}.", price=amount, available=available)
        await CreditHold.insert(
            CreditHold(id=held, user_id=user_id, amount=amount, tool=tool, run_id=run_id, idempotency_key=key, expires_at=datetime.now(UTC) + _HOLD_LIFETIME)
        )
    return held


async def settle(hold_id: UUID, type: EntryType, description: str, *, endpoint_id: UUID | None = None) -> None:
    """Turn a hold into an entry, once."""
    async with engine.transaction():
        rows = await CreditHold.raw("UPDATE credit_holds SET status = 'settled' WHERE id = {} AND status = 'held' RETURNING user_id, amount", hold_id)
        if rows:
            await _enter(rows[0]["user_id"], -rows[0]["amount"], type, description, f"hold:{hold_id}", endpoint_id)


async def release(hold_id: UUID) -> None:
    """Give a hold back, once."""
    await CreditHold.raw("UPDATE credit_holds SET status = 'released' WHERE id = {} AND status = 'held'", hold_id)


async def spent_in(run_id: UUID) -> int:
    """The credits that a run has spent, with those that its running tools hold."""
    rows = await CreditHold.raw("SELECT coalesce(sum(amount), 0)::int AS n FROM credit_holds WHERE run_id = {} AND status <> 'released'", run_id)
    return rows[0]["n"]


async def adjust(admin: Actor, user_id: UUID, amount: int, reason: str, *, key: str) -> None:
    """Give or take credits, with the reason in the ledger, once per `key`. Raises forbidden, invalid_arguments, insufficient_credits."""
    require_admin(admin)
    if not reason.strip() or amount == 0 or abs(amount) > _MOST_ADJUSTED:
        raise Problem("invalid_arguments", f"An adjustment has a reason and an amount other than 0, of at most {_MOST_ADJUSTED:,}.", field="amount")
    try:
        async with engine.transaction():
            await _enter(user_id, amount, "ADMIN_ADJUST", reason.strip()[:500], key)
    except asyncpg.CheckViolationError as error:
        raise Problem("insufficient_credits", "The balance would fall below zero.", remedy="Take no more than there is.") from error
    except asyncpg.UniqueViolationError:
        return  # this very adjustment was made already


async def verify() -> list[UUID]:
    """The users whose balance differs from their ledger: always none."""
    rows = await CreditTransaction.raw(
        "SELECT u.id FROM users u LEFT JOIN credit_transactions t ON t.user_id = u.id GROUP BY u.id HAVING u.credits <> coalesce(sum(t.amount), 0)"
    )
    return [row["id"] for row in rows]


async def _enter(user_id: UUID, amount: int, type: EntryType, description: str, key: str, endpoint_id: UUID | None = None) -> None:
    after_entry = await CreditTransaction.raw("UPDATE users SET credits = credits + {} WHERE id = {} RETURNING credits", amount, user_id)
    await CreditTransaction.insert(
        CreditTransaction(
            id=uuid7(),
            user_id=user_id,
            amount=amount,
            balance_after=after_entry[0]["credits"],
            type=type,
            description=description,
            endpoint_id=endpoint_id,
            idempotency_key=key,
        )
    )


_BALANCE = """
SELECT u.credits, coalesce((SELECT sum(h.amount) FROM credit_holds h WHERE h.user_id = u.id AND h.status = 'held' AND h.expires_at > now()), 0)::int AS held
FROM users u WHERE u.id = {}
"""

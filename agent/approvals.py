"""Approvals: a tool call that waits for a person, bound to its exact arguments, used once, and gone after an hour.

`needed` is the policy. It looks at what a tool does and at whether the run has read text from outside, never at what a model says.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from agent.accounts import audit
from agent.actor import Actor
from agent.errors import Problem
from db import engine, jsonb
from db.ids import uuid7
from db.tables import Approval as Row

LIFETIME = timedelta(hours=1)
Decision = Literal["approve", "refuse"]
Status = Literal["pending", "approved", "refused", "expired", "used"]


class Approval(msgspec.Struct, frozen=True):
    """What the card shows: the tool, the exact arguments, why it asks."""

    id: UUID
    run_id: UUID | None
    chat_session_id: UUID | None
    tool_call_id: str
    tool: str
    arguments: dict[str, Any]
    effect: str
    reason: str | None
    status: Status
    decision_reason: str | None
    created_at: datetime
    expires_at: datetime


def needed(effect: str, *, recomputes: bool, asks_for: str | None, tainted: bool) -> str | None:
    """Why a call must ask, or None: reading is free, writes are free until the run has read text from outside."""
    if asks_for:
        return asks_for
    if effect == "destructive":
        return "It deletes something."
    if effect == "outward":
        return "It reaches outside the platform."
    if effect == "write" and tainted and not recomputes:
        return "The run has read captured text, which could have asked for this."
    return None


async def request(
    actor: Actor, *, run_id: UUID, chat_session_id: UUID, call_id: str, tool: str, arguments: dict[str, Any], effect: str, reason: str
) -> Approval:
    """Ask, once per tool call: asking again gives the approval that is there."""
    row = Row(
        id=uuid7(), run_id=run_id, chat_session_id=chat_session_id, user_id=actor.user_id, tool_call_id=call_id, tool=tool, arguments=jsonb.encode(arguments),
        arguments_hash=fingerprint(tool, arguments), effect=effect, reason=reason, expires_at=datetime.now(UTC) + LIFETIME,
    )  # fmt: skip
    try:
        await Row.insert(row)
    except asyncpg.UniqueViolationError:
        found = await of_call(run_id, call_id)
        if found is None:
            raise
        return found
    async with engine.connection() as connection:
        await connection.execute("SELECT pg_notify('wiretalk', $1)", f"approvals:{actor.user_id}")
    return await get(actor, row.id)


async def get(actor: Actor, approval_id: UUID) -> Approval:
    """Raises approval_not_found."""
    rows = await Row.raw(_SELECT + " WHERE id = {} AND user_id = {}", approval_id, actor.user_id)
    if not rows:
        raise Problem("approval_not_found", "There is no such approval.")
    return _from_row(rows[0])


async def pending(actor: Actor) -> list[Approval]:
    """What needs this user, oldest first."""
    rows = await Row.raw(_SELECT + " WHERE user_id = {} AND status = 'pending' AND expires_at > now() ORDER BY id", actor.user_id)
    return [_from_row(row) for row in rows]


async def of_call(run_id: UUID, call_id: str) -> Approval | None:
    rows = await Row.raw(_SELECT + " WHERE run_id = {} AND tool_call_id = {}", run_id, call_id)
    return _from_row(rows[0]) if rows else None


async def any_answered(ids: list[UUID]) -> bool:
    """Whether one of these no longer waits."""
    return bool(await Row.raw("SELECT 1 FROM approvals WHERE id = ANY({}) AND status <> 'pending' LIMIT 1", ids))


async def decide(actor: Actor, approval_id: UUID, decision: Decision, *, arguments: dict[str, Any] | None = None, reason: str | None = None) -> Approval:
    """Answer one that is pending; edited arguments replace the asked ones. Raises approval_not_found for one answered or expired."""
    asked = await get(actor, approval_id)
    exact = asked.arguments if arguments is None else arguments
    status = "approved" if decision == "approve" else "refused"
    taken = await Row.raw(
        "UPDATE approvals SET status = {}, arguments = {}, arguments_hash = {}, decided_at = now(), decided_via = {}, decision_reason = {}"
        " WHERE id = {} AND user_id = {} AND status = 'pending' AND expires_at > now() RETURNING id",
        status, jsonb.encode(exact), fingerprint(asked.tool, exact), actor.via, jsonb.storable(reason), approval_id, actor.user_id,
    )  # fmt: skip
    if not taken:
        raise Problem("approval_not_found", "This was answered already, or it has expired.")
    await audit.record("APPROVAL_" + status.upper(), actor=actor, resource="APPROVAL", resource_id=approval_id, tool=asked.tool)
    async with engine.connection() as connection:
        await connection.execute("SELECT pg_notify('wiretalk', $1)", f"approvals:{actor.user_id}")
    return await get(actor, approval_id)


async def use(approval: Approval, tool: str, arguments: dict[str, Any]) -> bool:
    """Spend an approval on exactly these arguments, once."""
    spent = await Row.raw(
        "UPDATE approvals SET status = 'used' WHERE id = {} AND status = 'approved' AND arguments_hash = {} RETURNING id",
        approval.id,
        fingerprint(tool, arguments),
    )
    return bool(spent)


async def expire() -> list[UUID]:
    """Close what nobody answered in time; the runs that waited for it."""
    rows = await Row.raw("UPDATE approvals SET status = 'expired' WHERE status = 'pending' AND expires_at <= now() RETURNING run_id")
    return [row["run_id"] for row in rows if row["run_id"]]


async def withdraw(run_id: UUID) -> None:
    """The run was stopped: nothing of it can be approved any more."""
    await Row.raw("UPDATE approvals SET status = 'expired' WHERE run_id = {} AND status = 'pending'", run_id)


def fingerprint(tool: str, arguments: dict[str, Any]) -> str:
    """A hash over the tool and its arguments in canonical JSON."""
    return hashlib.sha256(msgspec.json.encode([tool, arguments], order="deterministic")).hexdigest()


def _from_row(row: dict[str, Any]) -> Approval:
    return Approval(**{**row, "arguments": msgspec.json.decode(row["arguments"])})


_SELECT = "SELECT id, run_id, chat_session_id, tool_call_id, tool, arguments, effect, reason, status, decision_reason, created_at, expires_at FROM approvals"

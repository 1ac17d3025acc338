"""Approvals: a tool call that waits for a person, bound to its exact arguments, used once, and gone after an hour.

`needed` is the policy. It looks at what a tool does and at whether the run has read text from outside, never at what a model says.
An answer may be widened to one operation for the rest of its run; the agent's own credential answers nothing.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from agent import events
from agent.accounts import audit
from agent.actor import Actor, require_scope
from agent.errors import Problem
from db import jsonb
from db.ids import uuid7
from db.tables import Approval as Row

LIFETIME = timedelta(hours=1)
Decision = Literal["approve", "refuse"]
Status = Literal["pending", "approved", "refused", "expired", "used"]
Width = Literal["once", "run"]
WHY = {
    "deletes": "It deletes something.",
    "deletes an API": "It deletes the API with all its captured calls and documents, for good.",
    "deletes a key": "It deletes the key for good.",
    "deletes a prompt": "It deletes the prompt with all its versions.",
    "disconnects": "It disconnects the server and forgets its secret.",
    "reaches": "It reaches outside the platform.",
    "tainted": "The run has read text from outside, which could have asked for this.",
    "spends": "This answer would spend more credits than it may without asking.",
    "costs": "It costs credits, and this token may not spend any.",
    "publishes": "It makes the documentation public.",
    "lends": "It lends the key to others.",
    "changes": "It may change something in the API.",
    "renames": "It names another method than it says.",
    **{method: f"It sends a {method} request to the API." for method in ("POST", "PUT", "PATCH", "DELETE")},
}
"""Every reason to ask, in words that the pages translate."""


class Reach(msgspec.Struct, frozen=True):
    """What a call would touch: the host, and the operation to which an approval can be widened (None: it cannot), such as `POST /orders`."""

    host: str | None = None
    operation: str | None = None


class Approval(msgspec.Struct, frozen=True):
    """What the card shows: the tool, where it goes, the exact arguments, why it asks. `scope` is how far the answer reaches."""

    id: UUID
    run_id: UUID | None
    chat_session_id: UUID | None
    tool_call_id: str
    tool: str
    arguments: dict[str, Any]
    effect: str
    host: str | None
    operation: str | None
    reason: str | None
    scope: Width
    status: Status
    decision_reason: str | None
    created_at: datetime
    expires_at: datetime


def needed(effect: str, *, recomputes: bool, asks_for: str | None, tainted: bool, spends: str | None = None) -> str | None:
    """Why a call must ask, or None: reading is free, writes are free until the run has read text from outside."""
    if asks_for or spends:
        return asks_for or spends
    if effect == "destructive":
        return WHY["deletes"]
    if effect == "outward":
        return WHY["reaches"]
    if effect == "write" and tainted and not recomputes:
        return WHY["tainted"]
    return None


async def request(
    actor: Actor, *, run_id: UUID, chat_session_id: UUID, call_id: str, tool: str, arguments: dict[str, Any], effect: str, reason: str, reach: Reach
) -> Approval:
    """Ask, once per tool call: asking again gives the approval that is there."""
    row = Row(
        id=uuid7(), run_id=run_id, chat_session_id=chat_session_id, user_id=actor.user_id, tool_call_id=call_id, tool=tool, arguments=jsonb.encode(arguments),
        arguments_hash=fingerprint(tool, arguments), effect=effect, host=reach.host, operation=reach.operation, reason=reason, expires_at=datetime.now(UTC) + LIFETIME,
    )  # fmt: skip
    try:
        await Row.insert(row)
    except asyncpg.UniqueViolationError:
        found = await of_call(run_id, call_id)
        if found is None:
            raise
        return found
    await events.ring("approvals", actor.user_id)
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


async def covered(run_id: UUID | None, tool: str, reach: Reach) -> bool:
    """Whether this operation was approved for the whole run."""
    if run_id is None or reach.operation is None:
        return False
    return bool(await Row.raw(_COVERED, run_id, tool, reach.operation, reach.host))


async def decide(
    actor: Actor,
    approval_id: UUID,
    decision: Decision,
    *,
    arguments: dict[str, Any] | None = None,
    reason: str | None = None,
    width: Width = "once",
    reach: Reach | None = None,
) -> Approval:
    """Answer one that is pending; edited arguments replace the asked ones, with what they `reach`. For the run, it answers what else waits there too.

    Raises missing_scope, and approval_not_found for one answered, expired, or that cannot be widened.
    """
    require_scope(actor, "approve")
    asked = await get(actor, approval_id)
    exact = asked.arguments if arguments is None else arguments
    to = reach or Reach(asked.host, asked.operation)
    status = "approved" if decision == "approve" else "refused"
    wide = "run" if width == "run" and status == "approved" and to.operation else "once"
    taken = await Row.raw(
        _DECIDE,
        status,
        jsonb.encode(exact),
        fingerprint(asked.tool, exact),
        to.host,
        to.operation,
        wide,
        actor.via,
        jsonb.storable(reason),
        approval_id,
        actor.user_id,
    )
    if not taken:
        raise Problem("approval_not_found", "This was answered already, or it has expired.")
    if wide == "run":
        await Row.raw(_DECIDE_ALIKE, actor.via, asked.run_id, asked.tool, to.operation, to.host)
    await audit.record("APPROVAL_" + status.upper(), actor=actor, resource="APPROVAL", resource_id=approval_id, tool=asked.tool, scope=wide)
    await events.ring("approvals", actor.user_id)
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


_SELECT = (
    "SELECT id, run_id, chat_session_id, tool_call_id, tool, arguments, effect, host, operation, reason, scope, status, decision_reason, created_at, expires_at"
    " FROM approvals"
)
_COVERED = (
    "SELECT 1 FROM approvals WHERE run_id = {} AND tool = {} AND operation = {} AND host IS NOT DISTINCT FROM {}"
    " AND scope = 'run' AND status IN ('approved', 'used') LIMIT 1"
)
_DECIDE = """
UPDATE approvals SET status = {}, arguments = {}, arguments_hash = {}, host = {}, operation = {}, scope = {}, decided_at = now(), decided_via = {}, decision_reason = {}
WHERE id = {} AND user_id = {} AND status = 'pending' AND expires_at > now() RETURNING id
"""
_DECIDE_ALIKE = """
UPDATE approvals SET status = 'approved', scope = 'run', decided_at = now(), decided_via = {}
WHERE run_id = {} AND tool = {} AND operation = {} AND host IS NOT DISTINCT FROM {} AND status = 'pending' AND expires_at > now()
"""

"""The audit log: what was done, by whom, from where. Never a secret. Kept for a year."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from agent import sheets
from agent.actor import Actor
from agent.paging import Page, after, page
from db import jsonb, like
from db.tables import AuditLog

_EXPORT_PAGE = 500
_COLUMNS = ("created_at", "action", "user_email", "resource_type", "resource_id", "ip_address", "user_agent", "details")


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from."""

    address: str = ""
    agent: str = ""


class Line(msgspec.Struct, frozen=True):
    """One thing that was done. `user_email` outlives the user."""

    id: UUID
    created_at: datetime
    action: str
    user_email: str | None
    resource_type: str | None
    resource_id: str | None
    ip_address: str | None
    user_agent: str | None
    details: dict[str, Any]


class Wanted(msgspec.Struct, frozen=True):
    """Which lines: empty fields ask for nothing. `action` is a beginning such as `USER_`, `text` is found in any field."""

    action: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


async def record(
    action: str, *, actor: Actor | None = None, resource: str = "", resource_id: UUID | str = "", origin: Origin | None = None, **details: Any
) -> None:
    """Add one line; `action` is in capitals, such as `USER_LOGIN`."""
    origin = origin or Origin()
    await AuditLog.insert(
        AuditLog(
            user_id=actor.user_id if actor else None,
            user_email=actor.email if actor else None,
            action=action,
            resource_type=resource or None,
            resource_id=str(resource_id) or None,
            details=jsonb.encode(details),
            ip_address=origin.address or None,
            user_agent=origin.agent[:500] or None,
        )
    )


async def search(actor: Actor, wanted: Wanted, *, limit: int = 50, cursor: str | None = None) -> Page[Line]:
    """One's own lines, or everybody's for an administrator, newest first."""
    rows = await AuditLog.raw(
        _SEARCH,
        after(cursor),
        None if actor.is_admin else actor.user_id,
        like.escaped(wanted.action.upper()) + "%",
        f"%{like.escaped(wanted.text)}%",
        wanted.since,
        wanted.until,
        limit + 1,
    )
    return page([Line(**{**row, "details": msgspec.json.decode(row["details"])}) for row in rows], limit)


async def export(actor: Actor, wanted: Wanted) -> AsyncIterator[str]:
    """The same as CSV, piece by piece. A cell that a spreadsheet would run as a formula is quoted as text."""
    yield ",".join(_COLUMNS) + "\r\n"
    cursor: str | None = None
    while True:
        found = await search(actor, wanted, limit=_EXPORT_PAGE, cursor=cursor)
        yield sheets.lines([getattr(line, name) for name in _COLUMNS] for line in found.items)
        if found.next is None:
            return
        cursor = found.next


_SEARCH = """
SELECT id, created_at, action, user_email, resource_type, resource_id, ip_address, user_agent, details FROM audit_logs, LATERAL (SELECT {}::uuid AS last) p
WHERE id < p.last AND coalesce(user_id = {}::uuid, true) AND action LIKE {}
AND concat_ws(' ', action, user_email, resource_type, resource_id, ip_address, user_agent, details::text) ILIKE {}
AND created_at >= coalesce({}::timestamptz, '-infinity') AND created_at < coalesce({}::timestamptz, 'infinity')
ORDER BY id DESC LIMIT {}
"""

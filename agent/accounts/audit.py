"""The audit log: what was done, by whom, from where. Never a secret."""

from typing import Any
from uuid import UUID

import msgspec

from agent.actor import Actor
from db.tables import AuditLog


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from."""

    address: str = ""
    agent: str = ""


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
            details=msgspec.json.encode(details).decode(),
            ip_address=origin.address or None,
            user_agent=origin.agent[:500] or None,
        )
    )

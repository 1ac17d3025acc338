"""Login sessions: a random token in the cookie, its hash in the table. Each sign-in makes a new one; nothing is stored for a stranger."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from agent.accounts.audit import Origin
from agent.actor import SCOPES, Actor
from agent.crypto import digest
from agent.errors import Problem
from db.tables import LoginSession

LIFETIME = timedelta(days=30)


class Session(msgspec.Struct, frozen=True):
    id: UUID
    created_at: datetime
    last_seen_at: datetime
    ip_address: str | None
    user_agent: str | None


async def open_session(actor: Actor, origin: Origin) -> str:
    """A new session's token, for the cookie."""
    token = secrets.token_urlsafe(32)
    await LoginSession.insert(
        LoginSession(
            user_id=actor.user_id, token_hash=digest(token), expires_at=datetime.now(UTC) + LIFETIME, ip_address=origin.address, user_agent=origin.agent[:500]
        )
    )
    return token


async def actor_of(token: str) -> Actor | None:
    """Whose session it is, or None when it ended. Notes the use once a minute."""
    rows = await LoginSession.raw(_FIND, digest(token))
    if not rows:
        return None
    row = rows[0]
    if row["stale"]:
        await LoginSession.update({LoginSession.last_seen_at: datetime.now(UTC)}).where(LoginSession.id == row["session_id"])
    return Actor(user_id=row["user_id"], role=row["role"], email=row["email"] or "", via="web", scopes=frozenset(SCOPES))


async def is_fresh(token: str) -> bool:
    """Whether the person gave a password or a code within the last ten minutes: what sensitive actions ask for."""
    return bool(
        await LoginSession.raw("SELECT 1 FROM login_sessions WHERE token_hash = {} AND abs(extract(epoch FROM now() - confirmed_at)) < 600", digest(token))
    )


async def confirm(token: str) -> None:
    """Note that the person has just given a password or a code."""
    await LoginSession.update({LoginSession.confirmed_at: datetime.now(UTC)}).where(LoginSession.token_hash == digest(token))


async def close(token: str) -> None:
    """End one session; an unknown one is no error."""
    await LoginSession.delete().where(LoginSession.token_hash == digest(token))


async def close_all(user_id: UUID, *, but: str = "") -> None:
    """End every session of a user, except the one of a token."""
    await LoginSession.delete().where((LoginSession.user_id == user_id) & (LoginSession.token_hash != digest(but)))


async def list_(actor: Actor) -> list[Session]:
    rows = await LoginSession.raw(
        "SELECT id, created_at, last_seen_at, ip_address, user_agent FROM login_sessions WHERE user_id = {} AND expires_at > now() ORDER BY last_seen_at DESC",
        actor.user_id,
    )
    return [Session(**row) for row in rows]


async def revoke(actor: Actor, session_id: UUID) -> None:
    """Raises not_found."""
    gone = await LoginSession.delete().where((LoginSession.id == session_id) & (LoginSession.user_id == actor.user_id)).returning(LoginSession.id)
    if not gone:
        raise Problem("not_found", "There is no such session.")


_FIND = """
SELECT s.id AS session_id, s.last_seen_at < now() - interval '1 minute' AS stale, u.id AS user_id, u.role, u.email
FROM login_sessions s JOIN users u ON u.id = s.user_id
WHERE s.token_hash = {} AND s.expires_at > now() AND u.is_active AND NOT u.is_suspended
"""

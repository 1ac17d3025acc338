"""The first start: a one-time link, valid for 30 minutes, that makes its visitor the administrator."""

import secrets
from datetime import UTC, datetime, timedelta

from agent.accounts import users
from agent.accounts.audit import Origin
from agent.actor import Actor
from agent.crypto import digest
from agent.errors import Problem
from db.tables import SetupToken

_LIFETIME = timedelta(minutes=30)


async def issue() -> str | None:
    """A new link's token, or None when there is an account already. Earlier links end."""
    if await users.exists_any():
        return None
    token = secrets.token_urlsafe(24)
    await SetupToken.delete(force=True)
    await SetupToken.insert(SetupToken(token_hash=digest(token), expires_at=datetime.now(UTC) + _LIFETIME))
    return token


async def is_open(token: str) -> bool:
    """Whether the link still works."""
    return bool(await SetupToken.raw("SELECT 1 FROM setup_tokens WHERE token_hash = {} AND used_at IS NULL AND expires_at > now()", digest(token)))


async def redeem(token: str, email: str, password: str, origin: Origin) -> Actor:
    """Make the administrator and use the link up, once even if two visitors press at the same moment. Raises setup_link_used and what sign-up raises."""
    if not await is_open(token):
        raise Problem("setup_link_used", "This set-up link was used or has expired.")
    taken = await SetupToken.raw(
        "UPDATE setup_tokens SET used_at = now() WHERE token_hash = {} AND used_at IS NULL AND expires_at > now() RETURNING id", digest(token)
    )
    if not taken:
        raise Problem("setup_link_used", "This set-up link was used a moment ago.")
    try:
        profile = await users.sign_up(email, password, role="ADMIN")
    except Problem:
        await SetupToken.raw("UPDATE setup_tokens SET used_at = NULL WHERE token_hash = {}", digest(token))
        raise
    return users.actor_of(profile.id, "ADMIN", profile.email, "web")

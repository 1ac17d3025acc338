"""A forgotten password and an unproven e-mail address: links by mail, or made by an administrator where no mail is sent."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from agent import mail, tasks
from agent.accounts import audit, grants, links, mfa, oauth, passwords, sessions, throttle, tokens, users
from agent.accounts.audit import Origin
from agent.actor import Actor, require_admin, require_own_account
from agent.config import settings
from agent.errors import Problem

log = structlog.get_logger()


async def ask_reset(email: str, origin: Origin) -> None:
    """Send a link if there is such an account. Says the same, as fast, if there is none. Raises rate_limited."""
    await throttle.check(f"reset:{email}", origin.address)
    tasks.spawn(_send_reset(email, origin), "password reset")


async def reset(token: str, password: str, origin: Origin, *, cut_off: Callable[[UUID], Awaitable[None]]) -> bool:
    """Set the password that the link is for; every session ends. Whoever reads the mail owns the address, so it counts as proven.

    Where it was not proven before (then True), the account may have been somebody else's guess: tokens, connected programs, joined services and a second
    factor end too, and `cut_off` ends what stands above the accounts: doors into it, and what answers in it. Raises link_used, weak_password.
    """
    user_id = await links.holder("reset", token)
    before = await users.standing(user_id)
    is_claimed = before is not None and not before.is_verified
    passwords.check_rules(password, (before and before.email) or "")
    await users.set_password(user_id, await passwords.hash_password(password))
    await users.mark_verified(user_id)
    await sessions.close_all(user_id)
    if is_claimed:
        await grants.end_all(user_id)
        await tokens.end_all(user_id)
        await oauth.unlink_all(user_id)
        await mfa.end(user_id)
        await cut_off(user_id)
    await audit.record("PASSWORD_RESET", resource="USER", resource_id=user_id, origin=origin, is_claimed=is_claimed)
    return is_claimed


async def change_password(actor: Actor, password: str, *, keep: str = "") -> None:
    """Set another password; every session but that of the token `keep` ends. The caller has had the person confirm. Raises weak_password, forbidden."""
    require_own_account(actor)
    passwords.check_rules(password, actor.email)
    await users.set_password(actor.user_id, await passwords.hash_password(password))
    await sessions.close_all(actor.user_id, but=keep)
    await audit.record("PASSWORD_CHANGED", actor=actor, resource="USER", resource_id=actor.user_id)


async def ask_verification(actor: Actor) -> None:
    """Send the link that proves the address. Raises mail_failed, rate_limited."""
    await throttle.check(f"verify:{actor.user_id}")
    token = await links.issue("verify", actor.user_id)
    await mail.send(actor.email, "Confirm your e-mail for Wiretalk", f"Open this link to confirm that this address is yours:\n\n{_url('verify', token)}\n")


async def verify(token: str) -> UUID:
    """Raises link_used."""
    user_id = await links.holder("verify", token)
    await users.mark_verified(user_id)
    await audit.record("EMAIL_VERIFIED", resource="USER", resource_id=user_id)
    return user_id


async def reset_link(actor: Actor, user_id: UUID) -> str:
    """A reset link to hand over in person, for administrators. Raises forbidden, link_used."""
    require_admin(actor)
    await audit.record("RESET_LINK_MADE", actor=actor, resource="USER", resource_id=user_id)
    return _url("reset", await links.issue("reset", user_id))


async def _send_reset(email: str, origin: Origin) -> None:
    found = await users.standing_by_email(email)
    if found is None or not found.is_open or not found.email:
        return
    await audit.record("PASSWORD_RESET_ASKED", resource="USER", resource_id=found.id, origin=origin)
    link = _url("reset", await links.issue("reset", found.id))
    try:
        await mail.send(found.email, "Set a new password for Wiretalk", f"Open this link within an hour to choose a new password:\n\n{link}\n")
    except Problem as problem:
        log.warning("reset.not_sent", user=str(found.id), reason=problem.detail)


def _url(kind: str, token: str) -> str:
    return f"{settings().base_url}/{kind}?token={token}"

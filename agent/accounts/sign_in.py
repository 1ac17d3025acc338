"""Signing in: password, then a code where a second factor is in force. What differs for an attacker is never who there is."""

from uuid import UUID

from agent.accounts import audit, links, mfa, passwords, throttle, users
from agent.accounts.audit import Origin
from agent.accounts.users import Standing
from agent.actor import Actor, Via
from agent.errors import Problem


async def with_password(email: str, password: str, origin: Origin, via: Via = "web", otp: str | None = None) -> Actor:
    """Raises rate_limited before any hashing, else wrong_credentials, the same for every reason; then code_needed, wrong_code.

    A code_needed carries `ticket`: who has it gave the password less than five minutes ago and may go on with `with_code`.
    """
    await throttle.check(email, origin.address)
    found = await users.standing_by_email(email)
    fits = await passwords.matches(password, found.password_hash if found else None)
    if found is None or not fits or not found.is_open:
        await audit.record("LOGIN_FAILED", resource="USER", resource_id=found.id if found else "", origin=origin)
        raise Problem("wrong_credentials", "The e-mail or the password is wrong.")
    await throttle.forgive(email, origin.address)
    if (await mfa.state(found.id)).is_enabled:
        if not otp:
            raise Problem("code_needed", "This account has a second factor.", ticket=await links.issue("code", found.id))
        await mfa.check(found.id, otp, origin)
    return await _enter(found, origin, via, "password")


async def with_code(ticket: str, code: str, origin: Origin, via: Via = "web") -> Actor:
    """The second step. Raises link_used, wrong_code, rate_limited."""
    user_id = await links.holder("code", ticket)
    await mfa.check(user_id, code, origin)
    return await _enter(await _standing(user_id), origin, via, "password and code")


async def with_identity(user_id: UUID, provider: str, origin: Origin) -> Actor:
    """After another service vouched for the person. A second factor of ours is asked for all the same. Raises wrong_credentials, code_needed."""
    found = await _standing(user_id)
    if (await mfa.state(user_id)).is_enabled:
        raise Problem("code_needed", "This account has a second factor.", ticket=await links.issue("code", user_id))
    return await _enter(found, origin, "web", provider)


async def with_new_account(user_id: UUID, origin: Origin) -> Actor:
    """Whoever has just made it by a form is in it."""
    return await _enter(await _standing(user_id), origin, "web", "new account")


async def confirm(actor: Actor, secret: str, origin: Origin) -> None:
    """Whether it is still the same person: their password, or a code. Raises wrong_credentials, wrong_code, rate_limited."""
    await throttle.check(f"confirm:{actor.user_id}", origin.address)
    hashed = (await _standing(actor.user_id)).password_hash
    if hashed and await passwords.matches(secret, hashed):
        await throttle.forgive(f"confirm:{actor.user_id}", origin.address)
        return
    if not (await mfa.state(actor.user_id)).is_enabled:
        raise Problem("wrong_credentials", "That is not your password.")
    await mfa.check(actor.user_id, secret, origin)


async def _enter(found: Standing, origin: Origin, via: Via, how: str) -> Actor:
    await users.note_login(found.id)
    actor = users.actor_of(found.id, found.role, found.email, via)
    await audit.record("USER_LOGIN", actor=actor, resource="USER", resource_id=found.id, origin=origin, how=how)
    return actor


async def _standing(user_id: UUID) -> Standing:
    found = await users.standing(user_id)
    if found is None or not found.is_open:
        raise Problem("wrong_credentials", "This account is closed.")
    return found

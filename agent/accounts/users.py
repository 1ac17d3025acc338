"""Users: sign-up with its 100 credits, profile, deletion. Signing in, sessions and tokens are their own modules."""

import re
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
import msgspec

from agent import rates
from agent.accounts import audit, passwords, throttle
from agent.accounts.audit import Origin
from agent.actor import SCOPES, Actor, Role, Via, require_admin, require_own_account
from agent.billing import ledger
from agent.errors import Problem
from agent.paging import Page, after, page
from db import engine, jsonb
from db.ids import uuid7
from db.tables import User

SIGN_UP_CREDITS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")
_USERNAME = re.compile(r"[A-Za-z0-9_-]{3,30}")


class Profile(msgspec.Struct, frozen=True):
    """A user as they and administrators see them."""

    id: UUID
    email: str | None
    phone_number: str | None
    username: str | None
    full_name: str | None
    role: Role
    plan: str
    credits: int
    is_verified: bool
    is_suspended: bool
    preferences: dict[str, Any]
    created_at: datetime
    last_login: datetime | None


class Standing(msgspec.Struct, frozen=True):
    """What decides whether somebody may come in. Stays inside the accounts: it has the password's hash."""

    id: UUID
    email: str | None
    role: Role
    password_hash: str | None
    is_verified: bool
    is_open: bool
    last_login: datetime | None


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a user may change of themselves; `role`, `is_suspended` and `is_verified` only an administrator."""

    full_name: str | None = None
    username: str | None = None
    email: str | None = None
    phone_number: str | None = None
    preferences: dict[str, Any] | None = None
    role: Role | None = None
    is_suspended: bool | None = None
    is_verified: bool | None = None


async def sign_up(email: str, password: str, *, via: Via = "web", role: Role = "USER", full_name: str | None = None, origin: Origin | None = None) -> Profile:
    """Make an account with its credits. Raises invalid_arguments, weak_password, email_taken.

    With an origin, ten addresses that are taken are all that it learns of in a quarter of an hour: then rate_limited.
    """
    address = email.strip()
    _check_email(address)
    passwords.check_rules(password, address)
    asked = f"sign-up from {rates.caller(origin.address) if origin else ''}"
    if origin:
        await throttle.look(asked)
    if await standing_by_email(address):
        if origin:
            await throttle.check(asked)
        raise _taken(address)
    user = User(id=uuid7(), email=address, password_hash=await passwords.hash_password(password), role=role, full_name=full_name, created_via=via)
    await _insert(user, address)
    await audit.record("USER_CREATED", actor=actor_of(user.id, role, address, via), resource="USER", resource_id=user.id, origin=origin)
    return await _profile(user.id)


async def sign_up_with(email: str, full_name: str) -> UUID:
    """An account without a password, for somebody whose address another service has proven. Raises email_taken."""
    user = User(id=uuid7(), email=email, full_name=full_name or None, is_verified=True, verified_at=datetime.now(UTC), created_via="web")
    await _insert(user, email)
    await audit.record("USER_CREATED", actor=actor_of(user.id, "USER", email, "web"), resource="USER", resource_id=user.id)
    return user.id


async def ensure_demo(email: str, username: str, password: str) -> UUID:
    """A demo account, made once; its password may break the rules for passwords, for it is published anyway."""
    rows = await User.raw("SELECT id FROM users WHERE lower(email) = lower({})", email)
    if rows:
        return rows[0]["id"]
    user = User(
        id=uuid7(), email=email, username=username, password_hash=await passwords.hash_password(password), role="DEMO", is_verified=True, created_via="cli"
    )
    async with engine.transaction():
        await User.insert(user)
        await ledger.grant(user.id, SIGN_UP_CREDITS, "Credits at sign-up", key=f"sign-up:{user.id}")
    return user.id


def actor_of(user_id: UUID, role: Role, email: str | None, via: Via) -> Actor:
    """The user with every right of their own."""
    return Actor(user_id=user_id, role=role, email=email or "", via=via, scopes=frozenset(SCOPES))


async def standing(user_id: UUID) -> Standing | None:
    return await _standing("id = {}", user_id)


async def standing_by_email(email: str) -> Standing | None:
    """In any case of its letters."""
    return await _standing("lower(email) = lower({})", email.strip())


async def set_password(user_id: UUID, hashed: str) -> None:
    await User.update({User.password_hash: hashed}).where(User.id == user_id)


async def mark_verified(user_id: UUID) -> None:
    """The address is proven."""
    await User.update({User.is_verified: True, User.verified_at: datetime.now(UTC)}).where(User.id == user_id)


async def note_login(user_id: UUID) -> None:
    await User.update({User.last_login: datetime.now(UTC)}).where(User.id == user_id)


async def lock(user_id: UUID) -> Standing | None:
    """The same row, held until the transaction ends."""
    return await _standing("id = {} FOR UPDATE", user_id)


async def actor_by_email(email: str, via: Via = "cli") -> Actor:
    """For operators at the shell. Raises not_found."""
    rows = await User.raw("SELECT id, role, email FROM users WHERE lower(email) = lower({})", email.strip())
    if not rows:
        raise Problem("not_found", f"There is no user `{email}`.", remedy="`wiretalk user list` shows who there is.")
    return actor_of(rows[0]["id"], rows[0]["role"], rows[0]["email"], via)


async def actor_for_run(user_id: UUID, scopes: list[str], via: str) -> Actor:
    """The one who started a run, with today's role and no more scopes than then. Raises forbidden for a suspended user."""
    rows = await User.raw("SELECT role, email FROM users WHERE id = {} AND is_active AND NOT is_suspended", user_id)
    if not rows:
        raise Problem("forbidden", "The account is suspended.")
    return Actor(user_id=user_id, role=rows[0]["role"], email=rows[0]["email"] or "", via=msgspec.convert(via, Via), scopes=frozenset(scopes))


async def exists_any() -> bool:
    """Whether anybody but the demo accounts has signed up."""
    return bool(await User.raw("SELECT 1 FROM users WHERE role <> 'DEMO' LIMIT 1"))


async def get(actor: Actor, user_id: UUID) -> Profile:
    """One's own profile, or anyone's for an administrator. Raises not_found."""
    if user_id != actor.user_id and not actor.is_admin:
        raise Problem("not_found", "There is no such user.")
    return await _profile(user_id)


async def list_(actor: Actor, *, query: str = "", limit: int = 50, cursor: str | None = None) -> Page[Profile]:
    """Everybody whose e-mail or names hold `query`, newest first. Raises forbidden."""
    require_admin(actor)
    held = "strpos(lower(concat_ws(' ', email, username, full_name)), lower({})) > 0"
    statement = f"SELECT {_COLUMNS} FROM users WHERE id < {{}} AND {held} ORDER BY id DESC LIMIT {{}}"  # noqa: S608  # constant columns
    rows = await User.raw(statement, after(cursor), query.strip(), limit + 1)
    return page([_from_row(row) for row in rows], limit)


async def update(actor: Actor, user_id: UUID, change: ProfileChange) -> Profile:
    """Another e-mail address counts as unproven; another role or a suspension ends the sessions. Raises not_found, forbidden, invalid_arguments, conflict."""
    before = await get(actor, user_id)
    if any(value is not None for value in (change.role, change.is_suspended, change.is_verified)):
        require_admin(actor)
        if user_id == actor.user_id:
            raise Problem("forbidden", "You cannot change your own role or standing.", remedy="Ask another administrator, so that one is always left.")
    values = _checked(change)
    if change.email is not None:
        require_own_account(actor)
        values |= {"is_verified": False, "verified_at": None} if change.email != before.email else {}
    try:
        if values:
            await User.update(cast(dict[Any, Any], values)).where(User.id == user_id)
    except asyncpg.UniqueViolationError as error:
        field = next((name for name in ("email", "username", "phone_number") if name in str(error)), "username")
        raise Problem("conflict", f"`{getattr(change, field)}` is taken.", remedy="Choose another.", field=field) from error
    except asyncpg.CheckViolationError as error:
        raise Problem(
            "invalid_arguments", "The preferences have a value that is not offered.", remedy="`theme` is light, dark or system.", field="preferences"
        ) from error
    if change.role is not None or change.is_suspended:
        await User.raw("DELETE FROM login_sessions WHERE user_id = {}", user_id)
    await audit.record("USER_UPDATED", actor=actor, resource="USER", resource_id=user_id, fields=sorted(values))
    return await _profile(user_id)


async def delete(actor: Actor, user_id: UUID) -> None:
    """The account with everything in it; payments and the audit log stay, without it. Raises not_found, forbidden for a demo account."""
    require_own_account(actor)
    await get(actor, user_id)
    await audit.record("USER_DELETED", actor=actor, resource="USER", resource_id=user_id)
    await User.delete().where(User.id == user_id)


async def _insert(user: User, address: str) -> None:
    try:
        async with engine.transaction():
            await User.insert(user)
            await ledger.grant(user.id, SIGN_UP_CREDITS, "Credits at sign-up", key=f"sign-up:{user.id}")
    except asyncpg.UniqueViolationError as error:
        raise _taken(address) from error


def _taken(address: str) -> Problem:
    return Problem("email_taken", f"There is an account for `{address}`.", field="email")


def _checked(change: ProfileChange) -> dict[str, Any]:
    """The columns to set. Raises invalid_arguments."""
    if change.username is not None and not _USERNAME.fullmatch(change.username):
        raise Problem("invalid_arguments", "A user name has 3 to 30 letters, digits, `_` or `-`.", field="username")
    if change.email is not None:
        _check_email(change.email)
    if change.phone_number and not _PHONE.fullmatch(change.phone_number):
        raise Problem(
            "invalid_arguments",
            f"`{change.phone_number[:30]}` is not a phone number.",
            remedy="Give it with its country, such as `+14155550123`.",
            field="phone_number",
        )
    values = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    if "phone_number" in values:
        values["phone_number"] = values["phone_number"] or None
    if "preferences" in values:
        values["preferences"] = jsonb.encode(values["preferences"])
    return values


def _check_email(address: str) -> None:
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        raise Problem("invalid_arguments", f"`{address[:100]}` is not an e-mail address.", remedy="Give one such as `ada@example.com`.", field="email")


_COLUMNS = "id, email, phone_number, username, full_name, role, plan, credits, is_verified, is_suspended, preferences, created_at, last_login"


async def _standing(where: str, value: object) -> Standing | None:
    columns = "id, email, role, password_hash, is_verified, is_active AND NOT is_suspended AS is_open, last_login"
    rows = await User.raw(f"SELECT {columns} FROM users WHERE {where}", value)  # noqa: S608  # constant columns and conditions
    return Standing(**rows[0]) if rows else None


async def _profile(user_id: UUID) -> Profile:
    rows = await User.raw(f"SELECT {_COLUMNS} FROM users WHERE id = {{}}", user_id)  # noqa: S608  # constant columns
    if not rows:
        raise Problem("not_found", "There is no such user.")
    return _from_row(rows[0])


def _from_row(row: dict[str, Any]) -> Profile:
    return Profile(**{**row, "preferences": msgspec.json.decode(row["preferences"])})

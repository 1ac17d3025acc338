"""Users: sign-up with its 100 credits, sign-in, profile, deletion. Sessions and tokens are their own modules."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from agent.accounts import audit, passwords, throttle
from agent.accounts.audit import Origin
from agent.actor import SCOPES, Actor, Role, Via, require_admin
from agent.billing import ledger
from agent.errors import Problem
from agent.paging import Page, after, page
from db import engine
from db.ids import uuid7
from db.tables import User

SIGN_UP_CREDITS = 100
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_USERNAME = re.compile(r"[A-Za-z0-9_-]{3,30}")


class Profile(msgspec.Struct, frozen=True):
    """A user as they and administrators see them."""

    id: UUID
    email: str | None
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


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a user may change of themselves; `role` and `is_suspended` only an administrator."""

    full_name: str | None = None
    username: str | None = None
    preferences: dict[str, Any] | None = None
    role: Role | None = None
    is_suspended: bool | None = None


async def sign_up(email: str, password: str, *, via: Via = "web", role: Role = "USER", full_name: str | None = None) -> Profile:
    """Make an account with its credits. Raises invalid_arguments, weak_password, email_taken."""
    address = email.strip()
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        raise Problem("invalid_arguments", f"`{address[:100]}` is not an e-mail address.", remedy="Give one such as `ada@example.com`.", field="email")
    passwords.check_rules(password)
    user = User(id=uuid7(), email=address, password_hash=await passwords.hash_password(password), role=role, full_name=full_name, created_via=via)
    try:
        async with engine.transaction():
            await User.insert(user)
            await ledger.grant(user.id, SIGN_UP_CREDITS, "Credits at sign-up", key=f"sign-up:{user.id}")
    except asyncpg.UniqueViolationError as error:
        raise Problem("email_taken", f"There is an account for `{address}`.", field="email") from error
    await audit.record("USER_CREATED", actor=actor_of(user.id, role, address, via), resource="USER", resource_id=user.id)
    return await _profile(user.id)


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


async def sign_in(email: str, password: str, origin: Origin, via: Via = "web") -> Actor:
    """Raises rate_limited before any hashing, else wrong_credentials, the same for every reason."""
    await throttle.check(email, origin.address)
    rows = await User.raw("SELECT id, email, role, password_hash, is_active, is_suspended FROM users WHERE lower(email) = lower({})", email.strip())
    row = rows[0] if rows else {}
    fits = await passwords.matches(password, row.get("password_hash"))
    if not fits or not row["is_active"] or row["is_suspended"]:
        await audit.record("LOGIN_FAILED", resource="USER", resource_id=row.get("id", ""), origin=origin)
        raise Problem("wrong_credentials", "The e-mail or the password is wrong.")
    await throttle.forgive(email, origin.address)
    await User.update({User.last_login: datetime.now(UTC)}).where(User.id == row["id"])
    actor = actor_of(row["id"], row["role"], row["email"], via)
    await audit.record("USER_LOGIN", actor=actor, resource="USER", resource_id=row["id"], origin=origin)
    return actor


def actor_of(user_id: UUID, role: Role, email: str | None, via: Via) -> Actor:
    """The user with every right of their own."""
    return Actor(user_id=user_id, role=role, email=email or "", via=via, scopes=frozenset(SCOPES))


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


async def list_(actor: Actor, *, limit: int = 50, cursor: str | None = None) -> Page[Profile]:
    """Everybody, newest first. Raises forbidden."""
    require_admin(actor)
    rows = await User.raw(f"SELECT {_COLUMNS} FROM users WHERE id < {{}} ORDER BY id DESC LIMIT {{}}", after(cursor), limit + 1)  # noqa: S608  # constant columns
    return page([_from_row(row) for row in rows], limit)


async def update(actor: Actor, user_id: UUID, change: ProfileChange) -> Profile:
    """Raises not_found, forbidden, invalid_arguments."""
    await get(actor, user_id)
    if change.role is not None or change.is_suspended is not None:
        require_admin(actor)
    if change.username is not None and not _USERNAME.fullmatch(change.username):
        raise Problem("invalid_arguments", "A user name has 3 to 30 letters, digits, `_` or `-`.", field="username")
    values: dict[Any, Any] = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    if "preferences" in values:
        values["preferences"] = msgspec.json.encode(values["preferences"]).decode()
    try:
        if values:
            await User.update(values).where(User.id == user_id)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"The user name `{change.username}` is taken.", remedy="Choose another.", field="username") from error
    except asyncpg.CheckViolationError as error:
        raise Problem(
            "invalid_arguments", "The preferences have a value that is not offered.", remedy="`theme` is light, dark or system.", field="preferences"
        ) from error
    if change.role is not None or change.is_suspended:
        await User.raw("DELETE FROM login_sessions WHERE user_id = {}", user_id)
    await audit.record("USER_UPDATED", actor=actor, resource="USER", resource_id=user_id, fields=sorted(str(name) for name in values))
    return await _profile(user_id)


async def delete(actor: Actor, user_id: UUID) -> None:
    """The account with everything in it; payments and the audit log stay, without it. Raises not_found."""
    await get(actor, user_id)
    await audit.record("USER_DELETED", actor=actor, resource="USER", resource_id=user_id)
    await User.delete().where(User.id == user_id)


_COLUMNS = "id, email, username, full_name, role, plan, credits, is_verified, is_suspended, preferences, created_at, last_login"


async def _profile(user_id: UUID) -> Profile:
    rows = await User.raw(f"SELECT {_COLUMNS} FROM users WHERE id = {{}}", user_id)  # noqa: S608  # constant columns
    if not rows:
        raise Problem("not_found", "There is no such user.")
    return _from_row(rows[0])


def _from_row(row: dict[str, Any]) -> Profile:
    return Profile(**{**row, "preferences": msgspec.json.decode(row["preferences"])})

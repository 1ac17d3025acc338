"""API tokens for programs and MCP clients: `wtk_` + random + checksum, shown once, stored as a hash, limited by scopes.

One that a program got by its user's sign-in begins with `wto_`: it is the agent's own credential, not the user's.
"""

import secrets
import string
import zlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from agent.accounts import audit
from agent.actor import SCOPES, Actor, Via
from agent.crypto import digest
from agent.errors import Problem
from db.ids import uuid7
from db.tables import ApiToken

PREFIX = "wtk_"
DELEGATED = "wto_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Token(msgspec.Struct, frozen=True):
    """A token as lists show it."""

    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewToken(msgspec.Struct, frozen=True):
    """The only time that `token` is seen."""

    id: UUID
    name: str
    token: str
    scopes: list[str]


async def create(actor: Actor, name: str, scopes: list[str] | None = None, expires_at: datetime | None = None, *, is_delegated: bool = False) -> NewToken:
    """With every scope where none are named. One that a token makes ends no later than that one.

    Raises invalid_arguments, and missing_scope for a token that would hold more than its maker.
    """
    if scopes is not None and not set() < set(scopes) <= set(SCOPES):
        raise Problem("invalid_arguments", f"A token has one scope at least, of {', '.join(SCOPES)}.", field="scopes")
    wanted = sorted(set(SCOPES if scopes is None else scopes), key=SCOPES.index)
    if beyond := [scope for scope in wanted if scope not in actor.scopes]:
        raise Problem("missing_scope", f"This token may not grant `{beyond[0]}`.", scope=beyond[0])
    token = _new(DELEGATED if is_delegated or actor.is_delegated else PREFIX)
    row = ApiToken(
        id=uuid7(), user_id=actor.user_id, name=name.strip()[:100] or "token", token_hash=digest(token), prefix=token[:10], scopes=wanted,
        expires_at=await _no_later(actor, expires_at),
    )  # fmt: skip
    await ApiToken.insert(row)
    await audit.record("TOKEN_CREATED", actor=actor, resource="TOKEN", resource_id=row.id, scopes=wanted)
    return NewToken(row.id, row.name, token, wanted)


async def actor_of(token: str, via: Via = "api") -> Actor | None:
    """Whose token it is, with its scopes, or None. A token whose checksum is wrong never reaches the database."""
    if not token.startswith((PREFIX, DELEGATED)) or _checksum(token[len(PREFIX) : -6]) != token[-6:]:
        return None
    rows = await ApiToken.raw(_FIND, digest(token))
    if not rows:
        return None
    row = rows[0]
    if row["stale"]:
        await ApiToken.update({ApiToken.last_used_at: datetime.now(UTC)}).where(ApiToken.id == row["token_id"])
    return Actor(
        user_id=row["user_id"], role=row["role"], email=row["email"] or "", via=via, scopes=frozenset(row["scopes"]), token_id=row["token_id"],
        is_delegated=token.startswith(DELEGATED),
    )  # fmt: skip


async def is_good(token_id: UUID) -> bool:
    """Whether a token still lets in: neither revoked nor at its end."""
    return bool(await ApiToken.raw("SELECT 1 FROM api_tokens WHERE id = {} AND revoked_at IS NULL AND coalesce(expires_at > now(), true)", token_id))


async def list_(actor: Actor) -> list[Token]:
    rows = await ApiToken.raw(
        "SELECT id, name, prefix, scopes, created_at, expires_at, last_used_at FROM api_tokens WHERE user_id = {} AND revoked_at IS NULL ORDER BY id DESC",
        actor.user_id,
    )
    return [Token(**row) for row in rows]


async def revoke(actor: Actor, token_id: UUID) -> None:
    """Raises not_found."""
    mine = (ApiToken.id == token_id) & (ApiToken.user_id == actor.user_id) & ApiToken.revoked_at.is_null()
    if not await ApiToken.update({ApiToken.revoked_at: datetime.now(UTC)}).where(mine).returning(ApiToken.id):
        raise Problem("not_found", "There is no such token.")
    await audit.record("TOKEN_REVOKED", actor=actor, resource="TOKEN", resource_id=token_id)


async def end_all(user_id: UUID) -> None:
    """Every token of a user is revoked."""
    await ApiToken.update({ApiToken.revoked_at: datetime.now(UTC)}).where((ApiToken.user_id == user_id) & ApiToken.revoked_at.is_null())


async def end(token_id: UUID, seconds: float = 0) -> None:
    """A token whose grant has ended, or that was replaced and may still be on its way."""
    await ApiToken.update({ApiToken.expires_at: datetime.now(UTC) + timedelta(seconds=seconds)}).where(ApiToken.id == token_id)


async def _no_later(maker: Actor, wanted: datetime | None) -> datetime | None:
    if maker.token_id is None:
        return wanted
    rows = await ApiToken.raw("SELECT least({}::timestamptz, expires_at) AS ends FROM api_tokens WHERE id = {}", wanted, maker.token_id)
    return rows[0]["ends"] if rows else wanted


def _new(prefix: str) -> str:
    body = "".join(secrets.choice(_ALPHABET) for _ in range(32))
    return f"{prefix}{body}{_checksum(body)}"


def _checksum(body: str) -> str:
    """Six base-62 characters of CRC-32, so that secret scanners can tell a real token without asking us."""
    value, digits = zlib.crc32(body.encode("utf-8", "replace")), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = _ALPHABET[digit] + digits
    return digits


_FIND = """
SELECT t.id AS token_id, t.scopes, coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale, u.id AS user_id, u.role, u.email
FROM api_tokens t JOIN users u ON u.id = t.user_id
WHERE t.token_hash = {} AND t.revoked_at IS NULL AND coalesce(t.expires_at > now(), true) AND u.is_active AND NOT u.is_suspended
"""

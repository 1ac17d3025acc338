"""A user's sign-in to their own MCP server: begun, finished, and kept good. What is kept of it is sealed in the server's row.

A sign-in is finished by the browser session that began it, once, within ten minutes. Keys are renewed before they end, by one worker at a
time: services take a refresh token that comes twice for a stolen one.
"""

import asyncio
import base64
import hashlib
import secrets
import time
from uuid import UUID

import msgspec

from agent import rates
from agent.accounts import audit
from agent.actor import Actor, require_reach
from agent.crypto import Unsealable, seal, unseal
from agent.errors import Problem
from agent.remote_mcp import oauth, rows
from agent.remote_mcp.model import Connection, Wanted, opened, sealed
from agent.remote_mcp.oauth import Client, Keys, Service

_LIFETIME_SECONDS = 600
_EARLY_SECONDS = 60
_LEASE_SECONDS = 30
_PURPOSE = "mcp:sign-in"


class Begun(msgspec.Struct, frozen=True):
    """Where the browser goes, as whom the server's service signs in, and what to keep in a cookie for ten minutes."""

    url: str
    host: str
    scopes: list[str]
    pending: str


class _Side(msgspec.Struct, frozen=True):
    service: Service
    client: Client


class _Kept(msgspec.Struct, frozen=True):
    """`keys` belong to `side`. `own`: the client that the user brought; `begun`: the side of a sign-in under way."""

    own: Client | None = None
    begun: _Side | None = None
    side: _Side | None = None
    keys: Keys | None = None


class _Pending(msgspec.Struct, frozen=True, array_like=True):
    server_id: UUID
    user_id: UUID
    session: bytes
    state: str
    verifier: str
    side: bytes
    until: int
    back: str


def own_client(server_id: UUID, client_id: str, secret: str) -> str:
    """A client that the user was given by the service, as it is kept."""
    kept = _Kept(own=Client(client_id, secret, "client_secret_post" if secret else "none", "", oauth.redirect_uri())) if client_id else _Kept()
    return sealed(server_id, msgspec.json.encode(kept))


async def begin(actor: Actor, server_id: UUID, session: str, back: str = "") -> Begun:
    """Find out who signs users in to a server, and make ourselves known there. `session` is the browser's. Raises server_not_found, server_failed."""
    require_reach(actor)
    row = await rows.one_of(actor, server_id)
    if row.config.auth not in ("none", "oauth"):
        raise Problem("conflict", f"`{row.name}` is reached by a {row.config.auth}.", remedy="Disconnect it, and connect it again with a sign-in.")
    kept, wanted = _kept(row), row.memory.wanted or Wanted()
    service = await oauth.discover(row.config.url, wanted.document, wanted.scope, kept.keys.scope if kept.keys else "")
    known = [client for client in (kept.own, *(side.client for side in (kept.begun, kept.side) if side)) if client and oauth.fits(client, service)]
    side = _Side(service, known[0] if known else await oauth.introduce(service))
    await _store(row, msgspec.structs.replace(kept, begun=side))
    state, verifier = secrets.token_urlsafe(32), oauth.verifier()
    until = int(time.time()) + _LIFETIME_SECONDS
    pending = _Pending(row.id, actor.user_id, _hash(session), state, verifier, _digest(side), until, back)
    cookie = base64.urlsafe_b64encode(seal(msgspec.msgpack.encode(pending), _PURPOSE)).decode()
    url = oauth.authorize_url(service, side.client, state, verifier)
    return Begun(url, url.split("/")[2], service.scope.split(), cookie)


async def finish(actor: Actor, session: str, pending: str, answer: dict[str, str]) -> tuple[Connection, str]:
    """The user is back with `code` and `state`, or with `error`: the server with its keys, and the page to go to. Raises server_failed."""
    began = _read(pending)
    if began is None or began.until < time.time() or (began.user_id, began.session) != (actor.user_id, _hash(session)):
        raise Problem("server_failed", "This sign-in was begun elsewhere, or too long ago.", remedy="Begin it again.")
    if not secrets.compare_digest(began.state.encode(), answer.get("state", "").encode()) or not await rates.once(f"{_PURPOSE}:{began.state}"):
        raise Problem("server_failed", "This answer belongs to no sign-in that is under way.", remedy="Begin it again.")
    row = await rows.one_of(actor, began.server_id)
    kept = _kept(row)
    if kept.begun is None or _digest(kept.begun) != began.side:
        raise Problem("server_failed", "Another sign-in to this server was begun in the meantime.", remedy="Begin it again.")
    side = kept.begun
    oauth.check_issuer(side.service, answer.get("iss", ""))
    if not answer.get("code"):
        raise Problem("server_failed", f"The server's sign-in did not let you in ({_word(answer.get('error', ''))}).", remedy="Try it again.")
    keys = await oauth.exchange(side.service, side.client, answer["code"], began.verifier)
    row = await _store(row, _Kept(kept.own, None, side, keys))
    await audit.record("MCP_SERVER_SIGNED_IN", actor=actor, resource="MCP_SERVER", resource_id=row.id, service=side.service.issuer, scope=keys.scope)
    return row, began.back


async def fresh(row: Connection) -> Connection:
    """The connection with keys that are good for a while yet, as far as is known. Raises server_sign_in, server_failed."""
    keys = _kept(row).keys
    ends_soon = keys and keys.refresh and keys.expires_at and keys.expires_at < time.time() + _EARLY_SECONDS
    return await renewed(row) if ends_soon else row


async def renewed(row: Connection) -> Connection:
    """The connection with new keys: by us, or by whoever is at it already. Raises server_sign_in, server_failed."""
    until = time.monotonic() + _LEASE_SECONDS
    while time.monotonic() < until:
        if await rows.lease(row.id, row.config.value, _LEASE_SECONDS):
            return await _renew(row)
        now = await rows.again(row)
        if now.config.value != row.config.value:
            return now
        await asyncio.sleep(0.1)
    raise Problem("server_failed", f"The sign-in to `{row.name}` is being renewed and this takes too long.", remedy="Try again in a moment.")


def header(row: Connection) -> dict[str, str]:
    """What the server is shown: nothing before the first sign-in."""
    keys = _kept(row).keys
    return {"authorization": f"Bearer {keys.access}"} if keys else {}


def may_renew(row: Connection) -> bool:
    keys = _kept(row).keys
    return bool(keys and keys.refresh)


async def forget(row: Connection) -> None:
    """Tell the service that the keys are not needed any more, where it can be told."""
    kept = _kept(row)
    if kept.side and kept.keys:
        await oauth.revoke(kept.side.service, kept.side.client, kept.keys)


async def _renew(row: Connection) -> Connection:
    kept = _kept(row)
    if kept.side is None or kept.keys is None:
        raise _ended(row)
    try:
        keys = await oauth.refresh(kept.side.service, kept.side.client, kept.keys)
    except oauth.Refused as error:
        await rows.end_lease(row.id, row.config.value)
        raise _ended(row) from error
    except Problem:
        await rows.end_lease(row.id, row.config.value)
        raise
    for _ in range(3):  # a sign-in may have begun meanwhile; these keys must not be lost with it
        try:
            return await _store(row, msgspec.structs.replace(_kept(row), keys=keys))
        except Problem:
            row = await rows.again(row)
            if _kept(row).side != kept.side:
                return row
    raise _ended(row)


async def _store(row: Connection, kept: _Kept) -> Connection:
    """Raises conflict where another worker changed it in this moment."""
    config = msgspec.structs.replace(row.config, auth="oauth", value=sealed(row.id, msgspec.json.encode(kept)), lease=0.0)
    if not await rows.change_config(row.id, row.config, config):
        raise Problem("conflict", f"`{row.name}` was changed in the meantime.", remedy="Try it again.")
    return msgspec.structs.replace(row, config=config)


def _kept(row: Connection) -> _Kept:
    if row.config.auth != "oauth" or not row.config.value:
        return _Kept()
    try:
        return msgspec.json.decode(opened(row.id, row.config.value), type=_Kept)
    except msgspec.DecodeError as error:
        raise Problem("server_failed", "What was kept of the sign-in cannot be read.", remedy="Sign in again.") from error


def _read(pending: str) -> _Pending | None:
    try:
        return msgspec.msgpack.decode(unseal(base64.urlsafe_b64decode(pending), _PURPOSE), type=_Pending)
    except (ValueError, Unsealable, msgspec.DecodeError):
        return None


def _ended(row: Connection) -> Problem:
    return Problem("server_sign_in", f"Your sign-in to `{row.name}` has ended.", server=str(row.id))


def _digest(side: _Side) -> bytes:
    return hashlib.sha256(msgspec.json.encode(side)).digest()


def _hash(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()


def _word(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c in "_- ")[:60] or "no reason given"

"""MCP servers that a user publishes here: the platform's own tools, or one API's, behind an address and a secret of their own.

Whoever has both acts as the owner within what was published and no further; what needs an approval still asks. The secret is shown once, and
no other token opens the address. What a token published ends with that token.
"""

import hmac
import re
import secrets
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from agent.accounts import audit, tokens, users
from agent.actor import Actor, require_reach, require_scope
from agent.config import settings
from agent.crypto import digest
from agent.errors import Problem
from agent.remote_mcp import rows
from db.ids import uuid7

Proof = Literal["token", "key"]
SCOPES = ("read", "write", "call")
_MOST = 50


class Published(msgspec.Struct, frozen=True):
    """`auth`: how the secret is sent, as a bearer token or as `X-API-Key`. `endpoint_id` is empty for the platform's own tools."""

    id: UUID
    name: str
    url: str
    auth: Proof
    scopes: list[str]
    endpoint_id: UUID | None
    is_open: bool
    created_at: datetime


class NewlyPublished(msgspec.Struct, frozen=True):
    """The only time that the secret is seen."""

    server: Published
    secret: str


class Guest(msgspec.Struct, frozen=True):
    """Who has come in by a published address, and to which API."""

    actor: Actor
    endpoint_id: UUID | None


class _Door(msgspec.Struct, frozen=True):
    """`made_by` is the token that published it; None where its owner did so in a browser."""

    auth: Proof
    scopes: list[str]
    hash: bytes
    transport: str = "http"
    made_by: UUID | None = None


async def publish(actor: Actor, name: str, endpoint_id: UUID | None = None, auth: Proof = "token", scopes: list[str] | None = None) -> NewlyPublished:
    """A new address with its secret. `endpoint_id` is one of the actor's own. Raises missing_scope, invalid_arguments, quota_exceeded, conflict."""
    require_reach(actor)
    granted = [scope for scope in SCOPES if scope in (scopes or ("read", "call")) and (endpoint_id is None or scope != "write")]
    if not granted or set(scopes or ()) - set(SCOPES):
        raise Problem("invalid_arguments", "What may be published is read, write and call; of one API read and call.", field="scopes")
    for scope in granted:
        require_scope(actor, scope)
    if len(await published(actor)) >= _MOST:
        raise Problem("quota_exceeded", f"{_MOST} published servers are the limit.", remedy="Take one back first.")
    called = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:30]
    if not called:
        raise Problem("invalid_arguments", "The name has no letter or digit.", field="name")
    id_, secret = uuid7(), f"wtm_{secrets.token_urlsafe(32)}"
    door = _Door(auth, granted, digest(secret), made_by=actor.token_id)
    try:
        await rows.add_published(actor, id_, called, endpoint_id, msgspec.json.encode(door))
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a server `{called}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("MCP_SERVER_PUBLISHED", actor=actor, resource="MCP_SERVER", resource_id=id_, scopes=granted)
    return NewlyPublished(await _one(actor, id_), secret)


async def published(actor: Actor) -> list[Published]:
    """By name."""
    return [_read(row) for row in await rows.published(actor=actor)]


async def set_open(actor: Actor, server_id: UUID, is_open: bool) -> Published:
    """Let callers in, or keep them out for a while; the secret stays. Raises server_not_found."""
    await _one(actor, server_id)
    await rows.note_status(server_id, "connected" if is_open else "disconnected")
    await audit.record("MCP_SERVER_OPENED" if is_open else "MCP_SERVER_CLOSED", actor=actor, resource="MCP_SERVER", resource_id=server_id)
    return await _one(actor, server_id)


async def take_back(actor: Actor, server_id: UUID) -> None:
    """The address and its secret are gone. Raises server_not_found."""
    server = await _one(actor, server_id)
    await rows.remove(actor, server_id)
    await audit.record("MCP_SERVER_UNPUBLISHED", actor=actor, resource="MCP_SERVER", resource_id=server_id, name=server.name)


async def guest(server_id: UUID, bearer: str, key: str) -> Guest | None:
    """Who comes with a secret: nobody where it is wrong, the server is closed, or its owner, or the token that made it, may not be here."""
    found = [row for row in await rows.published(server_id) if row["status"] == "connected"]
    if not found:
        return None
    row, door = found[0], msgspec.json.decode(found[0]["connection_config"], type=_Door)
    if not hmac.compare_digest(digest(bearer if door.auth == "token" else key), door.hash):
        return None
    owner = await users.standing(row["user_id"])
    if owner is None or not owner.is_open or (door.made_by and not await tokens.is_good(door.made_by)):
        return None
    actor = Actor(user_id=owner.id, role=owner.role, email=owner.email or "", via="mcp", scopes=frozenset(door.scopes), is_delegated=True)
    return Guest(actor, row["endpoint_id"])


async def _one(actor: Actor, server_id: UUID) -> Published:
    found = await rows.published(server_id, actor)
    if not found:
        raise Problem("server_not_found", "There is no such published MCP server.")
    return _read(found[0])


def _read(row: dict[str, Any]) -> Published:
    door = msgspec.json.decode(row["connection_config"], type=_Door)
    url = f"{settings().base_url}/mcp/servers/{row['id']}"
    return Published(row["id"], row["name"], url, door.auth, door.scopes, row["endpoint_id"], row["status"] == "connected", row["created_at"])

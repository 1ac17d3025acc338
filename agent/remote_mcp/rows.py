"""The rows of users' MCP servers: read as values, written as documents. Only what belongs to the actor."""

from typing import Any
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.errors import Problem
from agent.remote_mcp.model import Config, Connection, Memory, Status
from db import jsonb
from db.tables import McpServer as Row


async def all_of(actor: Actor) -> list[Connection]:
    """By name."""
    return [_read(row) for row in await Row.raw(f"{_SELECT} WHERE user_id = {{}} AND type = 'client' ORDER BY name", actor.user_id)]


async def one_of(actor: Actor, server_id: UUID) -> Connection:
    """Raises server_not_found."""
    rows = await Row.raw(f"{_SELECT} WHERE id = {{}} AND user_id = {{}} AND type = 'client'", server_id, actor.user_id)
    if not rows:
        raise Problem("server_not_found", "There is no such MCP server.")
    return _read(rows[0])


async def again(row: Connection) -> Connection:
    """As it stands now. Raises server_not_found."""
    found = await Row.raw(f"{_SELECT} WHERE id = {{}}", row.id)
    if not found:
        raise Problem("server_not_found", "There is no such MCP server any more.")
    return _read(found[0])


async def add(actor: Actor, server_id: UUID, name: str, config: Config) -> None:
    """Raises UniqueViolationError where the name is taken."""
    await Row.insert(Row(id=server_id, user_id=actor.user_id, name=name, connection_config=jsonb.encode(config)))


async def note_memory(server_id: UUID, memory: Memory) -> None:
    await Row.update({Row.metadata: jsonb.encode(memory)}).where(Row.id == server_id)


async def note_connected(server_id: UUID) -> None:
    await Row.update({Row.status: "connected", Row.last_error: None}).where(Row.id == server_id)


async def note_failure(server_id: UUID, why: str) -> None:
    await Row.update({Row.status: "error", Row.last_error: why[:500]}).where(Row.id == server_id)


async def note_wanted(server_id: UUID, memory: Memory, why: str) -> None:
    """The server asks for a sign-in."""
    await Row.update({Row.metadata: jsonb.encode(memory), Row.status: "error", Row.last_error: why[:500]}).where(Row.id == server_id)


async def change_config(server_id: UUID, before: Config, after: Config) -> bool:
    """Whether nobody else had changed what is sealed in it meanwhile."""
    return bool(await Row.raw(f"{_CHANGE} RETURNING id", jsonb.encode(after), server_id, before.value))


async def lease(server_id: UUID, value: str, seconds: int) -> bool:
    """Whether the caller, and for so long nobody else, is to renew what is sealed."""
    return bool(await Row.raw(_LEASE, seconds, server_id, value))


async def end_lease(server_id: UUID, value: str) -> None:
    await Row.raw(
        "UPDATE mcp_servers SET connection_config = connection_config - 'lease' WHERE id = {} AND connection_config ->> 'value' = {}", server_id, value
    )


async def add_published(actor: Actor, server_id: UUID, name: str, endpoint_id: UUID | None, door: bytes) -> None:
    """Raises UniqueViolationError where the name is taken."""
    row = Row(id=server_id, user_id=actor.user_id, endpoint_id=endpoint_id, name=name, type="server", status="connected", connection_config=door.decode())
    await Row.insert(row)


async def published(server_id: UUID | None = None, actor: Actor | None = None) -> list[dict[str, Any]]:
    """What users publish, by name: of one user, or the one of this id."""
    wanted = "({}::uuid IS NULL OR id = {}) AND ({}::uuid IS NULL OR user_id = {})"
    owner = actor.user_id if actor else None
    return await Row.raw(f"{_PUBLISHED} AND {wanted} ORDER BY name", server_id, server_id, owner, owner)


async def note_status(server_id: UUID, status: Status) -> None:
    await Row.update({Row.status: status}).where(Row.id == server_id)


async def remove(actor: Actor, server_id: UUID) -> None:
    await Row.delete().where((Row.id == server_id) & (Row.user_id == actor.user_id))


def _read(row: dict[str, Any]) -> Connection:
    config = msgspec.json.decode(row["connection_config"], type=Config)
    memory = msgspec.json.decode(row["metadata"] or "{}", type=Memory)
    return Connection(row["id"], row["user_id"], row["name"], config, row["status"], row["last_error"], memory, row["created_at"])


_SELECT = "SELECT id, user_id, name, connection_config, status, last_error, metadata, created_at FROM mcp_servers"
_PUBLISHED = "SELECT id, user_id, name, endpoint_id, connection_config, status, created_at FROM mcp_servers WHERE type = 'server'"
_CHANGE = "UPDATE mcp_servers SET connection_config = {}::jsonb, updated_at = now() WHERE id = {} AND coalesce(connection_config ->> 'value', '') = {}"
_LEASE = """
UPDATE mcp_servers SET connection_config = jsonb_set(connection_config, ARRAY['lease'], to_jsonb(extract(epoch FROM now()) + {}::int))
WHERE id = {} AND connection_config ->> 'value' = {} AND coalesce((connection_config ->> 'lease')::float8, 0) < extract(epoch FROM now()) RETURNING id
"""

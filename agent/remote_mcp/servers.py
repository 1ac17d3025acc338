"""Users' own MCP servers: connected, tested, their tools listed and called. Everything that such a server says is text from outside.

Its tools are remembered by a hash of what they say of themselves: one that changes, or comes later, is in quarantine until the user
accepts it, and is not called before.
"""

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import mcp
import msgspec
from mcp.types import CallToolResult

from agent import egress
from agent.accounts import audit
from agent.actor import Actor, require_reach
from agent.errors import Problem
from agent.remote_mcp import rows
from agent.remote_mcp.model import AuthType, Config, Memory, Server, Told, sealed, shown
from agent.remote_mcp.session import errand, look, told
from db.ids import uuid7

SECONDS = 20.0
CALL_SECONDS = 60.0
_MOST_SERVERS = 50


async def connect(actor: Actor, url: str, name: str | None = None, *, auth: AuthType = "none", secret: str = "") -> Server:
    """Remember a server and try it; one that fails stays, with its error. Raises invalid_url, egress_refused, invalid_arguments, conflict."""
    require_reach(actor)
    address = url.strip()
    await egress.resolve(egress.parse(address, "mcp"))
    if auth != "none" and (not secret or any(ord(c) < 32 or ord(c) > 126 for c in secret)):
        raise Problem("invalid_arguments", "The secret is empty, or has characters that a header must not have.", field="secret")
    if len(await rows.all_of(actor)) >= _MOST_SERVERS:
        raise Problem("quota_exceeded", f"{_MOST_SERVERS} servers are the limit.", remedy="Disconnect one first.")
    id_ = uuid7()
    called = re.sub(r"[^A-Za-z0-9]+", "-", name or urlsplit(address).hostname or "server").strip("-").lower()[:30] or "server"
    try:
        await rows.add(actor, id_, called, Config(address, auth=auth, value=sealed(id_, secret.encode()) if auth != "none" else ""))
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a server `{called}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("MCP_SERVER_CONNECTED", actor=actor, resource="MCP_SERVER", resource_id=id_, url=address)
    return await test(actor, id_, is_first=True)


async def list_(actor: Actor) -> list[Server]:
    """By name."""
    return [shown(row) for row in await rows.all_of(actor)]


async def get(actor: Actor, server_id: UUID) -> Server:
    """Raises server_not_found."""
    return shown(await rows.one_of(actor, server_id))


async def find(actor: Actor, reference: str) -> Server:
    """By id, name or URL. Raises server_not_found."""
    known = await list_(actor)
    word = reference.strip().lower()
    for server in known:
        if word in (str(server.id), server.name, server.url.lower()):
            return server
    names = ", ".join(f"`{server.name}`" for server in known)
    raise Problem("server_not_found", f"There is no MCP server `{reference[:80]}`.", remedy=f"There are {names}." if known else "Connect one first.")


async def disconnect(actor: Actor, server_id: UUID) -> None:
    """Forget a server and its secret. Raises server_not_found."""
    server = await get(actor, server_id)
    await rows.remove(actor, server_id)
    await audit.record("MCP_SERVER_DISCONNECTED", actor=actor, resource="MCP_SERVER", resource_id=server_id, name=server.name)


async def test(actor: Actor, server_id: UUID, *, is_first: bool = False) -> Server:
    """Connect, read what it offers, remember it. A failure is in the server's status, not raised. Raises server_not_found."""
    row = await rows.one_of(actor, server_id)
    try:
        seen = await errand(row, SECONDS, look)
    except Problem as problem:
        await rows.note_failure(server_id, problem.detail)
        return await get(actor, server_id)
    await _remember(server_id, seen, row.memory, accept_all=is_first or not row.memory.tools)
    return await get(actor, server_id)


async def accept(actor: Actor, server_id: UUID, tool: str) -> Server:
    """Take a tool out of quarantine, as it describes itself now. Raises server_not_found, not_found."""
    row = await rows.one_of(actor, server_id)
    memory, name = row.memory, tool.removeprefix(f"{row.name}__")
    if name not in memory.tools:
        raise Problem("not_found", f"The server has no tool `{tool[:80]}`.")
    kept = msgspec.structs.replace(memory.tools[name], accepted=memory.tools[name].now)
    await rows.note_memory(server_id, msgspec.structs.replace(memory, tools={**memory.tools, name: kept}))
    await audit.record("MCP_TOOL_ACCEPTED", actor=actor, resource="MCP_SERVER", resource_id=server_id, tool=name)
    return await get(actor, server_id)


async def call(actor: Actor, tool: str, arguments: dict[str, Any]) -> Told:
    """Call `server__tool`. Looks first whether it is still the tool that was accepted.

    Raises server_not_found, not_found, tool_quarantined, server_failed.
    """
    server_name, _, name = tool.partition("__")
    server = await find(actor, server_name)
    row = await rows.one_of(actor, server.id)
    before = row.memory
    if name not in before.tools:
        raise Problem("not_found", f"`{server.name}` has no tool `{name[:80]}`.", remedy="List its tools with `mcp_list`.")
    if before.tools[name].accepted != before.tools[name].now:
        raise _quarantined(server.name, name)

    async def work(client: mcp.Client) -> tuple[Memory, CallToolResult | None]:
        seen = await look(client)
        same = name in seen.tools and seen.tools[name].now == before.tools[name].accepted
        return seen, await client.call_tool(name, arguments, read_timeout_seconds=CALL_SECONDS) if same else None

    try:
        seen, answer = await errand(row, CALL_SECONDS, work)
    except Problem as problem:
        await rows.note_failure(server.id, problem.detail)
        raise
    await _remember(server.id, seen, before, accept_all=False)
    await audit.record("MCP_TOOL_CALLED", actor=actor, resource="MCP_SERVER", resource_id=server.id, tool=name)
    if answer is None:
        raise _quarantined(server.name, name)
    return told(answer)


def _quarantined(server: str, name: str) -> Problem:
    return Problem("tool_quarantined", f"`{server}__{name}` has changed what it says of itself and was not called.", tool=f"{server}__{name}")


async def _remember(server_id: UUID, seen: Memory, before: Memory, *, accept_all: bool) -> None:
    tools = {
        name: msgspec.structs.replace(kept, accepted=kept.now if accept_all else before.tools[name].accepted if name in before.tools else None)
        for name, kept in seen.tools.items()
    }
    await rows.note_memory(server_id, msgspec.structs.replace(seen, tools=tools))
    await rows.note_connected(server_id)

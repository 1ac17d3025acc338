"""Users' own MCP servers: connected, tested, their tools listed and called. Everything that such a server says is text from outside.

A server is spoken to for one errand at a time, in a task that is given up when its time is over. Its tools are remembered by a hash of
what they say of themselves: one that changes, or comes later, is in quarantine until the user accepts it, and is not called before.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import mcp
import msgspec
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, EmbeddedResource, ResourceLink, TextContent, TextResourceContents
from mcp.types import Tool as McpTool

from agent import egress, tasks
from agent.accounts import audit
from agent.actor import Actor, require_reach
from agent.crypto import Unsealable, seal, unseal
from agent.egress.capped import capped_client
from agent.errors import Problem
from db import jsonb
from db.ids import uuid7
from db.tables import McpServer as Row

T = TypeVar("T")
AuthType = Literal["none", "token", "key"]
Status = Literal["connected", "disconnected", "error"]
MOST_TOOLS = 200
MOST_BYTES = 4 * 1024 * 1024
MOST_SHOWN = 20_000
SECONDS = 20.0
CALL_SECONDS = 60.0
_MOST_PAGES = 20
_MOST_SERVERS = 50
_MOST_SCHEMA = 16_000
_MOST_DESCRIPTION = 1_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class RemoteTool(msgspec.Struct, frozen=True):
    """`name` is how it is called here: the server's name, two underscores, its own. `is_quarantined`: it says something new of itself."""

    name: str
    description: str
    input_schema: dict[str, Any]
    is_quarantined: bool


class Server(msgspec.Struct, frozen=True):
    """A connection as its owner sees it. The secret is never shown."""

    id: UUID
    name: str
    url: str
    auth: AuthType
    status: Status
    last_error: str | None
    title: str
    version: str
    protocol: str
    capabilities: list[str]
    tools: list[RemoteTool]
    created_at: datetime


class Told(msgspec.Struct, frozen=True):
    """What a remote tool answered, as text, cut to what a model can read."""

    text: str
    is_error: bool


class _Kept(msgspec.Struct, frozen=True):
    """What is remembered of a tool: what it said when it was accepted, and what it says now."""

    description: str
    schema: dict[str, Any]
    accepted: str | None
    now: str


class _Seen(msgspec.Struct, frozen=True):
    """What a server said of itself."""

    title: str
    version: str
    protocol: str
    capabilities: list[str]
    tools: dict[str, _Kept]


class _Memory(msgspec.Struct, frozen=True):
    title: str = ""
    version: str = ""
    protocol: str = ""
    capabilities: list[str] = []
    tools: dict[str, _Kept] = {}


class _Config(msgspec.Struct, frozen=True):
    """`value` is sealed, in base64."""

    url: str
    transport: str = "http"
    auth: AuthType = "none"
    value: str = ""


async def connect(actor: Actor, url: str, name: str | None = None, *, auth: AuthType = "none", secret: str = "") -> Server:
    """Remember a server and try it; one that fails stays, with its error. Raises invalid_url, egress_refused, invalid_arguments, conflict."""
    require_reach(actor)
    address = url.strip()
    await egress.resolve(egress.parse(address, "mcp"))
    if auth != "none" and (not secret or any(ord(c) < 32 or ord(c) > 126 for c in secret)):
        raise Problem("invalid_arguments", "The secret is empty, or has characters that a header must not have.", field="secret")
    if len(await list_(actor)) >= _MOST_SERVERS:
        raise Problem("quota_exceeded", f"{_MOST_SERVERS} servers are the limit.", remedy="Disconnect one first.")
    id_ = uuid7()
    sealed = base64.b64encode(seal(secret.encode(), _context(id_))).decode() if auth != "none" else ""
    called = re.sub(r"[^A-Za-z0-9]+", "-", name or urlsplit(address).hostname or "server").strip("-").lower()[:30] or "server"
    row = Row(id=id_, user_id=actor.user_id, name=called, connection_config=jsonb.encode(_Config(address, auth=auth, value=sealed)))
    try:
        await Row.insert(row)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a server `{called}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("MCP_SERVER_CONNECTED", actor=actor, resource="MCP_SERVER", resource_id=id_, url=address)
    return await test(actor, id_, is_first=True)


async def list_(actor: Actor) -> list[Server]:
    """By name."""
    rows = await Row.raw(f"{_SELECT} WHERE user_id = {{}} AND type = 'client' ORDER BY name", actor.user_id)
    return [_server(row) for row in rows]


async def get(actor: Actor, server_id: UUID) -> Server:
    """Raises server_not_found."""
    return _server(await _row(actor, server_id))


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
    await Row.delete().where((Row.id == server_id) & (Row.user_id == actor.user_id))
    await audit.record("MCP_SERVER_DISCONNECTED", actor=actor, resource="MCP_SERVER", resource_id=server_id, name=server.name)


async def test(actor: Actor, server_id: UUID, *, is_first: bool = False) -> Server:
    """Connect, read what it offers, remember it. A failure is in the server's status, not raised. Raises server_not_found."""
    row = await _row(actor, server_id)
    before = _memory(row)
    try:
        seen = await _errand(row, SECONDS, _look)
    except Problem as problem:
        await Row.update({Row.status: "error", Row.last_error: problem.detail[:500]}).where(Row.id == server_id)
        return await get(actor, server_id)
    await _remember(server_id, seen, before, accept_all=is_first or not before.tools)
    return await get(actor, server_id)


async def accept(actor: Actor, server_id: UUID, tool: str) -> Server:
    """Take a tool out of quarantine, as it describes itself now. Raises server_not_found, not_found."""
    row = await _row(actor, server_id)
    memory, name = _memory(row), tool.removeprefix(f"{row['name']}__")
    if name not in memory.tools:
        raise Problem("not_found", f"The server has no tool `{tool[:80]}`.")
    kept = msgspec.structs.replace(memory.tools[name], accepted=memory.tools[name].now)
    await _store(server_id, msgspec.structs.replace(memory, tools={**memory.tools, name: kept}))
    await audit.record("MCP_TOOL_ACCEPTED", actor=actor, resource="MCP_SERVER", resource_id=server_id, tool=name)
    return await get(actor, server_id)


async def call(actor: Actor, tool: str, arguments: dict[str, Any]) -> Told:
    """Call `server__tool`. Looks first whether it is still the tool that was accepted.

    Raises server_not_found, not_found, tool_quarantined, server_failed.
    """
    server_name, _, name = tool.partition("__")
    server = await find(actor, server_name)
    row = await _row(actor, server.id)
    before = _memory(row)
    if name not in before.tools:
        raise Problem("not_found", f"`{server.name}` has no tool `{name[:80]}`.", remedy="List its tools with `mcp_list`.")
    if before.tools[name].accepted != before.tools[name].now:
        raise _quarantined(server.name, name)

    async def errand(client: mcp.Client) -> tuple[_Seen, CallToolResult | None]:
        seen = await _look(client)
        same = name in seen.tools and seen.tools[name].now == before.tools[name].accepted
        return seen, await client.call_tool(name, arguments, read_timeout_seconds=CALL_SECONDS) if same else None

    try:
        seen, answer = await _errand(row, CALL_SECONDS, errand)
    except Problem as problem:
        await Row.update({Row.status: "error", Row.last_error: problem.detail[:500]}).where(Row.id == server.id)
        raise
    await _remember(server.id, seen, before, accept_all=False)
    await audit.record("MCP_TOOL_CALLED", actor=actor, resource="MCP_SERVER", resource_id=server.id, tool=name)
    if answer is None:
        raise _quarantined(server.name, name)
    return _told(answer)


def _quarantined(server: str, name: str) -> Problem:
    return Problem("tool_quarantined", f"`{server}__{name}` has changed what it says of itself and was not called.", tool=f"{server}__{name}")


async def _errand(row: dict[str, Any], seconds: float, work: Callable[[mcp.Client], Awaitable[T]]) -> T:
    """Do something with a server in a task of its own, which is left behind if it does not even end when it is told to. Raises server_failed."""
    config = msgspec.json.decode(row["connection_config"], type=_Config)
    headers = _auth_headers(row["id"], config)
    task = tasks.spawn(_connected(config.url, headers, work), f"mcp:{row['id']}")
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait([task], timeout=3)
        raise _failed(row["name"], f"it did not answer within {seconds:g} s")
    outcome = task.result()
    if isinstance(outcome, _Failure):
        raise _failed(row["name"], outcome.why)
    return outcome


class _Failure(msgspec.Struct, frozen=True):
    why: str


async def _connected(url: str, headers: dict[str, str], work: Callable[[mcp.Client], Awaitable[T]]) -> T | _Failure:
    """Whatever a server can make the SDK raise is why it failed, and nothing more."""
    try:
        egress.parse(url, "mcp")  # as it was written: the client's own parser repairs what ours refuses
        async with capped_client("mcp", MOST_BYTES, headers) as http, mcp.Client(streamable_http_client(url, http_client=http)) as client:
            return await work(client)
    except Exception as error:
        return _Failure(_why(error))


async def _look(client: mcp.Client) -> _Seen:
    tools: dict[str, _Kept] = {}
    cursor: str | None = None
    capabilities = client.server_capabilities.model_dump(exclude_none=True)
    for _ in range(_MOST_PAGES if "tools" in capabilities else 0):
        found = await client.list_tools(cursor=cursor)
        for tool in found.tools:
            if _NAME.fullmatch(tool.name) and tool.name not in tools and len(tools) < MOST_TOOLS and (kept := _kept(tool)):
                tools[tool.name] = kept
        cursor = found.next_cursor
        if not cursor or len(tools) >= MOST_TOOLS:
            break
    info = client.server_info
    title, version = (info.title or info.name, info.version) if info else ("", "")
    return _Seen(_line(title, 100), _line(version, 40), str(client.protocol_version)[:20], sorted(capabilities), tools)


def _kept(tool: McpTool) -> _Kept | None:
    """A tool whose schema is too large to read is not offered."""
    try:
        size = len(msgspec.json.encode(tool.input_schema))
        digest = hashlib.sha256(msgspec.json.encode([tool.name, tool.description, tool.input_schema], order="deterministic")).hexdigest()
    except (RecursionError, TypeError, ValueError):
        return None
    return _Kept((tool.description or "")[:_MOST_DESCRIPTION], tool.input_schema, None, digest) if size <= _MOST_SCHEMA else None


async def _remember(server_id: UUID, seen: _Seen, before: _Memory, *, accept_all: bool) -> None:
    tools = {
        name: msgspec.structs.replace(kept, accepted=kept.now if accept_all else before.tools[name].accepted if name in before.tools else None)
        for name, kept in seen.tools.items()
    }
    await _store(server_id, _Memory(seen.title, seen.version, seen.protocol, seen.capabilities, tools))
    await Row.update({Row.status: "connected", Row.last_error: None}).where(Row.id == server_id)


async def _store(server_id: UUID, memory: _Memory) -> None:
    await Row.update({Row.metadata: jsonb.encode(memory)}).where(Row.id == server_id)


def _told(answer: CallToolResult) -> Told:
    parts: list[str] = []
    for block in answer.content:
        match block:
            case TextContent():
                parts.append(block.text)
            case EmbeddedResource(resource=TextResourceContents() as inner):
                parts.append(inner.text)
            case ResourceLink():
                parts.append(f"({block.name}: {block.uri})")
            case _:
                parts.append(f"({block.type})")
    if not any(parts) and answer.structured_content:
        parts = [msgspec.json.encode(answer.structured_content).decode()]
    text = "\n".join(parts)
    return Told(text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n… cut.", bool(answer.is_error))


def _why(error: BaseException, depth: int = 0) -> str:
    """The first cause that says something to a person."""
    if isinstance(error, BaseExceptionGroup) and depth < 10:
        return _why(error.exceptions[0], depth + 1)
    if isinstance(error, Problem):
        return error.detail
    if isinstance(error, mcp.MCPError):
        return f"it answered with an error: {_line(error.message, 200)}"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "it did not answer in time"
    if error.__cause__ is not None and depth < 10:
        return _why(error.__cause__, depth + 1)
    if type(error).__name__ in ("ValidationError", "JSONDecodeError", "UnicodeDecodeError", "RecursionError"):
        return "its answer does not follow the protocol"
    return f"the connection failed ({type(error).__name__})"


def _failed(name: str, why: str) -> Problem:
    return Problem("server_failed", f"The MCP server `{name}` could not be used: {why}.")


def _line(text: object, most: int) -> str:
    """One line of what a server calls itself, without characters that change how text is shown."""
    return "".join(c for c in str(text or "") if c.isprintable())[:most]


def _auth_headers(server_id: UUID, config: _Config) -> dict[str, str]:
    if config.auth == "none":
        return {}
    try:
        secret = unseal(base64.b64decode(config.value), _context(server_id)).decode()
    except (Unsealable, ValueError) as error:
        raise Problem("server_failed", "The secret was stored under a key that is gone.", remedy="Connect the server again.") from error
    return {"authorization": f"Bearer {secret}"} if config.auth == "token" else {"x-api-key": secret}


def _context(server_id: UUID) -> str:
    return f"mcp_servers:{server_id}"


async def _row(actor: Actor, server_id: UUID) -> dict[str, Any]:
    rows = await Row.raw(f"{_SELECT} WHERE id = {{}} AND user_id = {{}} AND type = 'client'", server_id, actor.user_id)
    if not rows:
        raise Problem("server_not_found", "There is no such MCP server.")
    return rows[0]


def _memory(row: dict[str, Any]) -> _Memory:
    return msgspec.json.decode(row["metadata"] or "{}", type=_Memory)


def _server(row: dict[str, Any]) -> Server:
    config, memory = msgspec.json.decode(row["connection_config"], type=_Config), _memory(row)
    tools = [RemoteTool(f"{row['name']}__{name}", kept.description, kept.schema, kept.accepted != kept.now) for name, kept in memory.tools.items()]
    return Server(
        row["id"], row["name"], config.url, config.auth, row["status"], row["last_error"], memory.title, memory.version, memory.protocol, memory.capabilities,
        tools, row["created_at"],
    )  # fmt: skip


_SELECT = "SELECT id, name, connection_config, status, last_error, metadata, created_at FROM mcp_servers"

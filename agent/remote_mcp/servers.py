"""Users' own MCP servers: connected, tested, their tools listed and called. Everything that such a server says is text from outside.

Its tools are remembered by a hash of what they say of themselves: one that changes, or comes later, is in quarantine until the user
accepts it, and is not called before.
"""

import contextlib
import re
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import mcp
import msgspec
from mcp.types import CallToolResult

from agent import egress, tasks
from agent.accounts import audit
from agent.actor import Actor, require_reach
from agent.errors import Problem
from agent.remote_mcp import commands, declared, rows, signing_in
from agent.remote_mcp.model import AuthType, Config, Connection, Memory, Server, Told, Wanted, opened, sealed, shown
from agent.remote_mcp.session import SignInWanted, Work, errand, failed, look, told
from db.ids import uuid7

T = TypeVar("T")
SECONDS = 20.0
CALL_SECONDS = 60.0
_MOST_SERVERS = 50


async def connect(actor: Actor, url: str, name: str | None = None, *, auth: AuthType = "none", secret: str = "", client_id: str = "") -> Server:
    """Remember a server and try it; one that fails stays, with its error. With `oauth`, `client_id` and `secret` are what its service knows us by.

    Raises invalid_url, egress_refused, invalid_arguments, conflict, quota_exceeded.
    """
    require_reach(actor)
    address = url.strip()
    if address.startswith(declared.PREFIX):
        return await _connect_command(actor, address.removeprefix(declared.PREFIX).strip())
    await egress.resolve(egress.parse(address, "mcp"))
    if (auth in ("token", "key") and not secret) or any(ord(c) < 32 or ord(c) > 126 for c in secret + client_id):
        raise Problem("invalid_arguments", "The secret is empty, or has characters that a header must not have.", field="secret")
    id_ = uuid7()
    called = re.sub(r"[^A-Za-z0-9]+", "-", name or urlsplit(address).hostname or "server").strip("-").lower()[:30] or "server"
    value = signing_in.own_client(id_, client_id, secret) if auth == "oauth" else sealed(id_, secret.encode()) if auth != "none" else ""
    return await _added(actor, id_, called, Config(address, auth=auth, value=value))


async def offered(actor: Actor) -> dict[str, str]:
    """The operator's servers that the user has not connected yet: name and description."""
    mine = {row.config.url for row in await rows.all_of(actor)}
    found = declared.offered(actor)
    return {name: command.description for name, command in found.items() if f"{declared.PREFIX}{name}" not in mine}


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
    row = await rows.one_of(actor, server_id)
    await rows.remove(actor, server_id)
    await audit.record("MCP_SERVER_DISCONNECTED", actor=actor, resource="MCP_SERVER", resource_id=server_id, name=row.name)
    if row.config.auth == "oauth":
        tasks.spawn(_leave(row), f"mcp-leave:{row.id}")


async def finish_sign_in(actor: Actor, session: str, pending: str, answer: dict[str, str]) -> tuple[Server, str]:
    """The user is back from the server's sign-in: its tools are read, and the page to go to. Raises server_failed, server_not_found."""
    row, back = await signing_in.finish(actor, session, pending, answer)
    return await test(actor, row.id), back


async def test(actor: Actor, server_id: UUID, *, is_first: bool = False) -> Server:
    """Connect, read what it offers, remember it. A failure is in the server's status, not raised. Raises server_not_found."""
    row = await rows.one_of(actor, server_id)
    try:
        seen = await _visit(actor, row, SECONDS, look)
    except Problem:
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

    Raises server_not_found, not_found, tool_quarantined, server_sign_in, server_failed.
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

    seen, answer = await _visit(actor, row, CALL_SECONDS, work)
    await _remember(server.id, seen, before, accept_all=False)
    await audit.record("MCP_TOOL_CALLED", actor=actor, resource="MCP_SERVER", resource_id=server.id, tool=name)
    if answer is None:
        raise _quarantined(server.name, name)
    return told(answer)


async def _connect_command(actor: Actor, name: str) -> Server:
    if name not in declared.offered(actor):
        raise Problem("server_not_found", f"The operator of this server offers no MCP server `{name[:40]}`.")
    return await _added(actor, uuid7(), name, Config(f"{declared.PREFIX}{name}", "command"))


async def _added(actor: Actor, id_: UUID, name: str, config: Config) -> Server:
    """Raises quota_exceeded, conflict."""
    if len(await rows.all_of(actor)) >= _MOST_SERVERS:
        raise Problem("quota_exceeded", f"{_MOST_SERVERS} servers are the limit.", remedy="Disconnect one first.")
    try:
        await rows.add(actor, id_, name, config)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a server `{name}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("MCP_SERVER_CONNECTED", actor=actor, resource="MCP_SERVER", resource_id=id_, url=config.url)
    return await test(actor, id_, is_first=True)


async def _visit(actor: Actor, row: Connection, seconds: float, work: Work[T]) -> T:
    """An errand with what the server is to know of the user; keys that it does not take any more are renewed once. What fails is noted, then raised."""
    try:
        if row.config.transport == "command":
            command = declared.offered(actor).get(row.config.url.removeprefix(declared.PREFIX))
            if command is None:
                raise failed(row.name, "the operator of this server offers it no more")
            return await commands.errand(row, command, seconds, work)
        if row.config.auth != "oauth":
            return await errand(row, _headers(row), seconds, work)
        row = await signing_in.fresh(row)
        try:
            return await errand(row, signing_in.header(row), seconds, work)
        except SignInWanted as refused:
            if refused.wanted.lacks_scope or not signing_in.may_renew(row):
                raise
            row = await signing_in.renewed(row)
            return await errand(row, signing_in.header(row), seconds, work)
    except SignInWanted as refused:
        problem = _refused(row, refused.wanted)
        await rows.note_wanted(row.id, msgspec.structs.replace(row.memory, wanted=refused.wanted), problem.detail)
        raise problem from refused
    except Problem as problem:
        if problem.code == "server_sign_in":
            await rows.note_wanted(row.id, msgspec.structs.replace(row.memory, wanted=row.memory.wanted or Wanted()), problem.detail)
        else:
            await rows.note_failure(row.id, problem.detail)
        raise


def _refused(row: Connection, wanted: Wanted) -> Problem:
    if row.config.auth in ("token", "key"):
        return failed(row.name, f"it does not take the {row.config.auth}")
    sentence = f"`{row.name}` wants you to allow more than you did." if wanted.lacks_scope else f"`{row.name}` asks you to sign in."
    return Problem("server_sign_in", sentence, server=str(row.id))


def _headers(row: Connection) -> dict[str, str]:
    if row.config.auth == "none":
        return {}
    secret = opened(row.id, row.config.value).decode()
    return {"authorization": f"Bearer {secret}"} if row.config.auth == "token" else {"x-api-key": secret}


async def _leave(row: Connection) -> None:
    with contextlib.suppress(Problem):  # a service that cannot be told keeps keys that nobody has
        await signing_in.forget(row)


def _quarantined(server: str, name: str) -> Problem:
    return Problem("tool_quarantined", f"`{server}__{name}` has changed what it says of itself and was not called.", tool=f"{server}__{name}")


async def _remember(server_id: UUID, seen: Memory, before: Memory, *, accept_all: bool) -> None:
    tools = {
        name: msgspec.structs.replace(kept, accepted=kept.now if accept_all else before.tools[name].accepted if name in before.tools else None)
        for name, kept in seen.tools.items()
    }
    await rows.note_memory(server_id, msgspec.structs.replace(seen, tools=tools))
    await rows.note_connected(server_id)

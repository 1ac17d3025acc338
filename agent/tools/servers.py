"""Tools about the user's own MCP servers. What those servers say, their tools' descriptions included, is text from outside."""

from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from agent import endpoints, remote_mcp
from agent.approvals import WHY, Reach
from agent.config import settings
from agent.remote_mcp import RemoteTool, Server
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

_MOST_LISTED = 60


async def _new_server(context: Context, arguments: dict[str, Any]) -> Reach:
    return Reach(urlsplit(str(arguments["url"])).netloc or str(arguments["url"])[:60])


async def _server_tool(context: Context, arguments: dict[str, Any]) -> Reach:
    name = str(arguments["tool"])
    server = await remote_mcp.find(context.actor, name.partition("__")[0])
    return Reach(urlsplit(server.url).netloc or server.url, name)


@tool(effect="outward", scope="write", reaches=_new_server, hears="remote")
async def mcp_connect(
    context: Context,
    url: Annotated[str, Meta(description="Address of the MCP server, such as https://mcp.example.com/mcp.", max_length=2000)],
    name: Annotated[str, Meta(description="A short name; its tools are called name__tool.", max_length=30)] | None = None,
) -> Answer:
    """Connect an MCP server, so that its tools can be used here. One that asks for a sign-in, token or key is given it in the settings."""
    server = await remote_mcp.connect(context.actor, url, name)
    return Answer(_line(server) + _hint(server), _shown(server), "remote")


@tool(effect="read", scope="read", hears="remote")
async def mcp_list(context: Context, server: Annotated[str, Meta(description="Name or id: with its tools and their arguments.")] | None = None) -> Answer:
    """List the connected MCP servers, or the tools of one with their arguments."""
    if server is None:
        found = await remote_mcp.list_(context.actor)
        text = "\n".join(_line(one) for one in found) or "No MCP server is connected yet."
        text += "".join(
            f"\n- `{name}` can be connected with `mcp_connect`, url `command:{name}`. {about[:200]}"
            for name, about in (await remote_mcp.offered(context.actor)).items()
        )
        return Answer(text, {"items": [_shown(one) for one in found]}, "remote" if found else "trusted")
    one = await remote_mcp.find(context.actor, server)
    return Answer("\n".join([_line(one) + _hint(one), *(_tool_line(each) for each in one.tools[:_MOST_LISTED])])[:30_000], _shown(one), "remote")


@tool(effect="read", scope="read")
async def mcp_address(context: Context, endpoint: EndpointRef | None = None) -> Answer:
    """Say how other programs reach one API, or all that is here, as an MCP server: its address, and where it is published to somebody else."""
    found = await endpoints.find(context.actor, endpoint) if endpoint else None
    base = settings().base_url
    address = f"{base}/mcp/apis/{found.slug}" if found else f"{base}/mcp"
    lines = [
        f"{f'`{found.name}`' if found else 'All that is here'} is an MCP server at {address} for the user's own programs, which sign in or send a token.",
        f"The lines for Claude Code, Claude Desktop, Cursor and VS Code are at {base}/settings/connect.",
        f"For somebody else, publish it at {base}/settings/servers#published: with a secret of its own, which is shown there once and never here.",
    ]
    known = [one for one in await remote_mcp.published(context.actor) if found is None or one.endpoint_id == found.id]
    lines += [f"- Published: `{one.name}` {one.url}, {'open' if one.is_open else 'closed'}, may {', '.join(one.scopes)}" for one in known]
    return Answer("\n".join(lines), {"address": address, "published": [{"name": one.name, "url": one.url, "is_open": one.is_open} for one in known]})


@tool(effect="destructive", scope="write", asks_for=lambda _: WHY["disconnects"], hears="remote")
async def mcp_disconnect(context: Context, server: Annotated[str, Meta(description="Name or id of the server.")]) -> Answer:
    """Disconnect an MCP server and forget its secret."""
    found = await remote_mcp.find(context.actor, server)
    await remote_mcp.disconnect(context.actor, found.id)
    return Answer(f"`{found.name}` is disconnected.", {"disconnected": str(found.id), "name": found.name}, "remote")


@tool(effect="outward", scope="call", reaches=_server_tool, hears="remote")
async def mcp_call(
    context: Context,
    tool: Annotated[str, Meta(description="As `mcp_list` gives it: server__tool.", max_length=120)],
    arguments: Annotated[dict[str, Any], Meta(description="The tool's own arguments.")] | None = None,
) -> Answer:
    """Call a tool of a connected MCP server, after an approval."""
    told = await remote_mcp.call(context.actor, tool, arguments or {})
    text = f"The server says that it failed:\n{told.text}" if told.is_error else told.text or "(no text)"
    return Answer(text, {"tool": tool, "is_error": told.is_error, "answer": told.text}, "remote")


def _hint(server: Server) -> str:
    page = f"{settings().base_url}/settings/servers"
    if server.wants_sign_in:
        return f"\nThe user signs in to it with the button *Sign in* on its card, or at {page}#server-{server.id}; then its tools are there."
    return f"\nIf it needs a token or key, connect it at {page}." if server.status == "error" else ""


def _line(server: Server) -> str:
    if server.wants_sign_in and not server.tools:
        return f"- `{server.name}` {server.url}: asks for a sign-in"
    state = f"error: {(server.last_error or '').rstrip('.')}" if server.status == "error" else server.status
    waiting = sum(each.is_quarantined for each in server.tools)
    extra = f", {waiting} of them changed and wait to be accepted in the settings" if waiting else ""
    return f"- `{server.name}` {server.url}: {state}, {len(server.tools)} tools{extra}"


def _tool_line(each: RemoteTool) -> str:
    state = " (in quarantine)" if each.is_quarantined else ""
    return f"- `{each.name}`{state}: {each.description[:300]} Arguments: {msgspec.json.encode(each.input_schema).decode()[:1500]}"


def _shown(server: Server) -> dict[str, Any]:
    return {
        "id": str(server.id),
        "name": server.name,
        "url": server.url,
        "status": server.status,
        "last_error": server.last_error,
        "wants_sign_in": server.wants_sign_in,
        "tools": [each.name for each in server.tools],
        "quarantined": [each.name for each in server.tools if each.is_quarantined],
    }

"""One errand at a server: connected, done, left. It is given up when its time is over, and whatever the server does is why it failed."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

import mcp
import msgspec
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, EmbeddedResource, ResourceLink, TextContent, TextResourceContents
from mcp.types import Tool as McpTool

from agent import egress, tasks
from agent.egress.capped import Answer, capped_client
from agent.errors import Problem
from agent.remote_mcp.model import Connection, Kept, Memory, Told, Wanted

T = TypeVar("T")
Work = Callable[[mcp.Client], Awaitable[T]]
MOST_TOOLS = 200
MOST_BYTES = 4 * 1024 * 1024
MOST_SHOWN = 20_000
_MOST_PAGES = 20
_MOST_SCHEMA = 16_000
_MOST_DESCRIPTION = 1_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Failure(msgspec.Struct, frozen=True):
    """Why an errand came to nothing, as the end of a sentence; `wanted` where the server asked for a sign-in, or for a better one."""

    why: str
    wanted: Wanted | None = None


class SignInWanted(Exception):
    """The server asks who the user is. Nothing was done."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__("the server asks for a sign-in")
        self.wanted = wanted


async def errand(row: Connection, headers: dict[str, str], seconds: float, work: Work[T]) -> T:
    """Do something with a server in a task of its own, which is left behind if it does not even end when it is told to.

    Raises SignInWanted, server_failed.
    """
    task = tasks.spawn(connected(row.config.url, headers, work), f"mcp:{row.id}")
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait([task], timeout=3)
        raise failed(row.name, f"it did not answer within {seconds:g} s")
    outcome = task.result()
    if isinstance(outcome, Failure):
        if outcome.wanted:
            raise SignInWanted(outcome.wanted)
        raise failed(row.name, outcome.why)
    return outcome


async def connected(url: str, headers: dict[str, str], work: Work[T]) -> T | Failure:
    """Whatever a server can make the SDK raise is why it failed, and nothing more."""
    refusals: list[Wanted] = []

    async def hear(answer: Answer) -> None:
        if wanted := _wanted(answer.status_code, answer.headers.get("www-authenticate", "")):
            refusals.append(wanted)

    try:
        egress.parse(url, "mcp")  # as it was written: the client's own parser repairs what ours refuses
        async with capped_client("mcp", MOST_BYTES, headers) as http:
            http.event_hooks = {"response": [hear]}
            async with mcp.Client(streamable_http_client(url, http_client=http)) as client:
                return await work(client)
    except Exception as error:
        return Failure(why(error), refusals[-1] if refusals else None)


async def look(client: mcp.Client) -> Memory:
    """What a server says of itself; no tool of it is accepted yet."""
    tools: dict[str, Kept] = {}
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
    return Memory(line(title, 100), line(version, 40), str(client.protocol_version)[:20], sorted(capabilities), tools)


def told(answer: CallToolResult) -> Told:
    """The answer of a tool as text; what is no text is named."""
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


def failed(name: str, why: str) -> Problem:
    return Problem("server_failed", f"The MCP server `{name}` could not be used: {why}.")


def line(text: object, most: int) -> str:
    """One line of what a server calls itself, without characters that change how text is shown."""
    return "".join(c for c in str(text or "") if c.isprintable())[:most]


def why(error: BaseException, depth: int = 0) -> str:
    """The first cause that says something to a person."""
    if isinstance(error, BaseExceptionGroup) and depth < 10:
        return why(error.exceptions[0], depth + 1)
    if isinstance(error, Problem):
        return error.detail
    if isinstance(error, mcp.MCPError):
        return f"it answered with an error: {line(error.message, 200)}"
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "it did not answer in time"
    if error.__cause__ is not None and depth < 10:
        return why(error.__cause__, depth + 1)
    if type(error).__name__ in ("ValidationError", "JSONDecodeError", "UnicodeDecodeError", "RecursionError"):
        return "its answer does not follow the protocol"
    return f"the connection failed ({type(error).__name__})"


def _kept(tool: McpTool) -> Kept | None:
    """A tool whose schema is too large to read is not offered."""
    try:
        size = len(msgspec.json.encode(tool.input_schema))
        digest = hashlib.sha256(msgspec.json.encode([tool.name, tool.description, tool.input_schema], order="deterministic")).hexdigest()
    except (RecursionError, TypeError, ValueError):
        return None
    return Kept((tool.description or "")[:_MOST_DESCRIPTION], tool.input_schema, None, digest) if size <= _MOST_SCHEMA else None


def _wanted(status: int, challenge: str) -> Wanted | None:
    lacks_scope = status == 403 and _field(challenge, "error") == "insufficient_scope"
    if status != 401 and not lacks_scope:
        return None
    return Wanted(_field(challenge, "resource_metadata"), line(_field(challenge, "scope"), 1000), lacks_scope)


def _field(challenge: str, name: str) -> str:
    found = re.search(rf'\b{name}=(?:"([^"]*)"|([^\s,]+))', challenge)
    return (found[1] or found[2] or "")[:2000] if found else ""

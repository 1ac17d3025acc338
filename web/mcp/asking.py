"""Who asks over MCP, from the ASGI scope that the mount has prepared, and one tool call of theirs: checked, approved, run, told.

Text and structured content say the same, because some clients show a model only one of them. Errors are whole sentences with the next step.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, ContentBlock, ResourceLink, TextContent

from agent import approvals, tasks
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.tools import invoke
from agent.tools import registry as tools

ACTOR, CORE, SLUG = "wiretalk.actor", "wiretalk.core", "wiretalk.slug"
INVALID_PARAMS = -32602
MOST_TEXT = 35_000
"""Characters, which is below ten thousand tokens."""
_BEAT = 2.0
RequestContext = ServerRequestContext[Any, Any]


def actor_of(context: RequestContext) -> Actor:
    return scope_of(context)[ACTOR]


def scope_of(context: RequestContext) -> dict[str, Any]:
    """The ASGI scope of the HTTP request."""
    if context.request is None:
        raise MCPError(INVALID_PARAMS, "this server is reached over HTTP only")
    return context.request.scope


async def run_tool(context: RequestContext, name: str, arguments: dict[str, Any]) -> CallToolResult:
    """Call a tool of the menu as the one who asks. A Problem becomes a result that is an error."""
    actor = actor_of(context)
    try:
        tool = invoke.check(tools.Context(actor), name, arguments)
        asks = tool.asks_for(arguments) if tool.asks_for else None
        if reason := approvals.needed(tool.effect, recomputes=tool.recomputes, asks_for=asks, tainted=False):
            raise Problem(
                "approval_needed",
                f"`{tool.name}` needs your approval. {reason}",
                remedy=f"Do it in the browser at {settings().base_url}/apis, or in a chat there.",
            )
        async with _beating(context, name):
            answer = await invoke.invoke(tools.Context(actor), name, arguments)
    except Problem as problem:
        return refusal(problem)
    return result(answer)


def result(answer: tools.Answer) -> CallToolResult:
    """An answer as text, as a structure, and with links to what it left out."""
    data: Any = msgspec.to_builtins(answer.data)
    text = answer.text if len(answer.text) <= MOST_TEXT else f"{answer.text[:MOST_TEXT]}\n… cut; ask for less, or use the cursor."
    structured: dict[str, Any] = {"text": text, **data} if isinstance(data, dict) else {"text": text}
    if len(msgspec.json.encode(structured)) > 2 * MOST_TEXT:
        structured = {"text": text}
    content: list[ContentBlock] = [TextContent(type="text", text=text)]
    if isinstance(data, dict) and isinstance(data.get("resource"), str):
        content.append(ResourceLink(type="resource_link", name="the whole call", uri=data["resource"], mime_type="application/json"))
    return CallToolResult(content=content, structured_content=structured)


def refusal(problem: Problem) -> CallToolResult:
    return CallToolResult(is_error=True, content=[TextContent(type="text", text=problem.sentence())])


@contextlib.asynccontextmanager
async def _beating(context: RequestContext, name: str) -> AsyncGenerator[None]:
    """Report progress while a tool takes long, to a client that asked for it."""

    async def beat() -> None:
        seconds = 0.0
        while True:
            await asyncio.sleep(_BEAT)
            seconds += _BEAT
            await context.session.report_progress(seconds, None, f"{name}: {seconds:.0f} s")

    if not (context.meta or {}).get("progress_token"):
        yield
        return
    task = tasks.spawn(beat(), f"mcp-progress:{name}")
    try:
        yield
    finally:
        task.cancel()

"""One tool call over MCP: checked, approved, run, told.

Text and structured content say the same, because some clients show a model only one of them. Errors are whole sentences with the next step.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from mcp.types import CallToolRequestParams, CallToolResult, ContentBlock, InputRequiredResult, ResourceLink, TextContent

from agent import tasks
from agent.errors import Problem
from agent.tools import invoke
from agent.tools import registry as tools
from web.mcp import approving
from web.mcp.scope import RequestContext, actor_of

MOST_TEXT = 35_000
"""Characters, which is below ten thousand tokens."""
_BEAT = 2.0


async def run_tool(context: RequestContext, params: CallToolRequestParams, name: str, arguments: dict[str, Any]) -> CallToolResult | InputRequiredResult:
    """Call a tool of the menu as the one who asks. A Problem becomes a result that is an error; an approval may be asked for first."""
    actor = actor_of(context)
    try:
        tool = invoke.check(tools.Context(actor), name, arguments)
        ask = await invoke.asks(tools.Context(actor), tool, arguments, is_tainted=False)
        if ask and (question := await approving.ask(context, params, tool.name, arguments, ask)):
            return question
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

"""The one way in for verbs: validate → authorise → approve → hold credits → run → settle → audit."""

from typing import Any
from uuid import UUID

import structlog

from agent.accounts import audit
from agent.actor import require_scope
from agent.billing import ledger
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.tools.menu import TOOLS
from agent.tools.registry import Answer, Context, Tool, parse
from db.ids import uuid7

log = structlog.get_logger()
BY_NAME: dict[str, Tool] = {tool.name: tool for tool in TOOLS}


def find(name: str) -> Tool:
    """Raises unknown_tool."""
    if name not in BY_NAME:
        raise Problem("unknown_tool", f"There is no tool `{name}`.", tool=name)
    return BY_NAME[name]


def offered(scopes: frozenset[str]) -> tuple[Tool, ...]:
    """The menu as a token with these scopes sees it, in a fixed order."""
    return tuple(tool for tool in TOOLS if tool.scope in scopes)


def check(context: Context, name: str, arguments: dict[str, Any]) -> Tool:
    """Everything that can be said before an approval is asked for. Raises unknown_tool, missing_scope, invalid_arguments."""
    tool = find(name)
    require_scope(context.actor, tool.scope)
    parse(tool, arguments)
    return tool


async def invoke(context: Context, name: str, arguments: dict[str, Any]) -> Answer:
    """Run a tool for an actor who may. Whether it needed an approval was settled before. Raises Problem."""
    tool = check(context, name, arguments)
    if not tool.price:
        return await _run(tool, context, arguments)
    hold = await ledger.hold(context.actor.user_id, tool.price, tool.name, key=str(uuid7()), run_id=context.run_id)
    try:
        answer = await _run(tool, context, arguments)
    except BaseException:
        await ledger.release(hold)
        raise
    await ledger.settle(hold, "ENDPOINT" if tool.name == "endpoint_create" else "USAGE", f"`{tool.name}`", endpoint_id=_endpoint_of(answer))
    return answer


async def _run(tool: Tool, context: Context, arguments: dict[str, Any]) -> Answer:
    try:
        answer = await tool.function(context, **parse(tool, arguments))
    except Problem:
        raise
    except Exception as error:
        if problem := as_problem(error):
            raise problem from error
        log.exception("tool.failed", tool=tool.name)
        raise Problem("internal", f"`{tool.name}` broke on our side.") from error
    if tool.effect != "read":
        await audit.record("TOOL_USED", actor=context.actor, resource="TOOL", resource_id=tool.name, run=str(context.run_id or ""))
    return answer


def _endpoint_of(answer: Answer) -> UUID | None:
    """The endpoint that a priced tool made, for the ledger entry."""
    found = getattr(answer.data, "id", None)
    return found if isinstance(found, UUID) else None

"""The one way in for verbs: validate → authorise → approve → hold credits → run → settle → audit."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import structlog

from agent import approvals, tasks
from agent.accounts import audit
from agent.actor import require_scope
from agent.approvals import Reach
from agent.billing import ledger
from agent.config import settings
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.messages import Trust
from agent.tools.menu import TOOLS
from agent.tools.registry import Answer, Context, Tool, parse
from db.ids import uuid7

log = structlog.get_logger()
BY_NAME: dict[str, Tool] = {tool.name: tool for tool in TOOLS}


class Ask(msgspec.Struct, frozen=True):
    """Why a call needs an approval, and what it would touch."""

    reason: str
    reach: Reach


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


async def asks(context: Context, tool: Tool, arguments: dict[str, Any], *, is_tainted: bool) -> Ask | None:
    """Whether a checked call must be approved first, and by whose card; None where it may go ahead. Raises what resolving its target raises."""
    reason = approvals.needed(
        tool.effect,
        recomputes=tool.recomputes,
        asks_for=tool.asks_for(arguments) if tool.asks_for else None,
        tainted=is_tainted,
        spends=await _spends(context, tool),
    )
    if reason is None:
        return None
    ask = Ask(reason, await reach(context, tool, arguments, can_widen=reason == approvals.WHY["tainted"]))
    return None if await approvals.covered(context.run_id, tool.name, ask.reach) else ask


async def reach(context: Context, tool: Tool, arguments: dict[str, Any], *, can_widen: bool) -> Reach:
    """What a call would touch; one that stays on the platform can be widened to its tool where only the taint makes it ask."""
    if tool.reaches:
        return await tool.reaches(context, arguments)
    return Reach(None, tool.name if can_widen else None)


def hears(name: str) -> Trust:
    """Whose words a failure of this tool may hold."""
    return BY_NAME[name].hears if name in BY_NAME else "trusted"


async def invoke(context: Context, name: str, arguments: dict[str, Any]) -> Answer:
    """Run a tool for an actor who may. Whether it needed an approval was settled before. Raises Problem."""
    tool = check(context, name, arguments)
    return await paid(context, tool, lambda: _run(tool, context, arguments))


async def paid(context: Context, tool: Tool, work: Callable[[], Awaitable[Answer]]) -> Answer:
    """The work at the tool's price, which is given back where it fails or was not needed. For a door that does it with more than a tool's arguments can hold, such as a file."""
    if not tool.price or context.actor.role == "DEMO":  # strangers share it: nobody uses its credits up
        return await work()
    hold = await ledger.hold(context.actor.user_id, tool.price, tool.name, key=str(uuid7()), run_id=context.run_id)
    try:
        answer = await work()
    except BaseException:
        await ledger.release(hold)
        raise
    if answer.is_free:
        await ledger.release(hold)
        return answer
    kind = "ENDPOINT" if tool.name == "endpoint_create" else "USAGE"
    settled = tasks.patiently(lambda: ledger.settle(hold, kind, f"`{tool.name}`", endpoint_id=_endpoint_of(answer)))
    await tasks.to_the_end(settled, f"settle:{hold}")  # it is done, so it is paid
    return answer


async def at_once(context: Context, name: str, arguments: dict[str, Any]) -> Answer:
    """For a program that asks nobody: what costs credits needs the scope for it. Raises missing_scope too."""
    if check(context, name, arguments).price:
        require_scope(context.actor, "spend")
    return await invoke(context, name, arguments)


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


async def _spends(context: Context, tool: Tool) -> str | None:
    """Why a priced call asks: with it, the run would have spent more than it may by itself, which without the scope is nothing."""
    if not tool.price or context.actor.role == "DEMO":
        return None
    if "spend" not in context.actor.scopes:
        return approvals.WHY["costs"]
    spent = tool.price + (await ledger.spent_in(context.run_id) if context.run_id else 0)
    return approvals.WHY["spends"] if spent > settings().ask_above_credits else None


def _endpoint_of(answer: Answer) -> UUID | None:
    """The endpoint that a priced tool made, for the ledger entry."""
    found = getattr(getattr(answer.data, "endpoint", answer.data), "id", None)
    return found if isinstance(found, UUID) else None

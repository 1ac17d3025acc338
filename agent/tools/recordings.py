"""`endpoint_create` for a recording that comes as bytes, to a form or to the API: checked, allowed and paid as the tool is."""

from agent.actor import require_scope
from agent.calls import imports
from agent.calls.imports import Begun
from agent.tools import invoke
from agent.tools.endpoints import ENDPOINT_PRICE
from agent.tools.registry import Answer, Context


async def begin(context: Context, data: bytes, *, name: str | None = None) -> Begun:
    """An endpoint for the API of a recording. Raises missing_scope, insufficient_credits, and what `imports.begin` raises."""
    tool = invoke.check(context, "endpoint_create", {"name": name})
    require_scope(context.actor, "spend")
    made: list[Begun] = []

    async def work() -> Answer:
        made.append(await imports.begin(context.actor, data, name=name, credits_used=ENDPOINT_PRICE))
        return Answer("", made[0])

    await invoke.paid(context, tool, work)
    return made[0]

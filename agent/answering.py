"""An answer without a chat: the whole conversation comes with the request, our tools run inside, the caller's tools go back to the caller.

For clients that keep the conversation themselves. Nobody is there to approve, so what needs an approval is refused in words that
say where to do it. A step that calls a tool of the caller's ends the answer; the caller asks again with its result.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Literal

import msgspec

from agent import context, keys, usage
from agent.actor import Actor
from agent.config import settings
from agent.db_errors import as_problem
from agent.draft import Draft, clean
from agent.errors import Problem
from agent.messages import Block, ToolCall, ToolResult
from agent.providers import catalogue
from agent.providers.base import Failure, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ToolSpec, Usage
from agent.tools import invoke
from agent.tools.registry import Context
from db.ids import uuid7
from db.jsonb import storable

MAX_STEPS = 24
MAX_RETRIES = 2
LONGEST_WAIT = 30.0
History = list[tuple[str, list[Block]]]


class Wish(msgspec.Struct, frozen=True):
    """`history` ends with what is to be answered. `provider` and `model` as `keys.choose` takes them; None leaves the choice to it."""

    history: History
    provider: str | None = None
    model: str | None = None
    instructions: str = ""
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 8192


class Text(msgspec.Struct, frozen=True):
    text: str


class Thought(msgspec.Struct, frozen=True):
    text: str


class Calls(msgspec.Struct, frozen=True):
    """Calls of the caller's own tools: theirs to run."""

    calls: tuple[ToolCall, ...]


class Done(msgspec.Struct, frozen=True):
    """The end of an answer; a failure raises instead."""

    reason: Literal["stop", "length", "tool_calls"]
    usage: Usage


Said = Text | Thought | Calls | Done


async def answer(actor: Actor, wish: Wish) -> AsyncGenerator[Said, None]:
    """Text as it comes, the caller's calls if there are any, and one Done. Raises what `keys.take` and the provider raise, quota_exceeded."""
    run_id, theirs = uuid7(), {tool.name for tool in wish.tools}
    menu = tuple(tool for tool in invoke.offered(actor.scopes) if tool.name not in theirs)
    system = context.system_prompt(settings().base_url, menu).text + (f"\n\nThe caller's own instructions:\n{wish.instructions}" if wish.instructions else "")
    said: list[Block] = []
    spent = Usage()
    async with usage.message(actor):
        await keys.choose(actor, wish.provider, wish.model)
    for step in range(1, MAX_STEPS + 1):
        await usage.require(actor)
        choice = await keys.take(actor, wish.provider, wish.model)
        messages = context.build(run_id, [*wish.history, *([("assistant", said)] if said else [])])
        request = ModelRequest(choice.model, system, messages, (*context.specs(menu), *wish.tools), wish.max_tokens, str(run_id))
        draft, ending = Draft(step), Finish("stop")
        async for event in _ask(choice, request, draft):
            match event:
                case Text() | Thought():
                    yield event
                case Usage():
                    spent = Usage(*(getattr(spent, f) + getattr(event, f) for f in Usage.__struct_fields__))
                    cost = await usage.spent(actor, choice.model, event)
                    if choice.key_id is not None:
                        await keys.note_use(actor, choice.key_id, event.input + event.output, cost or 0)
                case Finish():
                    ending = event
        said += draft.blocks()
        calls = [block for block in draft.blocks() if isinstance(block, ToolCall)]
        if mine := tuple(call for call in calls if call.name in theirs):
            yield Calls(mine)
            break
        for call in calls:
            said.append(await _run(actor, call, is_tainted=context.is_tainted(messages) and choice.connections[0].wire != "builtin"))
        if not calls and ending.reason != "pause":
            break
    else:
        raise Problem("quota_exceeded", f"The answer took more than {MAX_STEPS} steps.", remedy="Say what to do next in a new message.")
    yield Done("tool_calls" if calls else "length" if ending.reason in ("length", "context_full") else "stop", spent)


async def _ask(choice: keys.Choice, request: ModelRequest, draft: Draft) -> AsyncGenerator[Text | Thought | Usage | Finish, None]:
    """One step of the model, at the first of its addresses that answers, and again where it failed before it began. Raises the failure as a Problem."""
    for attempt in range(MAX_RETRIES + 1):
        last_usage: Usage | None = None
        async for event in clean(catalogue.answer(choice.connections, request)):
            match event:
                case PartStart():
                    draft.start(event)
                case PartDelta():
                    part = draft.delta(event)
                    if part.kind in ("text", "refusal"):
                        yield Text(event.text)
                    elif part.kind == "reasoning":
                        yield Thought(event.text)
                case PartEnd():
                    draft.end(event)
                case Usage():
                    last_usage = event
                case Finish():
                    if last_usage:
                        yield last_usage
                    yield event
                    return
                case Failure():
                    if not event.retryable or draft.parts or attempt == MAX_RETRIES or (event.retry_after or 0) > LONGEST_WAIT:
                        extra: dict[str, Any] = {"retry_after": event.retry_after} if event.retry_after else {}
                        raise Problem(event.code, event.message, **extra)
                    await asyncio.sleep(event.retry_after or 2**attempt)
    raise Problem("provider_cut", "The provider's answer ended without its closing event.")


async def _run(actor: Actor, call: ToolCall, *, is_tainted: bool) -> ToolResult:
    """The result of one of our own tools; a refusal and a failure are results too."""
    about = Context(actor)
    try:
        tool = invoke.check(about, call.name, call.arguments)
        if ask := await invoke.asks(about, tool, call.arguments, is_tainted=is_tainted):
            text = f"`{tool.name}` was not done: it needs an approval. {ask.reason} Ask for it in a chat at {settings().base_url}."
            return ToolResult(call.id, call.name, text, None, "denied")
        answered = await invoke.invoke(about, call.name, call.arguments)
    except Problem as problem:
        return ToolResult(call.id, call.name, problem.sentence(), problem.document(), "error", invoke.hears(call.name))
    except Exception as error:
        if (problem := as_problem(error)) is None:
            raise
        return ToolResult(call.id, call.name, problem.sentence(), problem.document(), "error", invoke.hears(call.name))
    return ToolResult(call.id, call.name, storable(answered.text), storable(msgspec.to_builtins(answered.data)), trust=answered.trust)

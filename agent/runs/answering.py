"""An answer without a chat: the whole conversation comes with the request, our tools run inside, the caller's tools go back to the caller.

For clients that keep the conversation themselves. Nobody is there to approve, so what needs an approval is refused in words that
say where to do it. A step that calls a tool of the caller's ends the answer; the caller asks again with its result.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import count
from typing import Any, Literal

import msgspec

from agent import instructions, keys, tasks
from agent.actor import Actor
from agent.billing import usage
from agent.config import settings
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.messages import Block, History, Message, Picture, ToolCall, ToolResult
from agent.messages import Text as Words
from agent.providers import catalogue, metering, models, retries
from agent.providers.base import Effort, Failure, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ToolSpec, Usage
from agent.runs import context
from agent.runs.draft import Draft, clean
from agent.spec.model import Spec
from agent.spec.validation import mismatch
from agent.tools import invoke
from agent.tools.registry import Context
from db.ids import uuid7
from db.jsonb import storable

MAX_STEPS = 24
_UNSEEN = Words("[an image that this model is not shown]")


class Wish(msgspec.Struct, frozen=True):
    """`history` ends with what is to be answered. `provider` and `model` as `keys.choose` takes them; None leaves the choice to it.

    `must_call`: tools of the caller's with one of which the answer has to end. `is_parallel`: whether several of them may be called at once. `stop`: texts
    before which the answer ends. `schema`: what JSON the answer has to be; an empty one takes any object.
    """

    history: History
    provider: str | None = None
    model: str | None = None
    instructions: str = ""
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 8192
    effort: Effort | None = None
    must_call: tuple[str, ...] = ()
    is_parallel: bool = True
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None


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
    """Text as it comes, the caller's calls if there are any, and one Done. Raises what `keys.take` and the provider raise, quota_exceeded, unfit_answer."""
    fence, theirs = uuid7(), {tool.name for tool in wish.tools}
    menu = tuple(tool for tool in invoke.offered(actor.scopes) if tool.name not in theirs)
    told = instructions.render("caller", instructions=wish.instructions, must_call=wish.must_call, schema=wish.schema).text
    system = context.system_prompt(settings().base_url, menu).text + told.rstrip()
    said: list[Block] = []
    spent, text = Usage(), _Until(wish.stop)
    async with usage.message(actor):
        await keys.choose(actor, wish.provider, wish.model)
    for step in range(1, MAX_STEPS + 1):
        await usage.require(actor)
        choice = await keys.take(actor, wish.provider, wish.model)
        messages = _shown(context.build(fence, [*wish.history, *([("assistant", said)] if said else [])]), choice.model)
        request = ModelRequest(choice.model, system, messages, (*context.specs(menu), *wish.tools), wish.max_tokens, _cache_key(actor, wish), wish.effort)
        draft, ending = Draft(step), Finish("stop")
        async with aclosing(_ask(actor, wish, choice, request, draft)) as heard:
            async for event in heard:
                match event:
                    case Text() if wish.schema is not None:
                        pass  # told at the end, once it is known to fit
                    case Text():
                        if shown := text.more(event.text):
                            yield Text(shown)
                    case Thought():
                        yield event
                    case Usage():
                        spent += event
                    case Finish():
                        ending = event
        if text.is_over:  # only now: what the rest of the step cost is told at its end; nothing that it calls is run
            yield Done("stop", spent)
            return
        if shown := text.rest():
            yield Text(shown)
        said += draft.blocks()
        calls = [block for block in draft.blocks() if isinstance(block, ToolCall)]
        if mine := tuple(call for call in calls if call.name in theirs):
            yield Calls(mine if wish.is_parallel else mine[:1])
            break
        for call in calls:
            said.append(await _run(actor, call, is_tainted=context.is_tainted(messages) and choice.connections[0].wire != "builtin"))
        if not calls and ending.reason != "pause":
            break
    else:
        raise Problem("quota_exceeded", f"The answer took more than {MAX_STEPS} steps.", remedy="Say what to do next in a new message.")
    if not calls and (fitting := _checked(wish, draft)):
        yield Text(fitting)
    yield Done("tool_calls" if calls else "length" if ending.reason in ("length", "context_full") else "stop", spent)


def _cache_key(actor: Actor, wish: Wish) -> str:
    """The same for every request of one conversation, which the caller keeps, so that its beginning is found in the provider's cache."""
    return hashlib.sha256(msgspec.json.encode((actor.user_id, wish.instructions, wish.history[:1]))).hexdigest()[:32]


class _Until:
    """Text as far as the first of the words at which it stops. What could be the beginning of one is held back until more is known."""

    def __init__(self, stop: tuple[str, ...]) -> None:
        self._stop, self._held, self.is_over = stop, "", False

    def more(self, text: str) -> str:
        """What may be told now."""
        if self.is_over:
            return ""
        held = self._held + text
        places = [at for word in self._stop if (at := held.find(word)) >= 0]
        self.is_over = bool(places)
        ready = (
            min(places)
            if places
            else len(held) - max((n for word in self._stop for n in range(1, min(len(word), len(held) + 1)) if held.endswith(word[:n])), default=0)
        )
        self._held = held[ready:]
        return held[:ready]

    def rest(self) -> str:
        """What was held back, where nothing more comes."""
        held, self._held = self._held, ""
        return held


def _shown(messages: tuple[Message, ...], model: str) -> tuple[Message, ...]:
    """Images only for a model that takes them; the others are told that there was one."""
    if models.sees(model):
        return messages
    return tuple(
        msgspec.structs.replace(message, content=tuple(_UNSEEN if isinstance(block, Picture) else block for block in message.content)) for message in messages
    )


def _checked(wish: Wish, draft: Draft) -> str:
    """The JSON that was asked for, which is told only once all of it was heard; empty where none was. Raises unfit_answer, also where a tool had to be called."""
    if wish.must_call:
        raise Problem("unfit_answer", f"The model answered in words and called none of {', '.join(f'`{name}`' for name in wish.must_call)}.")
    if wish.schema is None:
        return ""
    return _fitting("".join(block.text for block in draft.blocks() if isinstance(block, Words)), wish.schema)


def _fitting(text: str, schema: dict[str, Any]) -> str:
    """The JSON in what a model said, which some put into a fence all the same. Raises unfit_answer."""
    plain = re.sub(r"^```(?:json)?\s*|\s*```$", "", text.strip())
    try:
        value: Any = msgspec.json.decode(plain)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("unfit_answer", f"The answer is no JSON: {text[:200]}") from error
    if fault := mismatch(Spec(""), schema or {"type": "object"}, value):
        raise Problem("unfit_answer", f"The answer does not fit `response_format`: {fault}.")
    return plain


async def _ask(actor: Actor, wish: Wish, choice: keys.Choice, request: ModelRequest, draft: Draft) -> AsyncGenerator[Text | Thought | Usage | Finish, None]:
    """One step of the model, and again where it failed before it began. Raises the failure as a Problem."""
    for attempt in count(1):
        failure: Failure | None = None
        async with aclosing(_heard(actor, choice, request, draft)) as heard:
            async for event in heard:
                if isinstance(event, Failure):
                    failure = event
                else:
                    yield event
        if failure is None:
            return
        delay = None if draft.parts else retries.pause(failure, attempt)
        if delay is None:
            extra: dict[str, Any] = {"retry_after": failure.retry_after} if failure.retry_after else {}
            raise Problem(failure.code, failure.message, remedy=failure.remedy, **extra)
        await asyncio.sleep(delay)
        choice = await keys.take(actor, wish.provider, wish.model)  # another request, of a key that may have been taken back meanwhile


async def _heard(actor: Actor, choice: keys.Choice, request: ModelRequest, draft: Draft) -> AsyncGenerator[Text | Thought | Usage | Finish | Failure, None]:
    """One answer, at the first address that gives one: what is told, what it used, its ending. It is counted also where nobody listens to the end."""
    ending: Finish | Failure | None = None
    draft.usage = None
    try:
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
                    draft.usage = event
                case Finish() | Failure():
                    ending = event
    finally:
        spent = metering.used(draft.usage, request, draft.said(), ending) if choice.connections[0].wire != "builtin" else Usage()
        counting = tasks.spawn(_count(actor, choice, spent), "answering:count")  # what listened may be cancelled, which would cancel this too
    await asyncio.shield(counting)
    yield spent
    yield ending or Failure("provider_cut", "The provider's answer ended without its closing event.")


async def _count(actor: Actor, choice: keys.Choice, spent: Usage) -> None:
    cost = await usage.spent(actor, choice.model, spent)
    if choice.key_id is not None:
        await keys.note_use(actor, choice.key_id, spent.input + spent.output, cost or 0)


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

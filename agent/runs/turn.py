"""One run as its worker drives it: ask the model, answer its tool calls, ask again, until it has nothing more to do.

Everything goes into the run's log as it happens, and into the answer's message after each step.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog

from agent import approvals, instructions, keys, runlog, tasks
from agent.accounts import users
from agent.actor import Actor
from agent.billing import usage
from agent.config import settings
from agent.conversation import attachments, chats, message_queue, naming
from agent.conversation.tree import StoredMessage
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.messages import Block, History, Message, Text, ToolCall, ToolResult, text_of
from agent.providers import guide, metering, models, retries
from agent.providers.base import Failure, Finish, ModelRequest, Usage
from agent.runs import compaction, context
from agent.runs.draft import Draft, joined, left_off
from agent.runs.listening import Ended, judged, listen
from agent.runs.window import Window
from agent.tools import invoke
from agent.tools.registry import Context
from db import engine
from db.jsonb import storable

log = structlog.get_logger()
MAX_STEPS = 24


class Paused(Exception):
    """The run waits for an approval."""


class Sender(msgspec.Struct, frozen=True):
    """Who has sent the message just now, and what they may talk to: true for the first step, which begins at once."""

    actor: Actor
    wish: keys.Choice | keys.Wish


class Turn:
    """The state of a run while this worker drives it."""

    def __init__(self, claimed: runlog.Claimed, writer: runlog.Writer, heard: Sequence[runlog.Event] = (), sender: Sender | None = None) -> None:
        self.claimed, self.writer, self.heard, self.sender = claimed, writer, list(heard), sender
        self.begun: set[str] = set()
        self.blocks: list[Block] = []
        self.draft: Draft | None = None
        self.step = claimed.steps
        self.usage = msgspec.convert(claimed.usage, Usage) if claimed.usage else Usage()
        self.cost_micros: int | None = (claimed.usage or {}).get("cost_micros")
        self.step_usage = Usage()
        self.tainted = claimed.tainted
        self.waits_for: list[UUID] = []
        self.asked: History = []
        self.is_cut = False
        self.actor = Actor(user_id=claimed.user_id, scopes=frozenset())
        self.choice: keys.Choice | None = None
        self.history: list[StoredMessage] | None = None
        self.over: Ended | None = None
        self.uncounted = 0
        self._recalling = asyncio.Lock()

    async def outcome(self) -> Ended | None:
        """Run to the end; None where it waits for an approval."""
        try:
            await self._steps()
        except Paused:
            return None
        except Ended as ending:
            return ending
        except Problem as problem:
            return Ended("failed", problem)
        except Exception as error:
            if problem := as_problem(error):
                return Ended("failed", problem)
            log.exception("run.failed", run=str(self.claimed.id))
            return Ended("failed", Problem("internal", "The run broke on our side."))
        return Ended("completed")

    async def finish(self, ending: Ended | None) -> None:
        """Store what was said and say how it ended."""
        await self._recall()
        self._keep_step()
        await self._account()
        used = self._used()
        metadata = {
            "usage": used,
            **({"key": {"source": self.choice.source, "name": self.choice.key_name}} if self.choice else {}),
            **({"status": ending.status} if ending else {}),
            **({"error": ending.problem.document()} if ending and ending.problem else {}),
        }
        await chats.save_answer(self.claimed.answer_id, self.blocks, metadata)
        if ending is None:
            await self.writer.pause(self.step, used, tainted=self.tainted)
            return
        title = await self._name_the_chat()
        await self._suggest(ending)
        if ending.status == "completed" and (waiting := await message_queue.first(self.claimed.chat_session_id)):
            self.writer.put("chat.next", message_id=str(waiting.id))
        await self.writer.end(ending.status, used, ending.problem.document() if ending.problem else None)
        if title and ending.status == "completed" and self.choice and naming.is_wanted(self.choice):
            claimed = self.claimed
            tasks.spawn(naming.improve(self.actor, claimed.chat_session_id, claimed.answer_id, self.choice, title), f"naming:{claimed.id}")

    async def hand_over(self) -> None:
        """Store what was said, and leave the rest to another worker."""
        await self._recall()
        self._keep_step()
        await self._account()
        await chats.save_answer(self.claimed.answer_id, self.blocks)
        self.writer.put("usage", **self._used())
        await self.writer.hand_over(self.step, self._used(), tainted=self.tainted)

    async def _steps(self) -> None:
        claimed = self.claimed
        # Looked up at once: the reader waits for it.
        history, self.actor, ready = await asyncio.gather(self._recall(), self._runner(), self._granted())
        if self.over:
            raise self.over
        if claimed.stop_requested:
            raise Ended("stopped")
        earlier = [(message.role, message.content) for message in history[:-1]]
        self.asked = earlier[-1:]
        summary = compaction.standing([message.metadata for message in history])
        # What a summary stands for is no longer a tool's result, and still not the user's words.
        self.tainted = self.tainted or context.is_tainted(tuple(Message(message.role, tuple(message.content)) for message in history))
        if not self.writer.seq:
            ids = {"run_id": str(claimed.id), "chat_session_id": str(claimed.chat_session_id), "message_id": str(claimed.answer_id)}
            before = {"before": msgspec.to_builtins(self.blocks)} if self.blocks else {}
            self.writer.put("run.start", **ids, provider=claimed.provider, model=claimed.model, **before)
            self.is_cut = bool(self.blocks) and isinstance(self.blocks[-1], Text)
        is_guide = claimed.provider == keys.GUIDE
        menu = invoke.offered(self.actor.scopes)
        prompt = context.system_prompt(settings().base_url, menu, shows_results=claimed.via == "web")
        self.writer.prompt_hash = prompt.hash
        specs = context.specs(menu)
        if not is_guide:  # the guide reads no window full of text, only what was said
            earlier = await attachments.unfolded(self.actor, earlier, claimed.model)
        overhead = len(prompt.text) + sum(len(msgspec.json.encode(spec)) for spec in specs)
        window = Window(self.writer, claimed.chat_session_id, claimed.answer_id, earlier, summary, claimed.model, overhead)
        if not is_guide:
            await window.fit()
        while True:
            await self._answer_calls(is_guide=is_guide, earlier=window.earlier)
            if self.step >= MAX_STEPS:
                raise Problem("quota_exceeded", f"The answer took more than {MAX_STEPS} steps.", remedy="Say what to do next in a new message.")
            if isinstance(ready, Problem):
                raise ready
            choice = self.choice = ready or await self._admitted()
            ready = None
            request = ModelRequest(
                choice.model, prompt.text, window.messages(self._said()), specs, models.longest_answer(choice.model), str(claimed.chat_session_id),
                shows_results=claimed.via == "web",
            )  # fmt: skip
            await self._count_left_off(request)
            if ending := await self._one_step(choice, request, window):
                raise ending

    async def _recall(self) -> list[StoredMessage]:
        """The branch, and what the answer says already: read once, and before anything of it is stored, or a run that is stopped at once would store nothing."""
        async with self._recalling:
            if self.history is None:
                self.history = await chats.branch(self.claimed.chat_session_id, self.claimed.answer_id)
                self.blocks = [block for answer in self.history[-1:] for block in answer.content]
                self.over = self._take_up() if self.heard else None
            return self.history

    def _take_up(self) -> Ended | None:
        """Come to where the worker before was, by what it had told. How the run ends, where only that was not told any more."""
        kept = [block for block in self.blocks if isinstance(block, ToolResult)]
        before = left_off(self.heard)
        self.blocks, self.is_cut, self.begun, self.step = before.blocks, before.is_cut, before.begun, max(self.step, before.step)
        self.uncounted = before.uncounted
        if before.used:
            self.usage, self.cost_micros = msgspec.convert(before.used, Usage), before.used.get("cost_micros")
        self.writer.put("run.resumed", part=before.text, dropped=before.dropped)
        for part, kind in before.ends.items():
            self.writer.put("part.end", part=part, kind=kind)
        for result in kept:
            if result.call_id in self.begun:
                self._tell(result)
        return Ended.read(before.ending) if before.is_over else None

    def _tell(self, result: ToolResult) -> None:
        self.blocks.append(result)
        data = {"data": result.data} if result.data is not None else {}
        self.writer.put("tool.output", call_id=result.call_id, name=result.name, state=result.state, text=result.text, trust=result.trust, **data)

    async def _require_mine(self) -> None:
        """Before anything is done that lasts: whether the run is still this worker's. Raises Ended."""
        await tasks.patiently(self.writer.flush)
        if self.writer.is_lost:
            raise Ended("failed", Problem("run_interrupted", "Another worker has this answer."))

    async def _runner(self) -> Actor:
        """Who the run acts for, with no more rights than when it was started."""
        if self.sender:
            return msgspec.structs.replace(self.sender.actor, token_id=None, is_delegated=False)
        return await users.actor_for_run(self.claimed.user_id, self.claimed.scopes, self.claimed.via)

    async def _admitted(self) -> keys.Choice:
        """What the next step talks to, with one request of its key taken. Raises quota_exceeded, key_limit, no_key."""
        choice, _ = await asyncio.gather(keys.take(self.actor, self.claimed.provider, self.claimed.model), usage.require(self.actor))
        return choice

    async def _granted(self) -> keys.Choice | Problem | None:
        """The same for the first step of a message that was sent just now; a refusal is told when the step comes."""
        try:
            return await keys.grant(self.sender.actor, self.sender.wish) if self.sender else None
        except Problem as refusal:
            return refusal

    def _said(self) -> History:
        """The answer so far; one that was cut off in the middle of a text is asked for its rest."""
        asked: History = [("user", [Text(instructions.render("go_on").text)])] if self.is_cut else []
        return [("assistant", self.blocks), *asked] if self.blocks else []

    async def _count_left_off(self, request: ModelRequest) -> None:
        """What a worker that died had been told was asked for and is billed: about what is asked for now."""
        if self.uncounted:
            self.step_usage, self.uncounted = metering.used(Usage(), request, self.uncounted, None), 0
            await tasks.patiently(self._account)
            self.writer.put("usage", **self._used())

    async def _one_step(self, choice: keys.Choice, request: ModelRequest, window: Window) -> Ended | None:
        """Ask the model once, again where it failed before it began, with less where that was too much. How the run ends; None where there is more to do."""
        self.step += 1
        self.writer.put("step.start", step=self.step)
        attempt = 0
        while True:
            attempt += 1
            self.draft = Draft(self.step)
            ending = await listen(self.writer, self.draft, choice.connections, request)
            if not isinstance(ending, Failure) or self.draft.parts:
                break
            delay = retries.pause(ending, attempt)
            if ending.code == "context_full" and (fewer := await window.shorter(request.messages, self._said(), ending.message)):
                request, delay = msgspec.structs.replace(request, messages=fewer), 0.0
            if delay is None:
                break
            self.writer.put("retrying", attempt=attempt, delay=round(delay, 1), reason=ending.message)
            self._keep_step()
            await self._account()
            await asyncio.sleep(delay)
            choice = self.choice = await self._admitted()  # another request, of a key that may have been taken back meanwhile
        verdict = judged(ending)
        self._keep_step()
        if ending == Finish("context_full") and isinstance(self.blocks[-1], Text) and await window.shorter(request.messages, self._said()):
            self.is_cut, verdict = True, None  # there is room now for the rest
        await tasks.patiently(self._account)
        self.writer.put("usage", **self._used())
        await self._require_mine()
        await tasks.patiently(lambda: chats.save_answer(self.claimed.answer_id, self.blocks))
        self.writer.put("step.end", step=self.step, **(verdict.document() if verdict else {}))
        return verdict

    def _keep_step(self) -> None:
        if self.draft is not None:
            more, self.step_usage, self.draft = self.draft.blocks(), self.step_usage + (self.draft.usage or Usage()), None
            self.blocks = joined(self.blocks, more) if self.is_cut else [*self.blocks, *more]
            self.is_cut = self.is_cut and not more

    async def _account(self) -> None:
        """Add what the step used to the run, to the user's day and to the receipts of the key, once."""
        step, self.step_usage = self.step_usage, Usage()
        if self.choice is None or step == Usage():
            return
        try:
            cost = await usage.spent(self.actor, self.choice.model, step)
        except Exception as error:
            if engine.is_unavailable(error):
                self.step_usage = step
            raise
        self.usage += step
        if cost is not None:
            self.cost_micros = (self.cost_micros or 0) + cost
        if self.choice.key_id is not None:
            await keys.note_use(self.actor, self.choice.key_id, step.input + step.output, cost or 0)

    def _used(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self.usage), **({"cost_micros": self.cost_micros} if self.cost_micros is not None else {})}

    async def _answer_calls(self, *, is_guide: bool, earlier: History) -> None:
        """Run the calls that have no result yet. Raises Paused where one of them waits for a person."""
        answered = {block.call_id for block in self.blocks if isinstance(block, ToolResult)}
        waits = False
        for call in [block for block in self.blocks if isinstance(block, ToolCall) and block.id not in answered]:
            # The guide's grammar reads only what the user wrote, so nothing captured can steer it.
            self.tainted = not is_guide and (
                self.tainted or context.is_tainted(context.build(self.claimed.chat_session_id, [*earlier, ("assistant", self.blocks)]))
            )
            await self._require_mine()
            result = await self._answer_call(call)
            if result is None:
                waits = True
                continue
            await chats.save_answer(self.claimed.answer_id, [*self.blocks, result])
            self._tell(result)
        if waits:
            raise Paused

    async def _answer_call(self, call: ToolCall) -> ToolResult | None:
        """The result of one call, or None while a person has to decide."""
        about = Context(self.actor, self.claimed.id, self.claimed.chat_session_id)
        try:
            if call.meta and "parse_error" in call.meta:
                wrong = f"The arguments of `{call.name}` are not valid JSON: {call.meta['parse_error']}."
                raise Problem("invalid_arguments", wrong, remedy="Send them again as one JSON object.")
            tool = invoke.check(about, call.name, call.arguments)
            approval = await approvals.of_call(self.claimed.id, call.id)
            ask = None if approval else await invoke.asks(about, tool, call.arguments, is_tainted=self.tainted)
            arguments = call.arguments
            if call.id in self.begun and tool.effect != "read" and not (approval or ask):
                return _maybe_done(call)
            if ask:
                approval = await approvals.request(
                    self.actor, run_id=self.claimed.id, chat_session_id=self.claimed.chat_session_id, call_id=call.id, tool=tool.name,
                    arguments=call.arguments, effect=tool.effect, reason=ask.reason, reach=ask.reach,
                )  # fmt: skip
                self.writer.put(
                    "tool.approval_requested", approval_id=str(approval.id), call_id=call.id, name=tool.name, arguments=call.arguments, reason=ask.reason,
                    host=ask.reach.host, operation=ask.reach.operation,
                )  # fmt: skip
            if approval:
                if approval.status == "pending":
                    self.waits_for.append(approval.id)
                    return None
                if approval.status != "approved" or not await approvals.use(approval, tool.name, approval.arguments):
                    return self._denied(call, approval)
                arguments = approval.arguments
                self.writer.put("tool.approval_resolved", approval_id=str(approval.id), call_id=call.id, decision="approved")
            answer = await invoke.invoke(about, call.name, arguments)
            return ToolResult(call.id, call.name, storable(answer.text), storable(msgspec.to_builtins(answer.data)), trust=answer.trust)
        except Problem as problem:
            return ToolResult(call.id, call.name, problem.sentence(), problem.document(), "error", invoke.hears(call.name))

    def _denied(self, call: ToolCall, approval: approvals.Approval) -> ToolResult:
        why = f" They said: {approval.decision_reason}" if approval.decision_reason else ""
        if approval.status == "used":  # a worker died between spending the approval and keeping the result
            return _maybe_done(call)
        said = "Nobody approved this in time." if approval.status == "expired" else f"The user refused this.{why}"
        self.writer.put("tool.approval_resolved", approval_id=str(approval.id), call_id=call.id, decision=approval.status)
        return ToolResult(call.id, call.name, f"{said} It was not done.", {"approval": approval.status}, "denied")

    async def _suggest(self, ending: Ended) -> None:
        """What might be said next, each of it a thing that even the guide understands."""
        if ending.status != "completed" or ending.problem or not any(isinstance(block, ToolResult) for block in self.blocks):
            return
        found = guide.suggestions(context.build(self.claimed.chat_session_id, [*self.asked, ("assistant", self.blocks)]))
        if found:
            await chats.note(self.claimed.answer_id, suggestions=found)
            self.writer.put("chat.suggestions", items=found)

    async def _name_the_chat(self) -> str:
        """A title after the first exchange; "" where there was one."""
        if not await chats.is_untitled(self.claimed.chat_session_id):
            return ""
        history = await self._recall()
        is_said = any(message.role == "user" and text_of(message.content) for message in history)
        title = guide.title(context.build(self.claimed.id, [("user", list(history[0].content))])) if is_said else ""
        if title and await chats.set_title(self.claimed.chat_session_id, title):
            self.writer.put("chat.title", title=title)
            return title
        return ""


def _maybe_done(call: ToolCall) -> ToolResult:
    text = "This was begun before the server stopped. Whether it was done is not known: look before doing it again."
    return ToolResult(call.id, call.name, text, None, "error")

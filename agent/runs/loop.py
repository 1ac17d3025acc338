"""One run: context → model → tool calls → events, until the model has nothing more to do.

A run belongs to the server. It is driven by one worker at a time; waiting for an approval it belongs to nobody, and
whoever hears the decision drives it on. It always ends in one `run.end`: completed, stopped or failed.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from agent import approvals, keys, runlog, tasks
from agent.actor import Actor
from agent.billing import usage
from agent.conversation import chats, mentions, message_queue
from agent.db_errors import as_problem
from agent.errors import Problem
from agent.events import Hub
from agent.runs.draft import replay
from agent.runs.listening import Ended
from agent.runs.turn import Sender, Turn
from agent.tools import invoke
from agent.tools.registry import Context

log = structlog.get_logger()
_MOST_RESUMED = 2


async def send(
    hub: Hub,
    actor: Actor,
    text: str,
    *,
    chat_id: UUID | None = None,
    provider: str | None = None,
    model: str | None = None,
    files: Sequence[UUID] = (),
) -> chats.Started:
    """Store a message with its attached files and what it mentions, and start its run.

    Raises what `chats.post`, `keys.choose`, `usage.message` and `mentions.enclosed` raise; then nothing was stored.
    """
    wish, more = await asyncio.gather(keys.choose(actor, provider, model), mentions.enclosed(actor, text, files))
    owner = runlog.new_owner()
    async with usage.message(actor):
        started = await chats.post(actor, text, chat_id=chat_id, provider=wish.provider, model=wish.model, more=more, owner=owner)
    _start_at_once(hub, Sender(actor, wish), started, owner)
    return started


async def queue(
    hub: Hub, actor: Actor, text: str, *, chat_id: UUID, provider: str | None = None, model: str | None = None, files: Sequence[UUID] = ()
) -> chats.Started | message_queue.Queued:
    """Send a message to a chat that may still be answering: then it waits, and starts its run when the answers before it are finished.

    Raises what `send` raises but run_active, and queue_full.
    """
    choice = await keys.choose(actor, provider, model)
    more = await mentions.enclosed(actor, text, files)
    async with usage.message(actor):
        waits = await message_queue.add(actor, chat_id, text, provider=choice.provider, model=choice.model, more=more)
    started = await go_on(hub, actor, chat_id)
    return started if started and started.message_id == waits.id else waits


async def go_on(hub: Hub, actor: Actor, chat_id: UUID) -> chats.Started | None:
    """Send the first message that waits, also one that was held after a stop or a failure; None where the chat is answering. Raises chat_not_found."""
    await chats.get(actor, chat_id)
    return await _next(hub, chat_id, is_shown=True)


async def edit(
    hub: Hub, actor: Actor, chat_id: UUID, message_id: UUID, text: str, *, provider: str | None = None, model: str | None = None, files: Sequence[UUID] = ()
) -> chats.Started:
    """Say a message differently: a new branch beside it, with its own answer. What the first one brought along stays, unless there is something new.

    Without a provider the chat's own answers. Raises what `send` raises, and not_found.
    """
    chat = await chats.get(actor, chat_id)
    choice = await keys.choose(actor, provider or chat.provider, model if provider else chat.model)
    more = await mentions.enclosed(actor, text, files)
    async with usage.message(actor):
        started = await chats.post(actor, text, chat_id=chat_id, provider=choice.provider, model=choice.model, more=more, instead_of=message_id)
    start(hub, started.run_id)
    return started


async def retry(hub: Hub, actor: Actor, run_id: UUID, *, provider: str | None = None, model: str | None = None) -> chats.Started:
    """Answer the same message again, also with another model."""
    choice = await keys.choose(actor, provider, model) if provider else None
    async with usage.message(actor):
        started = await chats.retry(actor, run_id, provider=choice.provider if choice else None, model=choice.model if choice else None)
    start(hub, started.run_id)
    return started


async def answer_again(hub: Hub, actor: Actor, chat_id: UUID, message_id: UUID, *, provider: str | None = None, model: str | None = None) -> chats.Started:
    """Another answer to a message, or beside an answer, by default from the model that gave it. Raises what `chats.answer_again` and `keys.choose` raise."""
    before = await chats.message(actor, chat_id, message_id)
    choice = await keys.choose(actor, provider or before.provider, model if provider else before.model)
    async with usage.message(actor):
        started = await chats.answer_again(actor, chat_id, message_id, provider=choice.provider, model=choice.model)
    start(hub, started.run_id)
    return started


async def carry_on(hub: Hub, actor: Actor, run_id: UUID) -> chats.Started:
    """Let an answer go on that was stopped, failed or reached its limit. Raises what `chats.go_on` and `usage.message` raise."""
    async with usage.message(actor):
        started = await chats.go_on(actor, run_id)
    start(hub, started.run_id)
    return started


async def decide(
    hub: Hub,
    actor: Actor,
    run_id: UUID,
    approval_id: UUID,
    decision: approvals.Decision,
    *,
    arguments: dict[str, Any] | None = None,
    reason: str | None = None,
    width: approvals.Width = "once",
) -> approvals.Approval:
    """Answer an approval and let its run go on. Raises missing_scope, approval_not_found, invalid_arguments for edited ones that do not fit."""
    asked = await approvals.get(actor, approval_id)
    if asked.run_id != run_id:
        raise Problem("approval_not_found", "There is no such approval in this run.")
    reach = None
    if arguments is not None:
        tool = invoke.check(Context(actor), asked.tool, arguments)
        reach = await invoke.reach(Context(actor), tool, arguments, can_widen=asked.operation is not None)
    answered = await approvals.decide(actor, approval_id, decision, arguments=arguments, reason=reason, width=width, reach=reach)
    start(hub, run_id)
    return answered


async def stop(hub: Hub, actor: Actor, run_id: UUID) -> runlog.State:
    """Stop a run wherever it is; one that waits for an approval ends here. Raises run_not_found."""
    state = await runlog.request_stop(actor, run_id)
    if state.status in ("waiting_approval", "queued"):
        await approvals.withdraw(run_id)
        start(hub, run_id)
    return state


def start(hub: Hub, run_id: UUID) -> None:
    """Drive a run in the background, if nobody does."""
    tasks.spawn(_drive(hub, run_id), f"run:{run_id}")


async def sweep(hub: Hub) -> None:
    """Every few seconds: take up the runs whose worker died, wake those whose approval expired, send what waits for nobody."""
    while not hub.is_closing:
        await asyncio.sleep(3)
        try:
            for run_id in {*await approvals.expire(), *await runlog.forgotten()}:
                start(hub, run_id)
            for taken in await runlog.take_over():
                tasks.spawn(_take_up(hub, taken), f"run:{taken.id}")
            for chat_id in await message_queue.stranded():
                await _next(hub, chat_id)
        except Exception as error:
            if as_problem(error) is None:
                log.exception("sweep.failed")
            await asyncio.sleep(5)  # when the database is back, the living show first that they live


async def leave() -> None:
    """At shutdown: let every run of this worker store what it has said, for another worker to go on with."""
    driving = [task for task in asyncio.all_tasks() if task.get_name().startswith("steps:")]
    for task in driving:
        task.cancel("shutdown")
    for _ in range(50):
        if not any(task.get_name().startswith("run:") for task in asyncio.all_tasks()):
            return
        await asyncio.sleep(0.1)


def _start_at_once(hub: Hub, sender: Sender, started: chats.Started, owner: str) -> None:
    """Drive a run that was this worker's from its beginning. The reader waits: what its sender was just asked is not looked up again."""
    actor, wish = sender.actor, sender.wish
    claimed = runlog.Claimed(
        started.run_id, owner, started.chat_session_id, started.answer_id, actor.user_id, wish.provider, wish.model, sorted(actor.scopes), actor.via
    )
    tasks.spawn(_steer(hub, claimed, sender=sender), f"run:{claimed.id}")


async def _next(hub: Hub, chat_id: UUID, *, is_shown: bool = False) -> chats.Started | None:
    started = await message_queue.start_next(chat_id, is_shown=is_shown)
    if started:
        start(hub, started.run_id)
    return started


async def _drive(hub: Hub, run_id: UUID) -> None:
    if claimed := await runlog.claim(run_id):
        await _steer(hub, claimed)


async def _take_up(hub: Hub, taken: runlog.Claimed) -> None:
    """Go on with a run whose worker is gone. One that is old, the guide's, or that has outlived workers before is ended with what it had said."""
    heard = await runlog.since(taken.id, 0, limit=100_000)
    if heard and (taken.is_old or taken.provider == keys.GUIDE or sum(event.event == "run.resumed" for event in heard) >= _MOST_RESUMED):
        await _bury(taken, heard)
    else:
        await _steer(hub, taken, heard)


async def _steer(hub: Hub, claimed: runlog.Claimed, heard: Sequence[runlog.Event] = (), sender: Sender | None = None) -> None:
    """Drive a run that this worker has. `heard` is what it had said under another one."""
    run_id = claimed.id
    with hub.waiting([f"stop:{run_id}"]) as stop_bell:
        async with runlog.Writer(run_id, claimed.owner, claimed.seq).open() as writer:
            run = Turn(claimed, writer, heard, sender)
            work = tasks.spawn(run.outcome(), f"steps:{run_id}")
            stopper = tasks.spawn(_stop_asked(writer, stop_bell), f"stopper:{run_id}")
            await asyncio.wait([work, stopper], return_when=asyncio.FIRST_COMPLETED)
            was_stopped = not work.done()
            stopper.cancel()
            work.cancel()
            await asyncio.wait([work])
            is_left = work.cancelled() and not was_stopped  # this server stops: another goes on
            ending = Ended("stopped") if work.cancelled() else work.result()
            if not writer.is_lost:
                await tasks.patiently(run.hand_over if is_left else lambda: run.finish(ending))
            if is_left or writer.is_lost:
                return
    if ending is None and (writer.stop_requested or await approvals.any_answered(run.waits_for)):
        start(hub, run_id)  # that came before the run was marked as waiting
    if ending is not None and ending.status == "completed":
        await _next(hub, claimed.chat_session_id)


async def _stop_asked(writer: runlog.Writer, bell: asyncio.Event) -> None:
    """Wait for a user's stop, or for the loss of the run. A ring says only to look: every bell rings at shutdown, and when the database is back."""
    while not (writer.stop_requested or writer.is_lost):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(bell.wait(), 0.5)
        if bell.is_set():
            bell.clear()
            await tasks.patiently(writer.flush)


async def _bury(taken: runlog.Claimed, heard: list[runlog.Event]) -> None:
    """End a run with what it had said."""
    error = Problem("run_interrupted", "The answer was interrupted.").document()
    await tasks.patiently(lambda: chats.save_answer(taken.answer_id, replay(heard), {"status": "failed", "error": error}))
    await runlog.Writer(taken.id, taken.owner, taken.seq).end("failed", taken.usage, error)

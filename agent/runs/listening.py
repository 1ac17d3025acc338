"""One answer of a provider, written to its run's log as it comes, and what its ending means for the run.

Asking again, accounting and keeping what was said are the turn's business.
"""

import asyncio
from typing import Any, Self

from agent import runlog
from agent.errors import CATALOGUE, Problem
from agent.providers import catalogue, metering
from agent.providers.base import Connection, Failure, Finish, ModelRequest, PartDelta, PartEnd, PartStart, Usage
from agent.runs.draft import Draft, Part, clean


class Ended(Exception):
    """How a run ends: its status, and the problem of one that failed or was cut."""

    def __init__(self, status: str, problem: Problem | None = None) -> None:
        super().__init__(status)
        self.status, self.problem = status, problem

    def document(self) -> dict[str, Any]:
        """As it stands in the event that closes the step, for a worker that finds the run there."""
        return {"status": self.status, "error": self.problem.document()} if self.problem else {}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """From that event; one without a problem was completed."""
        error = dict(told.get("error") or {})
        if error.get("code") not in CATALOGUE:
            return cls("completed")
        code, detail, remedy = (error.pop(name, "") for name in ("code", "detail", "remedy"))
        extra = {name: value for name, value in error.items() if name not in ("type", "title", "status")}
        return cls(told["status"], Problem(code, detail, remedy=remedy, **extra))


async def listen(writer: runlog.Writer, draft: Draft, connections: tuple[Connection, ...], request: ModelRequest) -> Finish | Failure:
    """Ask once. What was heard is in the draft, also where the reading is cancelled, and what it used."""
    ending: Finish | Failure | None = None
    try:
        async for event in clean(catalogue.answer(connections, request)):
            match event:
                case PartStart():
                    part = draft.start(event)
                    writer.put("part.start", **_about(part), **({"name": part.name} if part.kind == "tool_call" else {}))
                case PartDelta():
                    part = draft.delta(event)
                    writer.put("part.delta", **_about(part), text=event.text)
                    await asyncio.sleep(0)  # a model that says much at once lets the first word out, and others have their turn
                case PartEnd():
                    part = draft.end(event)
                    called = {"name": part.name, "input": part.input or {}} if part.kind == "tool_call" else {}
                    writer.put("part.end", **_about(part), **called, **({"meta": part.meta} if part.meta else {}))
                case Usage():
                    draft.usage = event
                case Finish() | Failure():
                    ending = event
    finally:
        if connections[0].wire != "builtin":  # the guide costs nothing
            draft.usage = metering.used(draft.usage, request, draft.said(), ending)
    return ending or Failure("provider_cut", "The provider's answer ended without its closing event.")


def judged(ending: Finish | Failure) -> Ended | None:
    """How the run ends after a step that ended so; None where it goes on."""
    if isinstance(ending, Failure):
        extra: dict[str, Any] = {"retry_after": ending.retry_after} if ending.retry_after else {}
        return Ended("failed", Problem(ending.code, ending.message, remedy=ending.remedy, **extra))
    match ending.reason:
        case "tool_calls" | "pause":
            return None
        case "length":
            return Ended("completed", Problem("provider_cut", "The answer reached the model's length limit.", remedy="Let it go on."))
        case "context_full":
            return Ended("failed", Problem("context_full", "The conversation no longer fits into the model."))
        case "content_filter":
            remedy = "Say it differently, or use another model."
            return Ended("failed", Problem("provider_rejected", "The provider's filter ended the answer.", remedy=remedy))
        case _:
            return Ended("completed")


def _about(part: Part) -> dict[str, Any]:
    return {"part": part.key, "kind": part.kind, **({"call_id": part.call_id} if part.kind == "tool_call" else {})}

"""One answer of an adapter as a value that a test can compare."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from agent.messages import Message, Text
from agent.providers.base import Failure, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ProviderEvent, Usage

HELLO = ModelRequest(model="m", system="Be short.", messages=(Message("user", (Text("Hello"),)),))


class Answer(msgspec.Struct):
    """`ends` are all terminal events, `after` what came after the first of them: both tell whether the promise was kept."""

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[dict[str, Any]] = []
    usage: Usage | None = None
    ends: list[Finish | Failure] = []
    after: int = 0
    metas: list[dict[str, Any]] = []
    kinds: list[str] = []
    events: list[ProviderEvent] = []

    @property
    def end(self) -> Finish | Failure:
        assert len(self.ends) == 1, f"not exactly one terminal event: {self.ends}"
        assert not self.after, "events after the terminal one"
        return self.ends[0]

    @property
    def failure(self) -> Failure:
        assert isinstance(self.end, Failure), self.end
        return self.end


async def collect(stream: AsyncIterator[ProviderEvent]) -> Answer:
    """Read an answer to its end, checking that parts open before they grow and close once."""
    answer = Answer()
    open_parts: dict[int, PartStart] = {}
    calls: dict[int, dict[str, Any]] = {}
    async for event in stream:
        answer.events.append(event)
        answer.after += bool(answer.ends)
        match event:
            case PartStart():
                assert event.part_id not in open_parts
                open_parts[event.part_id] = event
                answer.kinds.append(event.kind)
                if event.kind == "tool_call":
                    calls[event.part_id] = {"id": event.call_id, "name": event.name, "arguments": None, "raw": ""}
            case PartDelta():
                kind = open_parts[event.part_id].kind
                if kind == "tool_call":
                    calls[event.part_id]["raw"] += event.text
                else:
                    setattr(answer, kind, getattr(answer, kind) + event.text)
            case PartEnd():
                part = open_parts.pop(event.part_id)
                answer.metas += [event.meta] if event.meta else []
                if part.kind == "tool_call":
                    calls[event.part_id] |= {"arguments": event.input, "raw": event.raw, "problem": event.parse_error}
            case Usage():
                answer.usage = event if event != Usage() else answer.usage  # an empty one tells only that the answer has begun
            case Finish() | Failure():
                assert not (isinstance(event, Finish) and open_parts), "a part that was never closed"
                answer.ends.append(event)
    answer.calls = list(calls.values())
    json.dumps(msgspec.to_builtins(answer))  # all of it can be stored
    return answer

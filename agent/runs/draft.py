"""An answer while it is being written: provider events in, blocks out, and the same from a run's stored events after a crash.

`clean` stands between the provider and everything else, so that what is kept in memory, logged, stored and sent back is one and the same.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec

from agent.messages import Block, Reasoning, Refusal, Text, ToolCall, ToolResult
from agent.providers.base import Failure, PartDelta, PartEnd, PartStart, ProviderEvent, Usage
from agent.runlog import Event
from db.jsonb import storable


class Part(msgspec.Struct):
    """One part that is open or closed."""

    key: str
    kind: str
    text: str = ""
    call_id: str = ""
    name: str = ""
    provider_id: str = ""
    input: dict[str, Any] | None = None
    problem: str | None = None
    meta: dict[str, Any] | None = None


class Draft:
    """The parts of one step, in order."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.parts: dict[int, Part] = {}
        self.usage: Usage | None = None

    def start(self, event: PartStart) -> Part:
        key = f"{self.step}.{event.part_id}"
        part = Part(key, event.kind, call_id=f"call_{self.step}_{event.part_id}", name=event.name or "", provider_id=event.call_id or "")
        self.parts[event.part_id] = part
        return part

    def delta(self, event: PartDelta) -> Part:
        part = self.parts[event.part_id]
        part.text += event.text
        return part

    def end(self, event: PartEnd) -> Part:
        part = self.parts[event.part_id]
        part.input, part.problem, part.meta = event.input, event.parse_error, event.meta
        return part

    def said(self) -> int:
        """The bytes of all that was heard."""
        return sum(len(part.text.encode("utf-8", "replace")) for part in self.parts.values())

    def blocks(self) -> list[Block]:
        """What was said; a tool call whose arguments never came whole is left out."""
        return [block for part in self.parts.values() if (block := _block_of(part)) is not None]


def _block_of(part: Part) -> Block | None:
    match part.kind:
        case "text":
            return Text(part.text, part.meta) if part.text else None
        case "reasoning":
            return Reasoning(part.text, part.meta) if part.text or part.meta else None
        case "refusal":
            return Refusal(part.text, part.meta) if part.text else None
        case _:
            if part.input is None and part.problem is None:
                return None
            meta = {
                **(part.meta or {}),
                **({"provider_id": part.provider_id} if part.provider_id else {}),
                **({"parse_error": part.problem} if part.problem else {}),
            }
            return ToolCall(part.call_id, part.name, part.input or {}, meta or None)


async def clean(events: AsyncIterator[ProviderEvent]) -> AsyncGenerator[ProviderEvent, None]:
    """A provider's events without what no database holds. A character that was cut in two between deltas is put together again."""
    halves: dict[int, str] = {}
    async for event in events:
        match event:
            case PartStart():
                yield msgspec.structs.replace(event, name=storable(event.name), call_id=storable(event.call_id))
            case PartDelta():
                text = halves.pop(event.part_id, "") + event.text
                if "\ud800" <= text[-1:] <= "\udbff":
                    halves[event.part_id], text = text[-1], text[:-1]
                if text:
                    yield PartDelta(event.part_id, storable(text))
            case PartEnd():
                if half := halves.pop(event.part_id, ""):
                    yield PartDelta(event.part_id, storable(half))
                yield PartEnd(event.part_id, storable(event.input), storable(event.raw), storable(event.parse_error), storable(event.meta))
            case Failure():
                yield msgspec.structs.replace(event, message=storable(event.message))
            case _:
                yield event


def joined(before: list[Block], more: list[Block]) -> list[Block]:
    """An answer that was cut off, and how it goes on: a text that is carried on stays one text."""
    if before and more and isinstance(before[-1], Text) and isinstance(more[0], Text):
        return [*before[:-1], Text(before[-1].text + more[0].text), *more[1:]]
    return [*before, *more]


def replay(events: list[Event]) -> list[Block]:
    """The blocks that a run's events amount to: what is left to keep when its worker died."""
    parts: dict[str, Part] = {}
    blocks: dict[str, Block] = {}
    before: list[Block] = []
    for event in events:
        data = event.data
        match event.event:
            case "run.start":
                before = msgspec.convert(data.get("before", []), list[Block])
            case "run.resumed":
                before, parts, blocks = joined(before, list(blocks.values())), {}, {}
            case "part.start":
                parts[data["part"]] = Part(data["part"], data["kind"], call_id=data.get("call_id", ""), name=data.get("name", ""))
            case "part.delta" if data["part"] in parts:
                parts[data["part"]].text += data["text"]
            case "part.end" if data["part"] in parts:
                part = parts[data["part"]]
                part.input, part.meta = data.get("input"), data.get("meta")
            case "tool.output":
                blocks[f"result {data['call_id']}"] = ToolResult(
                    data["call_id"], data["name"], data["text"], data.get("data"), data.get("state", "ok"), data.get("trust", "trusted")
                )
                continue
            case _:
                continue
        if (key := data.get("part")) in parts and (block := _block_of(parts[key])) is not None:
            blocks[key] = block
    return joined(before, list(blocks.values()))


class LeftOff(msgspec.Struct, frozen=True):
    """Where a worker left a run, by what it had told.

    `begun` are calls without a told result. `text` is the part in the middle of which it fell silent, `ends` the parts to close with their
    kinds, `dropped` the calls that never came whole. `is_over`: only the end is missing, `ending` is what the last step told of it.
    `uncounted` are the bytes that were said after the last count of what was used.
    """

    blocks: list[Block]
    step: int
    used: dict[str, Any]
    begun: set[str]
    text: str | None
    ends: dict[str, str]
    dropped: list[str]
    is_cut: bool
    is_over: bool
    ending: dict[str, Any]
    uncounted: int


def left_off(events: list[Event]) -> LeftOff:
    """What is needed to go on with a run."""
    blocks, cut = replay(events), _open_parts(events)
    steps = [event.data["step"] for event in events if event.event == "step.start"]
    used = [event.data for event in events if event.event == "usage"]
    told = {block.call_id for block in blocks if isinstance(block, ToolResult)}
    ends = {key: part["kind"] for key, part in cut.items() if part["kind"] != "tool_call"}
    ends_in_text = bool(blocks) and isinstance(blocks[-1], Text)
    last = next((event for event in reversed(events) if event.event.startswith("step.")), None)
    ending = last.data if last and last.event == "step.end" else {}
    is_over = bool(ending) and (ends_in_text or "error" in ending)
    return LeftOff(
        blocks,
        max(steps, default=0),
        used[-1] if used else {},
        {block.id for block in blocks if isinstance(block, ToolCall)} - told,
        next((key for key, kind in ends.items() if kind == "text"), None),
        ends,
        [part["call_id"] for part in cut.values() if part["kind"] == "tool_call"],
        ends_in_text and not is_over,
        is_over,
        ending,
        _uncounted(events),
    )


def _uncounted(events: list[Event]) -> int:
    said = 0
    for event in events:
        said = 0 if event.event == "usage" else said + len(event.data["text"].encode()) if event.event == "part.delta" else said
    return said


def _open_parts(events: list[Event]) -> dict[str, dict[str, Any]]:
    """How the parts began that were not ended."""
    begun: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.event == "part.start":
            begun[event.data["part"]] = event.data
        elif event.event == "part.end":
            begun.pop(event.data["part"], None)
        elif event.event == "run.resumed":
            begun.clear()
    return begun

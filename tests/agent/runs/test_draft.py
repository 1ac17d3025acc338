"""What a provider sends, as it is kept: nothing that no database holds, and every character whole."""

from collections.abc import AsyncIterator
from typing import Any

from agent.messages import Text, ToolCall, ToolResult
from agent.providers.base import Failure, PartDelta, PartEnd, PartStart, ProviderEvent
from agent.runlog import Event
from agent.runs.draft import Draft, clean, left_off, replay


async def _from(events: list[ProviderEvent]) -> AsyncIterator[ProviderEvent]:
    for event in events:
        yield event


async def _kept(*events: ProviderEvent) -> list[ProviderEvent]:
    return [event async for event in clean(_from(list(events)))]


async def test_a_character_cut_in_two_is_whole_again() -> None:
    """Halves of a surrogate pair that came in two deltas are one character, also with another part's delta between them."""
    kept = await _kept(PartDelta(0, "a\ud83d"), PartDelta(1, "x"), PartDelta(0, "\ude00b"), PartEnd(0))
    assert "".join(event.text for event in kept if isinstance(event, PartDelta) and event.part_id == 0) == "a😀b"


async def test_what_cannot_be_held_becomes_a_mark() -> None:
    """NUL, and a half that stays alone, in text, names, arguments and messages."""
    kept = await _kept(
        PartStart(0, "tool_call", "c\0", "endpoint_list\0"),
        PartDelta(0, "a\0\udc00"),
        PartDelta(0, "end\ud800"),
        PartEnd(0, {"k\0": ["\udfff", {"x": 1}]}, parse_error="bad\0"),
        Failure("provider_cut", "gone\0"),
    )
    assert kept[0] == PartStart(0, "tool_call", "c\ufffd", "endpoint_list\ufffd")
    assert "".join(event.text for event in kept if isinstance(event, PartDelta)) == "a\ufffd\ufffdend\ufffd"
    assert kept[-2] == PartEnd(0, {"k\ufffd": ["\ufffd", {"x": 1}]}, parse_error="bad\ufffd")
    assert kept[-1] == Failure("provider_cut", "gone\ufffd")


async def test_a_call_that_never_came_whole_is_left_out() -> None:
    """Text that was begun stays; arguments that were cut off are no call."""
    draft = Draft(1)
    draft.start(PartStart(0, "text"))
    draft.delta(PartDelta(0, "So far"))
    draft.start(PartStart(1, "tool_call", "c", "endpoint_list"))
    draft.delta(PartDelta(1, '{"quer'))
    assert draft.blocks() == [Text("So far")]
    draft.end(PartEnd(1, {"query": "x"}))
    assert draft.blocks()[1] == ToolCall("call_1_1", "endpoint_list", {"query": "x"}, {"provider_id": "c"})


def _log(*events: tuple[str, dict[str, Any]]) -> list[Event]:
    return [Event(n, event, data) for n, (event, data) in enumerate(events, 1)]


def test_where_a_worker_left_off() -> None:
    """In the middle of a text, with a call whose result nobody heard and one that never came whole; then with nothing but the end missing."""
    step = _log(
        ("step.start", {"step": 3}),
        ("part.start", {"part": "3.0", "kind": "tool_call", "call_id": "call_3_0", "name": "endpoint_create"}),
        ("part.end", {"part": "3.0", "kind": "tool_call", "call_id": "call_3_0", "name": "endpoint_create", "input": {"destination_url": "demo"}}),
        ("part.start", {"part": "3.1", "kind": "tool_call", "call_id": "call_3_1", "name": "endpoint_list"}),
        ("part.start", {"part": "3.2", "kind": "text"}),
        ("part.delta", {"part": "3.2", "kind": "text", "text": "Half a "}),
    )
    found = left_off(step)
    assert (found.step, found.begun, found.text, found.ends, found.dropped) == (3, {"call_3_0"}, "3.2", {"3.2": "text"}, ["call_3_1"])
    assert (found.is_cut, found.is_over) == (True, False)
    gone_on = [
        *step,
        Event(7, "run.resumed", {"part": "3.2", "dropped": ["call_3_1"]}),
        Event(8, "part.end", {"part": "3.2", "kind": "text"}),
        Event(9, "step.start", {"step": 4}),
        Event(10, "part.start", {"part": "4.0", "kind": "text"}),
        Event(11, "part.delta", {"part": "4.0", "kind": "text", "text": "sentence."}),
        Event(12, "part.end", {"part": "4.0", "kind": "text"}),
        Event(13, "usage", {"input": 7}),
        Event(14, "step.end", {"step": 4}),
    ]
    assert replay(gone_on)[-1] == Text("Half a sentence.")
    over = left_off(gone_on)
    assert (over.used, over.text, over.is_cut, over.is_over) == ({"input": 7}, None, False, True)
    assert (found.uncounted, over.uncounted) == (len("Half a "), 0)
    heard = left_off(
        [*step[:3], Event(4, "step.end", {"step": 3}), Event(5, "tool.output", {"call_id": "call_3_0", "name": "endpoint_create", "text": "made"})]
    )
    assert isinstance(heard.blocks[-1], ToolResult)
    assert (heard.begun, heard.is_over) == (set(), False)

"""What a provider sends, as it is kept: nothing that no database holds, and every character whole."""

from collections.abc import AsyncIterator

from agent.draft import Draft, clean
from agent.messages import Text, ToolCall
from agent.providers.base import Failure, PartDelta, PartEnd, PartStart, ProviderEvent


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

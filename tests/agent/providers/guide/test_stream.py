"""The guide as a provider: the event vocabulary, one terminal event, determinism, odd input."""

import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from agent.messages import Message, Text
from agent.providers.base import Finish, PartDelta, PartEnd, PartStart, ProviderEvent, ToolSpec

Events = Callable[..., Awaitable[list[ProviderEvent]]]
Tools = Callable[..., tuple[ToolSpec, ...]]


def user(text: str) -> tuple[Message, ...]:
    return (Message("user", (Text(text),)),)


async def test_tool_call_events(events: Events, tools: Tools) -> None:
    """A call is one part whose deltas are the JSON of its arguments, then `Finish("tool_calls")`."""
    got = await events(user("capture api.github.com"), tools())
    start, end = got[0], next(event for event in got if isinstance(event, PartEnd))
    assert isinstance(start, PartStart)
    assert (start.kind, start.name) == ("tool_call", "endpoint_create")
    assert (
        msgspec.json.decode("".join(event.text for event in got if isinstance(event, PartDelta))) == end.input == {"destination_url": "https://api.github.com"}
    )
    assert got[-1] == Finish("tool_calls")


async def test_text_events(events: Events, tools: Tools) -> None:
    """Prose comes in several deltas and ends with `Finish("stop")`."""
    got = await events(user("what can you do?"), tools())
    assert got[0] == PartStart(0, "text")
    assert sum(isinstance(event, PartDelta) for event in got) > 20
    assert got[-1] == Finish("stop")


async def test_call_ids_differ_within_a_run(events: Events, tools: Tools, situations: dict[str, tuple[Message, ...]]) -> None:
    """Two steps of one run have two call ids, and the same step the same one."""
    first, again = await events(user("credits"), tools()), await events(user("credits"), tools())
    second = await events((*situations["shop"], *user("credits")), tools())
    assert isinstance(first[0], PartStart) and isinstance(second[0], PartStart)
    assert first[0].call_id != second[0].call_id
    assert first == again


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "/",
        "⟦0⟧",
        "⟦99⟧ delete",
        "\x00",
        "```",
        '"',
        "{" * 5000,
        "a" * 100_000,
        ".a" * 50_000,
        "你好" * 50_000,
        "最近的" * 30_000,
        "delete " * 5000,
        "and " * 5000,
        "1" * 5000,
        "， 。",
        "[" * 100 + "](x)" * 100,
        "capture http://",
        "GET /",
        "://",
        "limit my key to 9999999999999999999999 per hour",
        "capture http://[::1",
        "🦊 capture 🦊",
    ],
)
async def test_odd_input_ends_well(text: str, events: Events, tools: Tools) -> None:
    """Whatever is typed, the stream ends with exactly one `Finish`, and soon: nobody's words hold up the process."""
    began = time.thread_time()
    got = await events(user(text), tools())
    assert time.thread_time() - began < 5
    assert sum(isinstance(event, Finish) for event in got) == 1
    assert isinstance(got[-1], Finish)


async def test_tools_switched_off(events: Events) -> None:
    """Without tools the guide says so."""
    got = await events(user("list my apis"), ())
    assert "switched off" in "".join(event.text for event in got if isinstance(event, PartDelta))

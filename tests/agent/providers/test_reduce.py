"""The parts of an answer, and tool calls' arguments."""

import json
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from agent.providers import anthropic, openai_chat, openai_responses, reduce
from agent.providers.base import Connection, PartDelta, PartEnd, PartStart, Usage
from tests.agent.providers.answers import Answer, collect
from tests.agent.providers.conversations import blocks, stream

_REDUCERS = {"anthropic": anthropic.Reducer, "chat": openai_chat.Reducer, "responses": openai_responses.Reducer}
_ODD: tuple[Any, ...] = (None, -1, 1e308, 10**30, "", "x", "\0", [], {}, True, [None], {"a": None})
_STRANGE = (
    b"data: []",
    b"data: null",
    b"data: {",
    b": ping",
    b"data: [DONE]",
    b'data: {"choices":[null]}',
    b'data: {"error":{}}',
    b"data: \xff\xfe",
    b"event: new\ndata: {}",
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("", {}), (" ", {}), ("null", {}), ("{}", {}), ('{"a": 1}', {"a": 1}), ('"{\\"a\\": 1}"', {"a": 1}), ('{}{"a": 1}', {"a": 1})],
)
def test_reads_arguments_however_they_are_sent(raw: str, expected: dict[str, int]) -> None:
    """Nothing, null, an object, an object in a string, a placeholder before the object."""
    assert reduce.arguments(raw) == (expected, None)


@pytest.mark.parametrize("raw", ['{"a": ', "[" * 100_000, "{}" * 100_000, "[1]", "7", "{'a': 1}", '{"unit": celsius}'])
def test_says_why_there_are_no_arguments(raw: str) -> None:
    """What is no JSON object gives a reason instead of arguments."""
    found = reduce.arguments(raw)
    assert found.input is None
    assert found.problem
    assert found.problem.startswith("the arguments are not")


def test_parts_have_their_own_numbers_and_names() -> None:
    """A tool's own name comes back, its text is gathered, and a part that is not open takes nothing."""
    parts = reduce.Parts({"a_b_1": "a.b"})
    assert parts.start("k", "tool_call", "call_1", "a_b_1") == PartStart(0, "tool_call", "call_1", "a.b")
    assert list(parts.add("k", '{"x":')) == [PartDelta(0, '{"x":')]
    assert list(parts.add("k", "")) == []
    assert list(parts.add("other", "text")) == []
    assert list(parts.add("k", "1}")) == [PartDelta(0, "1}")]
    assert list(parts.end("k", {"m": 1})) == [PartEnd(0, {"x": 1}, '{"x":1}', None, {"m": 1})]
    assert list(parts.end("k")) == []


def test_a_reason_fits_what_was_called() -> None:
    """Calls make a stop a call for results; without calls there is nothing to wait for."""
    silent, calling = reduce.Parts({}), reduce.Parts({})
    calling.start("k", "tool_call", "c", "t")
    assert [reduce.closing(reason, silent).reason for reason in ("stop", "tool_calls", "length")] == ["stop", "stop", "length"]
    assert [reduce.closing(reason, calling).reason for reason in ("stop", "tool_calls", "length")] == ["tool_calls", "tool_calls", "length"]


def test_text_can_be_stored() -> None:
    """NUL and half characters, which neither PostgreSQL nor UTF-8 takes, do not get through."""
    assert reduce.storable("a\x00b\ud83dc") == "ab\ufffdc"


async def _read(name: str, data: bytes, size: int = 7) -> Answer:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    async def ask() -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=chunks())

    return await collect(reduce.answer(Connection("openai-compatible", "http://127.0.0.1/v1"), "m", ask, _REDUCERS[name]("here", {})))


def _odd(rng: random.Random, event: bytes) -> bytes:
    """An event in whose data one value is gone or another one."""
    head, _, text = event.partition(b"data: ")
    try:
        node = value = json.loads(text)
    except ValueError:
        return event
    while isinstance(node, dict | list) and node:
        key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[key], dict | list) and rng.random() < 0.7:
            node = node[key]
            continue
        node[key] = rng.choice(_ODD)
        break
    return head + b"data: " + json.dumps(value).encode()


def _damaged(rng: random.Random, data: bytes) -> bytes:
    events = data.split(b"\n\n")
    for _ in range(rng.choice((1, 2, 5))):
        here, there = rng.randrange(len(events)), rng.randrange(len(events))
        match rng.randrange(6):
            case 0:
                events.insert(there, events[here])
            case 1:
                events[here], events[there] = events[there], events[here]
            case 2:
                events.insert(here, rng.choice(_STRANGE))
            case 3:
                events[here] = b""
            case 4:
                return b"\n\n".join(events)[: rng.randrange(len(data))]
            case _:
                events[here] = _odd(rng, events[here])
    return b"\n\n".join(events)


@pytest.mark.parametrize("name", _REDUCERS)
async def test_a_damaged_stream_has_one_end(name: str) -> None:
    """Cut, doubled, mixed up, with unknown events and values of any kind: one terminal event, no mistake of ours, parts whole, counts within reason."""
    rng = random.Random(7)  # the same damage every time
    for _ in range(150):
        answer = await _read(name, _damaged(rng, stream(f"{name}_{rng.choice(('tools', 'answer'))}")))
        assert getattr(answer.end, "code", "") != "internal"
        assert answer.usage is None or all(0 <= count <= 3_000_000_000 for count in (answer.usage.input, answer.usage.output, answer.usage.cache_read))
        blocks(answer)


async def test_arguments_of_five_megabytes() -> None:
    """They arrive whole."""
    piece = json.dumps({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "x" * 5_000}})
    quote = '"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":'
    told = [
        '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}',
        f'{{{quote}"{{\\"a\\":\\""}}}}', *[piece] * 1_000, f'{{{quote}"\\"}}"}}}}',
        '{"type":"message_delta","delta":{"stop_reason":"tool_use"}}', '{"type":"message_stop"}',
    ]  # fmt: skip
    answer = await _read("anthropic", "".join(f"data: {one}\n\n" for one in told).encode(), 65_536)
    assert len(answer.calls[0]["arguments"]["a"]) == 5_000_000


_END = (
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":5,"output_tokens":-5000}}\n\ndata: {"type":"message_stop"}\n\n'
)


def _begin(index: int, **block: Any) -> bytes:
    return f"data: {json.dumps({'type': 'content_block_start', 'index': index, 'content_block': block})}\n\n".encode()


async def test_a_part_that_begins_twice_ends_twice() -> None:
    """Both are told whole, and what a provider says to have written is never less than nothing."""
    answer = await _read("anthropic", _begin(0, type="text", text="One.") + _begin(0, type="text", text="Two.") + _END)
    assert (answer.text, answer.usage) == ("One.Two.", Usage(input=5))


@pytest.mark.parametrize("damage", [{"text": 7}, {"text": {"a": 1}}])
async def test_an_event_that_is_damaged_after_its_beginning(damage: dict[str, Any]) -> None:
    """What it had begun was told, so that its end is no mistake of ours."""
    answer = await _read("anthropic", _begin(0, type="text", **damage) + b'data: {"type":"content_block_stop","index":0}\n\n' + _END)
    assert answer.failure.code == "provider_cut"
    assert answer.kinds == ["text"]


async def test_a_tool_whose_name_is_no_text_has_none() -> None:
    """The call is kept, to be answered that there is no such tool."""
    answer = await _read("anthropic", _begin(0, type="tool_use", id=5, name=6, input={}) + _END)
    assert [(call["id"], call["name"]) for call in answer.calls] == [(None, None)]

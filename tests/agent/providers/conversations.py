"""Streams of our own making, the same conversation for each wire: a question, an answer with two calls, their results, an answer."""

from pathlib import Path
from typing import Any

import msgspec

from agent.messages import Block, Message, Text, ToolCall, ToolResult
from agent.providers import catalogue
from agent.providers.base import Connection, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ToolSpec, Usage, Wire
from agent.runs.draft import Draft
from tests import replay
from tests.agent.providers.answers import Answer, collect

TOOLS = (
    ToolSpec("capture_search", "Search calls.", {"type": "object", "properties": {"status": {"type": "string"}}}),
    ToolSpec("endpoint_list", "List endpoints.", {"type": "object", "properties": {}}),
)
ASKED = ModelRequest(model="m", system="Be short.", messages=(Message("user", (Text("Which failed?"),)),), tools=TOOLS, max_tokens=1000, cache_key="chat-1")
CALLS = [("endpoint_list", {}), ("capture_search", {"status": "4xx"})]
_STREAMS = Path(__file__).parent / "streams"


class Played(msgspec.Struct):
    """Both answers, and the bodies of the two requests."""

    first: Answer
    second: Answer
    asked: list[dict[str, Any]]


def stream(name: str) -> bytes:
    """One of the streams in `streams/`."""
    return (_STREAMS / f"{name}.sse").read_bytes()


async def play(wire: Wire, name: str, *, second_key: str = "key-1", **change: Any) -> Played:
    """The two turns, the answer of the first carried through the loop's own draft into the second request."""
    request = msgspec.structs.replace(ASKED, **change)
    with replay.serve(stream(f"{name}_tools"), stream(f"{name}_answer")) as upstream:
        url = upstream.anthropic if wire == "anthropic" else upstream.openai
        first = await collect(catalogue.WIRES[wire](Connection(wire, url, "key-1"), request))
        said = blocks(first)
        results = tuple(ToolResult(block.id, block.name, f"result of {block.name}") for block in said if isinstance(block, ToolCall))
        history = (*request.messages, Message("assistant", tuple(said)), Message("tool", results))
        second = await collect(catalogue.WIRES[wire](Connection(wire, url, second_key), msgspec.structs.replace(request, messages=history)))
    return Played(first, second, [request.body for request in upstream.requests])


def blocks(answer: Answer) -> list[Block]:
    """An answer as the loop stores it."""
    draft = Draft(1)
    for event in answer.events:
        match event:
            case PartStart():
                draft.start(event)
            case PartDelta():
                draft.delta(event)
            case PartEnd():
                draft.end(event)
            case _:
                pass
    return draft.blocks()


def check(played: Played, reasoning: str = "Two calls are needed.") -> None:
    """What both answers say is the same whatever the wire."""
    first = played.first
    assert first.text == "Let me look – one moment 🙂"
    assert first.reasoning == reasoning
    assert [(call["name"], call["arguments"]) for call in first.calls] == CALLS
    assert first.usage == Usage(input=2112, output=61, cache_read=2000, cache_write=100, reasoning=20)
    assert first.end == Finish("tool_calls")
    assert played.second.text == "There are two."
    assert played.second.usage == Usage(input=30, output=5)
    assert played.second.end == Finish("stop")

"""The seven compliance cases of the Open Responses specification, held against its own types, and OpenAI's SDK as a reader."""

import json
from typing import Any

import httpx
import httpx2
import pytest
from openai import AsyncOpenAI

from agent.providers import scripted
from tests.live import wiretalk

types = pytest.importorskip("openresponses_types", reason="needs the package openresponses-types")
WEATHER: Any = {
    "type": "function",
    "name": "get_weather",
    "description": "Get the current weather",
    "parameters": {"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
EVENTS = {
    "response.created": "ResponseCreatedStreamingEvent",
    "response.in_progress": "ResponseInProgressStreamingEvent",
    "response.output_item.added": "ResponseOutputItemAddedStreamingEvent",
    "response.content_part.added": "ResponseContentPartAddedStreamingEvent",
    "response.output_text.delta": "ResponseOutputTextDeltaStreamingEvent",
    "response.output_text.done": "ResponseOutputTextDoneStreamingEvent",
    "response.content_part.done": "ResponseContentPartDoneStreamingEvent",
    "response.output_item.done": "ResponseOutputItemDoneStreamingEvent",
    "response.function_call_arguments.delta": "ResponseFunctionCallArgumentsDeltaStreamingEvent",
    "response.function_call_arguments.done": "ResponseFunctionCallArgumentsDoneStreamingEvent",
    "response.completed": "ResponseCompletedStreamingEvent",
    "response.failed": "ResponseFailedStreamingEvent",
}


def _message(role: str, content: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": content}


CASES: list[tuple[str, dict[str, Any], Any, str]] = [
    ("basic-response", {"input": [_message("user", "Say hello in exactly 3 words.")]}, [{"text": "Hello there, friend."}], "message"),
    ("streaming-response", {"input": [_message("user", "Count from 1 to 5.")], "stream": True}, [{"text": "1 2 3 4 5"}], "message"),
    (
        "system-prompt",
        {"input": [_message("system", "You are a pirate."), _message("user", "Say hello.")]},
        lambda request: [{"text": "Ahoy" if "You are a pirate." in request.system else "Hello"}],
        "message",
    ),
    (
        "tool-calling",
        {"input": [_message("user", "Weather in San Francisco?")], "tools": [WEATHER]},
        [{"call": "get_weather", "arguments": {"location": "San Francisco"}}],
        "function_call",
    ),
    (
        "tool-calling-streaming",
        {"input": [_message("user", "Weather in San Francisco?")], "tools": [WEATHER], "stream": True},
        [{"text": "Looking."}, {"call": "get_weather", "arguments": {"location": "San Francisco"}}],
        "function_call",
    ),
    (
        "image-input",
        {"input": [_message("user", [{"type": "input_text", "text": "What do you see?"}, {"type": "input_image", "image_url": PIXEL}])]},
        [{"text": "A dot."}],
        "message",
    ),
    (
        "multi-turn",
        {"input": [_message("user", "My name is Alice."), _message("assistant", "Hello Alice!"), _message("user", "What is my name?")]},
        lambda request: [{"text": "Alice" if len(request.messages) == 3 else "?"}],
        "message",
    ),
]


async def _streamed(api: httpx.AsyncClient, body: dict[str, Any]) -> list[dict[str, Any]]:
    async with api.stream("POST", "/v1/responses", json=body) as answer:
        assert answer.status_code == 200
        lines = [line[6:] async for line in answer.aiter_lines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def _check(event: dict[str, Any]) -> None:
    getattr(types, EVENTS[event["type"]]).model_validate(event)


@pytest.mark.parametrize(("name", "body", "turn", "kind"), CASES, ids=[case[0] for case in CASES])
async def test_the_compliance_cases(database_url: str, monkeypatch: pytest.MonkeyPatch, name: str, body: dict[str, Any], turn: Any, kind: str) -> None:
    """The response is a ResponseResource with the item that was asked for; every event of a stream has its own type's shape."""
    scripted.play(name, [*([[]] if name == "multi-turn" else []), turn])
    async with wiretalk(monkeypatch) as api:
        request = {"model": f"scripted/{name}", **body}
        if body.get("stream"):
            events = await _streamed(api, request)
            for event in events:
                _check(event)
            assert [event["sequence_number"] for event in events] == list(range(len(events)))
            kinds = [event["type"] for event in events]
            assert kinds[0] == "response.created"
            assert kinds[-1] == "response.completed"
            if kind == "function_call":
                assert {"response.function_call_arguments.delta", "response.function_call_arguments.done"} <= set(kinds)
            found = events[-1]["response"]
        else:
            answer = await api.post("/v1/responses", json=request)
            assert answer.status_code == 200, answer.text
            found = answer.json()
        types.ResponseResource.model_validate(found)
        assert found["status"] == "completed"
        assert kind in [item["type"] for item in found["output"]]
        if name in ("system-prompt", "multi-turn"):
            assert found["output"][0]["content"][0]["text"] in ("Ahoy", "Alice")


async def test_the_sdk_reads_a_stream_and_hands_a_tool_back(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's own accumulator is content with the events, and a tool's output goes in as an item."""
    scripted.play("tool", [[{"text": "One moment. "}, {"call": "get_weather", "arguments": {"location": "Oslo"}}]])
    scripted.play("told", [[], lambda request: [{"text": "Sunny." if "sunny" in str(request.messages[-1]) else "?"}]])
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        token = api.headers["authorization"].removeprefix("Bearer ")
        client = AsyncOpenAI(api_key=token, base_url=f"{api.base_url}/v1", http_client=http, max_retries=0)
        async with client.responses.stream(model="scripted/tool", input="weather?", tools=[WEATHER]) as stream:
            async for _ in stream:
                pass
            first = await stream.get_final_response()
        call = next(item for item in first.output if item.type == "function_call")
        assert json.loads(call.arguments) == {"location": "Oslo"}
        items: list[Any] = [
            {"role": "user", "content": "weather?"},
            {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
            {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"},
        ]
        assert (await client.responses.create(model="scripted/told", input=items)).output_text == "Sunny."


async def test_a_failure_is_an_event_of_a_stream(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that has begun ends in `response.failed`; a request in one piece is an error with its status."""
    scripted.play("broken", [[{"text": "Well, "}, {"failure": "provider_failed", "message": "It broke."}]])
    async with wiretalk(monkeypatch) as api:
        events = await _streamed(api, {"model": "scripted/broken", "input": "hi", "stream": True})
        for event in events:
            _check(event)
        assert events[-1]["type"] == "response.failed"
        assert "It broke." in events[-1]["response"]["error"]["message"]
        scripted.play("broken", [[{"failure": "provider_failed", "message": "It broke."}]])
        whole = await api.post("/v1/responses", json={"model": "scripted/broken", "input": "hi"})
        assert whole.status_code == 502
        assert whole.json()["error"]["code"] == "provider_failed"


async def test_what_is_not_offered_is_refused_by_name(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """State, background, tools that OpenAI runs and items of them: each named, with what to do. What other models thought is passed over."""
    refused: list[tuple[dict[str, Any], str]] = [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"background": True}, "background"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"max_tool_calls": 3}, "max_tool_calls"),
        ({"truncation": "some"}, "truncation"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0].type"),
        ({"input": [{"type": "web_search_call", "id": "ws_1"}]}, "input[0].type"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input[0].call_id"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "input[0].content[0]"),
    ]
    async with wiretalk(monkeypatch) as api:
        for change, param in refused:
            answer = await api.post("/v1/responses", json={"input": "hi", **change})
            assert (answer.status_code, answer.json()["error"]["param"]) == (422, param), (change, answer.text)
        taken = {"store": True, "background": False, "truncation": "auto", "include": ["reasoning.encrypted_content"], "reasoning": {"effort": "low"}}
        items = [{"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "hi"}]
        form = {"format": {"type": "json_schema", "name": "place", "schema": {"type": "object", "required": ["city"]}}}
        scripted.play("json", [[{"text": '{"city": "Paris"}'}]])
        for body in ({"input": items, **taken}, {"model": "scripted/json", "input": "hi", "text": form}):
            answer = await api.post("/v1/responses", json=body)
            assert types.ResponseResource.model_validate(answer.json()).status == "completed"
        assert answer.json()["output"][0]["content"][0]["text"] == '{"city": "Paris"}'

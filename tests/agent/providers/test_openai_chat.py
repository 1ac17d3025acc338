"""Chat Completions in many accents: what is asked, what is understood, what goes back on the next turn."""

import json
from typing import Any

import pytest

from agent.messages import Message, Picture, Text, ToolCall, ToolResult
from agent.providers import openai_chat
from agent.providers.base import Connection, Failure, Finish, ModelRequest
from tests import replay
from tests.agent.providers.answers import HELLO, Answer, collect
from tests.agent.providers.conversations import ASKED, blocks, check, play
from tests.replay import Reply


async def _answer(*script: replay.Script) -> Answer:
    with replay.serve(*script) as upstream:
        return await collect(openai_chat.stream(Connection("openai-compatible", upstream.openai, "k"), HELLO))


def _chunks(*deltas: dict[str, Any], done: bool = True) -> bytes:
    data = "".join(f"data: {json.dumps({'choices': [{'index': 0, 'delta': delta}]})}\n\n" for delta in deltas)
    return (data + ("data: [DONE]\n\n" if done else "")).encode()


def _call(id: Any = None, name: Any = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{**({"id": id} if id is not None else {}), "function": {"name": name, "arguments": arguments}, **more}]}


async def test_a_conversation_of_two_turns() -> None:
    """Reasoning, text in two shapes, a call with null for arguments and one in pieces come, and go back with signature and ids."""
    played = await play("openai-compatible", "chat")
    check(played)
    first, second = played.asked
    assert first["messages"] == [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Which failed?"}]
    assert (first["stream_options"], first["max_tokens"]) == ({"include_usage": True}, 1000)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["capture_search", "endpoint_list"]
    assert second["messages"][2:] == [
        {
            "role": "assistant",
            "content": "Let me look – one moment 🙂",
            "reasoning_content": "Two calls are needed.",
            "tool_calls": [
                {
                    "id": "call_made_1",
                    "type": "function",
                    "function": {"name": "endpoint_list", "arguments": "{}"},
                    "extra_content": {"google": {"thought_signature": "c2lnbmVk"}},
                },
                {"id": "call_made_2", "type": "function", "function": {"name": "capture_search", "arguments": '{"status":"4xx"}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_made_1", "content": "result of endpoint_list"},
        {"role": "tool", "tool_call_id": "call_made_2", "content": "result of capture_search"},
    ]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        ([_call("a", "f", '{"x": 1}'), _call("b", "f", '{"x": 2}')], [("a", {"x": 1}), ("b", {"x": 2})]),
        ([_call("a", "f", '{"x":'), _call("", "", " 1}")], [("a", {"x": 1})]),
        ([_call(None, "f", '{"x":'), _call(None, "f", " 1}"), _call(None, "f", '{"x": 2}')], [(None, {"x": 1}), (None, {"x": 2})]),
        ([_call("a", "f", "{}", index=0), _call("b", "f", '{"x": 2}', index=0)], [("a", {}), ("b", {"x": 2})]),
        ([_call("a", "f", "", index=1), _call("a", "f", "{}", index=1)], [("a", {})]),
        ([_call("a", "f", None, index=0)], [("a", {})]),
        ([_call("a", "f", {"x": 1}, index=0)], [("a", {"x": 1})]),
        ([_call("a", None, '{"x":', index=0), _call(None, "f", "1}", index=0)], [("a", {"x": 1})]),
    ],
    ids=["by id", "empty id and name later", "by place", "all numbered 0", "name and arguments twice", "null", "an object", "name late"],
)
async def test_calls_are_told_apart_whatever_marks_them(deltas: list[dict[str, Any]], expected: list[tuple[str | None, dict[str, int]]]) -> None:
    """By index, else by id, else by place; the first name counts; a missing reason is a call's."""
    answer = await _answer(_chunks(*deltas))
    assert [(call["id"], call["name"], call["arguments"]) for call in answer.calls] == [(id, "f", arguments) for id, arguments in expected]
    assert answer.end == Finish("tool_calls")


async def test_no_reason_and_no_end_is_a_failure() -> None:
    """Without a reason the closing line is needed, and with it something must have been said."""
    for stream in (_chunks({"content": "Hal"}, done=False), _chunks({"content": ""})):
        failure = (await _answer(stream)).end
        assert isinstance(failure, Failure)
        assert failure.code == "provider_cut"


async def test_sealed_reasoning_goes_back_in_one_piece() -> None:
    """Details that come in pieces are joined, also when there is no text to show."""
    stream = _chunks(
        {"reasoning": "So", "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "So"}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": " it is", "signature": "sig"}]},
        _call("a", "f", "{}", index=0),
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "c2Vh"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "bGVk"}]},
    )
    with replay.serve(stream, [{"text": "ok"}]) as upstream:
        connection = Connection("openai-compatible", upstream.openai, "k")
        said = blocks(await collect(openai_chat.stream(connection, HELLO)))
        history = (*HELLO.messages, Message("assistant", tuple(said)), Message("tool", (ToolResult("call_1_1", "f", "r"),)))
        await collect(openai_chat.stream(connection, ModelRequest("m", "Be short.", history)))
    assert upstream.requests[1].body["messages"][2]["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "So it is", "signature": "sig"},
        {"type": "reasoning.encrypted", "index": 1, "data": "c2VhbGVk"},
    ]


@pytest.mark.parametrize(
    ("complaint", "gone", "kept"),
    [
        ("Extra inputs are not permitted: stream_options", {"stream_options"}, {"max_tokens"}),
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", {"max_tokens"}, {"max_completion_tokens", "stream_options"}),
        ("max_tokens is too large for this model's context", {"max_tokens"}, {"stream_options"}),
    ],
)
async def test_a_field_that_a_server_does_not_know_is_left_out(complaint: str, gone: set[str], kept: set[str]) -> None:
    """A strict server names what it rejects; then the same is asked without."""
    with replay.serve(Reply(status=422, json={"error": {"message": complaint}}), [{"text": "OK"}]) as upstream:
        answer = await collect(openai_chat.stream(Connection("openai-compatible", upstream.openai, "k"), HELLO))
    assert answer.text == "OK"
    again = upstream.requests[1].body.keys()
    assert not gone & again
    assert kept <= again


async def test_a_complaint_about_anything_else_is_final() -> None:
    """It is not asked twice."""
    with replay.serve(Reply(status=400, json={"error": {"message": "the model is in a bad mood"}})) as upstream:
        answer = await collect(openai_chat.stream(Connection("openai-compatible", upstream.openai, "k"), HELLO))
    assert "bad mood" in answer.failure.message
    assert len(upstream.requests) == 1


def test_a_user_never_follows_a_tool() -> None:
    """Some servers refuse that order, so the assistant says that it was interrupted."""
    messages = (
        Message("user", (Text("x"),)),
        Message("assistant", (ToolCall("a", "t", {}),)),
        Message("tool", (ToolResult("a", "t", "r"),)),
        Message("user", (Text("y"),)),
    )
    roles = [message["role"] for message in openai_chat.body(Connection("openai-compatible"), ModelRequest("m", "", messages), "here")["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]


def test_only_openai_itself_gets_openais_own_fields() -> None:
    """A cache key and the newer name of the limit go there alone."""
    own = openai_chat.body(Connection("openai-compatible", "https://api.openai.com/v1"), ASKED, "here")
    other = openai_chat.body(Connection("openai-compatible", "https://api.example.com/v1"), ASKED, "here")
    assert own.keys() - other.keys() == {"prompt_cache_key", "max_completion_tokens"}


def test_an_image_goes_as_an_image() -> None:
    """A message in parts where it shows one; plain text, which every server takes, where it does not."""
    said = (Message("user", (Text("what is it?"), Picture("image/png", b"png"))), Message("assistant", (Text("A dot."),)), Message("user", (Text("thanks"),)))
    asked = openai_chat.body(Connection("openai-compatible", "http://a", "k"), ModelRequest("llava", "", said), "here")
    shown, _, thanks = asked["messages"]
    assert shown["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}}
    assert thanks["content"] == "thanks"


async def test_thoughts_go_back_in_every_turn() -> None:
    """DeepSeek refuses a later question whose history has lost them; where another model made the calls it asks for them, and gets a blank."""
    wants = Reply(status=400, json={"error": {"message": "The `reasoning_content` in the thinking mode must be passed back to the API."}})
    with replay.serve([{"reasoning": "Hm."}, {"text": "Hi."}], wants, [{"text": "Fine."}]) as upstream:
        connection = Connection("openai-compatible", upstream.openai, "k")
        said = Message("assistant", tuple(blocks(await collect(openai_chat.stream(connection, HELLO)))))
        others = (Message("user", (Text("And?"),)), Message("assistant", (Text("Yes."),)), Message("user", (Text("Why?"),)))
        request = ModelRequest("m", "Be short.", (*HELLO.messages, said, *others))
        assert (await collect(openai_chat.stream(connection, request))).text == "Fine."
    asked = [[message.get("reasoning_content") for message in one.body["messages"] if message["role"] == "assistant"] for one in upstream.requests]
    assert asked == [[], ["Hm.", None], ["Hm.", " "]]


async def test_a_field_that_a_server_refuses_is_left_out() -> None:
    """Thoughts that it told but does not take back, and a limit that does not fit into its window."""
    refuses = Reply(status=400, json={"error": {"message": "property 'reasoning_content' is unsupported"}})
    full = Reply(status=400, json={"error": {"message": "maximum context length is 8192 tokens: 1608 in the messages, 8192 in the completion."}})
    with replay.serve([{"reasoning": "Hm."}, {"text": "Hi."}], refuses, full, [{"text": "Fine."}]) as upstream:
        connection = Connection("openai-compatible", upstream.openai, "k")
        said = Message("assistant", tuple(blocks(await collect(openai_chat.stream(connection, HELLO)))))
        request = ModelRequest("m", "", (*HELLO.messages, said, Message("user", (Text("And?"),))))
        assert (await collect(openai_chat.stream(connection, request))).text == "Fine."
    last = upstream.requests[-1].body
    assert "max_tokens" not in last
    assert not any("reasoning_content" in message for message in last["messages"])

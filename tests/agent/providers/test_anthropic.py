"""The Messages API: what is asked, what is understood, what goes back on the next turn."""

from agent.messages import Message, Picture, Text, ToolCall, ToolResult
from agent.providers import anthropic, history
from agent.providers.base import Connection, Finish, ModelRequest, ToolSpec
from tests import replay
from tests.agent.providers.answers import HELLO, collect
from tests.agent.providers.conversations import ASKED, blocks, check, play

CACHED = {"cache_control": {"type": "ephemeral"}}


async def test_a_conversation_of_two_turns() -> None:
    """Thinking, sealed thinking, text and two calls come, and go back as they came, with both results in one user turn."""
    played = await play("anthropic", "anthropic")
    check(played)
    first, second = played.asked
    assert first["system"] == [{"type": "text", "text": "Be short.", **CACHED}]
    assert [tool["name"] for tool in first["tools"]] == ["capture_search", "endpoint_list"]
    assert first["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Which failed?", **CACHED}]}]
    assert second["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Two calls are needed.", "signature": "c2lnbmVk"},
                {"type": "redacted_thinking", "data": "c2VhbGVk"},
                {"type": "text", "text": "Let me look – one moment 🙂"},
                {"type": "tool_use", "id": "toolu_made_1", "name": "endpoint_list", "input": {}},
                {"type": "tool_use", "id": "toolu_made_2", "name": "capture_search", "input": {"status": "4xx"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_made_1", "content": "result of endpoint_list"},
                {"type": "tool_result", "tool_use_id": "toolu_made_2", "content": "result of capture_search", **CACHED},
            ],
        },
    ]


async def test_the_cached_prefix_does_not_change() -> None:
    """System prompt, tools and first message are the same bytes in both turns; where the first request ended is marked in the second too."""
    first, second = (await play("anthropic", "anthropic")).asked
    assert (first["system"], first["tools"]) == (second["system"], second["tools"])
    assert second["messages"][0] == first["messages"][0]


async def test_another_account_gets_no_signature() -> None:
    """With another key the thinking stays at home and the calls get ids of ours."""
    said = (await play("anthropic", "anthropic", second_key="key-2")).asked[1]["messages"][1]["content"]
    assert [block["type"] for block in said] == ["text", "tool_use", "tool_use"]
    assert not any(block.get("id", "").startswith("toolu") for block in said)


def test_what_a_user_says_after_results_is_in_their_turn() -> None:
    """Results first, errors marked, an empty one said to be so."""
    messages = (
        Message("user", (Text("x"),)),
        Message("assistant", (ToolCall("a", "t", {}), ToolCall("b", "t", {}), ToolCall("c", "t", {}))),
        Message("tool", (ToolResult("a", "t", ""), ToolResult("b", "t", "no", state="denied"))),
        Message("user", (Text("And now?"),)),
    )
    body = anthropic.body(ModelRequest("m", "", messages), "here")
    assert "system" not in body
    assert [message["role"] for message in body["messages"]] == ["user", "assistant", "user"]
    shown = [(block.get("content") or block.get("text"), block.get("is_error")) for block in body["messages"][-1]["content"]]
    assert shown == [("(empty)", None), ("no", True), ("The call was not carried out.", True), ("And now?", None)]


def test_thoughts_are_shown_where_there_are_any() -> None:
    """Adaptive thinking for a model that knows it, nothing for an older one; of those that think anyway only the showing is asked for."""
    shown = {"type": "adaptive", "display": "summarized"}

    def body(model: str, **more: str) -> dict[str, object]:
        return anthropic.body(ModelRequest(model, "", (), **more), "here")  # type: ignore[arg-type]

    assert (body("claude-sonnet-5-5")["thinking"], "output_config" in body("claude-sonnet-5-5")) == (shown, False)
    assert body("claude-opus-4-8", effort="low")["thinking"] == shown
    assert body("claude-sonnet-5-5", effort="low")["output_config"] == {"effort": "low"}
    assert "thinking" not in body("claude-opus-4-8")
    assert "thinking" not in body("claude-sonnet-4-5", effort="low")


async def test_a_tool_is_called_by_its_own_name() -> None:
    """A name that the provider does not take is changed on the way out and back."""
    tool = ToolSpec("server.find/all", "", {"anyOf": []})
    with replay.serve(lambda request: [{"call": request.body["tools"][0]["name"], "arguments": {"q": 1}}]) as upstream:
        answer = await collect(anthropic.stream(Connection("anthropic", upstream.anthropic, "k"), ModelRequest("m", "", ASKED.messages, (tool,))))
    assert upstream.requests[0].body["tools"][0] == {
        "name": history.safe_name(tool.name),
        "description": "",
        "input_schema": {"type": "object", "properties": {}},
    }
    assert answer.calls[0]["name"] == "server.find/all"


async def test_a_paused_turn_goes_back_as_it_is() -> None:
    """Blocks of the provider's own tools are kept whole, and the turn stays the last."""
    paused = b"".join(
        b"data: " + data + b"\n\n"
        for data in (
            b'{"type":"message_start","message":{"usage":{"input_tokens":1}}}',
            b'{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{}}}',
            b'{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"query\\": \\"x\\"}"}}',
            b'{"type":"content_block_stop","index":0}',
            b'{"type":"message_delta","delta":{"stop_reason":"pause_turn"},"usage":{"output_tokens":2}}',
            b'{"type":"message_stop"}',
        )
    )
    with replay.serve(paused, [{"text": "Found."}]) as upstream:
        connection = Connection("anthropic", upstream.anthropic, "k")
        answer = await collect(anthropic.stream(connection, HELLO))
        assert answer.end == Finish("pause")
        more = (*HELLO.messages, Message("assistant", tuple(blocks(answer))))
        await collect(anthropic.stream(connection, ModelRequest("m", "Be short.", more)))
    assert upstream.requests[1].body["messages"][-1] == {
        "role": "assistant",
        "content": [{"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}],
    }


async def test_arguments_that_come_whole() -> None:
    """Imitations put them into the block's start and send no delta."""
    stream = (
        b'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"a":1}}}\n\n'
        b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\ndata: {"type":"message_stop"}\n\n'
    )
    with replay.serve(stream) as upstream:
        answer = await collect(anthropic.stream(Connection("anthropic", upstream.anthropic, "k"), HELLO))
    assert answer.calls[0]["arguments"] == {"a": 1}
    assert answer.end == Finish("tool_calls")


def test_an_image_goes_as_an_image() -> None:
    """Beside the words of its message, in base64."""
    asked = anthropic.body(ModelRequest("claude-sonnet-5-5", "", (Message("user", (Text("what is it?"), Picture("image/png", b"png"))),)), "here")
    content = asked["messages"][0]["content"]
    assert content[1]["source"] == {"type": "base64", "media_type": "image/png", "data": "cG5n"}


async def test_thoughts_whose_conversation_has_changed_are_left_out() -> None:
    """Newer models refuse them once old turns were summed up or deleted: the same is asked once more without any, and another refusal stands."""
    said = "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different conversation."
    refuses = replay.Reply(status=400, json={"type": "error", "error": {"type": "invalid_request_error", "message": said}})
    with replay.serve([{"reasoning": "Hm."}, {"text": "Hi."}], refuses, [{"text": "Fine."}], refuses, refuses) as upstream:
        connection = Connection("anthropic", upstream.anthropic, "k")
        before = Message("assistant", tuple(blocks(await collect(anthropic.stream(connection, HELLO)))))
        request = ModelRequest("m", "Be short.", (*HELLO.messages, before, Message("user", (Text("And?"),))))
        assert (await collect(anthropic.stream(connection, request))).text == "Fine."
        assert "bound to a different conversation" in (await collect(anthropic.stream(connection, request))).failure.message
    told = [[block["type"] for message in one.body["messages"] for block in message["content"]] for one in upstream.requests]
    assert told[1:] == [["text", "thinking", "text", "text"], ["text"] * 3] * 2

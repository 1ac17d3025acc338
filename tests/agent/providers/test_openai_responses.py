"""The Responses API: what is asked, what is understood, what goes back on the next turn."""

from agent.messages import Message, Picture, Refusal, Text
from agent.providers import openai_responses
from agent.providers.base import Connection, Finish, ModelRequest
from tests import replay
from tests.agent.providers.answers import HELLO, collect
from tests.agent.providers.conversations import ASKED, check, play


async def test_a_conversation_of_two_turns() -> None:
    """Sealed reasoning, a commentary and two interleaved calls come, and go back with their ids, phase and seal."""
    played = await play("openai", "responses")
    check(played, "First.\n\nSecond.")
    first, second = played.asked
    assert (first["store"], first["include"], first["instructions"], first["prompt_cache_key"]) == (
        False,
        ["reasoning.encrypted_content"],
        "Be short.",
        "chat-1",
    )
    assert [(tool["name"], tool["strict"]) for tool in first["tools"]] == [("capture_search", False), ("endpoint_list", False)]
    assert first["input"] == [{"role": "user", "content": [{"type": "input_text", "text": "Which failed?"}]}]
    assert second["input"][1:] == [
        {
            "type": "reasoning",
            "id": "rs_made_1",
            "summary": [{"type": "summary_text", "text": "First."}, {"type": "summary_text", "text": "Second."}],
            "encrypted_content": "c2VhbGVk",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Let me look – one moment 🙂", "annotations": []}],
            "id": "msg_made_1",
            "status": "completed",
            "phase": "commentary",
        },
        {"type": "function_call", "id": "fc_made_1", "call_id": "call_made_1", "name": "endpoint_list", "arguments": "{}"},
        {"type": "function_call", "id": "fc_made_2", "call_id": "call_made_2", "name": "capture_search", "arguments": '{"status":"4xx"}'},
        {"type": "function_call_output", "call_id": "call_made_1", "output": "result of endpoint_list"},
        {"type": "function_call_output", "call_id": "call_made_2", "output": "result of capture_search"},
    ]


async def test_another_account_gets_no_seal() -> None:
    """With another key the reasoning and all ids stay at home, each call still has its result."""
    items = (await play("openai", "responses", second_key="key-2")).asked[1]["input"]
    assert [item.get("type", item.get("role")) for item in items] == [
        "user",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ]
    assert not any("id" in item or "phase" in item for item in items)
    assert [item["call_id"] for item in items[2:4]] == [item["call_id"] for item in items[4:]]


async def test_reasoning_without_a_seal_is_not_sent_back() -> None:
    """A server that keeps reasoning to itself would look for the item and refuse it."""
    item = b'{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm."}]}'
    stream = b'data: {"type":"response.output_item.done","output_index":0,"item":%s}\n\ndata: {"type":"response.completed","response":{"output":[]}}\n\n' % item
    with replay.serve(stream) as upstream:
        answer = await collect(openai_responses.stream(Connection("openai", upstream.openai, "k"), HELLO))
    assert (answer.reasoning, answer.metas) == ("Hm.", [])


async def test_an_answer_cut_by_its_length() -> None:
    """`incomplete` is an answer that ended early, with what it says."""
    with replay.serve([{"text": "Too lo"}, {"finish": "length"}]) as upstream:
        answer = await collect(openai_responses.stream(Connection("openai", upstream.openai, "k"), HELLO))
    assert (answer.text, answer.end) == ("Too lo", Finish("length"))


async def test_a_refusal_is_told_from_an_answer() -> None:
    """It has its own part and its own reason."""
    with replay.serve([{"refusal": "I can't help with that."}]) as upstream:
        answer = await collect(openai_responses.stream(Connection("openai", upstream.openai, "k"), HELLO))
    assert (answer.text, answer.refusal, answer.end) == ("", "I can't help with that.", Finish("refusal"))


def test_reasoning_effort_is_asked_for_only_when_wanted() -> None:
    """And then with a summary to show."""
    assert "reasoning" not in openai_responses.body(ASKED, "here")
    assert openai_responses.body(ModelRequest("m", "", (), effort="high"), "here")["reasoning"] == {"effort": "high", "summary": "auto"}


def test_what_another_provider_said_is_plain_text() -> None:
    """Texts and refusals of one turn are one message without marks."""
    said = Message("assistant", (Text("a", {"origin": "x", "item_id": "msg_9"}), Refusal("b")))
    items = openai_responses.body(ModelRequest("m", "", (Message("user", (Text("q"),)), said, Message("user", (Text("r"),)))), "here")["input"]
    assert items[1] == {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "a", "annotations": []}, {"type": "refusal", "refusal": "b"}],
    }


def test_an_image_goes_as_an_image() -> None:
    """Beside the words of its message, as a data URL."""
    asked = openai_responses.body(ModelRequest("gpt-5", "", (Message("user", (Text("what is it?"), Picture("image/png", b"png"))),)), "here")
    assert asked["input"][0]["content"][1] == {"type": "input_image", "image_url": "data:image/png;base64,cG5n"}

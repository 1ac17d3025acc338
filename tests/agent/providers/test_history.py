"""A conversation made fit for any provider."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.messages import Block, Message, Reasoning, Refusal, Text, ToolCall, ToolResult
from agent.providers import history
from agent.providers.base import Connection, ModelRequest, ToolSpec

HERE = "here"


def _call(id: str, name: str = "t", **meta: str) -> ToolCall:
    return ToolCall(id, name, {}, meta or None)


def test_every_call_gets_a_result() -> None:
    """A call without one gets an error, a result without a call goes, a second result goes."""
    turns = history.tidy(
        [
            Message("user", (Text("hi"),)),
            Message("assistant", (_call("a"), _call("b"))),
            Message("tool", (ToolResult("b", "t", "B"), ToolResult("b", "t", "again"), ToolResult("zzz", "t", "orphan"))),
            Message("assistant", (Text("done "),)),
            Message("user", (Text("thanks"),)),
        ],
        HERE,
    )
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "assistant", "user"]
    results = [block for block in turns[2].content if isinstance(block, ToolResult)]
    assert [(result.text, result.state) for result in results] == [("The call was not carried out.", "error"), ("B", "ok")]
    assert [result.call_id for result in results] == [block.id for block in turns[1].content if isinstance(block, ToolCall)]
    assert turns[3].content == (Text("done"),)


def test_ids_come_back_to_their_maker_only() -> None:
    """The provider's own id is used once, at its own server; everywhere else an id is made that every server takes."""
    said = (_call("call_1_0", origin=HERE, provider_id="toolu_1"), _call("call_1_1", origin="elsewhere", provider_id="toolu_2"), _call("call_1_2"))
    again = Message("assistant", (_call("call_1_0", origin=HERE, provider_id="toolu_1"),))
    turns = history.tidy([Message("user", (Text("x"),)), Message("assistant", said), again, Message("user", (Text("y"),)), again], HERE)
    ids = [block.id for turn in turns for block in turn.content if isinstance(block, ToolCall)]
    assert ids[0] == "toolu_1"
    assert "toolu_2" not in ids
    assert len(set(ids)) == len(ids) == 5
    assert all(len(id) == 9 and id.isalnum() for id in ids[1:])


def test_the_same_conversation_gets_the_same_ids_as_it_grows() -> None:
    """Else a provider's prompt cache would miss from the first made id on."""
    start = [
        Message("user", (Text("x"),)),
        Message("assistant", (_call("a"), _call("b"))),
        Message("tool", (ToolResult("a", "t", "1"), ToolResult("b", "t", "2"))),
    ]
    more = [*start, Message("assistant", (_call("c"),)), Message("tool", (ToolResult("c", "t", "3"),))]
    assert history.tidy(more, HERE)[: len(start)] == history.tidy(start, HERE)


def test_reasoning_goes_back_to_its_maker_only() -> None:
    """Sealed reasoning of another server, account or model would be refused."""
    blocks: tuple[Block, ...] = (
        Reasoning("own", {"origin": HERE, "signature": "s"}),
        Reasoning("other", {"origin": "x", "signature": "s"}),
        Reasoning("bare"),
        Text("t"),
    )
    turns = history.tidy([Message("user", (Text("x"),)), Message("assistant", blocks), Message("user", (Text("y"),))], HERE)
    assert turns[1].content == (blocks[0], blocks[3])


def test_an_origin_gives_nothing_away_and_tells_servers_accounts_and_models_apart() -> None:
    """It is short, has no part of the key, and changes with each of the three."""

    def mark(url: str, key: str, model: str) -> str:
        return history.origin(Connection("openai", url, key), ModelRequest(model, "", ()))

    marks = {
        mark("https://a/v1", "sk-1234567890", "m"),
        mark("https://b/v1", "sk-1234567890", "m"),
        mark("https://a/v1", "sk-other", "m"),
        mark("https://a/v1", "sk-1234567890", "n"),
    }
    assert len(marks) == 4
    assert all(len(one) == 12 and "sk" not in one for one in marks)


def test_a_paused_turn_stays_last_and_any_other_is_asked_to_go_on() -> None:
    """Providers refuse a conversation that ends with the assistant, unless they paused it themselves."""
    paused = Message("assistant", (Text("searching"), Reasoning("", {"origin": HERE, "block": {"type": "server_tool_use"}})))
    assert history.tidy([Message("user", (Text("x"),)), paused], HERE)[-1].role == "assistant"
    assert history.tidy([Message("user", (Text("x"),)), Message("assistant", (Text("half"),))], HERE)[-1] == Message("user", (Text("Go on."),))
    assert history.tidy([], HERE)[0].role == "user"


def test_names_fit_and_stay_apart() -> None:
    """Letters, digits, `_` and `-` up to 64; two long names with the same beginning stay two."""
    long = "server.tool/" + "x" * 80
    names = [history.safe_name(name) for name in ("plain_name", "a.b", "a/b", long, long + "y", "")]
    assert names[0] == "plain_name"
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 64 and name.replace("_", "").replace("-", "").isalnum() for name in names)
    assert history.safe_names([ToolSpec("a.b", "", {})]) == {names[1]: "a.b"}


def test_a_schema_is_a_plain_object() -> None:
    """Alternatives at the top, for which a provider refuses the whole request, are left out."""
    assert history.safe_schema({"oneOf": [{}], "$schema": "x", "properties": {"a": {"oneOf": []}}}) == {"type": "object", "properties": {"a": {"oneOf": []}}}


_ids = st.sampled_from(["a", "b", "c"])
_blocks = st.one_of(
    st.builds(Text, st.sampled_from(["", " ", "text ", "more"])),
    st.builds(Refusal, st.sampled_from(["", "no"])),
    st.builds(Reasoning, st.just("r"), st.sampled_from([None, {"origin": HERE, "signature": "s"}, {"origin": "x"}])),
    st.builds(_call, _ids, st.sampled_from(["t", "a.b"])),
    st.builds(ToolResult, _ids, st.just("t"), st.sampled_from(["", "out"])),
)
_messages = st.lists(st.builds(Message, st.sampled_from(["user", "assistant", "system", "tool"]), st.lists(_blocks, max_size=4).map(tuple)), max_size=8)


@settings(max_examples=150, deadline=None)
@given(_messages)
def test_any_history_becomes_one_that_providers_take(messages: list[Message]) -> None:
    """Whatever came before: roles alternate, no text is empty, ids are unique, each call has its one result in the next turn."""
    assistant_only = [Message(m.role, tuple(b for b in m.content if m.role == "assistant" or not isinstance(b, ToolCall | Reasoning))) for m in messages]
    turns = history.tidy(assistant_only, HERE)
    assert turns[0].role == "user"
    assert turns[-1].role != "assistant"
    assert all(before.role != after.role for before, after in pairwise(turns))
    calls = [block.id for turn in turns for block in turn.content if isinstance(block, ToolCall)]
    assert len(set(calls)) == len(calls)
    for index, turn in enumerate(turns):
        assert turn.content
        assert all(block.text.strip() for block in turn.content if isinstance(block, Text | Refusal))
        asked = [block.id for block in turn.content if isinstance(block, ToolCall)]
        given = [block.call_id for block in turns[index + 1].content if isinstance(block, ToolResult)] if asked else []
        assert asked == given


def test_reasoning_that_led_to_nothing_stays_behind() -> None:
    """An answer that was cut off as its call began ends in reasoning, which Anthropic and OpenAI refuse as the end of a turn: every later message would fail."""
    signed = Reasoning("hm", {"origin": HERE, "signature": "s"})
    sealed = Reasoning("", {"origin": HERE, "block": {"type": "reasoning", "encrypted_content": "x"}})
    hidden = Reasoning("", {"origin": HERE, "block": {"type": "redacted_thinking", "data": "x"}})
    searched = Reasoning("", {"origin": HERE, "block": {"type": "web_search_tool_result", "content": []}})
    asked, again = Message("user", (Text("x"),)), Message("user", (Text("y"),))
    for thought in (signed, sealed, hidden):
        kept = history.tidy([asked, Message("assistant", (thought, Text("So."), thought)), again], HERE)
        assert [turn.content for turn in kept] == [(Text("x"),), (thought, Text("So.")), (Text("y"),)]
        alone = history.tidy([asked, Message("assistant", (thought,)), again], HERE)
        assert [turn.content for turn in alone] == [(Text("x"), Text("y"))]
    assert history.tidy([asked, Message("assistant", (signed, searched))], HERE)[-1].content == (signed, searched)

"""What the model sees: stable beginnings, fences, shortened results that can be read further, windows."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

import jinja2
import pytest

from agent import instructions
from agent.messages import Block, History, Text, ToolCall, ToolResult
from agent.runs import compaction, context
from agent.tools.menu import TOOLS
from tests import prompt_cache, replay
from tests.live import wiretalk

CHAT = UUID("0197a3f2-7c11-7aa0-8000-1234567890ab")


def _turn(number: int, result: str = "fine", trust: str = "trusted") -> History:
    answer: list[Block] = [
        ToolCall("call_1_0", "endpoint_list", {}),
        ToolResult("call_1_0", "endpoint_list", result, trust=trust),  # type: ignore[arg-type]
        Text(f"Answer {number}."),
    ]
    return [("user", [Text(f"Question {number}?")]), ("assistant", answer)]


def test_the_beginning_stays_the_same() -> None:
    """A longer conversation begins byte for byte as the shorter one did, with captured text in it too: that is what prompt caches need."""
    history: History = [*_turn(1, "x" * 9000, "captured"), *_turn(2, "y" * 9000)]
    before = context.build(CHAT, history)
    after = context.build(CHAT, [*history, *_turn(3)])
    assert after[: len(before)] == before
    assert context.system_prompt("http://a", TOOLS) == context.system_prompt("http://a", TOOLS)


def test_a_long_result_can_be_read_further() -> None:
    """What is left out is counted, with the handle and the offset that go on."""
    shown = context.build(CHAT, _turn(1, "z" * 100_000))[2].content[0]
    assert isinstance(shown, ToolResult)
    assert len(shown.text) < 25_000
    assert "76,000 more characters: `result_read` with result `1:call_1_0` and offset 24000" in shown.text


def test_a_full_window_shortens_old_results_first() -> None:
    """Before anything of what people said is left out, the results of earlier turns lose their tails; the newest keep theirs."""
    history: History = [*_turn(1, "a" * 20_000), *_turn(2, "b" * 20_000)]
    built = context.build(CHAT, history, 30_000)
    texts = [block.text for message in built for block in message.content if isinstance(block, ToolResult)]
    assert len(texts[0]) < 2_000
    assert texts[1] == "b" * 20_000
    assert [block.text for message in built for block in message.content if isinstance(block, Text)] == ["Question 1?", "Answer 1.", "Question 2?", "Answer 2."]


def test_what_still_does_not_fit_falls_away_in_whole_turns() -> None:
    """The cut stands before a question, so no call loses its result."""
    built = context.build(CHAT, [turn for n in range(50) for turn in _turn(n, "c" * 1_000)], 10_000)
    assert built[0].role == "user"
    assert 4 < len(built) < 50


def test_room_follows_the_model() -> None:
    """A model with a larger window gets more of the conversation; an unknown one a careful guess."""
    assert context.room("claude-sonnet-5-5") > context.room("gpt-4o") > context.room("some-local-model") > 8_000


def test_instructions_are_strict() -> None:
    """A variable that is missing is an error, and a prompt's version is that of its source."""
    with pytest.raises(jinja2.UndefinedError):
        instructions.render("system", tools=())
    assert context.system_prompt("a", ()).hash == context.system_prompt("b", (), shows_results=True).hash


def test_a_handle_names_the_place_in_the_branch() -> None:
    """Also behind a summary, where the model's conversation is shorter: calls of two answers have the same ids, so a wrong place is another result."""
    history: History = [*_turn(1), *_turn(2), *_turn(3), *_turn(4, "z" * 100_000)]
    shortened = compaction.applied(history, compaction.Summary("Before.", 6))
    shown = context.build(CHAT, shortened, left_out=len(history) - len(shortened))
    results = [block.text for message in shown for block in message.content if isinstance(block, ToolResult)]
    assert len(results) == 1
    assert "result `7:call_1_0`" in results[0]


def test_one_long_answer_stays_within_the_window() -> None:
    """Of many large results in one answer the older steps' lose their tails, so that the model can go on; the newest is whole."""
    said: list[Block] = [Text("I look.")]
    for step in range(6):
        said += [ToolCall(f"call_{step}_0", "capture_get", {}), ToolResult(f"call_{step}_0", "capture_get", f"{step}" * 20_000)]
    built = context.build(CHAT, [("user", [Text("Compare them.")]), ("assistant", said)], 60_000)
    texts = [block.text for message in built for block in message.content if isinstance(block, ToolResult)]
    assert sum(map(context.weight, built)) <= 60_000
    assert texts[-1] == "5" * 20_000
    assert all("`result_read`" in text for text in texts[:-1])
    assert len(texts) == 6


def test_a_script_of_many_bytes_weighs_more() -> None:
    """A Chinese character is about a token where three English ones are: the window fills accordingly sooner."""
    history: History = [("user", [Text("请解释" * 300)]), ("assistant", [Text("好" * 900)])] * 20
    assert len(context.build(CHAT, history, 54_000)) == 20


@pytest.mark.parametrize("wire", ["anthropic", "openai", "openai-compatible"])
async def test_a_long_conversation_is_read_from_the_cache(database_url: str, monkeypatch: pytest.MonkeyPatch, wire: str) -> None:
    """Whatever a request has in common with the one before comes from the provider's cache, as its own rules have it: also stored turns, and 20 calls at once."""
    cache = prompt_cache.Anthropic() if wire == "anthropic" else prompt_cache.OpenAI()
    counted: list[prompt_cache.Counts] = []

    def turn(*parts: dict[str, Any]) -> Callable[[replay.Request], replay.Turn]:
        def play(request: replay.Request) -> replay.Turn:
            counted.append(cache.counts(request.body))
            return [*parts, {"usage": {"input": counted[-1].input, "cache_read": counted[-1].cache_read}}]

        return play

    def asks(number: int) -> list[dict[str, Any]]:
        return [{"call": "capture_search", "arguments": {"status": "4xx", "limit": place + 1}} for place in range(number)]

    calls = (1, 20, 2)
    script = [turn(*parts) for number in calls for parts in ([{"reasoning": "Hm."}, {"text": "I look."}, *asks(number)], [{"text": "None. " * 50}])]
    with replay.serve(*script) as upstream:
        async with wiretalk(monkeypatch) as client:
            url = upstream.anthropic if wire == "anthropic" else upstream.openai
            await client.post("/api/v1/providers", json={"name": "p", "wire": wire, "base_urls": [url], "default_model": "m", "requires_auth": False})
            said: dict[str, Any] = {}
            for number in range(len(calls)):
                more = {"chat_session_id": said["chat_session_id"]} if said else {}
                said = (await client.post("/api/v1/chat", json={"message": f"Question {number}", "provider": "p", **more})).json()
                assert said["status"] == "completed", said
    assert said["usage"]["cache_read"] == counted[-1].cache_read + counted[-2].cache_read
    for before, now in pairwise(counted):
        assert now.cache_read >= before.input - prompt_cache.STEP * (wire != "anthropic"), counted

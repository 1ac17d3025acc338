"""The model whose answers are written beforehand."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.config import settings
from agent.messages import Message, Text
from agent.providers import scripted
from agent.providers.base import Connection, Failure, Finish, ModelRequest, Usage
from tests.agent.providers.answers import Answer, collect


@pytest.fixture(autouse=True)
def _test_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIRETALK_TEST_MODE", "1")
    settings.cache_clear()


async def _ask(model: str, chat: str = "", messages: tuple[Message, ...] = ()) -> Answer:
    return await collect(scripted.stream(Connection("scripted"), ModelRequest(model, "", messages, cache_key=chat)))


async def test_plays_its_turns_in_order() -> None:
    """Reasoning, text, calls, usage; then text; then nothing more."""
    usage = {"input": 3, "output": 2}
    scripted.play(
        "one", [[{"reasoning": "Hm."}, {"text": "Let me see."}, {"call": "t", "arguments": {"a": 1}}, {"delay": 0}, {"usage": usage}], [{"text": "Done."}]]
    )
    first, second, third = [await _ask("one") for _ in range(3)]
    assert (first.reasoning, first.text, first.calls[0]["arguments"], first.usage, first.end) == (
        "Hm.",
        "Let me see.",
        {"a": 1},
        Usage(3, 2),
        Finish("tool_calls"),
    )
    assert (second.text, second.end) == ("Done.", Finish("stop"))
    assert third.text == "The script is over."


async def test_each_conversation_is_at_its_own_place() -> None:
    """Two chats do not disturb each other, and one that another worker began goes on where it was."""
    scripted.play("two", [[{"text": "a"}], [{"text": "b"}], [{"text": "c"}]])
    later = (Message("user", (Text("x"),)), Message("assistant", (Text("a"),)), Message("assistant", (Text("b"),)))
    assert [(await _ask("two", "chat-1")).text, (await _ask("two", "chat-2")).text, (await _ask("two", "chat-1")).text] == ["a", "a", "b"]
    assert (await _ask("two", "chat-3", later)).text == "c"


async def test_a_turn_can_read_what_it_is_asked() -> None:
    """So that a worst-case model can obey what it reads."""
    scripted.play("echo", [lambda request: [{"text": f"{request.model} obeys"}]])
    assert (await _ask("echo")).text == "echo obeys"


@pytest.mark.parametrize(
    ("part", "end"),
    [
        ({"failure": "provider_overloaded", "message": "Full.", "retryable": True, "retry_after": 2}, Failure("provider_overloaded", "Full.", True, 2)),
        ({"finish": "length"}, Finish("length")),
    ],
)
async def test_fails_and_ends_as_it_is_told(part: dict[str, Any], end: Failure | Finish) -> None:
    """After what it said before."""
    scripted.play("end", [[{"text": "Half"}, part]])
    answer = await _ask("end")
    assert (answer.text, answer.end) == ("Half", end)


async def test_sends_broken_arguments_as_they_are() -> None:
    """A string is not made valid."""
    scripted.play("broken", [[{"call": "t", "arguments": "{oops"}]])
    call = (await _ask("broken")).calls[0]
    assert (call["arguments"], call["raw"]) == (None, "{oops")
    assert call["problem"]


async def test_reads_a_script_from_a_file(tmp_path: Path) -> None:
    """The model's name is its path; a file that is not there, or no script, is a failure."""
    path = tmp_path / "script.json"
    path.write_text(json.dumps([[{"text": "From a file."}]]))
    assert (await _ask(str(path))).text == "From a file."
    path.write_text('{"not": "a script"}')
    for model in (str(path), str(tmp_path / "none.json")):
        assert (await _ask(model)).failure.code == "provider_rejected"


async def test_exists_in_test_mode_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere it is as if it were not there."""
    monkeypatch.setenv("WIRETALK_TEST_MODE", "0")
    settings.cache_clear()
    scripted.play("three", [[{"text": "a"}]])
    assert (await _ask("three")).failure.code == "provider_not_found"

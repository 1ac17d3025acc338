"""Recorded streams of real providers, replayed to our adapters by the kit's server: what comes out is what its index expects."""

import importlib.util
import json
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.providers import anthropic, openai_chat, openai_responses
from agent.providers.base import Connection, Finish
from tests import replay as replay_server
from tests.agent.providers.answers import HELLO, Answer, collect

_DIRECTORY = Path(__file__).resolve().parents[4] / "shared" / "kit" / "cassettes"
_INDEX: list[dict[str, Any]] = json.loads((_DIRECTORY / "index.json").read_text())["cassettes"] if _DIRECTORY.is_dir() else []
_STREAMS = {"messages": anthropic.stream, "chat": openai_chat.stream, "responses": openai_responses.stream}
_WIRES = {"messages": "anthropic", "chat": "openai-compatible", "responses": "openai"}
_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "stop": "stop",
    "completed": "stop",
    "tool_use": "tool_calls",
    "tool_calls": "tool_calls",
    "max_tokens": "length",
    "length": "length",
    "refusal": "refusal",
    "pause_turn": "pause",
    None: "stop",
}
# Where the SDK's own accumulator gives up or guesses, what the recording itself says.
_SAID_OTHERWISE = {
    "sdk_invalid_json": {"stop_reason": "tool_use", "calls": [("get_weather", None)], "usage": {"input_tokens": 377, "output_tokens": 65}},
    "sdk_incomplete_json": {"calls": [("make_file", None)]},
}
# Four responses in one body, as no server sends them: taken apart below.
_SEVERAL = "encrypted_reasoning"
needs_shared = pytest.mark.skipif(not _INDEX, reason="needs ../shared/kit/cassettes beside the checkout")


@pytest.fixture(scope="module")
def replay() -> Iterator[str]:
    """The kit's replay server, on a free port."""
    spec = importlib.util.spec_from_file_location("kit_replay_server", _DIRECTORY / "replay_server.py")
    assert spec
    assert spec.loader
    kit = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = kit
    spec.loader.exec_module(kit)
    server = kit.serve(0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def _names(*, streamed_only: bool = False) -> list[Any]:
    rows = [row for row in _INDEX if row["name"] != _SEVERAL and not (streamed_only and row["status"] != 200)]
    return [pytest.param(row, id=f"{row['category']}/{row['name']}") for row in rows] or [pytest.param({}, id="none")]


async def _play(replay: str, row: dict[str, Any], options: str = "") -> Answer:
    api = row["api"]
    url = f"{replay}{options}/c/{row['category']}/{row['name']}{'' if api == 'messages' else '/v1'}"
    return await collect(_STREAMS[api](Connection(_WIRES[api], url, "sk-test-abcdefghijkl"), HELLO))  # type: ignore[arg-type]


@needs_shared
async def test_each_of_several_responses_in_one_recording() -> None:
    """The recording that holds four responses gives, one by one, a sealed reasoning with a call, two calls, and the index's answer."""
    row = next(row for row in _INDEX if row["name"] == _SEVERAL)
    first = b"event: response.created\n"
    recorded = (_DIRECTORY / row["category"] / f"{_SEVERAL}.sse").read_bytes().split(first)[1:]
    with replay_server.serve(*(first + part for part in recorded)) as upstream:
        answers = [await collect(openai_responses.stream(Connection("openai", upstream.openai, "k"), HELLO)) for _ in recorded]
    assert [answer.end for answer in answers] == [Finish("tool_calls")] * 3 + [Finish("stop")]
    assert [[call["arguments"] for call in answer.calls] for answer in answers] == [
        [{"a": 12, "b": 7, "op": "add"}],
        [{"a": 19, "b": 3, "op": "multiply"}],
        [{"a": 57, "b": 10, "op": "multiply"}],
        [],
    ]
    assert answers[0].metas[0]["block"]["encrypted_content"]
    _check(answers[-1], {**row, "expected": {**row["expected"], "error": None}})


@needs_shared
@pytest.mark.parametrize("row", _names())
async def test_gives_what_the_index_expects(replay: str, row: dict[str, Any]) -> None:
    """Each recording gives its text, reasoning, refusal, calls, stop reason, usage or error."""
    _check(await _play(replay, row), row)


@needs_shared
@pytest.mark.parametrize("row", _names(streamed_only=True))
async def test_survives_any_cut_of_the_bytes(replay: str, row: dict[str, Any]) -> None:
    """The same in pieces of seven bytes, which cut characters and lines anywhere, with pauses for the short ones."""
    options = "chunk=7,delay=1" if row["bytes"] < 3000 else "chunk=7"
    _check(await _play(replay, row, f"/o/{options}"), row)


@needs_shared
@pytest.mark.parametrize("row", _names(streamed_only=True))
@pytest.mark.parametrize("fault", ["cut", "trunc"])
async def test_an_answer_that_breaks_off_is_a_failure(replay: str, row: dict[str, Any], fault: str) -> None:
    """A stream cut at its middle, by a broken connection or by a proxy that ends it cleanly, ends in one clear failure."""
    failure = (await _play(replay, row, f"/o/{fault}={row['bytes'] // 2}")).failure
    assert failure.message.endswith(".")
    if not row["expected"]["error"]:
        assert failure.code == "provider_cut"
        assert failure.retryable


def _check(answer: Answer, row: dict[str, Any]) -> None:
    tolerant: dict[str, Any] = row.get("tolerant_expected") or {}
    expected: dict[str, Any] = {**row["expected"], **tolerant}
    other = _SAID_OTHERWISE.get(row["name"], {})
    if (error := expected.get("error")) and not other:
        _check_error(answer, row["expected"]["error"] or error)
    else:
        reason = other.get("stop_reason", expected.get("stop_reason"))
        _check_reason(answer, reason, expected)
    assert answer.text == (expected.get("text") or "")
    if row["name"] != "mistral_magistral_thinking":  # the SDK does not see thinking that is in the content
        assert answer.reasoning == (expected.get("reasoning") or "")
    else:
        assert answer.reasoning.startswith("Okay, the user is asking how to cross the")
    assert answer.refusal == (expected.get("refusal") or "")
    if other:
        assert [(call["name"], call["arguments"]) for call in answer.calls] == other["calls"]
        assert all(call["problem"] for call in answer.calls)
    else:
        assert [_call(call) for call in answer.calls] == [_expected_call(call) for call in expected.get("tool_calls") or []]
    _check_usage(answer, other.get("usage", expected.get("usage")), row["api"])


def _check_error(answer: Answer, error: dict[str, Any]) -> None:
    said = re.sub(r"^Error code: \d+ - ", "", error["message"])
    if "{" in said:
        found = re.search(r"'message': '([^']*)'", said)
        assert found
        said = found[1]
    if said != "Provider returned error":  # then the sentence of the provider behind it is given
        assert said in answer.failure.message
    status = error.get("status_code")
    codes = {400: "provider_rejected", 404: "provider_rejected", 429: "provider_rate_limited", 200: "provider_overloaded", None: "provider_rejected"}
    assert answer.failure.code == codes[status]


def _check_reason(answer: Answer, reason: str | None, expected: dict[str, Any]) -> None:
    assert isinstance(answer.end, Finish), answer.end
    wanted = _REASONS[reason] if reason != "incomplete" else {"max_output_tokens": "length"}[expected["incomplete_reason"]]
    if wanted == "stop" and expected.get("tool_calls"):
        wanted = "tool_calls"
    if wanted == "stop" and expected.get("refusal"):
        wanted = "refusal"
    assert answer.end.reason == wanted


def _call(call: dict[str, Any]) -> dict[str, Any]:
    return {"id": call["id"], "name": call["name"], "arguments": call["arguments"]}


def _expected_call(call: dict[str, Any]) -> dict[str, Any]:
    arguments = {"input": call["input"]} if call.get("custom") else call["arguments"]
    return {"id": call["id"], "name": call["name"], "arguments": arguments}


def _check_usage(answer: Answer, usage: dict[str, Any] | None, api: str) -> None:
    if not usage:
        assert answer.usage is None or api == "messages"
        return
    assert answer.usage
    if api == "messages":
        read, write = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
        assert (answer.usage.input, answer.usage.output) == (usage["input_tokens"] + read + write, usage["output_tokens"])
        assert (answer.usage.cache_read, answer.usage.cache_write) == (read, write)
        return
    which = ("input", "output") if api == "responses" else ("prompt", "completion")
    details_in, details_out = usage.get(f"{which[0]}_tokens_details") or {}, usage.get(f"{which[1]}_tokens_details") or {}
    assert (answer.usage.input, answer.usage.output) == (usage[f"{which[0]}_tokens"], usage[f"{which[1]}_tokens"])
    assert (answer.usage.cache_read, answer.usage.reasoning) == (details_in.get("cached_tokens") or 0, details_out.get("reasoning_tokens") or 0)

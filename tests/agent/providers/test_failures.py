"""Every way in which a provider fails, through the real SDKs: one terminal event, a code of the catalogue, a clear sentence, no secret."""

import socket
from typing import Any

import httpx2
import pytest

from agent import egress
from agent.errors import CATALOGUE
from agent.providers import catalogue, failures
from agent.providers.base import Connection, Failure, Wire
from tests import replay
from tests.agent.providers.answers import HELLO, collect
from tests.replay import Reply

KEY = "sk-proj-abcdefghijklmnop1234"
WIRES: tuple[Wire, ...] = ("anthropic", "openai", "openai-compatible")
DIALECT_PATH = {"anthropic": "/v1/messages", "openai": "/v1/responses", "openai-compatible": "/v1/chat/completions"}


async def _fail(wire: Wire, reply: replay.Script) -> Failure:
    with replay.serve(reply) as upstream:
        failure = (await collect(catalogue.WIRES[wire](Connection(wire, upstream.url if wire == "anthropic" else upstream.openai, KEY), HELLO))).failure
    assert len(upstream.requests) == 1, "the adapter retried"
    assert failure.code in CATALOGUE
    assert KEY not in failure.message
    assert failure.message[-1] in ".!?"
    return failure


def _error(message: str = "Replayed.", **more: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"message": message, **more}}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("status", "code", "retryable", "words"),
    [
        (400, "provider_rejected", False, "`127.0.0.1` rejected the request (400): Replayed."),
        (401, "provider_auth", False, "`127.0.0.1` refused the key (401): Replayed."),
        (402, "provider_rejected", False, "The account at `127.0.0.1` has no credit left: Replayed."),
        (403, "provider_auth", False, "`127.0.0.1` does not allow the request with this key (403): Replayed."),
        (404, "provider_rejected", False, "`127.0.0.1` does not know the model `m`, or the base URL is wrong (404): Replayed."),
        (408, "provider_failed", True, "`127.0.0.1` could not take the request now (408): Replayed."),
        (413, "context_full", False, "The conversation no longer fits into the model `m`: Replayed."),
        (429, "provider_rate_limited", True, "`127.0.0.1` limits requests (429): Replayed."),
        (500, "provider_failed", True, "`127.0.0.1` failed (500): Replayed."),
        (503, "provider_overloaded", True, "`127.0.0.1` is overloaded (503): Replayed."),
        (529, "provider_overloaded", True, "`127.0.0.1` is overloaded (529): Replayed."),
    ],
)
async def test_a_status_says_what_is_wrong(wire: Wire, status: int, code: str, retryable: bool, words: str) -> None:
    """Each status has its code, whether another try may help, and the provider's own sentence."""
    failure = await _fail(wire, Reply(status=status, json=_error()))
    assert (failure.code, failure.message, failure.retryable) == (code, words, retryable)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "4294967"}, failures.LONGEST_RETRY_AFTER),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Fri, 31 Dec 2999 23:59:59 GMT"}, failures.LONGEST_RETRY_AFTER),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
    ],
)
async def test_reports_how_long_to_wait(wire: Wire, header: dict[str, str], expected: float | None) -> None:
    """`retry-after` in seconds, milliseconds or as a date, never over a week; nonsense counts as none."""
    failure = await _fail(wire, Reply(status=429, json=_error(type="rate_limit_error"), headers=header))
    assert failure.retry_after == expected
    assert (("asks to wait" in failure.message) or ("asked again from" in failure.message)) == (expected is not None)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"error": "plain text"}, "plain text"),
        ({"message": "flat"}, "flat"),
        ({"detail": [{"loc": ["body", "x"], "msg": "field required"}]}, "field required"),
        ([{"error": {"code": 400, "message": "in a list", "status": "INVALID_ARGUMENT"}}], "in a list"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": '{"error": {"message": "the real one"}}'}}}, "the real one"),
        ({"error": {"message": ""}}, ""),
        ({}, ""),
    ],
)
async def test_finds_the_sentence_in_any_shape(body: Any, sentence: str) -> None:
    """The error objects of OpenAI, FastAPI, Google, Ollama and of relays."""
    expected = f"`127.0.0.1` rejected the request (400){': ' + sentence if sentence else ''}."
    assert (await _fail("openai-compatible", Reply(status=400, json=body))).message == expected


@pytest.mark.parametrize("wire", WIRES)
async def test_shows_no_secret_that_a_provider_repeats(wire: Wire) -> None:
    """Neither the key itself, nor its masked form, nor a token of somebody else, nor control characters."""
    said = f"Incorrect API key provided: {KEY}, sk-proj-****1234, Bearer abcdefghijkl0123, AIzaSyA1234567890abc.\x1b[31m\n\u202eHelp"
    message = (await _fail(wire, Reply(status=401, json=_error(said)))).message
    assert message == "`127.0.0.1` refused the key (401): Incorrect API key provided: •••, •••, •••, •••. [31m Help."


@pytest.mark.parametrize("wire", WIRES)
async def test_no_credit_is_no_reason_to_retry(wire: Wire) -> None:
    """A used-up quota comes as 429 but will not pass by waiting."""
    failure = await _fail(wire, Reply(status=429, json=_error("You exceeded your current quota.", type="insufficient_quota", code="insufficient_quota")))
    assert (failure.code, failure.retryable) == ("provider_rate_limited", False)
    assert "no credit left" in failure.message
    prepaid = await _fail(wire, Reply(status=400, json=_error("Your credit balance is too low to access the API.", type="invalid_request_error")))
    assert prepaid.message.startswith("The account at `127.0.0.1` has no credit left")
    assert "Add credit" in str(prepaid.remedy)
    busy = await _fail(wire, Reply(status=429, json=_error("You exceeded your current quota, please retry in 12 s.", type="rate_limit_error")))
    assert busy.retryable


@pytest.mark.parametrize("wire", WIRES)
async def test_a_conversation_that_is_too_long_is_named(wire: Wire) -> None:
    """The provider's own numbers stay in the sentence."""
    failure = await _fail(wire, Reply(status=400, json=_error("prompt is too long: 210000 tokens > 200000 maximum")))
    assert failure.message == "The conversation no longer fits into the model `m`: prompt is too long: 210000 tokens > 200000 maximum."
    assert failure.code == "context_full"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("kind", "code", "retryable"),
    [
        ("overloaded_error", "provider_overloaded", True),
        ("rate_limit_error", "provider_rate_limited", True),
        ("server_error", "provider_failed", True),
        ("invalid_request_error", "provider_rejected", False),
    ],
)
async def test_an_error_in_the_middle_of_a_stream(wire: Wire, kind: str, code: str, retryable: bool) -> None:
    """It comes with status 200 after some text; the text stays, the stream ends in the failure."""
    start = replay.render(DIALECT_PATH[wire], [{"text": "Half an answer that is long enough"}])
    half = b"\n\n".join(start.split(b"\n\n")[:5]) + b"\n\n"
    stream = half + b'event: error\ndata: {"type":"error","error":{"type":"%s","message":"Replayed"}}\n\n' % kind.encode()
    with replay.serve(stream) as upstream:
        answer = await collect(catalogue.WIRES[wire](Connection(wire, upstream.url if wire == "anthropic" else upstream.openai, KEY), HELLO))
    assert answer.text.startswith("Half ")
    assert (answer.failure.code, answer.failure.retryable) == (code, retryable)
    assert "Replayed." in answer.failure.message


async def test_a_failed_response_keeps_its_usage() -> None:
    """`response.failed` says what it cost and why."""
    event = b'event: response.failed\ndata: {"type":"response.failed","response":{"status":"failed","usage":{"input_tokens":7,"output_tokens":1},"error":{"code":"server_error","message":"Broke"}}}\n\n'
    with replay.serve(event) as upstream:
        answer = await collect(catalogue.WIRES["openai"](Connection("openai", upstream.openai, KEY), HELLO))
    assert answer.usage
    assert answer.usage.input == 7
    assert (answer.failure.code, answer.failure.message) == ("provider_failed", "`127.0.0.1` failed (500): Broke.")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"cut": 400}, "broke off"),
        ({"trunc": 400}, "The answer of `127.0.0.1`"),
        ({"trunc": 0}, "ended without its closing event"),
        ({"stream": b"data: {not json\n\n"}, "cannot be read"),
        ({"stream": b": nothing but a comment\n\n"}, "ended without its closing event"),
    ],
)
async def test_a_stream_that_breaks_off(wire: Wire, fault: dict[str, Any], words: str) -> None:
    """By a broken connection, by a clean but early end, by rubbish: never an answer that looks whole."""
    failure = await _fail(wire, Reply(**{"parts": [{"text": "word " * 200}], **fault}))
    assert (failure.code, failure.retryable) == ("provider_cut", True)
    assert words in failure.message


@pytest.mark.parametrize(
    ("wire", "event"),
    [
        ("anthropic", b'data: {"type":"content_block_start"}\n\n'),
        ("openai", b'data: {"type":"response.output_item.added","item":7}\n\n'),
        ("openai-compatible", b'data: {"choices":[{"delta":5}]}\n\n'),
        ("openai-compatible", b'data: {"choices":{"delta":{}}}\n\n'),
    ],
)
async def test_an_event_of_another_shape(wire: Wire, event: bytes) -> None:
    """JSON that is not what the protocol says is a damaged answer, not a bug."""
    failure = await _fail(wire, event)
    assert (failure.code, failure.message) == ("provider_cut", "The answer of `127.0.0.1` broke off or is damaged: a part of it cannot be read.")


@pytest.mark.parametrize("wire", WIRES)
async def test_a_break_after_the_closing_event_takes_nothing_away(wire: Wire) -> None:
    """The answer is whole then, although the connection never ended properly."""
    whole = len(replay.render(DIALECT_PATH[wire], [{"text": "Whole."}]))
    with replay.serve(Reply(parts=[{"text": "Whole."}], cut=whole)) as upstream:
        answer = await collect(catalogue.WIRES[wire](Connection(wire, upstream.url if wire == "anthropic" else upstream.openai, KEY), HELLO))
    assert answer.text == "Whole."
    assert not isinstance(answer.end, Failure)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(text="<!doctype html><title>Sign in</title>", content_type="text/html"), "answered with a web page"),
        (Reply(json={"choices": []}), "one document instead of a stream"),
        (Reply(status=302, json={}, headers={"location": "https://other.example/v1?token=abc"}), "redirects to `https://other.example/v1`"),
        (Reply(status=404, text="<html>nginx</html>", content_type="text/html"), "a web page (404): the base URL is not that of its API."),
        (Reply(status=308, text="", headers={"location": "/api/v1/models"}), "/api/v1`. Use that address"),
    ],
)
async def test_a_wrong_base_url_is_recognised(wire: Wire, reply: Reply, words: str) -> None:
    """A web page, a document, a redirect: the sentence points at the base URL."""
    failure = await _fail(wire, reply)
    assert failure.code == "provider_rejected"
    assert words in failure.message


@pytest.mark.parametrize("wire", WIRES)
async def test_an_error_with_status_200(wire: Wire) -> None:
    """Some relays answer an error as a document with status 200."""
    failure = await _fail(wire, Reply(json=_error("Slow down", type="rate_limit_error")))
    assert (failure.code, failure.message) == ("provider_rate_limited", "`127.0.0.1` limits requests (429): Slow down.")


@pytest.mark.parametrize("wire", WIRES)
async def test_nobody_answers(wire: Wire) -> None:
    """A closed port is said as such."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    failure = (await collect(catalogue.WIRES[wire](Connection(wire, f"http://127.0.0.1:{port}/v1", KEY), HELLO))).failure
    assert failure == Failure("provider_unreachable", f"`127.0.0.1` could not be reached: nothing answers at `127.0.0.1:{port}`.", retryable=True)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://169.254.169.254/v1", "egress_refused", "169.254.169.254"),
        ("http://10.1.2.3/v1", "egress_refused", "10.1.2.3"),
        ("ftp://api.example.com/v1", "invalid_url", "ftp"),
        ("http://no-such-name.invalid/v1", "provider_unreachable", "`no-such-name.invalid`"),  # without a network no name server answers
    ],
)
async def test_an_address_that_may_not_or_cannot_be_reached(wire: Wire, url: str, code: str, words: str) -> None:
    """The refusals of the way out, and an unknown name, come through with their own codes."""
    failure = (await collect(catalogue.WIRES[wire](Connection(wire, url, KEY), HELLO))).failure
    assert failure.code == code
    assert words in failure.message


@pytest.mark.parametrize("wire", WIRES)
async def test_a_silent_server_is_left(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that says nothing for too long ends in a failure; here too long is a fifth of a second."""
    monkeypatch.setattr(egress.http_client("provider"), "timeout", httpx2.Timeout(5, read=0.2))
    failure = await _fail(wire, Reply(parts=[{"text": "one two"}], delay=0.6))
    assert (failure.code, failure.message, failure.retryable) == ("provider_unreachable", "`127.0.0.1` did not answer in time.", True)


async def test_a_bug_of_ours_is_reported_without_values() -> None:
    """The log gets the place, the user a sentence, nobody the message, in which there might be a key."""
    failure = failures.from_error(RuntimeError(KEY), Connection("openai", "https://api.example.com/v1", KEY), "m")
    assert failure == Failure("internal", "The answer could not be read because of a mistake on our side.")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"message": "Your input exceeds the context window of this model.", "code": "context_length_exceeded"}),
        (400, {"message": "Please reduce the length of the messages or completion.", "type": "invalid_request_error"}),
        (400, {"message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "status": "INVALID_ARGUMENT"}),
        (400, {"message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length", "code": "3051"}),
        (400, {"message": "the request exceeds the available context size. try increasing the context size", "type": "exceed_context_size_error"}),
        (400, {"message": "This model's maximum prompt length is 131072 but the request contains 200000 tokens."}),
        (400, {"message": "Input is too long for requested model."}),
        (413, {"message": "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000", "code": "rate_limit_exceeded"}),
        (422, {"message": "`inputs` tokens + `max_new_tokens` must be <= 8193."}),
        (
            500,
            {
                "message": "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens"
            },
        ),
    ],
)
async def test_every_server_words_it_differently(status: int, error: dict[str, str]) -> None:
    """OpenAI, Groq, Google, Mistral, llama.cpp, xAI, Bedrock, Groq's small plan, TGI, LM Studio: the conversation is too long."""
    assert (await _fail("openai-compatible", Reply(status=status, json={"error": error}))).code == "context_full"


async def test_a_limit_by_the_minute_is_no_long_conversation() -> None:
    """It passes by itself; how soon is told in words by some. Hours are told as the time from which it can be asked again."""
    soon = await _fail("openai-compatible", Reply(status=429, json=_error("Too many input tokens per minute. Please try again in 7.66s.")))
    assert (soon.code, soon.retry_after) == ("provider_rate_limited", 7.66)
    later = await _fail("openai-compatible", Reply(status=429, json=_error("Limit reached. Please try again in 1h2m3.5s.")))
    assert later.retry_after == 3723.5
    assert "It can be asked again from " in later.message
    at_once = await _fail("openai-compatible", Reply(status=429, json=_error("Please try again in 20ms.")))
    assert at_once.retry_after is None

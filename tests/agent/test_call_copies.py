"""A call as something to paste: each form is read or run by the tool it is for."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from agent.call_copies import COPIES, copy
from agent.captures import CallDetail, CallSummary, ShownBody
from agent.spec import inputs
from db.ids import uuid7

_BODY = '{"name": "O\'Brien", "note": "a\\nb $HOME `x` é"}'


def _call(body: str = _BODY) -> CallDetail:
    id_ = uuid7()
    line = CallSummary(
        id_,
        id_,
        "api",
        "POST",
        "https://x.example/a?q=1",
        "/a",
        201,
        None,
        12.5,
        len(body),
        2,
        "application/json",
        "https",
        "proxy",
        False,
        datetime(2026, 11, 21, tzinfo=UTC),
    )
    headers = [("Content-Type", "application/json"), ("X-Quote", 'it\'s "so"'), ("Host", "x.example"), ("Content-Length", "5")]
    shown = ShownBody("json", "application/json", body, len(body), False, None)
    return CallDetail(
        line,
        headers,
        shown,
        [("Location", "/a/1")],
        ShownBody("json", "application/json", "{}", 2, False, None),
        [],
        "http://here",
        "https://x.example/a?q=1&k='x'",
    )


def test_curl_is_read_back() -> None:
    """By the reader for pasted commands, with quotes and line breaks intact."""
    (found,) = list(inputs.read(copy(_call(), "curl").encode()))
    assert (found.method, found.url) == ("POST", "https://x.example/a?q=1&k='x'")
    assert found.request_body.decode() == _BODY
    assert ("X-Quote", 'it\'s "so"') in found.request_headers
    assert not any(name.lower() in ("host", "content-length") for name, _ in found.request_headers)


def test_har_is_read_back() -> None:
    """Request and answer."""
    (found,) = list(inputs.read(copy(_call(), "har").encode()))
    assert (found.method, found.status, found.response_body, found.request_body.decode()) == ("POST", 201, b"{}", _BODY)
    assert json.loads(copy(_call(), "har"))["log"]["entries"][0]["request"]["queryString"][0] == {"name": "q", "value": "1"}


def test_python_compiles() -> None:
    """Whatever the body says."""
    compile(copy(_call(), "python"), "copied", "exec")
    assert repr(_BODY) in copy(_call(), "python")


def test_javascript_is_json_inside() -> None:
    """So every quote is right."""
    text = copy(_call(), "javascript")
    options = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert options["body"] == _BODY


def test_an_http_file_has_its_parts() -> None:
    """Request line, headers, a blank line, the body."""
    assert copy(_call(), "http").splitlines()[1:] == ["POST https://x.example/a?q=1&k='x'", "Content-Type: application/json", 'X-Quote: it\'s "so"', "", _BODY]


@pytest.mark.parametrize("kind", COPIES)
def test_a_call_without_a_body_or_headers(kind: str) -> None:
    """Nothing is made up."""
    call = _call("")
    assert copy(call, kind)  # type: ignore[arg-type]


def test_curl_runs_in_a_shell() -> None:
    """The words that a shell makes of it are those that were meant."""
    words = subprocess.run(
        ["sh", "-c", f'{sys.executable} -c "import sys, json; print(json.dumps(sys.argv[1:]))" {copy(_call(), "curl")[5:]}'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(words.stdout)[-1] == _BODY

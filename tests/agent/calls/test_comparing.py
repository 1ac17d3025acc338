"""What differs between two calls."""

from datetime import UTC, datetime

import msgspec

from agent.calls.captures import CallDetail, CallSummary, ShownBody
from agent.calls.comparing import compare
from db.ids import uuid7


def _call(text: str | None, status: int = 200, headers: list[tuple[str, str]] | None = None) -> CallDetail:
    id_ = uuid7()
    line = CallSummary(
        id_, id_, "api", "GET", "https://x/a", "/a", status, None, 10.0, 0, 9, "application/json", "https", "proxy", False, datetime(2026, 11, 21, tzinfo=UTC)
    )
    body = ShownBody("json" if text is not None else "binary", "application/json", text, 9, False, "ab")
    empty = ShownBody("empty", "", None, 0, False, None)
    return CallDetail(line, headers or [], empty, [("Date", "now")], body, [], "", "https://x/a")


def test_the_same_call_differs_in_nothing() -> None:
    """Not even by the order of keys, blanks, or the case of a header's name."""
    found = compare(_call('{"a": 1, "b": [2]}', headers=[("X-A", "1")]), _call('{"b":[2],"a":1}', headers=[("x-a", "1")]))
    assert not any(msgspec.structs.astuple(found))


def test_differences_are_told_by_line_and_by_name() -> None:
    """Status, a missing header, a changed field."""
    found = compare(_call('{"a": 1, "b": 2}', headers=[("X-A", "1"), ("X-A", "2")]), _call('{"a": 1, "b": 3}', 500))
    assert [(one.name, one.left, one.right) for one in found.facts] == [("Status", "200", "500")]
    assert [(one.name, one.left, one.right) for one in found.request_headers] == [("x-a", "1, 2", None)]
    assert [(line.side, line.text.strip()) for line in found.response_body if line.side in ("left", "right")] == [("left", '"b": 2'), ("right", '"b": 3')]


def test_bodies_that_are_no_text_are_compared_whole() -> None:
    """By length and hash."""
    assert compare(_call(None), _call(None)).response_body == []
    assert compare(_call(None), _call("x")).response_body != []

"""Two calls side by side: what differs in their lines, headers and bodies. Values only."""

import difflib

import msgspec

from agent.calls.captures import CallDetail, ShownBody

_MOST_LINES = 4000
_UNTOLD = frozenset({"date", "content-length", "connection", "keep-alive"})


class Line(msgspec.Struct, frozen=True):
    """`side`: `same`, `left` (only in the first), `right` (only in the second) or `gap` for lines that are alike and left out."""

    side: str
    text: str


class Difference(msgspec.Struct, frozen=True):
    """One thing that differs; None where one side has none."""

    name: str
    left: str | None
    right: str | None


class Comparison(msgspec.Struct, frozen=True):
    facts: list[Difference]
    request_headers: list[Difference]
    response_headers: list[Difference]
    request_body: list[Line]
    response_body: list[Line]


def compare(left: CallDetail, right: CallDetail) -> Comparison:
    """Headers by name in any case; bodies line by line, JSON in one form and with its keys in order."""
    facts = [
        ("Method", left.summary.method, right.summary.method), ("Address", left.target, right.target),
        ("Status", _status(left), _status(right)), ("Took", f"{left.summary.duration_ms:.0f} ms", f"{right.summary.duration_ms:.0f} ms"),
    ]  # fmt: skip
    return Comparison(
        [Difference(name, a, b) for name, a, b in facts if a != b],
        _headers(left.request_headers, right.request_headers),
        _headers(left.response_headers, right.response_headers),
        _lines(left.request_body, right.request_body),
        _lines(left.response_body, right.response_body),
    )


def _status(call: CallDetail) -> str:
    return str(call.summary.status) if call.summary.status else call.summary.error or "-"


def _headers(left: list[tuple[str, str]], right: list[tuple[str, str]]) -> list[Difference]:
    sides = [_grouped(left), _grouped(right)]
    names = [*sides[0], *(name for name in sides[1] if name not in sides[0])]
    return [Difference(name, sides[0].get(name), sides[1].get(name)) for name in names if sides[0].get(name) != sides[1].get(name) and name not in _UNTOLD]


def _grouped(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        lower = name.lower()
        found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return found


def _lines(left: ShownBody, right: ShownBody) -> list[Line]:
    """Nothing where both are alike; three lines around each difference."""
    one, two = _text(left), _text(right)
    if one == two:
        return []
    lines: list[Line] = []
    for line in list(difflib.unified_diff(one[:_MOST_LINES], two[:_MOST_LINES], lineterm="", n=3))[2:]:
        side = {"-": "left", "+": "right", "@": "gap"}.get(line[:1], "same")
        lines.append(Line(side, "" if side == "gap" else line[1:]))
    return lines


def _text(body: ShownBody) -> list[str]:
    if body.text is None:
        return [f"{body.media_type} {body.length} bytes {body.sha256 or ''}"] if body.length else []
    try:
        value = msgspec.json.decode(body.text)
        return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode().splitlines()
    except (msgspec.DecodeError, RecursionError):
        return body.text.splitlines()

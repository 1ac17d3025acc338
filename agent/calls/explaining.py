"""Why a call failed: what the API itself said of it, and what differs from the last success of the same operation. Asks no model.

The words of the API come first: it knows what it missed. They are captured text, which the caller fences.
"""

import re
from typing import cast
from uuid import UUID

import msgspec

from agent.actor import Actor
from agent.calls import bodies, captures
from agent.calls.captures import CallDetail, CallSummary, ShownBody

_CAUSES = {
    400: "The upstream could not read the request: look at its body and query.",
    401: "The credentials are missing, wrong or expired.",
    403: "The credentials are valid but lack the right for this operation.",
    404: "Nothing exists at this path: check the id and the path.",
    405: "This path does not offer the method.",
    409: "The request clashes with the present state of the resource.",
    415: "The upstream does not take this content type.",
    422: "The body is well-formed but a value in it is not accepted.",
    429: "The rate limit was reached: wait, then try again.",
}
_SAYING = ("message", "detail", "error_description", "description", "reason", "title", "msg", "error", "errors")
"""Where APIs say what is wrong, the most telling first."""
_OF_THE_CLIENT = re.compile(
    r"accept(-.*)?|sec-.*|user-agent|cache-control|pragma|origin|referer|priority|dnt|te|connection|content-length|traceparent|tracestate"
)
"""Headers that tell one client from another, and seldom why a call failed."""
_LONGEST_SAYING, _LONGEST_VALUE, _DEEPEST = 300, 60, 4


class Explanation(msgspec.Struct, frozen=True):
    """Why a call failed, as far as the API's own words and the last success of the same operation tell."""

    call: CallSummary
    last_success: CallSummary | None
    differences: list[str]
    likely_cause: str


async def explain(actor: Actor, call: str | UUID | None = None, endpoint_id: UUID | None = None, operation: str | None = None) -> Explanation:
    """Look at a call beside the last success of the same operation. Without one, at the newest failure, of that operation if named. Raises call_not_found."""
    failing = await captures.get(actor, call or (await captures.latest_failure(actor, endpoint_id, operation)).id, masked=True)
    good = await captures.last_success(actor, failing.summary)
    differences = _differences(failing, good) if good else []
    return Explanation(failing.summary, good.summary if good else None, differences, _likely_cause(failing, differences))


def _likely_cause(failing: CallDetail, differences: list[str]) -> str:
    status = failing.summary.status
    if status is None:
        return f"No answer came: {failing.summary.error or 'the connection failed'}."
    if status < 400 and failing.summary.error:
        return f"The upstream answered {status}, but the exchange did not end well: {failing.summary.error}."
    if status < 400:
        return f"This call did not fail: the upstream answered {status}."
    cause = _CAUSES.get(status, "The upstream failed on its side." if status >= 500 else "The upstream refused the request.")
    if said := _saying(_answer(failing.response_body)):
        return f"{status}: {cause} The API says: `{said}`"
    missing = [line for line in differences if "is missing here" in line or "lacks" in line]
    return f"{status}: {cause}" + (f" Most telling: {missing[0]}" if missing else "")


def _saying(answer: object, deep: int = 0) -> str:
    """What an error answer says in words, as one line without backticks; empty where it says nothing."""
    if isinstance(answer, str):
        return " ".join(answer.replace("`", "'").split())[:_LONGEST_SAYING]
    if deep == _DEEPEST:
        return ""
    if isinstance(answer, list):
        return next((said for one in cast("list[object]", answer)[:5] if (said := _saying(one, deep + 1))), "")
    known = cast("dict[str, object]", answer) if isinstance(answer, dict) else {}
    return next((said for name in _SAYING if name in known and (said := _saying(known[name], deep + 1))), "")


def _differences(failing: CallDetail, good: CallDetail) -> list[str]:
    told: list[str] = []
    bad_names, good_names = ({n for name, _ in detail.request_headers if not _OF_THE_CLIENT.fullmatch(n := name.lower())} for detail in (failing, good))
    told += [f"The header `{name}` was sent in the success and is missing here." for name in sorted(good_names - bad_names)]
    told += [f"The header `{name}` is new here." for name in sorted(bad_names - good_names)]
    bad_query, good_query = failing.summary.url.partition("?")[2], good.summary.url.partition("?")[2]
    if bad_query != good_query:
        told.append(f"The query is `{bad_query or 'empty'}`, it was `{good_query or 'empty'}`.")
    bad, right = _json(failing.request_body), _json(good.request_body)
    if isinstance(bad, dict) and isinstance(right, dict):
        told += _unlike(cast("dict[str, object]", bad), cast("dict[str, object]", right))
    if failing.summary.path != good.summary.path:
        told.append(f"The path is `{failing.summary.path}`, the success was `{good.summary.path}`.")
    return told[:20]


def _unlike(bad: dict[str, object], good: dict[str, object]) -> list[str]:
    """Fields that one body has and the other has not, then plain values that differ."""
    plain = (str, int, float, bool, type(None))
    values = [name for name in sorted(bad.keys() & good.keys()) if bad[name] != good[name] and isinstance(bad[name], plain) and isinstance(good[name], plain)]
    return [
        *(f"The body lacks `{_short(name)}`." for name in sorted(good.keys() - bad.keys())),
        *(f"The body has `{_short(name)}`, which the success had not." for name in sorted(bad.keys() - good.keys())),
        *(f"`{_short(name)}` is `{_short(bad[name])}`, it was `{_short(good[name])}`." for name in values),
    ]


def _short(value: object) -> str:
    text = msgspec.json.encode(value).decode().strip('"').replace("`", "'")
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _answer(body: ShownBody) -> object | None:
    return body.text if body.media_type.startswith("text/plain") else _json(body)


def _json(body: ShownBody) -> object | None:
    return bodies.as_json(body.text.encode()) if body.text else None

"""One call as something to paste: curl, Python, JavaScript, an `.http` file, a HAR document. Text only; nothing is sent."""

import base64
import json
import shlex
from collections.abc import Callable
from typing import Any, Literal

from agent.captures import CallDetail, ShownBody

Copy = Literal["curl", "python", "javascript", "http", "har"]
_LEFT_OUT = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect", "keep-alive", "upgrade"})


def copy(call: CallDetail, kind: Copy) -> str:
    """What a call looks like in that form; with masked secrets where the call has them masked."""
    return _WRITERS[kind](call)


def _curl(call: CallDetail) -> str:
    lines = [f"curl {'-I ' if call.summary.method == 'HEAD' else ''}{shlex.quote(call.target)}"]
    if call.summary.method not in ("GET", "HEAD"):
        lines[0] = f"curl -X {shlex.quote(call.summary.method)} {shlex.quote(call.target)}"
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(call)]
    if body := _text(call):
        lines.append(f"--data-raw {shlex.quote(body)}")
    return " \\\n  ".join(lines)


def _python(call: CallDetail) -> str:
    lines = ["import httpx", "", "response = httpx.request(", f"    {call.summary.method!r},", f"    {call.target!r},"]
    if headers := _headers(call):
        lines += ["    headers=[", *(f"        ({name!r}, {value!r})," for name, value in headers), "    ],"]
    if body := _text(call):
        lines.append(f"    content={body!r}.encode(),")
    return "\n".join([*lines, ")", "print(response.status_code, response.text)"])


def _javascript(call: CallDetail) -> str:
    options: dict[str, Any] = {"method": call.summary.method}
    if headers := _headers(call):
        options["headers"] = [list(pair) for pair in headers]
    if body := _text(call):
        options["body"] = body
    written = json.dumps(options, indent=2, ensure_ascii=False)
    return f"const response = await fetch({json.dumps(call.target)}, {written});\nconsole.log(response.status, await response.text());"


def _http(call: CallDetail) -> str:
    lines = [f"### {call.summary.method} {call.summary.path}", f"{call.summary.method} {call.target}", *(f"{name}: {value}" for name, value in _headers(call))]
    return "\n".join(lines + (["", body] if (body := _text(call)) else [])) + "\n"


def _har(call: CallDetail) -> str:
    request = {
        "method": call.summary.method, "url": call.target, "httpVersion": "HTTP/1.1", "cookies": [], "headers": _har_headers(call.request_headers),
        "queryString": _har_query(call.target), "headersSize": -1, "bodySize": call.request_body.length,
        **({"postData": {"mimeType": call.request_body.media_type, "text": call.request_body.text or ""}} if call.request_body.length else {}),
    }  # fmt: skip
    response = {
        "status": call.summary.status or 0, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": _har_headers(call.response_headers),
        "redirectURL": next((value for name, value in call.response_headers if name.lower() == "location"), ""), "headersSize": -1,
        "bodySize": call.response_body.length, "content": _har_content(call.response_body),
    }  # fmt: skip
    took = call.summary.duration_ms
    entry = {
        "startedDateTime": call.summary.started_at.isoformat(), "time": took, "request": request, "response": response, "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0}, **({"_error": call.summary.error} if call.summary.error else {}),
    }  # fmt: skip
    document = {"log": {"version": "1.2", "creator": {"name": "Wiretalk", "version": "0.1.0"}, "entries": [entry]}}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _har_headers(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _har_query(target: str) -> list[dict[str, str]]:
    query = target.partition("?")[2].partition("#")[0]
    return [{"name": name, "value": value} for name, _, value in (part.partition("=") for part in query.split("&") if part)]


def _har_content(body: ShownBody) -> dict[str, Any]:
    content: dict[str, Any] = {"size": body.length, "mimeType": body.media_type or "x-unknown"}
    if body.text is not None:
        content["text"] = body.text
    elif body.data:
        content |= {"text": base64.b64encode(body.data).decode(), "encoding": "base64"}
    return content


def _headers(call: CallDetail) -> list[tuple[str, str]]:
    return [(name, value) for name, value in call.request_headers if name.lower() not in _LEFT_OUT]


def _text(call: CallDetail) -> str:
    return call.request_body.text or ""


_WRITERS: dict[Copy, Callable[[CallDetail], str]] = {"curl": _curl, "python": _python, "javascript": _javascript, "http": _http, "har": _har}
COPIES: tuple[Copy, ...] = tuple(_WRITERS)

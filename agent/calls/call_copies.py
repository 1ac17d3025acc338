"""One call as something to paste: curl, Python, JavaScript, an `.http` file, a HAR document. Text only; nothing is sent.

A body that is no text goes as base64, which each of the tools undoes; an `.http` file can only name a file beside it. Bodies are
written without their content encoding, so the header that names it is left out. Where bytes are hidden or were not kept, a comment says so.
"""

import base64
import json
import re
import shlex
from collections.abc import Callable
from typing import Any, Literal

from agent.calls.captures import CallDetail, ShownBody

Copy = Literal["curl", "python", "javascript", "http", "har"]
_LEFT_OUT = frozenset(
    {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect", "keep-alive", "upgrade", "te", "trailer", "content-encoding"}
)
_LONGEST_WORD = 100_000
"""Characters of one argument; Linux takes no more than 128 KB."""
_NOT_IN_A_FILE = re.compile(r"^(###|<)|\{\{|\0", re.MULTILINE)
"""What a client of `.http` files would take for something of its own."""


def copy(call: CallDetail, kind: Copy) -> str:
    """What a call looks like in that form; with masked secrets where the call has them masked."""
    return _WRITERS[kind](call)


def _curl(call: CallDetail) -> str:
    method, text, data = call.summary.method, _text(call), _data(call)
    words = ["curl", *(["--globoff"] if re.search(r"[\[\]{}]", call.target) else []), *(["--path-as-is"] if re.search(r"/\.\.?(/|$)", call.target) else [])]
    words += ["--head"] if method == "HEAD" else ["--request", shlex.quote(method)] if method != "GET" or text or data else []
    lines = [" ".join([*words, shlex.quote(call.target)])]
    pairs = _headers(call)
    lines += [f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}" for name, value in pairs]
    if (text or data) and not any(name.lower() == "content-type" for name, _ in pairs):
        lines.append("-H 'Content-Type:'")  # curl would make one up
    before = ""
    if data or "\0" in text or len(text.encode()) > _LONGEST_WORD:
        before = f"printf %s '{base64.b64encode(data or text.encode()).decode()}' | base64 -d | "
        lines.append("--data-binary @-")
    elif text:
        lines.append(f"--data-raw {shlex.quote(text)}")
    return _note(call, "# ") + before + " \\\n  ".join(lines)


def _python(call: CallDetail) -> str:
    lines = [*(["import base64", ""] if _data(call) else []), "import httpx", ""]
    lines += ["response = httpx.request(", f"    {call.summary.method!r},", f"    {call.target!r},"]
    if headers := _latin(call):
        lines += ["    headers=[", *(f"        {_python_pair(name, value)}," for name, value in headers), "    ],"]
    if data := _data(call):
        lines.append(f'    content=base64.b64decode("{base64.b64encode(data).decode()}"),')
    elif text := _text(call):
        lines.append(f"    content={text!r}.encode(),")
    return _note(call, "# ") + "\n".join([*lines, ")", "print(response.status_code, response.text)"])


def _python_pair(name: str, value: str) -> str:
    """httpx takes text only where it is ASCII, and one kind in a pair."""
    return f"({name!r}, {value!r})" if value.isascii() else f"({name.encode()!r}, {value.encode('latin-1', 'replace')!r})"


def _javascript(call: CallDetail) -> str:
    options: dict[str, Any] = {"method": call.summary.method}
    if headers := _latin(call):
        options["headers"] = [list(pair) for pair in headers]
    text, data = _text(call), _data(call)
    if call.summary.method in ("GET", "HEAD") and (text or data):
        text, data, note = "", b"", f"// fetch sends no body with {call.summary.method}, so it is left out here\n"
    else:
        note = _note(call, "// ")
    if text:
        options["body"] = text
    written = json.dumps(options, indent=2, ensure_ascii=False)
    if data:
        bytes_ = f'Uint8Array.from(atob("{base64.b64encode(data).decode()}"), (c) => c.charCodeAt(0))'
        written = f'{written[:-2]},\n  "body": {bytes_}\n}}'
    return f"{note}const response = await fetch({json.dumps(call.target)}, {written});\nconsole.log(response.status, await response.text());"


def _http(call: CallDetail) -> str:
    lines = [f"### {call.summary.method} {call.summary.path}", f"{call.summary.method} {call.target}", *(f"{name}: {value}" for name, value in _headers(call))]
    text = _text(call)
    if _data(call) or _NOT_IN_A_FILE.search(text):
        lines += ["", f"< ./{call.summary.id}-request.bin"]
        lines.insert(1, "# The body is in the file named below: it is downloaded beside the request")
    elif text:
        lines += ["", text]
    return _note(call, "# ") + "\n".join(lines) + "\n"


def _har(call: CallDetail) -> str:
    request = {
        "method": call.summary.method, "url": call.target, "httpVersion": "HTTP/1.1", "cookies": _cookies(call.request_headers),
        "headers": _har_headers(call.request_headers), "queryString": _har_query(call.target), "headersSize": -1, "bodySize": call.request_body.length,
        **({"postData": {"mimeType": _type_of(call.request_headers), **_har_text(call.request_body)}} if call.request_body.length else {}),
    }  # fmt: skip
    response = {
        "status": call.summary.status or 0, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [], "headers": _har_headers(call.response_headers),
        "redirectURL": next((value for name, value in call.response_headers if name.lower() == "location"), ""), "headersSize": -1,
        "bodySize": call.response_body.length,
        "content": {"size": call.response_body.length, "mimeType": call.response_body.media_type or "x-unknown", **_har_text(call.response_body)},
    }  # fmt: skip
    took = call.summary.duration_ms
    entry = {
        "startedDateTime": call.summary.started_at.isoformat(), "time": took, "request": request, "response": response, "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0}, **({"_error": call.summary.error} if call.summary.error else {}),
    }  # fmt: skip
    document = {"log": {"version": "1.2", "creator": {"name": "Wiretalk", "version": "0.1.0"}, "entries": [entry]}}
    return json.dumps(document, indent=2, ensure_ascii=False)


def _note(call: CallDetail, mark: str) -> str:
    """A comment where the body cannot be given whole."""
    body = call.request_body
    if body.truncated:
        return f"{mark}Only the beginning of the body was kept ({body.length} bytes were sent)\n"
    if body.length and body.text is None and not body.data:
        return f"{mark}The body ({body.length} bytes of {body.media_type or 'binary data'}) is left out while secrets are hidden\n"
    return ""


def _har_headers(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _har_query(target: str) -> list[dict[str, str]]:
    query = target.partition("?")[2].partition("#")[0]
    return [{"name": name, "value": value} for name, _, value in (part.partition("=") for part in query.split("&") if part)]


def _cookies(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    found = [part.strip().partition("=") for name, value in pairs if name.lower() == "cookie" for part in value.split(";") if part.strip()]
    return [{"name": name, "value": value} for name, _, value in found]


def _har_text(body: ShownBody) -> dict[str, str]:
    if body.data:
        return {"text": base64.b64encode(body.data).decode(), "encoding": "base64"}
    return {"text": body.text} if body.text is not None else {}


def _type_of(pairs: list[tuple[str, str]]) -> str:
    """Whole, with the boundary of a form."""
    return next((value for name, value in pairs if name.lower() == "content-type"), "")


def _latin(call: CallDetail) -> list[tuple[str, str]]:
    """Headers with one character per byte, as they are kept."""
    return [(name, value) for name, value in call.request_headers if name.lower() not in _LEFT_OUT]


def _headers(call: CallDetail) -> list[tuple[str, str]]:
    """Headers for a tool that writes text as UTF-8."""
    return [(name, _unicode(value)) for name, value in _latin(call)]


def _unicode(value: str) -> str:
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _text(call: CallDetail) -> str:
    return "" if call.request_body.data else call.request_body.text or ""


def _data(call: CallDetail) -> bytes:
    return call.request_body.data


_WRITERS: dict[Copy, Callable[[CallDetail], str]] = {"curl": _curl, "python": _python, "javascript": _javascript, "http": _http, "har": _har}
COPIES: tuple[Copy, ...] = tuple(_WRITERS)

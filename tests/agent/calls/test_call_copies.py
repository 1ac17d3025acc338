"""A call as something to paste: each form is read or run by the tool it is for."""

import asyncio
import json
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from typing import NamedTuple

import msgspec
import pytest

from agent.calls.call_copies import COPIES, Copy, copy
from agent.calls.captures import CallDetail, ShownBody
from agent.spec.readers import inputs
from tests.calls import summary_of

_BODY = '{"name": "O\'Brien", "note": "a\\nb $HOME `x` é"}'


def _call(body: str = _BODY) -> CallDetail:
    line = summary_of("https://x.example/a?q=1", "/a", status=201, took=12.5, sent=len(body), came=2)
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
        ["sh", "-c", f'"{sys.executable}" -c "import sys, json; print(json.dumps(sys.argv[1:]))" {copy(_call(), "curl")[5:]}'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(words.stdout)[-1] == _BODY


_FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n\x00\x01\xff\xfe\r\n--x--\r\n'
_REQUESTS: dict[str, tuple[str, str, list[tuple[str, str]], bytes]] = {
    "quotes": ("POST", "/a?q='x'&r=%22", [("Content-Type", "application/json"), ("X-Quote", 'it\'s "so" $HOME')], _BODY.encode()),
    "binary in a form": ("PUT", "/files/%2Fa", [("Content-Type", "multipart/form-data; boundary=x")], _FORM),
    "unicode": ("POST", "/a?name=%C3%A9", [("Content-Type", "text/plain; charset=utf-8"), ("X-Name", "\u00c3\u00a9t\u00c3\u00a9")], "€ 漢字 😀 \\n".encode()),
    "brackets and an at sign": ("PATCH", "/a[1]?f={x}&g=[2-3]", [("Content-Type", "application/x-www-form-urlencoded")], b"@etc/passwd&a=%00"),
    "a NUL": ("POST", "/nul", [("Content-Type", "text/plain")], b"a\x00b"),
    "long": ("POST", "/long", [("Content-Type", "text/plain")], b"line 'x'\n" * 30_000),
    "no type, duplicates": ("DELETE", "/a", [("X-Two", "1"), ("X-Two", "2")], b"x=1"),
    "no body": ("GET", "/a/../b?x=1", [("Accept", "text/x")], b""),
}


def _captured(name: str, port: int) -> CallDetail:
    method, path, headers, sent = _REQUESTS[name]
    call, is_text = _call(), name != "binary in a form"
    url = f"http://127.0.0.1:{port}{path}"
    data = b"" if is_text else sent
    shown = ShownBody("text" if is_text else "binary", "", sent.decode() if is_text else None, len(sent), False, None, data)
    line = msgspec.structs.replace(call.summary, method=method, url=url)
    return msgspec.structs.replace(call, summary=line, request_headers=[*headers, ("Content-Encoding", "gzip")], request_body=shown, target=url)


class Asked(NamedTuple):
    """A request as the upstream saw it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


class Upstream:
    """Keeps what it was asked."""

    def __init__(self) -> None:
        self.seen = list[Asked]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2])]
        if "expect" in dict(headers):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(dict(headers).get("content-length", "0")))
        method, target, _ = head[0].split(" ")
        self.seen.append(Asked(method, target, headers, body))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()


_TOOLS = {"curl": ["sh", "-s"], "python": [sys.executable, "-"], "javascript": ["node", "--input-type=module", "-"]}


@pytest.mark.parametrize("kind", _TOOLS)
async def test_what_is_pasted_sends_what_was_captured(kind: Copy) -> None:
    """Run by its tool, each form sends the same method, address, headers and bytes: quotes, files in forms, long and strange texts."""
    if shutil.which("curl" if kind == "curl" else _TOOLS[kind][0]) is None:
        pytest.skip(f"{kind} needs its tool: install curl and node to run this")
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    pasted = [copy(_captured(name, server.sockets[0].getsockname()[1]), kind) for name in _REQUESTS]
    script = "\n".join(f"{{\n{text}\n}}" for text in pasted) if kind == "javascript" else "\n".join(pasted)
    process = await asyncio.create_subprocess_exec(*_TOOLS[kind], stdin=PIPE, stdout=PIPE, stderr=PIPE)
    _, said = await process.communicate(script.encode())
    server.close()
    assert len(upstream.seen) == len(_REQUESTS), said.decode()
    for asked, (name, (method, path, headers, sent)) in zip(upstream.seen, _REQUESTS.items(), strict=True):
        assert (asked.method, asked.body) == (method, sent), name
        assert asked.target == path or kind != "curl", name  # the others write an address in their own way
        for key, value in headers:
            assert (key.lower(), value) in asked.headers or (key.lower(), "1, 2") in asked.headers, (name, key)
        assert "content-encoding" not in dict(asked.headers), name
        assert kind != "curl" or "Content-Type" in dict(headers) or "content-type" not in dict(asked.headers), name


def test_what_cannot_be_given_is_said() -> None:
    """Binary data while secrets are hidden, a body of which the beginning was kept, a body that fetch does not send; an `.http` file names a file."""
    call = _captured("binary in a form", 1)
    hidden = msgspec.structs.replace(call, request_body=msgspec.structs.replace(call.request_body, data=b""))
    assert copy(hidden, "curl").startswith(f"# The body ({len(_FORM)} bytes of binary data) is left out while secrets are hidden\n")
    cut = msgspec.structs.replace(call, request_body=msgspec.structs.replace(call.request_body, truncated=True))
    assert copy(cut, "javascript").startswith("// Only the beginning of the body was kept")
    asking = msgspec.structs.replace(call, summary=msgspec.structs.replace(call.summary, method="GET"))
    assert "body" not in copy(asking, "javascript").partition("\n")[2]
    assert f"\n\n< ./{call.summary.id}-request.bin\n" in copy(call, "http")
    (found,) = list(inputs.read(copy(call, "har").encode()))
    assert found.request_body == _FORM

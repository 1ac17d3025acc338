"""HTTP through the proxy: what the upstream and the client see, and what is recorded."""

import asyncio
import gc
import hashlib
import random
from typing import Any

import msgspec
import pytest
import zstandard

from agent.actor import Actor
from agent.calls import captures
from agent.crypto import unseal
from agent.recorder import context_of
from tests.pace import timed
from web.passage import Passage


def _head(answer: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    return int(lines[0].split(b" ")[1]), [tuple(line.split(b": ", 1)) for line in lines[1:]], body  # type: ignore[misc]


def _problem(answer: bytes) -> tuple[int, str, dict[str, Any]]:
    status, headers, body = _head(answer)
    return status, dict(headers)[b"x-wiretalk-error"].decode(), msgspec.json.decode(body)


def _headers_of(row: Any, side: str) -> list[list[str]]:
    return msgspec.json.decode(zstandard.decompress(unseal(row[f"{side}_headers"], context_of(row["id"]))))


async def test_the_upstream_sees_what_the_client_sent(proxy: Any, upstream: Any) -> None:
    """Method, raw path and query, the order, capitals and duplicates of headers: byte for byte, `Host` in its place."""
    raw = (
        f"PROPFIND {proxy.path}/a%2Fb//c/../d;x?q=%20&q=1&&=+%zz HTTP/1.1\r\nAccept: */*\r\nHost: proxy.test\r\nX-Dup: 2\r\nx-dup: 1\r\nX-EMPTY:\r\n"
        "X-Latin: caf\xe9\r\nConnection: close\r\n\r\n"
    )
    await proxy.send(raw.encode("latin-1"))
    assert upstream.heads == [
        b"PROPFIND /a%2Fb//c/../d;x?q=%20&q=1&&=+%zz HTTP/1.1\r\nAccept: */*\r\nHost: 127.0.0.1:"
        + str(upstream.port).encode()
        + b"\r\nX-Dup: 2\r\nx-dup: 1\r\nX-EMPTY: \r\nX-Latin: caf\xe9\r\n\r\n"
    ]


async def test_a_client_of_the_old_version_gets_no_chunks(proxy: Any, upstream: Any) -> None:
    """An answer of unknown length ends with the connection for HTTP/1.0, which knows no chunks."""
    upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = await proxy.send(f"GET {proxy.path}/ HTTP/1.0\r\nHost: proxy.test\r\n\r\n".encode())
    assert _head(answer) == (200, [(b"Content-Type", b"text/plain"), (b"connection", b"close")], b"abcde")


async def test_an_empty_answer_needs_no_sandbox(proxy: Any, upstream: Any) -> None:
    """What cannot be a page is left as it is; a page is not."""
    for said, is_sandboxed in ((b"204 No Content\r\n", False), (b"302 Found\r\nContent-Length: 0\r\n", False), (b"200 OK\r\nContent-Length: 1\r\n", True)):
        upstream.answer = b"HTTP/1.1 " + said + b"\r\n" + b"x" * is_sandboxed
        assert (b"content-security-policy" in await proxy.get()) == is_sandboxed


@pytest.mark.parametrize(
    "said",
    [
        "Content-Type: application/json, text/html",
        "Content-Type: image/png,,text/html;charset=utf-8",
        "Content-Type: application/json\r\nContent-Type: text/html",
        "Content-Type: text/css+xml",
        "Content-Type: application/json\r\nConnection: content-type",
    ],
)
async def test_no_type_makes_a_page_that_is_not_sandboxed(proxy: Any, upstream: Any, said: str) -> None:
    """Browsers take the last of several types, and guess where none is left: neither is a way for a script into Wiretalk's own origin."""
    upstream.answer = f"HTTP/1.1 200 OK\r\n{said}\r\nContent-Length: 1\r\n\r\nx".encode()
    assert b"content-security-policy: sandbox allow-scripts" in await proxy.get()


async def test_no_upstream_sets_a_cookie_of_ours(proxy: Any, upstream: Any) -> None:
    """Neither a session's nor one of a sign-in under way, by whatever spelling a browser would send back as such; its own pass."""
    ours = ("wiretalk_session=x", "=wiretalk_session=x", "= __Host-wiretalk_csrf=x", "wiretalk_oauth\t=x", "__Host-wiretalk_mcp=x", "wiretalk_next=/x")
    upstream.answer = (
        "HTTP/1.1 200 OK\r\n" + "".join(f"Set-Cookie: {one}; Path=/\r\n" for one in (*ours, "mine=wiretalk_session=x")) + "Content-Length: 0\r\n\r\n"
    ).encode()
    assert [line for line in (await proxy.get()).split(b"\r\n") if line.lower().startswith(b"set-cookie")] == [b"Set-Cookie: mine=wiretalk_session=x; Path=/"]


async def test_a_request_leaves_nothing_to_the_garbage_collector(proxy: Any, upstream: Any) -> None:
    """What was made for a request goes with it, without a collection that would hold up others."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            await proxy.get(method="POST", body=b"x")
        await proxy.get(headers="Expect: 100-continue\r\n", method="PUT", body=b"x" * 100_000)
        assert sum(type(one) is Passage for one in gc.get_objects()) <= 2  # what the last connections still hold
    finally:
        gc.enable()


async def test_the_client_sees_what_the_upstream_sent(proxy: Any, upstream: Any) -> None:
    """Status, reason, order, capitals and duplicates of headers, odd bytes in values, and the body; no header of the server's own is added."""
    upstream.answer = (
        b"HTTP/1.1 418 Teapot\r\nDate: yesterday\r\nServer: mine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nVary: x\r\nX-Latin: caf\xe9\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    answer = await proxy.get()
    status, headers, body = _head(answer)
    assert (status, body) == (418, b"{}")
    assert answer.startswith(b"HTTP/1.1 418 Teapot\r\n")
    assert headers == [
        (b"Date", b"yesterday"), (b"Server", b"mine"), (b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"Vary", b"x"), (b"X-Latin", b"caf\xe9"),
        (b"Content-Type", b"application/json"), (b"Content-Length", b"2"), (b"connection", b"close"),
    ]  # fmt: skip


async def test_random_requests_arrive_unchanged(proxy: Any, upstream: Any) -> None:
    """Three hundred random requests on kept connections: the upstream's view equals what was sent, and stored hashes are those of the bodies."""
    dice = random.Random(7)
    sent: list[tuple[bytes, bytes]] = []
    reader, writer = await proxy.open()
    for number in range(300):
        target = "/" + "".join(dice.choices("abcXYZ019-._~!$&'()*+,;=:@/%?", k=dice.randrange(1, 40))).replace("%", "%4a")
        body = dice.randbytes(dice.choice([0, 0, 1, 100, 5000, 70_000]))
        extra = "".join(f"X-{dice.randrange(5)}: {'v' * dice.randrange(30)}\r\n" for _ in range(dice.randrange(8)))
        method = dice.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "REPORT"])
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {proxy.path}{target} HTTP/1.1\r\nHost: p\r\nX-N: {number}\r\n{extra}{length}\r\n".encode() + body)
        answer = await reader.readuntil(b"ok\n")
        assert answer.startswith(b"HTTP/1.1 200")
        sent.append((f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{upstream.port}\r\nX-N: {number}\r\n{extra}{length}\r\n".encode(), body))
    writer.close()
    assert upstream.heads == [head for head, _ in sent]
    assert upstream.bodies == [body for _, body in sent]
    rows = await proxy.calls(300)
    assert [row["request_sha256"] for row in rows] == [hashlib.sha256(body).digest() if body else None for _, body in sent]


async def test_a_large_upload_streams_and_only_its_beginning_is_kept(proxy: Any, upstream: Any) -> None:
    """Chunked, beyond the limit: forwarded whole; kept up to the limit, with the length and hash of the whole."""
    proxy.set(body_limit=1000)
    block = random.Random(1).randbytes(50_000)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(block), block) for _ in range(20)) + b"0\r\n\r\n"
    await proxy.send(f"POST {proxy.path}/up HTTP/1.1\r\nHost: p\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode() + chunks)
    assert upstream.bodies == [block * 20]
    (row,) = await proxy.calls()
    assert zstandard.decompress(row["request_body"]) == block[:1000]
    assert (row["request_length"], row["request_sha256"], row["request_truncated"]) == (1_000_000, hashlib.sha256(block * 20).digest(), True)


async def test_events_pass_as_they_come(proxy: Any, upstream: Any) -> None:
    """A server-sent event reaches the client while the stream is open, and the capture holds them all."""
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        await go_on.wait()
        writer.write(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")

    upstream.answer = answer
    reader, writer = await proxy.open()
    writer.write(f"GET {proxy.path}/events HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n".encode())
    await asyncio.wait_for(reader.readuntil(b"data: 1\n\n"), 60)  # the upstream says no more before it is here
    go_on.set()
    assert b"data: 2" in await asyncio.wait_for(reader.read(), 60)
    writer.close()
    (row,) = await proxy.calls()
    assert zstandard.decompress(row["response_body"]) == b"data: 1\n\ndata: 2\n\n"


async def test_a_client_that_leaves_ends_the_upstreams_work(proxy: Any, upstream: Any) -> None:
    """The upstream's connection is closed long before its time is over, and the call is recorded with the reason."""
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        await reader.read()
        gone.set()
        writer.close()

    upstream.answer = answer
    reader, writer = await proxy.open()
    writer.write(f"GET {proxy.path}/ HTTP/1.1\r\nHost: p\r\n\r\n".encode())
    await reader.readuntil(b"1\r\nx\r\n")
    writer.close()
    await asyncio.wait_for(gone.wait(), 15)
    (row,) = await proxy.calls()
    assert "client left" in row["error"]


async def test_leaving_an_event_stream_is_no_failure(proxy: Any, upstream: Any) -> None:
    """A client ends such a stream by leaving, since it has no end of its own."""
    gone = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
        await reader.read()
        gone.set()
        writer.close()

    upstream.answer = answer
    reader, writer = await proxy.open()
    writer.write(f"GET {proxy.path}/events HTTP/1.1\r\nHost: p\r\n\r\n".encode())
    await reader.readuntil(b"data: 1\n\n")
    writer.close()
    await asyncio.wait_for(gone.wait(), 15)
    (row,) = await proxy.calls()
    assert (row["response_status"], row["error"]) == (200, None)


async def test_an_upstream_that_breaks_off_cuts_the_client(proxy: Any, upstream: Any) -> None:
    """The client can tell that the answer is not whole, and so can the reader of the capture."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()

    upstream.answer = answer
    reader, writer = await proxy.open()
    writer.write(f"GET {proxy.path}/ HTTP/1.1\r\nHost: p\r\n\r\n".encode())
    await reader.readuntil(b"part")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 60)
    writer.close()
    (row,) = await proxy.calls()
    assert (row["response_status"], row["response_length"]) == (200, 4)
    assert "before its answer was whole" in row["error"]


@pytest.mark.parametrize("delay", [0, 0.15])
async def test_an_unasked_answer_reaches_nobody(proxy: Any, upstream: Any, delay: float) -> None:
    """A second answer, at once or on the idle connection, never becomes the answer to the next request."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name = upstream.heads[-1].split(b" ")[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name))
        await writer.drain()
        await asyncio.sleep(delay)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        await writer.drain()

    upstream.answer = answer
    for number in range(5):
        answered = await proxy.get(f"/{number}")
        assert _head(answered)[2] == f"/{number}".encode()
        await asyncio.sleep(delay * 1.5)


async def test_a_connection_that_closed_while_idle_is_replaced(proxy: Any, upstream: Any) -> None:
    """An upstream may close an idle connection at any time; the next request does not notice."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.close()

    upstream.answer = answer
    for method in ("GET", "POST", "GET", "POST"):
        assert _head(await proxy.get(method=method, body=b"x" if method == "POST" else b""))[0] == 200
        await asyncio.sleep(0.05)
    assert len(await proxy.calls(4)) == 4


async def test_a_connection_is_used_again(proxy: Any, upstream: Any) -> None:
    """Clean exchanges of one endpoint share a connection."""
    for _ in range(5):
        await proxy.get()
    assert upstream.connections == 1


async def test_the_record_is_there_before_the_answer_ends(proxy: Any, upstream: Any) -> None:
    """Whoever has the whole answer can count on the capture: it is in the spool although nothing drains it."""
    assert _head(await proxy.get())[0] == 200
    assert proxy.recorder.backlog > 0


@pytest.mark.parametrize(
    ("changes", "path", "status", "code"),
    [
        ({"status": "INACTIVE"}, "/", 409, "endpoint_stopped"),
        ({"status": "COMPLETE"}, "/", 409, "endpoint_stopped"),
        ({"allowed_methods": frozenset({"POST"})}, "/", 405, "method_not_allowed"),
        ({"destination": "http://10.0.0.1"}, "/", 403, "egress_refused"),
        ({"destination": "http://169.254.169.254"}, "/", 403, "egress_refused"),
        ({"destination": "http://127.0.0.1:59998"}, "/", 502, "upstream_unreachable"),
        ({"destination": "http://127.0.0.1:9/v1"}, "/", 403, "egress_refused"),
    ],
)
async def test_our_own_failures_say_so(proxy: Any, changes: dict[str, Any], path: str, status: int, code: str) -> None:
    """A problem document with its code in `X-Wiretalk-Error`, and a sentence."""
    proxy.set(**changes)
    answered = _problem(await proxy.get(path))
    assert answered[:2] == (status, code)
    assert answered[2]["detail"].endswith(".")


async def test_an_unknown_endpoint_is_not_found(proxy: Any) -> None:
    """No endpoint, no forwarding."""
    assert _problem(await proxy.send(b"GET /proxy/nobody/x HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n"))[:2] == (404, "endpoint_not_found")


async def test_a_limit_of_requests(proxy: Any, upstream: Any) -> None:
    """Above the endpoint's rate the proxy answers 429 with the time to wait."""
    proxy.set(rate_limit=2)
    answers = [_head(await proxy.get())[0] for _ in range(2)]
    status, code, problem = _problem(await proxy.get())
    assert (answers, status, code) == ([200, 200], 429, "rate_limited")
    assert 0 < problem["retry_after"] <= 61


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nX: half"])
async def test_a_silent_upstream_times_out(proxy: Any, upstream: Any, answer: bytes) -> None:
    """504 after the endpoint's time, not later, whether nothing came or half a head; nothing is sent twice."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await reader.read()
        writer.close()

    await proxy.get()
    proxy.set(timeout_s=0.3)
    upstream.answer = hang
    answered = await timed(proxy.get())
    assert _problem(answered.result)[:2] == (504, "upstream_timeout")
    assert answered.seconds < 0.6
    assert len(upstream.heads) == 2
    rows = await proxy.calls(2)
    assert rows[-1]["response_status"] is None
    assert "did not answer in time" in rows[-1]["error"]


@pytest.mark.parametrize("status", ["REVIEW", "PROCESSING"])
async def test_a_paused_endpoint_forwards_without_recording(proxy: Any, upstream: Any, status: str) -> None:
    """Pausing is invisible to the API's clients."""
    proxy.set(status=status)
    assert _head(await proxy.get())[0] == 200
    proxy.set(status="ACTIVE")
    await proxy.get("/recorded")
    assert [row["path"] for row in await proxy.calls()] == ["/recorded"]


async def test_nothing_of_ours_is_forwarded(proxy: Any, upstream: Any) -> None:
    """Our cookies and tokens stay; those of the API go on, and an endpoint's own header replaces the client's."""
    proxy.set(inject_headers=[("x-api-key", "upstream-secret")])
    await proxy.get(
        headers=f"Cookie: a=1; wiretalk_session=s3cret; b=2\r\nAuthorization: Bearer wtk_{'a1' * 19}\r\nX-Theirs: wtk_{'a1' * 20}\r\nX-Api-Key: mine\r\nExpect: x\r\n"
    )
    head = upstream.heads[0].lower()
    assert b"authorization" not in head
    assert b"x-theirs: wtk_a1" in head, "what is no token of ours passes"
    assert b"s3cret" not in head
    assert b"cookie: a=1; b=2\r\n" in head
    assert b"x-api-key: upstream-secret" in head
    assert b"mine" not in head


async def test_what_is_recorded(recorded: Any, upstream: Any, database: Any) -> None:
    """The row has both heads (sealed), both bodies with their hashes, times, and no secret of the query in its URL."""
    upstream.answer = b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Token: t0ps3cret\r\nContent-Length: 8\r\n\r\n{"id":1}'
    await recorded.get("/items?api_key=s3cretkey&page=2", method="POST", body=b'{"name":"x"}', headers="Content-Type: application/json\r\n")
    (row,) = await recorded.calls()
    assert (row["method"], row["path"], row["response_status"], row["protocol"], row["source"]) == ("POST", "/items", 201, "http", "proxy")
    assert "s3cretkey" not in row["url"] + row["query_params"]
    assert zstandard.decompress(row["request_body"]) == b'{"name":"x"}'
    assert zstandard.decompress(row["response_body"]) == b'{"id":1}'
    assert row["response_sha256"] == hashlib.sha256(b'{"id":1}').digest()
    assert ["X-Token", "t0ps3cret"] in _headers_of(row, "response")
    assert b"t0ps3cret" not in bytes(row["response_headers"])
    assert row["duration"] > 0
    assert await database.fetchval("SELECT call_count FROM endpoints") == 1


@pytest.mark.parametrize(
    ("method", "answer", "status"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 200),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: x\r\n\r\n", 304),
    ],
)
async def test_answers_without_a_body(proxy: Any, upstream: Any, method: str, answer: bytes, status: int) -> None:
    """HEAD, 204, 304 and informational answers end where they should, and the connection stays usable."""
    upstream.answer = answer
    for _ in range(2):
        answered = _head(await proxy.get(method=method))
        assert (answered[0], answered[2]) == (status, b"")
    assert upstream.connections == 1


async def test_hints_and_trailers_pass(proxy: Any, upstream: Any) -> None:
    """103 before the answer, trailers after it, both ways; none of them may frame or authenticate, and 100 is the proxy's own affair."""
    upstream.answer = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\nSet-Cookie: a=1\r\n\r\n"
    )
    raw = f"POST {proxy.path}/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Mine: 2\r\nHost: b\r\n\r\n"
    answer = await proxy.send(raw.encode())
    assert answer == (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n"
    )
    assert upstream.trailers == [b"X-Mine: 2\r\n"]
    (call,) = await proxy.calls()
    assert ["X-Sum", "1"] in _headers_of(call, "response")


async def test_a_path_cannot_leave_the_destinations_own(proxy: Any, upstream: Any) -> None:
    """With a base path in the destination, dot segments are refused, also encoded ones; the base stands before every path."""
    proxy.set(destination=f"{upstream.url}/v1")
    await proxy.get("/users?x=1")
    assert upstream.heads[0].startswith(b"GET /v1/users?x=1 HTTP/1.1")
    for path in ("/../admin", "/%2e%2e/admin", "/a/.%2E/../admin"):
        assert _problem(await proxy.get(path))[:2] == (400, "bad_request")


async def test_an_endpoint_may_not_point_at_itself(proxy: Any) -> None:
    """A destination that is a proxy URL of this server would go round for ever."""
    proxy.set(destination=f"http://127.0.0.1:{proxy.port}{proxy.path}")
    assert _problem(await proxy.get())[:2] == (403, "egress_refused")


async def test_the_rest_goes_to_the_application(proxy: Any, upstream: Any) -> None:
    """Only `/proxy/…` is the proxy's."""
    assert _head(await proxy.send(b"GET /proxyx HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))[2] == b"app"
    assert upstream.heads == []


async def test_the_phases_of_a_call_are_recorded(recorded: Any, upstream: Any) -> None:
    """When the connection stood, where a new one was made, and when the answer began."""
    await recorded.get()
    await recorded.get()
    first, second = (msgspec.json.decode(row["timings"]) for row in await recorded.calls(2))
    assert 0 < first["connect_ms"] <= first["first_byte_ms"]
    assert set(second) == {"first_byte_ms"}


async def test_a_capture_can_be_read_back(recorded: Any, upstream: Any) -> None:
    """What the recorder stores is what the reading side shows."""
    await recorded.get("/read", method="POST", body=b"a=1", headers="Content-Type: application/x-www-form-urlencoded\r\n")
    (row,) = await recorded.calls()
    detail = await captures.get(Actor(row["user_id"]), row["id"])
    assert (detail.request_body.text, detail.response_body.text, detail.summary.status) == ("a=1", "ok\n", 200)

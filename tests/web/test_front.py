"""The guarded front, by raw bytes against a real server."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from web import front


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the method, the target as the front kept it and the body."""
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"|".join([scope["method"].encode(), scope["wiretalk.target"], b"".join(parts), b",".join(name for name, _ in scope["headers"])])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    if scope["wiretalk.target"] == b"/proxy/cut":
        scope["wiretalk.passage"].abort()
        return
    await send({"type": "http.response.body", "body": body, "more_body": False})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(_application, http="web.front:GuardedProtocol", ws="web.front_ws:PatientProtocol", lifespan="off", log_level="critical")
    )
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await task


async def _talk(port: int, *raw: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = b""
    try:
        for part in raw:
            writer.write(part)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            await asyncio.sleep(0.01)
        while data := await asyncio.wait_for(reader.read(65536), 60):
            got += data
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    return got


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: user@b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 505),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 1100 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: 1\r\n" * 5000 + b"\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 30\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
async def test_what_is_refused_gets_one_answer_and_the_end(port: int, raw: bytes, status: int) -> None:
    """One status line, then the connection closes; nothing behind the refused request is served."""
    answer = await _talk(port, raw + b"GET /after HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("step", [1, 7, 1000])
async def test_a_wish_for_another_protocol_is_declined_and_its_body_is_a_body(port: int, step: int) -> None:
    """As Java's client begins: the request is answered in HTTP/1.1, the connection goes on, and nothing in a body is taken for a request."""
    wish = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAE\r\n"
    evil = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
    raw = (
        b"GET http://a/one HTTP/1.1\r\nHost: a\r\n%b\r\nPOST /proxy/two HTTP/1.1\r\nHost: a\r\n%bContent-Length: 31\r\n\r\n%b" % (wish, wish, evil)
        + b"POST /three HTTP/1.1\r\nHost: a\r\n%bTransfer-Encoding: chunked\r\n\r\n1f\r\n%b\r\n0\r\n\r\n" % (wish, evil)
        + b"GET /four HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for start in range(0, len(raw), step):
        writer.write(raw[start : start + step])
        await asyncio.sleep(0)
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    for said in (b"GET|/one||", b"POST|/proxy/two|" + evil, b"POST|/three|" + evil, b"GET|/four||"):
        assert said in answer


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nHost: a\r\nX: ", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;"])
async def test_framing_without_end_stops_early(port: int, start: bytes) -> None:
    """A header line or a chunk extension that never ends is cut off long before it fills the memory."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    try:
        writer.write(start)
        for _ in range(200):
            writer.write(b"a" * 65536)
            await writer.drain()
            sent += 65536
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    finally:
        writer.close()
    assert sent < 8_000_000


async def test_the_target_and_headers_arrive_as_sent(port: int) -> None:
    """An empty query stays; trailers do not become headers."""
    raw = b"POST /a%2Fb//c? HTTP/1.1\r\nHOST: a\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n"
    answer = await _talk(port, raw)
    assert answer.endswith(b"POST|/a%2Fb//c?|hi|host,x-one,transfer-encoding,connection")


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    """Guarding does not break what is allowed."""
    answer = await _talk(
        port, b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: %b\r\n\r\n" % (n, b"close" if n == 2 else b"keep-alive") for n in range(3))
    )
    assert [answer.index(b"/%d|" % n) for n in range(3)] == sorted(answer.index(b"/%d|" % n) for n in range(3))


async def test_a_head_or_body_that_does_not_come_ends_the_connection(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Absolute deadlines: silence, a slow head and a slow body are all answered with 408."""
    monkeypatch.setattr(front, "_TICK", 0.05)
    monkeypatch.setattr(front, "HEAD_SECONDS", 0.4)
    monkeypatch.setattr(front, "BODY_SECONDS", 0.2)
    assert (await _talk(port)).startswith(b"HTTP/1.1 408 ")
    assert (await _talk(port, b"GET / HTTP/1.1\r\n", b"Host: a\r\n")).startswith(b"HTTP/1.1 408 ")
    assert (await _talk(port, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", b"half")).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_keeps_coming_is_not_late(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time for a body grows with what has arrived."""
    monkeypatch.setattr(front, "_TICK", 0.05)
    monkeypatch.setattr(front, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(front, "BODY_BYTES_PER_SECOND", 1_000)
    parts = [b"x" * 500] * 60  # 10 ms and more between two of them
    answer = await _talk(port, b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 30000\r\n\r\n", *parts)
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_an_answer_that_is_cut_short_began(port: int) -> None:
    """The head goes out with what follows it; where nothing follows, it goes out all the same, so that the cut can be seen."""
    got = await _talk(port, b"GET /proxy/cut HTTP/1.1\r\nhost: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200")
    assert not got.endswith(b"|")

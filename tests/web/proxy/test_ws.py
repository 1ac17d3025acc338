"""WebSockets through the proxy, against a scripted upstream and a client made of wsproto and a socket."""

import asyncio
import base64
import hashlib
import struct
from typing import Any

import msgspec
import pytest
import zstandard
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Ping, Pong, RejectConnection, RejectData, Request, TextMessage
from wsproto.frame_protocol import CloseReason

from agent.crypto import unseal
from agent.recorder import context_of
from web.proxy import ws


class Client:
    """A WebSocket client over a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._ws = WSConnection(ConnectionType.CLIENT)
        self._events: list[Event] = []

    def send(self, *events: Event) -> None:
        self._writer.write(b"".join(map(self._ws.send, events)))

    async def next(self) -> Event:
        while not self._events:
            data = await asyncio.wait_for(self._reader.read(1 << 20), 60)
            self._ws.receive_data(data or None)
            self._events = list(self._ws.events())
        return self._events.pop(0)

    async def message(self) -> str | bytes:
        """The next whole message."""
        parts: list[Any] = []
        while True:
            event = await self.next()
            assert isinstance(event, TextMessage | BytesMessage), event
            parts.append(event.data if isinstance(event, TextMessage) else bytes(event.data))
            if event.message_finished:
                return "".join(parts) if isinstance(event, TextMessage) else b"".join(parts)

    def leave(self) -> None:
        self._writer.close()


async def _client(proxy: Any, path: str = "/ws", **request: Any) -> tuple[Client, Event]:
    client = Client(*await proxy.open())
    client.send(Request(host="proxy.test", target=proxy.path + path, **request))
    return client, await client.next()


def _accepting(work: Any = None, *, extra: bytes = b"") -> Any:
    """An upstream that accepts the handshake and then does `work`, or echoes frames."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heads: list[bytes]) -> None:
        key = next(line.split(b": ")[1] for line in heads[-1].split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n" + extra + b"\r\n"
        )
        await (work or _echo)(reader, writer)
        writer.close()

    return answer


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        first, length = await reader.readexactly(2)
        size = length & 127
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await reader.readexactly(8))
        key = await reader.readexactly(4)
        data = _unmasked(await reader.readexactly(size), key)
        writer.write(frame(first & 15, data, fin=bool(first & 128)))
        if first & 15 == 8:
            return


def _unmasked(data: bytes, key: bytes) -> bytes:
    whole = int.from_bytes(data, "big") ^ int.from_bytes((key * (len(data) // 4 + 1))[: len(data)], "big")
    return whole.to_bytes(len(data), "big")


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0, claim: int | None = None) -> bytes:
    """A server's frame."""
    size = len(data) if claim is None else claim
    head = bytes([(128 if fin else 0) | rsv << 4 | opcode])
    if size < 126:
        return head + bytes([size]) + data
    return head + (b"\x7e" + struct.pack("!H", size) if size < 65536 else b"\x7f" + struct.pack("!Q", size)) + data


def _script(upstream: Any, made: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await made(reader, writer, upstream.heads)

    upstream.answer = answer


def _messages(row: Any) -> list[Any]:
    return msgspec.msgpack.decode(zstandard.decompress(unseal(row["messages"], context_of(row["id"]))))


async def test_messages_pass_both_ways_and_are_recorded(proxy: Any, upstream: Any) -> None:
    """Text and bytes, also in fragments, whole on both sides; recorded by direction, kind and time; an orderly end is no error."""
    _script(upstream, _accepting())
    client, accepted = await _client(proxy)
    assert isinstance(accepted, AcceptConnection)
    client.send(TextMessage("hällo"))
    assert await client.message() == "hällo"
    client.send(BytesMessage(b"\0\xff", message_finished=False))
    client.send(BytesMessage(b"\x01"))
    assert await client.message() == b"\0\xff\x01"
    client.send(CloseConnection(1000, "bye"))
    assert isinstance(await client.next(), CloseConnection)
    client.leave()
    (row,) = await proxy.calls()
    assert (row["protocol"], row["response_status"], row["error"]) == ("ws", None, None)
    assert [(direction, is_text, data) for direction, _, is_text, data in _messages(row)] == [
        ("sent", True, "hällo".encode()), ("received", True, "hällo".encode()), ("sent", False, b"\0\xff\x01"), ("received", False, b"\0\xff\x01"),
    ]  # fmt: skip


async def test_a_message_of_sixteen_megabytes(proxy: Any, upstream: Any) -> None:
    """The largest message that is promised."""
    _script(upstream, _accepting())
    client, _ = await _client(proxy)
    large = bytes(range(256)) * 65536
    client.send(BytesMessage(large[:-1]))
    assert await client.message() == large[:-1]
    client.leave()


async def test_a_larger_message_ends_the_connection(proxy: Any, upstream: Any) -> None:
    """1009, without gathering what was announced."""

    async def huge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(2, b"", claim=1 << 30))
        for _ in range(18 * 16):
            writer.write(b"w" * 65536)
            await writer.drain()

    _script(upstream, _accepting(huge))
    client, _ = await _client(proxy)
    closed = await client.next()
    assert isinstance(closed, CloseConnection)
    assert closed.code == 1009
    client.leave()


async def test_close_codes_cross(proxy: Any, upstream: Any) -> None:
    """The upstream's code and reason reach the client."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(1, b"hi") + frame(8, struct.pack("!H", 4001) + b"because"))
        await reader.read(100)

    _script(upstream, _accepting(close))
    client, _ = await _client(proxy)
    assert await client.message() == "hi"
    closed = await client.next()
    assert isinstance(closed, CloseConnection)
    assert (closed.code, closed.reason) == (4001, "because")
    client.leave()


async def test_the_clients_close_code_reaches_the_upstream(proxy: Any, upstream: Any) -> None:
    """And the other way round."""
    seen: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, length = await reader.readexactly(2)
        key = await reader.readexactly(4)
        seen.set_result(_unmasked(await reader.readexactly(length & 127), key))

    _script(upstream, _accepting(wait))
    client, _ = await _client(proxy)
    client.send(CloseConnection(4002, "done"))
    assert await asyncio.wait_for(seen, 60) == struct.pack("!H", 4002) + b"done"
    client.leave()


async def test_subprotocols_are_the_upstreams_choice(proxy: Any, upstream: Any) -> None:
    """What the client offers is offered on; what the upstream chooses is what the client gets."""
    _script(upstream, _accepting(extra=b"Sec-WebSocket-Protocol: v2\r\n"))
    client, accepted = await _client(
        proxy, subprotocols=["v1", "v2"], extra_headers=[(b"authorization", b"Bearer up"), (b"cookie", b"wiretalk_session=x; a=1")]
    )
    assert isinstance(accepted, AcceptConnection)
    assert accepted.subprotocol == "v2"
    head = upstream.heads[0].lower()
    assert b"sec-websocket-protocol: v1, v2\r\n" in head
    assert b"authorization: bearer up\r\n" in head
    assert b"cookie: a=1\r\n" in head
    client.leave()


async def test_a_refusal_reaches_the_client(proxy: Any, upstream: Any) -> None:
    """The upstream's status and body, not a hang and not a guess."""
    upstream.answer = b"HTTP/1.1 403 No\r\nX-Why: because\r\nContent-Length: 4\r\n\r\nnope"
    client, rejected = await _client(proxy)
    assert isinstance(rejected, RejectConnection)
    assert rejected.status_code == 403
    assert (b"x-why", b"because") in list(rejected.headers)
    body = await client.next()
    assert isinstance(body, RejectData)
    assert bytes(body.data) == b"nope"
    client.leave()
    (row,) = await proxy.calls()
    assert row["response_status"] == 403


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 502),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", 502),
        (b"garbage\r\n\r\n", 502),
    ],
)
async def test_a_bad_handshake_is_a_problem(proxy: Any, upstream: Any, answer: bytes, status: int) -> None:
    """No WebSocket upstream: 502 with the sentence, in the record too."""
    upstream.answer = answer
    client, rejected = await _client(proxy)
    assert isinstance(rejected, RejectConnection)
    assert rejected.status_code == status
    assert (b"x-wiretalk-error", b"upstream_invalid") in list(rejected.headers)
    client.leave()
    assert (await proxy.calls())[0]["error"] is not None


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (frame(1, b"\xff\xfe"), 1007),
        (frame(3, b"x"), 1002),
        (frame(1, b"x", rsv=4), 1002),
        (frame(0, b"x"), 1002),
        (frame(9, b"p", fin=False), 1002),
        (frame(8, b"\x03"), 1002),
        (frame(9, b"p") * 2000, 1008),
    ],
)
async def test_an_upstream_that_breaks_the_rules(proxy: Any, upstream: Any, frames: bytes, code: int) -> None:
    """The client is told by a code that something went wrong, and the record says what."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frames)
        await reader.read(100)

    _script(upstream, _accepting(send))
    client, _ = await _client(proxy)
    closed = await client.next()
    assert isinstance(closed, CloseConnection)
    assert closed.code == code
    client.leave()
    (row,) = await proxy.calls()
    assert "upstream" in row["error"]


async def test_a_cut_is_told_as_one(proxy: Any, upstream: Any) -> None:
    """An upstream that goes without a word: the client does not see an orderly end."""

    async def vanish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(1, b"hi"))
        await writer.drain()

    _script(upstream, _accepting(vanish))
    client, _ = await _client(proxy)
    assert await client.message() == "hi"
    closed = await client.next()
    assert isinstance(closed, CloseConnection)
    assert closed.code == 1011
    client.leave()
    (row,) = await proxy.calls()
    assert "cut" in row["error"]


async def test_a_client_that_vanishes_ends_the_upstreams_connection(proxy: Any, upstream: Any) -> None:
    """At once: nothing has to time out first."""
    _script(upstream, _accepting())
    client, _ = await _client(proxy)
    client.leave()
    for _ in range(1500):
        if not upstream.open:
            break
        await asyncio.sleep(0.01)
    assert upstream.open == 0


async def test_pings_are_answered(proxy: Any, upstream: Any) -> None:
    """Each side's ping gets its pong from the proxy."""
    pong: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(9, b"up?"))
        head = await reader.readexactly(2)
        key = await reader.readexactly(4)
        pong.set_result(head[:1] + _unmasked(await reader.readexactly(head[1] & 127), key))
        await reader.read(100)

    _script(upstream, _accepting(ping))
    client, _ = await _client(proxy)
    assert await asyncio.wait_for(pong, 60) == b"\x8aup?"
    client.send(Ping(b"down?"))
    answered = await client.next()
    assert isinstance(answered, Pong)
    assert bytes(answered.payload) == b"down?"
    client.leave()


async def test_a_stopped_endpoint_refuses_the_handshake(proxy: Any, upstream: Any) -> None:
    """With the same problem as for HTTP."""
    proxy.set(status="ARCHIVED")
    client, rejected = await _client(proxy)
    assert isinstance(rejected, RejectConnection)
    assert rejected.status_code == 409
    client.leave()


async def test_what_the_upstream_still_says_after_a_goodbye_arrives(proxy: Any, upstream: Any) -> None:
    """Whoever says something and goodbye in one breath hears the answer, and then the upstream's goodbye, as without a proxy."""

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2 + 4 + 5 + 2 + 4 + 2)
        await asyncio.sleep(0.1)
        writer.write(frame(1, b"late") + frame(8, struct.pack("!H", 4003) + b"bye"))

    _script(upstream, _accepting(slowly))
    client, _ = await _client(proxy)
    client.send(TextMessage("hello"), CloseConnection(1000))
    assert await client.message() == "late"
    closed = await client.next()
    assert isinstance(closed, CloseConnection)
    assert (closed.code, closed.reason) == (4003, "bye")
    client.leave()
    (row,) = await proxy.calls()
    assert row["error"] is None


async def test_a_goodbye_that_nobody_answers_is_answered_all_the_same(proxy: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the client's own code, after a while, or at once where the upstream only hangs up."""
    monkeypatch.setattr(ws, "_FAREWELL_SECONDS", 0.2)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    for answer in (silent, lambda reader, writer: reader.readexactly(8)):
        _script(upstream, _accepting(answer))
        client, _ = await _client(proxy)
        client.send(CloseConnection(4004))
        closed = await client.next()
        assert isinstance(closed, CloseConnection)
        assert closed.code == 4004
        client.leave()
    assert [row["error"] for row in await proxy.calls(2)] == [None, None]


async def test_hanging_up_is_no_goodbye(proxy: Any, upstream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The upstream sees the connection end without a close frame, and the record says so; a goodbye without a code stays one."""
    monkeypatch.setattr(ws, "_FAREWELL_SECONDS", 0.1)
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.put_nowait(await reader.read())
        except ConnectionError:
            heard.put_nowait(b"")

    _script(upstream, _accepting(listen))
    client, _ = await _client(proxy)
    client.leave()
    assert await asyncio.wait_for(heard.get(), 60) == b""
    (row,) = await proxy.calls()
    assert "the client cut the WebSocket" in row["error"]
    client, _ = await _client(proxy)
    client.send(CloseConnection(CloseReason.NO_STATUS_RCVD))
    assert (await asyncio.wait_for(heard.get(), 60))[:2] == b"\x88\x80"
    client.leave()

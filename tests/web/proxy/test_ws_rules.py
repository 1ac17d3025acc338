"""The rules of RFC 6455 through the proxy, frame by frame, in the order of the well-known list of cases (families 1 to 7)."""

import asyncio
import base64
import hashlib
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Message, Ping

_KEY = b"\x37\xfa\x21\x3d"
_CONT, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0, 1, 2, 8, 9, 10
_BROKEN, _BAD_TEXT = frozenset({1002}), frozenset({1007})
_HELLO = b"Hello, world!"


class Case(NamedTuple):
    """What the client writes, in pieces of `chop` bytes; what it hears, and with which codes it may end. Without codes it ends the connection itself."""

    name: str
    sent: list[bytes]
    heard: list[tuple[int, bytes]]
    codes: frozenset[int] = frozenset()
    chop: int = 0


def frame(opcode: int, data: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A client's frame, masked."""
    size = len(data)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size) if size < 65536 else b"\xff" + struct.pack("!Q", size)
    key = int.from_bytes((_KEY * (size // 4 + 1))[:size], "big")
    return bytes([(128 if fin else 0) | rsv << 4 | opcode]) + length + _KEY + (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")


def _close(code: int, reason: bytes = b"") -> bytes:
    return frame(_CLOSE, struct.pack("!H", code) + reason)


def _echoes() -> Iterator[Case]:
    for group, opcode in ((1, _TEXT), (2, _BINARY)):
        for number, size in enumerate((0, 125, 126, 127, 128, 65535, 65536, 65536), 1):
            data = b"*" * size
            yield Case(f"1.{group}.{number}", [frame(opcode, data)], [(opcode, data)], chop=997 if number == 8 else 0)


def _pings() -> Iterator[Case]:
    for number, data in enumerate((b"", _HELLO, bytes(range(0xF8, 0x100)), b"\xfe" * 125), 1):
        yield Case(f"2.{number}", [frame(_PING, data)], [(_PONG, data)])
    yield Case("2.5", [frame(_PING, b"\xfe" * 126)], [], _BROKEN)
    yield Case("2.6", [frame(_PING, b"\xfe" * 125)], [(_PONG, b"\xfe" * 125)], chop=1)
    yield Case("2.7", [frame(_PONG), frame(_TEXT, b"x")], [(_TEXT, b"x")])
    yield Case("2.8", [frame(_PONG, b"unsolicited"), frame(_TEXT, b"x")], [(_TEXT, b"x")])
    yield Case("2.9", [frame(_PONG, b"unsolicited"), frame(_PING, b"mine")], [(_PONG, b"mine")])
    for number in (10, 11):
        payloads = [f"ping-{n}".encode() for n in range(10)]
        yield Case(f"2.{number}", [frame(_PING, data) for data in payloads], [(_PONG, data) for data in payloads], chop=1 if number == 11 else 0)


def _reserved() -> Iterator[Case]:
    for rsv in range(1, 8):
        opcode = {5: _BINARY, 6: _PING, 7: _CLOSE}.get(rsv, _TEXT)
        yield Case(f"3.{rsv}", [frame(opcode, b"\x03\xe8" if opcode == _CLOSE else _HELLO, rsv=rsv), frame(_PING)], [], _BROKEN, 1 if rsv == 4 else 0)
    for number, opcode in enumerate((3, 4, 5, 6, 7, 11, 12, 13, 14, 15)):
        yield Case(f"4.{1 + number // 5}.{1 + number % 5}", [frame(opcode, _HELLO if number % 2 else b""), frame(_PING)], [], _BROKEN)


def _fragments() -> Iterator[Case]:
    first, last = frame(_TEXT, b"frag1", fin=False), frame(_CONT, b"frag2")
    whole, pong = (_TEXT, b"frag1frag2"), (_PONG, b"ping")
    for number, control in ((1, _PING), (2, _PONG)):
        yield Case(f"5.{number}", [frame(control, b"frag1", fin=False), last], [], _BROKEN)
    for number, chop in ((3, 0), (4, 7), (5, 1)):
        yield Case(f"5.{number}", [first, last], [whole], chop=chop)
    for number, chop in ((6, 0), (7, 7), (8, 1)):
        yield Case(f"5.{number}", [first, frame(_PING, b"ping"), last], [pong, whole], chop=chop)
    for number, fin in ((9, True), (12, False)):
        yield Case(f"5.{number}", [frame(_CONT, b"lost", fin=fin), frame(_TEXT, _HELLO)], [], _BROKEN)
    yield Case("5.15", [first, last, frame(_CONT, b"lost", fin=False), frame(_TEXT, b"x")], [whole], _BROKEN)
    yield Case("5.18", [first, frame(_TEXT, b"again")], [], _BROKEN)
    parts = [frame(_TEXT if n == 0 else _CONT, b"f%d" % n, fin=n == 4) for n in range(5)]
    yield Case("5.19", [*parts[:2], frame(_PING, b"ping"), *parts[2:]], [pong, (_TEXT, b"f0f1f2f3f4")])


def _texts() -> Iterator[Case]:
    good = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    yield Case("6.2.1", [frame(_TEXT, good)], [(_TEXT, good)])
    yield Case("6.2.2", [frame(_TEXT, good[:7], fin=False), frame(_CONT, good[7:])], [(_TEXT, good)])
    yield Case("6.2.3", [frame(_TEXT if n == 0 else _CONT, good[n : n + 1], fin=n == len(good) - 1) for n in range(len(good))], [(_TEXT, good)])
    bad = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64"
    yield Case("6.3.1", [frame(_TEXT, bad)], [], _BAD_TEXT)
    yield Case("6.3.2", [frame(_TEXT if n == 0 else _CONT, bad[n : n + 1], fin=n == len(bad) - 1) for n in range(len(bad))], [], _BAD_TEXT)
    for number, data in enumerate((b"\xf8\x88\x80\x80\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\xff", b"\xf4\x90\x80\x80", b"\xe1\xbd"), 1):
        yield Case(f"6.bad.{number}", [frame(_TEXT, data)], [], _BAD_TEXT)
    for number, data in enumerate(("\x00", "\ud7ff", "\ue000", "\ufffd", "\U00010000", "\U0010ffff"), 1):
        yield Case(f"6.good.{number}", [frame(_TEXT, data.encode())], [(_TEXT, data.encode())])


def _closes() -> Iterator[Case]:
    yield Case("7.1.1", [frame(_PING, b"x"), _close(1000)], [(_PONG, b"x")], frozenset({1000}))
    yield Case("7.1.3", [_close(1000), frame(_PING)], [], frozenset({1000}))
    yield Case("7.1.5", [frame(_TEXT, b"frag", fin=False), _close(1000), frame(_CONT, b"late")], [], frozenset({1000}))
    yield Case("7.3.1", [frame(_CLOSE)], [], frozenset({0, 1000}))
    yield Case("7.3.2", [frame(_CLOSE, b"a")], [], _BROKEN)
    yield Case("7.3.5", [_close(1000, b"*" * 123)], [], frozenset({1000}))
    yield Case("7.3.6", [_close(1000, b"*" * 124)], [], _BROKEN)
    yield Case("7.5.1", [_close(1000, b"\xce\xba\xe1\xed\xa0\x80")], [], _BAD_TEXT | _BROKEN)
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999):
        yield Case(f"7.7.{code}", [_close(code)], [], frozenset({code}))
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999):
        yield Case(f"7.9.{code}", [_close(code)], [], _BROKEN)


@pytest.fixture
def echoing(upstream: Any) -> None:
    """An upstream that gives every message back."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = next(line.split(b": ")[1] for line in upstream.heads[-1].split(b"\r\n") if line.lower().startswith(b"sec-websocket-key"))
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
        frames = Connection(ConnectionType.SERVER)
        while data := await reader.read(1 << 16):
            frames.receive_data(data)
            for event in frames.events():
                if isinstance(event, Message):
                    writer.write(frames.send(type(event)(data=event.data, message_finished=event.message_finished)))
                elif isinstance(event, Ping | CloseConnection):
                    writer.write(frames.send(event.response()))
        writer.close()

    upstream.answer = answer


@pytest.mark.parametrize("family", [_echoes, _pings, _reserved, _fragments, _texts, _closes], ids=lambda family: family.__name__.strip("_"))
async def test_every_case(proxy: Any, echoing: None, family: Any) -> None:
    """Whole messages come back as they went, control frames are answered, and each broken rule ends the connection with its code."""
    wrong: list[str] = []
    for case in family():
        heard, code = await _played(proxy, case)
        is_broken = case.codes <= _BROKEN | _BAD_TEXT  # then the connection may just be dropped (RFC 6455, 7.1.7)
        expected = case.heard[: len(heard)] if is_broken else case.heard  # what was on its way may be lost with it
        if heard != expected or (case.codes and code not in case.codes and not (code is None and is_broken)):
            wrong.append(f"{case.name}: heard {[(opcode, data[:40]) for opcode, data in heard]}, ended with {code}")
    assert wrong == []


async def _played(proxy: Any, case: Case) -> tuple[list[tuple[int, bytes]], int | None]:
    """What was heard, and the close code; 0 for a close frame without one, None for a cut."""
    reader, writer = await proxy.open()
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    writer.write(f"GET {proxy.path}/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{key}\r\n".encode())
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).startswith(b"HTTP/1.1 101 ")
    sent = b"".join(case.sent)
    for start in range(0, len(sent), case.chop or len(sent) or 1):
        writer.write(sent[start : start + (case.chop or len(sent))])
        if case.chop:
            await asyncio.sleep(0)
    heard: list[tuple[int, bytes]] = []
    code: int | None = None
    try:
        while case.codes or len(heard) < len(case.heard):
            opcode, data = await asyncio.wait_for(_next(reader), 60)
            if opcode == _CLOSE:
                code = int.from_bytes(data[:2], "big")
                break
            heard.append((opcode, data))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()
    return heard, code


async def _next(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """A whole message of the server's, or a control frame."""
    parts = b""
    while True:
        first, length = await reader.readexactly(2)
        if length == 126:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", await reader.readexactly(8))
        parts += await reader.readexactly(length)
        if first & 128:
            return first & 15 or _TEXT, parts

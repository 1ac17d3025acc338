"""Byte for byte: random requests and answers, sent directly and through the proxy, seen the same by both sides, and stored as they were."""

import asyncio
import hashlib
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.crypto import unseal
from agent.recorder import context_of, expand

_DROPPED = {b"connection", b"host"}
_TOKEN = st.text("abcXYZ09-_.!~", min_size=1, max_size=12)
_HEADERS = st.lists(
    st.tuples(_TOKEN.map(lambda name: f"X-{name}".encode()), st.binary(max_size=30).map(lambda value: bytes(b for b in value if b > 32 and b != 127))),
    max_size=8,
)
_BODY = st.one_of(st.none(), st.binary(max_size=200), st.binary(min_size=1, max_size=4).map(lambda some: some * 30_000))


class Message(NamedTuple):
    """The variable parts of one request or answer. Without a body it has no length either."""

    first: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes | None
    is_chunked: bool

    @property
    def raw(self) -> bytes:
        head = b"".join([self.first, b"\r\n", *(b"%b: %b\r\n" % pair for pair in self.headers)])
        body = self.body or b""
        if self.is_chunked:
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        return head + (b"\r\n" if self.body is None else b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


class Seen(NamedTuple):
    """One side's view of a message."""

    first: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes


def requests() -> st.SearchStrategy[Message]:
    """Any method, any path and query that may be written."""
    target = st.text("abcXYZ019-._~!$&'()*+,;=:@/?", max_size=40).map(lambda path: "/" + path.replace("//", "/%2F"))
    method = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "REPORT", "OPTIONS"])
    return st.builds(
        lambda verb, path, headers, body, chunked: Message(f"{verb} @{path}".encode(), headers, body, chunked), method, target, _HEADERS, _BODY, st.booleans()
    )


def answers() -> st.SearchStrategy[Message]:
    """Any status that has a body, any reason."""
    first = st.builds(lambda status, reason: f"HTTP/1.1 {status} {reason}".encode(), st.sampled_from([200, 201, 206, 301, 404, 418, 500, 503]), _TOKEN)
    return st.builds(
        Message, first, _HEADERS.map(lambda pairs: [(b"Content-Type", b"application/json"), *pairs]), _BODY.map(lambda body: body or b""), st.booleans()
    )


async def compare(proxy: Any, upstream: Any, count: int) -> list[tuple[bytes, bytes]]:
    """Raises where a view differs. Gives the bodies that went and came, in their order."""
    reader, writer = await proxy.open()
    direct_reader, direct_writer = await asyncio.open_connection("127.0.0.1", upstream.port)
    bodies: list[tuple[bytes, bytes]] = []
    loop = asyncio.get_running_loop()

    async def both(request: Message, answer: Message) -> None:
        upstream.answer = answer.raw
        views: list[tuple[Seen, Seen]] = []
        for to, back, base in ((direct_writer, direct_reader, b""), (writer, reader, proxy.path.encode())):
            to.write(request._replace(first=request.first.replace(b"@", base, 1) + b" HTTP/1.1", headers=[(b"Host", b"h"), *request.headers]).raw)
            client = await _seen(back)
            views.append((_upstreams(upstream), client))
        assert views[0] == views[1]
        bodies.append((request.body or b"", answer.body or b""))
        upstream.heads.clear()
        upstream.bodies.clear()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(requests(), answers())
    def check(request: Message, answer: Message) -> None:
        asyncio.run_coroutine_threadsafe(both(request, answer), loop).result(60)

    await asyncio.to_thread(check)
    writer.close()
    direct_writer.close()
    return bodies


def check_stored(row: dict[str, Any], bodies: tuple[bytes, bytes]) -> None:
    """The stored bytes themselves, read back, and what is said of them."""
    for side, body in zip(("request", "response"), bodies, strict=True):
        packed = row[f"{side}_body"]
        stored = expand(unseal(packed, context_of(row["id"])) if row["sealed"] else bytes(packed)) if packed else b""
        assert (_hash(stored), row[f"{side}_sha256"], row[f"{side}_length"]) == (_hash(body), _hash(body), len(body))


async def test_nothing_changes_on_the_way(proxy: Any, upstream: Any) -> None:
    """Two hundred exchanges on kept connections: first line, headers in their order with capitals and duplicates, bodies; and the bodies that are stored.

    `python -m tests.bench.fidelity` compares five thousand, with a database.
    """
    bodies = await compare(proxy, upstream, 200)
    for row, pair in zip(await proxy.calls(len(bodies)), bodies, strict=True):
        check_stored(row, pair)


def _upstreams(upstream: Any) -> Seen:
    """What came last, and the end of the request's path alone where it went through the proxy."""
    return Seen(*_parts(upstream.heads[-1]), upstream.bodies[-1])


def _parts(head: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    lines = head.rstrip(b"\r\n").split(b"\r\n")
    pairs = [(name, value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
    kept = [(name.lower() if name.lower() == b"transfer-encoding" else name, value) for name, value in pairs if name.lower() not in _DROPPED]
    return lines[0], sorted(kept, key=lambda pair: pair[0] == b"transfer-encoding")  # the framing is each connection's own: it stands last


async def _seen(reader: asyncio.StreamReader) -> Seen:
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        first, headers = _parts(head)
        named = {name.lower(): value for name, value in headers}
        if named.get(b"transfer-encoding") != b"chunked":
            return Seen(first, headers, await reader.readexactly(int(named[b"content-length"])))
        parts: list[bytes] = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readline()
        return Seen(first, headers, b"".join(parts))


def _hash(body: bytes) -> bytes | None:
    return hashlib.sha256(body).digest() if body else None

"""Upstreams that speak HTTP/2 only: plainly, over TLS, and gRPC's unary calls; the client speaks HTTP/1.1 all the while."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import msgspec
import pytest
import zstandard

from agent.crypto import unseal
from agent.egress import network
from agent.errors import Problem
from agent.recorder import context_of
from tests import certificates
from web.proxy import pool


class Server:
    """Answers each stream with what it saw, and as a gRPC server where it is asked as one. `bodies` are by stream."""

    def __init__(self) -> None:
        self.port = self.connections = 0
        self.seen: list[tuple[dict[bytes, bytes], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding=None))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        heads: dict[int, dict[bytes, bytes]] = {}
        bodies: dict[int, bytearray] = {}
        try:
            while data := await reader.read(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        heads[event.stream_id], bodies[event.stream_id] = dict(event.headers), bytearray()  # type: ignore[arg-type]
                    elif isinstance(event, h2.events.DataReceived):
                        bodies[event.stream_id] += event.data
                        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        self.seen.append((heads[event.stream_id], bytes(bodies[event.stream_id])))
                        self._answer(connection, event.stream_id, heads[event.stream_id], bytes(bodies[event.stream_id]))
                writer.write(connection.data_to_send())
        except (h2.exceptions.ProtocolError, ConnectionError):
            pass  # it was not spoken to in HTTP/2
        finally:
            writer.close()

    def _answer(self, connection: h2.connection.H2Connection, stream: int, head: dict[bytes, bytes], body: bytes) -> None:
        is_grpc = head.get(b"content-type") == b"application/grpc"
        connection.send_headers(
            stream, [(b":status", b"200"), (b"content-type", b"application/grpc" if is_grpc else b"text/plain"), (b"x-path", head[b":path"])]
        )
        for start in range(0, len(body), 16384):
            connection.send_data(stream, body[start : start + 16384])
        if is_grpc:
            connection.send_headers(stream, [(b"grpc-status", b"0"), (b"grpc-message", b"fine")], end_stream=True)
        else:
            connection.end_stream(stream)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()


async def test_an_upstream_without_http1_is_spoken_to_in_its_own_way(proxy: Any, server: Server) -> None:
    """Nothing is sent twice but what was never read; after that one connection serves all, uploads and empty bodies too."""
    proxy.set(destination=f"http://127.0.0.1:{server.port}")
    assert (await proxy.get("/a?b=1", headers="X-One: 1\r\n")).startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-path: /a?b=1\r\n")
    answer = await proxy.get("/up", method="POST", body=b"x" * 40_000)
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.count(b"x") > 40_000
    head, body = server.seen[-1]
    assert (head[b":method"], head[b":path"], head[b":authority"], len(body)) == (b"POST", b"/up", f"127.0.0.1:{server.port}".encode(), 40_000)
    assert server.seen[0][0][b"x-one"] == b"1"
    assert server.connections == 2
    calls = await proxy.calls(2)
    assert [call["response_status"] for call in calls] == [200, 200]


async def test_a_grpc_call_is_recognised_and_recorded(proxy: Any, server: Server) -> None:
    """Its trailers reach the client, and the record says what it was and how it ended."""
    proxy.set(destination=f"http://127.0.0.1:{server.port}")
    answer = await proxy.get("/shop.Shop/Get", method="POST", body=b"\0\0\0\0\x02\x08\x07", headers="Content-Type: application/grpc\r\nTE: trailers\r\n")
    assert answer.endswith(b"0\r\ngrpc-status: 0\r\ngrpc-message: fine\r\n\r\n")
    assert server.seen[0][0][b"te"] == b"trailers"
    (call,) = await proxy.calls(1)
    assert call["protocol"] == "grpc"
    pairs = msgspec.json.decode(zstandard.decompress(unseal(call["response_headers"], context_of(call["id"]))))
    assert ["grpc-status", "0"] in pairs


async def test_over_tls_the_handshake_tells(proxy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that refuses to speak HTTP/1.1 in its handshake is asked again for HTTP/2."""
    certificate, made = certificates.certificate(tmp_path, "localhost"), Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=certificates.serving(certificate, "h2"))
    monkeypatch.setattr(network, "tls", certificates.trusting(certificate))
    proxy.set(destination=f"https://localhost:{listening.sockets[0].getsockname()[1]}")
    for _ in range(2):
        assert (await proxy.get("/secure")).startswith(b"HTTP/1.1 200 ")
    assert len(made.seen) == 2
    listening.close()


@pytest.mark.parametrize("words", ["[SSL] tlsv1 alert no application protocol (_ssl.c:1006)", "[SSL: TLSV1_ALERT_NO_APPLICATION_PROTOCOL] tlsv1 alert"])
async def test_a_broken_handshake_leads_to_http2(proxy: Any, server: Server, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """Other servers break the handshake off instead; how that reads depends on the TLS library."""
    real = pool.connect

    async def connect(target: Any, made: Any, world: Any, *, alpn: str = "http/1.1") -> Any:
        if alpn != "h2":
            raise Problem("upstream_unreachable", "It does not speak TLS properly.") from ssl.SSLError(1, words)
        return await real(target, made, world, alpn=alpn)

    monkeypatch.setattr(pool, "connect", connect)
    proxy.set(destination=f"http://127.0.0.1:{server.port}")
    assert (await proxy.get("/a")).startswith(b"HTTP/1.1 200 ")
    assert server.connections == 1

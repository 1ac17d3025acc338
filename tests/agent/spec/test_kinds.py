"""Which kind of API a call speaks, on the mixed capture and on single calls."""

import json

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Frame
from agent.spec.observe import observe_all


def _post(path: str, body: bytes, media_type: str, **more: object) -> Exchange:
    return Exchange(
        id=path, method="POST", url=f"https://api.example{path}", status=200, request_headers=(("Content-Type", media_type),), request_body=body, **more
    )  # type: ignore[arg-type]


def test_every_kind_is_recognised() -> None:
    """JSON-RPC, SOAP, gRPC, GraphQL, server-sent events and sockets, with their operations and messages."""
    socket = Exchange(
        id="s",
        method="GET",
        url="wss://api.example/socket",
        status=101,
        protocol="wss",
        frames=(Frame("sent", b'{"type": "hello", "n": 1}'), Frame("received", b'{"type": "tick", "at": 2}'), Frame("received", b"\x00", is_text=False)),
    )
    stream = Exchange(
        id="e",
        method="GET",
        url="https://api.example/stream",
        status=200,
        response_headers=(("Content-Type", "text/event-stream"),),
        response_body=b'event: price\ndata: {"n": 1}\n\nevent: price\ndata: {"n": 2}\n\n',
    )
    soap = b'<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetOrderRequest/></s:Body></s:Envelope>'
    calls = [
        _post("/rpc", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": []}).encode(), "application/json"),
        _post("/soap", soap, "text/xml"),
        _post("/shop.v1.Catalog/Get", b"\0\0\0\0\0", "application/grpc-web+proto"),
        _post("/graphql", b'{"query": "{ a }"}', "application/json"),
        socket,
        stream,
    ]
    found = {operation.template: operation for operation in conclude(observe_all(calls)).operations}
    assert {template: operation.api_type for template, operation in found.items()} == {
        "/rpc": "JSON-RPC",
        "/soap": "SOAP",
        "/shop.v1.Catalog/Get": "gRPC",
        "/graphql": "GraphQL",
        "/socket": "WebSocket",
        "/stream": "SSE",
    }
    assert (found["/rpc"].operation_names, found["/soap"].operation_names, found["/shop.v1.Catalog/Get"].operation_names) == (
        ("eth_call",),
        ("GetOrder",),
        ("Get",),
    )
    assert {(message.direction, message.name) for message in found["/socket"].messages} == {("sent", "hello"), ("received", "tick"), ("received", "binary")}
    assert [(message.name, message.evidence.count) for message in found["/stream"].messages] == [("price", 2)]

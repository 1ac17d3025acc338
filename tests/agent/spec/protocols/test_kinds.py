"""Which kind of API a call speaks, on the mixed capture and on single calls."""

import json

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Frame, Headers
from agent.spec.observe import observe_all
from agent.spec.summary import dump


def _post(path: str, body: bytes, media_type: str, *, more_headers: Headers = (), response_headers: Headers = (), response_body: bytes = b"") -> Exchange:
    sent = (("Content-Type", media_type), *more_headers)
    return Exchange(path, "POST", f"https://api.example{path}", 200, sent, body, response_headers, response_body)


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


_STREAM = (("Content-Type", "text/event-stream"),)
_SOAP = (
    b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><m:StoreScan xmlns:m="urn:d"><name>a</name></m:StoreScan></S:Body></S:Envelope>'
)


@pytest.mark.parametrize(
    ("kind", "names", "call"),
    [
        ("gRPC", ("GetDriver",), _post("/fleet.v2.Drivers/GetDriver", b'{"id": "a"}', "application/json", more_headers=(("Connect-Protocol-Version", "1"),))),
        ("gRPC", ("Watch",), _post("/fleet.v2.Drivers/Watch", b"\0\0\0\0\2{}", "application/connect+json")),
        ("gRPC", ("Get",), _post("/fleet.v2.Drivers/Get", b"AAAAAAA=", "application/grpc-web-text")),
        (
            "GraphQL",
            ("Up",),
            _post(
                "/up",
                b'--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query": "mutation Up { up }"}\r\n--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{}\r\n--b--',
                "multipart/form-data; boundary=b",
            ),
        ),
        (
            "GraphQL",
            ("On",),
            _post(
                "/gql",
                b'{"query": "subscription On { moved { lat } }"}',
                "application/json",
                response_headers=_STREAM,
                response_body=b'event: next\ndata: {"data": {"moved": {"lat": 1.5}}}\n\n',
            ),
        ),
        (
            "JSON-RPC",
            ("tools/list",),
            _post(
                "/mcp",
                b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}',
                "application/json",
                response_headers=_STREAM,
                response_body=b'data: {"jsonrpc": "2.0", "id": 1, "result": {"tools": []}}\n\n',
            ),
        ),
        ("JSON-RPC", ("getinfo",), _post("/", b'{"jsonrpc": "1.0", "id": "a", "method": "getinfo", "params": []}', "text/plain")),
        (
            "JSON-RPC",
            ("read",),
            _post("/j", b'{"method": "read", "params": {}, "id": 1}', "application/json", response_body=b'{"result": 1, "error": null, "id": 1}'),
        ),
        ("GraphQL", ("Raw",), _post("/gql", b"query Raw { a }", "application/graphql", response_body=b'{"data": {"a": 1}}')),
        ("GraphQL", ("UserByName",), _post("/i/graphql/8Xk2/UserByName", b'{"variables": {"name": "a"}}', "application/json", response_body=b'{"data": {}}')),
        ("REST", (), _post("/docs/graphql", b'{"variables": {"name": "a"}}', "application/json", response_body=b'{"pages": 3}')),
        ("gRPC", ("Get",), _post("/fleet.v2.Drivers/Get", b"\0", "application/octet-stream", response_headers=(("grpc-status", "0"),))),
        ("REST", (), _post("/hooks", b'{"method": "POST", "params": {}, "id": 1, "url": "x"}', "application/json", response_body=b'{"id": 1}')),
        ("REST", (), _post("/search", b'{"query": "{name} of things"}', "application/json", response_body=b'{"hits": []}')),
        (
            "SOAP",
            ("StoreScan",),
            _post(
                "/docs",
                b'--b\r\nContent-Id: <root>\r\nContent-Type: application/xop+xml; type="text/xml"\r\n\r\n' + _SOAP + b"\r\n--b--",
                'multipart/related; boundary="b"',
            ),
        ),
        ("SOAP", ("StoreScan",), _post("/docs", _SOAP, "application/soap+xml")),
        (
            "XML-RPC",
            ("wp.getPosts",),
            _post("/xmlrpc.php", b"<?xml version='1.0'?>\n<methodCall><methodName>wp.getPosts</methodName></methodCall>", "text/xml"),
        ),
        ("REST", (), _post("/notes", b"<note>a methodCall</note>", "text/xml")),
    ],
)
def test_other_ways_to_say_the_same(kind: str, names: tuple[str, ...], call: Exchange) -> None:
    """Each kind has several wires; what only looks like one is none."""
    (operation,) = conclude(observe_all([call])).operations
    assert (operation.api_type, operation.operation_names) == (kind, names)


def test_answers_go_with_their_questions() -> None:
    """In a batch and in a stream, each operation gets its own answer."""
    batch = _post(
        "/gql",
        b'[{"query": "query A { a { x } }"}, {"query": "query B { b { y } }"}]',
        "application/json",
        response_body=b'[{"data": {"a": {"x": 1}}}, {"data": {"b": {"y": true}}}]',
    )
    spec = conclude(observe_all([batch]))
    assert "type A {\n  x: Int\n}" in spec.graphql_sdl
    assert "type B {\n  y: Boolean\n}" in spec.graphql_sdl
    stream = _post(
        "/mcp",
        b'{"jsonrpc": "2.0", "id": 7, "method": "add"}',
        "application/json",
        response_headers=_STREAM,
        response_body=b'data: {"jsonrpc": "2.0", "method": "progress"}\n\ndata: {"jsonrpc": "2.0", "id": 7, "result": 5}\n\n',
    )
    (operation,) = conclude(observe_all([stream])).operations
    assert [(message.name, message.schema) for message in operation.messages] == [("add result", {"type": "integer"})]


def test_a_socket_is_one_whatever_else_is_asked_there() -> None:
    """Socket.IO begins by asking again and again, at the same address."""
    polls = [Exchange(str(n), "GET", "https://api.example/socket.io/?EIO=4&transport=polling", 200, response_body=b'0{"sid": "a"}') for n in range(5)]
    socket = Exchange("s", "GET", "wss://api.example/socket.io/?EIO=4&transport=websocket", 101, protocol="wss", frames=(Frame("sent", b"2probe"),))
    assert [operation.api_type for operation in conclude(observe_all([*polls, socket])).operations] == ["WebSocket"]


def test_secrets_of_several_graphql_requests_are_hidden() -> None:
    """What stands for a password in one request of many leaves no trace."""
    body = b'[{"query": "mutation L($p: String!) { login(password: $p) { id } }", "variables": {"p": "hunter2"}}]'
    assert b"hunter2" not in dump(observe_all([_post("/gql", body, "application/json")]))

"""XML-RPC, as Python's own client and server speak it."""

import xmlrpc.client
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.protocols import xml_rpc
from agent.spec.readers import openapi_read
from agent.spec.schemas.bodies import ABSENT
from agent.spec.writers import markdown, openapi

XML = (("Content-Type", "text/xml"),)
VALUES = [1, -2.5, True, None, "7", "<&>", "", ["a", [2], []], {"a b": {"n": 0}, "list": [{"x": False}]}, {}]


def _call(method: str, params: tuple[Any, ...], answer: Any, number: int = 0) -> Exchange:
    sent = xmlrpc.client.dumps(params, method, allow_none=True).encode()
    received = xmlrpc.client.dumps(answer if isinstance(answer, xmlrpc.client.Fault) else (answer,), methodresponse=True, allow_none=True).encode()
    return Exchange(str(number), "POST", "https://api.example/xmlrpc.php", 200, XML, sent, XML, received)


@pytest.fixture
def spec() -> Spec:
    post = {"id": 7, "title": "Hello", "tags": ["a"], "draft": False}
    return conclude(
        observe_all(
            [
                _call("wp.getPosts", (1, "ann", "hunter2"), [post, post]),
                _call("wp.getPosts", (1, "bob", "hunter2"), [post], 1),
                _call("wp.newPost", (1, "ann", "hunter2", {"title": "New"}), "8", 2),
                _call("wp.newPost", (1, "ann", "wrong", {"title": "New"}), xmlrpc.client.Fault(403, "no"), 3),
            ]
        )
    )


def test_methods_are_told_with_what_they_take_and_give(spec: Spec) -> None:
    """By name, each with its parameters and its result; a fault is none."""
    (operation,) = spec.operations
    assert (operation.id, operation.api_type, operation.operation_names) == ("xmlrpc", "XML-RPC", ("wp.getPosts", "wp.newPost"))
    assert [(one.direction, one.name, one.schema["type"]) for one in operation.messages] == [
        ("sent", "wp.getPosts", "array"), ("received", "wp.getPosts result", "array"), ("sent", "wp.newPost", "array"), ("received", "wp.newPost result", "string"),
    ]  # fmt: skip
    items = operation.messages[1].schema["items"]
    assert {name: one["type"] for name, one in items["properties"].items()} == {"id": "integer", "title": "string", "tags": "array", "draft": "boolean"}


def test_a_password_among_the_parameters_is_not_kept(spec: Spec) -> None:
    """It has a place and no name, so no text of a parameter is shown; the sample is a call all the same."""
    written = openapi.to_json(openapi.document(spec)).decode() + markdown.document(spec)
    assert not [word for word in ("hunter2", "ann", "bob") if f">{word}<" in written or f'"{word}"' in written]
    params, method = xmlrpc.client.loads(spec.operations[0].request[0].example)
    assert (method, len(params)) == ("wp.getPosts", 1)


def test_the_kind_is_written_and_read(spec: Spec) -> None:
    """In the document, under its own word."""
    document = openapi.document(spec)
    assert document["paths"]["/xmlrpc.php"]["post"]["x-api-type"] == "xmlrpc"
    assert openapi_read.read(document).operations[0].api_type == "XML-RPC"


def test_values_are_read_and_written() -> None:
    """Each type, also within others: what is read is what was sent, and what is written says it again."""
    call = xml_rpc.called(xmlrpc.client.dumps(tuple(VALUES), "a.b", allow_none=True).encode())
    assert call == ("a.b", VALUES)
    assert xmlrpc.client.loads(xml_rpc.written("a.b", VALUES)) == (tuple(VALUES), "a.b")
    moment = xmlrpc.client.dumps((datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b"abc"), "m").encode()
    assert xml_rpc.called(moment) == ("m", ["20260102T03:04:05", "YWJj"])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<methodCall>",
        b"<methodCall><methodName/></methodCall>",
        b"<methodCall>" + b"<params>" * 5000,
        b"<methodCall><methodName>a</methodName><params><param>x</param><param><value><i4>x</i4></value></param><param><value><struct>y</struct></value></param>",
    ],
)
def test_what_is_damaged_does_no_harm(body: bytes) -> None:
    """It is read as far as it goes."""
    call = xml_rpc.called(body)
    assert call is None or ElementTree.fromstring(xml_rpc.written(*call)).tag == "methodCall"
    assert xml_rpc.answered(body) is ABSENT

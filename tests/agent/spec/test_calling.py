"""Requests from operations: encoded exactly, checked against the spec, never out of the API's own paths or headers."""

from typing import Any

import pytest

from agent.spec import calling
from agent.spec.calling import Arguments
from agent.spec.encoding import Unfit
from agent.spec.model import Operation, Parameter, Spec
from agent.spec.readers import openapi_read

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/orders/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "getOrder",
                "parameters": [
                    {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    {"name": "seen", "in": "cookie", "schema": {"type": "string"}},
                ],
                "responses": {},
            },
        },
        "/orders": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}},
                "responses": {},
            }
        },
        "/login": {"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}, "responses": {}}},
        "/../admin": {"get": {"responses": {}}},
        "/a\r\nHost: evil": {"get": {"responses": {}}},
        "/files/{name}": {"get": {"parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}], "responses": {}}},
    },
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"type": "string", "pattern": "^(a+)+$"}, "parent": {"$ref": "#/components/schemas/Order"}},
            }
        }
    },
}
SPEC: Spec = openapi_read.read(DOCUMENT)


def _build(word: str, given: Arguments) -> calling.Request:
    match = calling.find(SPEC, word)
    assert match
    path = {**match.path, **given.path}
    return calling.build(SPEC, match.operation, Arguments(path, given.query, given.headers, given.cookies, given.body), is_strict=True)


def test_each_argument_goes_where_it_belongs() -> None:
    """Path, query, header, cookie: encoded once, lists repeated, text turned into what the schema wants."""
    made = _build("getOrder", Arguments({"id": "17"}, {"fields": ["a b", "c&d"]}, {"x-trace": "é"}, {"seen": "yes; no"}))
    assert made.target == "/orders/17?fields=a%20b&fields=c%26d"
    assert made.headers == (("X-Trace", "é"), ("cookie", "seen=yes%3B%20no"))


def test_a_real_path_fills_its_parameters() -> None:
    """`GET /orders/17` means the template with 17 in it."""
    assert _build("GET /orders/17", Arguments()).target == "/orders/17"


def test_bodies_are_encoded_by_their_media_type() -> None:
    """JSON compactly, forms as forms."""
    assert _build("POST /orders", Arguments(body={"sku": "x"})).body == b'{"sku":"x"}'
    form = _build("POST /login", Arguments(body={"user": "a b", "n": [1, 2]}))
    assert form.body == b"user=a%20b&n=1&n=2"
    assert ("content-type", "application/x-www-form-urlencoded") in form.headers


@pytest.mark.parametrize(
    ("word", "given", "why"),
    [
        ("getOrder", Arguments(), "missing"),
        ("getOrder", Arguments({"id": "x"}), "does not fit"),
        ("getOrder", Arguments({"id": 1}, {"nope": 1}), "no query parameter"),
        ("getOrder", Arguments({"id": 1}, headers={"x-trace": "a\r\nHost: evil"}), "must not have"),
        ("getOrder", Arguments({"id": 1}, headers={"X-Other": "a"}), "no header parameter"),
        ("POST /orders", Arguments(), "body is needed"),
        ("POST /orders", Arguments(body={}), "'sku' is a required property"),
        ("POST /orders", Arguments(body={"sku": "a", "parent": {"sku": 3}}), "is not of type"),
        ("GET /../admin", Arguments(), "leads out"),
        ("GET /a\r\nHost: evil", Arguments(), "cannot be called"),
        ("GET /files/{name}", Arguments({"name": "../../etc"}), "cannot be"),
        ("GET /files/{name}", Arguments({"name": ""}), "cannot be"),
    ],
)
def test_what_does_not_fit_is_said(word: str, given: Arguments, why: str) -> None:
    """One sentence that names what is wrong; no request."""
    with pytest.raises(Unfit, match=why):
        _build(word, given)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "authorization", "Cookie"])
def test_headers_of_the_connection_and_credentials_are_not_arguments(name: str) -> None:
    """Also where a heard spec would let unknown headers through."""
    match = calling.find(SPEC, "POST /login")
    assert match
    with pytest.raises(Unfit, match="not given with a call"):
        calling.build(SPEC, match.operation, Arguments(headers={name: "x"}), is_strict=False)


def test_hostile_patterns_are_not_run() -> None:
    """A catastrophic expression of a document costs nothing."""
    assert _build("POST /orders", Arguments(body={"sku": "a" * 5000 + "!"})).body


def test_an_operation_nobody_described_is_a_method_and_a_path() -> None:
    """What else is no operation."""
    made = calling.raw("get /things/{id}")
    assert made
    assert calling.build(Spec("t"), made, Arguments({"id": "ä/ö"}, {"q": True}), is_strict=False).target == "/things/%C3%A4%2F%C3%B6?q=true"
    assert calling.raw("CONNECT /x") is None
    assert calling.raw("GET http://evil.example/") is None


def test_a_query_in_the_path_is_sent_before_the_others() -> None:
    """As documents have it of APIs whose operations are told apart so; what is filled in cannot leave its value."""
    parameters = (Parameter("user", "path", {"type": "string"}, required=True), Parameter("page", "query", {"type": "integer"}))
    operation = Operation("search", "GET", "/rest?method=photos.search&user={user}", parameters=parameters)
    made = calling.build(Spec("t", operations=(operation,)), operation, Arguments({"user": "a&b#"}, {"page": 3}), is_strict=True)
    assert made.target == "/rest?method=photos.search&user=a%26b%23&page=3"
    with pytest.raises(Unfit, match="cannot be sent"):
        calling.build(Spec("t"), Operation("a", "GET", "/a?b=c#d"), Arguments(), is_strict=True)


def test_a_last_slash_counts_only_where_it_tells_two_apart() -> None:
    """Of what a person writes. What is sent is as the operation has it."""
    alone, *both = (Operation(name, "GET", template) for name, template in (("a", "/users/"), ("b", "/tags"), ("c", "/tags/")))
    spec = Spec("x", operations=(alone, *both))
    for word, id_ in {"GET /users": "a", "/users": "a", "get /tags": "b", "GET /tags/": "c", "/tags/": "c"}.items():
        found = calling.find(spec, word)
        assert found is not None and found.operation.id == id_, word
    assert calling.build(spec, alone, Arguments(), is_strict=True).target == "/users/"
    assert [one.id for one in calling.named(spec, "/tags")] == ["b"] and calling.named(spec, "POST /users") == []

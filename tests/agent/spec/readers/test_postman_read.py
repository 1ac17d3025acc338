"""Postman collections of all versions."""

import json
from typing import Any

import pytest

from agent.spec.model import Exchange, Spec
from agent.spec.readers import postman_read
from agent.spec.writers import postman

POSTMAN: dict[str, Any] = {
    "info": {"name": "x", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "variable": [{"key": "host", "value": "https://{{name}}.test"}, {"key": "name", "value": "x"}],
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "t0"}]},
    "item": [
        {
            "name": "folder",
            "item": [
                {
                    "request": {
                        "method": "POST",
                        "url": {"raw": "{{host}}/a/:id?b=1", "variable": [{"key": "id", "value": "7"}]},
                        "header": [{"key": "A", "value": "b"}, {"key": "Off", "value": "x", "disabled": True}],
                        "body": {"mode": "raw", "raw": "{}", "options": {"raw": {"language": "json"}}},
                    },
                    "response": [{"code": 201, "header": [{"key": "Content-Type", "value": "application/json"}], "body": "{}"}],
                }
            ],
        },
        {"request": "{{unknown}}/x"},
        {
            "request": {
                "url": "https://x.test/form",
                "method": "PUT",
                "auth": {"type": "noauth"},
                "body": {"mode": "urlencoded", "urlencoded": [{"key": "a b", "value": "{{name}}"}]},
            }
        },
        {"request": {"url": "https://x.test/graphql", "method": "POST", "body": {"mode": "graphql", "graphql": {"query": "{ a }", "variables": ""}}}},
    ],
}


def test_a_postman_collection_is_read_with_folders_variables_and_answers() -> None:
    """The request whose host is unknown is reported."""
    reading = postman_read.read(json.dumps(POSTMAN).encode())
    first, form, graphql = list(reading)
    assert (first.method, first.url, first.status, first.response_body) == ("POST", "https://x.test/a/7?b=1", 201, b"{}")
    assert first.request_headers == (("A", "b"), ("Authorization", "Bearer t0"), ("Content-Type", "application/json"))
    assert form.request_body == b"a+b=x" and form.request_headers == (("Content-Type", "application/x-www-form-urlencoded"),)
    assert json.loads(graphql.request_body) == {"query": "{ a }", "variables": {}}
    assert reading.skipped == ("`GET {{unknown}}/x` was left out: its host is not known.",)


def asked(*items: Any, **more: Any) -> list[Exchange]:
    return list(postman_read.read(json.dumps({"info": {}, "item": items, **more}).encode()))


def test_a_request_may_be_spelled_in_parts() -> None:
    """Its address, its query and its variables; a host without a scheme is HTTP, as Postman has it."""
    url = {"protocol": "https", "host": ["x", "test"], "path": ["a", ":id"], "query": [{"key": "q", "value": "1"}, {"key": "z", "disabled": True}]}
    found = asked({"request": {"url": url | {"variable": [{"key": "id", "value": "7"}]}}}, {"request": "localhost:3000/{{$randomInt}}"})
    assert [one.url for one in found] == ["https://x.test/a/7?q=1", "http://localhost:3000/42"]


@pytest.mark.parametrize(
    ("body", "expected", "media_type"),
    [
        ({"mode": "raw", "raw": "<a/>", "options": {"raw": {"language": "xml"}}}, b"<a/>", "application/xml"),
        ({"mode": "raw", "raw": "x", "disabled": True}, b"", ""),
        ({"mode": "urlencoded", "urlencoded": [{"key": "t", "value": "1"}, {"key": "t", "value": "2"}]}, b"t=1&t=2", "application/x-www-form-urlencoded"),
        (
            {"mode": "formdata", "formdata": [{"key": "a", "value": "1"}, {"key": "f", "type": "file", "src": "/x/y.png"}]},
            b'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
            b'--boundary\r\nContent-Disposition: form-data; name="f"; filename="y.png"\r\n\r\n\r\n--boundary--\r\n',
            "multipart/form-data; boundary=boundary",
        ),
    ],
)
def test_bodies_of_every_mode(body: Any, expected: bytes, media_type: str) -> None:
    """With the type that Postman would send."""
    (found,) = asked({"request": {"method": "POST", "url": "https://x.test", "body": body}})
    assert (found.request_body, dict(found.request_headers).get("Content-Type", "")) == (expected, media_type)


def test_how_to_sign_in_is_inherited_until_it_is_said_otherwise() -> None:
    """By folders too; a key may be a parameter."""
    key = {"type": "apikey", "apikey": [{"key": "key", "value": "k"}, {"key": "value", "value": "s"}, {"key": "in", "value": "query"}]}
    basic, none = {"type": "basic"}, {"type": "noauth"}
    leaf = {"request": {"url": "https://x.test", "auth": None}}
    found = asked(leaf, {"auth": basic, "item": [leaf]}, {"auth": none, "item": [leaf]}, auth=key)
    assert [(one.url, [value.partition(" ")[0] for _, value in one.request_headers]) for one in found] == [
        ("https://x.test?k=s", []),
        ("https://x.test", ["Basic"]),
        ("https://x.test", []),
    ]


def test_version_1_is_read_as_well() -> None:
    """Its requests are a list, its headers are lines."""
    requests = [
        {"id": "1", "url": "https://x.test/a", "method": "POST", "headers": "A: b\n//C: d\n", "dataMode": "raw", "rawModeData": "{}"},
        {"id": "2", "url": "https://x.test/b", "method": "POST", "dataMode": "urlencoded", "data": [{"key": "a", "value": "1"}]},
    ]
    first, second = list(postman_read.read(json.dumps({"id": "c", "order": ["1"], "requests": requests}).encode()))
    assert (first.request_body, first.request_headers, second.request_body) == (b"{}", (("A", "b"),), b"a=1")


def test_our_own_collection_comes_back(shop: Spec) -> None:
    """Every operation that was written is a request again."""
    found = list(postman_read.read(json.dumps(postman.document(shop)).encode()))
    assert {(exchange.method, exchange.url.partition("?")[0]) for exchange in found} >= {
        ("GET", "https://api.shop.test/v1/orders"),
        ("POST", "https://api.shop.test/v1/orders"),
        ("GET", "https://api.shop.test/v1/orders/123e4567-e89b-42d3-a456-426614174000"),
    }

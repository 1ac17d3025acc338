"""Postman and Insomnia collections."""

import json
from typing import Any

import pytest

from agent.spec import collections, postman
from agent.spec.model import Spec
from agent.spec.reading import Unreadable

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
    reading = collections.read_postman(json.dumps(POSTMAN).encode())
    first, form, graphql = list(reading)
    assert (first.method, first.url, first.status, first.response_body) == ("POST", "https://x.test/a/7?b=1", 201, b"{}")
    assert first.request_headers == (("A", "b"), ("Authorization", "Bearer t0"), ("Content-Type", "application/json"))
    assert form.request_body == b"a+b=x" and form.request_headers == (("Content-Type", "application/x-www-form-urlencoded"),)
    assert json.loads(graphql.request_body) == {"query": "{ a }", "variables": {}}
    assert reading.skipped == ("`GET {{unknown}}/x` was left out: its host is not known.",)


def test_an_insomnia_export_is_read_in_both_forms() -> None:
    """Version 4 is JSON with resources, version 5 YAML with a tree."""
    four = {
        "_type": "export",
        "__export_format": 4,
        "resources": [
            {"_type": "environment", "data": {"base": "https://x.test"}},
            {
                "_type": "request",
                "method": "POST",
                "url": "{{ _.base }}/a",
                "parameters": [{"name": "q", "value": "a b"}],
                "body": {"mimeType": "application/json", "text": "{}"},
                "authentication": {"type": "bearer", "token": "t"},
            },
        ],
    }
    five = b"type: collection.insomnia.rest/5.0\ncollection:\n- name: folder\n  children:\n  - url: https://x.test/b\n    method: DELETE\n"
    (found,) = list(collections.read_insomnia(json.dumps(four).encode()))
    assert (found.url, found.request_body, found.request_headers) == (
        "https://x.test/a?q=a+b",
        b"{}",
        (("Authorization", "Bearer t"), ("Content-Type", "application/json")),
    )
    assert [(found.method, found.url) for found in collections.read_insomnia(five)] == [("DELETE", "https://x.test/b")]


def test_our_own_collection_comes_back(shop: Spec) -> None:
    """Every operation that was written is a request again."""
    found = list(collections.read_postman(json.dumps(postman.document(shop)).encode()))
    assert {(exchange.method, exchange.url.partition("?")[0]) for exchange in found} >= {
        ("GET", "https://api.shop.test/v1/orders"),
        ("POST", "https://api.shop.test/v1/orders"),
        ("GET", "https://api.shop.test/v1/orders/123e4567-e89b-42d3-a456-426614174000"),
    }


@pytest.mark.parametrize("data", [b"[]", b"{", b"{}", b"a: [", b"!!python/object:os.system x"])
def test_what_is_no_collection_is_refused(data: bytes) -> None:
    """Never run, never a traceback."""
    with pytest.raises(Unreadable):
        list(collections.read_postman(data))

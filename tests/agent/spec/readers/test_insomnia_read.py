"""Insomnia exports of both forms."""

import json
from typing import Any

from agent.spec.model import Exchange
from agent.spec.readers import insomnia_read


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
    (found,) = list(insomnia_read.read(json.dumps(four).encode()))
    assert (found.url, found.request_body, found.request_headers) == (
        "https://x.test/a?q=a+b",
        b"{}",
        (("Authorization", "Bearer t"), ("Content-Type", "application/json")),
    )
    assert [(found.method, found.url) for found in insomnia_read.read(five)] == [("DELETE", "https://x.test/b")]


def asked(*resources: dict[str, Any]) -> list[Exchange]:
    return list(insomnia_read.read(json.dumps({"_type": "export", "__export_format": 4, "resources": resources}).encode()))


def test_what_a_folder_says_counts_for_its_requests() -> None:
    """Variables and the way to sign in, also nested ones, and parameters in the path; sockets are requests too."""
    folder = {"_type": "request_group", "_id": "f", "environment": {"v": {"w": "2"}}, "authentication": {"type": "apikey", "key": "k", "value": "s", "addTo": "queryParams"}}  # fmt: skip
    request = {"_type": "request", "parentId": "f", "url": "https://x.test/{{ _.v.w }}/:id", "pathParameters": [{"name": "id", "value": "7"}]}
    socket = {"_type": "websocket_request", "url": "wss://x.test/w"}
    assert [found.url for found in asked(folder, request, socket)] == ["https://x.test/2/7?k=s", "wss://x.test/w"]


def test_bodies_are_what_insomnia_would_send() -> None:
    """A form in parts, and GraphQL as JSON."""
    parts = {"mimeType": "multipart/form-data", "params": [{"name": "a", "value": "1"}, {"name": "b", "value": "2", "disabled": True}]}
    graphql = {"mimeType": "application/graphql", "text": "{}"}
    form, query = asked(*({"_type": "request", "url": "https://x.test", "method": "POST", "body": body} for body in (parts, graphql)))
    assert b'name="a"' in form.request_body and b'name="b"' not in form.request_body
    assert query.request_headers == (("Content-Type", "application/json"),)


def test_the_tree_of_version_5_has_environments() -> None:
    """The base one, one of those below it, and those of folders."""
    text = b"type: collection.insomnia.rest/5.0\nenvironments:\n  data: {base: 'https://x.test'}\n  subEnvironments:\n  - data: {v: 2}\ncollection:\n- environment: {w: 3}\n  children:\n  - url: '{{ _.base }}/{{v}}/{{w}}'\n"  # fmt: skip
    assert [found.url for found in insomnia_read.read(text)] == ["https://x.test/2/3"]

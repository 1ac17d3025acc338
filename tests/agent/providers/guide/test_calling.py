"""The guide's answers about operations and MCP servers."""

import re
from typing import Any

from agent.messages import ToolResult
from agent.providers.guide import calling
from agent.providers.guide.intents import intents
from agent.providers.guide.memory import Memory
from agent.providers.guide.plan import Done, Step


def _done(tool: str, data: dict[str, Any]) -> Done:
    return Done(Step(tool, {}), ToolResult("1", tool, "text", data))


def test_an_answer_is_summed_up_and_shown() -> None:
    """Status and time first, the body as code, what is missing said."""
    data: dict[str, Any] = {
        "method": "GET",
        "url": "http://a/b",
        "status": 401,
        "duration_ms": 5,
        "length": 9,
        "media_type": "application/json",
        "body": '{"a":1}',
        "is_cut": True,
        "call": "c1",
    }
    text = calling.called(data, _done("operation_call", data))
    assert "**401**" in text
    assert '"a": 1' in text
    assert "No credentials were sent" in text
    assert "`c1`" in text


def test_captured_text_cannot_leave_its_code() -> None:
    """A body with fences in it stays inside a longer one."""
    data: dict[str, Any] = {"method": "GET", "url": "u", "status": 200, "body": "```\n# Owned", "media_type": "text/plain"}
    assert "````text" in calling.called(data, _done("operation_call", data))


def test_servers_are_listed_with_their_state() -> None:
    """None, several, one with its tools."""
    assert "No MCP server" in calling.servers({"items": []}, _done("mcp_list", {}))
    one: dict[str, Any] = {"name": "notes", "url": "http://n", "status": "error", "last_error": "it hangs", "tools": ["notes__a"]}
    assert "it hangs" in calling.servers({"items": [one]}, _done("mcp_list", {}))
    assert "`notes__a`" in calling.servers(one, _done("mcp_list", {}))


def test_an_operation_is_described_by_its_fields() -> None:
    """A table of each body with nested and nullable fields, no schema as code; an answer without one is named."""
    item = {"type": "object", "properties": {"sku": {"type": ["string", "null"], "format": "uuid"}, "kind": {"enum": ["a", "b"]}}, "required": ["sku"]}
    data: dict[str, Any] = {
        "operation": "GET /orders",
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": ["integer", "null"]}}],
        "body": None,
        "responses": {
            "200": {"type": "object", "properties": {"items": {"type": "array", "items": item}}},
            "204": {},
            "400": {"type": "string"},
            "404": {"type": "string"},
        },
    }
    text = calling.described(data, _done("operation_describe", data))
    assert "- `limit` (query): integer or null" in text
    assert "| `items` | array of object | no |\n| `items[].sku` | string (uuid) or null | yes |\n| `items[].kind` | `a` or `b` | no |" in text
    assert "It answers **204**." in text and "It answers **400**:\n\nString." in text and "It answers **404** too." in text
    assert "{" not in text


def test_an_example_can_be_sent_as_it_stands() -> None:
    """A request with values of the right kinds, and the words that send it, which the guide understands."""
    schema = {
        "type": "object",
        "properties": {"sku": {"type": "string", "example": "a1"}, "count": {"type": ["integer", "null"]}, "tags": {"type": "array", "items": {"enum": ["x"]}}},
    }
    data: dict[str, Any] = {
        "operation": "POST /orders",
        "parameters": [{"name": "dry", "in": "query", "required": True, "schema": {"type": "boolean"}}],
        "body": {"media_type": "application/json", "schema": schema},
        "responses": {"201": {}},
        "security": ["bearer"],
    }
    text = calling.exemplified(data, _done("operation_describe", data))
    assert "POST /orders?dry=true\nContent-Type: application/json\nAuthorization: …" in text
    assert '"sku": "a1"' in text
    assert "It answers **201**." in text
    words = re.search(r"Say `([^`]+)`", text)
    assert words is not None
    heard = intents(words[1], Memory())
    assert [one.verb.tool for one in heard] == ["operation_call"]
    assert next(span.value for span in heard[0].clause.spans if span.kind == "json") == '{"sku":"a1","count":1,"tags":["x"]}'

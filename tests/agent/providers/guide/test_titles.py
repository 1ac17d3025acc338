"""Titles and suggestions: sensible, short, the same every time, no secret in them, each suggestion understood."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.messages import Message, Text, ToolResult
from agent.providers.guide import suggestions, title
from agent.providers.guide.intents import intents
from agent.providers.guide.memory import remember

_CALL = "01a1ff47-93e9-7793-86f2-5cd9c0cd1c43"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("please capture https://api.github.com/v3 for me", "Capture api.github.com/v3"),
        ("capture the demo api", "The demo API"),
        ("document stripe", "Document stripe"),
        ("how many credits do I have?", "Credits"),
        ("tell me a joke about routers", "Tell me a joke about routers"),
        ("a joke about order_id in _your_ **words**: `a[].price`", "A joke about order_id in your words: a[].price"),
        ("# Notes\n> [a page](https://example.com/x_y) says _id", "Notes a page says _id"),
        ("x " * 100, "X x x x x x x x x x x x x x x x x x x x x x x x x x x x x x…"),
        ("", "New chat"),
    ],
)
def test_title(text: str, wanted: str) -> None:
    """The first request that says something names the chat."""
    assert title((Message("user", (Text(text),)),)) == wanted


def test_no_secret_in_a_title() -> None:
    """A key that was pasted does not end up in the list of chats."""
    assert "sk-" not in title((Message("user", (Text("is this sk-proj-abcdefghijklmnopqrstuvwx any good, friend"),)),))


@pytest.mark.parametrize("situation", ["", "shop", "list", "calls", "call", "keys"])
def test_suggestions_are_understood(situation: str, situations: dict[str, tuple[Message, ...]]) -> None:
    """At most three, and the guide knows what to do with each."""
    offered = suggestions(situations[situation])
    assert 1 <= len(offered) <= 3
    for one in offered:
        assert one == "What can you do?" or intents(one, remember(situations[situation])), one


def test_what_is_not_documented_can_be() -> None:
    """Who asked for documents that there are none of is offered to have them written, not to begin anew."""
    asked = Message("user", (Text("how do I authenticate?"),)), Message("assistant", (ToolResult("1", "docs_get", "Not documented yet.", state="error"),))
    assert suggestions(asked)[0] == "Document it"
    assert suggestions((Message("user", (Text("怎么认证？"),)), asked[1]))[0] == "给它写文档"
    failed = Message("assistant", (ToolResult("1", "capture_explain", "No captured call has failed.", state="error"),))
    assert suggestions((Message("user", (Text("最后一次调用为什么失败？"),)), failed)) == ("显示请求", "列出我的接口", "你能做什么？")


@pytest.mark.parametrize(
    ("said", "result", "offered"),
    [
        ("what takes longest?", ToolResult("1", "capture_search", "", {"items": [{"id": "c1"}]}), ("Why did the last call fail?",)),
        ("which calls failed?", ToolResult("1", "capture_search", "", {"items": []}), ("Show the calls", "What is the slowest call?")),
        ("show the calls", ToolResult("1", "capture_search", "`Shop` has no captured calls yet.", {"items": []}), ("List my APIs", "What can you do?")),
        (
            "list my APIs",
            ToolResult("1", "endpoint_list", "", {"items": [{"slug": "shop", "is_demo": True}]}),
            ("Which calls failed?", "What is the slowest call?"),
        ),
        ("describe GET /a", ToolResult("1", "operation_describe", "", {"id": "getA"}), ("Call it", "How do I authenticate?", "Show me the OpenAPI")),
    ],
)
def test_nothing_is_offered_that_leads_nowhere(said: str, result: ToolResult, offered: tuple[str, ...]) -> None:
    """Not what was just asked in other words, nothing about calls that are not there, no second demo."""
    assert suggestions((Message("user", (Text(said),)), Message("tool", (result,)))) == offered


async def test_what_was_just_said_is_not_suggested(say: Callable[..., Awaitable[Any]]) -> None:
    """The slowest call is not offered to whoever just asked for it."""
    exchange = await say("what is the slowest call?", in_="shop")
    assert "What is the slowest call?" not in suggestions(exchange.messages)


@pytest.mark.parametrize(
    ("text", "named"), [(f"explain call {_CALL}", "Explain call"), (f"@call:{_CALL} why is it slow?", "Why is it slow"), (f"解释调用 {_CALL}", "解释调用")]
)
def test_no_chat_is_called_by_the_id_of_a_call(text: str, named: str) -> None:
    """Nobody knows a call by it."""
    assert title((Message("user", (Text(text),)),)) == named

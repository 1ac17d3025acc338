"""Beside a card the guide says what the card doesn't; without one it says everything."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Reply = Callable[..., Awaitable[str]]
ENDPOINT = {"id": "e1", "name": "Shop", "slug": "shop", "proxy_url": "http://127.0.0.1:8000/proxy/e1", "destination_url": "https://shop.example.com"}


@pytest.mark.parametrize(
    ("text", "data", "beside", "elsewhere"),
    [
        ("how many credits do I have?", {"balance": 60, "prices": {"endpoint_create": 25}}, "Enough for 2 more APIs.", "**60 credits**"),
        ("usage", {"period": "month", "total": {"messages": 69}, "today": {"meters": []}}, "Nothing of it is limited for you.", "**69**"),
        ("list my keys", {"items": [{"id": "k1", "name": "work", "provider": "openai", "last4": "a91f"}]}, "1 key, none of them lent to others.", "a91f"),
        ("list my prompts", {"items": [{"name": "daily"}]}, "Say *use the daily prompt*", "- **daily**"),
        (
            "which operations deal with orders?",
            {"items": [{"operation": "GET /orders", "summary": "List orders"}]},
            "1 operation. Say *describe GET /orders*, or *call* it.",
            "List orders",
        ),
        ("call GET /orders on shop", {"status": 200, "body": "[]", "method": "GET", "url": "https://x/orders"}, "It was answered with **200**.", "https://x"),
        (
            "what is the slowest call?",
            {"items": [{"method": "GET", "path": f"/{n}", "status": 200, "duration_ms": n} for n in (30, 2, 1)], "calls": 1430, "median_ms": 2.0},
            "The slowest of 1,430 calls took **30 ms**: `GET` `/30` → 200 in 30 ms. The median is 2 ms.",
            "| 1 | `GET /30` |",
        ),
        ("list the MCP servers", {"items": [{"name": "linear", "url": "https://x/mcp", "tools": ["a"]}]}, "what tools does linear have", "1 tool"),
    ],
)
async def test_beside_a_card(text: str, data: dict[str, Any], beside: str, elsewhere: str, reply: Reply) -> None:
    """The figure or row that the card shows is not said again."""
    shown = await reply(text, data, shows_results=True)
    assert beside in shown
    assert elsewhere not in shown
    assert elsewhere in await reply(text, data)


async def test_a_new_api_is_told_with_what_to_try(reply: Reply) -> None:
    """The card has the address to use; the sentence has a first call."""
    shown = await reply("capture https://shop.example.com", ENDPOINT, shows_results=True)
    assert "curl http://127.0.0.1:8000/proxy/e1/" in shown
    assert "in place of" not in shown


async def test_an_api_that_began_with_a_recording_says_so(reply: Reply) -> None:
    """It has calls already: what can be done with them, instead of a first one."""
    for shows in (True, False):
        told = await reply("capture https://shop.example.com", ENDPOINT | {"calls": 1430}, shows_results=shows)
        assert "has the recording's 1,430 calls" in told and "curl" not in told


async def test_a_server_that_wants_a_sign_in_says_only_that(reply: Reply) -> None:
    """No count of tools that cannot be known yet, and one full stop."""
    data = {
        "items": [
            {"name": "notes", "url": "https://x/mcp", "status": "error", "last_error": "`notes` asks you to sign in.", "wants_sign_in": True, "tools": []}
        ]
    }
    said = await reply("list the MCP servers", data)
    assert said.endswith("asks you to sign in.")
    assert "with the button" in await reply("list the MCP servers", data, shows_results=True)

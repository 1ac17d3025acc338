"""What is said after a result: the things a reader needs are there, captured text stays code, odd data falls back."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.messages import ToolResult
from agent.providers.guide.answers import compose
from agent.providers.guide.plan import Done, Plan, Step

Reply = Callable[..., Awaitable[str]]
CALL = {"id": "c1", "method": "GET", "path": "/a", "status": 200, "duration_ms": 10.0, "started_at": "2026-03-02T10:00:02Z"}


async def test_created(reply: Reply) -> None:
    """A new endpoint's answer has its proxy URL and a curl line to paste."""
    text = await reply(
        "capture api.acme.io", {"id": "1", "name": "Acme", "slug": "acme", "destination_url": "https://api.acme.io", "proxy_url": "http://h/proxy/1"}
    )
    assert "```\nhttp://h/proxy/1\n```" in text
    assert "curl http://h/proxy/1/" in text


async def test_documented(reply: Reply) -> None:
    """After documenting, the documents are linked."""
    data = {
        "endpoint": "shop",
        "calls": 3,
        "operations": [{"method": "GET", "template": "/orders", "summary": "List orders"}],
        "links": {"openapi": "http://h/o.json", "typescript": "http://h/t.ts"},
    }
    text = await reply("document it", data, "shop")
    assert "[OpenAPI](http://h/o.json)" in text
    assert "`GET /orders` List orders" in text


async def test_slowest(reply: Reply) -> None:
    """The slowest call is named with its time, not merely listed."""
    text = await reply("what is the slowest call?", {"items": [{**CALL, "id": "c2", "path": "/slow", "duration_ms": 2400.0}, CALL], "calls": 2})
    assert "**2,400 ms**: `GET` `/slow`" in text


async def test_counted(reply: Reply) -> None:
    """ "How many" is answered with a number."""
    text = await reply("how many calls were there today?", {"items": [CALL, {**CALL, "status": 500}], "calls": 1200, "failed": 1})
    assert "**1,200 calls** since today, 1 of them failed." in text


async def test_a_call_that_broke_off_says_so(reply: Reply) -> None:
    """Its status alone would look like a success."""
    text = await reply("which calls failed?", {"items": [{**CALL, "error": "the client left"}]})
    assert "| **200** `the client left` |" in text


async def test_none_failed(reply: Reply) -> None:
    """No failure is said as good news."""
    assert await reply("which calls failed in the last 24 hours?", {"items": [], "next": None}) == "No call failed in the last 24h."


async def test_auth_from_the_documents(reply: Reply) -> None:
    """ "How do I authenticate?" shows that section alone."""
    text = await reply(
        "how do I authenticate?",
        {"format": "markdown", "url": "http://h/d", "text": "# Shop\n\nIntro.\n\n## Authentication\n\nSend a bearer token.\n\n## Orders\n\nMore."},
        "shop",
    )
    assert text == "Send a bearer token.\n\n[The whole documentation](http://h/d)"


async def test_paging_from_the_documents(reply: Reply) -> None:
    """Each operation with its way; where none was seen, the parameters that look like it, and no rows of tables."""
    head = "# Shop\n\n`GET /orders` · `listOrders`\n\n| Name | In | Type |\n|---|---|---|\n| `limit` | query | integer |\n| `page[size]` | query | integer |\n"
    text = await reply(
        "how does paging work?", {"text": f"{head}\n**Pagination**: by cursor.\n\n`GET /pets` · `listPets`\n\n**Pagination**: by page.\n"}, "shop"
    )
    assert text == "- `GET /orders`: by cursor.\n- `GET /pets`: by page."
    text = await reply("how does paging work?", {"text": head}, "shop")
    assert text.endswith("look like it:\n\n- `GET /orders`: `limit`, `page[size]`")
    assert await reply("how does paging work?", {"text": '| `price` | offset | \n  "offset": 0,'}, "shop") == "The captured calls show no pages or cursors."


async def test_explained(reply: Reply) -> None:
    """The cause stands out, the differences follow."""
    data = {
        "call": {**CALL, "status": 401},
        "last_success": CALL,
        "differences": ["The header `Authorization` is missing."],
        "likely_cause": "The token is missing.",
    }
    text = await reply("why did the last call fail?", data, "shop")
    assert "**The token is missing.**" in text
    assert "- The header `Authorization` is missing." in text


async def test_a_tools_own_text_is_told_without_its_envelope(reply: Reply) -> None:
    """What marks text as captured for a model is not for the reader."""
    done = Done(
        Step("capture_explain", {}, "explain"), ToolResult("1", "capture_explain", "<captured 0af3>\nNo captured call has failed.\n</captured 0af3>", {})
    )
    assert compose(Plan((done,)), ()) == "No captured call has failed."


async def test_a_refusal_is_told_to_whoever_refused() -> None:
    """Not in the words that a model reads; that nobody answered in time is news."""
    step = Step("endpoint_delete", {})
    for text, told in (("The user refused this. It was not done.", "All right, I left it."), ("Nobody approved this in time. It was not done.",) * 2):
        assert compose(Plan((Done(step, ToolResult("1", "endpoint_delete", text, state="denied")),)), ()) == told


async def test_a_change_is_told_in_words(reply: Reply) -> None:
    """What pausing does is said, not its code."""
    text = await reply("pause it and rename it to Till", {"id": "1", "name": "Till", "status": "REVIEW"}, "shop")
    assert text == "Done: **Till**: its name is now `Till`, it is paused: calls are forwarded, not recorded."
    assert await reply("rename it to Till", {"id": "1", "name": "Till"}, "shop") == "Done: **Till**: its name is now `Till`."


async def test_captured_text_stays_code(reply: Reply) -> None:
    """A path cannot break out of its code, its table or its line."""
    text = await reply("show the calls", {"items": [{**CALL, "path": "/x` | **bold**\n# heading <script>"}]}, "shop")
    assert "`GET /x **bold** # heading <script>`" in text
    assert "\n# heading" not in text


async def test_a_body_cannot_close_its_fence(reply: Reply) -> None:
    """A body with backticks is fenced with more of them."""
    text = await reply("open the second one", {**CALL, "response_body": {"text": "```\nhello\n````"}}, "calls")
    assert "`````json\n```\nhello\n````\n`````" in text


@pytest.mark.parametrize("data", [None, [], {}, {"items": None}, {"items": ["x", 3]}, {"items": [{}]}, {"call": "x", "operations": 3, "links": []}, "text", 7])
@pytest.mark.parametrize("text", ["list my apis", "which calls failed?", "what is the slowest call?", "explain the error", "credits", "keys", "what changed?", "document it", "show the docs", "capture a.example.com", "open the second one"])  # fmt: skip
async def test_odd_data_is_survived(text: str, data: Any, reply: Reply) -> None:
    """A result of an unexpected shape still ends in a sentence."""
    assert await reply(text, data, "calls")


async def test_rows_of_a_card_are_not_said_again(reply: Reply) -> None:
    """Where the reader sees the list as a card, the answer says how many there are; elsewhere it has the rows."""
    data = {"items": [CALL, {**CALL, "id": "c2"}], "next": None}
    assert await reply("show the calls", data, shows_results=True) == "2 calls, newest first."
    assert "| " in await reply("show the calls", data)


async def test_what_was_never_documented_has_not_stayed_as_it_was(reply: Reply) -> None:
    """Without a version there is nothing to compare with; with one, nothing changed. In Chinese too."""
    asked = "what changed since the last version?"
    none = await reply(asked, {"items": [], "versions": 0}, "shop")
    assert none == "There is no version of the documents yet to compare with. Say *document it*, and ask again when more was called."
    assert await reply(asked, {"items": [], "versions": 1}, "shop") == "Nothing changed."
    assert (await reply("从上个版本以来有什么变化？", {"items": [], "versions": 0}, "shop")).startswith("还没有可以比较的文档版本。")

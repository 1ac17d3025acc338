"""The tree of messages in a real browser: versions, the queue, forks and long chats, in every tab that shows the chat."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from agent import runlog
from agent.accounts import users
from agent.conversation import chats
from db import engine
from db.ids import uuid7
from tests.browser import quality, slow_model
from tests.browser.conftest import PHONE, Site, answered

pytestmark = pytest.mark.asyncio(loop_scope="session")
Say = Callable[..., Any]
LONG = 2_000


async def _begin(page: Page, say: Say, text: str = "how many credits do I have?") -> None:
    await page.goto("/")
    await say(page, text, wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)


async def _said(page: Page) -> list[str]:
    return await page.locator(".said").all_text_contents()


async def _until_said(page: Page, *texts: str) -> None:
    """The page shows these messages of the user's, and nothing is written."""
    await page.wait_for_function("(texts) => [...document.querySelectorAll('.said')].map((m) => m.textContent).join('|') === texts", arg="|".join(texts))
    await answered(page)


async def test_an_edit_is_a_version_that_one_can_turn_to(site: Site, say: Say) -> None:
    """Edit, answer again, step back and forth: both tabs follow, a reload remembers, and no page is loaded anew for it."""
    page = await site.page()
    await _begin(page, say)
    second = await site.page(page.context)
    await second.goto(page.url)
    await page.evaluate("window.isTheSame = true")
    await page.press("#message", "ArrowUp")
    await page.fill("form.editing textarea", "what can you do?")
    await page.click("form.editing .primary")
    for tab in (page, second):
        await _until_said(tab, "what can you do?")
        await expect(tab.locator(".user .versions span")).to_have_text("2/2")
    await page.click(".user .versions [aria-label='Earlier version']")
    for tab in (page, second):
        await _until_said(tab, "how many credits do I have?")
        await expect(tab.locator(".card .figure")).to_have_text("100")
    await page.click(".assistant [aria-label='Answer again']")
    for tab in (page, second):
        await expect(tab.locator(".assistant .versions span")).to_have_text("2/2")
    await answered(page)
    await page.wait_for_function("() => window.isTheSame")
    await page.reload()
    await expect(page.locator(".versions span")).to_have_text(["1/2", "2/2"])


async def test_what_is_queued_is_sent_in_every_tab(site: Site, say: Say) -> None:
    """While an answer is written the next messages wait in sight, are changed and taken back, and are answered in both tabs without a reload."""
    slow_model.go_on.clear()
    page = await site.page()
    await _begin(page, say)
    second = await site.page(page.context)
    await second.goto(page.url)
    await say(page, "wait", wait=False, model="scripted")
    await page.wait_for_selector("text=I wait.")
    await say(page, "what can you do?", wait=False)
    await page.wait_for_selector("#queue li")
    await say(page, "list my keys", wait=False)
    for tab in (page, second):
        await expect(tab.locator("#queue li")).to_have_count(2)
    await second.click("#queue li:first-child summary")
    await second.fill("#queue li:first-child textarea", "list my APIs")
    await second.click("#queue li:first-child button:has-text('Save')")
    await page.wait_for_selector("#queue .cut:has-text('list my APIs')")
    await page.click("#queue li:nth-child(2) [aria-label='Take back']")
    for tab in (page, second):
        await expect(tab.locator("#queue li")).to_have_count(1)
    slow_model.go_on.set()
    for tab in (page, second):
        await _until_said(tab, "how many credits do I have?", "wait", "list my APIs")
        await expect(tab.locator("#log")).to_contain_text("I wait. Now I go on.")
        await expect(tab.locator("#queue li")).to_have_count(0)
        await expect(tab.locator(".message")).to_have_count(6)
        await tab.wait_for_function("() => new Set([...document.querySelectorAll('.message')].map((m) => m.id)).size === 6")


async def test_after_a_stop_what_waits_is_held(site: Site, say: Say) -> None:
    """It says so and goes out at a press; the stopped answer offers to go on."""
    slow_model.go_on.clear()
    page = await site.page()
    await _begin(page, say)
    await say(page, "wait", wait=False, model="scripted")
    await page.wait_for_selector("text=I wait.")
    await say(page, "list my APIs", wait=False)
    await page.wait_for_selector("#queue li")
    await page.click("[data-stop]")
    await page.wait_for_selector("#queue button:has-text('Send on')")
    await page.click("button:has-text('Go on')")
    await page.wait_for_selector("text=Now I go on.")
    await _until_said(page, "how many credits do I have?", "wait", "list my APIs")
    await expect(page.locator(".prose:has-text('I wait.')")).to_have_count(1)


async def test_a_message_is_quoted_forked_rated_and_deleted(site: Site, say: Say) -> None:
    """All from its own menu, on a phone too; deleting says what goes and takes a second press."""
    page = await site.page(viewport=PHONE)
    await _begin(page, say)
    await say(page, "list my keys")
    first = page.locator(".message.assistant").first
    await first.locator("[aria-label='Bad answer']").click()
    await first.locator("[aria-pressed='true']").wait_for()
    await first.locator("details.more > summary").click()
    await first.locator("a:has-text('Quote')").click()
    await expect(page.locator("#message")).to_have_value(re.compile("^> "))
    await page.fill("#message", "")
    await page.locator(".message.user").nth(1).locator("details.more > summary").click()
    menu = page.locator(".message.user").nth(1).locator(".more-body")
    await menu.locator("summary:has-text('Delete')").click()
    await menu.locator("button:has-text('Delete for good')").click()
    await _until_said(page, "how many credits do I have?")
    here = page.url
    await page.locator(".message.assistant details.more > summary").click()
    await page.click("button:has-text('Fork into a new chat')")
    await page.wait_for_url(lambda url: "/c/" in url and url != here)
    await expect(page.locator(".said")).to_have_text(["how many credits do I have?"])
    await expect(page.locator("[aria-pressed='true']")).to_have_count(0)
    await page.go_back()
    await page.wait_for_url(here)
    await expect(page.locator("[aria-label='Bad answer'][aria-pressed='true']")).to_have_count(1)


async def test_without_scripts_the_tree_is_there(site: Site, say: Say) -> None:
    """Edit, turn, queue and older messages by links and forms alone."""
    chat = await long_chat(100)
    page = await site.page(java_script_enabled=False)
    said, versions = page.locator(".said"), page.locator(".user .versions").last
    await page.goto(f"/c/{chat}")
    await expect(page.locator(".message")).to_have_count(40)
    await page.click("text=Older messages")
    await expect(said.first).to_have_text("Question 10 of 50")
    await page.click("text=To the newest messages")
    await page.locator(".message.user").last.locator("[data-edit]").click()
    await page.fill("form.editing textarea", "how many credits do I have?")
    await page.click("form.editing .primary")
    await expect(versions).to_contain_text("2/2")
    while await page.locator("[data-run]").count():
        await asyncio.sleep(0.1)
        await page.goto(f"/c/{chat}")
    await expect(page.locator(".card .figure").last).to_have_text("100")
    await versions.locator("[aria-label='Earlier version']").click()
    await expect(said.last).to_have_text("Question 49 of 50")


async def test_a_long_chat_opens_at_once_and_scrolls_smoothly(site: Site, say: Say) -> None:
    """2,000 messages: half a second to the page (given a quiet machine), all of them by scrolling up, no long task, and what is read stays in its place."""
    chat = await long_chat(LONG)
    page = await site.page()
    await page.goto(f"/c/{chat}")
    times = []
    for _ in range(5):
        await page.reload()
        times.append(await page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"))
    print(f"\na chat of {LONG} messages opens in {min(times):.0f} ms at best of {[round(one) for one in times]}")
    slow = await quality.slowness(page)
    assert min(times) < 2_000 * slow
    await expect(page.locator(".message")).to_have_count(40)
    found = await quality.measure(site.browser, page, _scroll_up(page, 400))
    numbers = [int(text.split()[1]) for text in await _said(page)]
    assert numbers == list(range(numbers[0], LONG // 2))
    print(f"longest task while scrolling through {len(numbers) * 2} messages: {found.longest:.0f} ms of CPU")
    assert found.longest < 50 * slow


async def _scroll_up(page: Page, count: int) -> None:
    """With the wheel, until so many messages are there; none that was there goes."""
    await page.mouse.move(700, 300)
    while await page.locator(".message").count() < count:
        name = await page.locator(".message").first.get_attribute("id")
        await page.mouse.wheel(0, -900)
        await page.wait_for_timeout(30)  # as a hand turns a wheel; nothing is awaited
        assert await page.locator(f"#{name}").count() == 1  # settled: it was there and may at no time go


async def long_chat(count: int) -> UUID:
    """A chat of so many messages in one branch, every other one an answer with a list, code and a tool call."""
    actor = await users.actor_by_email("ada@example.com", "web")
    chat = await chats.create(actor, title="A long one")
    ids = [uuid7() for _ in range(count)]
    call = [
        {"type": "tool_call", "id": "call_1_0", "name": "credit_check", "arguments": {}},
        {"type": "tool_result", "call_id": "call_1_0", "name": "credit_check", "text": "100", "data": {"balance": 100, "held": 0}},
    ]
    prose = "Here is **an answer** with `code`.\n\n- one\n- two\n\n```python\nx = {n}\n```\n\nAnd a last line."
    rows = [
        (ids[n], chat.id, ids[n - 1] if n else None, "assistant" if n % 2 else "user", json.dumps([*call, {"type": "text", "text": prose.replace("{n}", str(n))}] if n % 2 else [{"type": "text", "text": f"Question {n // 2} of {count // 2}"}]))
        for n in range(count)
    ]  # fmt: skip
    async with engine.connection() as connection:
        await connection.executemany("INSERT INTO chat_messages (id, chat_session_id, parent_id, role, content) VALUES ($1, $2, $3, $4, $5::text::jsonb)", rows)
    assert await runlog.active(actor, chat.id) is None
    return chat.id

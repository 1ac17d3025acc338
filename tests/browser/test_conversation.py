"""The conversation keeps every word whatever the reader does, and asks before it acts."""

import asyncio
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route

from agent import endpoints
from agent.accounts import users
from tests.browser import slow_model
from tests.browser.conftest import Site, answered, words

pytestmark = pytest.mark.asyncio(loop_scope="session")
Say = Callable[..., Any]


async def _begin(site: Site, page: Page, say: Say, text: str) -> None:
    await page.goto("/")
    await say(page, text, wait=False, model="scripted")
    await page.wait_for_url(re.compile("/c/"))


async def _said(page: Page) -> str:
    return words(await page.locator(".message.assistant").last.locator(".prose").inner_text())


async def _whole(page: Page) -> str:
    """What a page loaded afterwards shows."""
    await page.reload()
    return await _said(page)


async def test_a_reload_in_the_middle_repeats_and_misses_nothing(site: Site, say: Say) -> None:
    """Three reloads, a second tab and a tab that comes late end with the same text, each paragraph once."""
    page = await site.page()
    await _begin(site, page, say, "tell me a long story")
    second = await site.page(page.context)
    await second.goto(page.url)
    for _ in range(3):
        await page.wait_for_timeout(250)
        await page.reload()
    await answered(page)
    await answered(second)
    told, beside = await _said(page), await _said(second)
    assert told == beside == await _whole(page)
    for n in range(1, slow_model.PARAGRAPHS + 1):
        marker = f"Paragraph {n} of" if n % 6 else f"x_{n} ="
        assert told.count(marker) == 1, marker
    assert await page.locator(".code .copy").count() == slow_model.PARAGRAPHS // 6


async def test_a_tab_has_one_stream(site: Site, say: Say) -> None:
    """However slowly the server answers, a page load opens one connection."""
    actor = await users.actor_by_email("ada@example.com", "web")
    await endpoints.create(actor, "demo")
    page = await site.page()
    opened: list[str] = []

    async def slowly(route: Route) -> None:
        opened.append(route.request.url)
        await asyncio.sleep(0.3)
        await route.continue_()

    await page.route("**/stream?*", slowly)
    for _ in range(3):
        opened.clear()
        await page.goto("/apis/demo-shop?panel=docs:demo-shop")
        await page.wait_for_timeout(800)
        assert len(opened) == 1
    await page.unroute_all(behavior="ignoreErrors")


async def test_a_lost_network_comes_back(site: Site, say: Say) -> None:
    """Offline in the middle of an answer, online again: the rest arrives, nothing twice."""
    site.allowed = ["ERR_INTERNET_DISCONNECTED", "net::ERR"]
    page = await site.page()
    await _begin(site, page, say, "tell me a long story")
    await page.wait_for_timeout(300)
    await page.context.set_offline(True)
    await page.wait_for_timeout(500)
    await page.context.set_offline(False)
    await answered(page)
    assert await _said(page) == await _whole(page)


async def test_a_panel_opened_meanwhile_loses_nothing(site: Site, say: Say) -> None:
    """Opening and closing the evidence panel swaps the tab's one stream; the text goes on without a seam, and Back works."""
    actor = await users.actor_by_email("ada@example.com", "web")
    await endpoints.create(actor, "demo")
    page = await site.page()
    await _begin(site, page, say, "tell me a long story")
    await page.evaluate(
        "() => { const a = document.createElement('a'); a.dataset.panel = 'calls:demo-shop'; a.href = '#'; a.id = 'opener'; document.getElementById('main').prepend(a); a.click(); }"
    )
    await page.wait_for_selector("#panel")
    await page.wait_for_timeout(200)
    await page.go_back()
    await page.wait_for_selector("#panel", state="detached")
    await page.go_forward()
    await page.wait_for_selector("#panel")
    await answered(page)
    assert await _said(page) == await _whole(page)


async def test_stop_keeps_what_was_said(site: Site, say: Say) -> None:
    """Stop works at once; the beginning stays and the box takes the next message."""
    page = await site.page()
    await _begin(site, page, say, "tell me a long story")
    await page.wait_for_selector("text=Paragraph 2")
    began = time.monotonic()
    await page.click("[data-stop]")
    await answered(page)
    assert time.monotonic() - began < 1.5
    told = await _said(page)
    assert told.startswith("Paragraph 1")
    assert f"Paragraph {slow_model.PARAGRAPHS - 1}" not in told
    assert "Stopped" in await page.locator(".message.assistant footer").last.inner_text()
    assert told == await _whole(page)
    await say(page, "what can you do?")


@pytest.mark.parametrize("decision", ["Approve once", "Refuse"])
async def test_an_approval_is_asked_and_obeyed(site: Site, say: Say, decision: str) -> None:
    """Deleting asks: the card shows the exact arguments, nothing happens before, and another tab can answer."""
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    page = await site.page()
    await _begin(site, page, say, f"delete {made.slug}")
    card = page.locator(".approval")
    await card.wait_for()
    assert made.slug in await card.locator("pre").inner_text()
    assert (await endpoints.get(actor, made.id)).slug == made.slug
    assert await page.evaluate("document.activeElement.value") != "approve"
    await page.locator("#needs-count", has_text=re.compile("^1$")).wait_for()
    needs = await site.page(page.context)
    await needs.goto("/needs-you")
    await needs.wait_for_timeout(700)  # a click that comes before the card could be read approves nothing
    await needs.click(f"text={decision}")
    await answered(page)
    assert await card.count() == 0
    left = (await endpoints.list_(actor)).items
    assert bool(left) == (decision == "Refuse")
    assert ("Refused" in await page.locator(".tool .state").inner_text()) == (decision == "Refuse")


async def test_attacks_in_an_answer_are_only_text(site: Site, say: Say, shared_dir: Path) -> None:
    """Every payload of the kit in one answer: nothing runs, nothing is requested, no attribute is obeyed, live and after a reload."""
    lines = (shared_dir / "kit" / "xss.txt").read_text().splitlines()
    slow_model.attacks[:] = [
        json.loads(line.split("\t")[2]).replace("\0", "") for line in lines if line.strip() and not line.startswith("#") and line.split("\t")[0] != "app"
    ]
    page = await site.page()
    fired: list[str] = []
    await page.expose_function("XSS_CANARY", lambda *_: fired.append("canary"))
    page.on("dialog", lambda dialog: (fired.append("dialog"), asyncio.ensure_future(dialog.dismiss())))
    posts: list[str] = []
    await _begin(site, page, say, "attack me")
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await answered(page)
    await page.reload()
    await page.wait_for_timeout(300)
    assert not fired
    assert not posts
    assert await page.locator(".prose [hx-get], .prose [data-hx-post], .prose [onclick], .prose img, .prose iframe, .prose [style]").count() == 0
    assert await page.locator(".prose").count() > 0, await page.inner_text("#log")


async def test_the_box_keeps_drafts_and_knows_its_keys(site: Site, say: Say) -> None:
    """Shift+Enter breaks, a reload keeps the draft, ↑ edits the last message, a refused message stays."""
    site.allowed = ["status of 413"]
    page = await site.page()
    await page.goto("/")
    await page.fill("#message", "first")
    await page.press("#message", "Shift+Enter")
    await page.type("#message", "second")
    await page.reload()
    assert await page.input_value("#message") == "first\nsecond"
    await say(page, "what can you do?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    assert await page.input_value("#message") == ""
    await page.press("#message", "ArrowUp")
    assert await page.input_value("form.editing textarea") == "what can you do?"
    await page.click("form.editing [data-cancel]")
    await page.locator("form.editing").wait_for(state="detached")
    await page.evaluate("document.getElementById('message').removeAttribute('maxlength')")
    await page.fill("#message", "x" * 100_001)
    await page.press("#message", "Enter")
    await page.wait_for_selector("#composer-problem [role=alert]")
    assert len(await page.input_value("#message")) == 100_001


async def test_the_view_follows_only_at_the_end(site: Site, say: Say) -> None:
    """A reader who scrolled up is not moved and is told that there is more."""
    page = await site.page()
    await _begin(site, page, say, "tell me a long story")
    await page.wait_for_selector("text=Paragraph 9")
    assert await page.evaluate("(r => r.scrollHeight - r.scrollTop - r.clientHeight)(document.getElementById('reader'))") < 64
    await page.mouse.move(700, 300)
    await page.mouse.wheel(0, -300)
    await page.wait_for_timeout(200)
    at = await page.evaluate("document.getElementById('reader').scrollTop")
    await answered(page)
    assert abs(await page.evaluate("document.getElementById('reader').scrollTop") - at) < 2
    assert await page.locator("#new-pill").is_visible()
    await page.click("#new-pill")
    assert not await page.locator("#new-pill").is_visible()


async def test_without_scripts_one_reads_and_sends(site: Site) -> None:
    """Forms post and pages answer: a message is sent, the answer is there after a reload."""
    page = await site.page(java_script_enabled=False)
    await page.goto("/")
    await page.fill("#message", "how many credits do I have?")
    await page.click("button.send")
    assert "/c/" in page.url
    for _ in range(20):
        if await page.locator(".card .figure").count():
            break
        await page.wait_for_timeout(150)
        await page.goto(page.url)
    assert await page.locator(".card .figure").inner_text() == "100"


async def test_a_long_answer_is_written_without_jumps(site: Site, say: Say) -> None:
    """No layout shift above 0.02 and no task above 100 ms while an answer streams."""
    page = await site.page()
    await page.goto("/")
    await page.add_init_script(
        "window.shift = 0; window.longest = 0;"
        "new PerformanceObserver((l) => l.getEntries().forEach((e) => { if (!e.hadRecentInput) { window.shift += e.value; (window.shifts ??= []).push(e.value.toFixed(4) + ' ' + e.sources.map((s) => s.node?.nodeName + '#' + s.node?.id + '.' + s.node?.className + JSON.stringify([s.previousRect.y, s.currentRect.y])).join()); } })).observe({ type: 'layout-shift', buffered: true });"
        "addEventListener('load', () => setTimeout(() => new PerformanceObserver((l) => l.getEntries().forEach((e) => { window.longest = Math.max(window.longest, e.duration); })).observe({ type: 'longtask' }), 300));"
    )
    await say(page, "tell me a long story", wait=False, model="scripted")
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    assert await page.evaluate("window.shift") < 0.02, await page.evaluate("window.shifts")
    assert await page.evaluate("window.longest") < 100


async def test_each_message_sent_is_in_view_with_its_answer(site: Site, say: Say) -> None:
    """In a chat that is longer than the window, the newest answer's end is what one sees, and no pill is in the way."""
    page = await site.page()
    await page.goto("/")
    await say(page, "what can you do?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    for text in ("how many credits do I have?", "list my keys", "what can you do?") * 4:
        await say(page, text)
        await page.wait_for_function("() => (r => r.scrollHeight - r.scrollTop - r.clientHeight)(document.getElementById('reader')) < 64")
        assert not await page.locator("#new-pill").is_visible()


async def test_what_could_be_said_next_is_one_click(site: Site, say: Say) -> None:
    """A suggestion under the newest answer is sent as it is; a draft in the box stays; older answers keep theirs to themselves."""
    page = await site.page()
    await page.goto("/")
    await say(page, "how many credits do I have?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await page.locator(".suggestions button").first.wait_for()
    await page.fill("#message", "half a thought")
    wanted = page.locator(".suggestions button").first
    text = await wanted.inner_text()
    await wanted.click()
    await page.locator(".message.user").nth(1).wait_for()
    await answered(page)
    assert (await page.locator(".message.user").last.inner_text()).strip() == text
    assert await page.input_value("#message") == "half a thought"
    assert await page.locator(".message.assistant").first.locator(".suggestions:visible").count() == 0

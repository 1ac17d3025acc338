"""The conversation keeps every word whatever the reader does, and asks before it acts."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Dialog, Page, Route, expect

from agent import endpoints
from agent.accounts import users
from tests.browser import quality, slow_model
from tests.browser.conftest import Site, answered, still

pytestmark = pytest.mark.asyncio(loop_scope="session")
Say = Callable[..., Any]
_STORY = "tell me a long story"
_PAUSED = f"{_STORY} with a pause"
_FAR = "(r => r.scrollHeight - r.scrollTop - r.clientHeight)(document.getElementById('reader'))"


async def _begin(site: Site, page: Page, say: Say, text: str) -> None:
    slow_model.go_on.clear()
    await page.goto("/")
    await say(page, text, wait=False, model="scripted")
    await page.wait_for_url(re.compile("/c/"))


async def _until(page: Page, paragraph: int) -> None:
    """The page has come to this paragraph. The eleventh is the last whole one before the pause."""
    await page.wait_for_selector(f"text=Paragraph {paragraph} of")


async def _until_told(pieces: int) -> None:
    """The model has said so many pieces more."""
    wanted = slow_model.told + pieces
    while slow_model.told < wanted:
        await asyncio.sleep(0.01)


async def _same(*pages: Page) -> str:
    """These tabs end with what a page loaded afterwards shows; gives it."""
    for page in pages:
        await answered(page)
    later = await pages[0].context.new_page()
    await later.goto(pages[0].url)
    whole = await later.locator(".message.assistant").last.locator(".prose").inner_text()
    for page in pages:
        await expect(page.locator(".message.assistant").last.locator(".prose")).to_have_text(whole, use_inner_text=True)
    await later.close()
    return " ".join(whole.split())


async def test_a_reload_in_the_middle_repeats_and_misses_nothing(site: Site, say: Say) -> None:
    """Three reloads, a second tab and a tab that comes late end with the same text, each paragraph once."""
    page = await site.page()
    await _begin(site, page, say, _PAUSED)
    second = await site.page(page.context)
    await second.goto(page.url)
    for paragraph in (3, 7, 11):
        await _until(page, paragraph)
        await page.reload()
    slow_model.go_on.set()
    told = await _same(page, second)
    for n in range(1, slow_model.PARAGRAPHS + 1):
        marker = f"Paragraph {n} of" if n % 6 else f"x_{n} ="
        assert told.count(marker) == 1, marker
    await expect(page.locator(".code .copy")).to_have_count(slow_model.PARAGRAPHS // 6)


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
        async with page.expect_response("**/stream?*"):
            await page.goto("/apis/demo-shop?panel=docs:demo-shop")
        await page.wait_for_timeout(400)  # a second one would come now
        assert len(opened) == 1
    await page.unroute_all(behavior="ignoreErrors")


async def test_a_lost_network_comes_back(site: Site, say: Say) -> None:
    """Offline in the middle of an answer, online again: what was said meanwhile arrives, nothing twice."""
    site.allowed = ["ERR_INTERNET_DISCONNECTED", "net::ERR"]
    page = await site.page()
    await _begin(site, page, say, _PAUSED)
    await _until(page, 11)
    await page.context.set_offline(True)
    slow_model.go_on.set()
    await _until_told(30)
    await page.context.set_offline(False)
    await _same(page)


async def test_a_lost_stream_is_told_and_comes_back_by_itself(site: Site, say: Say) -> None:
    """Where the server cannot be reached the page says so, to eyes too, until it can be; then it follows the chat as before."""
    site.allowed = ["ERR_FAILED", "Failed to fetch"]
    page = await site.page()
    await page.goto("/")
    await say(page, "how many credits do I have?")
    status = page.locator("#status")
    await page.route("**/stream?*", lambda route: route.abort())
    await page.reload()
    await expect(status).to_have_text("Connection lost, trying again")
    await expect(status).to_have_css("position", "fixed")
    await page.unroute("**/stream?*")
    await expect(status).to_have_text("Connected again")
    await expect(status).to_have_css("position", "absolute")
    await say(page, "list my APIs")
    await expect(page.locator(".message.assistant")).to_have_count(2)


async def test_a_panel_opened_meanwhile_loses_nothing(site: Site, say: Say) -> None:
    """Opening and closing the evidence panel swaps the tab's one stream; the text goes on without a seam, and Back works."""
    actor = await users.actor_by_email("ada@example.com", "web")
    await endpoints.create(actor, "demo")
    page = await site.page()
    await _begin(site, page, say, _PAUSED)
    await page.evaluate(
        "() => { const a = document.createElement('a'); a.dataset.panel = 'calls:demo-shop'; a.href = '#'; a.id = 'opener'; document.getElementById('main').prepend(a); a.click(); }"
    )
    await page.wait_for_selector("#panel")
    await _until(page, 5)
    await page.go_back()
    await page.wait_for_selector("#panel", state="detached")
    await _until(page, 11)
    slow_model.go_on.set()
    await page.go_forward()
    await page.wait_for_selector("#panel")
    await _same(page)


async def test_stop_keeps_what_was_said(site: Site, say: Say) -> None:
    """Stop is seen at once, and works: the model says no more than it can in 300 ms; the beginning stays and the box takes the next message."""
    page = await site.page()
    asked: list[int] = []
    page.on("request", lambda request: asked.append(slow_model.told) if request.url.endswith("/stop") else None)
    late: list[int] = []
    while len(late) < 3 and not (late and min(late) <= 20):  # pieces of 15 ms; one of three tries, for what else the machine may be doing
        await _begin(site, page, say, f"{_STORY}, an endless one")
        await _until(page, 2)
        await page.evaluate("document.addEventListener('htmx:before:request', () => { window.noted = document.getElementById('run-note').textContent; })")
        await page.click("[data-stop]")
        await answered(page)
        late.append(slow_model.told - asked[-1])
    assert min(late) <= 20, late
    await page.wait_for_function("() => window.noted.startsWith('Stopping')")
    told = await _same(page)
    assert told.startswith("Paragraph 1 of 24 says 1. Paragraph 2")
    await expect(page.locator(".message.assistant footer").last).to_contain_text("Stopped")
    await say(page, "what can you do?")


async def test_edited_arguments_are_obeyed_and_slips_are_told(site: Site, say: Say) -> None:
    """What is no JSON is refused in the card, which keeps what was typed; put right, it is what is done."""
    site.allowed = ["status of 4"]
    actor = await users.actor_by_email("ada@example.com", "web")
    kept, gone = await endpoints.create(actor, "demo", name="Kept"), await endpoints.create(actor, "demo", name="Gone")
    page = await site.page()
    await _begin(site, page, say, f"delete {kept.slug}")
    card = page.locator(".approval")
    await card.locator("summary").click()
    await card.locator("textarea").fill("{")
    await card.locator("button[value=approve]").click()
    await expect(card.locator("[role=alert]")).to_contain_text("not one JSON object")
    await expect(card.locator("textarea")).to_have_value("{")
    await card.locator("textarea").fill(json.dumps({"endpoint": gone.slug}))
    await card.locator("button[value=approve]").click()
    await answered(page)
    await expect(page.locator(".tool .state")).to_have_text("Done")
    assert [one.slug for one in (await endpoints.list_(actor)).items] == [kept.slug]


@pytest.mark.parametrize("decision", ["Approve once", "Refuse"])
async def test_an_approval_is_asked_and_obeyed(site: Site, say: Say, decision: str) -> None:
    """Deleting asks: the card shows the exact arguments, nothing happens before, another tab can answer, and a third one, which was open all the time, follows."""
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    page = await site.page()
    third = await site.page(page.context)
    await third.goto("/needs-you")
    await expect(third.locator(".empty")).to_be_visible()
    await _begin(site, page, say, f"delete {made.slug}")
    card = page.locator(".approval")
    await expect(card.locator("pre")).to_contain_text(made.slug)
    assert (await endpoints.get(actor, made.id)).slug == made.slug
    await expect(page.locator("button[value=approve]")).not_to_be_focused()
    await page.evaluate("document.querySelector('button[value=approve]').click()")  # by a script
    await page.locator("button[value=approve]").dispatch_event("click")
    await expect(page.locator("#needs-count")).to_have_text("1")
    await expect(third.locator(".approval pre")).to_contain_text(made.slug)
    await expect(third.locator(".empty")).to_be_hidden()
    needs = await site.page(page.context)
    await needs.goto("/needs-you")
    await needs.click(f"text={decision}")
    await expect(needs.locator(".approval")).to_have_count(0)
    await expect(needs.locator(".answered")).to_contain_text("Approved" if decision != "Refuse" else "Refused")
    await expect(needs.locator("#needs-count")).to_be_empty()
    await expect(third.locator("main")).to_contain_text("Answered elsewhere")
    await expect(third.locator(".approval")).to_have_count(0)
    await answered(page)
    await expect(card).to_have_count(0)
    left = (await endpoints.list_(actor)).items
    assert bool(left) == (decision == "Refuse")
    await expect(page.locator(".tool .state")).to_have_text("Refused" if decision == "Refuse" else "Done")


async def test_attacks_in_an_answer_are_only_text(site: Site, say: Say, shared_dir: Path) -> None:
    """Every payload of the kit in one answer: nothing runs, nothing is requested, no attribute is obeyed, live and after a reload."""
    lines = (shared_dir / "kit" / "xss.txt").read_text().splitlines()
    slow_model.attacks[:] = [
        json.loads(line.split("\t")[2]).replace("\0", "") for line in lines if line.strip() and not line.startswith("#") and line.split("\t")[0] != "app"
    ]
    page = await site.page()
    fired: list[str] = []
    await page.expose_function("XSS_CANARY", lambda *_: fired.append("canary"))

    async def dismissed(dialog: Dialog) -> None:
        fired.append("dialog")
        await dialog.dismiss()

    page.on("dialog", dismissed)
    posts: list[str] = []
    await _begin(site, page, say, "attack me")
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await answered(page)
    await page.reload()
    await page.wait_for_timeout(300)  # what runs late would run now
    assert not fired
    assert not posts
    await expect(page.locator(".prose").first).to_be_attached()
    await expect(page.locator(".prose [hx-get], .prose [data-hx-post], .prose [onclick], .prose img, .prose iframe, .prose [style]")).to_have_count(0)


async def test_the_box_keeps_drafts_and_knows_its_keys(site: Site, say: Say) -> None:
    """Shift+Enter breaks, a reload keeps the draft, ↑ edits the last message, a refused message stays."""
    site.allowed = ["status of 413"]
    page = await site.page()
    await page.goto("/")
    await page.fill("#message", "first")
    await page.press("#message", "Shift+Enter")
    await page.type("#message", "second")
    await page.reload()
    await expect(page.locator("#message")).to_have_value("first\nsecond")
    await say(page, "what can you do?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    await expect(page.locator("#message")).to_have_value("")
    await page.press("#message", "ArrowUp")
    await expect(page.locator("form.editing textarea")).to_have_value("what can you do?")
    await page.click("form.editing [data-cancel]")
    await page.locator("form.editing").wait_for(state="detached")
    await page.evaluate("document.getElementById('message').removeAttribute('maxlength')")
    await page.fill("#message", "x" * 100_001)
    await page.press("#message", "Enter")
    await page.wait_for_selector("#composer-problem [role=alert]")
    await page.wait_for_function("() => document.getElementById('message').value.length === 100001")


async def test_what_is_on_its_way_is_sent_once(site: Site, say: Say) -> None:
    """On a slow network Enter pressed twice sends one message, and what is typed before it is taken stays in the box."""
    page = await site.page()
    await page.goto("/")
    await say(page, "how many credits do I have?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)

    async def slowly(route: Route) -> None:
        await asyncio.sleep(0.5)
        await route.continue_()

    await page.route("**/messages", slowly)
    await page.fill("#message", "list my keys")
    await page.press("#message", "Enter")
    await page.press("#message", "Enter")
    await page.type("#message", " and then")
    await expect(page.locator("#message")).to_have_value(re.compile(r"^\s*and then$"))
    await page.locator(".message.user").nth(1).wait_for()
    await answered(page)
    await expect(page.locator(".said")).to_have_text(["how many credits do I have?", "list my keys"])
    await page.unroute_all(behavior="ignoreErrors")


async def test_the_view_follows_only_at_the_end(site: Site, say: Say) -> None:
    """A reader who scrolled up is not moved and is told that there is more."""
    page = await site.page()
    pill = page.locator("#new-pill")
    await _begin(site, page, say, _PAUSED)
    await _until(page, 11)
    await page.wait_for_function(f"() => {_FAR} < 64")
    await expect(pill).to_be_hidden()
    await page.mouse.move(700, 300)
    await page.mouse.wheel(0, -300)
    await page.wait_for_function(f"() => {_FAR} > 200")
    at = await still(page, "document.getElementById('reader').scrollTop")
    slow_model.go_on.set()
    await answered(page)
    await expect(pill).to_be_visible()
    await page.wait_for_function("(at) => Math.abs(document.getElementById('reader').scrollTop - at) < 2", arg=at)
    await pill.click()
    await expect(pill).to_be_hidden()
    await page.wait_for_function(f"() => {_FAR} < 64")


async def test_without_scripts_one_reads_and_sends(site: Site) -> None:
    """Forms post and pages answer: a message is sent, the answer is there after a reload."""
    page = await site.page(java_script_enabled=False)
    await page.goto("/")
    await page.fill("#message", "how many credits do I have?")
    await page.click("button.send")
    await page.wait_for_url(re.compile("/c/"))
    while not await page.locator(".card .figure").count():
        await asyncio.sleep(0.15)
        await page.goto(page.url)
    await expect(page.locator(".card .figure")).to_have_text("100")


async def test_a_long_answer_is_written_without_jumps(site: Site, say: Say) -> None:
    """No layout shift above 0.02 and no task above 100 ms of CPU while an answer streams."""
    page = await site.page()
    await quality.watch_shifts(page)

    async def told() -> None:
        await _begin(site, page, say, _STORY)
        await answered(page)

    found = await quality.measure(site.browser, page, told())
    assert found.shift < 0.02, found
    assert found.longest < 100 * await quality.slowness(page), found


async def test_each_message_sent_is_in_view_with_its_answer(site: Site, say: Say) -> None:
    """In a chat that is longer than the window, the newest answer's end is what one sees, and no pill is in the way."""
    page = await site.page()
    await page.goto("/")
    await say(page, "what can you do?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    for text in ("how many credits do I have?", "list my keys", "what can you do?") * 4:
        await say(page, text)
        await page.wait_for_function(f"() => {_FAR} < 64")
        await expect(page.locator("#new-pill")).to_be_hidden()


async def test_what_could_be_said_next_is_one_click(site: Site, say: Say) -> None:
    """A suggestion under the newest answer is sent as it is; a draft in the box stays; older answers keep theirs to themselves."""
    page = await site.page()
    await page.goto("/")
    await say(page, "how many credits do I have?", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    wanted = page.locator(".suggestions button").first
    text = await wanted.inner_text()
    await page.fill("#message", "half a thought")
    await wanted.click()
    await page.locator(".message.user").nth(1).wait_for()
    await answered(page)
    await expect(page.locator(".said").last).to_have_text(text)
    await expect(page.locator("#message")).to_have_value("half a thought")
    await expect(page.locator(".message.assistant").first.locator(".suggestions:visible")).to_have_count(0)

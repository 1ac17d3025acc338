"""Every page, in both themes, on both sizes and in both languages: it opens, nothing overflows, nothing is unreadable or unlabelled."""

import re
import time

import httpx
import pytest
from playwright.async_api import Page, expect

from agent import endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.documents import docs
from agent.events import Hub
from agent.runs import loop
from tests.browser import quality
from tests.browser.conftest import DESKTOP, PHONE, Site, answered, settled

pytestmark = pytest.mark.asyncio(loop_scope="session")
PATHS = (
    "/", "/chats", "/needs-you", "/credits", "/apis", "/search?q=demo", "/settings", "/settings/security", "/settings/keys", "/settings/connect", "/settings/usage", "/settings/data",
    "/apis/demo-shop", "/apis/demo-shop?tab=endpoints", "/apis/demo-shop?tab=docs", "/apis/demo-shop?tab=changes", "/apis/demo-shop?tab=connect", "/apis/demo-shop?tab=settings",
    "/apis/demo-shop?status=5xx", "/?panel=calls:demo-shop", "/?panel=docs:demo-shop", "/?panel=call:nothing", "/docs/demo-shop", "/chat", "/call",
)  # fmt: skip
_FAULTS = """() => {
  const faults = [];
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length;
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is wider than the window");
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (shown(e) && !e.labels?.length && !e.ariaLabel && !e.getAttribute("aria-labelledby")) faults.push("no label: " + e.outerHTML.slice(0, 90));
  }
  for (const e of document.querySelectorAll("a, button, summary")) {
    if (shown(e) && !(e.innerText || e.ariaLabel || "").trim()) faults.push("no name: " + e.outerHTML.slice(0, 90));
  }
  for (const e of document.querySelectorAll(".row.small > a")) {
    const box = e.getBoundingClientRect(), least = innerWidth < 768 ? 44 : 24;
    if (shown(e) && Math.min(box.width, box.height) < least) faults.push("small target: " + e.outerHTML.slice(0, 90));
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push("twice: #" + id);
  if (document.querySelectorAll("main").length !== 1) faults.push("one main landmark is wanted");
  if (!document.querySelector("h1")) faults.push("no heading");
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return rgb("white"); };
  for (const e of document.querySelectorAll("body *")) {
    if (!shown(e) || e.closest("[disabled], svg") || ![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faults.push("contrast " + ((a + 0.05) / (b + 0.05)).toFixed(2) + ": " + e.outerHTML.slice(0, 90));
  }
  return faults;
}"""


async def filled(site: Site) -> dict[str, str]:
    """An API with calls, documents that are public, and a chat with a long answer."""
    actor: Actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    async with httpx.AsyncClient(trust_env=False) as client:
        for path in ("/products?limit=5", "/products/prod_1001", "/products/prod_1002", "/products/nothing"):
            await client.get(f"{made.proxy_url}{path}")
    context = await site.context()
    page = await context.new_page()
    await page.goto("/apis/demo-shop")
    await expect(page.locator(".calls tbody tr")).to_have_count(4)
    call = await page.locator(".calls a").first.get_attribute("href")
    await docs.generate(actor, made.id)
    await endpoints.update(actor, made.id, endpoints.EndpointChange(is_public=True))
    started = await loop.send(Hub(), actor, "show the calls of demo-shop")
    await page.goto(f"/c/{started.chat_session_id}")
    await answered(page)
    await context.close()
    return {"/chat": f"/c/{started.chat_session_id}", "/call": str(call)}


@pytest.mark.timeout(900)  # a hundred pages, where a busy machine takes ten times as long
async def test_every_page_is_in_order(site: Site) -> None:
    """Labels, names, unique ids, one main landmark, a heading, contrast of 4.5, links in a row that a finger meets, and nothing wider than the window."""
    site.allowed = ["status of 404"]
    known = await filled(site)
    faults: dict[str, list[str]] = {}
    for size, theme, language in ((DESKTOP, "light", "en"), (DESKTOP, "dark", "zh"), (PHONE, "light", "zh"), (PHONE, "dark", "en")):
        page = await site.page(viewport=size, color_scheme=theme, reduced_motion="reduce", locale="zh-CN" if language == "zh" else "en-GB")
        for path in PATHS:
            answer = await page.goto(known.get(path, path), wait_until="domcontentloaded")
            assert answer, path
            assert answer.status == 200, (path, answer.status)
            await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans" if language == "zh" else "en")
            if found := await settled(lambda page=page: _faults(page)):
                faults[f"{path} {theme} {size['width']}"] = found
        await page.context.close()
    assert not faults


async def _faults(page: Page) -> list[str]:
    return await page.evaluate(_FAULTS)


async def test_a_phone_has_a_bar_and_sheets(site: Site) -> None:
    """The rail is a bar at the bottom, the evidence a sheet over everything, and Back closes it."""
    await filled(site)
    page = await site.page(viewport=PHONE, has_touch=True)
    await page.goto("/apis/demo-shop")
    await expect(page.locator(".rail")).to_be_hidden()
    await expect(page.locator(".bottom")).to_be_visible()
    await page.locator(".calls a").first.tap()
    await page.wait_for_function(
        "() => { const box = document.getElementById('panel')?.getBoundingClientRect(); return box?.width === innerWidth && box.y === 0; }"
    )
    await expect(page.locator(".bottom a").nth(0)).to_have_attribute("href", "/chats")
    await page.evaluate("window.isSame = true")
    await page.go_back()
    await page.wait_for_selector("#panel", state="detached")
    await page.wait_for_function("() => window.isSame")  # Back closes the sheet; the page is not loaded again


async def test_the_theme_is_remembered(site: Site) -> None:
    """Chosen once, it holds for every page, whatever the system prefers, and the sign-in page too."""
    page = await site.page(color_scheme="light")
    await page.goto("/settings")
    await page.check("input[value=dark]")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.select_option("#language", "zh")
    await page.click("main form button.primary")
    await page.wait_for_url("**/settings?saved=true")
    await page.goto("/apis")
    await expect(page.locator("html")).to_have_css("color-scheme", "dark")
    await expect(page.locator("main")).to_contain_text("捕获")
    await expect(page.locator("#destination + *")).to_have_count(0)


async def test_everything_works_by_keyboard(site: Site) -> None:
    """⌘K finds an API, the arrows and Enter go there, `?` lists the shortcuts, Escape closes."""
    await filled(site)
    page = await site.page()
    await page.goto("/credits")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("demo")
    await page.wait_for_selector("#palette-found >> text=Demo shop")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/apis/demo-shop")
    await page.keyboard.press("?")
    await expect(page.locator("#shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("#shortcuts")).to_be_hidden()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()


async def test_live_calls_arrive_within_a_second(site: Site) -> None:
    """On the API's own page, without a reload, the newest first, and open for reading meanwhile. The second is stretched where everything is slow."""
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    page = await site.page()
    await page.goto("/apis/demo-shop")
    await page.wait_for_selector(".empty")
    took: list[float] = []
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for n in range(3):
            await client.get(f"{made.proxy_url}/products/prod_100{n}")
            began = time.monotonic()
            await page.wait_for_selector(f'text="/demo/products/prod_100{n}"')
            took.append(time.monotonic() - began)
    assert sorted(took)[1] < await quality.tardiness(page), took
    await expect(page.locator(".calls .path a")).to_have_text([re.compile("2$"), re.compile("1$"), re.compile("0$")])

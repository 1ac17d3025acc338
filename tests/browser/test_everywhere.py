"""Every page, in both themes, on both sizes and in both languages: it opens, nothing overflows, nothing is unreadable or unlabelled."""

import httpx
import pytest

from agent import docs, endpoints, loop
from agent.accounts import users
from agent.actor import Actor
from agent.events import Hub
from tests.browser.conftest import DESKTOP, PHONE, Site

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
    await page.wait_for_function("() => document.querySelectorAll('.calls tbody tr').length === 4")
    call = await page.locator(".calls a").first.get_attribute("href")
    await docs.generate(actor, made.id)
    await endpoints.update(actor, made.id, endpoints.EndpointChange(is_public=True))
    started = await loop.send(Hub(), actor, "show the calls of demo-shop")
    await page.goto(f"/c/{started.chat_session_id}")
    await page.wait_for_function("() => !document.querySelector('[data-run]')")
    await context.close()
    return {"/chat": f"/c/{started.chat_session_id}", "/call": str(call)}


async def test_every_page_is_in_order(site: Site) -> None:
    """Labels, names, unique ids, one main landmark, a heading, contrast of 4.5, and nothing wider than the window."""
    site.allowed = ["status of 404"]
    known = await filled(site)
    faults: dict[str, list[str]] = {}
    for size, theme, language in ((DESKTOP, "light", "en"), (DESKTOP, "dark", "zh"), (PHONE, "light", "zh"), (PHONE, "dark", "en")):
        page = await site.page(viewport=size, color_scheme=theme, locale="zh-CN" if language == "zh" else "en-GB")
        for path in PATHS:
            answer = await page.goto(known.get(path, path), wait_until="domcontentloaded")
            assert answer, path
            assert answer.status == 200, (path, answer.status)
            assert await page.evaluate("document.documentElement.lang") == ("zh-Hans" if language == "zh" else "en")
            if found := await page.evaluate(_FAULTS):
                faults[f"{path} {theme} {size['width']}"] = found
        await page.context.close()
    assert not faults


async def test_a_phone_has_a_bar_and_sheets(site: Site) -> None:
    """The rail is a bar at the bottom, the evidence a sheet over everything, and Back closes it."""
    await filled(site)
    page = await site.page(viewport=PHONE, has_touch=True)
    await page.goto("/apis/demo-shop")
    assert not await page.locator(".rail").is_visible()
    assert await page.locator(".bottom").is_visible()
    await page.locator(".calls a").first.tap()
    await page.wait_for_selector("#panel")
    box = await page.locator("#panel").bounding_box()
    assert box and box["width"] == PHONE["width"] and box["y"] == 0
    assert await page.locator(".bottom a").nth(0).get_attribute("href") == "/chats"
    await page.evaluate("window.isSame = true")
    await page.go_back()
    await page.wait_for_selector("#panel", state="detached")
    assert await page.evaluate("window.isSame"), "Back closes the sheet; the page is not loaded again"


async def test_the_theme_is_remembered(site: Site) -> None:
    """Chosen once, it holds for every page, whatever the system prefers, and the sign-in page too."""
    page = await site.page(color_scheme="light")
    await page.goto("/settings")
    await page.check("input[value=dark]")
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"
    await page.select_option("#language", "zh")
    await page.click("main form button.primary")
    await page.wait_for_url("**/settings?saved=true")
    await page.goto("/apis")
    assert await page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert await page.locator("#destination + *").count() == 0
    assert "捕获" in await page.inner_text("main")


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
    assert await page.locator("#shortcuts").is_visible()
    await page.keyboard.press("Escape")
    assert not await page.locator("#shortcuts").is_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_live_calls_arrive_within_a_second(site: Site) -> None:
    """On the API's own page, without a reload, the newest first, and open for reading meanwhile."""
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    page = await site.page()
    await page.goto("/apis/demo-shop")
    await page.wait_for_selector(".empty")
    async with httpx.AsyncClient(trust_env=False) as client:
        for n in range(3):
            await client.get(f"{made.proxy_url}/products/prod_100{n}")
            await page.wait_for_selector(f'text="/demo/products/prod_100{n}"', timeout=1000)
    paths = await page.locator(".calls .path a").all_inner_texts()
    assert [path[-1] for path in paths] == ["2", "1", "0"]

"""axe-core on every page and state, in both themes, on a desktop and on a phone: no violation."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser import slow_model
from tests.browser.conftest import DESKTOP, PHONE, Site, answered, settled
from tests.browser.test_everywhere import PATHS, filled

pytestmark = pytest.mark.asyncio(loop_scope="session")
AXE = Path(__file__).resolve().parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
_RUN = """async (rules) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules ? { runOnly: { type: "rule", values: rules } } : {}) });
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")} ${n.html.slice(0, 120)} ${n.any[0]?.message ?? ""}`));
}"""
ADMINS = ("/admin", "/admin/audit", "/admin/settings", "/admin/health", "/confirm", "/settings/servers", "/prompts")
STRANGERS = ("/login", "/signup", "/forgot", "/docs/demo-shop")


async def _faults(page: Page) -> list[str]:
    """Everything in the light theme, what colours change in the dark one, on both sizes."""
    found: dict[str, None] = {}
    for size in (DESKTOP, PHONE):
        await page.set_viewport_size(size)
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            rules = None if theme == "light" else ["color-contrast", "link-in-text-block"]
            faults = await settled(lambda rules=rules: page.evaluate(_RUN, rules))
            found |= dict.fromkeys(f"{theme} {size['width']} {fault}" for fault in faults)
    await page.set_viewport_size(DESKTOP)
    return list(found)


async def _watched(site: Site, **options: Any) -> Page:
    if not AXE.exists():
        pytest.skip("needs axe-core in tests/node: run make setup-test with a network")
    context = await site.context(**options)
    await context.add_init_script(path=AXE)
    return await site.page(context)


@pytest.mark.timeout(900)  # 200 times axe, where a busy machine takes ten times as long
async def test_no_page_has_a_violation(site: Site) -> None:
    """All pages of the product, with data in them, and those that a stranger sees."""
    site.allowed = ["status of 404"]
    known = await filled(site)
    faults: dict[str, list[str]] = {}
    for paths, options in (((*PATHS, *ADMINS), {}), (STRANGERS, {"email": None})):
        page = await _watched(site, **options)
        for path in paths:
            answer = await page.goto(known.get(path, path), wait_until="domcontentloaded")
            assert answer, path
            assert answer.status == 200, (path, answer.status)
            if found := await _faults(page):
                faults[path] = found
        await page.context.close()
    assert not faults


@pytest.mark.timeout(900)
async def test_no_state_has_a_violation(site: Site, say: Callable[..., Any]) -> None:
    """While an answer is written, after it was stopped, while one waits for an approval, refused messages, the palette, the shortcuts, the panel."""
    site.allowed = ["status of 413"]
    known = await filled(site)
    faults: dict[str, list[str]] = {}
    page = await _watched(site)

    async def look(state: str) -> None:
        if found := await _faults(page):
            faults[state] = found

    await page.goto("/")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("demo")
    await page.wait_for_selector("#palette-found >> text=Demo shop")
    await look("palette")
    await page.goto("/")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("?")
    await page.wait_for_selector("#shortcuts")
    await look("shortcuts")
    await page.keyboard.press("Escape")
    slow_model.go_on.clear()
    await say(page, "wait", wait=False, model="scripted")
    await page.wait_for_url(re.compile("/c/"))
    await page.wait_for_selector(".prose >> text=I wait.")
    await look("streaming")
    await page.click("[data-stop]", force=True)
    await answered(page)
    await look("stopped")
    await page.goto("/")
    await say(page, "delete demo-shop", wait=False, model="scripted")
    await page.locator(".approval").wait_for()
    await look("approval")
    await page.goto("/needs-you")
    await look("needs you")
    await page.goto(f"{known['/chat']}?panel=calls:demo-shop")
    await page.wait_for_selector("#panel .calls tbody tr")
    await look("panel")
    await page.evaluate("document.getElementById('message').removeAttribute('maxlength')")
    await page.fill("#message", "x" * 100_001)
    await page.press("#message", "Enter")
    await page.wait_for_selector("#composer-problem [role=alert]")
    await look("refused")
    assert not faults

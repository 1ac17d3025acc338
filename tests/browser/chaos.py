"""What people and networks do to a page while an answer is written: reload, go offline, open a second tab, lose the server. The text must not mind."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Error, Page

from tests.browser.conftest import words

Deed = Callable[[Page], Awaitable[None]]
_ENDED = "() => !document.querySelector('[data-run]') && document.querySelector('.message.assistant .prose')"
_SAID = "(told) => [...document.querySelectorAll('.message.assistant .body')].pop()?.innerText.replace(/\\s+/g, ' ').trim() === told"
PATIENCE = 90_000


async def reload(page: Page) -> None:
    await _go(page, page.url)


async def offline(page: Page) -> None:
    """Only for this page's browser profile."""
    await page.context.set_offline(True)
    await asyncio.sleep(random.uniform(0.05, 1.2))
    await page.context.set_offline(False)


async def second_tab(page: Page) -> None:
    await _go(await page.context.new_page(), page.url)


async def away(page: Page) -> None:
    """To another page and Back."""
    at = page.url
    await _go(page, at.split("/c/")[0] + "/needs-you")
    await asyncio.sleep(random.uniform(0, 0.4))
    with contextlib.suppress(Error):
        await page.go_back(wait_until="commit")
    if page.url != at:
        await _go(page, at)


DEEDS: tuple[Deed, ...] = (reload, offline, second_tab, away)


async def ordeal(context: BrowserContext, address: str, expected: str, seconds: float) -> list[str]:
    """One answer under two to four deeds at random moments of so many seconds: what tabs ended with, where it is not what was said."""
    page = await context.new_page()
    await _go(page, address)
    for _ in range(random.randint(2, 4)):
        await asyncio.sleep(random.uniform(0, seconds / 3))
        await random.choice(DEEDS)(page)
    wrong = [found for tab in list(context.pages) if (found := await _told(tab, words(expected))) != words(expected)]
    for tab in list(context.pages):
        await tab.close()
    return wrong


async def _told(tab: Page, expected: str) -> str:
    """What a tab shows once it knows that the answer has ended; a moment later if it is not yet what is expected."""
    for _ in range(3):
        with contextlib.suppress(Error):
            await tab.wait_for_function(_ENDED, timeout=PATIENCE)
            with contextlib.suppress(Error):
                await tab.wait_for_function(_SAID, arg=expected, timeout=PATIENCE / 9)
            return words(await tab.locator(".message.assistant .body").last.inner_text())
        await _go(tab, tab.url)
    return "(it did not end)"


async def _go(page: Page, address: str) -> None:
    """As a person does: again, while the server does not answer."""
    for _ in range(300):
        with contextlib.suppress(Error):
            await page.goto(address, wait_until="commit")
            if await page.locator("#log, main").first.count():
                return
            await page.wait_for_selector("main", timeout=5_000)
            return
        await asyncio.sleep(0.3)

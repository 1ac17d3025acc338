"""A real Chromium before a real server. Whatever breaks the page's rules fails the test: CSP violations, script errors, requests to other hosts.

A test never looks once at what may still be on its way: it waits for it, with `expect` or `wait_for_function` (test_waiting.py holds it to that).
The patience is one minute everywhere.
"""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, async_playwright, expect

from agent.accounts import sessions, setup, users
from agent.accounts.audit import Origin
from agent.providers import catalogue
from tests.browser.slow_model import stream
from tests.live import running
from web.auth import session_cookie

PATIENCE = 60_000  # milliseconds; what is waited for comes at once, but not on a machine that does other things too
expect.set_options(timeout=PATIENCE)

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@dataclass
class Site:
    """The running server and the browser; `wrong` collects what may not happen."""

    url: str
    browser: Browser
    wrong: list[str]
    allowed: list[str] = field(default_factory=list)

    async def context(self, *, email: str | None = "ada@example.com", **options: Any) -> BrowserContext:
        """A fresh browser profile, signed in as this user unless None."""
        context = await self.browser.new_context(viewport=options.pop("viewport", DESKTOP), base_url=self.url, **options)
        context.set_default_timeout(PATIENCE)
        await context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (e) => console.error('CSP ' + e.violatedDirective + ' ' + e.blockedURI))"
        )
        if email:
            actor = await users.actor_by_email(email, "web")
            token = await sessions.open_session(actor, Origin())
            await context.add_cookies([{"name": session_cookie(), "value": token, "url": self.url}])
        return context

    async def page(self, context: BrowserContext | None = None, **options: Any) -> Page:
        """A tab that is watched."""
        page = await (context or await self.context(**options)).new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("request", self._request)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(known in message.text for known in self.allowed):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.wrong.append(f"another host: {request.url}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests; each has profiles of its own."""
    async with async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], timeout=2 * PATIENCE)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(database_url: str, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The whole application with one administrator, and a model that writes slowly under the name `scripted`."""
    async for made in _site(chromium, monkeypatch, with_user=True):
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def fresh(database_url: str, chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Site, str]]:
    """The same on its first start: nobody has an account, and there is a set-up link."""
    async for made in _site(chromium, monkeypatch, with_user=False):
        token = await setup.issue()
        assert token
        yield made, f"/setup?token={token}"


async def _site(chromium: Browser, monkeypatch: pytest.MonkeyPatch, *, with_user: bool) -> AsyncIterator[Site]:
    monkeypatch.setitem(catalogue.WIRES, "scripted", stream)
    async with running(monkeypatch) as url:
        if with_user:
            await users.sign_up("ada@example.com", "correct horse", role="ADMIN")
        made = Site(url, chromium, [])
        yield made
        for context in chromium.contexts:
            await context.close()
        assert not made.wrong


@pytest.fixture
def say() -> Callable[..., Any]:
    """Type a message, send it with Enter and, unless told otherwise, wait until it is answered."""

    async def send(page: Page, text: str, *, wait: bool = True, model: str = "") -> None:
        if model:
            await page.evaluate(
                "(value) => { const o = new Option(value, value + '|'); const s = document.getElementById('provider'); s.add(o); s.value = o.value; }", model
            )
        before = await page.locator(".message.user").count()
        await page.fill("#message", text)
        await page.press("#message", "Enter")
        if wait:
            await page.wait_for_function("(before) => document.querySelectorAll('.message.user').length > before", arg=before)
            await answered(page)

    return send


async def answered(page: Page) -> None:
    """Nothing is being written any more."""
    await page.wait_for_function("() => !document.querySelector('[data-run]') && document.querySelector('.send')")


async def settled(look: Callable[[], Awaitable[list[str]]]) -> list[str]:
    """What a look finds wrong, and still finds when it is taken again a little later: a page may be seen while something is being swapped in it."""
    for pause in (0.2, 1, 3):
        if not (found := await look()):
            return found
        await asyncio.sleep(pause)
    return await look()


async def still(page: Page, expression: str) -> Any:
    """The value of an expression in the page, once it has been the same for ten frames."""
    return await page.evaluate(
        f"async () => {{ const look = () => {expression}; let value = look(); for (let same = 0; same < 10; ) {{ await new Promise(requestAnimationFrame);"
        " const now = look(); same = now === value ? same + 1 : 0; value = now; } return value; }"
    )


def words(html: str) -> str:
    """Text with every run of blanks as one."""
    return re.sub(r"\s+", " ", html).strip()

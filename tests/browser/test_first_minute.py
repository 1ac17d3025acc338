"""From the set-up link to a downloaded document, as a stranger does it."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate
from playwright.async_api import expect

from tests.browser import quality
from tests.browser.conftest import Site, answered

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_from_the_link_to_the_document(fresh: tuple[Site, str], say: Callable[..., Any], tmp_path: Path) -> None:
    """Set up, capture the demo API, watch calls arrive within a second, document it, download a valid OpenAPI; four clicks to the first call."""
    site, link = fresh
    site.allowed = ["Failed to load resource: the server responded with a status of 4"]  # the example calls include failures, as real traffic does
    began = time.monotonic()
    page = await site.page(email=None)
    await page.goto(link)
    await page.fill("#email", "ada@example.com")
    await page.fill("#password", "correct horse battery")
    await page.click("button.primary")
    await page.click("text=Capture the demo API")
    await page.click("text=Watch the calls")
    await page.wait_for_url("**panel=calls%3Ademo-shop**")
    await page.wait_for_selector("#panel [data-demo-calls]")
    late = await quality.tardiness(page)
    sent = time.monotonic()
    await page.click("#panel [data-demo-calls]")
    await page.wait_for_selector("#panel .calls tbody tr")
    seen = time.monotonic()
    late = max(late, await quality.tardiness(page))
    assert seen - sent < late, "the first call is seen within a second, where pages come as quickly as usual"
    assert seen - began < 60 * late
    await expect(page.locator("#panel .calls tbody tr")).to_have_count(11)
    await say(page, "document it")
    async with page.expect_download() as download:
        await page.click(".card >> text=OpenAPI")
    await (await download.value).save_as(tmp_path / "api.yaml")
    assert 'openapi: "3.1' in (tmp_path / "api.yaml").read_text()
    answer = await page.request.get("/apis/demo-shop/download/openapi")
    validate(msgspec.json.decode(await answer.body()))
    assert "demo-shop.openapi.json" in answer.headers["content-disposition"]
    await expect(page.locator("#rail-credits")).to_have_text("75 credits")


async def test_the_link_works_once(fresh: tuple[Site, str]) -> None:
    """A second visitor with the same link is told so, in a sentence."""
    site, link = fresh
    site.allowed = ["status of 410"]
    page = await site.page(email=None)
    await page.goto(link)
    await page.fill("#email", "ada@example.com")
    await page.fill("#password", "correct horse battery")
    await page.click("button.primary")
    await page.wait_for_url(re.compile(r"/$"))
    other = await site.page(email=None)
    await other.goto(link)
    await expect(other.locator("main")).to_contain_text("used or has expired")
    await expect(other.locator("form")).to_have_count(0)


async def test_a_stranger_is_sent_to_the_sign_in_page(site: Site) -> None:
    """Wrong passwords get one sentence, right ones the page that was asked for."""
    site.allowed = ["status of 401"]
    page = await site.page(email=None)
    await page.goto("/")
    await page.wait_for_url("**/login")
    await page.fill("#email", "ada@example.com")
    await page.fill("#password", "wrong horse")
    await page.click("button.primary")
    await page.wait_for_selector("[role=alert]")
    await expect(page.locator("#email")).to_have_value("ada@example.com")
    await page.fill("#password", "correct horse")
    await page.click("button.primary")
    await page.wait_for_selector("#message")


async def test_a_key_is_typed_into_a_form_and_shown_by_its_end(site: Site, say: Callable[..., Any]) -> None:
    """The guide opens a form card; the secret is stored, replaced by its last four characters, and in no message."""
    page = await site.page()
    await page.goto("/")
    await say(page, "add my anthropic key", wait=False)
    await page.wait_for_url(re.compile("/c/"))
    await answered(page)
    await page.fill(".card input[type=password]", "sk-ant-secret-abcd1234")
    await page.click(".card >> text=Save the key")
    await page.wait_for_selector("text=••••1234")
    await page.wait_for_function("() => !document.documentElement.outerHTML.includes('sk-ant-secret')")
    await page.goto("/settings/keys")
    await expect(page.locator("main")).to_contain_text("••••1234")

"""Prompts, files, mentions and the palette as a person uses them."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Route, expect

from agent import endpoints
from agent.accounts import users
from agent.conversation import prompts
from tests.browser.conftest import Site, answered

pytestmark = pytest.mark.asyncio(loop_scope="session")
HAR = json.dumps(
    {
        "log": {
            "version": "1.2",
            "entries": [
                {
                    "startedDateTime": "2026-01-01T00:00:00Z", "time": 3, "request": {"method": "GET", "url": "https://a.example/x", "headers": []},
                    "response": {"status": 200, "headers": [], "content": {}},
                }
            ],
        }
    }
)  # fmt: skip
PASTE = """(text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], 'pasted.har', { type: 'application/json' }));
  document.getElementById('message').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""


async def test_a_prompt_asks_for_its_variables(site: Site) -> None:
    """`/` offers it, Enter takes it, a form asks, and the text stands in the box; Escape closes the list."""
    ada = await users.actor_by_email("ada@example.com", "web")
    await prompts.save(ada, "report", "Report on {{api}} since {{since|yesterday}}")
    page = await site.page()
    await page.goto("/")
    await page.type("#message", "/rep")
    await page.wait_for_selector("#offers [role=option]")
    await page.wait_for_function(
        "() => document.getElementById('offers').getBoundingClientRect().bottom < document.querySelector('#say').getBoundingClientRect().top"
    )
    await page.press("#message", "Escape")
    await expect(page.locator("#offers")).to_be_hidden()
    await page.type("#message", "o")
    await page.wait_for_selector("#offers [role=option]")
    await page.press("#message", "Enter")
    await page.fill("#fill input >> nth=0", "the <b>shop</b>")
    await page.press("#fill input >> nth=0", "Enter")
    await expect(page.locator("#message")).to_have_value("Report on the <b>shop</b> since yesterday")


async def test_a_pasted_recording_is_imported_by_saying_so(site: Site) -> None:
    """A mention by keyboard, a file by pasting; the file can be taken back before, and afterwards stands with its message."""
    await endpoints.insert_known(await users.actor_by_email("ada@example.com", "web"), "https://a.example", "Museum")
    page = await site.page()
    await page.goto("/")
    await page.evaluate(PASTE, HAR)
    await page.click("#attached button")
    await expect(page.locator("#attached")).to_be_hidden()
    await page.evaluate(PASTE, HAR)
    await page.wait_for_selector("#attached input[name=attachment]", state="attached")
    await page.type("#message", "import this into @mus")
    await page.wait_for_selector("#offers [role=option]")
    await page.press("#message", "Tab")
    await expect(page.locator("#message")).to_have_value("import this into @museum ")
    await page.press("#message", "Enter")
    await page.wait_for_url("**/c/*")
    await page.wait_for_selector(".message.user .brought >> text=pasted.har")
    await answered(page)
    await page.wait_for_selector("text=1 calls were imported", state="attached")
    await expect(page.locator("#attached")).to_be_hidden()


async def test_the_palette_finds_commands_and_things(site: Site) -> None:
    """⌘K, a word, Enter: a command stands in the box of a new chat. Escape closes it, whatever stands in its box."""
    page = await site.page()
    await page.goto("/apis")
    await page.keyboard.press("Control+k")
    await page.wait_for_selector("#palette-found >> text=Prompts")
    await page.fill("#palette input", "capture")
    await page.press("#palette input", "Escape")
    await expect(page.locator("#palette")).to_be_hidden()
    await page.keyboard.press("Control+k")
    await page.fill("#palette input", "capture")
    await page.wait_for_selector("#palette-found >> text=Command")
    await page.press("#palette input", "Enter")
    await page.wait_for_url(lambda url: "draft=" in url)
    await expect(page.locator("#message")).to_have_value(re.compile("^capture"))


async def test_the_palette_goes_to_what_was_typed(site: Site) -> None:
    """Enter does not wait for the list: it goes to the first hit of these words, though an answer to older ones comes later."""
    page = await site.page()

    async def late(route: Route) -> None:
        await asyncio.sleep(0.6 if route.request.url.endswith("q=") else 0.1)
        await route.continue_()

    await page.route("**/search?q=*", late)
    await page.goto("/apis")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("capture")
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: "draft=" in url)
    await expect(page.locator("#message")).to_have_value(re.compile("^capture"))
    await page.unroute_all(behavior="ignoreErrors")

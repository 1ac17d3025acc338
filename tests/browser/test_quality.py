"""A long answer does not make the page jump or busy, however much of it is there already."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from agent.providers import catalogue
from agent.providers.base import Connection, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ProviderEvent
from tests.browser import quality
from tests.browser.conftest import Site

pytestmark = pytest.mark.asyncio(loop_scope="session")
PIECE = "Each call that was heard is **evidence**: `GET /orders` answered 200 in 12 ms, and the list says why. "
BEGINNING = "\n\n".join(f'## Part {n}\n\n{PIECE * 4}\n\n- one\n- two\n\n```json\n{{"n": {n}}}\n```' for n in range(90))


async def _story(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """48 KB: most of it at once, then 50 tokens a second until nobody listens."""
    yield PartStart(0, "text")
    yield PartDelta(0, BEGINNING + "\n\n")
    for n in range(20_000):
        yield PartDelta(0, PIECE[n * 4 % 100 : n * 4 % 100 + 4] + ("\n\n" if n % 120 == 119 else ""))
        await asyncio.sleep(0.02)
    yield PartEnd(0)
    yield Finish("stop")


async def test_a_long_answer_leaves_the_page_at_rest(site: Site, say: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With 44 KB there and 50 tokens a second coming: main thread under a quarter busy, no task over 100 ms of CPU, no jump."""
    monkeypatch.setitem(catalogue.WIRES, "scripted", _story)
    page = await site.page()
    await quality.watch_shifts(page)
    await page.goto("/")
    await say(page, "go", wait=False, model="scripted")
    await page.wait_for_url(re.compile("/c/"))
    for come in (len(BEGINNING) * 0.8, 60, 60):  # what came at once is drawn, and it goes on at its pace
        at = await page.evaluate("document.querySelector('.prose')?.innerText.length ?? 0")
        await page.wait_for_function("(least) => document.querySelector('.prose')?.innerText.length >= least", arg=at + come if come < 1000 else come)
    found = await quality.measure(site.browser, page, asyncio.sleep(6))
    slow = await quality.slowness(page)
    assert found.busy < 0.25 * slow, (found, slow)
    assert found.longest < 100 * slow, (found, slow)
    assert found.shift < 0.02, found
    await page.click("[data-stop]")

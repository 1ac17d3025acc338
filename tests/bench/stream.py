"""The page while 48 KB stream at 50 tokens a second: main thread, longest task, jumps, and its memory to the end.

python -m tests.bench.stream [--seconds 600]
"""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator

from playwright.async_api import async_playwright

from agent import ai_providers, config
from agent.accounts import users
from db import engine
from db.migrate import migrate
from tests import crowd, replay
from tests.bench.house import Figure, fresh, shown
from tests.browser import quality

_WINDOW = 8.0
_PIECE = "Each call that was heard is **evidence**: `GET /orders` answered 200 in 12 ms, and the list says why. "


def figures(seconds: float = 600.0) -> Iterator[Figure]:
    """Each figure with its unit."""
    with fresh(), replay.serve(*[_story(seconds)] * 3) as upstream:
        found = asyncio.run(_measured(upstream.openai, seconds))
    yield "stream.busy", max(one.busy for one in found) * 100, f"% of the main thread's time, the busiest of {len(found)} windows"
    yield "stream.longest_task", max(one.longest for one in found), "ms of CPU"
    yield "stream.shift", found[-1].shift, "layout shift in all"
    after_a_minute = found[min(len(found) - 1, round(60 * len(found) / seconds))]
    yield "stream.memory.minute_1", after_a_minute.memory[0] / 1e6, "MB of heap after a collection"
    yield f"stream.memory.minute_{seconds / 60:.0f}", found[-1].memory[1] / 1e6, "MB of heap after a collection"


async def _measured(model: str, seconds: float) -> list[quality.Quality]:
    await migrate()
    config.settings.cache_clear()
    async with engine.pool():
        profile = await users.sign_up("bench@example.com", "correct horse", role="ADMIN")
        await ai_providers.add(users.actor_of(profile.id, "ADMIN", profile.email, "api"), "story", [model], default_model="m", requires_auth=False)
    async with crowd.worker() as (_, url), async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = await (await browser.new_context(base_url=url)).new_page()
        await quality.watch_shifts(page)
        await page.goto("/login")
        await page.fill("[name=email]", "bench@example.com")
        await page.fill("[name=password]", "correct horse")
        await page.press("[name=password]", "Enter")
        await page.wait_for_selector("#message")
        await page.select_option("#provider", "story|m")
        await page.fill("#message", "tell")
        await page.press("#message", "Enter")
        await page.wait_for_url(re.compile("/c/"))
        await page.wait_for_selector(".prose p", timeout=60_000)
        found: list[quality.Quality] = []
        windows = max(1, int(seconds / (5 * _WINDOW)))
        for n in range(windows):
            found.append(await quality.measure(browser, page, asyncio.sleep(_WINDOW)))
            await asyncio.sleep(seconds / windows - _WINDOW if n < windows - 1 else 0)
        await browser.close()
        return found


def _story(seconds: float) -> replay.Reply:
    """50 pieces of four characters a second, in one answer."""
    text = "".join(_PIECE + ("\n\n" if n % 5 == 4 else "") for n in range(int(seconds * 2) + 60))
    deltas = [{"index": 0, "delta": {"content": text[at : at + 4]}} for at in range(0, len(text), 4)]
    chunks = [{"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [delta]} for delta in deltas]
    ending = {**chunks[0], "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    lines = [*(f"data: {json.dumps(chunk)}" for chunk in (*chunks, ending)), "data: [DONE]"]
    return replay.Reply(stream="".join(f"{line}\n\n" for line in lines).encode(), delay=0.02)


if __name__ == "__main__":
    shown(figures, seconds=600.0)

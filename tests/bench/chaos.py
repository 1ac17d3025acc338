"""Two hundred answers under reload, loss of the network, second tabs, Back, and the killing of the web process that serves the tabs.

python -m tests.bench.chaos [--rounds 200] [--at-once 4]
"""

import asyncio
import contextlib
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, async_playwright

from agent import config
from agent.accounts import sessions, tokens, users
from agent.accounts.audit import Origin
from db import engine
from db.migrate import migrate
from tests import crowd
from tests.bench.house import Figure, fresh, shown
from tests.browser import chaos
from tests.live import free_port
from web.auth import session_cookie

_PIECES, _DELAY = 100, 0.03


def figures(rounds: int = 200, at_once: int = 4) -> Iterator[Figure]:
    """Each figure with its unit."""
    with fresh() as folder:
        yield from asyncio.run(_measured(folder, rounds, at_once))


async def _measured(folder: Path, rounds: int, at_once: int) -> list[Figure]:
    """The runs are driven by one worker, the tabs are served by another, which dies every now and then."""
    await migrate()
    config.settings.cache_clear()
    model, told = crowd.script(folder, _PIECES, _DELAY), "".join(f"Piece {n}. " for n in range(_PIECES))
    async with engine.pool():
        profile = await users.sign_up("bench@example.com", "correct horse", role="ADMIN")
        actor = users.actor_of(profile.id, "ADMIN", profile.email, "api")
        token, cookie = (await tokens.create(actor, "bench")).token, await sessions.open_session(actor, Origin())
    port, began, kills = free_port(), time.perf_counter(), [0]
    wrong: list[str] = []
    left = iter(range(rounds))
    async with crowd.worker() as (_, driving), async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        mortal = asyncio.ensure_future(_dying(port, kills))
        async with aiohttp.ClientSession(headers={"authorization": f"Bearer {token}"}) as api:

            async def rounds_of_one() -> None:
                for _ in left:
                    wrong.extend(await _round(browser, api, driving, port, cookie, model, told))

            await asyncio.gather(*(rounds_of_one() for _ in range(at_once)))
        mortal.cancel()
        await asyncio.wait([mortal])
        await browser.close()
    return [
        ("chaos.wrong", len(wrong), f"tabs of {rounds} answers that did not end with what was said"),
        ("chaos.kills", kills[0], "web processes killed meanwhile"),
        ("chaos.seconds", time.perf_counter() - began, "s"),
    ]


async def _round(browser: Browser, api: aiohttp.ClientSession, driving: str, port: int, cookie: str, model: str, told: str) -> list[str]:
    body: dict[str, Any] = {"message": "tell", "provider": "scripted", "model": model, "stream": True}
    async with api.post(f"{driving}/api/v1/chat", json=body) as answer:
        answer.raise_for_status()
        chat = answer.headers["x-chat-session-id"]
    url = f"http://127.0.0.1:{port}"
    context = await browser.new_context()
    await context.add_cookies([{"name": session_cookie(), "value": cookie, "url": url}])
    found = await chaos.ordeal(context, f"{url}/c/{chat}", told, _PIECES * _DELAY)
    await context.close()
    return found


async def _dying(port: int, kills: list[int]) -> None:
    """A web process that is killed after a while, again and again, and started anew."""
    while True:
        async with crowd.worker(port) as (process, _):
            await asyncio.sleep(random.uniform(15, 45))
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            kills[0] += 1


if __name__ == "__main__":
    shown(figures, rounds=200, at_once=4)

"""How a page bears a long answer: what its main thread was busy with, how far it jumped, what it keeps in memory.

Busy time and the longest task are CPU time of the renderer's main thread from Chromium's own trace, so that a busy machine does not blur them.
"""

import json
import time
from collections.abc import Awaitable
from typing import Any, NamedTuple

from playwright.async_api import Browser, CDPSession, Page

_SHIFTS = (
    "window.shift = 0; window.shifts = [];"
    "new PerformanceObserver((list) => list.getEntries().forEach((e) => { if (!e.hadRecentInput) { window.shift += e.value; window.shifts.push(e.value); } }))"
    ".observe({ type: 'layout-shift', buffered: true });"
)


class Quality(NamedTuple):
    """`busy` is the share of the time, `longest` in milliseconds of CPU, `memory` bytes of the page's heap at the beginning and the end."""

    seconds: float
    busy: float
    longest: float
    shift: float
    memory: tuple[int, int]


async def watch_shifts(page: Page) -> None:
    """From the next page on."""
    await page.add_init_script(_SHIFTS)


async def measure(browser: Browser, page: Page, meanwhile: Awaitable[None]) -> Quality:
    """Watch a page that is being written to, or used, as long as this takes."""
    session = await page.context.new_cdp_session(page)
    before = await _heap(session)
    await browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    began = time.monotonic()
    await meanwhile
    seconds = time.monotonic() - began
    tasks = _tasks(json.loads(await browser.stop_tracing()))
    after = await _heap(session)
    return Quality(seconds, sum(tasks) / 1e6 / seconds, max(tasks, default=0) / 1000, await page.evaluate("window.shift"), (before, after))


async def _heap(session: CDPSession) -> int:
    await session.send("HeapProfiler.collectGarbage")
    return int((await session.send("Runtime.getHeapUsage"))["usedSize"])


def _tasks(trace: dict[str, Any]) -> list[int]:
    """The CPU time of each task of the page's main thread, in microseconds. The page's is the renderer that has most of them."""
    mains = {(e["pid"], e["tid"]) for e in trace["traceEvents"] if e.get("name") == "thread_name" and e["args"].get("name") == "CrRendererMain"}
    found: dict[tuple[int, int], list[int]] = {main: [] for main in mains}
    for event in trace["traceEvents"]:
        if event.get("ph") == "X" and event["name"].endswith("RunTask") and (event["pid"], event["tid"]) in found:
            found[event["pid"], event["tid"]].append(event.get("tdur", event.get("dur", 0)))
    return max(found.values(), key=sum, default=[])

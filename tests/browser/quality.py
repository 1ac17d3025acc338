"""How a page bears a long answer: what its main thread was busy with, how far it jumped, what it keeps in memory.

Busy time and the longest task are CPU time of the renderer's main thread from Chromium's own trace, so that a busy machine does not blur them.
A machine that is slow itself is known by a fixed piece of work: bounds are for the machine on which they were set, and are stretched by its `slowness`.
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
_WORK_MS = 3.5  # what the piece of work takes where the bounds were set
_ANSWER_MS = 40.0  # and what an ordinary page takes there
_ANSWER = """async () => {
  const took = [];
  for (let n = 0; n < 7; n++) {
    const began = performance.now();
    await (await fetch("/credits")).text();
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[3];
}"""
_WORK = """() => {
  let least = Infinity;
  for (let n = 0; n < 40; n++) {
    const began = performance.now();
    const rows = Array.from({ length: 1000 }, (_, at) => ({ at, name: `row ${at}`, more: { a: at * 7, b: String(at) } }));
    const box = document.createElement("div");
    box.innerHTML = JSON.parse(JSON.stringify(rows)).map((row) => `<p id="w${row.at}"><b>${row.name}</b> <code>${row.more.b}</code></p>`).join("");
    least = Math.min(least, performance.now() - began);
  }
  return least;
}"""


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


async def slowness(page: Page) -> float:
    """How many times as long as usual this machine takes for the same script, 1 at least. The quickest of many short runs is one that nothing broke into."""
    return max(1.0, float(await page.evaluate(_WORK)) / _WORK_MS)


async def tardiness(page: Page) -> float:
    """How many times as long as usual an ordinary page takes now, 1 at least: what else the machine is doing counts, as it does for whoever waits."""
    return max(1.0, float(await page.evaluate(_ANSWER)) / _ANSWER_MS)


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

"""How discovery grows: 100,000 calls in a HAR of 300 MB by one process and by two, 100 new calls on top, and parts merged in any order."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import psutil

from agent.spec import infer, merge, observe, summary
from tests.bench.traffic import call, write_har

CALLS = 100_000
PADDING = 2_200
PARTS = 40


class Run(NamedTuple):
    """One run of a command: seconds on the clock and of the processors, and the most memory of all its processes together."""

    seconds: float
    cpu: float
    mebibytes: float


def figures() -> Iterator[tuple[str, float, str]]:
    """The command on a large file, then the parts of it that a server does again and again."""
    with tempfile.TemporaryDirectory() as folder:
        capture = Path(folder) / "large.har"
        write_har(capture, CALLS, PADDING)
        yield "discovery.large_file", capture.stat().st_size / (1 << 20), "MiB"
        for processes in (1, 2, 1, 2):
            run = run_discover(capture, processes)
            yield f"discovery.large.{processes}_process", run.seconds, "s"
            yield f"discovery.large.{processes}_process.cpu", run.cpu / CALLS * 1000, "s per 1,000 calls"
            yield f"discovery.large.{processes}_process.peak", run.mebibytes, "MiB"
    yield from _growth()


def run_discover(capture: Path, processes: int) -> Run:
    """The command on a file, into a document beside it."""
    command = [Path(sys.executable).with_name("wiretalk"), "discover", capture, "-o", capture.with_suffix(".yaml"), "--processes", str(processes)]
    began, peak, spent = time.perf_counter(), 0, dict[int, float]()
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
        tree = psutil.Process(child.pid)
        while child.poll() is None:
            held = 0
            for process in _alive(tree):
                held += process.memory_info().rss
                spent[process.pid] = sum(process.cpu_times()[:2])
            peak = max(peak, held)
            time.sleep(0.05)
    if child.returncode:
        raise RuntimeError(f"`wiretalk discover` ended with {child.returncode}")
    return Run(time.perf_counter() - began, sum(spent.values()), peak / (1 << 20))


def _growth() -> Iterator[tuple[str, float, str]]:
    parts = [observe.observe_all(call(n) for n in range(start, CALLS, PARTS)) for start in range(PARTS)]
    whole = reduce(merge.merge, parts)
    shuffled = random.Random(5).sample(parts, PARTS)
    yield "discovery.same_bytes_in_any_order", float(summary.dump(reduce(merge.merge, shuffled)) == summary.dump(whole)), "1 is yes"
    yield "discovery.summary", len(summary.dump(whole)) / 1024, "KiB"
    began = time.process_time()
    grown = merge.merge(whole, observe.observe_all([call(CALLS + n) for n in range(100)]))
    yield "discovery.add_100", (time.process_time() - began) * 1000, "ms of processor"
    began = time.process_time()
    summary.load(summary.dump(grown))
    yield "discovery.store_and_load", (time.process_time() - began) * 1000, "ms of processor"
    began = time.process_time()
    spec = infer.conclude(grown)
    yield "discovery.conclude", (time.process_time() - began) * 1000, "ms of processor"
    yield "discovery.operations", len(spec.operations), "operations"


def _alive(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return [process for process in (tree, *tree.children()) if process.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []

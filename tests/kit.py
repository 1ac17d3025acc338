"""Runs the outside kit against the proxy: misbehaving upstreams with their judge, and malformed requests, in several shards at once.

    python -m tests.kit [--shards 6]

The kit is kept beside the repository (`../shared/kit`). A shard has an upstream, an endpoint and a driver of its own; what fails
is tried once more with longer limits, because a verdict of the kit may be a matter of time on a busy machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from db import embedded
from tests.live import free_port

ROOT = Path(__file__).resolve().parents[1]
KIT = ROOT.parent / "shared" / "kit"
_QUICK, _PATIENT = 1.5, 10.0
"""Seconds that the proxy gives an upstream."""
_READY_SECONDS = 60

_DRIVER = """
import json, sys, urllib.request
sys.path.insert(0, sys.argv.pop(1)); what, names = sys.argv.pop(1), sys.argv.pop(1).split(",")
import smuggling
def ask(to, path, method="GET"):  # the kit's own waits for silence
    with urllib.request.urlopen(urllib.request.Request(f"http://{to}{path}", method=method), timeout=60) as answer:
        found = json.loads(answer.read() or b"null")
    return {name: found[name] for name in names} if path == "/__list" else found
smuggling.http_json = ask
smuggling.P[:] = [one for one in smuggling.P if one[0] in names]
import judge_proxy
judge_proxy.KNOBS["gzip-bomb"] = "mb=192"  # three times what may be unfolded; for a gigabyte the upstream itself stands still, and its neighbour waits
{"judge": judge_proxy, "smuggling": smuggling}[what].main()
"""
_NAMES = "import sys; sys.path.insert(0, sys.argv[1]); import smuggling; print(','.join(p[0] for p in smuggling.P))"


class Verdicts(NamedTuple):
    """The kit's rows by name, and those that are bad, each with the kit's words."""

    rows: dict[str, dict[str, Any]]

    @property
    def bad(self) -> list[str]:
        return [f"{name}: {row.get('why') or row.get('verdict')} {row.get('detail', '')}".strip() for name, row in self.rows.items() if not row["ok"]]


class Bench(NamedTuple):
    """The proxy as a process, and its upstreams."""

    process: Process
    port: int
    upstreams: list[int]

    def shards(self, seconds: float) -> "list[Shard]":
        first = 0 if seconds == _QUICK else len(self.upstreams)
        return [Shard(self, first + number, upstream, seconds) for number, upstream in enumerate(self.upstreams)]


class Shard(NamedTuple):
    """One driver's own endpoint and upstream."""

    on: Bench
    number: int
    upstream: int
    seconds: float

    @property
    def path(self) -> str:
        return f"/proxy/{UUID(int=self.number)}"


@contextlib.asynccontextmanager
async def bench(shards: int, environment: dict[str, str]) -> AsyncIterator[Bench]:
    """A proxy that records into the database of `environment`, in front of as many misbehaving upstreams."""
    async with contextlib.AsyncExitStack() as stack:
        upstreams = [free_port() for _ in range(shards)]
        for port in upstreams:
            started = await stack.enter_async_context(_running([str(KIT / "evil_upstream.py"), "--port", str(port)], environment))
            await _said(started, b"evil upstream on")
        endpoints = [(f"http://127.0.0.1:{port}", seconds) for seconds in (_QUICK, _PATIENT) for port in upstreams]
        routes = [part for to, seconds in endpoints for part in ("--destination", to, "--timeout", str(seconds))]
        server = [str(ROOT / "tests/bench/proxy_server.py"), *routes, "--make", "--close-timeout", "1"]
        process = await stack.enter_async_context(_running(server, environment))
        yield Bench(process, int((await _said(process, b"ready")).split()[1]), upstreams)


async def judge(on: Bench) -> Verdicts:
    """Every misbehaviour of an upstream."""
    return await _sharded(on, list(await _behaviours(on.upstreams[0])), _judged)


async def smuggle(on: Bench) -> Verdicts:
    """Every malformed request."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _NAMES, str(KIT), stdout=PIPE)
    said, _ = await process.communicate()
    return await _sharded(on, said.decode().strip().split(","), _smuggled)


async def _sharded(on: Bench, names: list[str], work: Any) -> Verdicts:
    rows = await _spread(on.shards(_QUICK), names, work)
    again = [name for name in names if name not in rows or not rows[name]["ok"]]
    rows |= await _spread(on.shards(_PATIENT), again, work)
    return Verdicts({name: rows[name] for name in names})


async def _spread(shards: list[Shard], names: list[str], work: Any) -> dict[str, dict[str, Any]]:
    shares = [(shard, names[number :: len(shards)]) for number, shard in enumerate(shards)]
    return {name: row for part in await asyncio.gather(*(work(shard, share) for shard, share in shares if share)) for name, row in part.items()}


async def _judged(shard: Shard, names: list[str]) -> dict[str, dict[str, Any]]:
    to = ["--proxy", f"127.0.0.1:{shard.on.port}", "--path", shard.path, "--upstream", f"127.0.0.1:{shard.upstream}", "--deadline", str(shard.seconds + 2)]
    return await _driven("judge", names, to)


async def _smuggled(shard: Shard, names: list[str]) -> dict[str, dict[str, Any]]:
    to = ["127.0.0.1", str(shard.on.port), "--prefix", f"{shard.path}/echo", "--upstream", f"127.0.0.1:{shard.upstream}", "--timeout", str(shard.seconds / 3)]
    return await _driven("smuggling", names, to)


async def _driven(what: str, names: list[str], arguments: list[str]) -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "rows.json"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _DRIVER, str(KIT), what, ",".join(names), *arguments, "--json", str(into), stdout=PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        if not into.exists():
            raise AssertionError(f"the kit gave no verdicts: {said.decode()[-2000:]}")
        return {row["name"]: row for row in json.loads(into.read_text())}


async def _behaviours(port: int) -> dict[str, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /__list HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    said = await reader.read()
    writer.close()
    return json.loads(said.partition(b"\r\n\r\n")[2])


@contextlib.asynccontextmanager
async def _running(command: list[str], environment: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(sys.executable, *command, env=environment, stdout=PIPE, stderr=DEVNULL)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 60)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _said(process: Process, beginning: bytes) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(_READY_SECONDS):
        async for line in process.stdout:
            if line.startswith(beginning):
                return line
    raise AssertionError(f"a process ended before it said {beginning!r}")


async def _by_hand(shards: int, url: str, folder: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "WIRETALK_DATA_DIR": folder, "WIRETALK_LOG_LEVEL": "error"}
    async with bench(shards, environment) as on:
        for what, run in (("judge", judge), ("smuggling", smuggle)):
            began = time.monotonic()
            found = await run(on)
            print(f"{what}, {time.monotonic() - began:.0f} s: {len(found.rows) - len(found.bad)} of {len(found.rows)}", *found.bad, sep="\n  ", flush=True)


def main() -> None:
    """Print what is bad."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", type=int, default=6)
    with tempfile.TemporaryDirectory(prefix="wiretalk-kit-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded.database_url(Path(folder) / "pg") as url:
            asyncio.run(_by_hand(parser.parse_args().shards, url, folder))


if __name__ == "__main__":
    main()

"""Long bodies and event streams through the proxy as a process: how much it grows, and how late an event is.

python -m tests.bench.streams [--megabytes 1024]
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
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import quantiles
from typing import NamedTuple

import psutil

from db import embedded

Figure = tuple[str, float, str]
_PATH = "/proxy/00000000-0000-0000-0000-000000000000"
_PIECE = b"x" * 65536
_EVENTS, _PAUSE = 100, 0.02


class Growth(NamedTuple):
    """Megabytes that the proxy grew by at most, and that were moved in a second."""

    most: float
    speed: float


def figures(megabytes: int = 1024) -> Iterator[Figure]:
    """Recording, so that what is kept is in it."""
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        before = os.environ.pop("DATABASE_URL", None)
        with embedded.database_url(Path(folder) / "pg") as url:
            environment = {**os.environ, "DATABASE_URL": url, "WIRETALK_DATA_DIR": folder, "WIRETALK_LOG_LEVEL": "error"}
            yield from asyncio.run(_all(environment, megabytes))
        if before:
            os.environ["DATABASE_URL"] = before


async def _all(environment: dict[str, str], megabytes: int) -> list[Figure]:
    async with serving(environment) as (process, port):
        down, up, late = await download(process, port, megabytes), await upload(process, port, megabytes), await events(port)
    return [
        (f"streams.down_{megabytes}_mb.growth", down.most, "MB"), (f"streams.down_{megabytes}_mb.speed", down.speed, "MB/s"),
        (f"streams.up_{megabytes}_mb.growth", up.most, "MB"), (f"streams.up_{megabytes}_mb.speed", up.speed, "MB/s"),
        ("streams.event_delay", late, "ms, 99th percentile"),
    ]  # fmt: skip


@contextlib.asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[Process, int]]:
    """The proxy in front of an upstream that streams."""
    upstream = await asyncio.start_server(_upstream, "127.0.0.1", 0)
    destination = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}"
    server = Path(__file__).with_name("proxy_server.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(server), "--destination", destination, "--make", env=environment, stdout=PIPE, stderr=DEVNULL
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            while not (line := await process.stdout.readline()).startswith(b"ready"):
                assert line, "the proxy did not start"
        yield process, int(line.split()[1])
    finally:
        process.terminate()
        await process.wait()
        upstream.close()


async def download(process: Process, port: int, megabytes: int) -> Growth:
    """A body of known length, to the client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {_PATH}/down?{megabytes} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    with _Watch(process) as watch:
        while data := await reader.read(1 << 20):
            watch.note(len(data))
    assert watch.count == megabytes << 20
    writer.close()
    return watch.growth


async def upload(process: Process, port: int, megabytes: int) -> Growth:
    """A body in chunks, from the client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST {_PATH}/up HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    with _Watch(process) as watch:
        for _ in range(megabytes << 4):
            writer.write(b"10000\r\n%b\r\n" % _PIECE)
            await writer.drain()
            watch.note(len(_PIECE))
        writer.write(b"0\r\n\r\n")
        assert (await reader.read()).endswith(str(megabytes << 20).encode())
    writer.close()
    return watch.growth


async def events(port: int) -> float:
    """Milliseconds from an event's leaving the upstream to its arrival, at the 99th percentile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {_PATH}/events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    late: list[float] = []
    while line := await reader.readline():
        if line.startswith(b"data: "):
            late.append((time.monotonic() - float(line[6:])) * 1000)
    writer.close()
    assert len(late) == _EVENTS
    return quantiles(late, n=100)[98]


class _Watch:
    """The memory of a process while bytes pass."""

    def __init__(self, process: Process) -> None:
        self._memory = psutil.Process(process.pid).memory_info
        self.count, self._next, self._most = 0, 0, 0

    def __enter__(self) -> "_Watch":
        self._before, self._began = self._memory().rss, time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        self._took = time.monotonic() - self._began

    def note(self, size: int) -> None:
        self.count += size
        if self.count >= self._next:
            self._next += 4 << 20
            self._most = max(self._most, self._memory().rss - self._before)

    @property
    def growth(self) -> Growth:
        return Growth(self._most / (1 << 20), self.count / (1 << 20) / self._took)


async def _upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" /down" in head:
        megabytes = int(head.split(b"?")[1].split()[0])
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % (megabytes << 20))
        for _ in range(megabytes << 4):
            writer.write(_PIECE)
            await writer.drain()
    elif b" /up" in head:
        count = 0
        while size := int(await reader.readline(), 16):
            count += len(await reader.readexactly(size))
            await reader.readexactly(2)
        said = str(count).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n")
        for _ in range(_EVENTS):
            writer.write(b"data: %f\n\n" % time.monotonic())
            await writer.drain()
            await asyncio.sleep(_PAUSE)
    await writer.drain()
    writer.close()


def main() -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, default=1024)
    for name, value, unit in figures(parser.parse_args().megabytes):
        print(json.dumps({"bench": "streams", "figure": name, "value": round(value, 2), "unit": unit}), flush=True)


if __name__ == "__main__":
    main()

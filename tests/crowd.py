"""A crowd of readers before two real workers, one of which is killed: what each reader heard, and what there was to hear."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import aiohttp

from tests.live import free_port

Heard = list[tuple[str, str]]


class Crowd(NamedTuple):
    """`wrong` are readers whose events, put together over all their connections, are not exactly those of the run."""

    readers: int
    runs: int
    events: int
    reconnects: int
    wrong: list[str]
    interrupted: int


def script(folder: Path, pieces: int, delay: float) -> str:
    """A scripted model that writes so many pieces; its name."""
    path = folder / "story.json"
    path.write_text(json.dumps([[part for n in range(pieces) for part in ({"text": f"Piece {n}. "}, {"delay": delay})]]))
    return str(path)


@contextlib.asynccontextmanager
async def worker(port: int | None = None) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """One more web process on the database of the environment, and its address."""
    port = port or free_port()
    command = [sys.executable, "-W", "ignore", "-c", "from web.cli import main; main()", "serve", "--port", str(port)]
    env = {**os.environ, "PORT": str(port), "WIRETALK_TEST_MODE": "1", "WIRETALK_WORKER": "0", "WIRETALK_REQUESTS_PER_MINUTE": "100000000"}
    process = await asyncio.create_subprocess_exec(*command, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as client:
            for _ in range(1200):
                with contextlib.suppress(aiohttp.ClientError):
                    async with client.get(f"{url}/health/ready") as answer:
                        if answer.status == 200:
                            break
                await asyncio.sleep(0.1)
            else:
                raise AssertionError("a worker did not start within two minutes")
        yield process, url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def gather(token: str, model: str, *, runs: int, readers: int, kill_after: float) -> Crowd:
    """So many runs on two workers, so many readers of each, spread over both; the first worker is killed, its readers go to the other."""
    headers = {"authorization": f"Bearer {token}"}
    async with contextlib.AsyncExitStack() as stack:
        (doomed, first), (_, second) = await asyncio.gather(*(stack.enter_async_context(worker()) for _ in range(2)))
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as client:
            started = [await _start(client, (first, second)[n % 2], model) for n in range(runs)]
            urls = [[first, second], [second]]
            tasks = [asyncio.ensure_future(_read(client, urls[n % 2], started[n % runs])) for n in range(runs * readers)]
            await asyncio.sleep(kill_after)
            doomed.send_signal(signal.SIGKILL)
            heard = await asyncio.gather(*tasks)
            whole = {run: (await _read(client, [second], run))[0] for run in started}
    wrong = [f"{run}: {_fault(told, whole[run])}" for n, (told, _) in enumerate(heard) if told != whole[run := started[n % runs]]]
    cut = sum('"type":"error"' in told[-1][1] for told in whole.values())
    return Crowd(len(tasks), runs, sum(len(told) for told, _ in heard), sum(again for _, again in heard), wrong, cut)


async def _start(client: aiohttp.ClientSession, url: str, model: str) -> str:
    body = {"message": "tell", "provider": "scripted", "model": model, "stream": True}
    async with client.post(f"{url}/api/v1/chat", json=body) as answer:
        answer.raise_for_status()
        return answer.headers["x-run-id"]


async def _read(client: aiohttp.ClientSession, urls: list[str], run: str) -> tuple[Heard, int]:
    """Every event of a run, and how often the connection had to be made again: with the last id, at the next address where one is gone."""
    heard: Heard = []
    for attempt in range(1000):
        url = urls[min(attempt, len(urls) - 1)]
        last = {"last-event-id": heard[-1][0]} if heard else {}
        with contextlib.suppress(aiohttp.ClientError, ConnectionError, TimeoutError):
            async with client.get(f"{url}/api/v1/runs/{run}/events", headers=last) as answer:
                answer.raise_for_status()
                if await _listen(answer, heard):
                    return heard, attempt
        await asyncio.sleep(0.05)
    raise AssertionError(f"{run} did not end")


async def _listen(answer: aiohttp.ClientResponse, heard: Heard) -> bool:
    """Keep what comes; whether it came to its end. An event is there once its blank line is."""
    seq = data = ""
    async for raw in answer.content:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            seq = line[4:]
        elif line == "data: [DONE]":
            return True
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and data:
            heard.append((seq, data))
            seq = data = ""
    return False


def _fault(told: Heard, whole: Heard) -> str:
    ids = [seq for seq, _ in told]
    missed = [seq for seq, _ in whole if seq not in set(ids)]
    return f"{len(ids) - len(set(ids))} twice, missed {missed[:5]}"

"""A real `wiretalk serve` under load, on a PostgreSQL that can be stopped and started: for the tests of outages and for `make bench`."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import asyncpg
import httpx
import psutil

from db.ids import uuid7
from tests.live import free_port


class Cluster:
    """The embedded server of a directory, stopped and started behind everybody's back."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._command: list[str] = []
        self._user = 0
        self._process: subprocess.Popen[bytes] | None = None

    async def stop(self) -> None:
        """As an operator does: open transactions are rolled back, connections are cut."""
        process = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        self._command = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        self._user = process.uids().real
        process.send_signal(signal.SIGINT)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.02)

    async def start(self, url: str) -> None:
        """Until it answers."""
        self._process = subprocess.Popen(
            self._command, user=self._user, cwd=self._data, env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )  # fmt: skip
        for _ in range(3000):
            with contextlib.suppress(OSError, asyncpg.PostgresError):
                await (await asyncpg.connect(url, timeout=10)).close()
                return
            await asyncio.sleep(0.02)
        raise AssertionError("PostgreSQL did not come back within 60 s")

    def close(self) -> None:
        """End the server that `start` has made; whoever held the one before does not know it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)


class Load:
    """Clients that ask one after the other; `answered` counts whole answers with status 200."""

    def __init__(self, url: str, clients: int = 8, pause: float = 0.01) -> None:
        self.answered, self.failed = 0, list[str]()
        self._url, self._pause, self._stop = url, pause, asyncio.Event()
        self._tasks = [asyncio.create_task(self._ask(number)) for number in range(clients)]

    async def reached(self, answers: int) -> None:
        """Wait for so many answers, however long a busy machine needs for them."""
        async with asyncio.timeout(120):
            while self.answered < answers:
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._tasks)

    async def _ask(self, number: int) -> None:
        count = 0
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            while not self._stop.is_set():
                try:
                    answer = await client.get(f"{self._url}/items/{number}-{count}")
                except httpx.HTTPError as error:
                    self.failed.append(type(error).__name__)
                    await asyncio.sleep(0.05)
                    continue
                count += 1
                if answer.status_code == 200 and answer.text == "ok":
                    self.answered += 1
                else:
                    self.failed.append(f"{answer.status_code} {answer.text[:200]}")
                await asyncio.sleep(self._pause)


class Made(NamedTuple):
    """A user's endpoint that forwards to the small upstream."""

    endpoint: str
    user: str


async def upstream(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
    """Says ok."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"2")]})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]


async def make(url: str, destination: str) -> Made:
    """A user and an endpoint, in a migrated database."""
    user, endpoint = uuid7(), uuid7()
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO users (id, email, username) VALUES ($1, $2, $3)", user, f"{user}@example.com", f"u{user.hex[:20]}")
    await connection.execute(
        "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'api', $3, $4)", endpoint, user, f"api-{user}", destination
    )
    await connection.close()
    return Made(str(endpoint), str(user))


@contextlib.asynccontextmanager
async def server(port: int, data: Path, url: str, workers: int = 1) -> AsyncIterator[asyncio.subprocess.Process]:
    """`wiretalk serve`, ready. Whatever is left of it is killed at the end."""
    command = [sys.executable, "-W", "ignore", "-c", "from web.cli import main; main()", "serve", "--port", str(port), "--workers", str(workers)]
    environment = {**os.environ, "PORT": str(port), "DATABASE_URL": url, "WIRETALK_DATA_DIR": str(data), "WIRETALK_LOG_LEVEL": "error", "WIRETALK_WORKER": "1"}
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        await ready(port)
        yield process
    finally:
        await kill(process)


async def ready(port: int) -> None:
    """Until a server answers there. Raises AssertionError after two minutes."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(1200):
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise AssertionError("the server did not start within two minutes")


async def kill(process: asyncio.subprocess.Process) -> None:
    """`kill -9` for the server and all its worker processes at once."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in the group
        await process.wait()


async def stored(url: str, endpoint: str, wanted: int, seconds: float) -> "Stored":
    """How many calls are in the table once there are `wanted`, or the time is over."""
    began = time.monotonic()
    connection = await asyncpg.connect(url)
    try:
        while True:
            count = await connection.fetchval("SELECT count(*) FROM api_calls WHERE endpoint_id = $1", endpoint)
            if count >= wanted or time.monotonic() - began > seconds:
                return Stored(count, time.monotonic() - began)
            await asyncio.sleep(0.05)
    finally:
        await connection.close()


class Stored(NamedTuple):
    calls: int
    seconds: float


def port() -> int:
    return free_port()

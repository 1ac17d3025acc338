"""The encryption key changed while the server works: what could not be read or was lost meanwhile, and whether the old keys may go afterwards.

    python -m tests.bench.rotation [rotations=3] [calls=2000]

Clients send through the proxy, whose injected header is sealed; others read calls, whose headers are sealed, and set the header anew.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import httpx

from tests.bench.agent_server import Door, serving

_CANARY = "canary-0123456789"
_READERS, _SENDERS = 4, 4


class _Tally:
    def __init__(self) -> None:
        self.sent, self.read, self.set, self.wrong = 0, 0, 0, list[str]()


class _World(NamedTuple):
    api: httpx.AsyncClient
    proxy: httpx.AsyncClient
    endpoint: str
    tally: _Tally


def main(rotations: int, calls: int) -> int:
    """0 where nothing was lost and everything could be read all the time."""
    with serving() as door:
        return asyncio.run(_measured(door, rotations, calls))


async def _measured(door: Door, rotations: int, calls: int) -> int:
    async with _world(door) as world:
        while world.tally.sent < calls:
            await asyncio.gather(*(_send(world) for _ in range(_SENDERS)))
        stop = asyncio.Event()
        work = [_send] * _SENDERS + [_read] * _READERS + [_set]
        tasks = [asyncio.create_task(_again(step, world, stop)) for step in work]
        began = time.perf_counter()
        renewed = [await _rotate(door) for _ in range(rotations)]
        took = time.perf_counter() - began
        stop.set()
        await asyncio.gather(*tasks)
        kept = await _recorded(world)
        left = await _rotate(door, "--only-reseal")
        keys = door.data / "secret.key"
        count = len(keys.read_text().split())
        keys.write_text(keys.read_text().split()[0] + "\n")
        await asyncio.gather(_send(world), *(_read(world) for _ in range(50)))
        told = world.tally
        print(json.dumps({"rotations": rotations, "seconds": round(took, 1), "keys": count, "renewed": renewed, "left_for_another_run": left}))
        print(json.dumps({"sent": told.sent, "recorded_before_the_last": kept, "read": told.read, "set": told.set, "wrong": told.wrong[:5]}))
        return int(bool(told.wrong) or kept != told.sent - 1)


@contextlib.asynccontextmanager
async def _world(door: Door) -> AsyncIterator[_World]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                said = next((line.partition(b":")[2].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"x-key:")), b"")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said))
        writer.close()

    headers = {"authorization": f"Bearer {door.token}"}
    async with (
        await asyncio.start_server(echo, "127.0.0.1", 0) as upstream,
        httpx.AsyncClient(base_url=door.url, headers=headers, trust_env=False, timeout=120) as api,
    ):
        made = await api.post("/api/v1/endpoints", json={"destination_url": f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}", "name": "echo"})
        endpoint = made.raise_for_status().json()
        async with httpx.AsyncClient(base_url=endpoint["proxy_url"], trust_env=False, timeout=120) as proxy:
            world = _World(api, proxy, endpoint["id"], _Tally())
            await _set(world)
            await asyncio.sleep(1.5)  # until the proxy obeys it
            yield world


async def _again(step: Callable[[_World], Awaitable[None]], world: _World, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await step(world)


async def _send(world: _World) -> None:
    answer = await world.proxy.get("/x", headers={"x-mine": _CANARY})
    world.tally.sent += 1
    if answer.text != _CANARY:
        world.tally.wrong.append(f"proxy {answer.status_code} {answer.text[:80]}")


async def _read(world: _World) -> None:
    listed = await world.api.get(f"/api/v1/endpoints/{world.endpoint}/calls", params={"limit": 20})
    for line in listed.json()["items"]:
        found = await world.api.get(f"/api/v1/calls/{line['id']}")
        world.tally.read += 1
        if found.status_code != 200 or _CANARY not in json.dumps(found.json()["request_headers"]):
            world.tally.wrong.append(f"call {found.status_code} {found.text[:80]}")


async def _set(world: _World) -> None:
    answer = await world.api.patch(f"/api/v1/endpoints/{world.endpoint}/controls", json={"inject_headers": [{"name": "X-Key", "value": _CANARY}]})
    world.tally.set += 1
    if answer.status_code != 200:
        world.tally.wrong.append(f"controls {answer.status_code} {answer.text[:80]}")
    await asyncio.sleep(0.1)


async def _rotate(door: Door, *flags: str) -> int:
    """As an operator does it: how many values were put under the newest key."""
    environment = {**os.environ, "WIRETALK_DATA_DIR": str(door.data)}
    command = (sys.executable, "-W", "ignore", "-c", "from web.cli import main; main()", "rotate-key", *flags)
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(said.decode())
    return int(said.decode().splitlines()[-1].split()[0].replace(",", ""))


async def _recorded(world: _World) -> int:
    """The calls that the endpoint has, once no more come."""
    count, before = -1, -2
    while count != before:
        await asyncio.sleep(2)
        shown = (await world.api.get(f"/api/v1/endpoints/{world.endpoint}")).json()
        count, before = int(shown["calls"]), count
    return count


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    raise SystemExit(main(*arguments, *(3, 2_000)[len(arguments) :]))

"""The processes of this worker that are MCP servers: started at the first errand, kept while they are used, ended at the shutdown.

Each user has a process of their own, unless the operator says that a server may be shared. One that keeps falling is not started again at once.
"""

import asyncio
import contextlib
import time
from collections.abc import Generator
from typing import NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import mcp
import msgspec

from agent import tasks
from agent.config import settings
from agent.remote_mcp.declared import Command, environment
from agent.remote_mcp.model import Connection
from agent.remote_mcp.pipes import Start, piped
from agent.remote_mcp.session import Failure, Work, failed, why

T = TypeVar("T")
MOST_PROCESSES = 24
IDLE_SECONDS = 600.0
_START_SECONDS = 30.0
_FALLS = 3
_REST_SECONDS = 30.0


class _Key(NamedTuple):
    """`owner` is empty for a process that all users share."""

    name: str
    command: bytes
    owner: str


class _Process:
    """One process and its session, from the start to its end."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.ready: asyncio.Future[mcp.Client | Failure] = asyncio.get_running_loop().create_future()
        self.busy = 0
        self.used = time.monotonic()

    @contextlib.contextmanager
    def in_use(self) -> Generator[None]:
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self.used = time.monotonic()


class _House:
    """The processes of one event loop, when which of them fell, and the lives that are not quite over."""

    def __init__(self) -> None:
        self.lives: set[asyncio.Task[None]] = set()
        self.alive: dict[_Key, _Process] = {}
        self.falls: dict[_Key, list[float]] = {}


_houses: WeakKeyDictionary[asyncio.AbstractEventLoop, _House] = WeakKeyDictionary()


async def errand(row: Connection, command: Command, seconds: float, work: Work[T]) -> T:
    """Do something with a command's process. One that does not answer is ended, so that the next errand finds a new one. Raises server_failed."""
    process = _process(_Key(row.name, msgspec.json.encode(command), "" if command.shared else str(row.user_id)), row, command)
    with process.in_use():
        task = tasks.spawn(_with(process, work), f"mcp:{row.id}")
        done, _ = await asyncio.wait([task], timeout=seconds)
        if not done:
            task.cancel()
            await asyncio.wait([task], timeout=3)
            if process.busy == 1:
                process.ended.set()
            raise failed(row.name, f"it did not answer within {seconds:g} s")
        outcome = task.result()
    if isinstance(outcome, Failure):
        raise failed(row.name, outcome.why)
    return outcome


async def close() -> None:
    """End all processes of this event loop, and wait until they are gone."""
    house = _houses.pop(asyncio.get_running_loop(), _House())
    for process in house.alive.values():
        process.ended.set()
    if house.lives:
        await asyncio.wait(house.lives, timeout=15)


def _process(key: _Key, row: Connection, command: Command) -> _Process:
    """The one that lives, else a new one. Raises server_failed."""
    house = _houses.setdefault(asyncio.get_running_loop(), _House())
    if key in house.alive and not house.alive[key].ended.is_set():
        return house.alive[key]
    recent = [at for at in house.falls.get(key, ()) if at > time.monotonic() - _REST_SECONDS]
    if len(recent) >= _FALLS:
        raise failed(row.name, f"its program has ended {len(recent)} times in a short while; try again in half a minute")
    if len(house.alive) >= MOST_PROCESSES:
        idle = [process for process in house.alive.values() if not process.busy]
        if not idle:
            raise failed(row.name, "too many such servers are in use; try again later")
        min(idle, key=lambda process: process.used).ended.set()
    home = settings().data / "mcp" / row.name
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    start = Start(row.name, [command.command, *command.args], environment(command, home), command.cwd or str(home))
    house.falls[key] = recent
    made = house.alive[key] = _Process()
    life = tasks.spawn(_live(house, key, made, start), f"mcp-command:{row.name}")
    house.lives.add(life)
    life.add_done_callback(house.lives.discard)
    return made


async def _live(house: _House, key: _Key, process: _Process, start: Start) -> None:
    """From the start of a process to its end. That it fell is noted when nobody wanted its end."""
    try:
        async with mcp.Client(piped(start, process.ended)) as client:
            process.ready.set_result(client)
            while not process.ended.is_set() and (process.busy or time.monotonic() - process.used < IDLE_SECONDS):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.ended.wait(), 5)
            if process.ended.is_set() and process.busy:
                house.falls.setdefault(key, []).append(time.monotonic())
    except Exception as error:
        house.falls.setdefault(key, []).append(time.monotonic())
        if not process.ready.done():
            process.ready.set_result(Failure(_start_why(error)))
    finally:
        process.ended.set()
        if house.alive.get(key) is process:
            del house.alive[key]


async def _with(process: _Process, work: Work[T]) -> T | Failure:
    """An errand with the session of a process; the end of the process is the end of the errand."""
    try:
        async with asyncio.timeout(_START_SECONDS):
            client = await asyncio.shield(process.ready)
    except TimeoutError:
        process.ended.set()
        return Failure("its program did not begin to speak the protocol in time")
    if isinstance(client, Failure):
        return client
    doing = asyncio.ensure_future(work(client))
    ending = asyncio.ensure_future(process.ended.wait())
    try:
        await asyncio.wait([doing, ending], return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            return Failure("its program has ended")
        return doing.result()
    except Exception as error:
        return Failure("its program has ended" if process.ended.is_set() else why(error))
    finally:
        for task in (doing, ending):
            task.cancel()
        await asyncio.wait([doing, ending], timeout=3)


def _start_why(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | PermissionError):
        return "its program cannot be started here"
    return f"its program ended before it was ready, or did not speak the protocol ({why(error)})"

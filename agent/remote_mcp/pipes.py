"""A process that speaks MCP over its standard input and output: started with exactly the environment it is given, ended with all its children.

Its lines are bounded in length, and in number while it has not been asked anything: one that floods us is ended. What it writes to its
standard error goes to the log.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from typing import NamedTuple

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp.types import jsonrpc_message_adapter

log = structlog.get_logger()
MOST_LINE = 4 * 1024 * 1024
MOST_UNASKED = 5_000
MOST_LOGGED = 200
_GRACE_SECONDS = 2.0


class Start(NamedTuple):
    """What is run, and as what the log knows it."""

    name: str
    command: list[str]
    environment: dict[str, str]
    cwd: str


_In = MemoryObjectReceiveStream[SessionMessage | Exception]
_Out = MemoryObjectSendStream[SessionMessage]


@contextlib.asynccontextmanager
async def piped(start: Start, ended: asyncio.Event) -> AsyncGenerator[tuple[_In, _Out]]:
    """The two streams of a session; `ended` is set when the process says nothing more. Raises OSError where it cannot be started."""
    process = await asyncio.create_subprocess_exec(
        *start.command,
        env=start.environment,
        cwd=start.cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        limit=MOST_LINE,
    )
    reader, writer, errors = process.stdout, process.stdin, process.stderr
    if reader is None or writer is None or errors is None:
        raise OSError("the process has no pipes")
    to_session, heard = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    said, from_session = anyio.create_memory_object_stream[SessionMessage](0)
    unasked = _Count()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_listen, start.name, reader, to_session, unasked, ended)
            group.start_soon(_speak, writer, from_session, unasked)
            group.start_soon(_log, start.name, errors)
            try:
                yield heard, said
            finally:
                group.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)
        for stream in (to_session, heard, said, from_session):
            stream.close()
        log.info("mcp.command_ended", server=start.name, status=process.returncode)


class _Count:
    """Messages since the process was last asked something."""

    def __init__(self) -> None:
        self.value = 0


async def _listen(
    name: str, reader: asyncio.StreamReader, session: MemoryObjectSendStream[SessionMessage | Exception], unasked: _Count, ended: asyncio.Event
) -> None:
    try:
        while line := await reader.readline():
            unasked.value += 1
            if unasked.value > MOST_UNASKED:
                log.warning("mcp.command_floods", server=name)
                break
            if not line.strip():
                continue
            try:
                await session.send(SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False)))
            except ValueError as error:
                await session.send(error)
    except ValueError:  # how asyncio says that a line is longer than the limit
        log.warning("mcp.command_line_too_long", server=name)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        pass
    finally:
        session.close()
        ended.set()


async def _speak(writer: asyncio.StreamWriter, session: MemoryObjectReceiveStream[SessionMessage], unasked: _Count) -> None:
    async for message in session:
        unasked.value = 0
        writer.write(message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n")
        with contextlib.suppress(ConnectionError):  # it has ended; the listener says so
            await writer.drain()


async def _log(name: str, errors: asyncio.StreamReader) -> None:
    lines = 0
    while text := await errors.read(4096):
        lines += 1
        if lines <= MOST_LOGGED:
            log.info("mcp.command_says", server=name, text=text.decode("utf-8", "replace")[:500])


async def _end(process: asyncio.subprocess.Process) -> None:
    """As the protocol says: its input ends, then it is asked to, then it is made to, with whatever it started."""
    if process.stdin:
        process.stdin.close()
    for number in (None, signal.SIGTERM, signal.SIGKILL):
        if number is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE_SECONDS)
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # children that outlive it
    if (transport := getattr(process, "_transport", None)) is not None:  # else a pipe that nobody has read to its end stays open
        transport.close()

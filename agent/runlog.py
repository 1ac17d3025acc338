"""The durable log of a run: one writer, any number of readers on any worker, from any sequence number.

Neighbouring text deltas are gathered for 40 ms and written as one event, the first of a step at once; the bell carries only the run's id.
A run always ends in exactly one `run.end`.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

import msgspec

from agent import tasks
from agent.actor import Actor
from agent.errors import Problem
from agent.events import Hub
from db import engine, jsonb
from db.tables import Run

FLUSH_SECONDS = 0.04
HEARTBEAT_SECONDS = 15.0
_BEAT_SECONDS = 2.0
STALE_SECONDS = 10
END = "run.end"
WORKER = f"{socket.gethostname()}:{os.getpid()}"


class Event(msgspec.Struct, frozen=True):
    seq: int
    event: str
    data: dict[str, Any]


class State(msgspec.Struct, frozen=True):
    """A run as its owner may see it."""

    id: UUID
    chat_session_id: UUID
    message_id: UUID | None
    answer_message_id: UUID | None
    status: str
    provider: str | None
    model: str | None
    usage: dict[str, Any]
    error: dict[str, Any] | None
    seq: int


class Writer:
    """Appends one run's events. `stop_requested` is learnt at each flush, should the bell have been missed."""

    def __init__(self, run_id: UUID, seq: int) -> None:
        self.run_id, self.seq, self.stop_requested = run_id, seq, False
        self._buffer: list[tuple[int, str, dict[str, Any]]] = []
        self._done, self._wake, self._hurry = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._is_first = True
        self._flushing = asyncio.Lock()

    def put(self, event: str, **data: Any) -> None:
        """Queue an event; a delta joins the one before it when both are of the same part."""
        self._wake.set()
        if event == "part.delta" and self._is_first:
            self._hurry.set()
        self._is_first = event == "step.start" or (self._is_first and event != "part.delta")
        last = self._buffer[-1] if self._buffer else None
        if event == "part.delta" and last and last[1] == event and last[2]["part"] == data["part"]:
            last[2]["text"] += data["text"]
            return
        self.seq += 1
        self._buffer.append((self.seq, event, data))

    async def flush(self) -> None:
        """Write what is queued in one statement, and show that the run is alive."""
        async with self._flushing:
            rows, self._buffer = self._buffer, []
            try:
                async with engine.connection() as connection:
                    self.stop_requested = bool(
                        await connection.fetchval(
                            _APPEND, self.run_id, [r[0] for r in rows], [r[1] for r in rows], [jsonb.encode(r[2]) for r in rows], self.seq
                        )
                    )
            except BaseException:
                self._buffer = rows + self._buffer
                raise

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncGenerator["Writer", None]:
        """Flush every 40 ms while there is something, and beat every two seconds. Never cancelled: that would lose rows."""
        ticker = tasks.spawn(self._tick(), f"runlog:{self.run_id}")
        try:
            yield self
        finally:
            for bell in (self._done, self._wake, self._hurry):
                bell.set()
            await ticker
            await self.flush()

    async def _tick(self) -> None:
        while not self._done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _BEAT_SECONDS)
            if not self._done.is_set():
                self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), FLUSH_SECONDS)
            if not self._done.is_set():
                self._hurry.clear()
            try:
                await self.flush()
            except (OSError, *engine.UNAVAILABLE):
                self._wake.set()  # what is queued is tried again
                await asyncio.sleep(FLUSH_SECONDS)


async def read(hub: Hub, run_id: UUID, after: int = 0) -> AsyncIterator[Event | None]:
    """The events after `after`, live until `run.end`; None where 15 seconds passed without one, and the end without one when the server stops."""
    with hub.waiting([f"run:{run_id}"]) as bell:
        while not hub.is_closing:
            bell.clear()
            events = await since(run_id, after)
            for event in events:
                after = event.seq
                yield event
                if event.event == END:
                    return
            if not events:
                try:
                    await asyncio.wait_for(bell.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield None


async def since(run_id: UUID, after: int, limit: int = 500) -> list[Event]:
    async with engine.connection() as connection:
        rows = await connection.fetch("SELECT seq, event, data FROM run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3", run_id, after, limit)
    return [Event(row["seq"], row["event"], msgspec.json.decode(row["data"])) for row in rows]


async def get(actor: Actor, run_id: UUID) -> State:
    """Raises run_not_found."""
    rows = await Run.raw(_STATE + " WHERE id = {} AND user_id = {}", run_id, actor.user_id)
    if not rows:
        raise Problem("run_not_found", "There is no such run.")
    return _state(rows[0])


async def active(actor: Actor, chat_id: UUID) -> State | None:
    """The run of a chat that has not ended."""
    rows = await Run.raw(
        _STATE + " WHERE chat_session_id = {} AND user_id = {} AND status IN ('queued', 'running', 'waiting_approval')", chat_id, actor.user_id
    )
    return _state(rows[0]) if rows else None


async def request_stop(actor: Actor, run_id: UUID) -> State:
    """Ask the worker that has the run to stop; what was said so far is kept. Raises run_not_found."""
    state = await get(actor, run_id)
    async with engine.connection() as connection:
        await connection.execute("UPDATE runs SET stop_requested = true WHERE id = $1", run_id)
        await connection.execute("SELECT pg_notify('wiretalk', $1)", f"stop:{run_id}")
    return state


class Claimed(msgspec.Struct, frozen=True):
    """A run that this worker drives now."""

    id: UUID
    chat_session_id: UUID
    answer_id: UUID
    user_id: UUID
    provider: str
    model: str
    seq: int
    steps: int
    scopes: list[str]
    via: str
    usage: dict[str, Any]
    tainted: bool
    stop_requested: bool


async def claim(run_id: UUID) -> Claimed | None:
    """Take a run that is queued or waits for an approval; None when another worker has it."""
    rows = await Run.raw(_CLAIM, WORKER, run_id)
    return Claimed(**{**rows[0], "usage": msgspec.json.decode(rows[0]["usage"])}) if rows else None


async def pause(run_id: UUID, steps: int, usage: dict[str, Any], *, tainted: bool) -> None:
    """Wait for an approval: no worker has the run now."""
    await Run.raw(
        "UPDATE runs SET status = 'waiting_approval', owner = NULL, steps = {}, usage = {}, tainted = {} WHERE id = {}", steps, _json(usage), tainted, run_id
    )


async def note_prompt(run_id: UUID, version: str) -> None:
    """With which instructions a run was made."""
    await Run.raw("UPDATE runs SET prompt_hash = {} WHERE id = {}", version, run_id)


async def note_taint(run_id: UUID) -> None:
    await Run.raw("UPDATE runs SET tainted = true WHERE id = {}", run_id)


async def end(run_id: UUID, status: str, usage: dict[str, Any], error: dict[str, Any] | None = None) -> None:
    await Run.raw(
        "UPDATE runs SET status = {}, usage = {}, error = {}, ended_at = now(), owner = NULL WHERE id = {} AND ended_at IS NULL",
        status,
        _json(usage),
        _json(error) if error else None,
        run_id,
    )


async def bury(run_id: UUID) -> tuple[UUID, int] | None:
    """Mark an abandoned run as failed; its answer's id and last sequence number for the one process that does it, else None."""
    rows = await Run.raw(_BURY, run_id)
    return (rows[0]["answer_message_id"], rows[0]["seq"]) if rows else None


async def abandoned() -> list[UUID]:
    """Runs whose worker has not shown a sign of life for ten seconds, or that nobody has taken up."""
    rows = await Run.raw(
        "SELECT id FROM runs WHERE (status = 'running' AND beat_at < now() - interval '10 seconds')"
        " OR (status = 'queued' AND created_at < now() - interval '30 seconds')"
    )
    return [row["id"] for row in rows]


def _json(value: dict[str, Any]) -> str:
    return jsonb.encode(value)


def _state(row: dict[str, Any]) -> State:
    error: Any = msgspec.json.decode(row["error"]) if row["error"] else None
    return State(**{**row, "usage": msgspec.json.decode(row["usage"]), "error": error})


_STATE = "SELECT id, chat_session_id, message_id, answer_message_id, status, provider, model, usage, error, seq FROM runs"
_CLAIM = """
UPDATE runs SET status = 'running', owner = {}, beat_at = now(), started_at = coalesce(started_at, now())
WHERE id = {} AND status IN ('queued', 'waiting_approval')
RETURNING id, chat_session_id, answer_message_id AS answer_id, user_id, provider, model, seq, steps, scopes, via, usage, tainted, stop_requested
"""
_BURY = """
UPDATE runs SET status = 'failed', ended_at = now(), owner = NULL, error = jsonb_build_object('code', 'run_interrupted', 'detail', 'The answer was interrupted.')
WHERE id = {} AND ((status = 'running' AND beat_at < now() - interval '10 seconds') OR (status = 'queued' AND created_at < now() - interval '30 seconds'))
RETURNING answer_message_id, seq
"""
_APPEND = """
WITH appended AS (
  INSERT INTO run_events (run_id, seq, event, data) SELECT $1, s, e, d::jsonb FROM unnest($2::int[], $3::text[], $4::text[]) AS t(s, e, d) RETURNING 1
), beat AS (
  UPDATE runs SET seq = $5, beat_at = now() WHERE id = $1 RETURNING stop_requested
), rung AS (
  SELECT pg_notify('wiretalk', 'run:' || $1::uuid::text) WHERE EXISTS (SELECT 1 FROM appended)
)
SELECT stop_requested FROM beat LEFT JOIN rung ON true
"""

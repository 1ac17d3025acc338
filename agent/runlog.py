"""The durable log of a run: one writer, any number of readers on any worker, from any sequence number.

Neighbouring text deltas are gathered for 40 ms and written as one event, the first of a step at once; the bell carries only the run's id.
A run always ends in exactly one `run.end`, written together with its status. Who drives a run holds it under a name of its own (`owner`):
a worker from which it was taken writes nothing more. It is taken ten seconds after the last sign of a worker that is gone, after a minute
from one that still holds its connection to the database and is merely stuck, and at once from one that was told to stop.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from uuid import UUID

import msgspec

from agent import tasks
from agent.actor import Actor
from agent.errors import Problem
from agent.events import WORKER, Hub, ring
from db import engine, jsonb
from db.tables import Run

FLUSH_SECONDS = 0.04
HEARTBEAT_SECONDS = 15.0
_BEAT_SECONDS = 2.0
_MOST_READ = 500
END = "run.end"


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


class _Going(msgspec.Struct, frozen=True):
    """With what a worker leaves a run; nothing where it goes on."""

    status: str | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    steps: int | None = None
    tainted: bool | None = None


class Writer:
    """Appends one run's events. `stop_requested` and `is_lost`, that the run is no longer ours, are learnt at each flush.

    `prompt_hash`: with which instructions the run is made; stored with the events.
    """

    def __init__(self, run_id: UUID, owner: str, seq: int) -> None:
        self.run_id, self.seq, self.stop_requested, self.is_lost = run_id, seq, False, False
        self.prompt_hash: str | None = None
        self._owner, self._has_left = owner, False
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
            if not self._has_left:
                self.stop_requested = await self._append(_Going())

    async def pause(self, steps: int, usage: dict[str, Any], *, tainted: bool) -> None:
        """Wait for an approval: no worker has the run from here on."""
        self.put("run.waiting")
        await self._leave(_Going("waiting_approval", usage, None, steps, tainted))

    async def hand_over(self, steps: int, usage: dict[str, Any], *, tainted: bool) -> None:
        """Leave the run, as it goes, to the next worker that looks."""
        await self._leave(_Going("running", usage, None, steps, tainted))

    async def end(self, status: str, usage: dict[str, Any], error: dict[str, Any] | None = None) -> None:
        """The last event and the run's status, both or neither."""
        self.put(END, status=status, usage=usage, **({"error": error} if error else {}))
        await self._leave(_Going(status, usage, error))

    async def _leave(self, going: _Going) -> None:
        async with self._flushing:
            while not self._has_left:
                await tasks.patiently(lambda: self._append(going))
                self._has_left = True

    async def _append(self, going: _Going) -> bool:
        """Write what is queued, which stays queued if that fails. Whether the user wants it to stop."""
        rows, self._buffer = self._buffer, []
        written = [[row[0] for row in rows], [row[1] for row in rows], [jsonb.encode(row[2]) for row in rows]]
        about = [
            going.status,
            *(None if value is None else jsonb.encode(value) for value in (going.usage, going.error)),
            going.steps,
            going.tainted,
            self.prompt_hash,
        ]
        try:
            async with engine.connection() as connection:
                asked = await connection.fetchval(_APPEND, self.run_id, *written, self.seq, self._owner, *about)
        except BaseException:
            self._buffer = rows + self._buffer
            raise
        self.is_lost = self._has_left = asked is None
        return bool(asked)

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
            await _rings(self._wake, _BEAT_SECONDS)
            if not self._done.is_set():
                self._wake.clear()
            await _rings(self._hurry, FLUSH_SECONDS)
            if not self._done.is_set():
                self._hurry.clear()
            try:
                await self.flush()
            except Exception as error:
                if not engine.is_unavailable(error):
                    raise
                self._wake.set()  # what is queued is tried again
                await asyncio.sleep(FLUSH_SECONDS)


async def read(hub: Hub, run_id: UUID, after: int = 0, also: tuple[str, ...] = ()) -> AsyncIterator[Event | None]:
    """The events after `after`, live until `run.end`; None where 15 seconds passed without one, and the end without one when the server stops.

    `also`: topics at whose ring None is given too, where the run has nothing new.
    """
    has_rung = False
    with hub.waiting([f"run:{run_id}", *also]) as bell:
        while not hub.is_closing:
            bell.clear()
            events = await since(run_id, after)
            if has_rung and also and not events:
                yield None
            has_rung = False
            for event in events:
                after = event.seq
                yield event
                if event.event == END:
                    return
            if len(events) < _MOST_READ:  # what came since has rung
                has_rung = await _rings(bell, HEARTBEAT_SECONDS)
                if not has_rung:
                    yield None


async def since(run_id: UUID, after: int, limit: int = _MOST_READ) -> list[Event]:
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
    await Run.raw("UPDATE runs SET stop_requested = true WHERE id = {}", run_id)
    await ring("stop", run_id)
    return state


class Claimed(msgspec.Struct, frozen=True):
    """A run that this worker drives now."""

    id: UUID
    owner: str
    chat_session_id: UUID
    answer_id: UUID
    user_id: UUID
    provider: str
    model: str
    scopes: list[str]
    via: str
    seq: int = 0
    steps: int = 0
    usage: dict[str, Any] = {}
    tainted: bool = False
    stop_requested: bool = False
    is_old: bool = False


async def claim(run_id: UUID) -> Claimed | None:
    """Take a run that is queued or waits for an approval; None when another worker has it."""
    rows = await Run.raw(_CLAIM, new_owner(), run_id)
    return _claimed(rows[0]) if rows else None


def new_owner() -> str:
    """The name under which this worker takes one run."""
    return f"{WORKER}:{secrets.token_hex(4)}"


async def take_over() -> list[Claimed]:
    """The runs whose worker is gone or stuck, or that nobody has taken up; each is given to one caller. `is_old`: for ten minutes already."""
    return [_claimed(row) for row in await Run.raw(_TAKE_OVER, new_owner())]


async def forgotten() -> list[UUID]:
    """Runs that wait for an approval although there is none to give, or they were told to stop: the worker died before it could see to it."""
    return [row["id"] for row in await Run.raw(_FORGOTTEN)]


async def _rings(bell: asyncio.Event, seconds: float) -> bool:
    """Whether it rings in time. Without the task of its own that `wait_for` makes: every word of every answer waits here."""
    try:
        async with asyncio.timeout(seconds):
            return await bell.wait()
    except TimeoutError:
        return False


def _claimed(row: dict[str, Any]) -> Claimed:
    return Claimed(**{**row, "usage": msgspec.json.decode(row["usage"])})


def _state(row: dict[str, Any]) -> State:
    error: Any = msgspec.json.decode(row["error"]) if row["error"] else None
    return State(**{**row, "usage": msgspec.json.decode(row["usage"]), "error": error})


_STATE = "SELECT id, chat_session_id, message_id, answer_message_id, status, provider, model, usage, error, seq FROM runs"
_CLAIMED = """
RETURNING r.id, r.owner, chat_session_id, answer_message_id AS answer_id, user_id, provider, model, seq, steps, scopes, via, usage, tainted, stop_requested
"""
_CLAIM = f"""
UPDATE runs r SET status = 'running', owner = {{}}, beat_at = now(), started_at = coalesce(started_at, now())
WHERE id = {{}} AND status IN ('queued', 'waiting_approval') {_CLAIMED}
"""  # noqa: S608  # put together from constants
_TAKE_OVER = f"""
UPDATE runs r SET status = 'running', owner = {{}}, beat_at = now(), started_at = coalesce(started_at, now())
FROM (
  SELECT id, coalesce(beat_at, created_at) < now() - interval '10 minutes' AS is_old FROM runs
  WHERE (status = 'queued' AND created_at < now() - interval '30 seconds') OR (status = 'running' AND (
    owner IS NULL OR beat_at < now() - interval '60 seconds' OR (
      beat_at < now() - interval '10 seconds' AND pg_postmaster_start_time() < now() - interval '10 seconds'
      AND NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = left(owner, -9)))))
  FOR UPDATE SKIP LOCKED
) silent WHERE r.id = silent.id {_CLAIMED}, is_old
"""  # noqa: S608  # put together from constants
_FORGOTTEN = """
SELECT id FROM runs r WHERE status = 'waiting_approval' AND beat_at < now() - interval '3 seconds'
AND (stop_requested OR NOT EXISTS (SELECT 1 FROM approvals a WHERE a.run_id = r.id AND a.status = 'pending'))
"""
_APPEND = """
WITH mine AS (
  UPDATE runs SET seq = $5, beat_at = now(), status = coalesce($7, status), usage = coalesce($8::text::jsonb, usage), error = $9::text::jsonb,
    steps = coalesce($10, steps), tainted = coalesce($11, tainted), prompt_hash = coalesce($12, prompt_hash),
    owner = CASE WHEN $7 IS NULL THEN owner END, ended_at = CASE WHEN $7 IN ('completed', 'stopped', 'failed') THEN now() END
  WHERE id = $1 AND owner = $6 RETURNING stop_requested
), appended AS (
  INSERT INTO run_events (run_id, seq, event, data)
  SELECT $1, s, e, d::jsonb FROM unnest($2::int[], $3::text[], $4::text[]) AS t(s, e, d) WHERE EXISTS (SELECT 1 FROM mine) RETURNING 1
), rung AS (
  SELECT pg_notify('wiretalk', 'run:' || $1::uuid::text) WHERE EXISTS (SELECT 1 FROM appended)
)
SELECT stop_requested FROM mine LEFT JOIN rung ON true
"""

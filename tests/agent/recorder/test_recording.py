"""The recorder against a real database: nothing acknowledged is lost, nothing is stored twice."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from agent.recorder import Body, Heard, Recorder, recording
from db import engine
from db.ids import uuid7

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def owner(database: asyncpg.Pool) -> UUID:
    """A user whose id is also that of their endpoint."""
    made = uuid7()
    await database.execute("INSERT INTO users (id, email, username) VALUES ($1, 'a@example.com', 'anna')", made)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'api', 'api', 'http://x.example')", made)
    return made


def _heard(owner: UUID, number: int = 0, **more: Any) -> Heard:
    return Heard(owner, owner, "GET", f"http://x.example/{number}", status=200, **more)


async def _until(recorder: Recorder) -> None:
    for _ in range(3000):
        if not recorder.backlog:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the spool was not drained")


async def test_calls_are_stored_once_and_counted(database: asyncpg.Pool, owner: UUID) -> None:
    """In their order, under the ids that were given; the endpoint's counters follow, and its bell rings."""
    rung: list[str] = []
    listener = await engine.connect()
    await listener.add_listener("wiretalk", lambda *heard: rung.append(heard[-1]))
    recorder = Recorder()
    await recorder.start()
    ids = [await recorder.record(_heard(owner, number, error="x" if number % 10 == 0 else None)) for number in range(250)]
    await _until(recorder)
    await recorder.drain()
    rows = await database.fetch("SELECT id, path FROM api_calls ORDER BY id")
    assert [(row["id"], row["path"]) for row in rows] == [(id_, f"/{number}") for number, id_ in enumerate(ids)]
    counts = await database.fetchrow("SELECT call_count, error_count, last_used_at FROM endpoints")
    assert (counts["call_count"], counts["error_count"]) == (250, 25)
    assert counts["last_used_at"] is not None
    while not rung:
        await asyncio.sleep(0.02)
    assert set(rung) == {f"calls:{owner}"}
    await listener.close()


async def test_calls_that_trickle_in_share_their_transactions(database: asyncpg.Pool, owner: UUID) -> None:
    """What comes while a batch is copied waits for the next one: at most one transaction for each pause between flushes."""
    rung: list[float] = []
    loop = asyncio.get_running_loop()
    listener = await engine.connect()
    await listener.add_listener("wiretalk", lambda *_: rung.append(loop.time()))
    recorder = Recorder()
    await recorder.start()
    began = loop.time()
    for number in range(100):
        await recorder.record(_heard(owner, number))
        await asyncio.sleep(0.003)
    await _until(recorder)
    most = (loop.time() - began) / recording.FLUSH_SECONDS + 1
    await recorder.drain()
    await listener.close()
    assert await database.fetchval("SELECT count(*) FROM api_calls") == 100
    assert 0 < len(rung) <= most


async def test_a_database_that_is_away_loses_nothing(owner: UUID, database_url: str) -> None:
    """Calls go on being acknowledged, wait on disk, and arrive when the database is back, once each."""
    await engine.stop_pool()
    recorder = Recorder()
    await recorder.start()
    for number in range(50):
        await recorder.record(_heard(owner, number))
    await asyncio.sleep(0.3)
    assert recorder.backlog > 0
    await engine.start_pool(database_url)
    await _until(recorder)
    await recorder.drain()
    async with engine.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM api_calls") == 50


async def test_what_is_left_is_taken_over_without_doubles(database: asyncpg.Pool, owner: UUID) -> None:
    """A spool whose calls are partly in the database already, as after a crash between the copy and its note."""
    first = Recorder()
    ids = [await first.record(_heard(owner, number)) for number in range(20)]
    await first.drain()
    (left,) = (Path(os.environ["WIRETALK_DATA_DIR"]) / "spool").glob("*.spool")
    again = left.read_bytes()
    second = Recorder()
    await second.start()
    await _until(second)
    await second.drain()
    left.write_bytes(again)
    third = Recorder()
    await third.record(_heard(owner, 20))
    await third.start()
    await _until(third)
    await third.drain()
    rows = await database.fetch("SELECT id FROM api_calls ORDER BY id")
    assert [row["id"] for row in rows][:20] == ids
    assert len(rows) == 21
    assert await database.fetchval("SELECT call_count FROM endpoints") == 21


async def test_calls_of_a_deleted_endpoint_do_not_hold_up_the_others(database: asyncpg.Pool, owner: UUID) -> None:
    """The last calls of an endpoint may still be on their way when it goes."""
    recorder = Recorder()
    await recorder.record(Heard(uuid7(), owner, "GET", "http://gone.example/"))
    await recorder.record(_heard(owner))
    await recorder.start()
    await _until(recorder)
    await recorder.drain()
    assert await database.fetchval("SELECT count(*) FROM api_calls") == 1


async def test_captures_slow_down_while_the_database_is_far_behind(owner: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-pressure before loss."""
    monkeypatch.setattr(recording, "SLOW_ABOVE", 1000)
    recorder = Recorder()
    for number in range(10):
        await asyncio.wait_for(recorder.record(_heard(owner, number)), 60) if recorder.backlog < 1000 else None
    loop = asyncio.get_running_loop()
    began = loop.time()
    await recorder.record(_heard(owner, 11))
    assert loop.time() - began > 0.03
    await recorder.drain()


async def test_a_full_disk_costs_no_call_while_the_database_answers(database: asyncpg.Pool, owner: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the spool a call is copied at once."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    recorder = Recorder()
    monkeypatch.setattr(recorder, "_append", full)
    call = await recorder.record(_heard(owner))
    assert await database.fetchval("SELECT id FROM api_calls") == call


_CRASH = """
import asyncio, sys
sys.path.insert(0, {root!r})
from uuid import UUID
from agent.recorder import Heard, Recorder
from db import engine
async def main():
    owner = UUID({owner!r})
    async with engine.pool(max_size=2):
        recorder = Recorder()
        await recorder.start()
        number = 0
        while True:
            call = await recorder.record(Heard(owner, owner, "GET", f"http://x.example/{{number}}", status=200))
            print(call, flush=True)
            number += 1
            if number % 20 == 0:
                await asyncio.sleep(0.001)
asyncio.run(main())
"""


async def test_an_acknowledged_call_survives_kill_nine(database: asyncpg.Pool, owner: UUID) -> None:
    """A process that records as fast as it can is killed; every id that it printed is in the database after the next start."""
    process = subprocess.Popen([sys.executable, "-c", _CRASH.format(root=str(ROOT), owner=str(owner))], stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdout is not None
    seen = [await asyncio.to_thread(process.stdout.readline) for _ in range(1500)]
    process.send_signal(signal.SIGKILL)
    rest = await asyncio.to_thread(process.stdout.read)
    process.wait()
    process.stdout.close()
    acknowledged = {line for line in "".join([*seen, rest]).splitlines() if len(line) == 36}
    recorder = Recorder()
    await recorder.start()
    await _until(recorder)
    await recorder.drain()
    stored = [str(row["id"]) for row in await database.fetch("SELECT id FROM api_calls")]
    assert len(stored) == len(set(stored))
    assert acknowledged - set(stored) == set()


async def test_a_steady_flow_is_copied_by_the_helper(database: asyncpg.Pool, owner: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches too, once it is there; until then nothing waits for it."""
    monkeypatch.setattr(recording, "HELP_FLOW", 4000)
    recorder = Recorder()
    await recorder.start()
    number = 0
    async with asyncio.timeout(60):
        while not recorder._helper.is_ready:
            await recorder.record(_heard(owner, number, response=Body(b"x" * 1000, 1000)))
            number += 1
            await asyncio.sleep(0.02)
        before = await database.fetchval("SELECT count(*) FROM api_calls")
        monkeypatch.setattr(recording, "copy", None)  # from now on this process copies nothing itself
        await recorder.record(_heard(owner, number, response=Body(b"x" * 1000, 1000)))
        await _until(recorder)
    assert before > 0
    await recorder.drain()
    assert await database.fetchval("SELECT count(*) FROM api_calls") == number + 1


async def test_many_calls_are_copied_by_the_helper(database: asyncpg.Pool, owner: UUID) -> None:
    """Each once, in a process of its own; killed over its work, it is replaced, and nothing is lost or stored twice."""
    recorder = Recorder()
    await recorder.start()
    body = Body(b"x" * 4000, 4000)
    ids = [await recorder.record(_heard(owner, number, response=body)) for number in range(1000)]
    async with asyncio.timeout(60):
        while recorder._helper._child is None:
            await asyncio.sleep(0.002)
    os.kill(recorder._helper._child.process.pid, signal.SIGKILL)
    ids += [await recorder.record(_heard(owner, number, response=body)) for number in range(1000, 1500)]
    await _until(recorder)
    await recorder.drain()
    assert recorder._helper._child is None
    assert [row["id"] for row in await database.fetch("SELECT id FROM api_calls ORDER BY id")] == ids
    assert await database.fetchval("SELECT call_count FROM endpoints") == 1500

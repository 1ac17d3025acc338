"""Who has a run: a worker that is gone loses it soon, one that is only stuck keeps it, and nobody writes without it."""

from uuid import UUID

import asyncpg
import pytest

from agent import runlog
from agent.accounts import users
from agent.conversation import chats
from db import engine


async def _run(database: asyncpg.Pool, worker: str, silent: str) -> UUID:
    """A run that a worker has, which showed no sign of life for so long."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    started = await chats.post(users.actor_of(profile.id, "USER", profile.email, "web"), "go", provider="scripted", model="m")
    await runlog.claim(started.run_id)
    await database.execute("UPDATE runs SET owner = $1, beat_at = now() - $2::text::interval", f"{worker}:0123abcd", silent)
    return started.run_id


@pytest.mark.parametrize(
    ("is_there", "silent", "is_taken"),
    [(True, "1 second", False), (True, "50 seconds", False), (True, "61 seconds", True), (False, "9 seconds", False), (False, "11 seconds", True)],
)
async def test_a_stuck_worker_keeps_its_run_for_a_minute(database: asyncpg.Pool, is_there: bool, silent: str, is_taken: bool) -> None:
    """Ten seconds are enough where the database has lost its connection; the loser writes nothing more."""
    await database.execute("SELECT pg_sleep(greatest(0, 10.1 - extract(epoch FROM now() - pg_postmaster_start_time())))")
    worker = await engine.connect(name="host.example:17" if is_there else "host.example:18")
    try:
        run = await _run(database, "host.example:17", silent)
        taken = await runlog.take_over()
        assert [one.id for one in taken] == ([run] if is_taken else [])
        assert await runlog.take_over() == []
        before = runlog.Writer(run, "host.example:17:0123abcd", 0)
        before.put("step.start", step=1)
        await before.flush()
        assert before.is_lost == is_taken
        assert len(await runlog.since(run, 0)) == (not is_taken)
    finally:
        await worker.close()


async def test_what_is_handed_over_is_taken_at_once(database: asyncpg.Pool) -> None:
    """A worker that is told to stop leaves its runs as they go."""
    run = await _run(database, "host.example:17", "0 seconds")
    await runlog.Writer(run, "host.example:17:0123abcd", 0).hand_over(2, {"input": 5}, tainted=True)
    taken = await runlog.take_over()
    assert [(one.id, one.steps, one.usage, one.tainted, one.is_old) for one in taken] == [(run, 2, {"input": 5}, True, False)]


async def test_a_run_is_its_senders_from_the_beginning(database: asyncpg.Pool) -> None:
    """The worker that stored a message has its run at once, nobody else claims it, and a worker that died before the first word leaves it to another."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    ada = users.actor_of(profile.id, "USER", profile.email, "web")
    started = await chats.post(ada, "go", provider="scripted", model="m", owner="host.example:17:0123abcd")
    assert await runlog.claim(started.run_id) is None
    await database.execute("UPDATE runs SET beat_at = now() - interval '61 seconds'")
    taken = await runlog.take_over()
    assert [(one.id, one.answer_id, one.seq, one.scopes) for one in taken] == [(started.run_id, started.answer_id, 0, sorted(ada.scopes))]
    assert [(message.role, message.id) for message in await chats.branch(started.chat_session_id)] == [
        ("user", started.message_id),
        ("assistant", started.answer_id),
    ]

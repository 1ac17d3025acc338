"""How a step's ending ends its run, and that a worker who finds the run there says the same."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from agent.errors import Problem
from agent.providers import scripted
from agent.providers.base import Failure, Finish, FinishReason
from agent.runs.listening import Ended, judged
from tests.live import wiretalk


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("stop", "completed", None),
        ("refusal", "completed", None),
        ("length", "completed", "provider_cut"),
        ("context_full", "failed", "context_full"),
        ("content_filter", "failed", "provider_rejected"),
    ],
)
def test_a_reason_ends_the_run(reason: FinishReason, status: str, code: str | None) -> None:
    """Each reason has its status, and what went wrong its code."""
    ending = judged(Finish(reason))
    assert ending is not None
    assert (ending.status, ending.problem.code if ending.problem else None) == (status, code)


def test_calls_and_pauses_go_on() -> None:
    """A step that called tools is not the last one."""
    assert judged(Finish("tool_calls")) is None
    assert judged(Finish("pause")) is None


def test_an_ending_is_read_back() -> None:
    """What the log keeps of a failure is the failure: code, sentence, remedy and when to try again."""
    told = Ended("failed", Problem("provider_rate_limited", "Too many.", remedy="Wait.", retry_after=7.0))
    found = Ended.read(told.document())
    assert found.status == "failed"
    assert found.problem is not None and told.problem is not None
    assert found.problem.document() == told.problem.document()
    assert Ended.read(Ended("completed").document()).problem is None
    failure = judged(Failure("provider_failed", "It broke.", retry_after=3.0))
    assert failure is not None and failure.problem is not None
    assert failure.problem.extra == {"retry_after": 3.0}


async def test_a_failed_step_is_not_completed_by_the_next_worker(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies between a failed step and the run's end leaves a run that the next one ends as failed, with the same sentence."""
    scripted.play("t", [[{"text": "Half an answer"}, {"failure": "provider_failed", "message": "The server broke down."}], [{"text": "never said"}]])
    async with wiretalk(monkeypatch) as client:
        failed = (await client.post("/api/v1/chat", json={"message": "go", "provider": "scripted", "model": "t"})).json()
        assert failed["code"] == "provider_failed", failed
        run = await _as_if_it_died(database_url)
        ended: dict[str, Any] = {"status": "running"}
        for _ in range(1200):
            ended = (await client.get(f"/api/v1/runs/{run}")).json()
            if ended["status"] != "running":
                break
            await asyncio.sleep(0.05)
        assert (ended["status"], ended["text"]) == ("failed", "Half an answer")
        assert (ended["error"]["code"], ended["error"]["detail"]) == ("provider_failed", "The server broke down.")


async def _as_if_it_died(database_url: str) -> UUID:
    """The one run as it stands right after its last step was told."""
    connection = await asyncpg.connect(database_url)
    try:
        run, last = await connection.fetchrow("SELECT run_id, max(seq) FROM run_events WHERE event = 'step.end' GROUP BY run_id")
        await connection.execute("DELETE FROM run_events WHERE run_id = $1 AND seq > $2", run, last)
        await connection.execute("UPDATE runs SET status = 'running', owner = NULL, error = NULL, ended_at = NULL, seq = $2 WHERE id = $1", run, last)
    finally:
        await connection.close()
    return run

"""A run as its worker drives it, through the chat API with a scripted model: steps, calls, failures, and what cannot be stored."""

import asyncio
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from agent import ai_providers, runlog
from agent.accounts import users
from agent.events import Hub
from agent.messages import ToolResult
from agent.providers import scripted
from agent.providers.base import ModelRequest
from agent.runs import loop
from agent.runs.turn import MAX_STEPS
from tests import replay
from tests.live import events, wiretalk


async def _say(client: httpx.AsyncClient, text: str = "go", **more: Any) -> dict[str, Any]:
    return (await client.post("/api/v1/chat", json={"message": text, **({} if "provider" in more else {"provider": "scripted", "model": "t"}), **more})).json()


async def test_what_no_database_holds_ends_no_run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """NUL and lone surrogates in prose, reasoning, names, arguments and results: the run completes, and live, stored and replayed say the same."""
    scripted.play(
        "t",
        [
            [{"reasoning": "hm\0"}, {"text": "a\0b \ud83d"}, {"call": "endpoint_create", "arguments": '{"destination_url":"demo","name":"x\\u0000y"}'}],
            [{"call": "endpoint_list\0", "arguments": {}}, {"call": "endpoint_delete", "arguments": '{"endpoint":"n\\u0000"}'}],
        ],
    )
    async with wiretalk(monkeypatch) as client:
        waits = await _say(client)
        assert waits["status"] == "waiting_approval", waits
        assert waits["text"] == "a\ufffdb \ufffd"
        assert waits["tool_calls"][0]["output"]["name"] == "x\ufffdy"
        assert [call["state"] for call in waits["tool_calls"]] == ["ok", "error", "pending"]
        approval = waits["approvals"][0]
        assert approval["arguments"] == {"endpoint": "n\ufffd"}
        await client.post(f"/api/v1/runs/{waits['run_id']}/approvals/{approval['id']}", json={"decision": "refuse", "reason": "no\0"})
        told = await events(client, "GET", f"/api/v1/runs/{waits['run_id']}/events")
        assert "".join(chunk["delta"] for chunk in told if chunk["type"] == "text-delta").startswith("a\ufffdb \ufffd")
        assert told[-1]["type"] == "finish"
        ended = (await client.get(f"/api/v1/runs/{waits['run_id']}")).json()
        assert ended["status"] == "completed"


async def test_several_calls_of_one_step(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that needs an approval holds up none of the others; refused, the run goes on and the model is told why."""
    heard: list[ToolResult] = []

    def second(request: ModelRequest) -> list[dict[str, Any]]:
        heard.extend(block for message in request.messages for block in message.content if isinstance(block, ToolResult))
        return [{"text": "I see."}]

    calls = [("credit_check", {}), ("endpoint_delete", {"endpoint": "one"}), ("endpoint_delete", {"endpoint": "two"}), ("endpoint_list", {})]
    scripted.play("t", [[{"call": name, "arguments": arguments} for name, arguments in calls], second])
    async with wiretalk(monkeypatch) as client:
        for name in ("one", "two"):
            await client.post("/api/v1/endpoints", json={"destination_url": "demo", "name": name})
        waits = await _say(client)
        assert [call["state"] for call in waits["tool_calls"]] == ["ok", "pending", "pending", "ok"]
        assert [asked["arguments"]["endpoint"] for asked in waits["approvals"]] == ["one", "two"]
        first, other = waits["approvals"]
        await client.post(f"/api/v1/runs/{waits['run_id']}/approvals/{other['id']}", json={"decision": "refuse", "reason": "I need two."})
        for _ in range(3000):
            now = (await client.get(f"/api/v1/runs/{waits['run_id']}")).json()
            if now["status"] == "waiting_approval" and now["tool_calls"][2]["state"] != "pending":
                break
            await asyncio.sleep(0.02)
        assert [call["state"] for call in now["tool_calls"]] == ["ok", "pending", "denied", "ok"]
        await client.post(f"/api/v1/runs/{waits['run_id']}/approvals/{first['id']}", json={"decision": "approve"})
        told = await events(client, "GET", f"/api/v1/runs/{waits['run_id']}/events")
        assert told[-1]["type"] == "finish"
        assert {result.name: result.state for result in heard if result.name == "endpoint_list"} == {"endpoint_list": "ok"}
        assert sorted((result.state, "I need two." in result.text) for result in heard if result.name == "endpoint_delete") == [("denied", True), ("ok", False)]
        assert [item["slug"] for item in (await client.get("/api/v1/endpoints")).json()["items"]] == ["two"]


async def test_a_run_that_is_stopped_as_it_wakes_keeps_what_it_said(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop of a run that waits may be heard again before its worker has read the answer: text and results stay, and what they taint with them."""
    scripted.play("t", [[{"text": "Before."}, {"call": "credit_check", "arguments": {}}, {"call": "endpoint_delete", "arguments": {"endpoint": "one"}}]])
    bell = await asyncpg.connect(database_url)

    async def ring(run: str) -> None:
        while True:
            await bell.execute("SELECT pg_notify('wiretalk', $1)", f"stop:{run}")

    async with wiretalk(monkeypatch) as client:
        await client.post("/api/v1/endpoints", json={"destination_url": "demo", "name": "one"})
        waits = await _say(client)
        ringing = asyncio.ensure_future(ring(waits["run_id"]))
        await client.post(f"/api/v1/runs/{waits['run_id']}/stop")
        while (now := (await client.get(f"/api/v1/runs/{waits['run_id']}")).json())["status"] != "stopped":
            await asyncio.sleep(0.02)
        ringing.cancel()
        await asyncio.wait([ringing])
    await bell.close()
    assert now["text"] == "Before."
    assert [call["state"] for call in now["tool_calls"]][:1] == ["ok"]


async def test_a_run_has_a_last_step(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that never ends is ended, with a sentence that says what to do, and what it did is kept."""
    scripted.play("t", [[{"call": "credit_check", "arguments": {}}] for _ in range(MAX_STEPS + 5)])
    async with wiretalk(monkeypatch) as client:
        answer = await _say(client)
        assert answer["code"] == "quota_exceeded"
        assert f"more than {MAX_STEPS} steps" in answer["detail"]
        state = (await client.get(f"/api/v1/runs/{answer['run_id']}")).json()
        assert len(state["tool_calls"]) == MAX_STEPS
        assert all(call["state"] == "ok" for call in state["tool_calls"])
        assert (await _say(client, "how many credits?", chat_session_id=answer["chat_session_id"], provider="builtin"))["status"] == "completed"


@pytest.mark.parametrize(
    ("part", "code"), [({"failure": "provider_cut", "message": "It broke off."}, "provider_cut"), ({"finish": "context_full"}, "context_full")]
)
async def test_a_failure_keeps_what_was_said(database_url: str, monkeypatch: pytest.MonkeyPatch, part: dict[str, Any], code: str) -> None:
    """The partial text stays with the run and its chat, and the next message is answered."""
    scripted.play("t", [[{"text": "So far."}, part], [{"text": "Better."}]])
    async with wiretalk(monkeypatch) as client:
        failed = await _say(client)
        assert (failed["code"], failed["text"]) == (code, "So far.")
        again = await _say(client, "again", chat_session_id=failed["chat_session_id"])
        assert again["text"] in ("Better.", "So far.")


async def test_a_retryable_failure_before_the_first_word_is_tried_again(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told in the stream with its reason, and the answer is the second attempt's alone."""
    scripted.play("t", [[{"failure": "provider_overloaded", "message": "Busy.", "retryable": True, "retry_after": 0.05}], [{"text": "Here."}]])
    async with wiretalk(monkeypatch) as client:
        told = await events(client, "POST", "/api/v1/chat", json={"message": "go", "provider": "scripted", "model": "t", "stream": True})
        assert [chunk["data"]["reason"] for chunk in told if chunk["type"] == "data-retrying"] == ["Busy."]
        assert "".join(chunk["delta"] for chunk in told if chunk["type"] == "text-delta") == "Here."


async def test_the_first_word_waits_for_five_statements(database: asyncpg.Pool) -> None:
    """Choosing the provider, the day's allowance, the message with its run, the conversation, and the word itself: no question is put twice."""
    sent: list[str] = []
    held = [await database.acquire() for _ in range(database.get_max_size())]
    for connection in held:
        connection.add_query_logger(lambda record: sent.append(record.query))
        await database.release(connection)
    profile = await users.sign_up("ada@example.com", "correct horse")
    ada = users.actor_of(profile.id, "USER", profile.email, "web")
    with replay.serve([{"text": "Hello."}]) as upstream:
        await ai_providers.add(ada, "near", [upstream.openai], default_model="m", requires_auth=False)
        sent.clear()
        started = await loop.send(hub := Hub(), ada, "hello", provider="near")
        while not any(event.event == "part.delta" for event in await runlog.since(started.run_id, 0)):
            await asyncio.sleep(0.01)
        first = next(number for number, query in enumerate(sent) if "INSERT INTO run_events" in query)
        # This test's own, asyncpg's when it meets a type, and what the end of so short an answer does meanwhile.
        of_no_interest = ("SELECT seq, event, data FROM run_events", "set_config('jit'", "typeinfo_tree", "excluded.token_count")
        before = [query for query in sent[:first] if not any(words in query for words in of_no_interest)]
        async for event in runlog.read(hub, started.run_id):
            if event and event.event == runlog.END:
                break
    assert len(before) == 4, before


async def test_a_key_that_is_taken_back_is_not_used_for_another_attempt(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner revokes it while a run waits to try again: the server hears nothing more with it, and the run says why it ends."""
    busy = replay.Reply(status=529, json={"error": {"message": "Overloaded"}}, headers={"retry-after": "1"})
    with replay.serve(busy, [{"text": "Too late."}]) as upstream:
        async with wiretalk(monkeypatch) as client:
            await client.post("/api/v1/providers", json={"name": "mine", "base_url": upstream.openai, "default_model": "m"})
            key = (await client.post("/api/v1/provider-keys", json={"provider": "mine", "key": "sk-canary-0123456789"})).json()["id"]
            told: list[str] = []
            async with client.stream("POST", "/api/v1/chat", json={"message": "go", "provider": "mine", "stream": True}) as stream:
                async for line in stream.aiter_lines():
                    told.append(line)
                    if '"data-retrying"' in line:
                        assert (await client.delete(f"/api/v1/provider-keys/{key}")).status_code == 204
    assert len(upstream.requests) == 1
    assert "There is no key for `mine`." in next(line for line in told if '"type":"error"' in line)


async def test_a_stopped_step_is_counted(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a provider was asked and had said before the stop is in the run's usage, marked as an estimate, and on the user's day."""
    with replay.serve(replay.Reply(parts=[{"text": "word " * 500}, {"usage": {"input": 4321}}], delay=0.02)) as upstream:
        async with wiretalk(monkeypatch) as client:
            made = {"name": "slow", "wire": "anthropic", "base_url": upstream.anthropic, "default_model": "m", "requires_auth": False}
            await client.post("/api/v1/providers", json=made)
            async with client.stream("POST", "/api/v1/chat", json={"message": "go", "provider": "slow", "stream": True}) as response:
                async for line in response.aiter_lines():
                    if '"run_id"' in line:
                        run_id = msgspec.json.decode(line.removeprefix("data: "))["messageMetadata"]["run_id"]
                    if "text-delta" in line:
                        break
                await client.post(f"/api/v1/runs/{run_id}/stop")
            while (now := (await client.get(f"/api/v1/runs/{run_id}")).json())["status"] != "stopped":
                await asyncio.sleep(0.02)
            assert now["usage"]["input"] == 4321
            assert 0 < now["usage"]["estimated"] < now["usage"]["output"]
            meters = (await client.get("/api/v1/usage")).json()["today"]["meters"]
            assert next(meter["used"] for meter in meters if meter["kind"] == "tokens") == 4321 + now["usage"]["output"]


async def test_a_lost_bell_stops_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection to the database is cut in the middle of an answer, as a restart does: it goes on to its end and is stored."""
    cut = asyncio.Event()
    scripted.play("t", [[{"text": "Before, "}, {"after": cut}, {"delay": 0.3}, {"text": "after."}]])
    async with wiretalk(monkeypatch) as client:
        async with client.stream("POST", "/api/v1/chat", json={"message": "go", "provider": "scripted", "model": "t", "stream": True}) as response:
            told: list[str] = []
            async for line in response.aiter_lines():
                told.append(line)
                if "text-delta" in line and not cut.is_set():
                    await _cut_off(database_url)
                    cut.set()
        state = (await client.get(f"/api/v1/runs/{response.headers['x-run-id']}")).json()
    assert (state["status"], state["text"].replace("\n", "")) == ("completed", "Before, after.")
    assert any('"type":"finish"' in line for line in told)


async def _cut_off(database_url: str) -> None:
    """End all connections but this one, and wait until the server listens anew."""
    connection = await asyncpg.connect(database_url)
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    await connection.execute(f"SELECT pg_terminate_backend(pid) {others}")
    while not await connection.fetchval(f"SELECT count(*) {others} AND query ILIKE 'LISTEN%'"):
        await asyncio.sleep(0.02)
    await connection.close()

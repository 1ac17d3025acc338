"""Messages that wait for the answer before them: sent in order, once each, held after a stop, and never lost."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from agent.providers import scripted
from tests.live import events, wiretalk


def _held(go_on: asyncio.Event) -> scripted.Script:
    """The first answer stops in the middle until it may go on."""
    return [[{"text": "Slowly."}, {"after": go_on}, {"text": "Said."}], *([{"text": f"Answer {n}."}] for n in range(2, 30))]


async def _say(client: httpx.AsyncClient, text: str, chat: str | None = None, **more: Any) -> httpx.Response:
    return await client.post("/api/v1/chat", json={"message": text, "provider": "scripted", "model": "m", "chat_session_id": chat, **more})


async def _begin(client: httpx.AsyncClient, text: str = "one") -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(_say(client, text))


async def _chat(client: httpx.AsyncClient) -> str:
    """The newest chat, once it is there and answering."""
    while not (found := (await client.get("/api/v1/chats")).json()["items"]):
        await asyncio.sleep(0.01)
    return found[0]["id"]


async def _texts(client: httpx.AsyncClient, chat: str, wanted: int) -> list[tuple[str, str]]:
    """Role and prose of the newest branch, once it has so many messages and the last one is finished."""
    for _ in range(2000):
        items = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"]
        if len(items) == wanted and items[-1]["run_status"] in ("completed", "stopped", "failed"):
            return [(item["role"], " ".join(block["text"] for block in item["content"] if block["type"] == "text")) for item in items]
        await asyncio.sleep(0.03)
    raise AssertionError(items)


async def test_what_is_said_during_an_answer_is_sent_after_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two messages wait in order, are listed, and each is answered after the one before; the stream of the first run names the next."""
    go_on = asyncio.Event()
    scripted.play("m", _held(go_on))
    async with wiretalk(monkeypatch) as client:
        first = await _begin(client)
        chat = await _chat(client)
        two, three = [await _say(client, text, chat, queue=True) for text in ("two", "three")]
        assert (two.status_code, two.json()["status"]) == (202, "queued")
        assert [item["text"] for item in (await client.get(f"/api/v1/chats/{chat}/queue")).json()["items"]] == ["two", "three"]
        go_on.set()
        assert await _texts(client, chat, 6) == [
            ("user", "one"), ("assistant", "Slowly. Said."), ("user", "two"), ("assistant", "Answer 2."), ("user", "three"), ("assistant", "Answer 3."),
        ]  # fmt: skip
        assert (await client.get(f"/api/v1/chats/{chat}/queue")).json()["items"] == []
        messages = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"]
        assert [messages[2]["id"], messages[4]["id"]] == [two.json()["queued"]["id"], three.json()["queued"]["id"]]
        told = await events(client, "GET", f"/api/v1/runs/{(await first).json()['run_id']}/events")
        assert next(chunk for chunk in told if chunk["type"] == "data-chat-next")["data"]["message_id"] == messages[2]["id"]
        assert told[-1]["type"] == "finish"


async def test_with_nothing_to_wait_for_it_is_sent_at_once(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`queue` costs nothing in a chat that is quiet; without it a message to one that is answering is refused."""
    go_on = asyncio.Event()
    scripted.play("m", [[{"text": "Hi."}], [{"text": "Still here."}, {"after": go_on}]])
    async with wiretalk(monkeypatch) as client:
        chat = (await _say(client, "hello")).json()["chat_session_id"]
        second = asyncio.create_task(_say(client, "again", chat, queue=True))
        while (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"][-1]["run_status"] != "running":
            await asyncio.sleep(0.01)
        assert (await _say(client, "and again", chat)).json()["code"] == "run_active"
        go_on.set()
        assert (await second).json()["text"] == "Still here."


async def test_a_stop_holds_what_waits(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After Stop nothing is sent by itself; one message can be taken back, the other sent on."""
    scripted.play("m", [[{"text": "Long."}, {"delay": 30}], [{"text": "Gone on."}]])
    async with wiretalk(monkeypatch) as client:
        first = await _begin(client)
        chat = await _chat(client)
        kept, dropped = [(await _say(client, text, chat, queue=True)).json()["queued"]["id"] for text in ("keep", "drop")]
        run = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"][-1]["run_id"]
        await client.post(f"/api/v1/runs/{run}/stop")
        assert (await first).json()["status"] == "stopped"
        assert (await client.delete(f"/api/v1/chats/{chat}/queue/{dropped}")).status_code == 204
        assert (await client.delete(f"/api/v1/chats/{chat}/queue/{dropped}")).status_code == 404
        assert len((await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"]) == 2
        sent = await client.post(f"/api/v1/chats/{chat}/queue/next")
        assert (sent.status_code, sent.json()["message_id"]) == (202, kept)
        assert (await _texts(client, chat, 4))[-1] == ("assistant", "Gone on.")
        assert (await client.post(f"/api/v1/chats/{chat}/queue/next")).status_code == 204


async def test_it_is_bounded_and_checked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty may wait; empty and over-long ones are refused like any message, and cost no message of the day."""
    scripted.play("m", [[{"text": "Long."}, {"delay": 30}]])
    async with wiretalk(monkeypatch) as client:
        first = await _begin(client)
        chat = await _chat(client)
        answers = await asyncio.gather(*(_say(client, f"message {n}", chat, queue=True) for n in range(25)))
        assert sorted(answer.status_code for answer in answers) == [202] * 20 + [409] * 5
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"queue_full"}
        assert (await _say(client, " ", chat, queue=True)).json()["code"] == "invalid_arguments"
        assert (await _say(client, "x" * 100_001, chat, queue=True)).json()["code"] == "message_too_long"
        assert (await client.get("/api/v1/usage")).json()["total"]["messages"] == 21
        run = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"][-1]["run_id"]
        await client.post(f"/api/v1/runs/{run}/stop")
        await first


async def test_a_worker_that_died_in_between_loses_nothing(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message left in the queue after its turn came is found by the sweep and sent once."""
    scripted.play("m", [[{"text": "First."}], [{"text": "Second."}]])
    async with wiretalk(monkeypatch) as client:
        chat = (await _say(client, "one")).json()["chat_session_id"]
        connection = await asyncpg.connect(database_url)
        await connection.execute("UPDATE runs SET ended_at = ended_at - interval '1 minute'")
        await connection.execute(
            """UPDATE chat_sessions SET queue = jsonb_build_array(jsonb_build_object('id', new_id(), 'text', 'two', 'provider', 'scripted', 'model', 'm',
            'created_at', now(), 'via', 'web', 'scopes', '["read","write"]'::jsonb))"""
        )
        await connection.close()
        assert (await _texts(client, chat, 4))[2:] == [("user", "two"), ("assistant", "Second.")]

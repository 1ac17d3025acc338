"""The tree of messages by the door of the API: edits, answers again, turning, forks, ratings, deletions, and what each refuses."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from agent.conversation import tree
from agent.messages import text_of
from agent.providers import scripted
from agent.providers.base import ModelRequest
from tests.live import wiretalk

Client = httpx.AsyncClient


async def _say(client: Client, text: str, chat: str | None = None) -> dict[str, Any]:
    return (await client.post("/api/v1/chat", json={"message": text, "provider": "scripted", "model": "m", "chat_session_id": chat})).json()


async def _line(client: Client, chat: str) -> list[dict[str, Any]]:
    """The branch that is shown, once nothing is written any more."""
    while True:
        items = (await client.get(f"/api/v1/chats/{chat}/messages")).json()["items"]
        if not items or items[-1]["run_status"] in (None, "completed", "stopped", "failed"):
            return items
        await asyncio.sleep(0.02)


def _texts(items: list[dict[str, Any]]) -> list[str]:
    return [" ".join(block["text"] for block in item["content"]) for item in items]


def _echo(request: ModelRequest) -> list[dict[str, Any]]:
    """Answers with how many messages it was given and the last of them."""
    return [{"text": f"{len(request.messages)}: {text_of(request.messages[-1].content)}"}]


async def _two_turns(client: Client) -> tuple[str, list[dict[str, Any]]]:
    scripted.play("m", [_echo] * 40)
    chat = (await _say(client, "one"))["chat_session_id"]
    await _say(client, "two", chat)
    return chat, await _line(client, chat)


async def test_an_edit_is_a_new_branch(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The edited message stands beside the first, is answered from what came before it alone, and both versions can be turned to; that is kept."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        messages = f"/api/v1/chats/{chat}/messages"
        started = await client.post(f"{messages}/{before[2]['id']}/edit", json={"message": "two!"})
        assert started.status_code == 202, started.text
        after = await _line(client, chat)
        assert _texts(after) == ["one", "1: one", "two!", "3: two!"]
        assert after[2]["versions"] == [before[2]["id"], after[2]["id"]]
        turned = await client.put(f"/api/v1/chats/{chat}/branch", json={"message_id": before[2]["id"]})
        assert turned.json() == {"leaf_id": before[3]["id"]}
        assert await _line(client, chat) == [*before[:2], {**before[2], "versions": after[2]["versions"]}, before[3]]
        await _say(client, "three", chat)
        assert _texts(await _line(client, chat)) == ["one", "1: one", "two", "3: two", "three", "5: three"]
        assert _texts([(await client.get(f"{messages}/{after[3]['id']}")).json()]) == ["3: two!"]


async def test_the_first_message_can_be_edited_too(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chat may have several beginnings; an answer cannot be edited, and an empty text is none."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        messages = f"/api/v1/chats/{chat}/messages"
        await client.post(f"{messages}/{before[0]['id']}/edit", json={"message": "uno"})
        after = await _line(client, chat)
        assert _texts(after) == ["uno", "1: uno"]
        assert after[0]["versions"] == [before[0]["id"], after[0]["id"]]
        assert (await client.post(f"{messages}/{before[1]['id']}/edit", json={"message": "x"})).json()["code"] == "invalid_arguments"
        assert (await client.post(f"{messages}/{before[0]['id']}/edit", json={"message": " "})).json()["code"] == "invalid_arguments"
        assert (await client.post(f"{messages}/{uuid4()}/edit", json={"message": "x"})).status_code == 404


async def test_an_answer_is_given_again_by_another_model(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a chat too; the message, or any of its answers, names what is answered."""
    scripted.play("other", [[{"text": "Otherwise."}]] * 4)
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        messages = f"/api/v1/chats/{chat}/messages"
        for named in (before[1], before[0]):
            assert (await client.post(f"{messages}/{named['id']}/answer", json={"provider": "scripted", "model": "other"})).status_code == 202
            after = await _line(client, chat)
            assert _texts(after) == ["one", "Otherwise."]
            assert after[1]["model"] == "other"
        assert len(after[1]["versions"]) == 3
        assert (await client.post(f"{messages}/{before[3]['id']}/answer")).status_code == 202
        assert _texts(await _line(client, chat)) == ["one", "1: one", "two", "3: two"]


async def test_a_fork_is_a_chat_of_its_own(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a copy of everything up to the message, and neither chat hears of what is said in the other afterwards."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        made = (await client.post(f"/api/v1/chats/{chat}/messages/{before[1]['id']}/fork")).json()
        assert made["id"] != chat
        copied = await _line(client, made["id"])
        assert _texts(copied) == ["one", "1: one"]
        assert not {item["id"] for item in copied} & {item["id"] for item in before}
        await _say(client, "elsewhere", made["id"])
        assert (await client.post(f"/api/v1/chats/{made['id']}/messages/{copied[1]['id']}/answer")).status_code == 202
        assert _texts(await _line(client, made["id"])) == ["one", "1: one"]
        await client.delete(f"/api/v1/chats/{made['id']}")
        assert _texts(await _line(client, chat)) == ["one", "1: one", "two", "3: two"]


async def test_an_answer_is_rated_with_a_note(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up or down, changed and taken back; a question is not rated."""
    async with wiretalk(monkeypatch) as client:
        chat, items = await _two_turns(client)
        rating = f"/api/v1/chats/{chat}/messages/{items[1]['id']}/rating"
        assert (await client.put(rating, json={"verdict": "up"})).json()["metadata"]["rating"] == {"verdict": "up", "note": ""}
        assert (await client.put(rating, json={"verdict": "down", "note": " Wrong. "})).json()["metadata"]["rating"] == {"verdict": "down", "note": "Wrong."}
        assert "usage" in (await _line(client, chat))[1]["metadata"]
        assert "rating" not in (await client.delete(rating)).json()["metadata"]
        assert (await client.put(rating.replace(items[1]["id"], items[0]["id"]), json={"verdict": "up"})).json()["code"] == "invalid_arguments"
        assert (await client.put(rating, json={"verdict": "sideways"})).status_code in (400, 422)
        assert (await client.put(rating, json={"verdict": "up", "note": "x" * 2_001})).json()["code"] == "invalid_arguments"


async def test_a_deleted_message_takes_what_follows_it(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every branch; the chat turns to the version beside it, else to what came before, and its runs go too."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        messages = f"/api/v1/chats/{chat}/messages"
        await client.post(f"{messages}/{before[2]['id']}/edit", json={"message": "two!"})
        after = await _line(client, chat)
        gone = await client.delete(f"{messages}/{after[2]['id']}")
        assert gone.json() == {"messages": 2, "leaf_id": before[3]["id"]}
        assert _texts(await _line(client, chat)) == ["one", "1: one", "two", "3: two"]
        assert (await client.delete(f"{messages}/{before[2]['id']}")).json() == {"messages": 2, "leaf_id": before[1]["id"]}
        assert (await client.delete(f"{messages}/{before[2]['id']}")).status_code == 404
        await _say(client, "three", chat)
        assert _texts(await _line(client, chat)) == ["one", "1: one", "three", "3: three"]
        assert (await client.delete(f"{messages}/{before[0]['id']}")).json() == {"messages": 4, "leaf_id": None}
        assert (await client.get(f"/api/v1/runs/{before[1]['run_id']}")).status_code == 404
        await _say(client, "anew", chat)
        assert _texts(await _line(client, chat)) == ["anew", "1: anew"]


async def test_what_is_being_written_is_neither_deleted_nor_forked(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are refused with `run_active`; one may turn to another branch meanwhile, and the answer is finished where it belongs."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        scripted.play("m", [_echo, [{"text": "Slowly."}, {"delay": 60}], _echo])
        messages = f"/api/v1/chats/{chat}/messages"
        started = (await client.post(f"{messages}/{before[2]['id']}/edit", json={"message": "slow"})).json()
        for refused in (
            await client.delete(f"{messages}/{before[0]['id']}"),
            await client.post(f"{messages}/{started['answer_id']}/fork"),
            await client.post(f"{messages}/{before[1]['id']}/answer"),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "run_active")
        await client.put(f"/api/v1/chats/{chat}/branch", json={"message_id": before[2]["id"]})
        queued = await client.post("/api/v1/chat", json={"message": "then", "chat_session_id": chat, "queue": True, "provider": "scripted", "model": "m"})
        assert queued.status_code == 202
        while _texts([(await client.get(f"{messages}/{started['answer_id']}")).json()]) != ["Slowly."]:
            await client.post(f"/api/v1/runs/{started['run_id']}/stop")
            await asyncio.sleep(0.1)
        while (await client.post(f"/api/v1/chats/{chat}/queue/next")).status_code != 202:
            await asyncio.sleep(0.05)
        assert _texts(await _line(client, chat)) == ["one", "1: one", "two", "3: two", "then", "5: then"]


@pytest.mark.parametrize("end", [{"finish": "length"}, {"failure": "provider_cut", "message": "It broke off."}])
async def test_an_answer_that_was_cut_off_goes_on(database_url: str, monkeypatch: pytest.MonkeyPatch, end: dict[str, Any]) -> None:
    """In its own message: the model is shown what it said and asked for the rest, and both are one text; a finished one has nothing to go on from."""
    asked: list[ModelRequest] = []

    def rest(request: ModelRequest) -> list[dict[str, Any]]:
        asked.append(request)
        return [{"text": "ends."}]

    calls = [{"text": "I look."}, {"call": "credit_check", "arguments": {}}]
    scripted.play("m", [calls, [{"text": "It begins and "}, end], rest, [{"text": "More."}]])
    async with wiretalk(monkeypatch) as client:
        cut = await _say(client, "go")
        chat, run = cut["chat_session_id"], f"/api/v1/runs/{cut['run_id']}"
        before = await _line(client, chat)
        assert before[1]["metadata"]["error"]["code"] == "provider_cut"
        started = (await client.post(f"{run}/continue")).json()
        assert started["answer_id"] == before[1]["id"]
        after = await _line(client, chat)
        assert [block.get("text") for block in after[1]["content"] if block["type"] == "text"] == ["I look.", "It begins and ends."]
        assert after[1]["run_status"] == "completed"
        assert "error" not in after[1]["metadata"]
        assert [message.role for message in asked[0].messages] == ["user", "assistant", "tool", "assistant", "user"]
        assert (await client.post(f"/api/v1/runs/{started['run_id']}/continue")).json()["code"] == "conflict"
        assert (await _say(client, "and?", chat))["text"] == "More."
        assert (await client.post(f"{run}/continue")).json()["code"] == "conflict"


async def test_long_branches_are_read_in_pieces(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a branch oldest first; a window of its end, of what is before a message, and around one off the branch that is shown."""
    async with wiretalk(monkeypatch) as client:
        chat, before = await _two_turns(client)
        ids = [item["id"] for item in before]
        seen, cursor = [], None
        while True:
            page = (await client.get(f"/api/v1/chats/{chat}/messages", params={"limit": 3, **({"cursor": cursor} if cursor else {})})).json()
            seen += [item["id"] for item in page["items"]]
            if not (cursor := page["next"]):
                break
        assert seen == ids
        end = await tree.window(UUID(chat), UUID(ids[3]), 3)
        assert ([str(one.id) for one in end.messages], end.has_older, end.has_newer) == (ids[1:], True, False)
        await client.post(f"/api/v1/chats/{chat}/messages/{ids[2]}/edit", json={"message": "two!"})
        await _line(client, chat)
        aside = await tree.window_around(UUID(chat), UUID(ids[2]))
        assert ([str(one.id) for one in aside.messages], aside.has_newer) == (ids, True)


async def test_nobody_elses_message_is_reached(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message is found only in its own chat, whoever asks."""
    async with wiretalk(monkeypatch) as client:
        _, before = await _two_turns(client)
        other = (await _say(client, "apart"))["chat_session_id"]
        for method, path, body in (
            ("GET", "", None), ("POST", "/edit", {"message": "x"}), ("POST", "/answer", {}), ("POST", "/fork", None), ("PUT", "/rating", {"verdict": "up"}), ("DELETE", "", None),
        ):  # fmt: skip
            answer = await client.request(method, f"/api/v1/chats/{other}/messages/{before[1]['id']}{path}", json=body)
            assert answer.status_code == 404, (method, path)
        assert (await client.put(f"/api/v1/chats/{other}/branch", json={"message_id": before[1]["id"]})).status_code == 404
        connection = await asyncpg.connect(database_url)
        assert await connection.fetchval("SELECT count(*) FROM chat_messages") == 6
        await connection.close()

"""The tab's stream: whoever shows a chat gets what is new in it, on whichever worker, from wherever it was."""

import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent import endpoints
from agent.accounts import users
from agent.messages import text_of
from agent.providers import scripted
from tests import crowd
from tests.web.pages.conftest import Door

Doors = tuple[Door, Door, Door]


class Tab:
    """A page as far as its stream goes: the ids of its messages and its HTML, changed as the page's script does."""

    def __init__(self, html: str) -> None:
        self.messages = re.findall(r'id="m-([\w-]+)"', html)
        self.html, self.heard, self.last_id = html, list[str](), ""

    def take(self, event: str, id: str, data: str) -> None:
        self.heard.append(event or "pieces")
        self.last_id = id or self.last_id
        if event == "line":
            told = json.loads(data)
            kept = self.messages.index(told["after"]) + 1 if told["after"] else 0
            self.messages = [*self.messages[:kept], *re.findall(r'id="m-([\w-]+)"', told["html"])]
        self.html += data


async def _events(http: httpx.AsyncClient, path: str, headers: dict[str, str] | None = None) -> AsyncGenerator[tuple[str, str, str], None]:
    """(event, id, data) of a stream, for ever."""
    async with http.stream("GET", path, headers=headers or {}, timeout=60) as response:
        assert response.status_code == 200
        found: dict[str, str] = {}
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "data":
                found["data"] = f"{found['data']}\n{value}" if "data" in found else value
            elif name in ("event", "id"):
                found[name] = value
            elif not line and found:
                if "data" in found:
                    yield found.get("event", ""), found.get("id", ""), found["data"]
                found = {}


async def _upto(heard: AsyncGenerator[tuple[str, str, str], None], words: str) -> AsyncGenerator[tuple[str, str, str], None]:
    """Up to the first that has these words; the rest is left."""
    async for one in heard:
        yield one
        if words in one[2]:
            return


async def _follow(http: httpx.AsyncClient, tab: Tab, chat: str, *, until: int, **query: str) -> None:
    """Take what comes until the tab has so many messages and, by the last that it heard of the line, nothing is written any more."""
    asked = "&".join(f"{name}={value}" for name, value in {"chat": chat, "last": tab.messages[-1], **query}.items())
    async for event, id, data in _events(http, f"/stream?{asked}", {"last-event-id": tab.last_id} if tab.last_id else {}):
        tab.take(event, id, data)
        if event in ("line", "ended") and len(tab.messages) >= until and not (event == "line" and json.loads(data)["is_working"]):
            return


async def _begun(ada: Door) -> str:
    """A chat with one finished exchange."""
    chat = (await ada.post("/", {"message": "how many credits do I have?"})).headers["location"]
    while "data-run" in (await ada.get(chat)).text:
        pass
    return chat


async def test_what_is_queued_reaches_an_idle_tab_on_another_worker(doors: Doors, tmp_path: Path) -> None:
    """Sent and queued at one worker: a tab that was only open at the other has every message and answer, once, without being loaded again."""
    ada, model = doors[0], crowd.script(tmp_path, 5, 0.05)
    chat = await _begun(ada)
    async with (
        crowd.worker() as (_, url),
        httpx.AsyncClient(base_url=url, cookies=ada.http.cookies, trust_env=False, headers={"accept-language": "en"}) as other,
    ):
        tab = Tab((await other.get(chat)).text)
        assert len(tab.messages) == 2
        for text in ("one", "two", "three"):
            assert (await ada.post(f"{chat}/messages", {"message": text, "provider": f"scripted|{model}"}, **{"hx-request": "true"})).status_code == 204
        await _follow(other, tab, chat[3:], until=8)
    after = Tab((await ada.get(chat)).text)
    assert tab.messages == after.messages
    assert len(set(tab.messages)) == 8
    assert [text for text in ("one", "two", "three") if f'<div class="said">{text}</div>' in after.html] == ["one", "two", "three"]


async def test_a_tab_that_comes_back_gets_the_rest(doors: Doors) -> None:
    """From the last piece that it had, in the middle of an answer and after an edit made meanwhile; nothing is sent that it has."""
    ada = doors[0]
    slow = [part for n in range(6) for part in ({"text": f"Word{n}"}, {"delay": 0.15})]
    scripted.play("m", [lambda request: [{"text": "Edited."}] if text_of(request.messages[-1].content) == "uno" else slow] * 9)
    chat = await _begun(ada)
    tab = Tab((await ada.get(chat)).text)
    await ada.post(f"{chat}/messages", {"message": "one", "provider": "scripted|m"}, **{"hx-request": "true"})
    query = f"/stream?chat={chat[3:]}&last={tab.messages[-1]}"
    async for event, id, data in _events(ada.http, query):
        tab.take(event, id, data)
        if "Word1" in data:
            break
    await _follow(ada.http, tab, chat[3:], until=4)
    assert [f"Word{n}" in tab.html for n in range(6)] == [True] * 6
    assert tab.heard.count("line") == 1
    await ada.post(f"{chat}/messages/{tab.messages[2]}/edit", {"message": "uno"}, **{"hx-request": "true"})
    before = list(tab.messages)
    await _follow(ada.http, tab, chat[3:], until=4)
    assert tab.messages[:2] == before[:2]
    assert not set(tab.messages[2:]) & set(before[2:])
    assert tab.messages == Tab((await ada.get(chat)).text).messages


@pytest.mark.parametrize("last", ["gone", "elsewhere", "none"])
async def test_a_page_that_has_something_else_is_given_the_branch(doors: Doors, last: str) -> None:
    """A tab whose last message was deleted, belongs to another chat, or that has none, gets everything anew."""
    ada = doors[0]
    chat, other = await _begun(ada), await _begun(ada)
    shown = Tab((await ada.get(chat)).text).messages
    named = {"gone": "01a1fd64-0475-7020-9b51-7478ac85f4f3", "elsewhere": Tab((await ada.get(other)).text).messages[-1], "none": ""}[last]
    async for event, _, data in _events(ada.http, f"/stream?chat={chat[3:]}" + (f"&last={named}" if named else "")):
        if event == "line":
            told: dict[str, Any] = json.loads(data)
            assert told["after"] == ""
            assert re.findall(r'id="m-([\w-]+)"', told["html"]) == shown
            return


async def test_the_first_call_of_an_api_is_told_in_its_chat(doors: Doors) -> None:
    """At once, once, in the open tab, in the page that is loaded later, and to programs that follow the chat; later calls are not."""
    ada = doors[0]
    chat = (await ada.post("/", {"message": "capture the demo api"})).headers["location"]
    while "data-run" in (page := (await ada.get(chat)).text):
        pass
    endpoint = re.search(r'id="arrival-([\w-]+)"', page)
    assert endpoint
    assert page.count("First call heard</strong>") == 0
    stream = _events(ada.http, f"/stream?chat={chat[3:]}&last={Tab(page).messages[-1]}")
    await anext(stream)
    for path in ("products", "orders"):
        await ada.get(f"/proxy/{endpoint[1]}/{path}")
    pieces = ""
    async for event, _, data in stream:
        pieces += data
        if event == "said":
            break
    assert data == "heard"
    assert (pieces.count("First call heard</strong>"), "/products" in pieces, "/orders" in pieces) == (1, True, False)
    page = (await ada.get(chat)).text
    assert (page.count("First call heard</strong>"), page.count("/products</a>")) == (1, 1)
    _, id, data = await anext(_events(ada.http, f"/api/v1/chats/{chat[3:]}/events"))
    told = json.loads(data)
    assert (told["type"], told["id"], told["data"]["path"], told["data"]["status"]) == ("data-first-call", id, "/demo/products", 200)
    assert f"/calls/{id}" in page


async def test_what_needs_somebody_is_told_in_every_chat(doors: Doors) -> None:
    """A chat that is open beside hears of an approval that another one asks for, and of its answer; a tab that has just come hears how many there are."""
    ada = doors[0]
    await ada.post("/apis", {"destination_url": "demo"}, at="/apis")
    scripted.play("risky", [[{"call": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}], [{"text": "All right."}]])
    chat = await _begun(ada)
    heard = _events(ada.http, f"/stream?chat={chat[3:]}&last={Tab((await ada.get(chat)).text).messages[-1]}")
    badges = [data async for _, _, data in _upto(heard, "data-needs")]
    assert "needs you" not in badges[-1]
    await ada.post("/", {"message": "go", "provider": "scripted|risky"})
    badges = [data async for _, _, data in _upto(heard, "data-needs")]
    assert "1 thing needs you" in badges[-1]
    approval = re.search(r'id="approval-([\w-]+)"', (await ada.get("/needs-you")).text)
    assert approval
    answer = await ada.post(f"/approvals/{approval[1]}", {"decision": "refuse"}, at="/needs-you", **{"hx-request": "true"})
    assert f'hx-target="#approval-{approval[1]}"' in answer.text
    assert "Refused" in answer.text
    badges = [data async for _, _, data in _upto(heard, "data-needs")]
    assert "needs you" not in badges[-1]
    await heard.aclose()


@pytest.mark.parametrize("when", ["meanwhile", "before"])
async def test_an_api_that_is_deleted_takes_no_chat_with_it(doors: Doors, when: str) -> None:
    """Its calls stood beside a chat: there it is told that they are gone, and the chat goes on in the same stream; so it does for a tab that comes back later."""
    ada = doors[0]
    actor = await users.actor_by_email("ada@example.com", "web")
    made = await endpoints.create(actor, "demo")
    chat = await _begun(ada)
    tab = Tab((await ada.get(chat)).text)
    heard = _events(ada.http, f"/stream?chat={chat[3:]}&last={tab.messages[-1]}&live=calls:{made.slug}")
    if when == "meanwhile":
        async for _ in _upto(heard, "Nothing heard yet"):
            pass
    await endpoints.delete(actor, made.id)
    async for _ in _upto(heard, "This API was deleted"):
        pass
    await ada.post(f"{chat}/messages", {"message": "list my APIs"}, **{"hx-request": "true"})
    assert [event async for event, _, _ in _upto(heard, "list my APIs")][-1] == "line"
    await heard.aclose()

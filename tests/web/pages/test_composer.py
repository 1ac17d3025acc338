"""The message box: what the plan still allows today stands under it; what its starters send."""

import asyncio
import re

import asyncpg
import pytest

from agent.accounts import users
from agent.providers.guide.intents import intents
from agent.providers.guide.memory import Memory
from tests.web.pages.conftest import Door
from web.pages.composer import starters

Doors = tuple[Door, Door, Door]


async def _use(url: str, **used: int) -> None:
    connection = await asyncpg.connect(url)
    for column, value in used.items():
        await connection.execute(
            f"INSERT INTO usage (id, user_id, date, {column}) SELECT gen_random_uuid(), id, (now() AT TIME ZONE 'UTC')::date, $1 FROM users "  # a column named here
            f"ON CONFLICT (user_id, date) DO UPDATE SET {column} = excluded.{column}",
            value,
        )
    await connection.close()


async def test_what_is_left_stands_under_the_box(doors: Doors) -> None:
    """Messages and tokens of the day, on the start page and in a chat, one less after each message."""
    ada = doors[0]
    assert "1,000 of 1,000 messages left today" in (await ada.get("/")).text
    chat = (await ada.post("/", {"message": "hello"})).headers["location"]
    page = (await ada.get(chat)).text
    assert "999 of 1,000 messages left today" in page
    assert "5,000,000 of 5,000,000 tokens left today" in page


async def test_what_is_used_up_says_when_it_resets(doors: Doors, database_url: str) -> None:
    """Little is marked; nothing left says when there is more, and so does the refusal."""
    ada = doors[0]
    await _use(database_url, message_count=1_000)
    page = (await ada.get("/")).text
    assert 'class="low">0 of 1,000 messages left today' in page
    assert "Resets at" in page
    refused = (await ada.post("/", {"message": "one more"})).text
    assert "resets at" in refused.lower()
    assert "one more" in refused


async def test_who_has_no_limit_sees_none(doors: Doors, database_url: str) -> None:
    """An administrator's box has no such line."""
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE users SET role = 'ADMIN'")
    await connection.close()
    assert (await users.actor_by_email("ada@example.com", "web")).is_admin
    assert "left today" not in (await doors[0].get("/")).text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_guide_understands_every_starter(language: str) -> None:
    """What a starter sends is in the reader's language, and asks the guide for the same in each."""
    sent = [message for message, _, _ in starters(language)]
    assert [[one.verb.tool for one in intents(message, Memory())] for message in sent] == [["endpoint_create"], ["endpoint_list"], ["capture_explain"], []]


async def test_the_switch_for_tools_holds_for_what_is_sent(doors: Doors) -> None:
    """Reading only has no tool that changes, none has none; what waits in the queue keeps its own; anything else is all of them."""
    ada = doors[0]
    chat = (await ada.post("/", {"message": "capture the demo API", "tools": "read"})).headers["location"]
    for tools, message in (("none", "list my APIs"), ("", "capture the demo API"), ("nonsense", "list my APIs")):
        await ada.post(f"{chat}/messages", {"message": message, "tools": tools}, at=chat)
    async with asyncio.timeout(60):
        while "data-run" in (page := (await ada.get(chat)).text) or page.count('class="message assistant"') < 4:
            await asyncio.sleep(0.05)
    first, second, third, fourth = re.findall(r'class="message assistant".*?</article>', page, re.DOTALL)
    assert "not available here" in first
    assert "Tools are switched off" in second
    assert "is being captured" in third
    assert 'class="badge good"' in fourth


async def test_asking_about_a_thing_and_having_it_explained(doors: Doors) -> None:
    """`Ask about this` puts words for the guide, or an `@` for a model, into a new chat's box; `Explain` sends them."""
    ada = doors[0]
    await ada.post("/apis", {"destination_url": "demo"})
    asked = await ada.post("/ask", {"about": "demo-shop"})
    assert ">show the calls of demo-shop</textarea>" in asked.text
    added = await ada.post("/settings/providers", {"name": "near", "base_url": "http://127.0.0.1:11434/v1", "default_model": "m"}, at="/settings/keys")
    assert added.status_code == 303, added.text
    asked = await ada.post("/ask", {"about": "demo-shop"})
    assert ">@demo-shop </textarea>" in asked.text

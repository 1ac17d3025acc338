"""All of one's data: taken away without a secret in it, deleted with nothing left but what must stay."""

import io
import json
import zipfile
from datetime import UTC, datetime

import asyncpg
import pytest

from agent import endpoints, my_data
from agent.accounts import tokens, users
from agent.actor import Actor
from agent.conversation import attachments, chats, prompts
from agent.errors import Problem
from agent.recorder import Heard, body_of, store_heard
from agent.spec.readers import har

SECRET = "sk-ant-api03-" + "Zq7rT2mX9vB4" * 6


async def _user(email: str) -> Actor:
    profile = await users.sign_up(email, "correct horse")
    return users.actor_of(profile.id, "USER", email, "web")


async def _belongings(actor: Actor, *, calls: int = 3) -> None:
    started = await chats.post(actor, f"use {SECRET}", provider="builtin", model="guide")
    await chats.set_title(started.chat_session_id, "../../etc/passwd")
    await prompts.save(actor, "greet", f"Hello {{{{name}}}} {SECRET}")
    await attachments.store(actor, "../notes.txt", f"token={SECRET}".encode())
    await tokens.create(actor, "laptop")
    api = await endpoints.insert_known(actor, "https://shop.example.com", "Shop")
    heard = [
        Heard(
            endpoint_id=api, user_id=actor.user_id, source="import", method="GET", url=f"https://shop.example.com/items/{n}?api_key={SECRET}",
            request_headers=[("authorization", f"Bearer {SECRET}")], request=body_of(b"", 1000), status=200, response_headers=[("content-type", "application/json")],
            response=body_of(json.dumps({"id": n, "password": SECRET}).encode(), 1000), started_at=datetime.now(UTC), duration_ms=3.0,
        )
        for n in range(calls)
    ]  # fmt: skip
    await store_heard(heard)


async def _archive(actor: Actor) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in my_data.archive(actor)])))


async def test_the_archive_holds_everything_and_no_secret(database: asyncpg.Pool) -> None:
    """Chats, prompts, files and calls are in it, in forms that can be imported; a secret planted in each is not."""
    ada = await _user("ada@example.com")
    await _belongings(ada)
    archive = await _archive(ada)
    assert archive.testzip() is None
    names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"README.txt", "account", "chats", "apis", "files"}
    assert not [name for name in names if ".." in name or name.startswith("/")]
    for name in names:
        assert SECRET not in archive.read(name).decode(), name
    calls = archive.read("apis/shop/calls.har")
    assert [exchange.url.partition("?")[0] for exchange in har.read(io.BytesIO(calls))] == [f"https://shop.example.com/items/{n}" for n in range(3)]
    assert json.loads(archive.read("account/prompts.json"))[0]["name"] == "greet"
    assert "password_hash" not in archive.read("account/account.json").decode()


async def test_no_table_of_a_user_is_forgotten(database: asyncpg.Pool) -> None:
    """Every table with rows of a user is in a file of the archive, or it is said why not."""
    rows = await database.fetch(
        "SELECT t.table_name AS t FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE column_name = 'user_id' AND table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'api\\_calls\\_%'"
    )
    statements = " ".join([*my_data.LISTS.values(), "chat_sessions chat_messages endpoints api_calls attachments"])
    forgotten = {row["t"] for row in rows if row["t"] not in statements} - set(my_data.NOT_TAKEN)
    assert not forgotten


async def test_deleting_leaves_the_account_and_the_ledger(database: asyncpg.Pool) -> None:
    """Nothing that was said, captured or stored is left; credits, audit, sign-ins and another user's things are."""
    ada, bob = await _user("ada@example.com"), await _user("bob@example.com")
    await _belongings(ada)
    await _belongings(bob, calls=1)
    gone = await my_data.delete(ada)
    assert (gone.rows["api_calls"], gone.rows["chat_sessions"], gone.rows["endpoints"], gone.rows["prompts"], gone.rows["attachments"]) == (3, 1, 1, 1, 1)
    left = {}
    for row in await database.fetch("SELECT table_name AS t FROM information_schema.columns WHERE column_name = 'user_id' AND table_schema = 'public'"):
        if count := await database.fetchval(f"SELECT count(*) FROM {row['t']} WHERE user_id = $1", ada.user_id):
            left[row["t"]] = count
    assert set(left) == {"api_tokens", "audit_logs", "credit_transactions", "usage"}
    assert (await users.get(ada, ada.user_id)).credits == 100
    assert len((await chats.list_(bob)).items) == 1
    assert await database.fetchval("SELECT count(*) FROM api_calls WHERE user_id = $1", bob.user_id) == 1
    assert not await database.fetch("SELECT * FROM credit_mismatches")


async def test_a_demo_account_deletes_nothing(database: asyncpg.Pool) -> None:
    """It is shared by strangers."""
    ada = await _user("ada@example.com")
    with pytest.raises(Problem):
        await my_data.delete(users.actor_of(ada.user_id, "DEMO", "ada@example.com", "web"))

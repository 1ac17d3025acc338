"""A new key for everything that is sealed, while others read and write."""

import asyncio

import asyncpg
import pytest

from agent import ai_providers, config, crypto, health, keys, rotation
from agent.accounts import mfa, users
from agent.recorder import Heard, row_of, store
from db.ids import uuid7


@pytest.fixture
async def sealed(database: asyncpg.Pool) -> None:
    """A provider key, a second factor, and captured calls."""
    await ai_providers.ensure_built_in()
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "web")
    await keys.add(actor, "anthropic", "sk-ant-canary-0123456789")
    await mfa.enrol(actor)
    await database.execute("INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $1, 'api', 'api', 'http://x.example')", profile.id)
    heard = Heard(profile.id, profile.id, "GET", "http://x.example/", status=200, request_headers=[("Authorization", "Bearer canary")])
    await store([row_of(heard, uuid7()) for _ in range(450)])


async def test_everything_is_under_the_new_key(database: asyncpg.Pool, sealed: None) -> None:
    """And a second run finds nothing to do."""
    crypto.add_key()
    told: list[str] = []
    found = await rotation.rotate(told.append)
    assert found == rotation.Rotated(902, 0, 0)
    assert len(told) == len(rotation.PLACES) + 1
    assert await rotation.rotate() == rotation.Rotated(0, 902, 0)
    for row in await database.fetch("SELECT request_headers FROM api_calls"):
        assert crypto.is_newest(row["request_headers"])


async def test_a_lost_key_is_noticed(database: asyncpg.Pool, sealed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is overwritten; not with the old key beside the new one, and not where nothing is sealed."""
    old = crypto.add_key()
    assert not await rotation.is_key_lost()
    monkeypatch.setenv("WIRETALK_SECRET_KEY", "quite another key than before")
    config.settings.cache_clear()
    assert old not in crypto.fingerprints()
    assert await rotation.is_key_lost()
    lost = [fact for fact in await health.facts() if fact.is_good is False]
    assert [fact.name for fact in lost if fact.advice == health.LOST_KEY] == ["Encryption keys"]
    monkeypatch.delenv("WIRETALK_SECRET_KEY")
    config.settings.cache_clear()
    assert not await rotation.is_key_lost()
    await database.execute("TRUNCATE provider_keys, user_mfa, api_calls CASCADE")
    crypto.forget()
    assert not await rotation.is_key_lost()


async def test_reading_goes_on_meanwhile(database: asyncpg.Pool, sealed: None) -> None:
    """No read fails in the middle, and what is written meanwhile is under the new key at once."""
    stop = asyncio.Event()
    failed: list[str] = []

    async def read() -> int:
        count = 0
        while not stop.is_set():
            row = await database.fetchrow("SELECT id, encrypted_key FROM provider_keys")
            assert row is not None
            try:
                assert crypto.unseal(row["encrypted_key"], f"provider_keys:{row['id']}") == b"sk-ant-canary-0123456789"
            except crypto.Unsealable as error:
                failed.append(str(error))
            count += 1
        return count

    reader = asyncio.create_task(read())
    crypto.add_key()
    await rotation.rotate()
    stop.set()
    assert await reader > 3
    assert failed == []
    assert crypto.is_newest(crypto.seal(b"x", "somewhere"))


async def test_what_opens_under_no_key_is_counted_and_left(database: asyncpg.Pool, sealed: None) -> None:
    """Nothing is destroyed for it."""
    await database.execute("UPDATE provider_keys SET encrypted_key = '\\x00112233'")
    crypto.add_key()
    assert (await rotation.rotate()).lost == 1
    assert await database.fetchval("SELECT encrypted_key FROM provider_keys") == bytes.fromhex("00112233")

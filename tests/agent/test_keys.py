"""Keys: limits under parallel runs, lending to everybody or by name, taking back, receipts, the order of choice, no trace of a secret."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from agent import ai_providers, egress, keys
from agent.accounts import users
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.keys import KeyChange
from agent.messages import Message, Text
from agent.providers import catalogue
from agent.providers.base import Finish, ModelRequest
from tests import live, replay

CANARY = "sk-canary-0123456789abcdef-9f3a"


async def _user(email: str, role: Any = "USER") -> Actor:
    profile = await users.sign_up(email, "correct horse", role=role)
    return users.actor_of(profile.id, role, email, "api")


@pytest.fixture(autouse=True)
async def _close_clients() -> AsyncIterator[None]:
    yield
    await egress.close()


@pytest.fixture
async def ann(database: asyncpg.Pool) -> Actor:
    await ai_providers.ensure_built_in()
    return await _user("ann@example.com")


@pytest.fixture
async def bob(ann: Actor) -> Actor:
    return await _user("bob@example.com")


@pytest.fixture
async def server(ann: Actor) -> Any:
    """A provider for all, with nobody behind its address."""
    return await ai_providers.add(
        await _user("root@example.com", "ADMIN"), "team", [f"http://127.0.0.1:{live.free_port()}/v1"], default_model="m", for_all=True
    )


async def test_a_limit_holds_under_two_hundred_runs(ann: Actor, bob: Actor, server: Any) -> None:
    """Of 200 parallel requests on a lent key with 50 an hour exactly 50 pass; the others hear when it is free again."""
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(is_shared=True, requests_per_hour=50))
    found = await asyncio.gather(*(keys.take(actor, "team", None) for actor in (ann, bob) for _ in range(100)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Problem)]
    assert len(found) - len(refused) == 50
    assert {problem.code for problem in refused} == {"key_limit"}
    assert "free again at" in refused[0].remedy
    assert 0 < refused[0].extra["retry_after"] <= 3600
    assert sum(receipt.requests for receipt in await keys.receipts(ann, key.id)) == 50


async def test_the_day_counts_too(ann: Actor, server: Any) -> None:
    """A daily limit refuses when the hourly one would not."""
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(requests_per_hour=5, requests_per_day=2))
    for _ in range(2):
        await keys.take(ann, "team", None)
    with pytest.raises(Problem, match="2 requests a day"):
        await keys.take(ann, "team", None)


async def test_lending_by_name(ann: Actor, bob: Actor, server: Any) -> None:
    """A key lent to named users serves these alone, and no borrower sees anything of it but its name."""
    eve = await _user("eve@example.com")
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(shared_with=["BOB@example.com"]))
    assert (await keys.take(bob, "team", None)).source == "lent to you"
    assert await keys.list_(eve) == []
    with pytest.raises(Problem, match="no key"):
        await keys.take(eve, "team", None)
    lent = (await keys.list_(bob))[0]
    assert (lent.last4, lent.shared_with, lent.is_own) == ("", [], False)
    assert (await keys.list_(ann))[0].shared_with == ["bob@example.com"]
    with pytest.raises(Problem, match="no user"):
        await keys.update(ann, key.id, KeyChange(shared_with=["nobody@example.com"]))


async def test_taking_back_stops_the_next_step(ann: Actor, bob: Actor, server: Any) -> None:
    """A run that has the key loses it before its next step."""
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(is_shared=True))
    await keys.take(bob, "team", None)
    await keys.update(ann, key.id, KeyChange(is_shared=False))
    with pytest.raises(Problem) as raised:
        await keys.take(bob, "team", None)
    assert raised.value.code == "no_key"


async def test_receipts_by_borrower(ann: Actor, bob: Actor, server: Any) -> None:
    """The owner, and nobody else, sees who spent what."""
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(is_shared=True))
    for actor, tokens in ((ann, 10), (bob, 2000)):
        await keys.take(actor, "team", None)
        await keys.note_use(actor, key.id, tokens, tokens * 3)
    shown = [(one.user, one.is_owner, one.requests, one.tokens, one.cost) for one in await keys.receipts(ann, key.id)]
    assert shown == [("bob@example.com", False, 1, 2000, 0.006), ("ann@example.com", True, 1, 10, 0.00003)]
    with pytest.raises(Problem, match="no key"):
        await keys.receipts(bob, key.id)


async def test_the_order_of_choice(ann: Actor, bob: Actor, server: Any) -> None:
    """One's own key first, then one lent by name, then one lent to everybody; a full one is passed over."""
    common, named, own = [await keys.add(actor, "team", CANARY, name) for actor, name in ((ann, "common"), (ann, "named"), (bob, "own"))]
    await keys.update(ann, common.id, KeyChange(is_shared=True))
    await keys.update(ann, named.id, KeyChange(shared_with=["bob@example.com"]))
    await keys.update(bob, own.id, KeyChange(requests_per_hour=1))
    assert [(c.source, c.name) for c in await keys.order(bob, "team")] == [("own", "own"), ("lent to you", "named"), ("lent to everybody", "common")]
    assert [(await keys.take(bob, "team", None)).key_name for _ in range(2)] == ["own", "named"]
    assert (await keys.order(bob, "team"))[0].free_at is not None


async def test_the_operators_key_comes_last(ann: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's key is offered for the built-in provider, marked, and only where there is no other."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-operator-0123456789")
    settings.cache_clear()
    assert [c.source for c in await keys.order(ann, "openai")] == ["operator"]
    assert next(p for p in await ai_providers.list_(ann) if p.name == "openai").by_operator
    assert (await keys.take(ann, "openai", None)).connection.api_key == "sk-operator-0123456789"


async def test_a_refused_key_is_not_stored(ann: Actor) -> None:
    """Adding a key asks its server; where that says no, the sentence says so and nothing is kept."""
    with replay.serve(models=replay.Reply(status=401, json={"error": {"message": "Incorrect API key provided"}})) as upstream:
        await ai_providers.add(ann, "mine", [upstream.openai], default_model="m")
        with pytest.raises(Problem) as raised:
            await keys.add(ann, "mine", CANARY)
    assert raised.value.code == "provider_auth"
    assert CANARY not in raised.value.sentence()
    assert await keys.list_(ann) == []


async def test_a_good_key_brings_the_models(ann: Actor) -> None:
    """The list that the test of a new key gave is kept, and *Test* asks a model for a word."""
    with replay.serve([{"text": "OK"}], models=("m-1", "m-2")) as upstream:
        await ai_providers.add(ann, "mine", [upstream.openai])
        await keys.add(ann, "mine", CANARY)
        assert (await ai_providers.find(ann, "mine")).models == ["m-1", "m-2"]
        found = await keys.test(ann, "mine")
    assert found.ok, found.sentence
    assert found.model == "m-1"


async def test_no_trace_of_a_key(ann: Actor, bob: Actor, server: Any, database: asyncpg.Pool, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither values, errors, output nor any table but its sealed column holds a key."""
    key = await keys.add(ann, "team", CANARY)
    await keys.update(ann, key.id, KeyChange(is_shared=True, requests_per_hour=1))
    choice = await keys.take(bob, "team", None)
    assert choice.connection.api_key == CANARY
    with pytest.raises(Problem) as raised:
        await keys.take(bob, "team", None)
    told = [repr(choice), repr(choice.connections), repr(await keys.list_(ann)), repr(await keys.order(bob, "team")), json.dumps(raised.value.document())]
    told += [repr(await keys.test(ann, "team")), *capsys.readouterr()]
    tables = await database.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for row in tables:
        told += [str(found) for found in await database.fetch(f'SELECT t::text FROM "{row["tablename"]}" t')]
    assert not [text for text in told if CANARY in text]


async def test_addresses_are_tried_in_their_order(ann: Actor) -> None:
    """Where the first address of a provider is dead, the second answers, and for a while the first is not tried first again."""
    with replay.serve([{"text": "OK"}], [{"text": "OK"}]) as upstream:
        dead = f"http://127.0.0.1:{live.free_port()}/v1"
        await ai_providers.add(ann, "two", [dead, upstream.openai], default_model="m", requires_auth=False)
        choice = await keys.take(ann, "two", None)
        request = ModelRequest("m", "", (Message("user", (Text("hello"),)),))
        for _ in range(2):
            events = [event async for event in catalogue.answer(choice.connections, request)]
            assert events[-1] == Finish("stop")
        assert len(upstream.requests) == 2
        told = await keys.test(ann, "two")
    assert dead in told.sentence


async def test_a_new_address_does_not_inherit_keys(ann: Actor, bob: Actor, server: Any) -> None:
    """Whoever gave a key gave it for a server: who changes that, an administrator or a program with a token, gets none of the keys, and not their own."""
    await keys.add(ann, "team", CANARY)
    root = await users.actor_by_email("root@example.com")
    with pytest.raises(Problem):
        await ai_providers.update(bob, server.id, ai_providers.ProviderChange(base_urls=["http://127.0.0.1:8999/v1"]))
    await keys.add(root, "team", CANARY)
    await ai_providers.update(root, server.id, ai_providers.ProviderChange(base_urls=[server.base_urls[0] + "/beta"]))
    assert await keys.list_(ann), "the same server"
    await ai_providers.update(root, server.id, ai_providers.ProviderChange(base_urls=["http://127.0.0.1:8999/v1"]))
    assert await keys.list_(ann) == await keys.list_(root) == []


async def test_without_a_model_the_servers_first_is_taken(ann: Actor, bob: Actor) -> None:
    """A server that was added and never tested answers at once, with and without a key; one that has no model says so."""
    with replay.serve(models=("m-1", "m-2")) as upstream:
        await ai_providers.add(ann, "open", [upstream.openai], requires_auth=False)
        assert (await keys.take(ann, "open", None)).model == "m-1"
        assert (await ai_providers.find(ann, "open")).models == ["m-1", "m-2"]
        await keys.take(ann, "open", None)
        assert len(upstream.others) == 1
        assert (await keys.take(ann, "open", "m-9")).model == "m-9"
    with replay.serve(models=()) as upstream:
        await ai_providers.add(bob, "empty", [upstream.openai])
        await keys.add(bob, "empty", CANARY)
        with pytest.raises(Problem, match="`empty` has no model"):
            await keys.take(bob, "empty", None)


async def test_the_query_of_a_base_url_goes_with_every_request(ann: Actor) -> None:
    """Such as `api-version`; a fragment is never sent, so it is refused."""
    with pytest.raises(Problem, match="never sent") as raised:
        await ai_providers.add(ann, "odd", ["http://127.0.0.1:8999/v1#x"])
    assert raised.value.code == "invalid_url"
    with replay.serve(models=("m-1",)) as upstream:
        await ai_providers.add(ann, "versioned", [f"{upstream.openai}?api-version=2024-10&empty="])
        await keys.add(ann, "versioned", CANARY)
        assert (await keys.take(ann, "versioned", None)).model == "m-1"
        path, _, query = upstream.others[-1].path.partition("?")
        assert path.endswith("/v1/models") and query == "api-version=2024-10&empty="

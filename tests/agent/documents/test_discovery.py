"""Discovery over stored captures: nothing is read twice, and nothing that comes late is missed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from agent import endpoints
from agent.accounts import users
from agent.documents import discovery
from agent.endpoints import Endpoint
from agent.recorder import Heard, body_of, row_of, store
from db.ids import uuid7


@pytest.fixture
async def endpoint(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """One of a user's."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    return await endpoints.create(users.actor_of(profile.id, "USER", profile.email, "api"), "http://127.0.0.1:9999", name="things")


async def _heard(endpoint: Endpoint, path: str, call_id: UUID | None = None) -> None:
    owner = (await users.actor_by_email("ada@example.com")).user_id
    headers = [("Content-Type", "application/json")]
    heard = Heard(endpoint.id, owner, "GET", f"http://127.0.0.1:9999{path}", status=200, response_headers=headers, response=body_of(b'{"id": 1}', 1000))
    await store([row_of(heard, call_id or uuid7())])


def _paths(found: discovery.Discovery) -> set[str]:
    return {operation.template for operation in found.spec.operations}


async def test_what_is_new_is_added(endpoint: Endpoint) -> None:
    """The count and the revision follow; without news nothing changes."""
    await _heard(endpoint, "/things")
    first = await discovery.update(endpoint)
    assert (_paths(first), first.calls, first.revision) == ({"/things"}, 1, 1)
    assert (await discovery.update(endpoint)).revision == 1
    await _heard(endpoint, "/people")
    second = await discovery.update(endpoint)
    assert (_paths(second), second.calls, second.revision) == ({"/things", "/people"}, 2, 2)


async def test_a_call_that_comes_late_is_not_missed(endpoint: Endpoint) -> None:
    """It was heard before the last one, and stored after: by another worker, or after an outage."""
    early = uuid7()
    await _heard(endpoint, "/things")
    assert _paths(await discovery.update(endpoint)) == {"/things"}
    await _heard(endpoint, "/late", early)
    found = await discovery.update(endpoint)
    assert (_paths(found), found.calls) == ({"/things", "/late"}, 2)
    assert (await discovery.update(endpoint)).revision == found.revision


async def test_a_path_that_only_begins_like_the_base_is_kept_whole(database: asyncpg.Pool) -> None:
    """`/v10` is not below `/v1`: an import may hold both."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    below = await endpoints.create(users.actor_of(profile.id, "USER", profile.email, "api"), "http://127.0.0.1:9999/v1", name="things")
    await _heard(below, "/v1/things")
    await _heard(below, "/v10/people")
    assert _paths(await discovery.update(below)) == {"/things", "/v10/people"}


async def test_deleted_calls_stay_in_what_was_learnt(endpoint: Endpoint, database: asyncpg.Pool) -> None:
    """Retention takes the captures, not the documentation; what comes then is added as ever."""
    await _heard(endpoint, "/things")
    await discovery.update(endpoint)
    await database.execute("DELETE FROM api_calls WHERE timestamp < $1", datetime.now(UTC) + timedelta(seconds=5))
    await _heard(endpoint, "/people")
    assert _paths(await discovery.update(endpoint)) == {"/things", "/people"}

"""What an owner sets for an endpoint: kept, obeyed, and its secrets never shown."""

from uuid import UUID

import asyncpg
import msgspec
import pytest

from agent import controls, endpoints
from agent.accounts import users
from agent.actor import Actor
from agent.controls import ControlsChange, Header
from agent.errors import Problem
from agent.recorder import PathFilter, Secrets
from web.proxy import lookup


@pytest.fixture
async def owned(database: asyncpg.Pool) -> tuple[Actor, UUID]:
    """Somebody and their endpoint."""
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    return actor, (await endpoints.create(actor, "http://127.0.0.1:8999/")).id


async def test_an_injected_key_is_sealed_and_hidden(owned: tuple[Actor, UUID], database: asyncpg.Pool) -> None:
    """The data plane has its value, the owner sees its end, the table and the audit have nothing of it."""
    actor, endpoint = owned
    made = await controls.update(actor, endpoint, ControlsChange(inject_headers=[Header("X-Api-Key", "sk_live_0123456789abcdef"), Header("X-Team", "blue")]))
    assert "sk_live" not in msgspec.json.encode(made).decode()
    assert made.inject_headers[0].shown.endswith("cdef")
    route = await lookup.find(str(endpoint))
    assert route is not None
    assert route.inject_headers == [("X-Api-Key", "sk_live_0123456789abcdef"), ("X-Team", "blue")]
    kept = await controls.update(actor, endpoint, ControlsChange(inject_headers=[Header("X-Api-Key")]))
    assert [header.name for header in kept.inject_headers] == ["X-Api-Key"]
    for table in ("endpoints", "audit_logs"):
        assert not await database.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%sk_live%'")


async def test_limits_go_back_to_the_servers(owned: tuple[Actor, UUID]) -> None:
    """What is left out stays, and 0 means the default."""
    actor, endpoint = owned
    wish = ControlsChange(timeout_s=2.5, body_limit=1000, rate_limit=60, allowed_methods=["get", "POST", "get"], sampling=0.5, mock_when_down=True)
    made = await controls.update(actor, endpoint, wish)
    assert (made.timeout_s, made.body_limit, made.rate_limit, made.sampling, made.mock_when_down) == (2.5, 1000, 60, 0.5, True)
    assert made.allowed_methods == ["GET", "POST"]
    made = await controls.update(actor, endpoint, ControlsChange(timeout_s=0, paths=PathFilter(exclude=("/health*",)), secrets=Secrets(body="drop")))
    assert (made.timeout_s, made.body_limit, made.paths.exclude, made.secrets.body) == (None, 1000, ("/health*",), "drop")


@pytest.mark.parametrize(
    ("name", "value"), [("Host", "x"), ("Content-Length", "1"), ("a b", "x"), ("x", "a\r\nb: c"), ("x", None), ("x", "日本"), ("transfer-encoding", "chunked")]
)
async def test_what_would_break_the_framing_is_refused(owned: tuple[Actor, UUID], name: str, value: str | None) -> None:
    """With the header's name, and nothing is stored."""
    with pytest.raises(Problem) as refused:
        await controls.update(*owned, ControlsChange(inject_headers=[Header(name, value)]))
    assert refused.value.code == "invalid_arguments"
    assert (await controls.get(*owned)).inject_headers == []


async def test_a_stranger_finds_nothing(owned: tuple[Actor, UUID]) -> None:
    """Neither to read nor to change."""
    other = await users.sign_up("bob@example.com", "correct horse")
    bob = users.actor_of(other.id, "USER", other.email, "api")
    for work in (controls.get(bob, owned[1]), controls.update(bob, owned[1], ControlsChange(sampling=0.1))):
        with pytest.raises(Problem) as refused:
            await work
        assert refused.value.code == "endpoint_not_found"

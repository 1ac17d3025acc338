"""The list of URLs through every door that reaches an address which somebody chose, except the proxy's own, which has its test beside it."""

import itertools
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from agent import ai_providers, config, egress, endpoints, keys, operations, remote_mcp
from agent.accounts import grants, identity_providers, users
from agent.actor import Actor
from agent.calls import resending
from agent.calls.resending import Edits
from agent.documents import docs
from agent.egress import addresses, clients, network, rules
from agent.errors import Problem
from agent.recorder import Heard, store_heard
from agent.spec.calling import Arguments
from db.ids import uuid7

Door = Callable[[str], Awaitable[object]]
_DOCUMENT = b'{"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": {"responses": {"200": {"description": "x"}}}}}}'
FOLLOWED_NOWHERE = "redirect"  # the first address may be reached; where it points to is an answer, and nothing more


@pytest.mark.usefixtures("public_server")
@pytest.mark.timeout(300)
async def test_every_line_through_every_door(url_lines: list[Any], world: Any, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """A refused line is answered with its rule and makes no connection; an allowed one makes one, to a public address; a rebound name none to its second."""
    _own_world(world, monkeypatch)
    profile = await users.sign_up("ada@example.com", "correct horse")
    doors = await _doors(users.actor_of(profile.id, "USER", profile.email, "web"), database, monkeypatch)
    wrong, cells = list[str](), 0  # a client's document has a path and TLS, which the allowed lines have not
    for line, (name, door) in itertools.product(url_lines, doors.items()):
        world.dialled.clear()
        world.lookups.clear()
        refusal = await _refusal(door, line.url)
        cells += 1
        is_refused = line.verdict == "REFUSE" and line.stage != FOLLOWED_NOWHERE
        if not all(addresses.is_public(ip_address(one)) and ip_address(one) != ip_address(world.own) for one in world.dialled):
            wrong.append(f"{name}: {line.url} dialled {world.dialled}")
        elif is_refused and (world.dialled or not refusal):
            wrong.append(f"{name}: {line.url} should be refused, dialled {world.dialled}, said {refusal}")
        elif line.verdict == "ALLOW" and not name.startswith("save") and not world.dialled and name != "client document":
            wrong.append(f"{name}: {line.url} should be reached, said {refusal}")
        elif line.verdict == "ALLOW" and name.startswith("save") and refusal:
            wrong.append(f"{name}: {line.url} should be taken, said {refusal}")
    await egress.close()
    assert not wrong, "\n".join(wrong[:40])
    with capsys.disabled():
        print(f"\n{len(url_lines)} URLs through {len(doors)} doors: {cells} cells, no forbidden connection")


def _own_world(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names no network gets the test's name server and connections."""
    monkeypatch.setattr(network.resolve, "__defaults__", (world.network,))
    monkeypatch.setattr(clients.new_client, "__defaults__", (world.network,))
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.02)
    monkeypatch.setattr(rules, "_own_addresses", lambda: frozenset({ip_address(world.own)}))


async def _refusal(door: Door, url: str) -> str:
    """What the door said; empty where it went ahead."""
    try:
        return str(await door(url) or "")
    except Problem as problem:
        return problem.code
    except (grants.OauthError, asyncpg.PostgresError) as error:  # a client's document; a text that no table takes
        return type(error).__name__


async def _doors(ada: Actor, database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> dict[str, Door]:
    """Saving asks first; using comes upon an address that is in the table already, however it got there."""
    numbers = itertools.count()
    captured = await endpoints.insert_known(ada, "http://good.example", "Captured")
    call = uuid7()
    await store_heard(
        [Heard(endpoint_id=captured, user_id=ada.user_id, method="GET", url="http://good.example/x", status=200, started_at=datetime.now(UTC))], [call]
    )
    await docs.give(ada, captured, _DOCUMENT)
    provider = (await ai_providers.add(ada, "used", ["http://good.example"], requires_auth=False, default_model="m")).id
    server = (await remote_mcp.connect(ada, "http://good.example/mcp", "used")).id

    async def points_to(url: str) -> None:
        _readable(url)
        await database.execute("UPDATE endpoints SET destination_url = $2 WHERE id = $1", captured, url)

    async def replay(url: str) -> object:
        await points_to(url)
        return (await resending.send(ada, call, Edits(url="/x"))).error

    async def operation_call(url: str) -> object:
        await points_to(url)
        await operations.call(ada, "GET /x", Arguments(), str(captured))
        return None

    async def save_endpoint(url: str) -> object:
        await _forget(database, "endpoints", (await endpoints.create(ada, url)).id)
        return None

    async def save_provider(url: str) -> object:
        await _forget(database, "ai_providers", (await ai_providers.add(ada, f"p{next(numbers)}", [url])).id)
        return None

    async def test_provider(url: str) -> object:
        _readable(url)
        await database.execute("UPDATE ai_providers SET base_urls = ARRAY[$2] WHERE id = $1", provider, url)
        return (await keys.test(ada, str(provider))).code

    async def save_server(url: str) -> object:
        await _forget(database, "mcp_servers", (await remote_mcp.connect(ada, url, f"s{next(numbers)}")).id)
        return None

    async def test_server(url: str) -> object:
        _readable(url)
        await database.execute(
            "UPDATE mcp_servers SET connection_config = jsonb_set(connection_config::jsonb, '{url}', to_jsonb($2::text)) WHERE id = $1", server, url
        )
        return (await remote_mcp.test(ada, server)).last_error

    async def issuer(url: str) -> object:
        monkeypatch.setattr(identity_providers, "settings", lambda: _with_issuer(url))
        return (await identity_providers.service("oidc")).issuer

    async def client_document(url: str) -> object:
        return (await grants.look(url)).name

    return {
        "save endpoint": save_endpoint,
        "save provider": save_provider,
        "save server": save_server,
        "replay": replay,
        "operation_call": operation_call,
        "test provider": test_provider,
        "test server": test_server,
        "issuer": issuer,
        "client document": client_document,
    }


def _readable(url: str) -> None:
    """What no reader of addresses takes came into no row, whatever the door of its time let in."""
    try:
        urlsplit(url)
    except ValueError as error:
        raise Problem("invalid_url", "") from error


def _with_issuer(url: str) -> config.Settings:
    return config.settings().model_copy(update={"oidc_issuer": url, "oidc_client_id": "x", "oidc_client_secret": config.SecretStr("x")})


async def _forget(database: asyncpg.Pool, table: str, id_: UUID) -> None:
    await database.execute(f"DELETE FROM {table} WHERE id = $1", id_)

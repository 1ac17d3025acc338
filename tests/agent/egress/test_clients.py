"""The guarded HTTP client and redirects, against a listener of our own."""

import asyncio
from typing import Any

import httpx2
import pytest

from agent.egress import clients, fetch, http_client, network, new_client, rules
from agent.errors import Problem


@pytest.mark.usefixtures("public_server")
async def test_every_line_through_the_client(url_lines: list[Any], world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list once more through the client that everything but the proxy uses, redirects followed: no forbidden connection."""
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.05)
    monkeypatch.setattr(rules, "_own_addresses", lambda: frozenset({network.ip_address(world.own)}))
    wrong: list[str] = []
    for line in url_lines:
        world.is_tls = line.url.startswith("https")
        world.dialled.clear()
        world.lookups.clear()
        async with new_client("call", world.network) as client:
            try:
                verdict = "ALLOW" if (await fetch(client, "GET", line.url)).status_code == 200 else "REFUSE"
            except (Problem, httpx2.InvalidURL):
                verdict = "REFUSE"
        if verdict != line.verdict.replace("PIN", "ALLOW") or not set(world.dialled) <= {"93.184.215.14", *_literals(line.url)}:
            wrong.append(f"{line.verdict} {line.url}: {verdict}, dialled {world.dialled}")
    assert wrong == []


@pytest.mark.usefixtures("public_server")
async def test_credentials_stay_at_their_origin(world: Any) -> None:
    """A redirect to another host is followed without `Authorization`, cookies or API keys."""
    async with new_client("call", world.network) as client:
        secret = {"authorization": "Bearer x", "cookie": "a=b", "x-api-key": "k", "accept": "text/plain"}
        answer = await fetch(client, "GET", "http://good.example/redirect?to=http://other.example/there", headers=secret)
    assert answer.status_code == 200
    first, second = world.requests
    assert first[1]["authorization"] == "Bearer x"
    assert second[0] == "/there"
    assert not {"authorization", "cookie", "x-api-key"} & set(second[1])
    assert second[1]["accept"] == "text/plain"


@pytest.mark.usefixtures("public_server")
async def test_a_body_is_not_carried_to_another_server(world: Any) -> None:
    """307 and 308 ask to send the body again; to another origin that is refused."""
    async with new_client("call", world.network) as client:
        with pytest.raises(Problem, match="take the body along"):
            await fetch(client, "POST", "http://good.example/redirect?code=307&to=http://other.example/", content=b"secret")
    assert len(world.requests) == 1


@pytest.mark.usefixtures("loopback_server")
async def test_the_client_is_shared_within_a_loop_and_closed_at_the_end() -> None:
    """One client per purpose; after `close` the next call gets a new one."""
    first = http_client("call")
    assert http_client("call") is first
    assert http_client("mcp") is not first
    await clients.close()
    assert first.is_closed
    assert http_client("call") is not first
    await clients.close()


@pytest.mark.usefixtures("loopback_server")
async def test_the_environment_sets_no_proxy(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`HTTP_PROXY` would take the connection past every check."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with new_client("call") as client:
        answer = await client.get(f"http://127.0.0.1:{world.port}/")
    assert answer.text == "ok\n"


@pytest.mark.usefixtures("public_server")
async def test_two_names_at_one_address_share_no_connection(world: Any) -> None:
    """The pool is by name: what one host may see was sent to that host."""
    async with new_client("call", world.network) as client:
        await asyncio.gather(client.get("http://good.example/"), client.get("http://a.good.example/"))
    assert sorted(headers["host"] for _, headers in world.requests) == ["a.good.example", "good.example"]


def _literals(url: str) -> set[str]:
    return {part for part in (url.partition("://")[2].partition("/")[0].strip("[]"),) if part and (part[0].isdigit() or ":" in part)}

"""Resolving, pinning and connecting, against a name server and listener of our own."""

import asyncio
from typing import Any

import pytest

from agent.egress import connect, network, parse, resolve, rules
from agent.errors import Problem

pytestmark = pytest.mark.usefixtures("public_server")


class _Noting(asyncio.Protocol):
    def __init__(self) -> None:
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport


async def test_every_line_of_the_list_connects_only_where_it_may(url_lines: list[Any], world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused lines make no connection at all; allowed and pinned ones exactly one, to the address that was checked."""
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.05)
    monkeypatch.setattr(rules, "_own_addresses", lambda: frozenset({network.ip_address(world.own)}))
    wrong: list[str] = []
    for line in url_lines:
        if line.stage == "redirect" or line.url.startswith("https"):
            continue
        world.dialled.clear()
        world.lookups.clear()
        try:
            made = await connect(parse(line.url), _Noting, world.network)
            made.transport.close()
        except Problem:
            pass
        wanted = 0 if line.verdict == "REFUSE" else 1
        if len(world.dialled) != wanted or "127.0.0.1" in world.dialled:
            wrong.append(f"{line.verdict} {line.url} dialled {world.dialled}")
    assert wrong == []


async def test_a_second_answer_of_the_name_server_changes_nothing(world: Any) -> None:
    """Rebinding: one look-up, and the connection goes to what it gave."""
    made = await connect(parse("http://rebind.test/"), _Noting, world.network)
    made.transport.close()
    assert (world.dialled, world.lookups["rebind.test"]) == (["93.184.215.14"], 1)


async def test_one_forbidden_address_refuses_the_name(world: Any) -> None:
    """A name with a public and a private address is not tried at the public one."""
    with pytest.raises(Problem, match="private or special") as refused:
        await resolve(parse("http://mixed.test/"), world.network)
    assert refused.value.code == "egress_refused"


@pytest.mark.parametrize("host", ["nx.test", "slow.test"])
async def test_a_name_without_an_answer_is_a_plain_failure(host: str, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such name, or a name server that is silent, is said in a sentence, soon."""
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.05)
    with pytest.raises(Problem, match="cannot be found") as failed:
        await resolve(parse(f"http://{host}/"), world.network)
    assert failed.value.code == "upstream_unreachable"

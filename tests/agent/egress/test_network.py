"""Resolving, pinning and connecting, against a name server and listener of our own."""

import asyncio
import socket
from typing import Any

import pytest

from agent.egress import connect, network, parse, resolve, rules
from agent.errors import Problem
from tests.agent.egress.conftest import GOOD, ZONE

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


@pytest.mark.parametrize(("host", "said"), [("nx.test", "`nx.test` cannot be found"), ("slow.test", "No name server answers for `slow.test`")])
async def test_a_name_without_an_answer_is_a_plain_failure(host: str, said: str, world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No such name, or a name server that is silent, is said in a sentence, soon."""
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.05)
    with pytest.raises(Problem, match=said) as failed:
        await resolve(parse(f"http://{host}/"), world.network)
    assert failed.value.code == "upstream_unreachable"


async def test_a_name_is_looked_up_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that is silent holds one thread of the resolver and not one for each call; who gives up takes it from nobody."""
    loop, asked, answers = asyncio.get_running_loop(), list[str](), asyncio.Event()

    async def silent(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        await answers.wait()
        return [(0, 0, 0, "", (GOOD, 0))]

    monkeypatch.setattr(loop, "getaddrinfo", silent)
    waiting = [asyncio.ensure_future(network.system_lookup("good.example")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    answers.set()
    assert await asyncio.gather(*waiting[1:]) == [[GOOD]] * 49
    assert asked == ["good.example"]


async def test_an_address_that_is_silent_holds_up_no_other(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As IPv6 on a network that leads nowhere: the next address of the name is tried, and the last has all the time there is."""
    monkeypatch.setattr(network, "_NEXT_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]  # its queue is full, and what comes now is not answered
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        silent = network.Network(
            world.network.lookup, lambda address, port: network.Route(*full.getsockname()) if address == "1.1.1.1" else world.network.route(address, port)
        )
        monkeypatch.setitem(ZONE, "both.example", ["1.1.1.1", GOOD])
        made = await asyncio.wait_for(connect(parse("http://both.example/"), _Noting, silent), 60)
        made.transport.close()
        for one in waiting:
            one.close()
    assert world.dialled == [GOOD]

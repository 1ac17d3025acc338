"""The list of addresses that must not be reached, through the proxy's own door, over HTTP and as a WebSocket: a listener counts connections."""

from ipaddress import ip_address
from typing import Any

import pytest

from agent.config import settings
from agent.egress import addresses, network, parse, rules
from tests.agent.egress import conftest as outside
from web.proxy import pool as pools

world, url_lines, public_server = outside.world, outside.url_lines, outside.public_server
_UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


async def test_no_forbidden_connection_is_made(url_lines: list[Any], world: Any, proxy: Any, public_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line as the destination of an endpoint: refused ones are answered by a problem without any connection, the others reach a checked address."""
    assert not settings().is_loopback_only
    monkeypatch.setattr(network, "_RESOLVE_SECONDS", 0.05)
    monkeypatch.setattr(rules, "_own_addresses", lambda: frozenset({network.ip_address(world.own)}))
    monkeypatch.setattr(pools.pool(), "_network", world.network)
    wrong: list[str] = []
    for line in url_lines:
        world.is_tls = line.url.startswith("https")
        proxy.set(destination=line.url)
        for headers in ("Connection: close\r\n", _UPGRADE):
            world.dialled.clear()
            world.lookups.clear()
            pools.pool().close()
            answer = await proxy.send(f"GET {proxy.path}/ HTTP/1.1\r\nHost: proxy.test\r\n{headers}\r\n".encode())
            wanted = 0 if line.verdict == "REFUSE" and line.stage != "redirect" else 1
            if len(world.dialled) != wanted or not all(addresses.is_public(ip_address(one)) for one in world.dialled):
                wrong.append(f"{line.verdict} {line.url} dialled {world.dialled}")
            if wanted and line.verdict != "REFUSE" and b"x-wiretalk-error: upstream_unreachable" in answer:
                wrong.append(f"{line.verdict} {line.url} was answered {answer[:200]!r}")
            if not wanted and b"x-wiretalk-error: " not in answer:
                wrong.append(f"{line.verdict} {line.url} was answered {answer[:60]!r}")
    assert wrong == []
    secure = [parse(line.url).host for line in url_lines if line.url.startswith("https")]
    assert (len(secure), world.named) == (5, [name for name in secure for _ in range(2)]), "TLS is for the name that was asked for"


async def test_a_certificate_for_another_name_is_refused(world: Any, proxy: Any, public_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address was checked and the handshake carried the right name, but whoever answers is somebody else."""
    world.is_tls = True
    monkeypatch.setattr(pools.pool(), "_network", world.network)
    proxy.set(destination="https://other.example/")
    answer = await proxy.get()
    assert answer.startswith(b"HTTP/1.1 502 ") and b"its certificate is not valid" in answer
    assert (world.named, world.requests) == (["other.example"], [])

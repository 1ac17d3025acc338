"""For aiohttp's connector: gives only checked addresses, so that the check and the connection cannot differ."""

import socket
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from agent.egress import network as net
from agent.egress.targets import Target


class PinnedResolver(AbstractResolver):
    """The connector asks it for names only; literal addresses are checked by `parse`."""

    def __init__(self, network: net.Network = net.SYSTEM) -> None:
        self._network = network

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        pinned = await net.resolve(Target("http", host.lower().removesuffix("."), port, "/"), self._network)
        return [_result(host, address, port) for address in pinned.addresses]

    async def close(self) -> None:
        return None


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)

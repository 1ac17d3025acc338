"""From a target to a connection: resolve, check every address, connect to what was checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import httpx2
from aiohttp.abc import AbstractResolver, ResolveResult

from agent.egress.policy import Pinned, Purpose, Target, check_address, parse
from agent.errors import Problem

Lookup = Callable[[str], Awaitable[list[str]]]
_RESOLVE_SECONDS = 5
_MOST_ADDRESSES = 32
_clients: dict[tuple[int, str], httpx2.AsyncClient] = {}


async def system_lookup(host: str) -> list[str]:
    """The addresses of a name, by the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


async def resolve(target: Target, lookup: Lookup = system_lookup) -> Pinned:
    """The checked addresses of a target. One forbidden address among them refuses the name. Raises egress_refused, upstream_unreachable."""
    try:
        ip_address(target.host)
        addresses = [target.host]
    except ValueError:
        try:
            addresses = await asyncio.wait_for(lookup(target.host), _RESOLVE_SECONDS)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise Problem("upstream_unreachable", f"The name `{target.host}` cannot be found.", remedy="Check its spelling and the network.", host=target.host) from error
    if not addresses or len(addresses) > _MOST_ADDRESSES:
        raise Problem("egress_refused", f"`{target.host}` may not be reached: it has {len(addresses)} addresses.", host=target.host)
    for address in addresses:
        check_address(target, ip_address(address))
    return Pinned(target, tuple(addresses))


class PinnedResolver(AbstractResolver):
    """For aiohttp: gives only checked addresses, so that the check and the connection cannot differ."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        pinned = await resolve(Target("http", host.lower().rstrip("."), port, ""), self._lookup)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET6 if ":" in address else socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
            )
            for address in pinned.addresses
        ]

    async def close(self) -> None:
        return None


class _Guarded(httpx2.AsyncBaseTransport):
    """Checks and pins each request; the name stays in `Host` and in the TLS handshake."""

    def __init__(self, purpose: Purpose) -> None:
        self._purpose = purpose
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        target = parse(str(request.url).partition("#")[0], self._purpose)
        pinned = await resolve(target)
        request.headers.setdefault("host", request.url.netloc.decode())
        request.extensions = {**request.extensions, "sni_hostname": target.host}
        request.url = request.url.copy_with(host=pinned.addresses[0])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def http_client(purpose: Purpose) -> httpx2.AsyncClient:
    """The guarded client of this process for a purpose. No redirects, nothing from the environment; reads may be silent for five minutes."""
    key = (id(asyncio.get_running_loop()), purpose)
    if key not in _clients:
        timeout = httpx2.Timeout(30, connect=10, read=300)
        _clients[key] = httpx2.AsyncClient(transport=_Guarded(purpose), timeout=timeout, follow_redirects=False, trust_env=False)
    return _clients[key]


async def close() -> None:
    """Close the clients of this event loop."""
    here = id(asyncio.get_running_loop())
    for key in [key for key in _clients if key[0] == here]:
        await _clients.pop(key).aclose()

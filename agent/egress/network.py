"""From a target to a connection: resolve, check every address, connect to what was checked.

`Network` is the outside world as two functions, so that a test can be its own name server and can see every connection.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import Any, NamedTuple, TypeVar

import msgspec

from agent.egress import rules
from agent.egress.targets import Target
from agent.errors import Problem

P = TypeVar("P", bound=asyncio.BaseProtocol)
_RESOLVE_SECONDS = 5
_NEXT_SECONDS = 3.0
"""After which the next address of a name is tried: where a network leads nowhere with IPv6, packets are often lost without a word."""
_MOST_ADDRESSES = 32
_Asked = tuple[asyncio.AbstractEventLoop, str]
_asked: dict[_Asked, asyncio.Future[Any]] = {}


class Pinned(msgspec.Struct, frozen=True):
    """A target with the addresses that were checked; connect to one of these and nothing else."""

    target: Target
    addresses: tuple[str, ...]


class Route(NamedTuple):
    """Where a socket really goes."""

    address: str
    port: int


async def system_lookup(host: str) -> list[str]:
    """The addresses of a name, by the system's resolver. One that many ask for at once is looked up once: of its threads a silent name server would take all."""
    key = (asyncio.get_running_loop(), host)
    if key not in _asked:
        _asked[key] = asyncio.ensure_future(key[0].getaddrinfo(host, None, type=socket.SOCK_STREAM))
        _asked[key].add_done_callback(partial(_answered, key))
    found = await asyncio.shield(_asked[key])
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _answered(key: _Asked, found: asyncio.Future[Any]) -> None:
    del _asked[key]
    if not found.cancelled():
        found.exception()  # nobody may be waiting any more


class Network(NamedTuple):
    """The resolver, and the last turn before the socket: both the system's own except in tests."""

    lookup: Callable[[str], Awaitable[list[str]]] = system_lookup
    route: Callable[[str, int], Route] = Route


SYSTEM = Network()


async def resolve(target: Target, network: Network = SYSTEM) -> Pinned:
    """The checked addresses of a target; one forbidden address among them refuses the name. Raises egress_refused, upstream_unreachable."""
    found = await _addresses(target.host, network)
    if len(found) > _MOST_ADDRESSES:
        raise rules.refused(target.host, f"its name has {len(found)} addresses")
    for address in found:
        rules.check_address(target.host, ip_address(address))
    return Pinned(target, tuple(found))


async def connect(target: Target, protocol: Callable[[], P], network: Network = SYSTEM, *, alpn: str = "http/1.1") -> P:
    """A connection, over TLS where the scheme says so, to a checked address. `alpn` is the one protocol that is offered there.

    Raises egress_refused, upstream_unreachable.
    """
    pinned = await resolve(target, network)
    failure: OSError | None = None
    for more, address in zip(range(len(pinned.addresses) - 1, -1, -1), pinned.addresses, strict=True):
        try:
            async with asyncio.timeout(_NEXT_SECONDS if more else None):
                return await _open(target, network.route(address, target.port), protocol, alpn)
        except OSError as error:
            failure = error
    raise Problem(
        "upstream_unreachable",
        f"`{target.authority}` cannot be reached: {_reason(failure)}.",
        host=target.host,
    ) from failure


async def _addresses(host: str, network: Network) -> list[str]:
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    try:
        async with asyncio.timeout(_RESOLVE_SECONDS):
            if found := await network.lookup(host):
                return found
    except (OSError, UnicodeError, TimeoutError) as error:
        raise _unknown(host, error) from error
    raise _unknown(host)


async def _open(target: Target, route: Route, protocol: Callable[[], P], alpn: str) -> P:
    loop = asyncio.get_running_loop()
    secure = tls(alpn) if target.is_secure else None
    _, made = await loop.create_connection(
        protocol,
        route.address,
        route.port,
        ssl=secure,
        server_hostname=target.host if secure else None,
    )
    return made


@lru_cache(4)
def tls(alpn: str = "http/1.1") -> ssl.SSLContext:
    """Certificates are checked against the system's roots, names against the target's host."""
    context = ssl.create_default_context()
    context.set_alpn_protocols([alpn])
    return context


def _reason(error: OSError | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS properly"
    return "the connection was refused" if isinstance(error, ConnectionRefusedError) else "no connection came about"


def _unknown(host: str, error: Exception | None = None) -> Problem:
    is_silent = isinstance(error, TimeoutError) or (isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN)
    return Problem(
        "upstream_unreachable",
        f"No name server answers for `{host}`." if is_silent else f"The name `{host}` cannot be found.",
        remedy="Check its spelling and the network.",
        host=host,
    )

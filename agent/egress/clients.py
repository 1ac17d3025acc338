"""Guarded HTTP clients for everything but the proxy: model providers, MCP servers, replays, sign-in, webhooks.

A connection is checked when it is made and belongs to the name it was made for, also in the pool. A client follows no redirect;
`fetch` does, through the same checks at each hop.
"""

import asyncio
from collections.abc import Iterable, Mapping
from urllib.parse import urljoin
from weakref import WeakKeyDictionary

import httpcore2
import httpx2

from agent.egress import network as net
from agent.egress.targets import Purpose, parse
from agent.errors import Problem

ClientError = httpx2.HTTPError  # what a client of ours raises when the other side cannot be reached or breaks off
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Purpose, httpx2.AsyncClient]] = WeakKeyDictionary()
_TIMEOUT = httpx2.Timeout(30, connect=10, read=300)
_REDIRECTS = (301, 302, 303, 307, 308)
_HARMLESS = frozenset({"accept", "accept-encoding", "accept-language", "content-type", "user-agent"})


def http_client(purpose: Purpose) -> httpx2.AsyncClient:
    """The shared client of this process and event loop for a purpose. Redirects are answers; a silent upstream is left after five minutes.

    A refusal comes out of the call as the Problem `invalid_url`, `egress_refused` or `upstream_unreachable`.
    """
    mine = _clients.setdefault(asyncio.get_running_loop(), {})
    if purpose not in mine or mine[purpose].is_closed:
        mine[purpose] = new_client(purpose)
    return mine[purpose]


def new_client(purpose: Purpose, network: net.Network = net.SYSTEM) -> httpx2.AsyncClient:
    """A client of its own; the caller closes it."""
    return httpx2.AsyncClient(
        transport=_Guarded(purpose, network),
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=False,
    )


async def close() -> None:
    """Close the clients of this event loop."""
    for client in _clients.pop(asyncio.get_running_loop(), {}).values():
        await client.aclose()


async def fetch(
    client: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    redirects: int = 5,
) -> httpx2.Response:
    """One request and its redirects. Credentials and the body never go to another origin. Raises the refusals of `http_client`, bad_request."""
    kept = dict(headers or {})
    for _ in range(redirects + 1):
        here = parse(url)  # as it was written: the client's own parser repairs what ours refuses
        answer = await client.request(method, url, headers=kept, content=content)
        if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
            return answer
        there = urljoin(url, answer.headers["location"])
        if parse(there).origin != here.origin:
            if answer.status_code in (307, 308) and content:
                raise Problem(
                    "egress_refused",
                    "The redirect leads to another server and would take the body along.",
                )
            kept = {name: value for name, value in kept.items() if name.lower() in _HARMLESS}
        if answer.status_code == 303 or (answer.status_code in (301, 302) and method == "POST"):
            method, content = "GET", None
        url = there
    raise Problem("upstream_invalid", f"The server redirects more than {redirects} times.")


class _Guarded(httpx2.AsyncHTTPTransport):
    """Reads each URL with our parser, and makes connections through a backend that checks and pins."""

    def __init__(self, purpose: Purpose, network: net.Network) -> None:
        super().__init__(verify=net.tls(), trust_env=False)
        self._purpose: Purpose = purpose
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=net.tls(),
            max_connections=1_000,  # a run holds one for as long as its model speaks
            max_keepalive_connections=20,
            keepalive_expiry=15,
            network_backend=_Backend(network),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        target = parse(str(request.url).partition("#")[0], self._purpose)
        if request.url.raw_host.decode("ascii").lower().removesuffix(".").strip("[]") != target.host:
            raise Problem(
                "invalid_url",
                f"`{target.host}` cannot be used: its host can be read in two ways.",
            )
        request.extensions = {**request.extensions, "sni_hostname": target.host}  # certificates do not name the root's dot
        return await super().handle_async_request(request)


class _Backend(httpcore2.AsyncNetworkBackend):
    """Connects to a checked address; TLS goes on using the name."""

    def __init__(self, network: net.Network) -> None:
        self._network = network
        self._inner: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()  # pyright: ignore[reportAttributeAccessIssue]  # its type depends on what is installed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore2 names it)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        bracketed = f"[{host}]" if ":" in host else host
        pinned = await net.resolve(parse(f"http://{bracketed}:{port}"), self._network)
        failure: Exception | None = None
        for address in pinned.addresses:
            route = self._network.route(address, port)
            try:
                return await self._inner.connect_tcp(route.address, route.port, timeout, None, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError(host)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore2 names it)
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise Problem("egress_refused", "Sockets in the file system are not reached.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

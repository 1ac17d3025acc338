"""One HTTP exchange through the proxy: bytes stream both ways untouched, their beginnings are kept, one record per exchange.

Every exchange has its own upstream connection: a pooled one can hand out an answer that nobody asked for. The record is
acknowledged before the last byte of the answer leaves, so a client that has a whole answer can count on its capture.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec
import structlog
from litestar.types import Receive, Scope, Send
from multidict import CIMultiDict
from yarl import URL

from agent import tasks
from agent.egress import PinnedResolver, parse
from agent.errors import Problem
from agent.recorder import Body, Heard, RawHeaders, Recorder
from web.proxy.lookup import Route

log = structlog.get_logger()
HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings"}
)
_OURS = ("wiretalk_session", "__Host-wiretalk_session", "wiretalk_csrf", "__Host-wiretalk_csrf")
_AUTOMATIC = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_session: aiohttp.ClientSession | None = None


class Tap:
    """Keeps the beginning of a body that passes, and counts and hashes all of it."""

    def __init__(self, limit: int) -> None:
        self._limit, self._kept, self._hash, self.length = limit, bytearray(), hashlib.sha256(), 0

    def pass_(self, chunk: bytes) -> bytes:
        self.length += len(chunk)
        self._hash.update(chunk)
        if len(self._kept) < self._limit:
            self._kept += chunk[: self._limit - len(self._kept)]
        return chunk

    def body(self) -> Body:
        return Body(bytes(self._kept), self.length, self._hash.digest() if self.length else None, self.length > len(self._kept))


class _Gone(Exception):
    """The client left."""


async def forward(scope: Scope, receive: Receive, send: Send, route: Route, target: str, recorder: Recorder) -> None:
    """Forward one request and record the exchange, whatever becomes of it."""
    began, started_at = time.perf_counter(), datetime.now(UTC)
    sent, received = Tap(route.body_limit), Tap(route.body_limit)
    headers = outgoing_headers(scope, route)
    state: dict[str, Any] = {"status": None, "headers": [], "recorded": False, "started": False}

    async def record(error: str | None) -> None:
        if route.is_recording and not state["recorded"]:
            state["recorded"] = True
            await recorder.record(
                Heard(
                    endpoint_id=route.endpoint_id,
                    user_id=route.user_id,
                    method=str(scope["method"]),
                    url=route.destination + target,
                    protocol=protocol_of(route.destination, headers),
                    request_headers=headers,
                    request=sent.body(),
                    status=state["status"],
                    response_headers=state["headers"],
                    response=received.body(),
                    error=error,
                    started_at=started_at,
                    duration_ms=(time.perf_counter() - began) * 1000,
                )
            )

    try:
        async with asyncio.timeout(route.timeout_s):
            await _exchange(scope, receive, send, route, target, headers, sent, received, state, record)
    except _Gone:
        await record("the client left before the answer was complete")
    except Exception as error:
        problem = _problem(error, route)
        if problem.code == "internal":
            log.exception("proxy.failed", endpoint=str(route.endpoint_id))
        await record(problem.detail)
        if not state["started"]:
            await answer_problem(send, problem)
        else:
            raise _CutOff(problem.detail) from error


class _CutOff(ConnectionError):
    """Ends an answer that has begun: the server closes the connection, so the client sees that it is not whole."""


async def answer_problem(send: Send, problem: Problem) -> None:
    """Our own failure, told apart from the upstream's by `X-Wiretalk-Error`."""
    body = msgspec.json.encode(problem.document())
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()), (b"x-wiretalk-error", problem.code.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def outgoing_headers(scope: Scope, route: Route) -> RawHeaders:
    """The client's headers without hop-by-hop ones, `Host`, and anything of ours; the endpoint's own are added."""
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    named = {token.strip().lower() for name, value in pairs if name == "connection" for token in value.split(",")}
    injected = {name.lower() for name, _ in route.inject_headers}
    kept = [(name, _without_ours(name, value)) for name, value in pairs if name not in HOP and name not in named and name != "host" and name not in injected and name != "expect"]
    return [(name, value) for name, value in kept if value is not None] + list(route.inject_headers)


def protocol_of(destination: str, headers: RawHeaders) -> str:
    if any(name == "content-type" and value.startswith("application/grpc") for name, value in headers):
        return "grpc"
    return "https" if destination.lower().startswith("https") else "http"


async def session() -> aiohttp.ClientSession:
    """The client of this process: no cookies, no redirects, no decompression, nothing from the environment, a fresh connection each."""
    global _session
    if _session is None or _session.closed:
        connector = aiohttp.TCPConnector(resolver=PinnedResolver(), force_close=True, limit=0, use_dns_cache=False)
        _session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            skip_auto_headers=_AUTOMATIC,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )
    return _session


async def close() -> None:
    """Close the client at shutdown."""
    if _session is not None:
        await _session.close()


async def _exchange(
    scope: Scope, receive: Receive, send: Send, route: Route, target: str, headers: RawHeaders, sent: Tap, received: Tap, state: dict[str, Any], record: Any
) -> None:
    gone = asyncio.Event()
    uploaded = asyncio.Event()
    parse(route.destination, "capture")
    has_body = any(name in {"content-length", "transfer-encoding"} for name, _ in _names(scope))
    client = await session()
    request = tasks.spawn(
        client.request(
            str(scope["method"]),
            URL(route.destination + target, encoded=True),
            headers=CIMultiDict(headers),
            data=_upload(receive, sent, gone, uploaded) if has_body else None,
            allow_redirects=False,
        ),
        "proxy:request",
    )
    if not has_body:
        uploaded.set()
    watcher = tasks.spawn(_watch(receive, uploaded, gone), "proxy:watch")
    try:
        response = await _unless_gone(request, gone)
        try:
            await _download(response, send, received, state, gone, record)
        finally:
            response.close()
    finally:
        watcher.cancel()
        request.cancel()
        with contextlib.suppress(BaseException):
            await request


async def _download(response: aiohttp.ClientResponse, send: Send, received: Tap, state: dict[str, Any], gone: asyncio.Event, record: Any) -> None:
    if not 200 <= response.status <= 599:
        raise Problem("upstream_invalid", f"The upstream answered with the status {response.status}.")
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers]
    named = {token.strip().lower() for name, value in pairs if name.lower() == "connection" for token in value.split(",")}
    state["status"], state["headers"] = response.status, pairs
    passed = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs if name.lower() not in HOP and name.lower() not in named]
    if any(c in value for _, value in passed for c in (b"\r", b"\n", b"\0")):
        raise Problem("upstream_invalid", "The upstream sent a header that is not valid.")
    state["started"] = True
    await send({"type": "http.response.start", "status": response.status, "headers": passed})
    iterator = response.content.iter_any().__aiter__()
    while True:
        read = asyncio.ensure_future(anext(iterator, None))
        chunk = await _unless_gone(read, gone)
        if chunk is None:
            break
        await send({"type": "http.response.body", "body": received.pass_(chunk), "more_body": True})
    await record(None)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _upload(receive: Receive, sent: Tap, gone: asyncio.Event, uploaded: asyncio.Event) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            gone.set()
            raise _Gone
        if chunk := message.get("body", b""):
            yield sent.pass_(chunk)
        if not message.get("more_body"):
            uploaded.set()
            return


async def _watch(receive: Receive, uploaded: asyncio.Event, gone: asyncio.Event) -> None:
    """Once the request has been read, the next message can only be that the client left."""
    await uploaded.wait()
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


async def _unless_gone(work: Any, gone: asyncio.Event) -> Any:
    """The result of a task, or _Gone as soon as the client leaves."""
    left = asyncio.ensure_future(gone.wait())
    try:
        await asyncio.wait([work, left], return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            with contextlib.suppress(BaseException):
                await work
            raise _Gone
        return work.result()
    finally:
        left.cancel()


def _problem(error: Exception, route: Route) -> Problem:
    host = route.destination.partition("://")[2].partition("/")[0]
    if isinstance(error, Problem):
        return error
    if (cause := _egress_problem(error)) is not None:
        return cause
    if isinstance(error, TimeoutError):
        return Problem("upstream_timeout", f"`{host}` did not answer within {route.timeout_s:g} s.")
    if isinstance(error, aiohttp.ClientConnectorError | ConnectionRefusedError):
        return Problem("upstream_unreachable", f"`{host}` could not be reached.")
    if isinstance(error, aiohttp.ClientError | aiohttp.http.HttpProcessingError | ConnectionError | ValueError):
        return Problem("upstream_invalid", f"`{host}` closed the connection or sent something that is not valid HTTP.")
    return Problem("internal", "The proxy broke on our side.")


def _egress_problem(error: BaseException) -> Problem | None:
    """The refusal that the resolver raised inside the client."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Problem):
            return seen
        inner = getattr(seen, "os_error", None)
        seen = seen.__cause__ or seen.__context__ or (inner if inner is not seen else None)
    return None


def _names(scope: Scope) -> list[tuple[str, bytes]]:
    return [(name.decode("latin-1"), value) for name, value in scope["headers"]]


def _without_ours(name: str, value: str) -> str | None:
    """A header without our own credentials; None where nothing is left."""
    if name == "authorization" and value.lower().startswith("bearer wtk_"):
        return None
    if name != "cookie" or not any(ours in value for ours in _OURS):
        return value
    kept = [part.strip() for part in value.split(";") if part.strip().partition("=")[0] not in _OURS]
    return "; ".join(kept) or None

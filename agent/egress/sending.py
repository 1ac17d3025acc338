"""One request with exactly these bytes to an address that somebody chose: sent once, no redirect followed, the answer read up to a limit."""

import asyncio
import hashlib

import httpx2
import msgspec

from agent.egress.clients import http_client
from agent.egress.targets import Purpose, Target
from agent.errors import Problem

Pairs = list[tuple[str, str]]


class Sent(msgspec.Struct, frozen=True):
    """What travelled: the request's headers as they were sent, and the answer with its body still encoded."""

    request_headers: Pairs
    status: int
    headers: Pairs
    body: bytes
    length: int
    sha256: bytes | None
    is_cut: bool


async def send(purpose: Purpose, method: str, target: Target, path: str, headers: Pairs, body: bytes, *, limit: int, seconds: float) -> Sent:
    """Ask `target`'s host for `path` (with its query). Reads at most `limit` bytes. Raises the refusals of `http_client`, upstream_*."""
    url = httpx2.URL(scheme=target.scheme, host=target.host, port=target.port, raw_path=path.encode("ascii"))
    client = http_client(purpose)
    request = client.build_request(method, url, headers=httpx2.Headers(headers, encoding="latin-1"), content=body or None)
    if not body and method in ("GET", "HEAD", "OPTIONS", "DELETE"):
        request.headers.pop("content-length", None)
    try:
        async with asyncio.timeout(seconds):
            return await _exchange(client, request, limit)
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise Problem("upstream_timeout", f"`{target.authority}` did not answer within {seconds:g} s.") from error
    except httpx2.ProtocolError as error:
        raise Problem("upstream_invalid", f"`{target.authority}` broke off or sent something that is not valid HTTP.") from error
    except httpx2.TransportError as error:
        raise Problem("upstream_unreachable", f"`{target.authority}` could not be reached.") from error


async def _exchange(client: httpx2.AsyncClient, request: httpx2.Request, limit: int) -> Sent:
    answer = await client.send(request, stream=True)
    kept, length, hashed = bytearray(), 0, hashlib.sha256()
    is_cut = False
    try:
        async for chunk in answer.aiter_raw():
            length += len(chunk)
            hashed.update(chunk)
            kept += chunk[: max(0, limit - len(kept))]
            if length > limit:
                is_cut = True
                break
    finally:
        await answer.aclose()
    return Sent(_pairs(request.headers), answer.status_code, _pairs(answer.headers), bytes(kept), length, None if is_cut else hashed.digest(), is_cut)


def _pairs(headers: httpx2.Headers) -> Pairs:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]

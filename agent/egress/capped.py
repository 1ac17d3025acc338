"""A client for servers that nobody vouches for: no answer grows beyond a limit, whether it is long, endless or packed small."""

from collections.abc import AsyncGenerator, Mapping

import httpx2

from agent.egress.clients import http_client, new_client
from agent.egress.targets import Purpose
from agent.errors import Problem

Answer = httpx2.Response
"""What a client of ours answers with, for those who only read it."""


def capped_client(purpose: Purpose, most_bytes: int, headers: Mapping[str, str] | None = None) -> httpx2.AsyncClient:
    """A guarded client of its own; the caller closes it. An answer that is too long raises the Problem `upstream_invalid`."""
    return _capped(new_client(purpose), most_bytes, headers or {}, httpx2.Timeout(30, connect=10))


def shared_capped_client(purpose: Purpose, most_bytes: int) -> httpx2.AsyncClient:
    """The same over the connections and times of `http_client`; it is not closed."""
    guarded = http_client(purpose)
    return _capped(guarded, most_bytes, {}, guarded.timeout)


def _capped(guarded: httpx2.AsyncClient, most_bytes: int, headers: Mapping[str, str], timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    transport = _Capped(guarded, most_bytes)
    return httpx2.AsyncClient(transport=transport, headers={**headers, "accept-encoding": "identity"}, timeout=timeout, follow_redirects=False, trust_env=False)


class _Capped(httpx2.AsyncBaseTransport):
    def __init__(self, guarded: httpx2.AsyncClient, most_bytes: int) -> None:
        self._guarded, self._most = guarded, most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._guarded.send(request, stream=True, follow_redirects=False)
        if answer.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
            await answer.aclose()
            raise Problem("upstream_invalid", "The server packs its answers although it was asked not to.")
        return httpx2.Response(answer.status_code, headers=answer.headers, stream=_Stream(answer, self._most), request=request)

    async def aclose(self) -> None:
        await self._guarded.aclose()


class _Stream(httpx2.AsyncByteStream):
    def __init__(self, answer: httpx2.Response, most_bytes: int) -> None:
        self._answer, self._most = answer, most_bytes

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        count = 0
        async for chunk in self._answer.aiter_raw():
            count += len(chunk)
            if count > self._most:
                raise Problem("upstream_invalid", f"The server's answer is longer than {self._most // 1024} KiB.")
            yield chunk

    async def aclose(self) -> None:
        await self._answer.aclose()

"""One WebSocket through the proxy: messages pass both ways and are recorded by direction and time, as one capture."""

import asyncio
import time
from datetime import UTC, datetime

import aiohttp
from litestar.types import Receive, Scope, Send
from yarl import URL

from agent import tasks
from agent.egress import parse
from agent.errors import Problem
from agent.recorder import Heard, Recorder
from web.proxy import http
from web.proxy.lookup import Route

_HANDSHAKE = frozenset({"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol", "content-length"})
_MAX_MESSAGE = 32 * 1024 * 1024
_KEPT_MESSAGES = 2000


class _Log:
    """The messages of one connection, the first ones kept within the endpoint's limit."""

    def __init__(self, limit: int) -> None:
        self.began = time.perf_counter()
        self.messages: list[tuple[str, float, bool, bytes]] = []
        self.room, self.lengths = limit, {"sent": 0, "received": 0}

    def note(self, direction: str, is_text: bool, data: bytes) -> None:
        self.lengths[direction] += len(data)
        if len(self.messages) < _KEPT_MESSAGES and self.room > 0:
            kept = data[: self.room]
            self.room -= len(kept)
            self.messages.append((direction, round((time.perf_counter() - self.began) * 1000, 2), is_text, kept))


async def forward(scope: Scope, receive: Receive, send: Send, route: Route, target: str, recorder: Recorder) -> None:
    """Connect upstream first, then accept with the subprotocol that the upstream chose."""
    started_at, log = datetime.now(UTC), _Log(route.body_limit)
    headers = [(name, value) for name, value in http.outgoing_headers(scope, route) if name not in _HANDSHAKE]
    url = "ws" + route.destination.removeprefix("http") + target if route.destination.startswith("http") else route.destination + target
    await receive()
    error: str | None = None
    try:
        parse(route.destination, "capture")
        client = await http.session()
        async with client.ws_connect(
            URL(url, encoded=True), protocols=tuple(scope.get("subprotocols") or ()), headers=headers, autoping=True, autoclose=True, max_msg_size=_MAX_MESSAGE, compress=0
        ) as upstream:
            await send({"type": "websocket.accept", "subprotocol": upstream.protocol, "headers": []})
            error = await _relay(receive, send, upstream, log)
    except (aiohttp.ClientError, OSError, TimeoutError, Problem) as failure:
        error = failure.detail if isinstance(failure, Problem) else f"the upstream refused the WebSocket: {type(failure).__name__}"
        await send({"type": "websocket.close", "code": 1014, "reason": error[:120]})
    if route.is_recording:
        await recorder.record(
            Heard(
                endpoint_id=route.endpoint_id, user_id=route.user_id, method="GET", url=url, protocol="wss" if url.startswith("wss") else "ws", request_headers=headers,
                messages=log.messages, error=error, started_at=started_at, duration_ms=(time.perf_counter() - log.began) * 1000,
            )
        )  # fmt: skip


async def _relay(receive: Receive, send: Send, upstream: aiohttp.ClientWebSocketResponse, log: _Log) -> str | None:
    out = tasks.spawn(_to_upstream(receive, upstream, log), "proxy:ws-out")
    back = tasks.spawn(_to_client(send, upstream, log), "proxy:ws-back")
    await asyncio.wait([out, back], return_when=asyncio.FIRST_COMPLETED)
    for task in (out, back):
        task.cancel()
    await asyncio.wait([out, back])
    return None


async def _to_upstream(receive: Receive, upstream: aiohttp.ClientWebSocketResponse, log: _Log) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code", 1000)
            await upstream.close(code=code if _may_be_sent(code) else 1000)
            return
        if (text := message.get("text")) is not None:
            log.note("sent", True, text.encode())
            await upstream.send_str(text)
        elif (data := message.get("bytes")) is not None:
            log.note("sent", False, data)
            await upstream.send_bytes(data)


async def _to_client(send: Send, upstream: aiohttp.ClientWebSocketResponse, log: _Log) -> None:
    async for message in upstream:
        if message.type == aiohttp.WSMsgType.TEXT:
            log.note("received", True, message.data.encode())
            await send({"type": "websocket.send", "text": message.data, "bytes": None})
        elif message.type == aiohttp.WSMsgType.BINARY:
            log.note("received", False, message.data)
            await send({"type": "websocket.send", "bytes": message.data, "text": None})
    code = upstream.close_code or 1000
    await send({"type": "websocket.close", "code": code if _may_be_sent(code) else 1000, "reason": ""})


def _may_be_sent(code: int) -> bool:
    """1004 to 1006 and 1015 are for reports, never for the wire."""
    return 1000 <= code <= 4999 and code not in {1004, 1005, 1006, 1015}

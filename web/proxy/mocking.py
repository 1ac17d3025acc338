"""Puts a captured answer in the place of the proxy's own 502 or 504, for endpoints whose owner asked for that."""

from typing import Any, cast

import structlog
from litestar.types import Message, Send

from agent.calls import mocks
from agent.egress import parse
from web.proxy import headers as crossing
from web.proxy.asked import Asked
from web.proxy.lookup import Route
from web.proxy.rewriting import towards_proxy

log = structlog.get_logger()
_DOWN = frozenset({b"upstream_unreachable", b"upstream_timeout"})


def mocking(asked: Asked, route: Route, send: Send) -> Send:
    """A `send` that answers from captures where the upstream is down. The failure is recorded all the same."""
    is_replaced = False

    async def instead(message: Message) -> None:
        nonlocal is_replaced
        if is_replaced:
            return
        got = cast(dict[str, Any], message)
        if _is_down(got) and (found := await _found(asked, route)) is not None:
            is_replaced = True
            await _answer(asked, send, found, route)
            return
        await send(message)

    return instead


def _is_down(message: dict[str, Any]) -> bool:
    return message["type"] == "http.response.start" and any(name == b"x-wiretalk-error" and value in _DOWN for name, value in message["headers"])


async def _found(asked: Asked, route: Route) -> mocks.Mock | None:
    try:
        return await mocks.find(route.endpoint_id, asked.method, asked.path or "/")
    except Exception:  # the honest 502 is still there
        log.exception("proxy.mock_failed", endpoint=str(route.endpoint_id))
        return None


async def _answer(asked: Asked, send: Send, mock: mocks.Mock, route: Route) -> None:
    pairs = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in mock.headers]
    target = parse(route.destination)
    pairs = towards_proxy(crossing.incoming(pairs, mock.status, target.host, own_origin=asked.has_own_origin), asked, route, target)
    pairs += [(b"content-length", str(len(mock.body)).encode()), (b"x-wiretalk-mock", str(mock.call_id).encode())]
    start: Any = {"type": "http.response.start", "status": mock.status, "headers": pairs}
    await send(start)
    body: Any = {"type": "http.response.body", "body": mock.body if asked.method != "HEAD" else b"", "more_body": False}
    await send(body)

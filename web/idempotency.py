"""`Idempotency-Key` on the API's writes: the same key, user and request get the same answer, and the work is done once."""

import hashlib
from typing import Any

from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from agent import idempotency
from agent.actor import Actor
from agent.errors import Problem
from agent.idempotency import Answer

_HEADER = b"idempotency-key"
_MOST_BYTES = 8 * 1024 * 1024
_NOT_KEPT = {b"date", b"set-cookie", b"transfer-encoding"}


class Idempotency(ASGIMiddleware):
    """A stream is not kept: who lost one reads on at its run. Raises conflict, invalid_arguments, too_large."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        key = dict(scope["headers"]).get(_HEADER)
        actor: Actor | None = scope.get("user")
        if key is None or actor is None or not scope["path"].startswith("/api/v1/") or scope["method"] in {"GET", "HEAD", "OPTIONS"}:  # type: ignore[typeddict-item]  # HTTP has a method
            await next_app(scope, receive, send)
            return
        name, method = key.decode("latin-1"), str(scope["method"])  # type: ignore[typeddict-item]
        body = await _whole(receive)
        rights = ",".join(sorted(actor.scopes))  # who may do less is not shown what somebody with more rights was answered
        request = hashlib.sha256(b"\n".join([rights.encode(), method.encode(), scope["path"].encode(), scope["query_string"], body])).digest()
        if stored := await idempotency.begin(actor, name, method, scope["path"], request):
            await _send(stored, send)
            return
        heard = _Heard(send)
        try:
            await next_app(scope, _again(body, receive), heard)
        finally:
            answer = heard.answer()
            await (idempotency.finish(actor, name, answer) if answer else idempotency.abandon(actor, name))


class _Heard:
    """Passes an answer on and remembers it, unless it is a stream, too large, a failure of ours, or `wait`: 429."""

    def __init__(self, send: Send) -> None:
        self._send, self._status, self._is_whole = send, 0, False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            if len(self._body) <= _MOST_BYTES:
                self._body += message["body"]
            self._is_whole = not message["more_body"]
        await self._send(message)

    def answer(self) -> Answer | None:
        kind = dict(self._headers).get(b"content-type", b"")
        if not self._is_whole or not 200 <= self._status < 500 or self._status == 429 or kind.startswith(b"text/event-stream") or len(self._body) > _MOST_BYTES:
            return None
        kept = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers if name.lower() not in _NOT_KEPT]
        return Answer(self._status, kept, bytes(self._body))


async def _whole(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message: Any = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _MOST_BYTES:
            raise Problem("too_large", "A request with an `Idempotency-Key` is at most 8 MB.", remedy="Send it without the key.")
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes."""
    waiting: list[HTTPReceiveMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Any:
        return waiting.pop() if waiting else await receive()

    return replay


async def _send(stored: Answer, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored.headers]
    await send({"type": "http.response.start", "status": stored.status, "headers": [*headers, (b"idempotency-replayed", b"true")]})
    await send({"type": "http.response.body", "body": stored.body, "more_body": False})

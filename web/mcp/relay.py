"""Questions of the handshake era where several workers serve: asked on the stream of the call, answered by a request that any worker may get.

A client that says at `initialize` that its user can be asked gets a session id that is sealed for its token and door; nothing is stored. The answer
comes as a request of its own: its worker rings the bell for this session and question, which the asking worker hears. Two bells, one for yes
and one for no: whoever hears both (all bells are rung where the database was away), or neither in time, was not answered, and nothing is done.
"""

import asyncio
import hmac
import secrets
from typing import Any
from uuid import uuid4

import msgspec
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from agent import events
from agent.crypto import derived_key
from agent.events import Hub

LINE = "wiretalk.line"
_HEADER = b"mcp-session-id"
_SECONDS = 600.0
_MOST_PEEKED = 64 * 1024


class Line:
    """The stream of one call, on which the user behind it can be asked."""

    def __init__(self, hub: Hub, session: str, send: Send) -> None:
        self._hub, self._session, self._send = hub, session, send
        self._began = asyncio.Event()

    async def send(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "http.response.start":
            self._began.set()

    async def ask(self, message: str, schema: dict[str, Any]) -> bool | None:
        """What the user said; None where no answer was heard."""
        question = uuid4().hex
        params = {"mode": "form", "message": message, "requestedSchema": schema}
        asked = msgspec.json.encode({"jsonrpc": "2.0", "id": question, "method": "elicitation/create", "params": params})
        topics = [f"mcp:{_topic(self._session, question, is_yes)}" for is_yes in (True, False)]
        with self._hub.waiting(topics[:1]) as yes, self._hub.waiting(topics[1:]) as no:
            await self._began.wait()
            await self._send({"type": "http.response.body", "body": b"event: message\r\ndata: %s\r\n\r\n" % asked, "more_body": True})
            waits = [asyncio.ensure_future(bell.wait()) for bell in (yes, no)]
            try:
                await asyncio.wait(waits, timeout=_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            return None if yes.is_set() == no.is_set() else yes.is_set()


async def serve(app: ASGIApp, door: str, scope: Scope, receive: Receive, send: Send) -> None:
    """One request of the handshake era to an SDK app that keeps no sessions. `door` says who asks where."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    version = headers.get(b"mcp-protocol-version", b"").decode("latin-1")
    if scope["method"] != "POST" or (version and version not in HANDSHAKE_PROTOCOL_VERSIONS):  # type: ignore[typeddict-item]  # HTTP has a method
        await app(scope, receive, send)
        return
    body, receive = await _peeked(receive)
    message, session = _decoded(body), headers.get(_HEADER, b"").decode("latin-1")
    if message.method == "initialize" and isinstance(message.params.get("capabilities"), dict) and "elicitation" in message.params["capabilities"]:
        await app(scope, receive, _opening(door, send))
    elif not hmac.compare_digest(session.encode(), _sealed(door, session.partition(".")[0]).encode()):
        await app(scope, receive, send)
    elif not message.method and isinstance(message.id, str) and (message.result is not None or message.error is not None):
        await events.ring("mcp", _topic(session, message.id, is_yes(message.result)))
        await app(scope, receive, send)
    else:
        line = Line(scope["litestar_app"].state.hub, session, send)
        await app({**scope, LINE: line}, receive, line.send)  # type: ignore[typeddict-unknown-key]


def is_yes(result: dict[str, Any] | None) -> bool:
    """Whether the result of an elicitation is the approval that was asked for."""
    match result:
        case {"action": "accept", "content": {"approve": True}}:
            return True
        case _:
            return False


class _Message(msgspec.Struct, frozen=True):
    method: str = ""
    id: str | int | None = None
    params: dict[str, Any] = {}
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


def _decoded(body: bytes) -> _Message:
    """What is not a small JSON-RPC message is none of ours: the app says what is wrong with it."""
    try:
        return msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, RecursionError):
        return _Message("?")


def _sealed(door: str, number: str) -> str:
    return f"{number}.{hmac.digest(derived_key('mcp session'), f'{number} {door}'.encode(), 'sha256').hex()}"


def _topic(session: str, question: str, is_yes: bool) -> str:
    return f"{session[:32]}:{question[:32]}:{'yes' if is_yes else 'no'}"


def _opening(door: str, send: Send) -> Send:
    async def named(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < 400:
            message = {**message, "headers": [*message["headers"], (_HEADER, _sealed(door, secrets.token_hex(16)).encode())]}
        await send(message)

    return named


async def _peeked(receive: Receive) -> tuple[bytes, Receive]:
    """The start of the body, and a `receive` that gives it all."""
    held: list[Any] = []
    body = b""
    while len(body) < _MOST_PEEKED:
        held.append(await receive())
        body += held[-1].get("body", b"")
        if not held[-1].get("more_body"):
            break

    async def again() -> Any:
        return held.pop(0) if held else await receive()

    return body, again

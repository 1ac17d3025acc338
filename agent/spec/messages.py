"""WebSocket and server-sent messages, told apart by direction and by the value that says their type."""

import re
from typing import Any

from agent.spec import bodies
from agent.spec.model import Exchange
from agent.spec.summary import NAMES_MAX, Message, Node, Route, smallest

TYPE_KEYS = ("type", "event", "op", "action", "kind", "method", "topic", "channel", "cmd", "t")


def count_messages(route: Route, exchange: Exchange) -> None:
    """Counts the frames of a socket and the events of a stream."""
    for frame in exchange.frames:
        _count(route, exchange, frame.direction, "", bodies.decode(frame.data) if frame.is_text else bodies.Binary(), frame.data)
    if not exchange.frames and exchange.response_body and not any(name.lower() == "upgrade" for name, _ in exchange.response_headers):
        for event, data in _events(exchange.response_body):
            _count(route, exchange, "received", event, bodies.decode(data), data)


def type_of(value: Any) -> str:
    """The name of a message: the text under the first type-like key it has."""
    if type(value) is not dict:
        return ""
    for key in TYPE_KEYS:
        name = value.get(key)
        if isinstance(name, str) and 0 < len(name) <= 60:
            return name
    return ""


def _count(route: Route, exchange: Exchange, direction: str, event: str, value: Any, raw: bytes) -> None:
    if value is bodies.ABSENT:
        value = raw[:2000].decode("utf-8", "replace")
    key = f"{direction} {event or type_of(value) or _shape(value)}"
    message = route.messages.get(key)
    if message is None:
        if len(route.messages) >= NAMES_MAX * 2:
            route.messages = smallest(route.messages, NAMES_MAX)
        message = route.messages[key] = Message(node=Node())
    message.total += 1
    if message.node is not None:
        bodies.count(message.node, value, "", at=int(exchange.started_at))


def _shape(value: Any) -> str:
    if type(value) is dict:
        return "message" if not value else "+".join(sorted(value)[:3])
    return {str: "text", list: "list"}.get(type(value), "binary" if isinstance(value, bodies.Binary) else "value")


def _events(body: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for block in re.split(rb"\r?\n\r?\n", body)[:500]:
        name, data = "", list[bytes]()
        for line in block.splitlines():
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if field == b"event":
                name = value.decode("utf-8", "replace")
            elif field == b"data":
                data.append(value)
        if data:
            found.append((name, b"\n".join(data)))
    return found

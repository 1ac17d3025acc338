"""WebSocket and server-sent messages, told apart by direction and by the value that says their type.

The frames of common protocols are undone: Socket.IO, SockJS, STOMP, SignalR, and arrays that name their event (Phoenix, OCPP, Nostr).
"""

import re
from typing import Any, NamedTuple

from agent.spec.model import Exchange
from agent.spec.schemas import bodies
from agent.spec.secrets.places import hide_variables
from agent.spec.summary import NAMES_MAX, Message, Node, Route, smallest

TYPE_KEYS = ("type", "event", "op", "action", "kind", "method", "topic", "channel", "cmd", "t", "target", "object")
_ENGINE = {"0": "open", "1": "close", "2": "ping", "3": "pong", "5": "upgrade", "6": "noop", "40": "connect", "41": "disconnect", "43": "ack", "44": "error"}
"""The packets of Socket.IO beside events."""
_SOCKET_IO = r"(?s)(?P<packet>4[0-4]|[0-6])(?:/[^,]*,)?\d*(?P<data>[\[{].*|probe)?"
_EVENT = r"(?s)42(?:/[^,]*,)?\d*(\[.*)"
_STOMP = r"(?s)(?P<command>[A-Z]{3,12})\r?\n(?P<headers>(?:[\w-]+:[^\n]*\n)*)\r?\n(?P<body>.*)"
# All are texts, not compiled expressions: most captures have no frames.
_WORD = r"[A-Za-z][\w .:/-]{1,40}"
_MARK = r"\[?[A-Z_]{2,20}\]?"


class _Said(NamedTuple):
    """A message under its name, where its frame tells one."""

    name: str
    value: Any


def count_messages(route: Route, exchange: Exchange) -> None:
    """Counts the frames of a socket and the events of a stream."""
    is_socket_io = "EIO=" in exchange.url
    for frame in exchange.frames:
        for said in _opened(frame.data, is_socket_io) if frame.is_text else (_Said("", bodies.Binary()),):
            _count(route, exchange, frame.direction, said)
    if not exchange.frames and exchange.response_body and not any(name.lower() == "upgrade" for name, _ in exchange.response_headers):
        for event, data in _events(exchange.response_body):
            _count(route, exchange, "received", _Said(event, _value(data)))


def values_of(exchange: Exchange) -> list[Any]:
    """What the events of a stream carry."""
    return [value for _, data in _events(exchange.response_body) if (value := bodies.decode(data)) is not bodies.ABSENT]


def _type_of(value: Any) -> str:
    """The name of a message: the text under the first type-like key it has, its number, or the first word of a list."""
    if type(value) is list:
        return _event_of(value)
    if type(value) is not dict:
        return value if type(value) is str and re.fullmatch(_MARK, value) else ""
    for key in TYPE_KEYS:
        name = value.get(key)
        if isinstance(name, str) and 0 < len(name) <= 60:
            return name
    number = next((f"{key} {value[key]}" for key in ("op", "opcode", "type") if type(value.get(key)) is int and 0 <= value[key] < 100), "")
    return number or next((name for name in ("result", "error") if "jsonrpc" in value and name in value), "")


def _event_of(items: list[Any]) -> str:
    """`[null, "1", "room:lobby", "phx_join", {}]` says its event behind its topic, `[2, "1923", "BootNotification", {}]` and `["EVENT", {}]` in their first word."""
    if len(items) == 5 and type(items[3]) is str and type(items[4]) is dict:
        return items[3][:60]
    if not any(type(item) in (dict, list) for item in items):
        return ""
    return next((item for item in items[:4] if type(item) is str and re.fullmatch(_WORD, item) and not re.search(r"\d\d", item)), "")


def _opened(data: bytes, is_socket_io: bool) -> list[_Said]:
    """The messages of a frame."""
    if is_socket_io and (said := _of_socket_io(data.decode("utf-8", "replace"))):
        return [said]
    if b"\x1e" in data:
        return [_Said("", _value(part)) for part in data.split(b"\x1e")[:100] if part]
    if data[:2] == b"a[" and isinstance(sent := bodies.decode(data[1:]), list):
        return [one for part in sent[:100] if isinstance(part, str) for one in _opened(part.encode(), False)]
    value = _value(data)
    if type(value) is str and (stomp := re.fullmatch(_STOMP, value)):
        headers = {name: text for name, _, text in (line.partition(":") for line in stomp["headers"].splitlines())}
        body = stomp["body"].rstrip("\0\r\n")
        return [_Said(stomp["command"], {"headers": headers} | ({"body": _value(body.encode())} if body else {}))]
    return [_Said("", value)]


def _of_socket_io(text: str) -> _Said | None:
    """`42["chat", {}]` is the event `chat` with what it carries; other packets go by their own names."""
    if event := re.fullmatch(_EVENT, text):
        said = bodies.decode(event[1].encode())
        if isinstance(said, list) and said and isinstance(said[0], str):
            return _Said(said[0][:60], said[1] if len(said) == 2 else said[1:])
    if packet := re.fullmatch(_SOCKET_IO, text):
        value = bodies.decode((packet["data"] or "").encode())
        return _Said(_ENGINE.get(packet["packet"], "message"), text if value is bodies.ABSENT else value)
    return None


def _value(data: bytes) -> Any:
    value = bodies.decode(data)
    return data[:2000].decode("utf-8", "replace") if value is bodies.ABSENT else value


def _count(route: Route, exchange: Exchange, direction: str, said: _Said) -> None:
    value = _without_secrets(said.value)
    key = f"{direction} {said.name or _type_of(value) or _shape(value)}"
    message = route.messages.get(key)
    if message is None:
        if len(route.messages) >= NAMES_MAX * 2:
            route.messages = smallest(route.messages, NAMES_MAX)
        message = route.messages[key] = Message(node=Node())
    message.total += 1
    if message.node is not None:
        bodies.count(message.node, value, "", at=int(exchange.started_at))


def _without_secrets(value: Any) -> Any:
    """The variables of a GraphQL request that goes over a socket are hidden as those of any other."""
    payload = value.get("payload") if type(value) is dict else None
    return {**value, "payload": hide_variables(payload)} if type(payload) is dict and "query" in payload else value


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

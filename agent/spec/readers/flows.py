"""Reads mitmproxy flow files: HTTP flows with their WebSocket messages, one at a time. TCP, UDP and DNS flows are left out and counted.

The format is a row of tnetstrings. A reader of sixty lines is here since the only kept library for it is mitmproxy itself, a whole proxy.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from agent.spec.model import Exchange, Frame, Headers
from agent.spec.readers.reading import Reading, Skips, Unreadable, decoded, exchange_id, frame, header, opened

MAX_FLOW = 256 << 20
MAX_DEPTH = 50


def read(data: bytes | BinaryIO) -> Reading:
    """The exchanges of a flow file. Raises Unreadable, at the latest with the first exchange, where it is none."""
    return Reading(lambda skips: _read(opened(data), skips))


def _read(stream: BinaryIO, skips: Skips) -> Iterator[Exchange]:
    number = 0
    while True:
        try:
            flow = _next(stream)
        except _Broken as error:
            if not number:
                raise Unreadable(f"This is no mitmproxy flow file: {error}.") from None
            skips.add(f"The file ends early after flow {number}: {error}.")
            return
        if flow is None:
            return
        number += 1
        if not isinstance(flow, dict) or flow.get("type") not in ("http", None) or not isinstance(flow.get("request"), dict):
            skips.add(f"Flow {number} was left out: it is no HTTP flow.")
            continue
        yield _exchange(flow)


class _Broken(ValueError):
    """The bytes are no tnetstring, or end within one."""


def _next(stream: BinaryIO) -> Any:
    """The next top-level value; None at the end of the file."""
    digits = b""
    while (byte := stream.read(1)) != b":":
        if not byte and not digits.strip():
            return None
        if not byte.isdigit() or len(digits) > 12:
            raise _Broken("a length was expected" if byte else "the file is cut off")
        digits += byte
    size = int(digits)
    if size > MAX_FLOW:
        raise _Broken("a flow is larger than 256 MiB")
    content = _exactly(stream, size + 1)
    return _value(content[:size], content[size : size + 1], 0)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0:
        piece = stream.read(min(size, 1 << 20))
        if not piece:
            raise _Broken("the file is cut off")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _value(content: bytes, tag: bytes, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _Broken("a flow is nested too deeply")
    try:
        match tag:
            case b",":
                return content
            case b";":
                return content.decode("utf-8", "replace")
            case b"#":
                return int(content)
            case b"^":
                return float(content)
            case b"!":
                return content == b"true"
            case b"~":
                return None
            case b"]":
                return list(_items(content, depth))
            case b"}":
                items = list(_items(content, depth))
                if len(items) % 2:
                    raise _Broken("a key has no value")
                return {_text(key): value for key, value in zip(items[0::2], items[1::2], strict=True)}
            case _:
                raise _Broken("a type mark is unknown")
    except ValueError as error:
        raise error if isinstance(error, _Broken) else _Broken("a number is malformed") from None


def _items(content: bytes, depth: int) -> Iterator[Any]:
    at = 0
    while at < len(content):
        colon = content.find(b":", at, at + 13)
        if colon < 0 or not content[at:colon].isdigit():
            raise _Broken("a length was expected")
        end = colon + 1 + int(content[at:colon])
        if end >= len(content):
            raise _Broken("a value is cut off")
        yield _value(content[colon + 1 : end], content[end : end + 1], depth + 1)
        at = end + 1


def _exchange(flow: dict[str, Any]) -> Exchange:
    request, response, socket = flow["request"], flow.get("response") or {}, flow.get("websocket")
    method, url = _text(request.get("method")).upper() or "GET", _url(request)
    started_at = _seconds(request.get("timestamp_start"))
    request_headers, response_headers = _headers(request), _headers(response)
    request_body, response_body = _body(request, request_headers), _body(response, response_headers)
    is_secure = url.startswith("https")
    return Exchange(
        id=exchange_id(method, url, started_at, request_body or b"", response_body or b""),
        method=method,
        url=url,
        status=response.get("status_code") or None,
        request_headers=request_headers,
        request_body=request_body or b"",
        response_headers=response_headers,
        response_body=response_body or b"",
        request_truncated=request_body is None,
        response_truncated=response_body is None,
        started_at=started_at,
        duration_ms=max(0.0, _seconds(response.get("timestamp_end")) - started_at) * 1000 if response else 0.0,
        protocol=("wss" if is_secure else "ws") if socket else ("https" if is_secure else "http"),
        frames=tuple(_frames(socket.get("messages") or [], started_at)) if isinstance(socket, dict) else (),
        error=_text(flow["error"].get("msg")) or None if isinstance(flow.get("error"), dict) else None,
    )


def _url(request: dict[str, Any]) -> str:
    """The host header names a reverse-proxied upstream better than the address that was dialled."""
    scheme, port = _text(request.get("scheme")) or "http", request.get("port")
    host = _text(request.get("authority")) or header(_headers(request), "host") or _text(request.get("host"))
    if ":" not in host and isinstance(port, int) and port != {"http": 80, "https": 443}.get(scheme):
        host = f"{host}:{port}"
    path = _text(request.get("path"))
    return path if "://" in path.partition("?")[0] else f"{scheme}://{host}{path}"


def _headers(message: dict[str, Any]) -> Headers:
    raw = message.get("headers") or []
    return tuple((_text(pair[0]), _text(pair[1])) for pair in raw if isinstance(pair, list) and len(pair) == 2)


def _body(message: dict[str, Any], headers: Headers) -> bytes | None:
    """None where its encoding cannot be undone."""
    content = message.get("content") or b""
    return decoded(content, header(headers, "content-encoding")) if content else b""


def _frames(messages: list[Any], started_at: float) -> Iterator[Frame]:
    for message in messages:
        if isinstance(message, list) and len(message) >= 4 and message[0] in (1, 2):
            content = message[2] if isinstance(message[2], bytes) else _text(message[2]).encode()
            yield frame(bool(message[1]), content, max(0.0, _seconds(message[3]) - started_at) * 1000, is_text=message[0] == 1)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0

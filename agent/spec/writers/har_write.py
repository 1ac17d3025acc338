"""Exchanges as entries of a HAR 1.2 document, which browsers, proxies and our own import read."""

import base64
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from agent.spec.model import Exchange, Headers

HEAD = b'{"log":{"version":"1.2","creator":{"name":"Wiretalk","version":"0.1.0"},"entries":['
TAIL = b"\n]}}\n"


def entry(exchange: Exchange) -> dict[str, Any]:
    """One exchange. Binary bodies are base64; messages of a WebSocket are written as Chrome does."""
    version = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1}
    sent, came = _text(exchange.request_body), _media_type(exchange.response_headers)
    request = {
        "method": exchange.method, "url": exchange.url, **version, "headers": _pairs(exchange.request_headers), "queryString": _query(exchange.url),
        "bodySize": len(exchange.request_body), **({"postData": {"mimeType": _media_type(exchange.request_headers), **sent}} if exchange.request_body else {}),
    }  # fmt: skip
    response = {
        "status": exchange.status or 0, "statusText": "", **version, "headers": _pairs(exchange.response_headers),
        "content": {"size": len(exchange.response_body), "mimeType": came, **(_text(exchange.response_body) if exchange.response_body else {})},
        "redirectURL": next((value for name, value in exchange.response_headers if name.lower() == "location"), ""), "bodySize": len(exchange.response_body),
    }  # fmt: skip
    made: dict[str, Any] = {
        "startedDateTime": datetime.fromtimestamp(exchange.started_at, UTC).isoformat(), "time": exchange.duration_ms, "request": request, "response": response,
        "cache": {}, "timings": {"send": 0, "wait": exchange.duration_ms, "receive": 0},
    }  # fmt: skip
    if exchange.error:
        made["_error"] = exchange.error
    if exchange.frames:
        made["_webSocketMessages"] = [
            {
                "type": "send" if frame.direction == "sent" else "receive", "time": exchange.started_at + frame.at / 1000, "opcode": 1 if frame.is_text else 2,
                "data": frame.data.decode("utf-8", "replace") if frame.is_text else base64.b64encode(frame.data).decode(),
            }
            for frame in exchange.frames
        ]  # fmt: skip
    return made


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}


def _media_type(headers: Headers) -> str:
    return next((value for name, value in headers if name.lower() == "content-type"), "")


def _pairs(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _query(url: str) -> list[dict[str, str]]:
    try:
        return [{"name": name, "value": value} for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    except ValueError:
        return []

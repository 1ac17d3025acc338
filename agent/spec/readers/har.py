"""Reads HAR 1.2 as browsers and debugging proxies write it, entry by entry, in memory bounded by the largest entry.

Known dialects: Chrome, Firefox, Safari, Charles, Insomnia, mitmproxy, Fiddler; with a byte order mark, gzipped, or cut off (what was
whole is given, the rest is reported in `skipped`). Bodies in a HAR have no content-encoding left, save where a writer forgot to undo it.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, TypedDict, cast
from urllib.parse import quote_plus

import msgspec

from agent.spec.model import Exchange, Frame, Headers, Protocol
from agent.spec.readers.jsonstream import CutOff, JsonStream, Malformed, Unfit
from agent.spec.readers.reading import Reading, Skips, Unreadable, decoded, exchange_id, frame, header, mended, opened, seconds

Entry = dict[str, Any]


class _Header(msgspec.Struct):
    """What nearly all headers are, read in half of the time; where one is not, its neighbours are read one by one."""

    name: str | None = None
    value: str | None = None


class _Message(TypedDict, total=False):
    """What is wanted of a request or a response. The rest, a third of most files, is passed over."""

    method: Any
    url: Any
    status: Any
    headers: list[_Header] | dict[str, Any] | None
    postData: Any
    queryString: msgspec.Raw
    content: Any
    _error: Any


class _Entry(TypedDict, total=False):
    startedDateTime: Any
    time: Any
    request: _Message
    response: _Message
    _webSocketMessages: Any


_DECODER = msgspec.json.Decoder(list[_Entry])
_BASE64 = re.compile(r"(?:[\w+/-]{4})*[\w+/-]{2,3}=*", re.ASCII)
_STATUS = re.compile(r"[1-9]\d\d", re.ASCII)
_SCHEMES = frozenset({"http", "https", "ws", "wss"})


def read(data: bytes | BinaryIO, beside: Callable[[str], bytes | None] | None = None) -> Reading:
    """The exchanges of a HAR file. Raises Unreadable, at the latest with the first exchange, where it is no HAR at all.

    `beside` gives the content of a file that the HAR names as a body, as Playwright's do.
    """
    return Reading(lambda skips: _read(opened(data), skips, beside))


def exchange(entry: Entry) -> Exchange:
    """One HAR entry as an exchange. Raises ValueError with the reason where it has no request or no URL."""
    request, response = _object(entry, "request"), _object(entry, "response")
    method, url = mended(str(request.get("method") or "GET").upper()), mended(str(request.get("url") or ""))
    if "?" not in url and "queryString" in request:
        url = _with_query(url, request["queryString"])
    scheme, mark, _ = url.partition("://")
    if not mark:
        raise ValueError("it has no absolute URL")
    if scheme.lower() not in _SCHEMES:
        raise ValueError(f"`{scheme[:20]}:` is no HTTP")
    started_at = seconds(entry.get("startedDateTime") or 0)
    request_headers, response_headers = _headers(request), _headers(response)
    content = _object(response, "content")
    request_body, response_body = _request_body(request), _response_body(content, response_headers)
    status = _status(response.get("status"))
    frames = _frames(entry, started_at)
    return Exchange(
        id=exchange_id(method, url, started_at, request_body, response_body),
        method=method,
        url=url,
        status=status if 100 <= status <= 999 else None,
        request_headers=_with_type(request_headers, _object(request, "postData").get("mimeType"), request_body),
        request_body=request_body,
        response_headers=_with_type(response_headers, content.get("mimeType"), response_body),
        response_body=response_body,
        response_truncated=not response_body and _integer(content.get("size")) > 0,
        started_at=started_at,
        duration_ms=max(_number(entry.get("time")), 0.0),
        protocol=_protocol(url, frames, status),
        frames=frames,
        error=mended(str(response.get("_error") or "")) or (None if 100 <= status <= 999 else "no answer was recorded"),
    )


def _read(stream: BinaryIO, skips: Skips, beside: Callable[[str], bytes | None] | None) -> Iterator[Exchange]:
    json, number, given = JsonStream(stream), 0, 0
    try:
        for found in _found(json):
            number += 1
            try:
                if beside and isinstance(found, dict):
                    _put_in(found, beside)
                exchanged = exchange(found) if isinstance(found, dict) else _reject(found)
            except ValueError as error:
                skips.add(f"Entry {number} was left out: {error}.")
                continue
            given += 1
            yield exchanged
    except (CutOff, Malformed) as error:
        if not given and not skips.count:
            raise Unreadable(f"The file breaks off before its first entry is whole: {error}.") from None
        skips.add(f"The file ends early, after entry {number}: {error}.")


def _found(json: JsonStream) -> Iterator[Entry | Unfit | None]:
    """Each entry, or why it cannot be taken: by the hundred where the text is as it should be, else one by one."""
    first_key, alone = "", 1
    for _ in _entries(json):
        alone -= 1
        if alone < 0 and (text := json.items_ahead(first_key)):
            try:
                entries = cast("list[Entry]", _DECODER.decode(f"[{text}]"))
            except (msgspec.DecodeError, RecursionError):
                alone = text.count(f'"{first_key}"')
            else:
                json.pass_over(text)
                yield from entries
                continue
        try:
            entry = json.value()
        except Unfit as error:
            yield error
            continue
        first_key = next(iter(entry), "") if isinstance(entry, dict) else first_key
        yield entry if isinstance(entry, dict) else None


def _entries(json: JsonStream) -> Iterator[None]:
    """Goes to `log.entries` (or `entries`, or a bare list, as some tools write) and stops at each entry; members around it are passed over."""
    if json.peek() == "[":
        yield from json.items()
        return
    if json.peek() != "{":
        raise Unreadable("This is no HAR file: it does not begin with a JSON object.")
    is_found = False
    try:
        for key in json.members():
            if key == "log" and json.peek() == "{":
                for inner in json.members():
                    if inner == "entries" and json.peek() == "[":
                        is_found = True
                        yield from json.items()
                    else:
                        json.skip()
            elif key == "entries" and json.peek() == "[":
                is_found = True
                yield from json.items()
            else:
                json.skip()
    except Malformed:
        if is_found:
            raise
    if not is_found:
        raise Unreadable("This is no HAR file: it has no `log.entries`.")


def _reject(reason: Unfit | None) -> Exchange:
    raise reason or ValueError("it is no object")


def _object(owner: Entry, name: str) -> Entry:
    value = owner.get(name)
    return value if isinstance(value, dict) else {}


def _put_in(entry: Entry, beside: Callable[[str], bytes | None]) -> None:
    """Bodies that are in files of their own."""
    for owner in (_object(_object(entry, "request"), "postData"), _object(_object(entry, "response"), "content")):
        name = owner.get("_file")
        if isinstance(name, str) and not owner.get("text") and (body := beside(name)):
            owner |= {"text": binascii.b2a_base64(body).decode(), "encoding": "base64"}


def _headers(message: Entry) -> Headers:
    """Without the pseudo-headers of HTTP/2; a few tools write an object for the list."""
    raw = message.get("headers")
    if isinstance(raw, dict):
        return tuple((mended(str(name)), mended(str(value))) for name, value in raw.items() if not str(name).startswith(":"))
    if not isinstance(raw, list):
        return ()
    if raw and type(raw[0]) is _Header:  # of strict JSON, which has no lone surrogates
        return tuple([(item.name, item.value or "") for item in cast("list[_Header]", raw) if item.name and item.name[0] != ":"])
    return tuple(
        (mended(str(item.get("name"))), mended(str(item.get("value") or "")))
        for item in raw
        if isinstance(item, dict) and item.get("name") and not str(item["name"]).startswith(":")
    )


def _with_type(headers: Headers, media_type: object, body: bytes) -> Headers:
    """Safari and Insomnia may name the type beside the body only."""
    if not body or not isinstance(media_type, str) or not media_type or media_type == "x-unknown" or header(headers, "content-type"):
        return headers
    return (*headers, ("content-type", mended(media_type)))


def _request_body(request: Entry) -> bytes:
    data = _object(request, "postData")
    text = data.get("text")
    if isinstance(text, str) and text:
        return _bytes(text, data.get("encoding") or data.get("_encoding"))
    params = data.get("params")
    if not isinstance(params, list) or not params:
        return b""
    items = [item for item in params if isinstance(item, dict)]
    media_type = str(data.get("mimeType") or "")
    return _multipart(items, media_type) if "multipart" in media_type else "&".join(_form_pair(item) for item in items).encode()


def _form_pair(item: Entry) -> str:
    name, value = str(item.get("name") or ""), str(item.get("value") or "")
    return f"{name}={value}" if "%" in value else f"{name}={quote_plus(value)}"


def _multipart(items: list[Entry], media_type: str) -> bytes:
    """The parts as a form would send them; Chrome keeps the parsed parameters only."""
    boundary = media_type.partition("boundary=")[2].strip('" ') or "boundary"
    parts: list[str] = []
    for item in items:
        file_name = f'; filename="{item["fileName"]}"' if item.get("fileName") else ""
        kind = f"\r\nContent-Type: {item['contentType']}" if item.get("contentType") else ""
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{item.get("name") or ""}"{file_name}{kind}\r\n\r\n{item.get("value") or ""}\r\n')
    return ("".join(parts) + f"--{boundary}--\r\n").encode("utf-8", "replace")


def _with_query(url: str, listed: object) -> str:
    """Insomnia and code generators may name the query beside the URL only."""
    if isinstance(listed, msgspec.Raw):
        listed = msgspec.json.decode(listed) if len(listed) > len("[]") else []
    pairs = [_form_pair(item) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return f"{url}?{'&'.join(pairs)}" if pairs else url


def _response_body(content: Entry, headers: Headers) -> bytes:
    text = content.get("text")
    if not isinstance(text, str) or not text:
        return b""
    body = _bytes(text, content.get("encoding"))
    packing = header(headers, "content-encoding") if content.get("encoding") else ""
    if packing and (body[:2] == b"\x1f\x8b" or not _is_text(body)):
        return decoded(body, packing) or body
    return body


def _is_text(body: bytes) -> bool:
    try:
        return bool(body.decode())
    except UnicodeDecodeError:
        return False


def _bytes(text: str, encoding: object) -> bytes:
    if encoding == "base64" or (isinstance(encoding, str) and encoding.lower() == "base64"):
        try:
            return binascii.a2b_base64(text)
        except ValueError:
            if _BASE64.fullmatch(text):
                return binascii.a2b_base64(text.replace("-", "+").replace("_", "/").rstrip("=") + "==")
            # Fiddler marks some plain bodies as base64
    return text.encode("utf-8", "replace")


def _frames(entry: Entry, started_at: float) -> tuple[Frame, ...]:
    messages = entry.get("_webSocketMessages")
    if not isinstance(messages, list):
        return ()
    return tuple(
        frame(
            item.get("type"),
            _bytes(str(item.get("data") or ""), "" if item.get("opcode") == 1 else "base64"),
            max(_number(item.get("time")) - started_at, 0.0) * 1000,
            is_text=item.get("opcode") != 2,
        )
        for item in messages
        if isinstance(item, dict) and item.get("opcode") in (1, 2, None)
    )


def _protocol(url: str, frames: tuple[Frame, ...], status: int) -> Protocol:
    is_secure = url.lower().startswith(("https:", "wss:"))
    if frames or status == 101 or url.lower().startswith("ws"):
        return "wss" if is_secure else "ws"
    return "https" if is_secure else "http"


def _status(value: object) -> int:
    return int(value) if isinstance(value, str) and _STATUS.fullmatch(value) else _integer(value)


def _integer(value: object) -> int:
    return int(value) if isinstance(value, int | float) and abs(value) < 1e15 else 0


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and abs(value) < 1e15 else 0.0

"""Tells by its first bytes what a file is, and reads the captures in it. Names and endings of files are not looked at.

The reader of a kind is imported with the first file of that kind: a command that reads one file must not wait for all of them.
"""

import re
from collections.abc import Callable
from importlib import import_module
from typing import BinaryIO, Literal, NamedTuple

from agent.spec.readers.reading import Prefixed, Reading, Unreadable, opened

Kind = Literal["har", "flows", "saved", "curl", "postman", "insomnia", "openapi", "zip", "unknown"]

_READERS = {
    "har": "har:read",
    "flows": "flows:read",
    "saved": "saved:read",
    "curl": "curl:read",
    "postman": "postman_read:read",
    "insomnia": "insomnia_read:read",
}
_CURL = rb"(?i)(?:(?:```\w*|#[^\n]*|(?:export )?[A-Za-z_]\w*=[^\n]*)\r?\n\s*)*(?:(?:PS )?[^\s{<]*[$>%#] )?(?:(?:sudo|time) )?(?:[\w.~/-]*/)?curl(?:\.exe)?\s"
_POSTMAN_1 = rb'(?s)"(?:requests|folders|order)"\s*:\s*\[.*"(?:rawModeData|dataMode|headerData|collectionId)"\s*:'
_HEAD = 1 << 16
"""A collection may begin with a long description."""
_FIRST_KEY = re.compile(rb'\s*\{\s*"([^"\\]{1,60})"\s*:')


class Input(NamedTuple):
    """What a file is, and a stream of its plain bytes from the beginning."""

    kind: Kind
    stream: BinaryIO


def identify(data: bytes | BinaryIO) -> Input:
    """Raises Unreadable where the input is empty or damaged."""
    stream = opened(data)
    head = b""
    while len(head) < _HEAD and (piece := stream.read(_HEAD - len(head))):
        head += piece
    return Input(_kind(head), Prefixed(head, stream))


def read(data: bytes | BinaryIO) -> Reading:
    """The exchanges of a capture file of any known kind. Raises Unreadable with a sentence where there are none to expect."""
    found = identify(data)
    if found.kind == "openapi":
        raise Unreadable("This is an OpenAPI document, not a capture; `wiretalk drift` checks it against one.")
    if found.kind == "unknown":
        raise Unreadable("This is no capture that can be read: neither HAR, nor mitmproxy flows, nor saved captures, nor a collection, nor curl commands.")
    if found.kind == "zip":
        return import_module("agent.spec.readers.zipped").read(found.stream, read)
    return _reader(found.kind)(found.stream)


def _reader(kind: Kind) -> Callable[[BinaryIO], Reading]:
    module, _, name = _READERS[kind].partition(":")
    return getattr(import_module(f"agent.spec.readers.{module}"), name)


def _kind(head: bytes) -> Kind:
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    text = head.lstrip()
    is_object = text[:1] == b"{"  # as most captures are: no expression is made for what they cannot be
    if is_object and (first := _FIRST_KEY.match(text)) and first[1] in (b"log", b"entries"):
        return "har"
    if not is_object and re.match(rb"\d{1,12}:\d", text):
        return "flows"
    if not is_object and re.match(_CURL, text):
        return "curl"
    if (b"openapi" in text or b"swagger" in text) and (
        re.search(rb"^[\"']?(?:openapi|swagger)[\"']?\s*:", text, re.MULTILINE) or (is_object and re.match(rb"\s*\{[^{}]*\"(?:openapi|swagger)\"\s*:", text))
    ):
        return "openapi"
    if re.search(rb"^type: [\"']?collection\.insomnia\.rest", text, re.MULTILINE):
        return "insomnia"
    if text[:1] == b"[" and b'"request"' in text and b'"url"' in text:
        return "har"
    return _json_kind(text) if is_object else "unknown"


def _json_kind(text: bytes) -> Kind:
    first = _FIRST_KEY.match(text)
    key = first[1] if first else b""
    if b"getpostman.com" in text or b"schema.postman.com" in text or b'"_postman_' in text or re.search(_POSTMAN_1, text):
        return "postman"
    if b'"__export_format"' in text or (b'"_type"' in text and b'"export"' in text):
        return "insomnia"
    if key in (b"openapi", b"swagger"):
        return "openapi"
    if key == b"id" and b'"method"' in text and b'"url"' in text:
        return "saved"
    if re.search(rb'"openapi"\s*:\s*"3|"paths"\s*:\s*\{', text):
        return "openapi"
    if key in (b"info", b"item", b"event", b"variable", b"auth") and b'"item"' in text:
        return "postman"
    return "openapi" if key == b"info" else "har"

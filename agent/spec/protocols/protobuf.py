"""Protocol Buffers without their schema: the wire tells the number of each field and how it is written, and no name. Values are not kept.

What is written with a length may be a text, a message or bytes: it is a text where it reads as one, and a message where it can be taken apart to its end.
"""

import re
from binascii import a2b_base64
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from agent.spec.summary import KEYS_MAX, smallest

Wire = dict[str, dict[str, int]]
"""By place, as `3.1` for the field 1 of the message in field 3: how often it was written in which way, and came several times in a message."""
REPEATED = "repeated"
_EMPTY = "empty"
_FRAMED = ("application/grpc", "application/connect")
_FIXED = {1: 8, 5: 4}
_WRITTEN = {0: "varint", 1: "64 bits", 5: "32 bits"}
_LARGEST_NUMBER = 50_000
"""Larger ones are allowed, and mostly read from what is no message."""
_MOST_BYTES, _DEEPEST = 1 << 18, 6


def counted(wire: Wire, body: bytes, media_type: str) -> Wire:
    """The fields that were counted so far with those of a body. One of another type, packed, or that cannot be read, counts nothing."""
    bare = media_type.partition(";")[0].strip().lower()
    if "json" in bare or not ("proto" in bare or bare.startswith(_FRAMED)):
        return wire
    for message in _messages(body[:_MOST_BYTES], bare):
        _count(wire, _fields(message) or [], "", 0)
    return wire if len(wire) <= KEYS_MAX * 2 else smallest(wire, KEYS_MAX)


def described(wire: Wire) -> str:
    """The fields in words, empty where none were read: `1 varint; 2 text; 3 message, repeated (1 varint)`."""
    inner: dict[str, list[str]] = {}
    for place in wire:
        inner.setdefault(place.rpartition(".")[0], []).append(place)
    fields = _described(wire, inner, "")
    return f"Protocol Buffers, by field number: {fields}." if fields else ""


class _Field(NamedTuple):
    number: int
    kind: int
    data: bytes


def _messages(body: bytes, bare: str) -> Iterator[bytes]:
    """One message, or those in frames: a byte of flags, four of length. Only frames without flags hold plain messages."""
    if not bare.startswith(_FRAMED):
        yield body
        return
    if "grpc-web-text" in bare:  # each part that was sent may end in a padding of its own, and the last be cut off: one character alone is no byte
        parts = re.findall(rb"[A-Za-z0-9+/]+", body)
        body = b"".join(a2b_base64(part[: -1 if len(part) % 4 == 1 else None] + b"==") for part in parts)
    at = 0
    while at + 5 <= len(body):
        end = at + 5 + int.from_bytes(body[at + 1 : at + 5], "big")
        if body[at] == 0 and end <= len(body):
            yield body[at + 5 : end]
        at = end


def _fields(data: bytes) -> list[_Field] | None:
    """The fields of a message, None where it is none."""
    found: list[_Field] = []
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        size, start = _varint(data, at) if kind in (0, 2) else (_FIXED.get(kind, -1), at)
        at = start if kind == 0 else start + size
        if size < 0 or at > len(data) or not 0 < tag >> 3 <= _LARGEST_NUMBER:
            return None
        found.append(_Field(tag >> 3, kind, data[start:at] if kind == 2 else b""))
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends; -1 where it is none."""
    value = 0
    for end in range(at, min(at + 10, len(data))):
        value |= (data[end] & 127) << 7 * (end - at)
        if data[end] < 128:
            return value, end + 1
    return -1, at


def _count(wire: Wire, fields: list[_Field], above: str, depth: int) -> None:
    times = Counter(field.number for field in fields)
    for field in fields:
        place = f"{above}{field.number}"
        counts = wire.setdefault(place, {})
        inner = None if field.kind != 2 or depth >= _DEEPEST or _is_text(field.data) else _fields(field.data)
        kind = _WRITTEN.get(field.kind) or ("message" if inner else _EMPTY if not field.data else "text" if _is_text(field.data) else "bytes")
        counts[kind] = counts.get(kind, 0) + 1
        if inner:
            _count(wire, inner, f"{place}.", depth + 1)
    for number, count in times.items():
        if count > 1:
            counts = wire[f"{above}{number}"]
            counts[REPEATED] = counts.get(REPEATED, 0) + 1


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return text[:1] >= " " and all(sign.isprintable() or sign in "\t\r\n" for sign in text)


def _described(wire: Wire, inner: dict[str, list[str]], above: str) -> str:
    parts: list[str] = []
    for place in sorted(inner.get(above, ()), key=lambda place: int(place.rpartition(".")[2])):
        counts = wire[place]
        kinds = {kind: times for kind, times in counts.items() if kind not in (REPEATED, _EMPTY)} or {"text or message": 1}
        usual = [kind for kind in sorted(kinds, key=lambda kind: (-kinds[kind], kind)) if kinds[kind] * 10 >= sum(kinds.values())]
        below = _described(wire, inner, place) if "message" in usual else ""
        repeated = ", repeated" if REPEATED in counts else ""
        parts.append(f"{place.rpartition('.')[2]} {' or '.join(usual)}{repeated}{f' ({below})' if below else ''}")
    return "; ".join(parts)

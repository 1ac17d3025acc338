"""Bodies as people and tools read them: content-encodings undone within a limit, bytes turned into text only where they are text."""

import zlib
from typing import Literal

import brotli
import msgspec
import zstandard

_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "application/graphql",
    "application/javascript",
    "application/x-ndjson",
    "application/yaml",
)
_MOST_LAYERS = 4
BodyKind = Literal["empty", "json", "text", "image", "binary"]


def decode(data: bytes, encoding: str, limit: int = 16 * 1024 * 1024) -> bytes:
    """Undo `Content-Encoding`, at most `limit` bytes out at every layer; what cannot be undone, or is cut off, is given as far as it goes."""
    names = [part.strip().lower() for part in encoding.split(",") if part.strip()]
    for name in reversed(names[-_MOST_LAYERS:]):
        data = _undo(data, name, limit)
    return data[:limit]


def kind(data: bytes, media_type: str) -> BodyKind:
    """How a body is shown."""
    base = media_type.split(";")[0].strip().lower()
    if not data:
        return "empty"
    if base.endswith("json"):
        return "json" if as_json(data) is not None else "text"
    if base.startswith("image/") and base != "image/svg+xml":
        return "image"
    if base.startswith(_TEXTUAL) or base.endswith("+xml") or (not base and _is_text(data)):
        return "text"
    if base.startswith("multipart/"):
        return "text" if _is_text(data) else "binary"
    return "text" if base in {"", "application/octet-stream"} and _is_text(data[:4096]) else "binary"


def as_text(data: bytes, media_type: str) -> str:
    """Text in the charset that the media type names, else UTF-8; a byte that does not fit becomes a replacement mark."""
    charset = next((part.partition("=")[2].strip().strip('"') for part in media_type.split(";")[1:] if part.strip().lower().startswith("charset=")), "utf-8")
    try:
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def as_json(data: bytes) -> object | None:
    """The parsed value, or None where it is no JSON (also for JSON null, which says as little)."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _is_text(data: bytes) -> bool:
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4 and error.start > 0
    return True


def _undo(data: bytes, name: str, limit: int) -> bytes:
    try:
        match name:
            case "gzip" | "x-gzip":
                return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, limit)
            case "deflate":
                return _inflate(data, limit)
            case "br":
                return brotli.Decompressor().process(data, output_buffer_limit=limit)[:limit]
            case "zstd":
                return zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read(limit)
            case _:
                return data
    except (zlib.error, zstandard.ZstdError, brotli.error):
        return data


def _inflate(data: bytes, limit: int) -> bytes:
    """`deflate` is zlib by the standard and raw by custom."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, limit)

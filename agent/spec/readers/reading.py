"""What every reader gives back: the exchanges of a file one by one, and beside them what was left out and why."""

import re
import zlib
from _blake2 import blake2b
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from typing import BinaryIO, Self
from urllib.parse import urlsplit

import msgspec

from agent.spec.model import Exchange, Frame, Headers
from agent.spec.readers.unpacked import Gunzipped, Recoded, Unzstd

MAX_REASONS = 50
MAX_DECODED = 64 * 1024 * 1024


class Unreadable(ValueError):
    """The input cannot be read at all. The message is one sentence for a person."""


class Skips:
    """Counts what a reader left out and keeps the first reasons."""

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def add(self, reason: str) -> None:
        self.count += 1
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(reason)

    def take(self, other: "Reading") -> None:
        """What another reader left out."""
        self.count += other.skipped_count
        self.reasons += other.skipped[: MAX_REASONS - len(self.reasons)]


class Reading(Iterator[Exchange]):
    """The exchanges of one file, each with a URL that has a host and with a time of this era.

    `skipped` is complete once the iteration has ended; `skipped_count` goes past its limit.
    """

    def __init__(self, read: Callable[[Skips], Iterator[Exchange]]) -> None:
        self._skips = Skips()
        self._exchanges = read(self._skips)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Exchange:
        while True:
            exchange = next(self._exchanges)
            if not _is_url(exchange.url):
                self._skips.add(f"`{exchange.method[:20]} {exchange.url[:200]}` was left out: this is no URL.")
            elif 0 <= exchange.started_at < _END_OF_TIMES and 0 <= exchange.duration_ms < _END_OF_TIMES:
                return exchange
            else:
                return msgspec.structs.replace(exchange, started_at=0.0, duration_ms=0.0)

    @property
    def skipped(self) -> tuple[str, ...]:
        return tuple(self._skips.reasons)

    @property
    def skipped_count(self) -> int:
        return self._skips.count


def opened(data: bytes | BinaryIO) -> BinaryIO:
    """A stream over the plain bytes: gzip, zstd and UTF-16 are undone, a byte order mark is dropped. Raises Unreadable for an empty or damaged input."""
    stream = BytesIO(data) if isinstance(data, bytes) else data
    head = stream.read(4096)
    for mark, unpack in _PACKED.items():
        if head.startswith(mark):
            stream = unpack(Prefixed(head, stream))
            if not (head := stream.read(4096)):
                raise Unreadable("The file is packed, and damaged from its beginning.")
    if not head.strip():
        raise Unreadable("The file is empty.")
    return Prefixed(head.removeprefix(b"\xef\xbb\xbf"), stream)


def whole(stream: BinaryIO, limit: int) -> bytes:
    """All bytes of a stream. Raises Unreadable where there are more than `limit`."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(1 << 18):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise Unreadable(f"The file is larger than {limit >> 20} MiB.")
    return b"".join(pieces)


class Prefixed(BytesIO):
    """Bytes that were read ahead, then the rest of their stream. Only `read` is offered."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._head, self._stream = head, stream

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 18), b""))
        head, self._head = self._head[:size], self._head[size:]
        return head or self._stream.read(size)


def exchange_id(method: str, url: str, started_at: float, request_body: bytes, response_body: bytes) -> str:
    """An id that the exchange itself gives, so that the order of a file's entries changes nothing."""
    head = f"{method} {url} {started_at!r} {len(request_body)} ".encode("utf-8", "replace")
    return blake2b(head + request_body + response_body, digest_size=8).hexdigest()


def seconds(text: object) -> float:
    """An ISO 8601 or HTTP date (or a number of seconds or milliseconds) as seconds since the epoch; 0.0 where it is none."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return float(text) / 1000 if 1e11 < text < 1e14 else float(text)
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return _odd_seconds(str(text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _odd_seconds(text: str) -> float:
    if text.isascii() and text.isdigit():
        return seconds(int(text[:20]))
    try:
        return import_module("email.utils").parsedate_to_datetime(text[:100]).timestamp()  # not worth its time where no date is odd
    except (ValueError, TypeError, OverflowError):
        return 0.0


def header(headers: Headers, name: str) -> str:
    """The first value of a header, by its lower-case name; empty where there is none."""
    return next((value for key, value in headers if key.lower() == name), "")


def mended(text: str) -> str:
    """The text without lone surrogates, which JSON can spell and nothing else can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def decoded(body: bytes, encoding: str) -> bytes | None:
    """A body without its content-encoding, cut at 64 MiB. None where it cannot be undone."""
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in ("identity", ""):
            continue
        decode = _DECODERS.get(name)
        plain = decode(body) if decode else None
        if plain is None:
            return None
        body = plain
    return body


def with_id(exchange: Exchange) -> Exchange:
    """The exchange under the id that its own content gives, and without lone surrogates."""
    id_ = exchange_id(exchange.method, exchange.url, exchange.started_at, exchange.request_body, exchange.response_body)
    sent, received = (tuple((mended(name), mended(value)) for name, value in headers) for headers in (exchange.request_headers, exchange.response_headers))
    return msgspec.structs.replace(exchange, id=id_, method=mended(exchange.method), url=mended(exchange.url), request_headers=sent, response_headers=received)


def frame(direction: object, data: bytes, at: float, *, is_text: bool) -> Frame:
    return Frame("sent" if direction in ("send", "sent", "request", True) else "received", data, at, is_text)


_PACKED: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    b"\x1f\x8b": Gunzipped,
    b"\x28\xb5\x2f\xfd": Unzstd,
    b"\xff\xfe": Recoded,
    b"\xfe\xff": Recoded,
}
"""By their first bytes, text in UTF-16 last: it may be what was packed."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@\[\]]*@)?(?:[^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?![^/?#])")
_END_OF_TIMES = 253_402_300_800
"""The year 10,000, which no calendar of Python's knows."""


def _is_url(url: str) -> bool:
    if not _URL.match(url):
        return False
    if url.isascii() and "[" not in url:
        return True
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _inflate(body: bytes, wbits: int) -> bytes | None:
    try:
        return zlib.decompressobj(wbits=wbits).decompress(body, MAX_DECODED)
    except zlib.error:
        return None


def _deflate(body: bytes) -> bytes | None:
    return _inflate(body, zlib.MAX_WBITS) or _inflate(body, -zlib.MAX_WBITS)


def _zstd(body: bytes) -> bytes | None:
    zstandard = import_module("zstandard")  # most captures have no use for it, and it takes a while to load
    try:
        return zstandard.ZstdDecompressor().stream_reader(body, read_across_frames=True).read(MAX_DECODED)  # 60 KB can hold 2 GB
    except zstandard.ZstdError:
        return None


def _brotli(body: bytes) -> bytes | None:
    brotli = import_module("brotli")
    try:
        return brotli.Decompressor().process(body, output_buffer_limit=MAX_DECODED)
    except brotli.error:
        return None


_DECODERS: dict[str, Callable[[bytes], bytes | None]] = {
    "gzip": lambda body: _inflate(body, 31),
    "x-gzip": lambda body: _inflate(body, 31),
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}

"""The plain bytes behind gzip, zstd and UTF-16, undone piece by piece in bounded memory. A stream that is cut off or damaged ends where it does."""

import codecs
import zlib
from importlib import import_module
from io import BytesIO
from typing import BinaryIO

MAX_UNPACKED = 4 << 30
"""A few megabytes can stand for terabytes, which nobody would wait for."""


class Unpacked(BytesIO):
    """A stream that another one stands for. Only `read` is offered; what is over the limit counts as cut off."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MAX_UNPACKED

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 18), b""))
        plain = self._piece(size) if self._left > 0 else b""
        self._left -= len(plain)
        return plain

    def _piece(self, size: int) -> bytes:
        """At most `size` bytes; none only at the end."""
        raise NotImplementedError


class Gunzipped(Unpacked):
    """Of one gzip member after the other, as logs are appended."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream, self._inflate, self._pending = stream, zlib.decompressobj(wbits=31), b""

    def _piece(self, size: int) -> bytes:
        while True:
            if self._inflate.eof:
                self._pending, self._inflate = self._inflate.unused_data, zlib.decompressobj(wbits=31)
            compressed = self._pending or self._stream.read(65536)
            if not compressed:
                return b""
            try:
                plain = self._inflate.decompress(compressed, size)
            except zlib.error:
                return b""
            self._pending = self._inflate.unconsumed_tail
            if plain:
                return plain


class Unzstd(Unpacked):
    """Of zstd, frame after frame."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._zstandard = import_module("zstandard")  # few captures need it, and it takes a while to load
        self._reader = self._zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(stream, read_across_frames=True)

    def _piece(self, size: int) -> bytes:
        try:
            return self._reader.read(size)
        except self._zstandard.ZstdError:
            return b""


class Recoded(Unpacked):
    """UTF-16 as UTF-8: PowerShell and some editors save it so."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream, self._decode, self._pending = stream, codecs.getincrementaldecoder("utf-16")("replace").decode, b""

    def _piece(self, size: int) -> bytes:
        while not self._pending:
            packed = self._stream.read(65536)
            self._pending = self._decode(packed, final=not packed).encode("utf-8", "replace")
            if not packed:
                break
        piece, self._pending = self._pending[:size], self._pending[size:]
        return piece

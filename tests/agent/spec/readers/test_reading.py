"""The parts that all readers share: streams, times and content-encodings."""

import gzip
import io
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard

from agent.spec.readers.reading import Unreadable, decoded, opened, seconds, whole

LONG = bytes(range(97, 123)) * 50_000


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(b"plain", mtime=0)),
        ("x-gzip", gzip.compress(b"plain", mtime=0)),
        ("deflate", zlib.compress(b"plain")),
        ("deflate", zlib.compress(b"plain")[2:-4]),
        ("br", brotli.compress(b"plain")),
        ("zstd", zstandard.compress(b"plain")),
        ("", b"plain"),
        ("identity", b"plain"),
        ("gzip, br", brotli.compress(gzip.compress(b"plain", mtime=0))),
    ],
)
def test_encodings_are_undone(encoding: str, data: bytes) -> None:
    """Also raw deflate, and several in their order."""
    assert decoded(data, encoding) == b"plain"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "unheard-of"])
def test_what_cannot_be_undone_is_none(encoding: str) -> None:
    """Never an exception."""
    assert decoded(b"no such encoding", encoding) is None


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("zstd", zstandard.compress)])
def test_a_bomb_is_cut(encoding: str, pack: Callable[[bytes, int], bytes]) -> None:
    """At 64 MiB, whatever it claims, and before it fills the memory."""
    packed = pack(bytes(200 << 20), 1)
    tracemalloc.start()
    assert len(decoded(packed, encoding) or b"") == 64 << 20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 160 << 20


def test_times_are_read_with_and_without_a_zone() -> None:
    """What is no time is 0."""
    assert seconds("2025-01-31T13:00:00+01:00") == seconds("2025-01-31T12:00:00Z") == seconds("2025-01-31T12:00:00") == 1738324800.0
    assert seconds(12) == 12.0 and seconds("soon") == 0.0
    assert seconds(1738324800000) == seconds("1738324800000") == seconds("Fri, 31 Jan 2025 12:00:00 GMT") == 1738324800.0


def test_a_stream_is_opened_from_bytes_or_from_a_file() -> None:
    """And read in any pieces."""
    for data in (b"\xef\xbb\xbf" + LONG, gzip.compress(LONG, mtime=0)):
        assert opened(data).read() == LONG == whole(opened(io.BytesIO(data)), len(LONG))
        assert b"".join(iter(partial(opened(io.BytesIO(data)).read, 1000), b"")) == LONG
        with pytest.raises(Unreadable, match="larger than"):
            whole(opened(data), len(LONG) - 1)

"""Packed streams, piece by piece."""

import gzip
import io
import tracemalloc

import pytest
import zstandard

from agent.spec.readers import unpacked
from agent.spec.readers.unpacked import Gunzipped, Recoded, Unpacked, Unzstd

PLAIN = "aé😀\n".encode() * 30_000


@pytest.mark.parametrize("size", [7, 4096, 1 << 20, -1])
@pytest.mark.parametrize(
    ("kind", "packed"),
    [
        (Gunzipped, gzip.compress(PLAIN[:1000], mtime=0) + gzip.compress(PLAIN[1000:], mtime=0)),
        (Unzstd, zstandard.compress(PLAIN[:1000]) + zstandard.compress(PLAIN[1000:])),
        (Recoded, PLAIN.decode().encode("utf-16")),
    ],
)
def test_what_was_packed_comes_back(kind: type[Unpacked], packed: bytes, size: int) -> None:
    """In pieces of any size, and up to where it is cut off."""
    stream = kind(io.BytesIO(packed))  # type: ignore[call-arg]
    assert b"".join(iter(lambda: stream.read(size), b"")) == PLAIN
    cut = kind(io.BytesIO(packed[:-5])).read()  # type: ignore[call-arg]
    assert PLAIN.startswith(cut.removesuffix("\ufffd".encode()))


def test_a_bomb_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody would wait for its end, and in little memory all the way."""
    monkeypatch.setattr(unpacked, "MAX_UNPACKED", 8 << 20)
    packed = gzip.compress(bytes(32 << 20), 1)
    tracemalloc.start()
    stream = Gunzipped(io.BytesIO(packed))
    assert 8 << 20 <= sum(map(len, iter(lambda: stream.read(1 << 16), b""))) < 9 << 20
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()

"""Bodies decoded within a limit."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from agent.calls import bodies

_ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "identity": bytes,
}


@given(data=st.binary(max_size=2000), names=st.lists(st.sampled_from(sorted(_ENCODERS)), max_size=4))
def test_layers_are_undone_in_reverse(data: bytes, names: list[str]) -> None:
    """What was encoded in some order comes out as it went in."""
    encoded = data
    for name in names:
        encoded = _ENCODERS[name](encoded)
    assert bodies.decode(encoded, ", ".join(names)) == data


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_stays_small(name: str) -> None:
    """A small body that would fill the memory gives no more than the limit, and takes little more while it does."""
    bomb = _ENCODERS[name](b"\0" * 50_000_000)
    tracemalloc.start()
    found = bodies.decode(bomb, name, limit=100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == b"\0" * 100_000
    assert peak < 10_000_000


@pytest.mark.parametrize("name", sorted(_ENCODERS))
def test_what_was_cut_off_is_given_as_far_as_it_goes(name: str) -> None:
    """A body that was kept only in part never fails."""
    whole = bytes(range(256)) * 400
    found = bodies.decode(_ENCODERS[name](whole)[:-20], name)
    assert isinstance(found, bytes)


@given(data=st.binary(max_size=300), encoding=st.one_of(st.sampled_from(["gzip", "br", "zstd", "deflate", "x-evil, br, zstd"]), st.text(max_size=30)))
def test_nonsense_never_raises(data: bytes, encoding: str) -> None:
    """An upstream may claim any encoding for any bytes."""
    assert isinstance(bodies.decode(data, encoding, limit=1000), bytes)


@pytest.mark.parametrize(
    ("data", "media_type", "kind"),
    [(b"", "text/plain", "empty"), (b"{}", "application/problem+json", "json"), (b"{", "application/json", "text"), (b"<svg/>", "image/svg+xml", "text"),
     (b"\x89PNG", "image/png", "image"), (b"a\0b", "", "binary"), (b"[" * 100_000 + b"]" * 100_000, "application/json", "text")],
)  # fmt: skip
def test_how_a_body_is_shown(data: bytes, media_type: str, kind: str) -> None:
    """By its media type, and by what it really is where the two differ."""
    assert bodies.kind(data, media_type) == kind

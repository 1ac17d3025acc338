"""The spool's files."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import config, crypto
from agent.recorder import spool as spool_module
from agent.recorder.spool import Spool


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encryption key of the test's own."""
    monkeypatch.setenv("WIRETALK_SECRET_KEY", "a long enough secret for tests")
    config.settings.cache_clear()
    crypto.forget()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(payloads=st.lists(st.binary(max_size=300), max_size=20), cut=st.integers(0, 200))
def test_what_was_acknowledged_is_read_back(tmp_path: Path, payloads: list[bytes], cut: int) -> None:
    """After a crash every whole frame is there in its order; a torn last one is left out, and nothing else."""
    path = tmp_path / f"{os.urandom(8).hex()}.spool"
    spool = Spool.create(path)
    ends = [spool.size]
    for payload in payloads:
        spool.append(payload)
        ends.append(spool.size)
    spool.close(discard=False)
    size = max(ends[0], ends[-1] - cut)
    os.truncate(path, size)
    found = Spool.adopt(path)
    assert found is not None
    assert found.peek(1 << 30).payloads == payloads[: sum(end <= size for end in ends) - 1]
    found.close(discard=True)


def test_a_living_processes_file_is_left_alone(tmp_path: Path) -> None:
    """Its lock says so."""
    spool = Spool.create(tmp_path / "a.spool")
    assert Spool.adopt(spool.path) is None
    spool.close(discard=False)
    assert Spool.adopt(spool.path) is not None


def test_nothing_readable_is_on_the_disk(tmp_path: Path) -> None:
    """Headers and bodies wait encrypted, and a changed frame is not read."""
    spool = Spool.create(tmp_path / "a.spool")
    spool.append(b"authorization: s3cret")
    raw = spool.path.read_bytes()
    assert b"s3cret" not in raw
    spool.path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert spool.peek(1000).payloads == []


def test_an_emptied_file_goes_on(tmp_path: Path) -> None:
    """The same file serves a process for long without growing."""
    spool = Spool.create(tmp_path / "a.spool")
    for number in range(3):
        spool.append(b"%d" % number)
        frames = spool.peek(1000)
        assert frames.payloads == [b"%d" % number]
        spool.at = frames.end
        spool.empty()
    assert spool.path.stat().st_size == spool.start


def test_an_empty_or_foreign_file_gives_nothing(tmp_path: Path) -> None:
    """What a crash at the very beginning leaves, or what somebody put there."""
    for content in (b"", b"\0\0", b"\xff" * 100):
        path = tmp_path / "x.spool"
        path.write_bytes(content)
        found = Spool.adopt(path)
        assert found is not None
        assert found.peek(1000).payloads == []
        found.close(discard=True)


def test_a_file_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk is full each call tries it: neither a file nor an open descriptor stays."""
    monkeypatch.setattr(spool_module, "_write", _full)
    before = len(os.listdir("/dev/fd"))
    for number in range(3):
        with pytest.raises(OSError, match="No space"):
            Spool.create(tmp_path / f"{number}.spool")
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/dev/fd")) == before


def _full(file: int, data: bytes) -> None:
    raise OSError(28, "No space left on device")

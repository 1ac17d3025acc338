"""Starting the server: what it makes of the machine it finds."""

import resource
from collections.abc import Iterator

import pytest

from web import serve


@pytest.fixture
def limits() -> Iterator[tuple[int, int]]:
    """How many files this process may open, and may have it raised to; as before afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_as_many_files_as_are_allowed(limits: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The server raises what a shell starts with; it says so where that is little, and lowers nothing."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limits[1]))
    serve.allow_many_files()
    raised = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 256 < raised[0] <= 65_536
    assert raised[1] == limits[1]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (128, 128))
    serve.allow_many_files()
    assert "Only 128 files may be open here" in capsys.readouterr().err

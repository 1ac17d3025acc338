"""The small recording as a file."""

from pathlib import Path

import pytest

from tests.web.cli.shell import PETS


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    path = tmp_path / "pets.bin"
    path.write_bytes(PETS)
    return path

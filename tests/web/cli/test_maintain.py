"""`doctor`, `backup`, `restore` and `rotate-key`, as processes, on a data directory of their own."""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def home() -> Iterator[dict[str, str]]:
    """The environment of an operator with a data directory under a short path."""
    with tempfile.TemporaryDirectory(prefix="wiretalk-test-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        env = {name: value for name, value in os.environ.items() if not name.startswith(("WIRETALK_", "DATABASE_"))}
        yield env | {"WIRETALK_DATA_DIR": folder, "HOME_OF_TEST": folder}


def _wiretalk(home: dict[str, str], *arguments: str, expect: int | None = 0) -> str:
    command = [sys.executable, "-c", "from web.cli import main; main()", *arguments]
    done = subprocess.run(command, env=home, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert expect is None or done.returncode == expect, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_copy_brings_everything_back(home: dict[str, str], tmp_path: Path) -> None:
    """Users made after the backup are gone, those before are there, and what was sealed still opens."""
    _wiretalk(home, "user", "create", "--email", "ada@example.com", "--password", "correct horse")
    saved = tmp_path / "copy.zip"
    _wiretalk(home, "backup", str(saved))
    assert saved.stat().st_mode & 0o777 == 0o600
    assert "database.dump" in zipfile.ZipFile(saved).namelist()
    _wiretalk(home, "user", "create", "--email", "bob@example.com", "--password", "correct horse")
    assert "Restored" in _wiretalk(home, "restore", str(saved), "--yes")
    listed = _wiretalk(home, "user", "list")
    assert "ada@example.com" in listed
    assert "bob@example.com" not in listed
    assert "Newest key" in _wiretalk(home, "rotate-key")
    assert "good  Ledgers" in _wiretalk(home, "doctor", expect=None)


def test_what_is_no_backup_is_refused(home: dict[str, str], tmp_path: Path) -> None:
    """Before anything is touched."""
    wrong = tmp_path / "notes.txt"
    wrong.write_text("hello")
    assert "is not a backup" in _wiretalk(home, "restore", str(wrong), "--yes", expect=1)

"""`wiretalk discover --each` as a shell runs it: which documents are written, what they are called and what stderr says."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.web.cli.shell import PETS, Done, har
from web.cli.each import document_names

ORDERS = har(*[("GET", f"/orders/{number}", {"id": number}) for number in range(5)])
ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-c", "from web.cli import main; main()", "discover")


def discover(folder: Path, *arguments: str) -> Done:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, check=False, timeout=60, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # our own program
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def captures(tmp_path: Path) -> Path:
    for name, data in (("pets.har", PETS), ("shop/orders.har.gz", gzip.compress(ORDERS)), ("shop/notes.txt", b"no capture")):
        (tmp_path / "captures" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "captures" / name).write_bytes(data)
    return tmp_path


def test_each_capture_has_the_document_that_it_has_alone(captures: Path) -> None:
    """A line for each on stderr, nothing on stdout; the folders are made; of a folder, what is called like a capture is taken."""
    done = discover(captures, "captures", "--each", "-o", "docs/specs")
    assert (done.returncode, done.stdout) == (0, b"")
    assert sorted(done.stderr.decode().splitlines()) == [
        "`captures/pets.har` → `docs/specs/pets.yaml`: 7 calls read, 2 operations found.",
        "`captures/shop/orders.har.gz` → `docs/specs/orders.yaml`: 5 calls read, 1 operation found.",
    ]
    for capture, document in (("pets.har", "pets.yaml"), ("shop/orders.har.gz", "orders.yaml")):
        assert discover(captures, f"captures/{capture}").stdout == (captures / "docs/specs" / document).read_bytes()


def test_format_and_processes_hold_for_each(captures: Path) -> None:
    """A document has the ending of its format."""
    done = discover(captures, "captures", "--each", "-o", ".", "--processes", "1", "--format", "json")
    assert done.returncode == 0 and (captures / "pets.json").read_bytes().startswith(b"{\n") and (captures / "orders.json").exists()


def test_a_capture_that_fails_stops_no_other(captures: Path) -> None:
    """It has its sentence, and the exit code is 2."""
    (captures / "captures/bad.har").write_bytes(b"{}")
    done = discover(captures, "captures", "captures/none.har", "--each", "-o", "specs")
    said = done.stderr.decode().splitlines()
    assert done.returncode == 2 and said[-1] == "wiretalk: Captures that could not be described: 2 of 4."
    assert "wiretalk: `captures/none.har` cannot be opened: No such file or directory." in said
    assert "wiretalk: `captures/bad.har` cannot be read: This is no HAR file: it has no `log.entries`." in said
    assert sorted(path.name for path in (captures / "specs").iterdir()) == ["orders.yaml", "pets.yaml"]


def test_a_process_that_the_system_ends_is_told(captures: Path) -> None:
    """By the capture that it was for."""
    os.mkfifo(captures / "waits.har")
    with subprocess.Popen([*COMMAND, str(captures / "waits.har"), "--each", "-o", str(captures)], stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        with (captures / "waits.har").open("wb"):  # it is read now
            psutil.Process(process.pid).children()[0].kill()
            assert process.wait(60) == 2
        assert b"waits.har` was not described: the system ended its process." in process.stderr.read()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("captures --each", b"name their folder with `-o FOLDER`"),
        ("captures --each -o captures/pets.har", b"cannot be made: File exists"),
        ("- --each -o specs", b"stdin has no name"),
        ("empty --each -o specs", b"is a folder without captures"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(captures: Path, line: str, sentence: bytes) -> None:
    """In one line."""
    (captures / "empty").mkdir()
    done = discover(captures, *line.split())
    assert done.returncode == 2 and done.stderr.startswith(b"wiretalk: ") and sentence in done.stderr and done.stderr.count(b"\n") == 1


def test_documents_are_called_as_their_captures(tmp_path: Path) -> None:
    """With as much of the path as tells them apart; a capture that is named twice is described once."""
    gzip_name, twice = str(tmp_path / "c.har.gz"), str(tmp_path / "x/../c.har.gz")
    assert document_names([gzip_name, twice]) == {gzip_name: "c"}
    names = ["a.har", "x/b.har", "y/B.har", "y/c.har", "y/c.flows", "d", "a.har.flows", "e.har.ZIP", "v1.2.zip"]
    found = document_names([str(tmp_path / name) for name in names])
    assert [found[str(tmp_path / name)] for name in names] == ["a", "x/b.har", "y/B.har", "y/c.har", "y/c.flows", "d", "a.har", "e", "v1.2"]
    assert document_names(["A.har", "a.har"]) == {"A.har": "A.har", "a.har": "a.har"}

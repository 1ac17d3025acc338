"""The commands as a shell runs them: what is on stdout, what on stderr, and the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from openapi_spec_validator import validate

from tests.agent.spec.bad_files import BAD
from tests.bench.discovery import run_discover
from tests.bench.traffic import write_har
from tests.web.cli.shell import PETS, har, run

ROOT = Path(__file__).resolve().parents[3]


def test_a_process_of_its_own_does_the_same(pets: Path) -> None:
    """As from a shell."""
    done = subprocess.run(
        [sys.executable, "-c", "from web.cli import main; main()", "discover", str(pets)], capture_output=True, check=False, timeout=60, cwd=ROOT
    )  # our own program
    assert (done.returncode, done.stdout, done.stderr) == run("discover", str(pets))


def test_yaml_on_stdout_is_the_default(pets: Path) -> None:
    """And stderr says how much was read."""
    done = run("discover", str(pets))
    document = yaml.safe_load(done.stdout)
    validate(document)
    assert done.returncode == 0 and len(document["paths"]) == 2
    assert done.stderr == b"7 calls read, 2 operations found.\n"


@pytest.mark.parametrize(
    ("name", "start"), [("o.json", b"{\n"), ("o.yaml", b"openapi: "), ("o.yml", b"openapi: "), ("o.md", b"# "), ("o.ts", b"/**"), ("o", b"openapi: ")]
)
def test_the_ending_of_the_output_chooses(pets: Path, tmp_path: Path, name: str, start: bytes) -> None:
    """Nothing is on stdout then."""
    done = run("discover", str(pets), "-o", str(tmp_path / name))
    assert (done.returncode, done.stdout) == (0, b"") and (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize(("kind", "start"), [("markdown", b"# "), ("typescript", b"/**"), ("postman", b"{\n"), ("json", b"{\n"), ("summary", b"api.test")])
def test_every_format_can_be_asked_for(pets: Path, kind: str, start: bytes) -> None:
    """Whatever the output is called."""
    done = run("discover", str(pets), "--format", kind)
    assert done.returncode == 0 and done.stdout.startswith(start)


def test_several_files_and_stdin_are_one_api(pets: Path) -> None:
    """In any order, the same bytes."""
    other = har(("DELETE", "/pets/12", None))
    one, two = run("discover", str(pets), "-", stdin=other), run("discover", "-", str(pets), stdin=other)
    assert b"8 calls read, 3 operations found" in one.stderr and one.stdout == two.stdout


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", b"is empty"),
        (b"hello", b"no capture"),
        (b"{}", b"no `log.entries`"),
        (b'{"log": {"entries": [', b"breaks off before its first entry"),
        (b'{"log": {"entries": []}}', b"There is no call in"),
        (b"openapi: 3.1.0\n", b"an OpenAPI document"),
        (b"\x89PNG\r\n", b"no capture"),
        ("{}".encode("utf-16"), b"no HAR file"),
    ],
)
def test_unreadable_input_ends_with_2_and_one_line(data: bytes, sentence: bytes) -> None:
    """No traceback, nothing on stdout."""
    done = run("discover", "-", stdin=data)
    assert (done.returncode, done.stdout) == (2, b"") and sentence in done.stderr and done.stderr.count(b"\n") == 1


def test_files_that_are_not_there_or_cannot_be_written(pets: Path, tmp_path: Path) -> None:
    """The same: one line, exit 2."""
    for arguments in (
        (str(tmp_path / "none"),),
        (str(tmp_path),),
        (str(pets), "-o", str(tmp_path / "no/such/folder.yaml")),
        (str(pets), "--format", "graphql"),
    ):
        done = run("discover", *arguments)
        assert done.returncode == 2 and done.stdout == b"" and b"Traceback" not in done.stderr and done.stderr.splitlines()[-1].startswith(b"wiretalk: ")


def test_a_cut_off_file_gives_what_was_whole(tmp_path: Path) -> None:
    """And says so on stderr."""
    done = run("discover", "-", stdin=PETS[:-200])
    assert done.returncode == 0 and b"ends early" in done.stderr and b"6 calls read" in done.stderr


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_a_sound_document_or_one_line(name: str, tmp_path: Path) -> None:
    """What was whole is described; where nothing was, the exit code is 2."""
    bad, path = BAD[name], tmp_path / "bad"
    path.write_bytes(bad.data)
    done = run("discover", str(path), "-o", str(tmp_path / "o.json"))
    if bad.calls is None:
        assert done.returncode == 2 and done.stderr.splitlines()[-1].startswith(b"wiretalk: ") and not (tmp_path / "o.json").exists()
    else:
        assert done.returncode == 0 and f"{bad.calls:,} calls read, ".encode() in done.stderr, done.stderr
        validate(json.loads((tmp_path / "o.json").read_bytes()))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """20 MB of calls here, by two processes; `make bench` takes 300 MB."""
    capture = tmp_path / "large.har"
    write_har(capture, 6000, padding=2200)
    assert capture.stat().st_size > 20_000_000
    assert 20 < run_discover(capture, 2).mebibytes < 300
    assert len(yaml.safe_load(capture.with_suffix(".yaml").read_bytes())["paths"]) == 8


def test_every_real_capture_is_described(shared_dir: Path, tmp_path: Path) -> None:
    """HAR of every maker and mitmproxy flows, each to a valid document."""
    for path in sorted((shared_dir / "bench/discovery/real").glob("*")):
        if path.suffix in (".har", ".flows"):
            done = run("discover", str(path), "-o", str(tmp_path / "o.json"))
            assert done.returncode == 0, (path.name, done.stderr)
            validate(json.loads((tmp_path / "o.json").read_bytes()))

"""The short way of `wiretalk discover`: which command lines take it, and that it does what the long way does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.cli.shell import run
from web.cli.discovering import Asked, asked_plainly

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("a.har", Asked(("a.har",))),
        ("a.har b.har", Asked(("a.har", "b.har"))),
        ("a.har -o o.yaml", Asked(("a.har",), "o.yaml")),
        ("--output o.md a.har --format summary", Asked(("a.har",), "o.md", "summary")),
        ("-o o.md a.har -o p.md", Asked(("a.har",), "p.md")),
        ("a.har b.har --each -o specs", Asked(("a.har", "b.har"), "specs", each=True)),
    ],
)
def test_files_output_and_format_are_plain(line: str, asked: Asked) -> None:
    """In any order; of an option that is given twice the last counts, as everywhere."""
    assert asked_plainly(line.split()) == asked


@pytest.mark.parametrize("line", ["", "-", "--help", "a.har --help", "a.har -oo.yaml", "a.har --output=o.yaml", "a.har -o", "a.har -o -", "a.har --format pdf"])
def test_everything_else_is_left_to_the_long_way(line: str) -> None:
    """Right or wrong."""
    assert asked_plainly(line.split()) is None


@pytest.mark.parametrize("line", ["--processes 1 {}", "-- {}", "{} --no-evidence", "{} --evidnce", "{} --format", "{} none.har"])
def test_both_ways_say_the_same(pets: Path, line: str) -> None:
    """A process of its own, as from a shell, gives the output, the sentence and the exit code that the command gives."""
    arguments = ["discover", *line.format(pets).split()]
    program = "import sys; sys.argv[0] = 'wiretalk'; from web.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False, timeout=60, cwd=ROOT)  # our own program
    said = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (said.returncode, said.stdout, said.stderr.replace(b"commands", b"wiretalk"))


def test_little_is_loaded() -> None:
    """What reads command lines, web servers and databases stays out."""
    program = "import sys; import web.cli; sys.argv = ['wiretalk', 'discover', '--help']; web.cli._discovering(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60, cwd=ROOT).stdout.decode().split()
    assert "agent.spec.infer" in loaded and not set(loaded) & {"click", "inspect", "typing_extensions", "hashlib", "brotli", "litestar", "asyncio", "db"}


def test_a_reader_that_has_gone_ends_it_in_silence(pets: Path) -> None:
    """As in `wiretalk discover … | head -1`."""
    program = "from web.cli import main; main()"
    with subprocess.Popen([sys.executable, "-c", program, "discover", str(pets)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.wait(60) == 1 and b"Traceback" not in process.stderr.read()

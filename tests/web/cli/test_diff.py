"""`wiretalk diff` as a shell runs it: what is on stdout, and the exit code."""

import json
from pathlib import Path

from tests.web.cli.shell import PETS, har, run


def test_no_change_is_0_a_breaking_one_is_1(pets: Path, tmp_path: Path) -> None:
    """Between two captures, or a document and a capture."""
    document, renamed = tmp_path / "old.yaml", tmp_path / "new.har"
    run("discover", str(pets), "-o", str(document))
    same = run("diff", str(document), str(pets))
    assert (same.returncode, same.stdout, same.stderr) == (0, b"No changes.\n", b"")
    renamed.write_bytes(PETS.replace(b'\\"name\\"', b'\\"title\\"'))
    broken = run("diff", str(document), str(renamed))
    assert broken.returncode == 1 and b"BREAKING" in broken.stdout and b"`name` is gone" in broken.stdout
    added = run(
        "diff", str(pets), "-", stdin=har(("POST", "/pets", {"id": 1})).replace(b'"entries": [', b'"entries": [' + PETS.split(b'"entries": [')[1][:-3] + b", ")
    )
    assert added.returncode == 0 and b"METHOD_ADDED" in added.stdout


def test_the_formats_of_a_comparison(pets: Path, tmp_path: Path) -> None:
    """JSON for programs, Markdown for reviews."""
    other = tmp_path / "other.har"
    other.write_bytes(har(("GET", "/dogs", [{"id": 1}])))
    found = json.loads(run("diff", str(pets), str(other), "--format", "json").stdout)
    assert found["breaking"] is True and {change["kind"] for change in found["changes"]} == {"NEW_ENDPOINT", "REMOVED_ENDPOINT"}
    assert run("diff", str(pets), str(other), "--format", "markdown").stdout.startswith(b"## Breaking\n\n- REMOVED_ENDPOINT: `GET /pets` is gone")
    unreadable = run("diff", str(pets), "-", stdin=b"swagger: '1.2'")
    assert unreadable.returncode == 2 and b"no OpenAPI document" in unreadable.stderr


def test_traffic_is_checked_against_a_document(pets: Path, tmp_path: Path) -> None:
    """What either has alone breaks nothing; a contradiction is exit code 1; both as text and as JSON."""
    document = tmp_path / "pets.json"
    run("discover", str(pets), "-o", str(document))
    same = run("drift", str(document), str(pets))
    assert (same.returncode, same.stdout) == (0, b"2 operations are documented, 2 were heard, 2 are both; 0 findings break.\n")
    moved = tmp_path / "moved.json"
    moved.write_bytes(document.read_bytes().replace(b'"/pets":', b'"/animals":'))
    beside = run("drift", str(moved), str(pets))
    assert beside.returncode == 0
    assert b"not documented  GET /pets" in beside.stdout and b"not heard       GET /animals" in beside.stdout
    pets.write_bytes(PETS.replace(b'\\"name\\": \\"n12\\"', b'\\"name\\": null'))
    broken = run("drift", str(document), str(pets), "--json")
    found = json.loads(broken.stdout)
    assert broken.returncode == 1
    assert any(one["is_breaking"] and "null" in one["text"] for one in found["findings"])
    assert run("drift", str(document), str(tmp_path / "none")).returncode == 2


def test_json_has_a_short_name(pets: Path) -> None:
    """`--json` is `--format json`."""
    assert run("diff", str(pets), str(pets), "--json").stdout == run("diff", str(pets), str(pets), "--format", "json").stdout != b""

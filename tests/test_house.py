"""The house keeps its shape: documents are true, files stay short, tables have owners, tool schemas hold no secrets."""

import re
from pathlib import Path

import msgspec
import pytest

from agent.errors import CATALOGUE
from agent.tools.menu import TOOLS
from tests.house import leaks, reference

ROOT = Path(__file__).resolve().parents[1]
LONG: dict[str, str] = {}
ACROSS = {
    "agent/egress/test_doors.py",
    "agent/providers/test_cassettes.py",
    "agent/spec/test_imitation.py",
    "web/api/test_library.py",
    "web/api/test_stream_reader.py",
    "web/mcp/test_conformance.py",
    "web/mcp/test_published.py",
    "web/mcp/test_workers.py",
    "web/pages/test_library.py",
    "web/pages/test_server_sign_in.py",
    "web/proxy/test_fidelity.py",
    "web/proxy/test_forbidden.py",
    "web/proxy/test_ws_rules.py",
    "web/test_ownership.py",
}
"""Tests of what several modules do together."""


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py") if "piccolo_migrations" not in path.parts]


def test_the_reference_is_up_to_date() -> None:
    """`docs/reference.md` says what the settings, commands, tools and errors are today."""
    assert reference.FILE.read_text() == reference.text(), "run: python -m tests.house.reference"


def test_a_secret_in_a_file_is_found(tmp_path: Path) -> None:
    """The check names the line; placeholders and what has no text are passed over."""
    (tmp_path / "notes.md").write_text("# Deploy\n\nexport KEY=" + "AKIA" + "Q3EXAMPLE7PLACES\nhttps://ada:password@example.com\n")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    assert [finding.partition("notes.md")[2] for finding in leaks.findings(tmp_path / "notes.md")] == [":3: looks like a secret (aws-access-key)"]
    assert leaks.findings(tmp_path / "picture.png") == []


def test_every_error_code_that_is_raised_is_in_the_catalogue() -> None:
    """A Problem with an unknown code would itself fail."""
    raised = {code for path in _modules("agent", "web") for code in re.findall(r'Problem\(\s*"(\w+)"', path.read_text())}
    assert raised
    assert raised <= set(CATALOGUE)


def test_files_stay_short() -> None:
    """A file over 400 lines needs a reason here, and a reason needs its file."""
    long = {str(path.relative_to(ROOT)) for path in _modules("agent", "web", "db") if path.read_text().count("\n") >= 400}
    assert long <= set(LONG), long - set(LONG)


def test_what_the_documents_name_is_there() -> None:
    """A file, folder or module that a page of ours names can be opened."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"`((?:agent|web|db|tests|prompts)/[\w/.]+|(?:agent|db|tests)\.[\w.]+)`", page.read_text())}
    assert len(named) > 20
    assert not {name for name in named if not _is_there(name)}


def _is_there(name: str) -> bool:
    """As a path, as a module, or within one, as `agent.tasks.spawn` is."""
    path = name.replace(".", "/")
    return any((ROOT / place).exists() for place in (name, path, f"{path}.py", f"{path.rpartition('/')[0]}.py"))


def test_tests_stand_where_their_modules_do() -> None:
    """The tests of `agent/spec/paths/roles.py` are looked for in `tests/agent/spec/paths/test_roles.py`; who moves one moves the other."""
    tests = {path.relative_to(ROOT / "tests") for folder in ("agent", "db", "web") for path in (ROOT / "tests" / folder).rglob("test_*.py")}
    modules = {path: ROOT / path.with_name(path.stem.removeprefix("test_")) for path in tests}
    alone = {str(path) for path, module in modules.items() if not module.is_dir() and not module.with_suffix(".py").is_file()}
    assert alone == ACROSS


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_no_tool_takes_an_identity_or_a_secret(tool: object) -> None:
    """Who acts comes from the door, and secrets come from forms."""
    names = set(msgspec.to_builtins(tool.input_schema)["properties"])  # type: ignore[attr-defined]
    assert not names & {"actor", "user_id", "context", "ctx", "secret", "api_key", "password", "token"}


def test_each_table_has_one_owner() -> None:
    """A capability asks the owner of a table instead of reading it itself; joins by name in SQL are the owner's too."""
    owners: dict[str, set[str]] = {}
    for path in _modules("agent", "web"):
        for names in re.findall(r"^from db\.tables import (.+)$", path.read_text(), re.MULTILINE):
            for name in names.replace(" as Row", "").split(", "):
                owners.setdefault(name.strip(), set()).add(str(path.relative_to(ROOT)))
    shared = {
        "Run": {"agent/runlog.py", "agent/conversation/chats.py"},  # a message and its run are stored together or not at all
        "User": {"agent/accounts/users.py", "web/cli/operate.py"},  # an operator lists accounts without being one
        "Endpoint": {"agent/endpoints.py", "web/proxy/lookup.py"},  # the data plane reads its routing table itself
    }
    wrong = {table: files for table, files in owners.items() if len(files) > 1 and files != shared.get(table)}
    assert not wrong

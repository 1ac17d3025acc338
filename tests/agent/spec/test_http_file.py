"""The `.http` file."""

from collections.abc import Callable

from agent.spec import http_file
from agent.spec.model import Spec


def test_the_file_is_as_agreed(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """Compared as a whole with the golden file."""
    golden("shop.http", http_file.document(shop))


def test_captured_text_starts_no_request_and_no_script(hostile: Spec) -> None:
    """One separator per operation, and no line that runs or reads a file."""
    lines = http_file.document(hostile).splitlines()
    assert sum(line.startswith("###") for line in lines) == 1
    assert not [line for line in lines if line.startswith(("< ", "> ", "<@"))] and sum(line.startswith("X-B") for line in lines) == 0

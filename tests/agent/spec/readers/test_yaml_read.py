"""YAML of strangers: as plain as JSON, and never deeper than the process can bear."""

import pytest
import yaml

from agent.spec.readers import yaml_read


def test_dates_stay_text_and_tags_build_nothing() -> None:
    """As JSON would have it."""
    assert yaml_read.load(b"a: 2025-01-01\nb: [1, {c: null}]") == {"a": "2025-01-01", "b": [1, {"c": None}]}
    with pytest.raises(yaml.YAMLError):
        yaml_read.load(b"!!python/object:os.system x")


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b"{a: " * 100_000, b"- " * 100_000, b"? " * 100_000, b"\n".join(b" " * depth + b"a:" for depth in range(2000)), b"a: [\n" * 90_000]
)
def test_depth_is_refused_before_the_parser_sees_it(text: bytes) -> None:
    """It would end the whole process."""
    with pytest.raises(yaml_read.TooDeep):
        yaml_read.load(text)


def test_many_brackets_are_no_depth() -> None:
    """Nor is a long line of dashes in a text, or a table drawn with them."""
    rows = ["- [1, {a: [2]}]"] * 2000
    assert len(yaml_read.load("\n".join([*rows, "- |", "  " + "-" * 400]).encode())) == 2001

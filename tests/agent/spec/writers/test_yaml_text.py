"""Our YAML is read back by others as what it was."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.writers import yaml_text

TRICKY = [
    "yes",
    "No",
    "y",
    "0x1f",
    "1:20",
    "1e3",
    "2020-01-01",
    "- a",
    "a: b",
    "a #b",
    "/pets/{id}",
    "~",
    "=",
    "<<",
    "null",
    "a\nb",
    "a\n\n b",
    "a\n",
    " a\nb",
    "|",
    "{a}",
    "...",
    "---\na",
    "a\t",
    "\x7f",
    "\u2028",
    "\ufeff",
    "k" * 1200,
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.sampled_from(TRICKY)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.sampled_from(TRICKY), inner, max_size=4), max_leaves=15
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_any_value_is_read_back_unchanged(value: Any) -> None:
    """By both loaders of PyYAML."""
    text = yaml_text.dump(value)
    assert yaml.load(text, yaml.SafeLoader) == value  # the safe loader
    assert yaml.load(text, yaml.CSafeLoader) == value


def test_it_is_pleasant_to_read() -> None:
    """Plain words where they are safe, blocks for lists of objects and for longer text."""
    value = {"paths": {"/a/{id}": {"get": [{"name": "x", "in": ["b"]}, {}], "description": "One.\nTwo."}}, "200": None, "none": float("nan")}
    assert (
        yaml_text.dump(value)
        == 'paths:\n  /a/{id}:\n    get:\n      - name: x\n        in:\n          - b\n      - {}\n    description: |-\n      One.\n      Two.\n"200": null\nnone: null\n'
    )

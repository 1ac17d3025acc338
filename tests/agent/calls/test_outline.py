"""The shape of a long JSON text, and texts that have none."""

import json

import pytest
from jsonschema import Draft202012Validator

from agent.calls import outline


def test_a_long_list_is_told_by_the_shape_of_its_items() -> None:
    """The text is valid against its shape, and the shape names every field, also one that comes late."""
    items = [{"id": n, "tags": ["a"], "owner": {"login": "ada"}} for n in range(2_000)] + [{"id": 1, "late": None}]
    schema = outline.of(json.dumps(items))
    assert schema is not None
    assert len(json.dumps(schema)) < 400
    assert set(schema["items"]["properties"]) == {"id", "tags", "owner", "late"}
    assert schema["items"]["required"] == ["id"]
    Draft202012Validator(schema).validate(items)


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[1,",
        '"a string"',
        "17",
        "null",
        "[" * 100_000,
        "[" * 500 + "]" * 500,
        json.dumps({f"key{n}": n for n in range(2_000)}),
        "[" + "1," * 600_000 + "1]",
    ],
    ids=["text", "cut", "string", "number", "null", "too deep to be read", "deep", "a map of ids", "too long"],
)
def test_what_has_no_short_shape_has_none(text: str) -> None:
    """Nothing raises, and nothing is told that would be as long as what it stands for."""
    assert outline.of(text) is None

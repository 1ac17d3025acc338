"""What may stand at a place, wherever a schema says so."""

import pytest

from agent.choices import accepted

SCHEMA = {
    "$ref": "#/$defs/Wish",
    "$defs": {
        "Wish": {
            "properties": {
                "kind": {"enum": ["a", "b"]},
                "maybe": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Width"}]},
                "many": {"type": "array", "items": {"properties": {"width": {"$ref": "#/$defs/Width"}}}},
                "text": {"type": "string"},
            }
        },
        "Width": {"enum": ["once", "run"]},
    },
}


@pytest.mark.parametrize(
    ("path", "said"),
    [("kind", "It takes `a`, `b`"), ("maybe", "It takes `once`, `run`"), ("many[2].width", "It takes `once`, `run`"), ("text", ""), ("none.such", "")],
)
def test_choices_are_found_where_they_stand(path: str, said: str) -> None:
    """Through references, lists and what may be null; nothing is said of a place that takes anything."""
    assert accepted(SCHEMA, path) == said

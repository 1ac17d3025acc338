"""Schemas as contracts: what they allow counts, not how they say it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.comparing.schema_diff import Sides, compare_schemas

TEXT, NUMBER, INTEGER, NULL = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "null"}
ONE = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
TWO = {"type": "object", "properties": {"b": INTEGER}, "required": ["b"]}
CARD = {"type": "object", "properties": {"type": {"const": "card"}, "n": TEXT}, "required": ["type", "n"]}
BANK = {"type": "object", "properties": {"type": {"const": "bank"}, "iban": TEXT}, "required": ["type", "iban"]}
CASH = {"type": "object", "properties": {"type": {"const": "cash"}, "iban": TEXT}, "required": ["type"]}


def breaks(old: Any, new: Any, is_response: bool) -> list[bool]:
    return [difference.is_breaking for difference in compare_schemas(old, new, Sides({}, {}), "", is_response=is_response)]


@pytest.mark.parametrize(
    ("old", "new", "in_request", "in_response"),
    [
        (TEXT, NUMBER, [True], [True]),
        (TEXT, {"type": ["string", "null"]}, [False], [True]),
        ({"anyOf": [TEXT, NULL]}, TEXT, [True], [False]),
        (INTEGER, NUMBER, [False], [True]),
        ({}, TEXT, [True], [False]),
        (TEXT, {}, [False], [True]),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, [False], [True]),
        ({"enum": ["a", "b"]}, {"enum": ["b", "c"]}, [False, True], [True, False]),
        (TEXT, {"type": "string", "enum": ["a"]}, [True], [False]),
        ({"type": "string", "maxLength": 5}, {"type": "string", "maxLength": 9}, [False], [True]),
        ({"type": "integer", "minimum": 5}, {"type": "integer", "minimum": 9}, [True], [False]),
        ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 4}, [True], [False]),
        ({**NUMBER, "multipleOf": 2}, {**NUMBER, "multipleOf": 3}, [True], [True]),
        (TEXT, {**TEXT, "not": {"enum": ["x"]}}, [True], [False]),
        ({}, {"not": {"type": "string", "enum": ["x"]}}, [True], [False]),
        ({**ONE, "dependentRequired": {"a": ["b"]}}, ONE, [False], [True]),
        ({**ONE, "patternProperties": {"^x": TEXT}}, {**ONE, "patternProperties": {"^x": INTEGER}}, [True], [True]),
        ({"oneOf": [CARD, BANK]}, {"oneOf": [CARD]}, [True], [False]),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "uuid"}, [True], [True]),
        (ONE, {**ONE, "required": []}, [False], [True]),
        (ONE, {**ONE, "properties": {"a": TEXT, "b": TEXT}}, [False], [False]),
        (ONE, {**ONE, "properties": {"a": TEXT, "b": TEXT}, "required": ["a", "b"]}, [True], [False]),
        ({**ONE, "properties": {"a": TEXT, "b": TEXT}}, ONE, [True], [True]),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": NUMBER}, [True], [True]),
        ({"type": "object", "additionalProperties": TEXT}, {"type": "object", "additionalProperties": INTEGER}, [True], [True]),
        (ONE, {**ONE, "additionalProperties": False}, [True], []),
        ({"anyOf": [ONE]}, {"anyOf": [ONE, TWO]}, [False], [True]),
        ({"oneOf": [CARD, BANK]}, {"oneOf": [{**BANK, "required": ["type"]}, CARD]}, [False], [True]),
        ({"oneOf": [CARD, BANK]}, {"anyOf": [BANK, CARD, CASH]}, [False], [True]),
        ({"oneOf": [CARD, BANK]}, {"type": "object", "properties": {"type": {"enum": ["card", "bank"]}, "n": TEXT, "iban": TEXT}}, [False], [True]),
        ({"oneOf": [ONE, TWO]}, {"anyOf": [TWO, {**ONE, "required": []}]}, [False], [True]),
    ],
)
def test_requests_may_widen_and_responses_may_narrow(old: Any, new: Any, in_request: list[bool], in_response: list[bool]) -> None:
    """Each rule in both directions."""
    assert breaks(old, new, False) == in_request
    assert breaks(old, new, True) == in_response


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"type": ["string", "null"]}, {"anyOf": [NULL, TEXT]}),
        ({"type": "string", "nullable": True}, {"oneOf": [TEXT, NULL]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
        ({"type": ["integer", "number"]}, NUMBER),
        ({"allOf": [ONE, TWO]}, {"type": "object", "required": ["b", "a"], "properties": {"b": INTEGER, "a": TEXT}}),
        ({"allOf": [TEXT]}, {**TEXT, "description": "x", "examples": ["a"], "title": "t"}),
        ({**ONE, "additionalProperties": True}, ONE),
        ({"properties": {"a": TEXT}, "required": ["a"]}, ONE),
        ({"anyOf": [ONE, TWO]}, {"oneOf": [TWO, ONE]}),
        ({**TEXT, "minLength": 0}, TEXT),
        ({}, {"type": ["string", "number", "object", "array", "boolean", "null"]}),
    ],
)
def test_spelling_makes_no_difference(old: Any, new: Any) -> None:
    """In either direction."""
    assert breaks(old, new, True) == breaks(new, old, True) == breaks(old, new, False) == []


def test_references_are_followed_on_their_own_side() -> None:
    """Inline and by name are the same; recursion ends; a change within a component is found."""
    tree = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/T"}, "v": TEXT}}
    other: dict[str, Any] = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/U"}, "v": TEXT}}
    sides = Sides({"T": tree}, {"U": other})
    assert compare_schemas({"$ref": "#/components/schemas/T"}, {"$ref": "#/components/schemas/U"}, sides, "", is_response=True) == []
    changed = Sides({"T": tree}, {"U": {**other, "properties": {**other["properties"], "v": NUMBER}}})
    found = compare_schemas({"$ref": "#/components/schemas/T"}, {"$ref": "#/components/schemas/U"}, changed, "/s", is_response=True)
    assert [(item.pointer, item.text) for item in found] == [("/s/properties/v", "`v` was string and is number.")]


SCHEMAS = st.deferred(
    lambda: (
        st.sampled_from([TEXT, NUMBER, INTEGER, NULL, {}, True, False, {"enum": ["a", 1, None]}, {"$ref": "#/components/schemas/Lost"}])
        | st.builds(lambda items: {"type": "array", "items": items}, SCHEMAS)
        | st.builds(lambda parts, key: {key: parts}, st.lists(SCHEMAS, max_size=3), st.sampled_from(["anyOf", "oneOf", "allOf"]))
        | st.builds(
            lambda properties, required: {"type": "object", "properties": properties, "required": required},
            st.dictionaries(st.sampled_from("abc"), SCHEMAS, max_size=3),
            st.lists(st.sampled_from("abc"), unique=True),
        )
    )
)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, st.booleans())
def test_nothing_differs_from_itself(schema: Any, is_response: bool) -> None:
    """Whatever the schema is, and with the two sides' components being different objects."""
    assert breaks(schema, schema, is_response) == []

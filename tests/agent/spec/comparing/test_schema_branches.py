"""Schemas taken apart: however small ones lead to each other, it ends soon."""

import time
from typing import Any

import pytest

from agent.spec.comparing.schema_branches import branches
from agent.spec.comparing.schema_diff import Sides, compare_schemas


def _doubling(key: str, leaf: str, steps: int) -> dict[str, Any]:
    """Components that each lead to the next two ways: with 25 steps to 33 millions of ends."""
    pairs = {n: [{"$ref": f"#/components/schemas/{side}{n + 1}"} for side in "AB"] for n in range(steps)}
    last = {f"A{steps}": {"type": leaf}, f"B{steps}": {"type": "object", "properties": {"id": {"type": leaf}}}}
    return {f"{side}{n}": {key: pair} for n, pair in pairs.items() for side in "AB"} | last


def test_alternatives_that_lead_to_each_other() -> None:
    """Each kind of value once; one that leads back to itself adds nothing."""
    assert [branch["type"] for branch in branches({"$ref": "#/components/schemas/A0"}, _doubling("anyOf", "string", 14), {})] == ["string", "object"]
    ring = {"A": {"anyOf": [{"$ref": "#/A"}, {"$ref": "#/B"}]}, "B": {"oneOf": [{"$ref": "#/A"}, {"type": "string"}]}}
    assert branches({"$ref": "#/A"}, ring, {}) == [{"type": "string"}]


@pytest.mark.parametrize(("key", "steps"), [("anyOf", 14), ("allOf", 25)])
def test_small_documents_are_compared_soon(key: str, steps: int) -> None:
    """A changed leaf is told, whichever of the ways leads to it."""
    sides = Sides(_doubling(key, "string", steps), _doubling(key, "boolean", steps))
    began = time.process_time()
    assert compare_schemas({"$ref": "#/components/schemas/A0"}, {"$ref": "#/components/schemas/A0"}, sides, "", is_response=True)
    assert time.process_time() - began < 10


def test_properties_that_double_are_compared_as_far_as_it_is_worth() -> None:
    """The first places are told, and the rest is not gone through."""
    sides = Sides(*({name: _with_properties(one) for name, one in _doubling("anyOf", leaf, 25).items()} for leaf in ("string", "boolean")))
    began = time.process_time()
    assert compare_schemas({"$ref": "#/components/schemas/A0"}, {"$ref": "#/components/schemas/A0"}, sides, "", is_response=True)
    assert time.process_time() - began < 30


def _with_properties(component: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(zip("xy", component["anyOf"], strict=True))} if "anyOf" in component else component

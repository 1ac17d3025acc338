"""What is remembered of which keys came with which texts: the same in any order, nothing without need, never without bounds."""

from functools import reduce
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.merge import merge_node
from agent.spec.schemas.bodies import count
from agent.spec.schemas.variants import PROPERTIES_MAX, SHAPES_MAX, keys_of, shapes_of
from agent.spec.summary import Node

_LONG = "contact.of.someone@example.org"
_TEXT = st.sampled_from(["card", "bank", "two words", "2024-01-01"])
_OBJECT = st.dictionaries(st.sampled_from(["type", "kind", "a", "b", _LONG, "x" + _LONG]), _TEXT | st.none() | st.integers(0, 2), max_size=5)


def _node(*values: dict[str, Any]) -> Node:
    node = Node()
    for value in values:
        count(node, value, "")
    return node


def _plain(node: Node) -> bytes:
    return msgspec.json.encode(node, order="deterministic")


@settings(max_examples=60, deadline=None)
@given(st.lists(_OBJECT, min_size=1, max_size=10), st.randoms(use_true_random=False))
def test_any_order_and_grouping_gives_the_same(values: list[dict[str, Any]], chance: Any) -> None:
    """Counted one after the other, or in parts that are merged."""
    shuffled = chance.sample(values, len(values))
    cut = chance.randint(0, len(shuffled))
    parts = [_node(*part) for part in (shuffled[:cut], shuffled[cut:]) if part]
    singles = [_node(value) for value in shuffled]
    assert _plain(reduce(merge_node, parts)) == _plain(merge_node(*singles)) == _plain(_node(*values)) == _plain(reduce(merge_node, singles))


def test_nothing_is_kept_while_all_objects_have_the_same_keys() -> None:
    """Most objects of most APIs do; what would be kept can be told from the counts."""
    node = _node({"type": "card", "n": 1}, {"n": 2, "type": "bank"}, {"type": "card", "n": 3})
    assert node.shapes is None
    assert shapes_of(node) == {"n\x1ftype": {"type": {"card": 2, "bank": 1}}}


def test_shapes_are_kept_by_the_fields_that_all_objects_have() -> None:
    """A field that one object lacks, and one with texts that are no tags, are left out."""
    shapes = shapes_of(_node({"type": "card", "card": "x", "say": "of two words"}, {"type": "bank", "iban": "y", "say": "of three words"}))
    assert {tuple(keys_of(keys)): fields for keys, fields in shapes.items()} == {
        ("card", "say", "type"): {"type": {"card": 1}},
        ("iban", "say", "type"): {"type": {"bank": 1}},
    }


def test_what_is_kept_is_bounded() -> None:
    """Too many shapes, too many properties and too many texts all end it."""
    assert _node(*[{"type": "a", **{f"k{at}": 1 for at in range(8) if number >> at & 1}} for number in range(SHAPES_MAX + 2)]).shapes == {}
    assert _node({"type": "a"}, {"type": "b", **{f"k{at}": 1 for at in range(PROPERTIES_MAX + 1)}}).shapes == {}
    assert _node(*[{"type": f"kind{number}", "a": 1} if number % 2 else {"type": f"kind{number}"} for number in range(30)]).shapes == {}

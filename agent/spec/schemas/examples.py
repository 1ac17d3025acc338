"""Examples made of masked samples: values that were heard, put together to one body. A schema beside them is concluded in `pool`."""

from collections.abc import Callable
from typing import Any

from agent.spec.schemas.maps import is_map
from agent.spec.schemas.unions import Union, usual
from agent.spec.summary import Node
from agent.spec.values import STAND_INS

_EXAMPLE_DEPTH = 24
"""Deeper than bodies are kept: an example that is cut would break its own schema."""


def example_of(node: Node | None, union_at: Callable[[Node], Union | None] = lambda _: None, depth: int = 0) -> Any:
    """One plausible value, made of masked samples. None where nothing is known. Of a union, an object of one variant."""
    if node is None or not node.total:
        return None
    if node.objects:
        if depth >= _EXAMPLE_DEPTH:
            return {}
        if union := union_at(node):
            return {key: text or example_of(node.properties[key], union_at, depth + 1) for key, text in usual(node, union).items()}
        keys = sorted(node.properties)[:1] if is_map([node]) else [key for key in sorted(node.properties) if node.properties[key].total * 2 >= node.objects]
        return {key: example_of(node.properties[key], union_at, depth + 1) for key in keys}
    if node.arrays:
        return [example_of(node.items, union_at, depth + 1)] if node.items is not None and depth < _EXAMPLE_DEPTH else []
    if node.texts:
        values = node.sample.values if node.sample else {}
        return max(sorted(values), key=values.__getitem__) if values else _stand_in(node)
    if node.integers + node.numbers:
        low = node.low if node.low is not None else 0.0
        return low if node.numbers and low != int(low) else int(low)
    return True if node.booleans else None


def is_known(node: Node | None) -> bool:
    """Whether an example would be a value that was heard."""
    return node is not None and bool(not node.texts or (node.sample and node.sample.values))


def _stand_in(node: Node) -> str:
    """For texts of which none may be shown: one of their format."""
    formats = [name for name, times in node.formats.items() if times == node.texts]
    return STAND_INS.get(formats[0], "string") if len(formats) == 1 else "string"

"""Maps against records: whether the keys of objects are data. Decided by the keys and by how they come; what is in a map is said in `pool`."""

import re
from collections.abc import Iterable
from functools import lru_cache

from agent.spec.summary import Node

_SPARSE_KEYS = 8
_STRANGE_KEYS = 4


def is_map(nodes: list[Node]) -> bool:
    """Whether the keys are data: many, seldom the same, none in all objects, and all values of one type."""
    if len(nodes) == 1 and len(nodes[0].properties) < _SPARSE_KEYS and not nodes[0].is_partial and not are_data(nodes[0].properties):
        return False  # as most are
    inner: dict[str, list[Node]] = {}
    for node in nodes:
        if node.is_partial:
            return True
        for key, one in node.properties.items():
            inner.setdefault(key, []).append(one)
    if not inner or not (are_data(inner) or _is_sparse(nodes, inner)):
        return False
    return len({tuple(types) for ones in inner.values() if (types := types_of(ones))}) <= 1


def are_data(keys: Iterable[str]) -> bool:
    """Whether the keys look like ids, dates, addresses, languages or codes: the less surely, the more of them it takes."""
    names = list(keys)
    if all(map(_is_evident, names)):
        return bool(names)
    return len(names) > 2 and (all(map(_is_like_data, names)) or all(map(_CODE.fullmatch, names)))


def never_repeat(node: Node) -> bool:
    """Whether no two objects have a key in common, however they look: names that somebody gave."""
    if node.objects < 2 or len(node.properties) < _STRANGE_KEYS or any(inner.total > 1 for inner in node.properties.values()):
        return False
    return len({tuple(types) for inner in node.properties.values() if (types := types_of([inner]))}) <= 1


def types_of(nodes: list[Node]) -> list[str]:
    """The types of the values, null aside."""
    if len(nodes) == 1 and nodes[0].texts == nodes[0].total:  # as most are
        return ["string"] if nodes[0].texts else []
    objects = arrays = texts = integers = numbers = booleans = 0
    for node in nodes:
        objects += node.objects
        arrays += node.arrays
        texts += node.texts
        integers += node.integers
        numbers += node.numbers
        booleans += node.booleans
    found = (("object", objects), ("array", arrays), ("string", texts), ("number" if numbers else "integer", integers + numbers), ("boolean", booleans))
    return [kind for kind, times in found if times]


def _is_sparse(nodes: list[Node], inner: dict[str, list[Node]]) -> bool:
    objects = sum(node.objects for node in nodes)
    if objects < 2 or len(inner) < _SPARSE_KEYS:
        return False
    totals = [sum(one.total for one in ones) for ones in inner.values()]
    return max(totals) < objects * 0.7 and sum(totals) / len(totals) / objects < 0.25


@lru_cache(maxsize=4096)
def _is_evident(key: str) -> bool:
    return _EVIDENT_KEY.fullmatch(key) is not None


@lru_cache(maxsize=4096)
def _is_like_data(key: str) -> bool:
    return _DATA_KEY.fullmatch(key) is not None


_DATA_KEY = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}|\d{4}-\d\d-\d\d.*|[^@\s]+@[^@\s]+\.\w+|[a-zA-Z]{2}[-_][a-zA-Z]{2}")
_EVIDENT_KEY = re.compile(r"\d{3,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?=\D*\d)[0-9a-fA-F]{16,}|\d{4}-\d\d-\d\d|[^@\s]+@[^@\s]+\.\w+|[a-z]{2}[-_][A-Z]{2}")
"""One of these is enough."""
_CODE = re.compile(r"[A-Z]{3}")
"""Currencies, countries, airports."""

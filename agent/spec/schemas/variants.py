"""Which keys objects had, by the texts of their tag-like fields: what tells a discriminated union from an object with optional keys.

Nothing is kept while all objects at a place have the same keys. From the first that differs on, each set of keys has, by field, how often it came with which
text. Only fields count that every object has, with few short texts. What is kept depends on the objects alone, not on their order: each limit, once
passed, stays passed. Whether a field discriminates is decided in `unions`.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from agent.spec.secrets.redact import mask_text
from agent.spec.summary import SAMPLE_MAX, Node

Shapes = dict[str, dict[str, dict[str, int]]]
"""By the keys, joined: by field, by text, how many objects."""

SHAPES_MAX = 64
PROPERTIES_MAX = 64
_BETWEEN = "\x1f"
_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9_.:/-]{0,39}")


def count_shape(node: Node, value: Mapping[str, Any]) -> None:
    """Adds the shape of an object whose properties are counted already. The keys of all before it were the same, or it is known which they were."""
    shape = _joined(tuple(value))
    if node.shapes is None:
        node.shapes = _before(node, set(keys_of(shape)), value)
    if shape.count(_BETWEEN) + 1 < len(value) or len(node.properties) > PROPERTIES_MAX:
        node.shapes = {}
    if not node.shapes:
        return
    live = list(next(iter(node.shapes.values())))
    fields = node.shapes.get(shape)
    if fields is None:
        fields = node.shapes[shape] = {field: {} for field in live}
    for field in live:
        text, counts = _named(value, field), fields[field]
        if type(text) is str and text in counts:
            counts[text] += 1
        elif type(text) is str and _looks_like_tag(text) and _few_texts(node.properties.get(field), node.objects) is not None:  # those before were looked at
            counts[text] = 1
        else:
            _drop(node, field)
    if len(node.shapes) > SHAPES_MAX:
        node.shapes = {}


@lru_cache(maxsize=4096)
def kept_name(key: str) -> str:
    """The name under which a property is counted."""
    name = key if len(key) < 16 else mask_text(key)
    return name.encode("utf-8", "replace").decode()


def shapes_of(node: Node) -> Shapes:
    """What is known of the objects at a place, also where all have the same keys; empty where no field is left."""
    if node.shapes is not None:
        return node.shapes
    properties = node.properties
    if not properties or len(properties) > PROPERTIES_MAX or any(inner.total != node.objects for inner in properties.values()):
        return {}
    tags = {key: dict(inner.sample.values) for key, inner in properties.items() if inner.sample and _is_tag(inner, node.objects)}
    return {_joined(tuple(properties)): tags} if tags else {}


def merged_shapes(merged: Node, nodes: list[Node]) -> Shapes | None:
    """The shapes of nodes with objects; `merged` has everything else of all of them."""
    if len(merged.properties) > PROPERTIES_MAX:
        return {}
    first = nodes[0]
    if len(nodes) == 1 or all([node.shapes is None and node.properties.keys() == first.properties.keys() for node in nodes]):
        return first.shapes
    found: Shapes = {}
    live = list(merged.properties)
    for shapes in map(shapes_of, nodes):
        if not shapes:
            return {}
        live = [field for field in live if field in next(iter(shapes.values()))]
        for keys, fields in shapes.items():
            known = found.setdefault(keys, {})
            for field in live:
                known[field] = _added(known.get(field, {}), fields[field])
    live = [field for field in live if _is_tag(merged.properties.get(field), merged.objects)]
    return {keys: {field: fields[field] for field in live} for keys, fields in found.items()} if live and len(found) <= SHAPES_MAX else {}


def keys_of(shape: str) -> Iterable[str]:
    """The keys of a shape, sorted."""
    return shape.split(_BETWEEN) if shape else ()


def _before(node: Node, names: set[str], value: Mapping[str, Any]) -> Shapes:
    """The shapes of the objects before this one."""
    others, keys, found = node.objects - 1, list[str](), dict[str, dict[str, int]]()
    for key, inner in node.properties.items():
        before = inner.total - (key in names)
        if before not in (0, others):
            return {}
        if before:
            keys.append(key)
        if before and key in names and inner.sample and _is_tag(inner, node.objects):
            counts = dict(inner.sample.values)
            counts[_named(value, key)] -= 1
            found[key] = {text: times for text, times in counts.items() if times}
    return {_joined(tuple(keys)): found} if found else {}


def _drop(node: Node, field: str) -> None:
    for shape in (node.shapes or {}).values():
        shape.pop(field, None)
    if not any((node.shapes or {}).values()):
        node.shapes = {}


def _is_tag(inner: Node | None, objects: int) -> bool:
    """Whether all objects had the field, with few short texts that are no ids of a known form."""
    texts = _few_texts(inner, objects)
    return texts is not None and all(map(_looks_like_tag, texts))


def _few_texts(inner: Node | None, objects: int) -> Mapping[str, int] | None:
    """The texts of a field that all objects had, where they are few and of no known form."""
    if inner is None or inner.texts != objects or inner.formats or inner.sample is None or inner.sample.is_partial:
        return None
    return inner.sample.values if len(inner.sample.values) <= SAMPLE_MAX else None


@lru_cache(maxsize=8192)
def _looks_like_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _joined(keys: tuple[str, ...]) -> str:
    return _BETWEEN.join(sorted({kept_name(key) for key in keys}))


def _named(value: Mapping[str, Any], name: str) -> Any:
    return value[name] if name in value else next((item for key, item in value.items() if kept_name(key) == name), None)


def _added(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    return {text: a.get(text, 0) + b.get(text, 0) for text in a.keys() | b.keys()}

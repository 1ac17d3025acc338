"""Counted nodes to JSON Schema 2020-12, with alike objects pooled into shared components.

Pooling joins the counts of objects with mostly the same keys and no contradicting types, so that a list and a detail view teach each other
what is optional or null. genson is not used here: from counts the same keywords follow, and unlike merged schemas, counts can be pooled.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from agent.spec.merge import merge_node
from agent.spec.model import Evidence, JsonSchema
from agent.spec.names import pascal, singular, words_of
from agent.spec.summary import Node

POOL_KEYS = 4
POOL_ALIKE = 0.75
ENUM_MAX = 12


@dataclass
class Cluster:
    """Alike objects from different places."""

    keys: frozenset[str]
    types: dict[str, str]
    node: Node
    names: list[str] = field(default_factory=list)
    places: int = 1
    name: str = ""


class Pool:
    """The shared components of one spec. Fill it with `add`, then `settle`, then ask for schemas."""

    def __init__(self) -> None:
        self._clusters: list[Cluster] = []
        self._of_node: dict[int, Cluster] = {}
        self._kept: list[Node] = []
        self.schemas: dict[str, JsonSchema] = {}
        self.evidence: dict[str, Evidence] = {}

    def add(self, node: Node, name: str) -> None:
        """Takes all objects under a node in. The name is where the node stands."""
        if node.objects and not is_map(node):
            if len(node.properties) >= POOL_KEYS:
                self._place(node, name)
            for key in sorted(node.properties):
                self.add(node.properties[key], key)
        elif node.objects:
            for key in sorted(node.properties):
                self.add(node.properties[key], singular(name))
        if node.items is not None:
            self.add(node.items, singular(name))

    def settle(self) -> None:
        """Names the clusters that occur twice or more, and concludes their schemas."""
        shared = sorted((cluster for cluster in self._clusters if cluster.places > 1), key=lambda cluster: (-cluster.places, -cluster.node.objects, sorted(cluster.keys)))
        taken: set[str] = set()
        for cluster in shared:
            cluster.name = _component_name(cluster.names, taken)
            taken.add(cluster.name)
        for cluster in sorted(shared, key=lambda cluster: cluster.name):
            self.schemas[cluster.name] = self._object(cluster.node, f"/components/schemas/{cluster.name}")

    def schema(self, node: Node | None, pointer: str = "") -> JsonSchema:
        """The schema of a node; shared objects as references."""
        if node is None or not node.total:
            return {}
        kinds = _types(node)
        if not kinds:
            return {"type": "null"} if node.nulls else {}
        parts = [self._part(node, kind, pointer) for kind in kinds]
        if len(parts) == 1 and "$ref" not in parts[0]:
            return {**parts[0], "type": [parts[0]["type"], "null"]} if node.nulls else parts[0]
        if len(parts) > 1 and all(set(part) == {"type"} for part in parts):
            return {"type": [part["type"] for part in parts] + (["null"] if node.nulls else [])}
        parts += [{"type": "null"}] if node.nulls else []
        return parts[0] if len(parts) == 1 else {"anyOf": parts}

    def _place(self, node: Node, name: str) -> None:
        keys, types = frozenset(node.properties), _key_types(node)
        cluster = self._find(keys, types)
        if cluster is None:
            cluster = Cluster(keys, types, _bare(node))
            self._clusters.append(cluster)
        else:
            cluster.node = merge_node(cluster.node, _bare(node))
            cluster.keys = frozenset(cluster.node.properties)
            cluster.types = _key_types(cluster.node)
            cluster.places += 1
        cluster.names.append(name)
        self._kept.append(node)
        self._of_node[id(node)] = cluster

    def _find(self, keys: frozenset[str], types: dict[str, str]) -> Cluster | None:
        best, found = POOL_ALIKE, None
        for cluster in self._clusters:
            alike = len(keys & cluster.keys) / len(keys | cluster.keys)
            if alike >= best and (found is None or alike > best) and all(cluster.types.get(key, kind) == kind for key, kind in types.items()):
                best, found = alike, cluster
        return found

    def _part(self, node: Node, kind: str, pointer: str) -> JsonSchema:
        if kind == "object":
            return self._object_or_reference(node, pointer)
        if kind == "array":
            return {"type": "array", "items": self.schema(node.items, pointer + "/items")}
        if kind == "string":
            return _text(node)
        if kind == "integer" and node.high is not None and node.low is not None and (node.high > 2147483647 or node.low < -2147483648):
            return {"type": "integer", "format": "int64"}
        return {"type": kind}

    def _object_or_reference(self, node: Node, pointer: str) -> JsonSchema:
        if is_map(node):
            return self._map(node, pointer)
        cluster = self._of_node.get(id(node))
        if cluster is None and len(node.properties) >= POOL_KEYS and not pointer.count("/") < 3:
            cluster = self._find(frozenset(node.properties), _key_types(node))
        if cluster is not None and cluster.name:
            return {"$ref": f"#/components/schemas/{cluster.name}"}
        return self._object(node, pointer)

    def _map(self, node: Node, pointer: str) -> JsonSchema:
        joined: Node | None = None
        for key in sorted(node.properties):
            joined = node.properties[key] if joined is None else merge_node(joined, node.properties[key])
        return {"type": "object", "additionalProperties": self.schema(joined, pointer + "/additionalProperties") if joined else True}

    def _object(self, node: Node, pointer: str) -> JsonSchema:
        properties: dict[str, JsonSchema] = {}
        for key in sorted(node.properties):
            inner = node.properties[key]
            inner_pointer = f"{pointer}/properties/{key.replace('~', '~0').replace('/', '~1')}"
            properties[key] = self.schema(inner, inner_pointer)
            self.evidence[inner_pointer] = Evidence(count=inner.total, total=node.objects, nulls=inner.nulls, confidence=round(inner.total / max(node.objects, 1), 4))
        required = [key for key in properties if node.properties[key].total >= node.objects]
        schema: JsonSchema = {"type": "object", "properties": properties}
        if required and not node.is_partial:
            schema["required"] = required
        return schema


def is_map(node: Node) -> bool:
    """Whether the keys are data: many, seldom the same, none in all objects, and all values of one type."""
    if node.arrays or node.texts or not node.properties:
        return False
    if node.is_partial:
        return True
    keys, inner = list(node.properties), list(node.properties.values())
    if len(keys) < 3 or len({tuple(_types(one)) for one in inner if _types(one)}) > 1:
        return False
    ids = sum(1 for key in keys if _DATA_KEY.fullmatch(key))
    if ids == len(keys):
        return True
    if node.objects < 2:
        return False
    most = max(one.total for one in inner)
    mean = sum(one.total for one in inner) / len(inner)
    return len(keys) >= 8 and most < node.objects * 0.7 and mean / node.objects < 0.25


def example_of(node: Node | None, depth: int = 0) -> Any:
    """One plausible value, made of masked samples. None where nothing is known."""
    if node is None or not node.total:
        return None
    if node.objects:
        keys = sorted(node.properties)[:1] if is_map(node) else [key for key in sorted(node.properties) if node.properties[key].total * 2 >= node.objects]
        return {key: example_of(node.properties[key], depth + 1) for key in keys} if depth < 6 else {}
    if node.arrays:
        return [example_of(node.items, depth + 1)] if node.items is not None and depth < 6 else []
    if node.texts:
        values = node.sample.values if node.sample else {}
        return max(sorted(values), key=lambda value: values[value]) if values else "string"
    if node.integers + node.numbers:
        low = node.low if node.low is not None else 0.0
        return low if node.numbers and low != int(low) else int(low)
    return True if node.booleans else None


def _types(node: Node) -> list[str]:
    number = "number" if node.numbers else "integer"
    counts = (("object", node.objects), ("array", node.arrays), ("string", node.texts), (number, node.integers + node.numbers), ("boolean", node.booleans))
    return [kind for kind, count in counts if count]


def _key_types(node: Node) -> dict[str, str]:
    """The one type of each property, where it has one; integers and numbers are the same here."""
    found: dict[str, str] = {}
    for key, inner in node.properties.items():
        kinds = _types(inner)
        if len(kinds) == 1:
            found[key] = "number" if kinds[0] == "integer" else kinds[0]
    return found


def _bare(node: Node) -> Node:
    """The object part of a node: what else stood at its place is no matter of the component."""
    return Node(total=node.objects, objects=node.objects, properties=node.properties, is_partial=node.is_partial)


def _text(node: Node) -> JsonSchema:
    schema: JsonSchema = {"type": "string"}
    if len(node.formats) == 1:
        kind, times = next(iter(node.formats.items()))
        if times == node.texts:
            schema["format"] = kind
            return schema
    values = _enumeration(node)
    if values and not node.nulls:
        schema["enum"] = values
    return schema


def _enumeration(node: Node) -> list[str]:
    """The values, where they came so often that another one is unlikely: each several times, and many more calls than values."""
    sample = node.sample
    if sample is None or sample.is_partial or not 2 <= len(sample.values) <= ENUM_MAX or node.texts < 10 * len(sample.values) + 10:
        return []
    if min(sample.values.values()) < 3 or not all(_ENUM_VALUE.fullmatch(value) for value in sample.values):
        return []
    return sorted(sample.values)


def _component_name(names: list[str], taken: set[str]) -> str:
    counts = Counter(pascal(singular(name)) for name in names if words_of(name) and name not in ("item", "items", "data", "result", "results", "response"))
    for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if name and not name[0].isdigit() and name not in taken:
            return name
    base = max(sorted(counts), key=lambda name: counts[name], default="Object") or "Object"
    base = base if not base[0].isdigit() else "Object" + base
    number = 2
    while f"{base}{number}" in taken:
        number += 1
    return base if base not in taken else f"{base}{number}"


_DATA_KEY = re.compile(r"\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d{4}-\d\d-\d\d.*|[^@\s]+@[^@\s]+\.\w+", re.IGNORECASE)
_ENUM_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,39}")

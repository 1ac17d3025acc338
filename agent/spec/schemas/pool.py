"""Counted nodes to JSON Schema 2020-12, with alike objects pooled into shared components.

Pooling joins the counts of objects with mostly the same keys and no contradicting types, so that a list and a detail view teach each other
what is optional or null. Required is what all had, unless an API that often leaves keys out was heard too seldom to tell (`presence`).
genson is not used here: from counts the same keywords follow, and unlike merged schemas, counts can be pooled.
"""

import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from agent.spec import evidence
from agent.spec.english import singular
from agent.spec.fields import COMPONENTS, escaped, unescaped
from agent.spec.model import Evidence, JsonSchema
from agent.spec.schemas.clusters import Cluster, agrees, alike, key_types
from agent.spec.schemas.component_names import Place, name_of, shown_as, within
from agent.spec.schemas.examples import example_of
from agent.spec.schemas.maps import is_map, types_of
from agent.spec.schemas.presence import Chances, Held
from agent.spec.schemas.unions import Union, Variant, is_of, union_of
from agent.spec.summary import Node

POOL_KEYS = 4
POOL_ALIKE = 0.75
ENUM_MAX = 12
_ERRORS = ("error", "error response")
"""APIs say errors in one shape, or a few: however small, they are alike under these names."""
_ENUM_TEXTS = 30
"""With fewer texts not even two values came often enough."""
_REFUSED = 0.07
"""So likely the next object may lack one of the keys that are called required."""
_UNHEARD = 3
"""So many times the risk is taken that a property is null whose name never was: only an API that often says null raises that doubt."""
_CROWD = 8
"""Keys come and go together: more of them than these are no more risk."""


def error_name(node: Node) -> str:
    """The name under which the body of an error is added."""
    return _ERRORS[any((inner := node.properties.get(key)) and (inner.objects or inner.arrays) for key in ("error", "errors"))]


class Pool:
    """The shared components of one spec. Fill it with `add`, then `settle`, then ask for schemas."""

    def __init__(self) -> None:
        self._found: list[tuple[Node, str]] = []
        self._clusters: list[Cluster] = []
        self._of_node: dict[int, Cluster] = {}
        self._places: dict[int, Place] = {}
        self._by_key: dict[str, list[Cluster]] = {}
        self._by_name: dict[str, list[Cluster]] = {}
        self._open: list[Cluster] = []
        self._presence = self._nulls = self._fractions = Chances(())
        self._unions: dict[int, Union | None] = {}
        self._said: dict[tuple[int, ...], JsonSchema] = {}
        self.schemas: dict[str, JsonSchema] = {}
        self.evidence: dict[str, Evidence] = {}

    def add(self, node: Node, name: str, place: Place | None = None) -> None:
        """Takes all objects under a node in. The name is where the node stands; the place is what it is called there, if that is something else."""
        inner_name, place = name, place or Place(name)
        if node.objects and is_map([node]):
            inner_name = singular(name)
        elif node.objects and node.properties:
            self._found.append((node, name))
            self._places[id(node)] = shown_as(node, place)
        for key in sorted(key for key, inner in node.properties.items() if inner.properties or inner.items):
            inner = node.properties[key]
            self.add(inner, key, within(place, key)) if inner_name is name else self.add(inner, inner_name, place)
        if node.items is not None:
            self.add(node.items, singular(name), place)

    def settle(self) -> None:
        """Joins alike objects, names those that stand at two places or more, and concludes their schemas."""
        for node, name in sorted(self._found, key=lambda found: (-found[0].objects, -len(found[0].properties))):
            self._place(node, name)
        for cluster in self._clusters:
            cluster.union = union_of(cluster.members)
        self._gather()
        shared = [cluster for cluster in self._clusters if cluster.union or (len(cluster.members) > 1 and _deserves_name(cluster))]
        taken: dict[str, Iterable[str]] = {}
        for cluster in sorted(shared, key=lambda cluster: (-len(cluster.members), -cluster.objects, sorted(cluster.totals))):
            keys = sorted(cluster.totals, key=lambda key: (-cluster.totals[key], key))
            cluster.name = name_of(Counter(self._places[id(node)] for node in cluster.members), keys, taken)
            taken[cluster.name] = cluster.totals
        self._presence = Chances(held for cluster in self._clusters for held in _held(cluster))
        values = [(key, [node.properties[key] for node in cluster.members if key in node.properties]) for cluster in self._clusters for key in cluster.totals]
        self._nulls = Chances(Held(key, *_filled(nodes)) for key, nodes in values)
        self._fractions = Chances(held for key, nodes in values if (held := _whole(key, nodes)).objects)
        self.schemas = {cluster.name: {} for cluster in shared}
        for cluster in sorted(shared, key=lambda cluster: cluster.name):
            if cluster.union:
                self.schemas[cluster.name] = self._union(cluster.members, cluster.union, cluster.name)
            else:
                self.schemas[cluster.name] = self._object(cluster.members, f"{COMPONENTS}{cluster.name}")

    def schema(self, node: Node | None, pointer: str = "") -> JsonSchema:
        """The schema of a node; shared objects as references."""
        return self._schema([node], pointer) if node is not None else {}

    def example(self, node: Node | None) -> Any:
        """One plausible value that the schema of the node accepts."""
        return example_of(node, self._union_at)

    def _union_at(self, node: Node) -> Union | None:
        """The union that objects here are of: the one of all that are alike, or of these alone."""
        if cluster := self._of_node.get(id(node)):
            return cluster.union
        if id(node) not in self._unions:
            self._unions[id(node)] = union_of([node]) if node.shapes and not is_map([node]) else None
        return self._unions[id(node)]

    def _schema(self, nodes: list[Node], pointer: str) -> JsonSchema:
        kinds = types_of(nodes)
        is_null = any(node.nulls for node in nodes)
        if not kinds:
            return {}
        parts = [self._part(nodes, kind, pointer) for kind in kinds]
        if len(parts) == 1 and "$ref" not in parts[0]:
            return {**parts[0], "type": [parts[0]["type"], "null"]} if is_null else parts[0]
        if len(parts) > 1 and all(set(part) == {"type"} for part in parts):
            return {"type": [part["type"] for part in parts] + (["null"] if is_null else [])}
        parts += [{"type": "null"}] if is_null else []
        return parts[0] if len(parts) == 1 else {"anyOf": parts}

    def _gather(self) -> None:
        """Objects that are of one variant only join the union that is known from elsewhere."""
        unions = [cluster for cluster in self._clusters if cluster.union]
        for cluster in [cluster for cluster in self._clusters if not cluster.union] if unions else ():
            for into in unions:
                if into.union and is_of(cluster.members, into.union) and all(into.types.get(key, kind) == kind for key, kind in cluster.types.items()):
                    self._clusters.remove(cluster)
                    for node in cluster.members:
                        self._join(node, next(iter(cluster.names)), key_types(node), into)
                    into.union = union_of(into.members) or into.union
                    break

    def _place(self, node: Node, name: str) -> None:
        types = key_types(node)
        cluster = self._find(node, name, types)
        if cluster is None:
            cluster = Cluster(node)
            self._clusters.append(cluster)
        self._join(node, name, types, cluster)

    def _join(self, node: Node, name: str, types: dict[str, str], cluster: Cluster) -> None:
        for key, inner in node.properties.items():
            if key not in cluster.totals:
                self._by_key.setdefault(key, []).append(cluster)
            cluster.totals[key] = cluster.totals.get(key, 0) + inner.total
        cluster.objects += node.objects
        cluster.types.update(types)
        cluster.members.append(node)
        if name not in cluster.names:
            self._by_name.setdefault(name, []).append(cluster)
        cluster.names[name] += 1
        self._of_node[id(node)] = cluster

    def _find(self, node: Node, name: str, types: dict[str, str]) -> Cluster | None:
        """The cluster with most of the keys, and without a contradicting type. Objects of few keys must also stand under the same name."""
        best, found = POOL_ALIKE, None
        for cluster in self._near(node, name):
            is_small = min(len(node.properties), len(cluster.totals)) < POOL_KEYS
            is_envelope = name not in _ERRORS and ("object" in types.values() or "object" in cluster.types.values())
            if len(node.properties.keys() & cluster.totals.keys()) * 2 < len(node.properties) or (is_small and (is_envelope or name not in cluster.names)):
                continue
            likeness = alike(node, cluster)
            if (
                likeness >= best
                and (found is None or likeness > best)
                and all(cluster.types.get(key, kind) == kind for key, kind in types.items())
                and agrees(node, cluster.leader)
            ):
                best, found = likeness, cluster
        return found

    def _near(self, node: Node, name: str) -> Iterable[Cluster]:
        """The clusters that have a key of the object; of those with few keys, very many may be alike, and only the name tells."""
        if len(node.properties) < POOL_KEYS:
            return self._by_name.get(name, ())
        return {id(cluster): cluster for key in node.properties for cluster in self._by_key.get(key, ())}.values()

    def _part(self, nodes: list[Node], kind: str, pointer: str) -> JsonSchema:
        if kind == "object":
            return self._object_or_reference([node for node in nodes if node.objects], pointer)
        if kind == "array":
            return {"type": "array", "items": self._schema([node.items for node in nodes if node.items is not None], pointer + "/items")}
        if kind == "string":
            return _text(nodes)
        if kind == "integer" and any((node.high or 0) > 2147483647 or (node.low or 0) < -2147483648 for node in nodes):
            return {"type": "integer", "format": "int64"}
        return {"type": kind}

    def _object_or_reference(self, nodes: list[Node], pointer: str) -> JsonSchema:
        if is_map(nodes):
            inner = [node.properties[key] for node in nodes for key in sorted(node.properties)]
            return {"type": "object", "additionalProperties": self._schema(inner, pointer + "/additionalProperties") or True}
        clusters = {id(cluster): cluster for cluster in (self._of_node.get(id(node)) for node in nodes)}  # without one: nothing was in it
        cluster = next(iter(clusters.values())) if len(clusters) == 1 else None
        if cluster is not None and cluster.name:
            return {"$ref": f"#{COMPONENTS}{cluster.name}"}
        if cluster is None and len(nodes) == 1 and (union := self._union_at(nodes[0])):
            return self._own_union(nodes[0], union, pointer)
        if cluster is None or len(cluster.members) < 2 or cluster in self._open:
            return self._object(nodes, pointer)
        self._open.append(cluster)
        schema = self._object(cluster.members, pointer)
        self._open.pop()
        return schema

    def _object(self, nodes: list[Node], pointer: str) -> JsonSchema:
        objects = sum(node.objects for node in nodes)
        inner: dict[str, list[Node]] = {}
        for node in nodes:
            for key, one in node.properties.items():
                inner.setdefault(key, []).append(one)
        properties: dict[str, JsonSchema] = {}
        required: list[str] = []
        for key in sorted(inner):
            place = f"{pointer}/properties/{escaped(key)}"
            properties[key] = self._property(key, inner[key], place, _risk(len(inner)))
            total = sum([one.total for one in inner[key]])
            if total >= objects:
                required.append(key)
            self.evidence[place] = evidence.counted(inner[key], total, objects)
        schema: JsonSchema = {"type": "object", "properties": properties}
        required = self._promised(required, objects)
        if required and not any(node.is_partial for node in nodes):
            schema["required"] = required
        return schema

    def _property(self, key: str, nodes: list[Node], pointer: str, risk: float) -> JsonSchema:
        """The schema of a property. Where those of its name were null or fractions elsewhere, or null is common, this one may be too, as long as it was heard seldom."""
        schema, filled = self._fractional(self._schema(nodes, pointer), key, nodes, risk), _filled(nodes)
        risk *= 1 if self._nulls.has_changed(key) else _UNHEARD
        if not schema or filled.times < filled.total or self._nulls.missing(key, filled.total) <= risk:
            return schema
        kind = schema.get("type")
        return {**schema, "type": [kind, "null"]} if isinstance(kind, str) and "enum" not in schema else {"anyOf": [schema, {"type": "null"}]}

    def _fractional(self, schema: JsonSchema, key: str, nodes: list[Node], risk: float) -> JsonSchema:
        kind, whole = schema.get("type"), sum([node.integers for node in nodes])
        if (kind != "integer" and kind != ["integer", "null"]) or not self._fractions.has_changed(key) or self._fractions.missing(key, whole) <= risk:
            return schema
        return {"type": "number" if kind == "integer" else ["number", "null"]}

    def _promised(self, keys: list[str], objects: int) -> list[str]:
        """Of the keys that all objects had, those that the next one has too, as far as one can tell."""
        risk = _risk(len(keys))
        return [key for key in keys if self._presence.missing(key, objects) <= risk]

    def _own_union(self, node: Node, union: Union, pointer: str) -> JsonSchema:
        """A union that stands at one place only, as a component of its own: a discriminator can point at nothing else."""
        if (id(node),) not in self._said:
            name = name_of(Counter([Place(_name_at(pointer))]), (), dict.fromkeys(self.schemas, ()))
            self.schemas[name] = {}
            self.schemas[name] = self._union([node], union, name)
            self._said[id(node),] = {"$ref": f"#{COMPONENTS}{name}"}
        return self._said[id(node),]

    def _union(self, nodes: list[Node], union: Union, name: str) -> JsonSchema:
        mapping: dict[str, str] = {}
        for variant in union.variants:
            own = name_of(Counter([Place(f"{name} {variant.values[0]}")]), (), dict.fromkeys(self.schemas, ()))
            self.schemas[own] = {}
            self.schemas[own] = self._variant(nodes, union.field, variant, f"{COMPONENTS}{own}")
            mapping |= dict.fromkeys(variant.values, f"#{COMPONENTS}{own}")
        options = [{"$ref": reference} for reference in dict.fromkeys(mapping.values())]
        return {"oneOf": options, "discriminator": {"propertyName": union.field, "mapping": dict(sorted(mapping.items()))}}

    def _variant(self, nodes: list[Node], field: str, variant: Variant, pointer: str) -> JsonSchema:
        """The object that one variant is: its own keys, with the types that they have in all."""
        properties: dict[str, JsonSchema] = {}
        for key, times in variant.keys.items():
            place, inner = f"{pointer}/properties/{escaped(key)}", [node.properties[key] for node in nodes if key in node.properties]
            properties[key] = self._property(key, inner, place, _risk(len(variant.keys)))
            self.evidence[place] = evidence.counted(inner, times, variant.objects)
        always = [key for key, times in variant.keys.items() if times == variant.objects]
        properties[field] = {"type": "string"} | ({"const": variant.values[0]} if len(variant.values) == 1 else {"enum": list(variant.values)})
        promised = {field, *self._promised(always, variant.objects)}
        return {"type": "object", "properties": properties, "required": sorted(promised)}


class _Filled(NamedTuple):
    """How many values of all were not null."""

    times: int
    total: int


def _filled(nodes: list[Node]) -> _Filled:
    total = sum([node.total for node in nodes])
    return _Filled(total - sum([node.nulls for node in nodes]), total)


def _whole(key: str, nodes: list[Node]) -> Held:
    """How many numbers of all were integers."""
    whole = sum(node.integers for node in nodes)
    return Held(key, whole, whole + sum(node.numbers for node in nodes))


def _risk(keys: int) -> float:
    """The most that one of so many keys may add to the risk that a whole object is refused."""
    return _REFUSED / min(max(keys, 1), _CROWD)


def _deserves_name(cluster: Cluster) -> bool:
    return len(cluster.totals) >= POOL_KEYS or any(name in cluster.names for name in _ERRORS)


def _held(cluster: Cluster) -> Iterable[Held]:
    """How often the keys were there; of a union, within its variants."""
    if cluster.union:
        return (Held(key, times, variant.objects) for variant in cluster.union.variants for key, times in variant.keys.items())
    if len(cluster.totals) > 2 and len(set(cluster.types.values())) == 1 and all(total < cluster.objects for total in cluster.totals.values()):
        return ()  # keys of one type, of which none is always there, may be data: of records they teach nothing
    return (Held(key, total, cluster.objects) for key, total in cluster.totals.items())


def _name_at(pointer: str) -> str:
    """The last name on the way to a place, or the operation's with what it is of it."""
    steps = [unescaped(step) for step in pointer.split("/")[1:]]
    named = [name for above, name in pairwise(steps) if above == "properties"]
    if named:
        return singular(named[-1])
    return f"{steps[1]} {steps[2]}" if len(steps) > 2 else "object"


def _text(nodes: list[Node]) -> JsonSchema:
    texts = sum(node.texts for node in nodes)
    formats = {kind for node in nodes for kind in node.formats}
    if len(formats) == 1 and sum(times for node in nodes for times in node.formats.values()) == texts:
        return {"type": "string", "format": formats.pop()}
    values = _enumeration(nodes, texts)
    return {"type": "string", "enum": values} if values and not any(node.nulls for node in nodes) else {"type": "string"}


def _enumeration(nodes: list[Node], texts: int) -> list[str]:
    """The values, where they came so often that another one is unlikely: each several times, and many more calls than values."""
    samples = [node.sample for node in nodes if node.sample is not None]
    if texts < _ENUM_TEXTS or any(sample.is_partial or len(sample.values) > ENUM_MAX for sample in samples):
        return []
    counts: Counter[str] = Counter()
    for sample in samples:
        counts.update(sample.values)
    if not 2 <= len(counts) <= ENUM_MAX or texts < 10 * len(counts) + 10:
        return []
    return sorted(counts) if min(counts.values()) >= 3 and all(_ENUM_VALUE.fullmatch(value) for value in counts) else []


_ENUM_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,39}")

"""The evidence of fields, put into schemas where a document is written, and taken out again where one is read.

A property carries `x-evidence: {count, total?, nulls?, firstSeen?, lastSeen?}`: it was in `count` of `total` objects (in all where there is no total), `nulls` times
as null, and heard first and last in these seconds.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from agent.spec import fields
from agent.spec.model import Evidence, JsonSchema, Spec
from agent.spec.summary import Node

KEY = "x-evidence"
_DEPTH = 100


def shown(schema: JsonSchema, pointer: str, known: dict[str, Evidence]) -> JsonSchema:
    """A copy with the evidence of its properties."""
    return _with(schema, pointer, known, 0) if known else schema


def taken_out(spec: Spec) -> Spec:
    """The spec with the evidence that its schemas carried in `property_evidence`."""
    known: dict[str, Evidence] = {}

    def without(schema: JsonSchema, root: str) -> JsonSchema:
        return _without(schema, root, known, 0)

    operations = tuple(fields.rewritten(operation, without) for operation in spec.operations)
    schemas = {name: without(schema, f"{fields.COMPONENTS}{name}") for name, schema in spec.schemas.items()}
    if not known:
        return spec
    return msgspec.structs.replace(spec, operations=operations, schemas=schemas, property_evidence=dict(sorted(known.items())))


def counted(nodes: list[Node], times: int, objects: int) -> Evidence:
    """That of a property which some of the objects at a place had, from its counts."""
    return Evidence(
        count=times,
        first_seen=float(min([node.first for node in nodes if node.first], default=0)),
        last_seen=float(max([node.last for node in nodes])),
        total=objects,
        nulls=min(times, sum([node.nulls for node in nodes])),
        confidence=round(times / max(objects, 1), 4),
    )


@lru_cache(maxsize=4096)
def written(seconds: float) -> str:
    """A time as documents have it. Most properties were heard first and last in the same few seconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text: Any) -> float:
    """The time that was written; 0 where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else 0.0
    except ValueError:
        return 0.0


def _with(schema: Any, pointer: str, known: dict[str, Evidence], depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return schema
    result = _inner(schema, pointer, lambda inner, place: _with(inner, place, known, depth + 1))
    if isinstance(properties := result.get("properties"), dict):
        result["properties"] = {
            name: {**inner, KEY: _brief(known[place])}
            if isinstance(inner, dict) and (place := f"{pointer}/properties/{fields.escaped(name)}") in known
            else inner
            for name, inner in properties.items()
        }
    return result


def _without(schema: Any, pointer: str, known: dict[str, Evidence], depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return schema
    raw = schema.get(KEY)
    if isinstance(raw, dict):
        counts = {name: value for name, value in raw.items() if name in ("count", "total", "nulls") and isinstance(value, int)}
        count = counts.get("count", 0)
        total = counts.get("total", count)
        first, last = (seconds(raw.get(name)) for name in ("firstSeen", "lastSeen"))
        known[pointer] = Evidence(count, first, last, confidence=round(count / max(total, 1), 4), total=total, nulls=counts.get("nulls", 0))
        schema = {key: value for key, value in schema.items() if key != KEY}
    return _inner(schema, pointer, lambda inner, place: _without(inner, place, known, depth + 1))


def _inner(schema: JsonSchema, pointer: str, change: Any) -> JsonSchema:
    """A copy whose schemas further in were changed; alternatives stand at the pointer of the whole."""
    result = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = change(schema[key], f"{pointer}/{key}")
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list):
            result[key] = [change(item, pointer) for item in schema[key]]
    if isinstance(schema.get("properties"), dict):
        result["properties"] = {name: change(item, f"{pointer}/properties/{fields.escaped(str(name))}") for name, item in schema["properties"].items()}
    return result


def _brief(evidence: Evidence) -> dict[str, int | str]:
    total = {"total": evidence.total} if evidence.total != evidence.count else {}
    times = {name: written(at) for name, at in (("firstSeen", evidence.first_seen), ("lastSeen", evidence.last_seen)) if at}
    return {"count": evidence.count, **total, **({"nulls": evidence.nulls} if evidence.nulls else {}), **times}

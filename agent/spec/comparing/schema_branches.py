"""Takes a JSON Schema apart into branches of one type each: references followed, `nullable`, type lists, `const`, `anyOf`, `oneOf` and simple `allOf` undone.

However often components lead to each other, each is taken apart once.
"""

import json
from collections.abc import Mapping
from typing import Any

from agent.spec.model import JsonSchema

ALL_TYPES = ("array", "boolean", "null", "number", "object", "string")


def branches(schema: Any, components: Mapping[str, JsonSchema], known: dict[str, list[JsonSchema]], depth: int = 0) -> list[JsonSchema]:
    """The schema as alternatives of one type each; a schema that says nothing has all types. `known`: components that were taken apart before."""
    if schema is False:
        return []
    if not isinstance(schema, dict) or depth > 30:
        return [{"type": kind} for kind in ALL_TYPES]
    if "$ref" in schema:
        target = components.get(str(schema["$ref"]).rpartition("/")[2], {})
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        if _is_constraining(rest):
            return branches({**target, **rest}, components, known, depth + 1)
        if schema["$ref"] not in known:
            known[schema["$ref"]] = []  # one that leads back to itself adds nothing
            known[schema["$ref"]] = branches(target, components, known, depth + 1)
        return known[schema["$ref"]]
    if schema.get("allOf"):
        return branches(_merged(schema, components, {}, depth), components, known, depth + 1)
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            rest = {name: value for name, value in schema.items() if name != key}
            parts = [item for part in schema[key] for item in branches(_both(rest, part) if _is_constraining(rest) else part, components, known, depth + 1)]
            return _distinct(parts) + ([{"type": "null"}] if schema.get("nullable") is True and not any(item["type"] == "null" for item in parts) else [])
    return _typed(schema)


def canonical(schema: Any) -> str:
    return json.dumps(schema, sort_keys=True, default=str)


def json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "string")


def _typed(schema: JsonSchema) -> list[JsonSchema]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    kinds = schema.get("type") or (sorted({json_type(value) for value in values}) if values else _implied(schema))
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    kinds += ["null"] if schema.get("nullable") is True and "null" not in kinds else []
    kinds = [kind for kind in kinds if not (kind == "integer" and "number" in kinds)]
    result: list[JsonSchema] = []
    for kind in kinds:
        branch = {key: value for key, value in schema.items() if key not in ("const", "enum", "type", "nullable")} if kind != "null" else {}
        mine = [value for value in values if json_type(value) == kind or (kind == "number" and json_type(value) == "integer")] if values else None
        if mine is None or mine or (kind == "null" and schema.get("nullable") is True):
            result.append(branch | {"type": kind} | ({"enum": mine} if mine and kind != "null" else {}))
    return result


def _implied(schema: JsonSchema) -> tuple[str, ...]:
    if "properties" in schema or isinstance(schema.get("additionalProperties"), dict):
        return ("object",)
    return ("array",) if "items" in schema else ALL_TYPES


def _merged(schema: JsonSchema, components: Mapping[str, JsonSchema], known: dict[str, JsonSchema], depth: int) -> JsonSchema:
    """`allOf` of objects joined into one; of other things the last word counts. `known`: components that were joined before."""
    result: JsonSchema = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        name = ""
        for _ in range(20):
            if not (isinstance(part, dict) and "$ref" in part):
                break
            name = str(part["$ref"]).rpartition("/")[2]
            part = components.get(name, {})
        if isinstance(part, dict) and part.get("allOf") and depth < 30:
            key = name or str(id(part))
            if key not in known:
                known[key] = {}
                known[key] = _merged(part, components, known, depth + 1)
            part = known[key]
        result = _both(part, result) if isinstance(part, dict) else result
    return result


def _both(first: Any, second: Any) -> Any:
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    result = first | second
    for key in ("properties", "required"):
        if key in first and key in second:
            result[key] = first[key] | second[key] if key == "properties" else sorted({*first[key], *second[key]})
    return result


def _is_constraining(schema: JsonSchema) -> bool:
    return any(
        key not in ("description", "title", "example", "examples", "default", "discriminator", "nullable", "deprecated", "readOnly", "writeOnly", "$schema")
        and not key.startswith("x-")
        for key in schema
    )


def _distinct(branches: list[JsonSchema]) -> list[JsonSchema]:
    return list({canonical(branch): branch for branch in branches}.values())

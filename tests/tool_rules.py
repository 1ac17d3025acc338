"""What the strict checks of the vendors refuse in a tool. One tool that is refused makes a vendor refuse the whole request."""

import re
from collections.abc import Iterable
from typing import Any

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TYPES = ("string", "integer", "number", "boolean", "object", "array")
_FORMATS = ("date-time", "date", "time", "uuid", "email")
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")


def faults(name: str, description: str, schema: dict[str, Any]) -> list[str]:
    """What the strict checks of the vendors would refuse in a tool; empty for a good one."""
    found = [] if _NAME.fullmatch(name) else [f"the name `{name}` is not 1 to 64 of a-z, A-Z, 0-9, _ and -"]
    if not 1 <= len(description) <= 1024:
        found.append(f"the description has {len(description)} characters")
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        found.append("the root is no plain object")
    found += [f"the root has `{word}`" for word in ("oneOf", "anyOf", "allOf", "not", "if", "enum", "$ref") if word in schema]
    return found + list(_schema_faults(schema, "", 0))


def _schema_faults(schema: Any, at: str, depth: int) -> Iterable[str]:
    if not isinstance(schema, dict):
        yield f"{at or 'root'}: not a schema object"
        return
    if depth > 10:
        yield f"{at}: nested more than 10 deep"
        return
    allowed = {"type", "properties", "required", "items", "enum", "anyOf", "description", "format", "additionalProperties", "default", *_LIMITS}
    yield from (f"{at or 'root'}: `{word}` is not understood everywhere" for word in schema if word not in allowed)
    if "type" in schema and schema["type"] not in _TYPES:
        yield f"{at or 'root'}: the type {schema['type']!r}"
    if schema.get("type") == "array" and "items" not in schema:
        yield f"{at}: an array without items"
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"] and all(isinstance(v, str | int | float) for v in schema["enum"])):
        yield f"{at}: the enum"
    if schema.get("format") not in (None, *_FORMATS):
        yield f"{at}: the format {schema['format']!r}"
    if not isinstance(schema.get("additionalProperties", True), bool):
        yield f"{at}: additionalProperties is a schema"
    properties = schema.get("properties", {})
    yield from (f"{at}: the property `{name}`" for name in properties if not _KEY.fullmatch(name))
    yield from (f"{at}: `{name}` is required but no property" for name in schema.get("required", ()) if name not in properties)
    for name, part in properties.items():
        yield from _schema_faults(part, f"{at}.{name}", depth + 1)
    for part in [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]:
        yield from _schema_faults(part, f"{at}[]", depth + 1)

"""What may stand at a place that takes one of a few values: an error names them, since the one who was wrong cannot know them."""

import re
from typing import Any, cast

_STEP = re.compile(r"[^.\[\]]+")


def accepted(schema: dict[str, Any], path: str) -> str:
    """The values that a JSON Schema allows at a path such as `filter.kinds[0]`, as a sentence; empty where it names none."""
    values = _values(schema, _STEP.findall(path), schema.get("$defs", {}))
    return f"It takes {', '.join(f'`{value}`' for value in values)}" if values else ""


def _values(schema: dict[str, Any], steps: list[str], known: dict[str, Any]) -> list[Any]:
    if reference := schema.get("$ref"):
        schema = known.get(reference.rpartition("/")[2], {})
    for option in schema.get("anyOf", []):
        if found := _values(option, steps, known):
            return found
    if not steps:
        return schema.get("enum", [])
    inner = schema.get("items") if schema.get("type") == "array" else schema.get("properties", {}).get(steps[0])
    return _values(cast("dict[str, Any]", inner), steps[1:], known) if isinstance(inner, dict) else []

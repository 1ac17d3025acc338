"""The schema that a GraphQL server tells of itself, as SDL. Where it was heard, nothing has to be concluded from queries.

Descriptions and default values are left out: they may hold anything, and the shape needs neither.
"""

import re
from collections.abc import Callable
from typing import Any

from agent.spec.objects import as_objects

MARK = "# told by introspection\n"
_NAME = r"[A-Za-z_]\w*"
_BUILT_IN = ("ID", "String", "Int", "Float", "Boolean")
_LENGTH_MAX = 400_000
"""Of a text that is kept with each summary. The largest public schemas are about this long; a longer one is concluded from queries."""


def sdl_of(received: Any) -> str:
    """The schema in an answer, after a mark, or an empty text where there is none that can be used."""
    data: Any = received.get("data") if isinstance(received, dict) else None
    schema: Any = data.get("__schema") if isinstance(data, dict) else None
    if not isinstance(schema, dict):
        return ""
    types = {one["name"]: one for one in as_objects(schema.get("types")) if _is_own(one.get("name"))}
    blocks = [_schema_block(schema), *(_WRITERS[kind](types[name]) for name in sorted(types) if (kind := types[name].get("kind")) in _WRITERS)]
    text = MARK + "\n\n".join(block for block in blocks if block) + "\n"
    return text if len(blocks) > 1 and len(text) <= _LENGTH_MAX else ""


def _schema_block(schema: dict[str, Any]) -> str:
    roots = {
        kind: root["name"]
        for kind in ("query", "mutation", "subscription")
        if isinstance(root := schema.get(f"{kind}Type"), dict) and _is_own(root.get("name"))
    }
    usual = all(name == kind.capitalize() for kind, name in roots.items())
    return "" if usual else "schema {\n" + "\n".join(f"  {kind}: {name}" for kind, name in roots.items()) + "\n}"


def _with_fields(word: str) -> Callable[[dict[str, Any]], str]:
    def write(one: dict[str, Any]) -> str:
        names = [other["name"] for other in as_objects(one.get("interfaces")) if _is_own(other.get("name"))]
        lines = [_field(inner) for inner in as_objects(one.get("inputFields") if word == "input" else one.get("fields")) if _is_own(inner.get("name"))]
        implemented = f" implements {' & '.join(sorted(names))}" if names else ""
        return f"{word} {one['name']}{implemented} {{\n" + "\n".join(lines) + "\n}" if lines else ""

    return write


def _field(one: dict[str, Any]) -> str:
    arguments = [f"{inner['name']}: {_reference(inner.get('type'))}" for inner in as_objects(one.get("args")) if _is_own(inner.get("name"))]
    return f"  {one['name']}{'(' + ', '.join(arguments) + ')' if arguments else ''}: {_reference(one.get('type'))}" + (
        " @deprecated" if one.get("isDeprecated") else ""
    )


def _reference(kind: Any, depth: int = 0) -> str:
    if not isinstance(kind, dict) or depth > 8:
        return "String"
    if kind.get("kind") == "NON_NULL":
        return _reference(kind.get("ofType"), depth + 1).removesuffix("!") + "!"
    if kind.get("kind") == "LIST":
        return f"[{_reference(kind.get('ofType'), depth + 1)}]"
    name = kind.get("name")
    return name if isinstance(name, str) and re.fullmatch(_NAME, name) else "String"


def _enum(one: dict[str, Any]) -> str:
    values = [f"  {value['name']}" for value in as_objects(one.get("enumValues")) if _is_own(value.get("name"))]
    return f"enum {one['name']} {{\n" + "\n".join(values) + "\n}" if values else ""


def _union(one: dict[str, Any]) -> str:
    names = [other["name"] for other in as_objects(one.get("possibleTypes")) if _is_own(other.get("name"))]
    return f"union {one['name']} = {' | '.join(sorted(names))}" if names else ""


def _scalar(one: dict[str, Any]) -> str:
    return "" if one["name"] in _BUILT_IN else f"scalar {one['name']}"


def _is_own(name: Any) -> bool:
    return isinstance(name, str) and bool(re.fullmatch(_NAME, name)) and not name.startswith("__")


_WRITERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "OBJECT": _with_fields("type"),
    "INTERFACE": _with_fields("interface"),
    "INPUT_OBJECT": _with_fields("input"),
    "ENUM": _enum,
    "UNION": _union,
    "SCALAR": _scalar,
}

"""A JSON Schema as people read it: a table of its fields, each with its place, its type and whether it is always there."""

from collections.abc import Iterator
from typing import Any, cast

from agent.providers.guide.markup import Data, code

_MOST, _DEEPEST = 40, 5


def table(schema: Any) -> str:
    """Of an object or a list of objects; of anything else its type. "" where nothing is known of it."""
    if not isinstance(schema, dict) or not schema:
        return ""
    rows = list(_rows(cast("Data", schema), "", 0))
    if not rows:
        return f"{kind(schema).capitalize()}."
    more = f"\n\n… and {len(rows) - _MOST} more fields." if len(rows) > _MOST else ""
    return "| Field | Type | Always |\n|---|---|---|\n" + "\n".join(rows[:_MOST]) + more


def kind(schema: Any) -> str:
    """A schema's type in words: `array of string`, `integer or null`, `"a" or "b"`."""
    if not isinstance(schema, dict):
        return "anything"
    known = cast("Data", schema)
    if options := known.get("anyOf") or known.get("oneOf"):
        return " or ".join(dict.fromkeys(kind(one) for one in cast("list[Any]", options)))
    if values := known.get("enum"):
        return " or ".join(code(value) for value in cast("list[Any]", values)[:8]) + (" or others" if len(values) > 8 else "")
    given = known.get("type")
    names = [str(one) for one in cast("list[Any]", given)] if isinstance(given, list) else [str(given)] if given else []
    form = f" ({known['format']})" if known.get("format") else ""
    return " or ".join(_named(name, known) + form * (name != "null") for name in names) or "anything"


def _named(name: str, schema: Data) -> str:
    return f"array of {kind(schema['items'])}" if name == "array" and schema.get("items") else name


def _rows(schema: Data, place: str, depth: int) -> Iterator[str]:
    if isinstance(items := schema.get("items"), dict) and depth < _DEEPEST:
        yield from _rows(cast("Data", items), f"{place}[]", depth + 1)
    members, always = schema.get("properties"), cast("list[Any]", schema.get("required") or [])
    for name, member in cast("Data", members).items() if isinstance(members, dict) and depth < _DEEPEST else ():
        at = f"{place}.{name}" if place else str(name)
        yield f"| {code(at)} | {kind(member)} | {'yes' if name in always else 'no'} |"
        if isinstance(member, dict):
            yield from _rows(cast("Data", member), at, depth + 1)

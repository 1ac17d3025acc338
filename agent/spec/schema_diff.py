"""Compares two JSON Schemas as contracts: what values they allow, not how they say it. Used by `diff`; no word about operations here.

Each schema is first flattened to branches of one type each: references followed, `nullable`, type lists, `const`, `anyOf`, `oneOf` and simple `allOf` undone.
Not understood, and so compared as written: `not`, `if`, `dependentSchemas`, `unevaluatedProperties`.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from agent.spec.model import JsonSchema

MAX_DEPTH = 60
_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_LIMITS = (*_BOUNDS, "multipleOf", "pattern", "format")
ALL_TYPES = ("array", "boolean", "null", "number", "object", "string")


class Sides(NamedTuple):
    """The components that references of the old and of the new schema point into."""

    old: Mapping[str, JsonSchema]
    new: Mapping[str, JsonSchema]


class Difference(NamedTuple):
    is_breaking: bool
    text: str
    pointer: str
    before: Any = None
    after: Any = None


def compare_schemas(old: Any, new: Any, sides: Sides, pointer: str, *, is_response: bool) -> list[Difference]:
    """The differences that a client could notice."""
    return _Comparison(sides, is_response).run(old, new, pointer, "")


class _Comparison:
    """One direction of one comparison, with the pairs that are under way, so that recursive schemas end."""

    def __init__(self, sides: Sides, is_response: bool) -> None:
        self._sides, self._is_response = sides, is_response
        self._open: set[tuple[str, str]] = set()

    def run(self, old: Any, new: Any, pointer: str, name: str, depth: int = 0) -> list[Difference]:
        pair = (_canonical(old), _canonical(new))
        if depth > MAX_DEPTH or pair in self._open or (pair[0] == pair[1] and self._sides.old is self._sides.new):
            return []
        self._open.add(pair)
        try:
            return self._branches(_branches(old, self._sides.old), _branches(new, self._sides.new), pointer, name, depth)
        finally:
            self._open.discard(pair)

    def _difference(self, is_wider: bool, text: str, pointer: str, before: Any = None, after: Any = None) -> Difference:
        """Wider breaks a reader, narrower breaks a writer."""
        return Difference(is_wider == self._is_response, text, pointer, before, after)

    def _branches(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str, depth: int) -> list[Difference]:
        found = self._types(old, new, pointer, name)
        for kind in ALL_TYPES:
            before, after = [item for item in old if _type_of(item) == kind], [item for item in new if _type_of(item) == kind]
            if len(before) == len(after) == 1:
                found += self._same_type(kind, before[0], after[0], pointer, name, depth)
            elif before and after:
                found += self._unions(kind, before, after, pointer, name, depth)
        return found

    def _types(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str) -> list[Difference]:
        before, after = _types(old), _types(new)
        gained, lost = after - before, before - after
        if not gained and not lost:
            return self._integer(old, new, pointer, name)
        words = f"{_quoted(name)} was {_or(before)} and is {_or(after)}."
        if gained and lost:
            return [Difference(True, words, pointer, sorted(before), sorted(after))]
        return [self._difference(bool(gained), words, pointer, sorted(before), sorted(after))]

    def _integer(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str) -> list[Difference]:
        was, now = (any(item.get("type") == "integer" for item in side) and not any(item.get("type") == "number" for item in side) for side in (old, new))
        if was == now or not ("number" in _types(old) and "number" in _types(new)):
            return []
        words = f"{_quoted(name)} {'is no longer always an integer' if was else 'is always an integer now'}."
        return [self._difference(was, words, pointer, "integer" if was else "number", "number" if was else "integer")]

    def _same_type(self, kind: str, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        found = self._enums(old, new, pointer, name) + self._limits(old, new, pointer, name)
        if kind == "object":
            found += self._objects(old, new, pointer, name, depth)
        if kind == "array":
            found += self.run(old.get("items", {}), new.get("items", {}), pointer + "/items", f"{name}[]", depth + 1)
        return found

    def _unions(self, kind: str, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str, depth: int) -> list[Difference]:
        """Variants that mean the same are set aside; one left on each side is one that changed."""
        lost = [item for item in old if not any(not self._same_type(kind, item, other, "", "", depth + 1) for other in new)]
        gained = [item for item in new if not any(not self._same_type(kind, other, item, "", "", depth + 1) for other in old)]
        if len(lost) == len(gained) == 1:
            return self._same_type(kind, lost[0], gained[0], pointer, name, depth + 1)
        found = [self._difference(False, f"{_quoted(name)} has a variant less.", pointer, item) for item in lost]
        return found + [self._difference(True, f"{_quoted(name)} has another variant.", pointer, None, item) for item in gained]

    def _enums(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str) -> list[Difference]:
        before, after = _enum(old), _enum(new)
        if before == after:
            return []
        if before is None or after is None:
            words = f"{_quoted(name)} {'is no longer' if after is None else 'is now'} limited to certain values."
            return [self._difference(after is None, words, pointer + "/enum", old.get("enum"), new.get("enum"))]
        gained, lost = sorted(after - before), sorted(before - after)
        found = [self._difference(True, f"{_quoted(name)} may also be {', '.join(gained[:8])}.", pointer + "/enum", None, gained)] if gained else []
        return found + ([self._difference(False, f"{_quoted(name)} can no longer be {', '.join(lost[:8])}.", pointer + "/enum", lost)] if lost else [])

    def _limits(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str) -> list[Difference]:
        return [self._limit(key, old.get(key), new.get(key), f"{pointer}/{key}", name) for key in _LIMITS if old.get(key) != new.get(key)]

    def _limit(self, key: str, was: Any, now: Any, pointer: str, name: str) -> Difference:
        if was is None:
            return self._difference(False, f"{_quoted(name)} has `{key}` {now!r} now.", pointer, was, now)
        if now is None:
            return self._difference(True, f"{_quoted(name)} has no `{key}` {was!r} any more.", pointer, was, now)
        words = f"{_quoted(name)} had `{key}` {was!r} and has {now!r}."
        if not (key in _BOUNDS and isinstance(was, int | float) and isinstance(now, int | float)):
            return Difference(True, words, pointer, was, now)
        return self._difference((now < was) == ("min" in key.lower()), words, pointer, was, now)

    def _objects(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        before, after = old.get("properties") or {}, new.get("properties") or {}
        must_before, must_after = set(old.get("required") or ()), set(new.get("required") or ())
        found: list[Difference] = []
        for key in sorted(before.keys() | after.keys()):
            path, at = f"{name}.{key}" if name else key, f"{pointer}/properties/{key.replace('~', '~0').replace('/', '~1')}"
            if key not in after:
                found.append(Difference(True, f"{_quoted(path)} is gone.", at, before[key]))
            elif key not in before:
                must = key in must_after
                found.append(Difference(must and not self._is_response, f"{_quoted(path)} is new{' and required' if must else ''}.", at, None, after[key]))
            else:
                found += self._required(key in must_before, key in must_after, path, at)
                found += self.run(before[key], after[key], at, path, depth + 1)
        return found + self._extra(old, new, pointer, name, depth)

    def _required(self, was: bool, now: bool, path: str, pointer: str) -> list[Difference]:
        """Required in a response is a promise, in a request a demand."""
        if was == now:
            return []
        return [
            self._difference(
                not now, f"{_quoted(path)} is {'now' if now else 'no longer'} {'always there' if self._is_response else 'required'}.", pointer, was, now
            )
        ]

    def _extra(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        was, now = old.get("additionalProperties", True), new.get("additionalProperties", True)
        at = pointer + "/additionalProperties"
        if isinstance(was, dict) and isinstance(now, dict):
            return self.run(was, now, at, f"{name}.*" if name else "*", depth + 1)
        if (was is False) == (now is False) or self._is_response:
            return []
        return [
            self._difference(
                now is not False,
                f"{_quoted(name)} takes {'no' if now is False else 'also'} other properties{' any more' if now is False else ''}.",
                at,
                was,
                now,
            )
        ]


def _branches(schema: Any, components: Mapping[str, JsonSchema], depth: int = 0) -> list[JsonSchema]:
    """The schema as alternatives of one type each; a schema that says nothing has all types."""
    if schema is False:
        return []
    if not isinstance(schema, dict) or depth > 30:
        return [{"type": kind} for kind in ALL_TYPES]
    if "$ref" in schema:
        target = components.get(str(schema["$ref"]).rpartition("/")[2], {})
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        return _branches({**target, **rest} if _is_constraining(rest) else target, components, depth + 1)
    if schema.get("allOf"):
        return _branches(_merged(schema, components, depth), components, depth + 1)
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            rest = {name: value for name, value in schema.items() if name != key}
            parts = [item for part in schema[key] for item in _branches(_both(rest, part) if _is_constraining(rest) else part, components, depth + 1)]
            return _distinct(parts) + ([{"type": "null"}] if schema.get("nullable") is True and not any(item["type"] == "null" for item in parts) else [])
    return _typed(schema)


def _typed(schema: JsonSchema) -> list[JsonSchema]:
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    kinds = schema.get("type") or (sorted({_json_type(value) for value in values}) if values else _implied(schema))
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    kinds += ["null"] if schema.get("nullable") is True and "null" not in kinds else []
    kinds = [kind for kind in kinds if not (kind == "integer" and "number" in kinds)]
    result: list[JsonSchema] = []
    for kind in kinds:
        branch = {key: value for key, value in schema.items() if key not in ("const", "enum", "type", "nullable")} if kind != "null" else {}
        mine = [value for value in values if _json_type(value) == kind or (kind == "number" and _json_type(value) == "integer")] if values else None
        if mine is None or mine or (kind == "null" and schema.get("nullable") is True):
            result.append(branch | {"type": kind} | ({"enum": mine} if mine and kind != "null" else {}))
    return result


def _implied(schema: JsonSchema) -> tuple[str, ...]:
    if "properties" in schema or isinstance(schema.get("additionalProperties"), dict):
        return ("object",)
    return ("array",) if "items" in schema else ALL_TYPES


def _merged(schema: JsonSchema, components: Mapping[str, JsonSchema], depth: int) -> JsonSchema:
    """`allOf` of objects joined into one; of other things the last word counts."""
    result: JsonSchema = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        for _ in range(20):
            if not (isinstance(part, dict) and "$ref" in part):
                break
            part = components.get(str(part["$ref"]).rpartition("/")[2], {})
        if isinstance(part, dict):
            result = _both(_merged(part, components, depth + 1) if part.get("allOf") and depth < 30 else part, result)
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
    return list({_canonical(branch): branch for branch in branches}.values())


def _type_of(schema: JsonSchema) -> str:
    return "number" if schema.get("type") == "integer" else str(schema.get("type"))


def _types(branches: list[JsonSchema]) -> set[str]:
    return {_type_of(branch) for branch in branches}


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object", type(None): "null"}
    return names.get(type(value), "string")


def _enum(schema: JsonSchema) -> set[str] | None:
    values = schema.get("enum")
    return None if values is None else {json.dumps(value, sort_keys=True) for value in values}


def _canonical(schema: Any) -> str:
    return json.dumps(schema, sort_keys=True, default=str)


def _quoted(name: str) -> str:
    return f"`{name}`" if name else "the value"


def _or(kinds: set[str]) -> str:
    return "anything" if len(kinds) == len(ALL_TYPES) else " or ".join(sorted(kinds)) or "nothing"

"""Compares two JSON Schemas as contracts: what values they allow, not how they say it. Used by `diff`; no word about operations here.

A property that is gone breaks whoever read it or sent it, optional or not; one that is only read is no part of a request, one that is only written none of a response.
Each schema is first taken apart by `schema_branches`.
Compared as written, since what they allow is not worked out: `not`, `if`, `patternProperties` and others like them; one more narrows, one less widens.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from agent.spec.comparing.schema_branches import ALL_TYPES, branches, canonical
from agent.spec.fields import escaped
from agent.spec.model import JsonSchema

MAX_DEPTH = 60
_MOST_COMPARED = 20_000  # pairs of schemas in one comparison: thirty lines whose references double lead to a billion of them
_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_AS_WRITTEN = (
    "not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames", "patternProperties", "dependentRequired", "dependentSchemas",
    "unevaluatedProperties", "unevaluatedItems", "contentEncoding", "contentMediaType",
)  # fmt: skip
_LIMITS = (*_BOUNDS, "multipleOf", "pattern", "format", "uniqueItems", *_AS_WRITTEN)
_NO_LIMIT = (("uniqueItems", False), ("minLength", 0), ("minItems", 0), ("minProperties", 0), ("unevaluatedProperties", True), ("unevaluatedItems", True))
_WITHIN = {("int32", "int64"), ("float", "double")}
"""Formats of which the first allows no value that the second does not."""
_WRITTEN = {"number", "boolean"}
"""What is as good a value where only texts are written, in a URL or a form."""


class Sides(NamedTuple):
    """The components that references of the old and of the new schema point into."""

    old: Mapping[str, JsonSchema]
    new: Mapping[str, JsonSchema]


class Difference(NamedTuple):
    """`is_learned`: more calls of an API that stayed as it is can tell it, since what had only never come was a guess."""

    is_breaking: bool
    text: str
    pointer: str
    before: Any = None
    after: Any = None
    is_learned: bool = False


def compare_schemas(old: Any, new: Any, sides: Sides, pointer: str, *, is_response: bool, is_text: bool = False) -> list[Difference]:
    """The differences that a client could notice. `is_text` where every value is written as text, as in a query: there a number is a string too."""
    return _Comparison(sides, is_response, is_text).run(old, new, pointer, "")


class _Comparison:
    """One direction of one comparison, with the pairs that are under way, so that recursive schemas end."""

    def __init__(self, sides: Sides, is_response: bool, is_text: bool) -> None:
        self._sides, self._is_response, self._is_text = sides, is_response, is_text
        self._open: set[tuple[str, str]] = set()
        self._left = _MOST_COMPARED

    def run(self, old: Any, new: Any, pointer: str, name: str, depth: int = 0) -> list[Difference]:
        pair = (canonical(old), canonical(new))
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH or pair in self._open or (pair[0] == pair[1] and self._sides.old is self._sides.new):
            return []
        self._open.add(pair)
        try:
            return self._branches(branches(old, self._sides.old, {}), branches(new, self._sides.new, {}), pointer, name, depth)
        finally:
            self._open.discard(pair)

    def _difference(self, is_wider: bool, text: str, pointer: str, before: Any = None, after: Any = None) -> Difference:
        """Wider breaks a reader, narrower breaks a writer."""
        return Difference(is_wider == self._is_response, text, pointer, before, after, is_learned=not is_wider)

    def _branches(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str, depth: int) -> list[Difference]:
        found = self._types(old, new, pointer, name)
        for kind in ALL_TYPES:
            before, after = [item for item in old if _type_of(item) == kind], [item for item in new if _type_of(item) == kind]
            if len(before) == len(after) == 1:
                found += self._same_type(kind, before[0], after[0], pointer, name, depth)
            elif before and after:
                found += self._unions(kind, before, after, pointer, name, depth)
        return list({(item.pointer, item.text): item for item in found}.values())  # what is said of every type is said once

    def _types(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str) -> list[Difference]:
        before, after = _types(old), _types(new)
        gained, lost = after - before, before - after
        if not gained and not lost:
            return self._integer(old, new, pointer, name)
        words = f"{_quoted(name)} was {_or(old)} and is {_or(new)}."
        if gained and lost and not (self._is_text and gained == {"string"} and lost <= _WRITTEN and not self._is_response):
            return [Difference(True, words, pointer, _written_types(old), _written_types(new), is_learned=True)]
        return [self._difference(bool(gained), words, pointer, _written_types(old), _written_types(new))]

    def _integer(self, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str) -> list[Difference]:
        was, now = (any(item.get("type") == "integer" for item in side) and not any(item.get("type") == "number" for item in side) for side in (old, new))
        if was == now or not ("number" in _types(old) and "number" in _types(new)):
            return []
        words = f"{_quoted(name)} {'is no longer always an integer' if was else 'is always an integer now'}."
        return [self._difference(was, words, pointer, "integer" if was else "number", "number" if was else "integer")]

    def _same_type(self, kind: str, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        found = self._enums(old, new, pointer, name) + self._limits(old, new, pointer, name) + self._remarks(old, new, pointer, name)
        if kind == "object":
            found += self._objects(old, new, pointer, name, depth)
        if kind == "array":
            found += self._arrays(old, new, pointer, name, depth)
        return found

    def _arrays(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        """Places of their own first, then the rest."""
        before, after = old.get("prefixItems") or [], new.get("prefixItems") or []
        pairs = [(side.get("items", True), first) for side, first in ((old, before), (new, after))]
        found: list[Difference] = []
        for place in range(max(len(before), len(after))):
            was, now = (first[place] if place < len(first) else rest for rest, first in pairs)
            found += self.run(was, now, f"{pointer}/prefixItems/{place}", f"{name}[{place}]", depth + 1)
        return found + self.run(pairs[0][0], pairs[1][0], pointer + "/items", f"{name}[]", depth + 1)

    def _unions(self, kind: str, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str, depth: int) -> list[Difference]:
        """Variants that mean the same are set aside; one left on each side is one that changed. Where a property tells them apart, it tells which are the same."""
        if kind == "object" and (tag := _tag(old, new)):
            if any(len(side) == 1 and not _tells_apart(tag, side) for side in (old, new)):
                return self._same_type(kind, _as_one(old), _as_one(new), pointer, name, depth + 1)
            return self._tagged(tag, old, new, pointer, name, depth)
        lost = [item for item in old if not any(not self._same_type(kind, item, other, "", "", depth + 1) for other in new)]
        gained = [item for item in new if not any(not self._same_type(kind, other, item, "", "", depth + 1) for other in old)]
        if len(lost) == len(gained) == 1:
            return self._same_type(kind, lost[0], gained[0], pointer, name, depth + 1)
        found = [self._difference(False, f"{_quoted(name)} has a variant less.", pointer, item) for item in lost]
        return found + [self._difference(True, f"{_quoted(name)} has another variant.", pointer, None, item) for item in gained]

    def _tagged(self, tag: str, old: list[JsonSchema], new: list[JsonSchema], pointer: str, name: str, depth: int) -> list[Difference]:
        before, after = ({value: item for item in side for value in _tag_values(item, tag)} for side in (old, new))
        path, at = f"{name}.{tag}" if name else tag, f"{pointer}/properties/{escaped(tag)}"
        gained, lost = sorted(after.keys() - before), sorted(before.keys() - after)
        found = [self._difference(True, f"{_quoted(path)} may also be {', '.join(gained[:8])}.", at, None, gained)] if gained else []
        found += [self._difference(False, f"{_quoted(path)} can no longer be {', '.join(lost[:8])}.", at, lost)] if lost else []
        pairs = {(id(before[value]), id(after[value])): value for value in sorted(before.keys() & after.keys(), reverse=True)}
        for value in sorted(pairs.values()):
            was, now = (_without_property(side[value], tag) for side in (before, after))
            where = f"where {_quoted(path)} is {value}, "
            found += [item._replace(text=where + item.text) for item in self._same_type("object", was, now, pointer, name, depth + 1)]
        return found

    def _enums(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str) -> list[Difference]:
        before, after = _enum(old), _enum(new)
        if before == after:
            return []
        if before is None or after is None:
            words = f"{_quoted(name)} {'is no longer' if after is None else 'is now'} limited to certain values."
            return [self._difference(after is None, words, pointer + "/enum", old.get("enum"), new.get("enum"))._replace(is_learned=True)]
        gained, lost = sorted(after - before), sorted(before - after)
        found = [self._difference(True, f"{_quoted(name)} may also be {', '.join(gained[:8])}.", pointer + "/enum", None, gained)] if gained else []
        return found + ([self._difference(False, f"{_quoted(name)} can no longer be {', '.join(lost[:8])}.", pointer + "/enum", lost)] if lost else [])

    def _limits(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str) -> list[Difference]:
        pairs = ((key, _limit_of(old, key), _limit_of(new, key)) for key in _LIMITS if key in old or key in new)
        found = [(key, self._limit(key, was, now, f"{pointer}/{key}", name)) for key, was, now in pairs if was != now]
        return [item._replace(is_learned=True) if key in _BOUNDS else item for key, item in found]

    def _remarks(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str) -> list[Difference]:
        """What is good to know and breaks nothing."""
        found: list[Difference] = []
        was, now = old.get("default"), new.get("default")
        if was != now and not self._is_response:
            found.append(Difference(False, f"{_quoted(name)} is {_worded(now)} by default, and was {_worded(was)}.", pointer + "/default", was, now))
        if new.get("deprecated") is True and old.get("deprecated") is not True:
            found.append(Difference(False, f"{_quoted(name)} is deprecated now.", pointer + "/deprecated", False, True))
        return found

    def _limit(self, key: str, was: Any, now: Any, pointer: str, name: str) -> Difference:
        if was is None:
            return self._difference(False, f"{_quoted(name)} has `{key}` {_worded(now)} now.", pointer, was, now)
        if now is None:
            return self._difference(True, f"{_quoted(name)} has no `{key}` {_worded(was)} any more.", pointer, was, now)
        words = f"{_quoted(name)} had `{key}` {_worded(was)} and has {_worded(now)}."
        if key == "format" and ((was, now) in _WITHIN or (now, was) in _WITHIN):
            return self._difference((was, now) in _WITHIN, words, pointer, was, now)
        if not (key in (*_BOUNDS, "multipleOf") and isinstance(was, int | float) and isinstance(now, int | float)):
            return Difference(True, words, pointer, was, now, is_learned=True)
        if key == "multipleOf":
            return self._multiple(was, now, words, pointer)
        return self._difference((now < was) == ("min" in key.lower()), words, pointer, was, now)

    def _multiple(self, was: float, now: float, words: str, pointer: str) -> Difference:
        """Every multiple of 4 is one of 2."""
        if now and was % now == 0:
            return self._difference(True, words, pointer, was, now)
        return self._difference(False, words, pointer, was, now) if was and now % was == 0 else Difference(True, words, pointer, was, now)

    def _objects(self, old: JsonSchema, new: JsonSchema, pointer: str, name: str, depth: int) -> list[Difference]:
        properties: Mapping[str, Any] = new.get("properties") or {}
        before, after = self._travelling(old.get("properties") or {}), self._travelling(properties)
        must_before: set[str] = set(old.get("required") or ())
        must_after: set[str] = set(new.get("required") or ())
        found: list[Difference] = []
        before, after = _covered(before, after, old), _covered(after, before, new)
        for key in sorted(before.keys() | after.keys()):
            path, at = f"{name}.{key}" if name else key, f"{pointer}/properties/{escaped(key)}"
            if key not in after:
                is_read = not self._is_response and _is_only(properties.get(key), "readOnly")  # no server is known to refuse what it only ignores
                words = f"{_quoted(path)} is only read now." if is_read else f"{_quoted(path)} is gone."
                found.append(Difference(not is_read, words, at, before[key], is_learned=True))
            elif key not in before:
                must = key in must_after
                found.append(Difference(must and not self._is_response, f"{_quoted(path)} is new{' and required' if must else ''}.", at, None, after[key]))
            else:
                found += self._required(key in must_before, key in must_after, path, at)
                found += self.run(before[key], after[key], at, path, depth + 1)
        return found + self._extra(old, new, pointer, name, depth)

    def _travelling(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        """The properties that go in this direction at all."""
        return {key: schema for key, schema in properties.items() if not _is_only(schema, "writeOnly" if self._is_response else "readOnly")}

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
        at, every = pointer + "/additionalProperties", f"{name}.*" if name else "*"
        if was is not False and now is not False:
            return self.run(was, now, at, every, depth + 1) if isinstance(was, dict) or isinstance(now, dict) else []
        if was is now:
            return []
        if self._is_response:
            return [Difference(True, f"{_quoted(every)} is gone.", at, was, now, is_learned=True)] if isinstance(was, dict) and was else []
        words = f"{_quoted(name)} takes {'no' if now is False else 'also'} other properties{' any more' if now is False else ''}."
        return [self._difference(now is not False, words, at, was, now)]


def _tag(old: list[JsonSchema], new: list[JsonSchema]) -> str:
    """The property that tells the variants apart on both sides: required, and of other values in each variant. Empty where there is none."""
    sides = [side for side in (old, new) if len(side) > 1]
    names: list[str] = sorted(sides[0][0].get("properties") or {}) if sides else []
    return next((name for name in names if all(_tells_apart(name, side) for side in sides)), "")


def _tells_apart(name: str, variants: list[JsonSchema]) -> bool:
    values = [_tag_values(variant, name) for variant in variants]
    return all(values) and len({value for some in values for value in some}) == sum(map(len, values))


def _tag_values(variant: JsonSchema, name: str) -> list[str]:
    tag = (variant.get("properties") or {}).get(name)
    if not isinstance(tag, dict) or name not in (variant.get("required") or ()):
        return []
    values: list[Any] = [tag["const"]] if "const" in tag else tag.get("enum") or []
    return [json.dumps(value) for value in values]


def _as_one(variants: list[JsonSchema]) -> JsonSchema:
    """What the variants allow when nobody looks at what tells them apart."""
    if len(variants) == 1:
        return variants[0]
    parts: dict[str, list[Any]] = {}
    for variant in variants:
        for name, schema in (variant.get("properties") or {}).items():
            parts.setdefault(name, []).append(schema)
    properties = {name: schemas[0] if len({canonical(schema) for schema in schemas}) == 1 else _any_of(schemas) for name, schemas in parts.items()}
    required: set[str] = set.intersection(*({*(variant.get("required") or ())} for variant in variants))
    return {"type": "object", "properties": properties, "required": sorted(required)}


def _any_of(schemas: list[Any]) -> JsonSchema:
    """Texts of certain values are one list of them."""
    values: list[list[Any]] = [[one["const"]] if "const" in one else one.get("enum") or [] for one in schemas if isinstance(one, dict)]
    texts = {value for some in values for value in some if isinstance(value, str)}
    return {"enum": sorted(texts)} if len(values) == len(schemas) and all(values) and len(texts) == sum(map(len, values)) else {"anyOf": schemas}


def _without_property(schema: JsonSchema, name: str) -> JsonSchema:
    properties = {key: item for key, item in (schema.get("properties") or {}).items() if key != name}
    return {**schema, "properties": properties, "required": [key for key in schema.get("required") or () if key != name]}


def _is_only(schema: Any, word: str) -> bool:
    return isinstance(schema, dict) and cast(JsonSchema, schema).get(word) is True


def _limit_of(schema: JsonSchema, key: str) -> Any:
    """What limits nothing is no limit."""
    value = schema.get(key)
    return None if (key, value) in _NO_LIMIT else value


def _covered(mine: Mapping[str, Any], others: Mapping[str, Any], schema: JsonSchema) -> Mapping[str, Any]:
    """With what a map says of the properties that only the other side names."""
    every = schema.get("additionalProperties")
    return {**dict.fromkeys(others, every), **mine} if isinstance(every, dict) and every else mine


def _type_of(schema: JsonSchema) -> str:
    return "number" if schema.get("type") == "integer" else str(schema.get("type"))


def _types(branches: list[JsonSchema]) -> set[str]:
    return {_type_of(branch) for branch in branches}


def _enum(schema: JsonSchema) -> set[str] | None:
    values = schema.get("enum")
    return None if values is None else {json.dumps(value, sort_keys=True) for value in values}


def _worded(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _quoted(name: str) -> str:
    return f"`{name}`" if name else "the value"


def _written_types(branches: list[JsonSchema]) -> list[str]:
    return sorted({str(item.get("type")) for item in branches})


def _or(branches: list[JsonSchema]) -> str:
    return "anything" if len(_types(branches)) == len(ALL_TYPES) else " or ".join(_written_types(branches)) or "nothing"

"""Operations as tools that every vendor takes: stable names, plain schemas and a compact description.

One tool that a vendor refuses makes it refuse the whole request, so a schema is rebuilt from a short list of keywords. Texts of the API
(summaries, descriptions) never get into a tool: a model would read them as instructions.
"""

import hashlib
import re
from typing import Any

import msgspec

from agent.spec import path_syntax
from agent.spec.model import JsonSchema, Operation, Spec
from agent.spec.names import words_of

KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
GROUPS = ("path", "query", "headers", "cookies", "body")
MOST_TOOLS = 20
MOST_BYTES = 32_000
"""Of the typed tools of one API together; with the three general ones a list stays below 40 KB."""
_TYPES = ("string", "integer", "number", "boolean", "object", "array")
_FORMATS = ("date-time", "date", "time", "uuid", "email")
_KEPT = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems")
_DEPTH = 4
_MOST_OPTIONS = 12
"""With more, anything is taken: a list that was cut would forbid the rest."""
_MOST_PARTS = 100
_MOST_DESCRIPTION = 4_000


class TypedTool(msgspec.Struct, frozen=True):
    """One operation as a tool of its own."""

    name: str
    description: str
    operation: str
    method: str
    input_schema: JsonSchema


def tool_name(operation: Operation) -> str:
    """`post_orders_1a2b3c4d`: from method and path shape alone, so it survives new documents and renamed parameters."""
    shape = path_syntax.unnamed(operation.template)
    words = "_".join([operation.method.lower(), *words_of(shape)])
    digest = hashlib.sha1(f"{operation.method} {shape}".encode(), usedforsecurity=False).hexdigest()[:8]
    return f"{re.sub(r'[^a-z0-9_]', '', words)[:40].rstrip('_')}_{digest}"


def typed(spec: Spec) -> tuple[TypedTool, ...]:
    """A tool for each of the operations heard most, in the order of their names. Of a large API that was never heard: none."""
    usable = [o for o in spec.operations if o.api_type not in ("WebSocket", "SSE", "gRPC") and o.method in ("GET", "POST", "PUT", "PATCH", "DELETE")]
    heard = usable if len(usable) <= MOST_TOOLS else [o for o in usable if o.evidence.count]
    chosen: list[TypedTool] = []
    size = 0
    for operation in sorted(heard, key=lambda o: (-o.evidence.count, o.template, o.method))[:MOST_TOOLS]:
        made = _tool(spec, operation)
        weight = len(msgspec.json.encode(made))
        if size + weight <= MOST_BYTES:
            chosen.append(made)
            size += weight
    return tuple(sorted(chosen, key=lambda made: made.name))


def describe(spec: Spec, operation: Operation) -> dict[str, Any]:
    """What an operation takes and gives, references put in place, at most about 4 KB."""
    for depth, with_responses in ((_DEPTH, True), (3, True), (2, True), (2, False), (1, False)):
        found = _described(spec, operation, depth, with_responses=with_responses)
        if len(msgspec.json.encode(found)) <= _MOST_DESCRIPTION:
            return found
    return {**_described(spec, operation, 1, with_responses=False), "body": None, "note": "Too large to show whole; read its documentation."}


def plain(schema: Any, schemas: dict[str, JsonSchema], depth: int = _DEPTH, *, tells_null: bool = False) -> JsonSchema:
    """A schema in the words that every vendor takes: references in place to a depth, cycles cut, alternatives as `anyOf`.

    `tells_null`: for a reader rather than a vendor, what can be null has a list of types.
    """
    return _plain(schema, schemas, depth, (), tells_null)


def _plain(schema: Any, schemas: dict[str, JsonSchema], depth: int, seen: tuple[str, ...], tells_null: bool) -> JsonSchema:
    if not isinstance(schema, dict):
        return {}
    if isinstance(reference := schema.get("$ref"), str):
        name = reference.rpartition("/")[2]
        return {} if name in seen or len(seen) > 20 else _plain(schemas.get(name), schemas, depth, (*seen, name), tells_null)
    schema = _merged(schema, schemas, set(seen))
    kind = _kind(schema)
    result: JsonSchema = {"type": kind} if kind else {}
    listed: Any = [schema["const"]] if "const" in schema else schema.get("enum")
    if values := [v for v in listed if isinstance(v, str | int | float) and len(str(v)) <= 100] if isinstance(listed, list) else []:
        result["enum"] = values[:50]
        if kind not in ("string", "integer", "number"):
            result.pop("type", None)
    result |= {word: schema[word] for word in _KEPT if isinstance(schema.get(word), int | float) and not isinstance(schema[word], bool)}
    if schema.get("format") in _FORMATS and kind == "string":
        result["format"] = schema["format"]
    if kind == "array":
        result["items"] = _plain(schema.get("items"), schemas, depth - 1, seen, tells_null) if depth > 0 else {}
    if kind == "object" and depth > 0:
        result |= _members(schema, schemas, depth, seen, tells_null)
    options = [o for o in schema.get("anyOf") or schema.get("oneOf") or () if isinstance(o, dict) and o.get("type") != "null"]
    if kind is None and options and depth > 0:
        simple = [_plain(option, schemas, depth - 1, seen, tells_null) for option in options[:_MOST_OPTIONS]]
        result = simple[0] if len(simple) == 1 else {"anyOf": [part for part in simple if part] or [{}]} if len(options) <= _MOST_OPTIONS else {}
    return result | {"type": [result["type"], "null"]} if tells_null and isinstance(result.get("type"), str) and _can_be_null(schema) else result


def _can_be_null(schema: JsonSchema) -> bool:
    options: Any = schema.get("anyOf") or schema.get("oneOf") or ()
    given: Any = schema.get("type")
    return (isinstance(given, list) and "null" in given) or {"type": "null"} in options


def _members(schema: JsonSchema, schemas: dict[str, JsonSchema], depth: int, seen: tuple[str, ...], tells_null: bool) -> JsonSchema:
    properties: Any = schema.get("properties")
    known = {n: p for n, p in properties.items() if isinstance(n, str) and KEY.fullmatch(n)} if isinstance(properties, dict) else {}
    shown = dict(list(known.items())[:60])
    required = [name for name in schema.get("required") or () if name in shown] if isinstance(schema.get("required"), list) else []
    result: JsonSchema = {"properties": {name: _plain(part, schemas, depth - 1, seen, tells_null) for name, part in shown.items()}} if shown else {}
    return result | ({"required": sorted(set(required))} if required else {})


def _merged(schema: JsonSchema, schemas: dict[str, JsonSchema], taken: set[str]) -> JsonSchema:
    """`allOf` as one object: members and required names of all parts. What was `taken` adds nothing a second time."""
    parts: Any = schema.get("allOf")
    if not isinstance(parts, list):
        return schema
    result: JsonSchema = {name: value for name, value in schema.items() if name != "allOf"}
    for part in parts[:20]:
        target = part
        while isinstance(target, dict) and isinstance(reference := target.get("$ref"), str):
            name = reference.rpartition("/")[2]
            target = None if name in taken or len(taken) > _MOST_PARTS else schemas.get(name)
            taken.add(name)
        if not isinstance(target, dict):
            continue
        target = _merged(target, schemas, taken)
        for word in ("properties", "required"):
            if word in target and isinstance(target[word], dict | list):
                before: Any = result.get(word)
                result[word] = {**target[word], **(before or {})} if isinstance(target[word], dict) else [*(before or []), *target[word]]
        result = {**{word: value for word, value in target.items() if word not in ("properties", "required", "$ref", "allOf")}, **result}
    return result


def _kind(schema: JsonSchema) -> str | None:
    given: Any = schema.get("type")
    kinds = [k for k in given if k != "null"] if isinstance(given, list) else [given]
    if kinds and kinds[0] in _TYPES:
        return kinds[0]
    if isinstance(schema.get("properties"), dict):
        return "object"
    return "array" if "items" in schema else None


def _tool(spec: Spec, operation: Operation) -> TypedTool:
    """The typed tool; where its body is large, shown less deep."""
    name = tool_name(operation)
    for depth in (_DEPTH, 3, 2, 1, 0):
        schema = _arguments(spec, operation, depth)
        if len(msgspec.json.encode(schema)) <= MOST_BYTES // 8:
            break
    path = re.sub(r"[^ -~]", "?", operation.template)[:300]
    told = f"Sends {operation.method} {path}. " + ("Reads only." if operation.method == "GET" else "It changes something.")
    return TypedTool(name, told, f"{operation.method} {operation.template}", operation.method, schema)


def _arguments(spec: Spec, operation: Operation, depth: int) -> JsonSchema:
    """`path`, `query`, `headers`, `cookies` and `body` as members of a plain object; a parameter whose name no vendor takes goes unnamed."""
    properties: JsonSchema = {}
    required: list[str] = []
    for group, where in zip(GROUPS, ("path", "query", "header", "cookie"), strict=False):
        named = [p for p in operation.parameters if p.where == where and KEY.fullmatch(p.name) and p.name.lower() not in ("authorization", "cookie")][:40]
        if not named:
            continue
        properties[group] = {"type": "object", "properties": {p.name: plain(p.schema, spec.schemas, min(depth, 2)) for p in named}}
        if must := [p.name for p in named if p.required]:
            properties[group]["required"] = must
            required.append(group)
    if operation.request:
        properties["body"] = plain(operation.request[0].schema, spec.schemas, depth)
        required += ["body"] if operation.request_required else []
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _described(spec: Spec, operation: Operation, depth: int, *, with_responses: bool) -> dict[str, Any]:
    content = operation.request[0] if operation.request else None
    return {
        "operation": f"{operation.method} {operation.template}",
        "id": operation.id,
        "summary": operation.summary[:200],
        "description": operation.description[: 400 if depth > 2 else 100],
        "parameters": [
            {"name": p.name[:100], "in": p.where, "required": p.required, "schema": plain(p.schema, spec.schemas, min(depth, 2))}
            | ({"example": p.example} if p.example is not None and len(str(p.example)) < 100 else {})
            for p in operation.parameters[: 40 if depth > 2 else 20]
        ],
        "body": {
            "media_type": content.media_type,
            "required": operation.request_required,
            "schema": plain(content.schema, spec.schemas, depth, tells_null=True),
        }
        if content
        else None,
        "responses": {r.status: plain(r.contents[0].schema, spec.schemas, depth - 1, tells_null=True) if r.contents else {} for r in operation.responses[:6]}
        if with_responses
        else {r.status: {} for r in operation.responses[:10]},
        "security": [list(names) for names in operation.security[:5]],
        "calls": operation.evidence.count,
    }

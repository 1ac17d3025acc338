"""The fields of a spec's bodies, one by one, each with its place in words and the pointer under which its evidence is kept.

A place is what a person would write: `200 items[].price`, `request name`, `200 stock.*` for the values of a map. Pointers are those of
`Spec.property_evidence`: below a shared schema, or below the operation's own body.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from agent.spec.model import Content, Evidence, JsonSchema, Operation, Spec
from agent.spec.secrets.redact import mask_json

COMPONENTS = "/components/schemas/"
MOST = 2_000
_DEPTH = 12


class Body(NamedTuple):
    """One body of an operation: where it stands (`request`, a status, `message <name>`), and its content."""

    side: str
    root: str
    content: Content


class Field(NamedTuple):
    """One property. `root` and `inside` are its pointer in two parts: the schema that it belongs to, and the steps into it.

    `path` leads to it through values of the body: `[]` into a list, `*` into the values of a map, `.name` to a property.
    """

    place: str
    name: str
    schema: JsonSchema
    is_required: bool
    depth: int
    root: str
    inside: tuple[str, ...]
    path: tuple[str, ...]

    @property
    def pointer(self) -> str:
        return "/".join((self.root, *self.inside))


class Where(NamedTuple):
    """How far a walk has come."""

    root: str
    inside: tuple[str, ...] = ()
    prefix: str = ""
    depth: int = 0
    open: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    always: frozenset[str] | None = None
    """In one of several alternatives, the properties that are required in all of them."""


def bodies(operation: Operation) -> list[Body]:
    """Request, answers by status, messages, in the order of the document."""
    base = f"/operations/{operation.id}"
    found = [Body("request", f"{base}/request/{escaped(content.media_type)}", content) for content in operation.request]
    found += [
        Body(response.status, f"{base}/responses/{response.status}/{escaped(content.media_type)}", content)
        for response in operation.responses
        for content in response.contents
    ]
    return found + [
        Body(f"message {message.name}", f"{base}/messages/{message.name}", Content("application/json", message.schema, message.example, message.evidence))
        for message in operation.messages
    ]


def of_operation(spec: Spec, operation: Operation) -> list[Field]:
    """Every field of every body, with the side before its place."""
    return [field._replace(place=f"{body.side} {field.place}") for body in bodies(operation) for field in of_schema(spec, body.content.schema, body.root)][
        :MOST
    ]


def of_schema(spec: Spec, schema: JsonSchema, root: str, depth: int = _DEPTH) -> list[Field]:
    """The fields of one schema, to a depth; a shared schema within itself is not opened again."""
    found: list[Field] = []
    for field in _walk(spec, schema, Where(root), depth):
        found.append(field)
        if len(found) >= MOST:
            break
    return found


def evidence_of(spec: Spec, field: Field) -> Evidence | None:
    """How often it was there, and null."""
    return spec.property_evidence.get(field.pointer)


def rewritten(operation: Operation, change: Callable[[JsonSchema, str], JsonSchema]) -> Operation:
    """The operation with the schema of each of its bodies changed; the text is its root."""
    base = f"/operations/{operation.id}"

    def changed(contents: tuple[Content, ...], above: str) -> tuple[Content, ...]:
        return tuple(msgspec.structs.replace(content, schema=change(content.schema, f"{above}/{escaped(content.media_type)}")) for content in contents)

    responses = tuple(
        msgspec.structs.replace(response, contents=changed(response.contents, f"{base}/responses/{response.status}")) for response in operation.responses
    )
    messages = tuple(msgspec.structs.replace(message, schema=change(message.schema, f"{base}/messages/{message.name}")) for message in operation.messages)
    return msgspec.structs.replace(operation, request=changed(operation.request, f"{base}/request"), responses=responses, messages=messages)


def resolved(spec: Spec, schema: JsonSchema) -> JsonSchema:
    """What a reference leads to."""
    for _ in range(20):
        if "$ref" not in schema:
            break
        schema = spec.schemas.get(str(schema["$ref"]).rpartition("/")[2], {})
    return schema


def in_words(schema: JsonSchema) -> str:
    """A type as one says it: `string (date-time)`, `list of Pet`, `open or closed`, `number or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return str(mask_json(schema["const"]))
    if schema.get("enum") and len(schema["enum"]) <= 12:
        return " or ".join(str(value) for value in mask_json(schema["enum"]))
    parts = [in_words(part) for key in ("anyOf", "oneOf") for part in schema.get(key) or () if isinstance(part, dict)]
    if parts:
        return " or ".join(dict.fromkeys(parts))
    kinds = schema.get("type") or ("object" if "properties" in schema else "any")
    words = " or ".join("list" if kind == "array" else str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]))
    items, rest = schema.get("items"), schema.get("additionalProperties")
    inner = f" of {in_words(items)}" if isinstance(items, dict) and items else f" of {in_words(rest)} by key" if isinstance(rest, dict) and rest else ""
    return words + inner + (f" ({schema['format']})" if schema.get("format") else "")


def escaped(name: str) -> str:
    """As a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _walk(spec: Spec, schema: JsonSchema, at: Where, left: int) -> Iterator[Field]:
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in at.open or name not in spec.schemas:
            return
        at = at._replace(root=f"{COMPONENTS}{name}", inside=(), open=(*at.open, name))
        schema = spec.schemas[name]
    for several in ("anyOf", "oneOf", "allOf"):
        parts = [part for part in schema.get(several) or () if isinstance(part, dict)]
        within = at if several == "allOf" else at._replace(always=_always(spec, parts))
        for part in parts:
            yield from _walk(spec, part, within, left)
    always, at = at.always, at._replace(always=None)
    if left <= 0:
        return
    items, rest = schema.get("items"), schema.get("additionalProperties")
    if isinstance(items, dict):
        yield from _walk(spec, items, at._replace(inside=(*at.inside, "items"), prefix=f"{at.prefix}[]", path=(*at.path, "[]")), left)
    if isinstance(rest, dict):
        yield from _walk(
            spec, rest, at._replace(inside=(*at.inside, "additionalProperties"), prefix=f"{at.prefix}.*".lstrip("."), path=(*at.path, "*")), left - 1
        )
    required = always if always is not None else set(schema.get("required") or ())
    for name, inner in (schema.get("properties") or {}).items():
        place = f"{at.prefix}.{name}" if at.prefix else name
        inside, path = (*at.inside, "properties", escaped(name)), (*at.path, f".{name}")
        if isinstance(inner, dict):
            yield Field(place, name, inner, name in required, at.depth, at.root, inside, path)
            yield from _walk(spec, inner, at._replace(inside=inside, prefix=place, depth=at.depth + 1, path=path), left - 1)


def _always(spec: Spec, parts: Iterable[JsonSchema]) -> frozenset[str] | None:
    """What all objects among some alternatives require; None where there are not several."""
    objects = [found for part in parts if "properties" in (found := resolved(spec, part))]
    return frozenset.intersection(*(frozenset(one.get("required") or ()) for one in objects)) if len(objects) > 1 else None

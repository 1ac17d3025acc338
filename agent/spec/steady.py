"""Keeps what a new conclusion need not change: ids, names of parameters and of shared schemas, and examples, from the documents before it.

So a document that is written again differs only where the API did, and client code that was made from it goes on compiling.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from agent.spec.decisions import key_of, parameter_key
from agent.spec.fields import COMPONENTS, bodies, escaped, resolved, rewritten
from agent.spec.model import Content, Evidence, JsonSchema, MessageFormat, Operation, Parameter, Pin, Response, Spec
from agent.spec.names import free
from agent.spec.path_syntax import unnamed
from agent.spec.validation import matcher

_ALIKE = 0.6
_Fails = Callable[[JsonSchema, Any], str | None]
_Shown = TypeVar("_Shown", Parameter, Content, MessageFormat)


def settle(spec: Spec, before: Spec | None, pins: tuple[Pin, ...] = ()) -> Spec:
    """The spec with the names and examples of the one before it, wherever they still fit."""
    if before is None:
        return spec
    spec = _renamed(spec, _component_names(spec, before))
    old = {key_of(operation): operation for operation in before.operations}
    spec = _as_promised(_with_ids(spec, {key: operation.id for key, operation in old.items()}), before)
    pinned = {unnamed(pin.template) for pin in pins}
    templates = {bare: operation.template for operation in before.operations if (bare := unnamed(operation.template)) not in pinned}
    operations: list[Operation] = []
    fails = matcher(spec)
    for operation in spec.operations:
        found = old.get(key_of(operation))
        operation = _with_template(operation, templates.get(unnamed(operation.template), operation.template))
        operations.append(_with_examples(operation, found, fails) if found is not None else operation)
    return msgspec.structs.replace(spec, operations=tuple(operations))


def _with_ids(spec: Spec, known: dict[str, str]) -> Spec:
    """Each operation that was there keeps its id; a new one that would take it gets a number."""
    kept = {key_of(operation): known[key_of(operation)] for operation in spec.operations if key_of(operation) in known}
    taken, ids = set(kept.values()), dict[str, str]()
    for operation in spec.operations:
        name = kept.get(key_of(operation)) or free(operation.id, taken)
        taken.add(name)
        ids[operation.id] = name
    operations = tuple(msgspec.structs.replace(operation, id=ids[operation.id]) for operation in spec.operations)
    evidence = {_moved(pointer, ids): value for pointer, value in spec.property_evidence.items()}
    return msgspec.structs.replace(spec, operations=operations, property_evidence=dict(sorted(evidence.items())))


def _as_promised(spec: Spec, before: Spec) -> Spec:
    """Where nothing was heard to the contrary, what was always there and never null is so still: a doubt that other fields raise is no change."""
    told = {body.root: body.content.schema for operation in before.operations for body in bodies(operation)}
    known = spec.property_evidence

    def promised(schema: JsonSchema, root: str) -> JsonSchema:
        return _promised(schema, told[root], root, known) if root in told else schema

    schemas = {name: _promised(schema, before.schemas.get(name), f"{COMPONENTS}{name}", known) for name, schema in spec.schemas.items()}
    return msgspec.structs.replace(spec, schemas=schemas, operations=tuple(rewritten(operation, promised) for operation in spec.operations))


def _promised(schema: Any, old: Any, pointer: str, known: dict[str, Evidence]) -> Any:
    if not isinstance(schema, dict) or not isinstance(old, dict):
        return schema
    result: JsonSchema = dict(schema)
    for key in ("items", "additionalProperties"):
        if key in schema:
            result[key] = _promised(schema[key], old.get(key), f"{pointer}/{key}", known)
    properties, before = schema.get("properties"), old.get("properties")
    if not isinstance(properties, dict) or not isinstance(before, dict):
        return result
    places = {key: f"{pointer}/properties/{escaped(key)}" for key in properties}
    heard = {key: known.get(place, Evidence()) for key, place in places.items()}
    result["properties"] = {
        key: _promised(inner if heard[key].nulls else _not_null(inner, before.get(key)), before.get(key), places[key], known)
        for key, inner in properties.items()
    }
    always = {key for key in old.get("required") or () if key in properties and heard[key].count >= heard[key].total > 0}
    required = sorted({*(schema.get("required") or ()), *always})
    return result | ({"required": required} if required else {})


def _not_null(schema: Any, old: Any) -> Any:
    """Without the null that the old schema did not allow."""
    if not isinstance(schema, dict) or not isinstance(old, dict) or not old or '"null"' in msgspec.json.encode([old.get("type"), old.get("anyOf")]).decode():
        return schema
    kinds: Any = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds and len(kinds) == 2:
        return {**schema, "type": next(kind for kind in kinds if kind != "null")}
    parts: list[Any] = [part for part in schema.get("anyOf") or () if part != {"type": "null"}]
    return parts[0] if len(parts) == 1 and set(schema) == {"anyOf"} else schema


def _moved(pointer: str, ids: dict[str, str]) -> str:
    if not pointer.startswith("/operations/"):
        return pointer
    name, slash, rest = pointer.removeprefix("/operations/").partition("/")
    return f"/operations/{ids.get(name, name)}{slash}{rest}"


def _with_template(operation: Operation, template: str) -> Operation:
    """The same paths with the names that their parameters had. Whether they end in a slash is told by the newest calls."""
    template = template.rstrip("/") + operation.template[len(operation.template.rstrip("/")) :]
    names = dict(zip(_NAME.findall(operation.template), _NAME.findall(template), strict=True))
    parameters = tuple(msgspec.structs.replace(one, name=names.get(one.name, one.name)) if one.where == "path" else one for one in operation.parameters)
    return msgspec.structs.replace(operation, template=template, parameters=parameters)


def _component_names(spec: Spec, before: Spec) -> dict[str, str]:
    """By new name, the old one of the schema with most of its fields, and at most of its places."""
    now, then = _places(spec), _places(before)
    pairs = sorted(
        (-alike - _overlap(now.get(name, set()), then.get(old, set())), name != old, name, old)
        for name, schema in spec.schemas.items()
        for old, other in before.schemas.items()
        if (alike := _overlap(_keys(spec, schema), _keys(before, other))) >= _ALIKE
    )
    names: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, name, old in pairs:
        if name not in names and old not in taken:
            names[name] = old
            taken.add(old)
    for name in sorted(spec.schemas.keys() - names.keys()):
        names[name] = free(name, taken)
        taken.add(names[name])
    return names


def _places(spec: Spec) -> dict[str, set[str]]:
    """By component, the bodies that it is in."""
    found: dict[str, set[str]] = {}
    for operation in spec.operations:
        for body in bodies(operation):
            for name in re.findall(rf'"#{COMPONENTS}([^"]+)"', msgspec.json.encode(body.content.schema).decode()):
                found.setdefault(name, set()).add(f"{operation.method} {unnamed(operation.template)} {body.side}")
    return found


def _keys(spec: Spec, schema: JsonSchema) -> set[str]:
    """Its properties; of a union, those of all variants."""
    parts = [resolved(spec, part) for part in schema.get("oneOf") or () if isinstance(part, dict)]
    return {key for one in (schema, *parts) for key in one.get("properties") or ()}


def _overlap(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two) if one and two else 0.0


def _renamed(spec: Spec, names: dict[str, str]) -> Spec:
    if all(name == new for name, new in names.items()):
        return spec

    def pointed(pointer: str) -> str:
        if not pointer.startswith(COMPONENTS):
            return pointer
        name, slash, rest = pointer.removeprefix(COMPONENTS).partition("/")
        return f"{COMPONENTS}{names.get(name, name)}{slash}{rest}"

    schemas = {names[name]: _referring(schema, names) for name, schema in spec.schemas.items()}
    return msgspec.structs.replace(
        spec,
        schemas=dict(sorted(schemas.items())),
        operations=tuple(rewritten(operation, lambda schema, _: _referring(schema, names)) for operation in spec.operations),
        property_evidence=dict(sorted((pointed(pointer), value) for pointer, value in spec.property_evidence.items())),
    )


def _referring(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_referring(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: item if key in ("enum", "const", "example", "default") else _referring(item, names) for key, item in value.items()}
    if isinstance(reference := value.get("$ref"), str):
        result["$ref"] = _renamed_reference(reference, names)
    told = value.get("discriminator")
    if isinstance(told, dict) and isinstance(told.get("mapping"), dict):
        result["discriminator"] = told | {"mapping": {key: _renamed_reference(target, names) for key, target in told["mapping"].items()}}
    return result


def _renamed_reference(reference: Any, names: dict[str, str]) -> Any:
    """In a mapping a schema may also be told by its bare name."""
    head, slash, name = str(reference).rpartition("/")
    return f"{head}{slash}{names.get(name, name)}"


def _with_examples(operation: Operation, before: Operation, fails: _Fails) -> Operation:
    parameters = {parameter_key(parameter): parameter for parameter in before.parameters}
    responses = {response.status: response for response in before.responses}
    messages = {(message.direction, message.name): message for message in before.messages}
    return msgspec.structs.replace(
        operation,
        parameters=tuple(_like_before(one, parameters.get(parameter_key(one)), fails) for one in operation.parameters),
        request=_contents(operation.request, before.request, fails),
        responses=tuple(_response(one, responses[one.status], fails) if one.status in responses else one for one in operation.responses),
        messages=tuple(_like_before(one, messages.get((one.direction, one.name)), fails) for one in operation.messages),
    )


def _response(response: Response, before: Response, fails: _Fails) -> Response:
    headers = {header.name: header for header in before.headers}
    return msgspec.structs.replace(
        response,
        contents=_contents(response.contents, before.contents, fails),
        headers=tuple(_like_before(header, headers.get(header.name), fails) for header in response.headers),
    )


def _contents(contents: tuple[Content, ...], before: tuple[Content, ...], fails: _Fails) -> tuple[Content, ...]:
    old = {content.media_type: content for content in before}
    return tuple(_like_before(content, old.get(content.media_type), fails) for content in contents)


def _like_before(one: _Shown, before: _Shown | None, fails: _Fails) -> _Shown:
    """With the example that it had, as long as that fits: what else was heard is no change."""
    if before is None or before.example is None or fails(one.schema, before.example):
        return one
    return msgspec.structs.replace(one, example=before.example)


_NAME = re.compile(r"{([^{}/]*)}")

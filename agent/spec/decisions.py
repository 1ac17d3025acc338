"""What people and models decided about an API, which concluding again must not lose: pinned templates, and words for what was found.

Words are kept by what they are about, not by where it stands in a document, so they find their place again in every new one: an operation by its
method and template without the names of parameters, a parameter as `query limit`, a field as `200 items[].price` or `request name`.
"""

from functools import partial
from typing import Literal

import msgspec

from agent.spec import fields
from agent.spec.model import JsonSchema, Operation, Parameter, Pin, Spec
from agent.spec.path_syntax import unnamed

Kind = Literal["operation", "parameter", "field"]


class Words(msgspec.Struct, frozen=True, omit_defaults=True):
    """The words for one operation; an empty text says nothing."""

    summary: str = ""
    description: str = ""
    parameters: dict[str, str] = {}
    fields: dict[str, str] = {}


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model's words, and the shape of the operation that they were written for."""

    words: Words
    shape: str = ""


class Decisions(msgspec.Struct, frozen=True, omit_defaults=True):
    """`edits` are a person's and win over what was `written`; later ones win where several operations share a field."""

    pins: tuple[Pin, ...] = ()
    edits: dict[str, Words] = {}
    written: dict[str, Written] = {}


def key_of(operation: Operation) -> str:
    """`GET /pets/{}`: stays the same whatever its parameters are called."""
    return f"{operation.method} {unnamed(operation.template)}"


def pinned(decisions: Decisions, pin: Pin) -> Decisions:
    """With the pin in place of an earlier one for the same paths."""
    kept = tuple(other for other in decisions.pins if unnamed(other.template) != unnamed(pin.template))
    return msgspec.structs.replace(decisions, pins=tuple(sorted((*kept, pin), key=lambda one: (one.template, one.kind))))


def unpinned(decisions: Decisions, template: str) -> Decisions:
    """Without the pin."""
    return msgspec.structs.replace(decisions, pins=tuple(pin for pin in decisions.pins if pin.template != template))


def edited(decisions: Decisions, key: str, change: Words) -> Decisions:
    """With the texts of `change` in place of earlier ones of the same things; an empty text among parameters or fields takes one back."""
    before = decisions.edits.get(key, Words())
    after = Words(
        change.summary or before.summary,
        change.description or before.description,
        _without_empty(before.parameters | change.parameters),
        _without_empty(before.fields | change.fields),
    )
    return _with_edit(decisions, key, after)


def taken_back(decisions: Decisions, key: str, name: Literal["summary", "description"]) -> Decisions:
    """Without a person's summary or description, so that the generated one shows again."""
    before = decisions.edits.get(key, Words())
    after = (
        Words("", before.description, before.parameters, before.fields) if name == "summary" else Words(before.summary, "", before.parameters, before.fields)
    )
    return _with_edit(decisions, key, after)


def apply(spec: Spec, decisions: Decisions) -> Spec:
    """The spec with these words in it: what is said about something that is no longer there is passed over."""
    by_key = {key_of(operation): operation for operation in spec.operations}
    texts = [(key, written.words) for key, written in sorted(decisions.written.items())] + list(decisions.edits.items())
    schemas = _Schemas(spec)
    for key, words in texts:
        operation = by_key.get(key)
        if operation is not None:
            by_key[key] = schemas.described(_worded(operation, words), words.fields)
    return msgspec.structs.replace(spec, operations=tuple(by_key[key_of(operation)] for operation in spec.operations), schemas=schemas.shared)


def _worded(operation: Operation, words: Words) -> Operation:
    parameters = tuple(msgspec.structs.replace(one, description=words.parameters.get(parameter_key(one)) or one.description) for one in operation.parameters)
    return msgspec.structs.replace(
        operation, summary=words.summary or operation.summary, description=words.description or operation.description, parameters=parameters
    )


def parameter_key(parameter: Parameter) -> str:
    """`query limit`."""
    return f"{parameter.where} {parameter.name}"


class _Schemas:
    """Puts texts into schemas, shared ones or an operation's own, without changing those it was given."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self.shared: dict[str, JsonSchema] = dict(spec.schemas)

    def described(self, operation: Operation, texts: dict[str, str]) -> Operation:
        found = {field.place: field for field in reversed(fields.of_operation(self._spec, operation))} if texts else {}
        for place, text in texts.items():
            field = found.get(place)
            if field is not None and field.root.startswith(fields.COMPONENTS):
                name = field.root.removeprefix(fields.COMPONENTS)
                self.shared[name] = _set(self.shared[name], field.inside, text)
            elif field is not None:
                operation = fields.rewritten(operation, partial(_set_at, field, text))
        return operation


def _set_at(field: fields.Field, text: str, schema: JsonSchema, root: str) -> JsonSchema:
    return _set(schema, field.inside, text) if root == field.root else schema


def _set(schema: JsonSchema, path: tuple[str, ...], text: str) -> JsonSchema:
    """A copy in which the schema at `path` has the description."""
    if not path:
        return {**schema, "description": text}
    step, rest = path[0], path[1:]
    if step == "properties" and rest:
        properties, name = schema.get("properties"), fields.unescaped(rest[0])
        if isinstance(properties, dict) and isinstance(properties.get(name), dict):
            return {**schema, "properties": {**properties, name: _set(properties[name], rest[1:], text)}}
    elif isinstance(schema.get(step), dict):
        return {**schema, step: _set(schema[step], rest, text)}
    several = next((key for key in ("anyOf", "oneOf", "allOf") if isinstance(schema.get(key), list)), None)
    return {**schema, several: [_set(item, path, text) for item in schema[several]]} if several else schema


def _with_edit(decisions: Decisions, key: str, words: Words) -> Decisions:
    others = {other: value for other, value in decisions.edits.items() if other != key}
    return msgspec.structs.replace(decisions, edits=others | ({key: words} if words != Words() else {}))


def _without_empty(texts: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if text}

"""What a model is shown of an API to find words for it, and what of its words is taken: both are bounded, and the second is hostile.

Everything shown is masked and written as ASCII, so that nothing invisible reaches the model. An answer counts only as far as it is about what was
shown: known operations, parameters and fields, in plain sentences without links or markup.
"""

import json
import re
import zlib
from typing import Any

import msgspec

from agent.spec import fields
from agent.spec.decisions import Words, parameter_key
from agent.spec.model import JsonSchema, Operation, Parameter, Spec
from agent.spec.secrets.redact import mask_json, mask_named, mask_text, mask_url

MOST_FIELDS = 40
_EXAMPLE, _VALUE = 700, 60
_LIST = re.compile(r'"operations"\s*:\s*\[\s*')
_MOST_SAID = 100
_SUMMARY, _DESCRIPTION, _LINE = 90, 600, 200


class Said(msgspec.Struct, frozen=True):
    """What a model said about one operation."""

    id: str = ""
    summary: str = ""
    description: str = ""
    parameters: dict[str, str] = {}
    fields: dict[str, str] = {}


def shown(spec: Spec, operations: dict[str, Operation]) -> str:
    """The evidence for some operations, by the ids that the answer is to use, as one line of ASCII each."""
    return "\n".join(json.dumps({"id": name, **_about(spec, operation)}) for name, operation in operations.items())


def shape_of(spec: Spec, operation: Operation) -> str:
    """Changes when there is something new to find words for: a parameter, a status, a field."""
    parts = [parameter_key(one) for one in operation.parameters] + [response.status for response in operation.responses]
    parts += [field.place for field in fields.of_operation(spec, operation)]
    return f"{zlib.crc32(json.dumps(sorted(set(parts))).encode()):08x}"


def taken(text: str, spec: Spec, operations: dict[str, Operation]) -> dict[str, Words]:
    """What of a model's answer can be used, by id. Empty where it is no JSON of the form that was asked for."""
    saying = _said(text.encode("utf-8", "replace").decode())
    return {said.id: _words(said, spec, operations[said.id]) for said in saying if said.id in operations}


def _said(text: str) -> list[Said]:
    """The objects of the list of operations one by one, so that an answer that was cut off counts as far as it goes."""
    opening = _LIST.search(text)
    at, decoder, found = opening.end() if opening else len(text), json.JSONDecoder(), list[Said]()
    while at < len(text) and len(found) < _MOST_SAID:
        try:
            value, end = decoder.raw_decode(text, at)
            found.append(msgspec.convert(value, Said, strict=False))
        except (ValueError, RecursionError, msgspec.ValidationError):
            break
        at = end + len(text[end:]) - len(text[end:].lstrip(" ,\n\r\t"))
    return found


def joined(old: Words, new: Words) -> Words:
    """The earlier words, with the new ones for what they say nothing of: a document changes only where the API did."""
    return Words(old.summary or new.summary, old.description or new.description, new.parameters | old.parameters, new.fields | old.fields)


def _words(said: Said, spec: Spec, operation: Operation) -> Words:
    places = {field.place for field in fields.of_operation(spec, operation)[:MOST_FIELDS]}
    names = {parameter_key(parameter) for parameter in operation.parameters}
    return Words(
        summary=_plain(said.summary, _SUMMARY).rstrip("."),
        description=_plain(said.description, _DESCRIPTION),
        parameters={name: line for name, text in said.parameters.items() if name in names and (line := _plain(text, _LINE))},
        fields={place: line for place, text in said.fields.items() if place in places and (line := _plain(text, _LINE))},
    )


def _plain(text: str, longest: int) -> str:
    """The text on one line, or nothing where it is too long or carries more than words."""
    flat = " ".join(text.split())
    if len(flat) > longest or _MORE_THAN_WORDS.search(flat) or not all(character.isprintable() for character in flat):
        return ""
    return flat if mask_text(flat) == flat else ""


_MORE_THAN_WORDS = re.compile(r"://|\bwww\.|\]\(|<[a-zA-Z/!?]|javascript:|data:text|`{3}", re.IGNORECASE)


def _about(spec: Spec, operation: Operation) -> dict[str, Any]:
    answers = {body.side: body.content for body in reversed(fields.bodies(operation)) if body.content.example is not None}
    return {
        "call": f"{operation.method} {mask_url(operation.template)}",
        "kind": operation.api_type,
        "heard": operation.evidence.count,
        "statuses": [response.status for response in operation.responses],
        **({"names": [mask_text(name)[:80] for name in operation.operation_names[:20]]} if operation.operation_names else {}),
        "parameters": {mask_text(parameter_key(one)): _parameter(one) for one in operation.parameters[:40]},
        "fields": {mask_text(field.place): _kind(field.schema) for field in fields.of_operation(spec, operation)[:MOST_FIELDS]},
        "examples": {side: json.dumps(mask_json(content.example))[:_EXAMPLE] for side, content in list(answers.items())[:4]},
    }


def _parameter(parameter: Parameter) -> str:
    value = mask_named(parameter.name, parameter.example)
    example = "" if value is None else f", for example {json.dumps(value)[:_VALUE]}"
    return f"{_kind(parameter.schema)}{', required' if parameter.required else ''}{example}"


def _kind(schema: JsonSchema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("enum"):
        return "one of " + json.dumps(mask_json(schema["enum"]))[:200]
    kinds = schema.get("type") or "any"
    return ("|".join(kinds) if isinstance(kinds, list) else str(kinds)) + (f" {schema['format']}" if schema.get("format") else "")

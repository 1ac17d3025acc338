"""Which fields and parameters the documentation of an API has as nullable, optional or required, each with the counts behind it."""

import asyncio
from typing import Literal

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.documents import docs
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import calling, fields
from agent.spec.decisions import parameter_key
from agent.spec.model import Evidence, JsonSchema, Operation, Spec

Trait = Literal["nullable", "optional", "required"]
MOST = 200
_MOST_APIS = 30


class Line(msgspec.Struct, frozen=True):
    """A field or parameter, in the operation heard most that has it. `others`: how many more operations share it; of `total` objects `count` had it."""

    endpoint: str
    operation: str
    place: str
    kind: str
    count: int
    total: int
    nulls: int
    others: int = 0


class Lines(msgspec.Struct, frozen=True):
    """Those of the operations heard most first, at most `MOST`; `found` is how many there are."""

    items: list[Line]
    found: int


async def listed(actor: Actor, trait: Trait, operation: str | None = None, endpoint: str | None = None) -> Lines:
    """Of one API or of all that are documented. Raises endpoint_not_found, endpoint_ambiguous, not_documented."""
    among = [await endpoints.find(actor, endpoint)] if endpoint else (await endpoints.list_(actor, limit=_MOST_APIS)).items
    known = [(owner, spec) for owner in among if (spec := await docs.spec_of(actor, owner.id))]
    if not known:
        raise Problem("not_documented", f"`{among[0].name}` is not documented yet." if endpoint else "No API is documented yet.")
    found = [line for owner, spec in known for line in await asyncio.to_thread(_of, owner, spec, trait, (operation or "").strip())]
    return Lines(found[:MOST], len(found))


def has(trait: Trait, schema: JsonSchema, *, is_required: bool) -> bool:
    """Whether a field with this schema is so."""
    if trait == "nullable":
        options = [*(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
        return "null" in (schema.get("type") or ()) or any(isinstance(one, dict) and has("nullable", one, is_required=is_required) for one in options)
    return is_required == (trait == "required")


def _of(owner: Endpoint, spec: Spec, trait: Trait, operation: str) -> list[Line]:
    """A field of a shared schema is one line, however many operations have it."""
    lines: dict[str, Line] = {}
    asked = calling.named(spec, operation) if operation else spec.operations
    for one in sorted(asked, key=lambda one: (-one.evidence.count, one.template, one.method)):
        for key, line in _all(owner, spec, one, trait).items():
            before = lines.get(key)
            lines[key] = msgspec.structs.replace(before, others=before.others + 1) if before else line
    return list(lines.values())


def _all(owner: Endpoint, spec: Spec, operation: Operation, trait: Trait) -> dict[str, Line]:
    name = f"{operation.method} {operation.template}"

    def line(place: str, schema: JsonSchema, seen: Evidence) -> Line:
        return Line(owner.slug, name, place, fields.in_words(schema), seen.count, seen.total, seen.nulls)

    found = {
        f"{name} {parameter_key(one)}": line(parameter_key(one), one.schema, one.evidence)
        for one in operation.parameters
        if one.where != "path" and has(trait, one.schema, is_required=one.required)
    }
    for one in fields.of_operation(spec, operation):
        if one.pointer not in found and has(trait, one.schema, is_required=one.is_required):
            found[one.pointer] = line(one.place, one.schema, fields.evidence_of(spec, one) or Evidence())
    return found

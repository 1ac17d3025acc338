"""Why a document says what it says: the calls in which a field or a parameter was there, was null, or lacked.

The document's own counts rest on every call there ever was; here the newest ones that are still stored are looked into, one by one.
"""

import asyncio
import re
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.calls import capture_search, captures
from agent.calls.capture_search import Filter
from agent.documents import curation, docs
from agent.documents.field_lists import Trait, has
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import calling, fields, probing
from agent.spec import model as spec_model
from agent.spec.decisions import parameter_key
from agent.spec.model import Operation, Spec
from agent.spec.serving import spread

MOST_CALLS = 300
_MOST_SHOWN = 12
_MOST_APIS, _MOST_ELSEWHERE = 30, 8


class Witness(msgspec.Struct, frozen=True):
    """One call that shows something. `value` is masked; `objects` is how many of its objects could have had the field."""

    id: UUID
    method: str
    path: str
    status: int | None
    at: datetime
    value: str
    objects: int


class Counts(msgspec.Struct, frozen=True):
    """Of all the calls there ever were, times too; a parameter of the path has none of its own."""

    count: int
    total: int
    nulls: int
    confidence: float
    first_seen: datetime | None
    last_seen: datetime | None


class Evidence(msgspec.Struct, frozen=True):
    """What the documents count, and what the newest `calls` show. `distinct` values stood there, as far as they are told apart when cut; `first_seen` and `last_seen` are those of the field in them."""

    operation: str
    method: str
    template: str
    place: str
    documented: Counts
    calls: int
    objects: int
    values: int
    nulls: int
    missing: int
    distinct: int
    first_seen: datetime | None
    last_seen: datetime | None
    is_null_in: list[Witness]
    is_missing_in: list[Witness]
    is_in: list[Witness]


class Why(msgspec.Struct, frozen=True):
    """What the documentation says of a field or a parameter, and the calls behind it. `elsewhere`: other places that the same words meant."""

    endpoint: str
    operation: str
    place: str
    kind: str
    is_required: bool
    evidence: Evidence
    elsewhere: list[str]


class _Place(NamedTuple):
    endpoint: Endpoint
    operation: Operation
    place: str
    kind: str
    is_required: bool


class _Ranked(NamedTuple):
    """`heard`: how often its operation was."""

    fit: int
    is_so: bool
    heard: int
    place: _Place


async def why(actor: Actor, field: str, operation: str | None = None, endpoint: str | None = None, trait: Trait | None = None) -> Why:
    """The evidence for what people call by a name alone, such as `owner`: of the operation heard most that has it, in the first API that does; rather
    of one that has it so, where a trait is asked about.

    Raises endpoint_not_found, endpoint_ambiguous, not_found.
    """
    among = [await endpoints.find(actor, endpoint)] if endpoint else (await endpoints.list_(actor, limit=_MOST_APIS)).items
    ranked: list[_Ranked] = []
    for owner in among:
        spec = await docs.spec_of(actor, owner.id)
        ranked += await asyncio.to_thread(_meant, owner, spec, field.strip(), (operation or "").strip(), trait) if spec else []
    if not ranked:
        where = f" of `{operation}`" if operation else f" of `{endpoint}`" if endpoint else ""
        raise Problem(
            "not_found", f"There is no documented field or parameter `{field[:200]}`{where}.", remedy="Search the documentation for it, or document the API."
        )
    best = max(ranked, key=lambda one: (one.fit, one.is_so, one.heard))
    chosen = best.place
    known = await of_place(actor, chosen.endpoint.id, chosen.operation.id, chosen.place)
    others = [
        f"{one.operation.method} {one.operation.template}: {one.place}"
        for one in (other.place for other in ranked if other.fit == best.fit)
        if one is not chosen
    ]
    name = f"{chosen.operation.method} {chosen.operation.template}"
    return Why(chosen.endpoint.slug, name, chosen.place, chosen.kind, chosen.is_required, known, others[:_MOST_ELSEWHERE])


async def of_place(actor: Actor, endpoint_id: UUID, operation: str, place: str = "") -> Evidence:
    """The evidence for a field such as `200 items[].price` or a parameter such as `query limit`; without a place, for the operation.

    Raises endpoint_not_found, not_documented, operation_not_found, not_found.
    """
    spec, found = await curation.found_operation(actor, endpoint_id, operation)
    wanted = probing.target(spec, found, place) if place else None
    if place and wanted is None:
        some = ", ".join(f"`{name}`" for name in _places(spec, found)[:8])
        raise Problem("not_found", f"`{found.id}` has no field or parameter `{place[:200]}`.", remedy=f"It has {some}." if some else "")
    tally = _Tally()
    for call in await _calls(actor, endpoint_id, found):
        exchange = await captures.exchange(call.id)
        if exchange is not None and probing.is_of(spec, found, exchange):
            tally.add(call, probing.probe(spec, found, wanted, exchange) if wanted else probing.Found(1, 1, 0, ""))
    return tally.evidence(found, place, _counts(spec, found, wanted))


def _meant(owner: Endpoint, spec: Spec, field: str, operation: str, trait: Trait | None) -> list[_Ranked]:
    """How well each place fits: the place itself, the whole name, the last part of it."""
    found: list[_Ranked] = []
    for one in calling.named(spec, operation) if operation else spec.operations:
        places = [(parameter_key(p), p.name, p.schema, p.required) for p in one.parameters]
        places += [(f.place, f.place.partition(" ")[2], f.schema, f.is_required) for f in fields.of_operation(spec, one)]
        for place, name, schema, is_required in places:
            rank = 3 if field == place else 2 if field == name else 1 if field == re.split(r"[.\[\]* ]+", name)[-1] else 0
            if rank:
                is_so = trait is not None and has(trait, schema, is_required=is_required)
                found.append(_Ranked(rank, is_so, one.evidence.count, _Place(owner, one, place, fields.in_words(schema), is_required)))
    return found


class _Tally:
    """What a walk over calls, newest first, adds up to."""

    def __init__(self) -> None:
        self.calls = self.objects = self.values = self.nulls = 0
        self.times: list[datetime] = []
        self.shown: set[str] = set()
        self.witnesses: dict[probing.State, list[Witness]] = {"null": [], "missing": [], "value": []}

    def add(self, call: capture_search.CallSummary, found: probing.Found | None) -> None:
        if found is None:
            return
        self.calls, self.objects = self.calls + 1, self.objects + found.objects
        self.values, self.nulls = self.values + found.values, self.nulls + found.nulls
        if found.values or found.nulls:
            self.times.append(call.started_at)
            self.shown |= {found.shown} - {""}
        for state in found.states:
            if len(self.witnesses[state]) < _MOST_SHOWN:
                value = found.shown if state == "value" else ""
                self.witnesses[state].append(Witness(call.id, call.method, call.path, call.status, call.started_at, value, found.objects))

    def evidence(self, operation: Operation, place: str, counts: Counts) -> Evidence:
        return Evidence(
            operation=operation.id, method=operation.method, template=operation.template, place=place, documented=counts,
            calls=self.calls, objects=self.objects, values=self.values, nulls=self.nulls, missing=self.objects - self.values - self.nulls, distinct=len(self.shown),
            first_seen=min(self.times, default=None), last_seen=max(self.times, default=None),
            is_null_in=self.witnesses["null"], is_missing_in=self.witnesses["missing"], is_in=self.witnesses["value"],
        )  # fmt: skip


async def _calls(actor: Actor, endpoint_id: UUID, operation: Operation) -> list[capture_search.CallSummary]:
    found: list[capture_search.CallSummary] = []
    cursor: str | None = None
    wanted = Filter(endpoint_id, method=operation.method, pattern=spread(operation))
    while len(found) < MOST_CALLS:
        page = await captures.search(actor, wanted, limit=min(200, MOST_CALLS - len(found)), cursor=cursor)
        found += page.items
        cursor = page.next
        if cursor is None:
            break
    return found


def _counts(spec: Spec, operation: Operation, wanted: probing.Target | None) -> Counts:
    seen = operation.evidence
    if wanted is None:
        mine = seen
    elif wanted.parameter is not None:
        mine = wanted.parameter.evidence
    else:
        mine = (fields.evidence_of(spec, wanted.field) if wanted.field else None) or spec_model.Evidence()
    return Counts(mine.count, mine.total, mine.nulls, mine.confidence, _time(seen.first_seen), _time(seen.last_seen))


def _places(spec: Spec, operation: Operation) -> list[str]:
    return [f"{one.where} {one.name}" for one in operation.parameters] + [field.place for field in fields.of_operation(spec, operation)]


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None

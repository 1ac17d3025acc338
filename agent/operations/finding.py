"""Which operation is meant, and what is known of it: by words or by name, of one API or of the only one that has it."""

from typing import Any, NamedTuple

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.documents import discovery, versions
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import calling, tool_schemas
from agent.spec.decisions import key_of
from agent.spec.english import singular
from agent.spec.model import Operation, Spec
from agent.spec.names import words_of
from agent.spec.tool_schemas import TypedTool

_MOST_SEARCHED = 30
CLOSED = ("INACTIVE", "ARCHIVED")
_VERBS = {
    "create": "POST", "add": "POST", "make": "POST", "new": "POST", "place": "POST", "list": "GET", "get": "GET", "show": "GET", "find": "GET", "read": "GET",
    "delete": "DELETE", "remove": "DELETE", "cancel": "DELETE", "update": "PATCH", "change": "PATCH", "replace": "PUT",
}  # fmt: skip


class Found(msgspec.Struct, frozen=True):
    """One operation among those of all endpoints. `operation` is what the other two verbs take."""

    endpoint: str
    operation: str
    id: str
    summary: str
    calls: int


class Target(msgspec.Struct, frozen=True):
    """Where a call would go: the host of the endpoint's destination, and the operation as `GET /orders/{order_id}`."""

    host: str
    operation: str


class Described(msgspec.Struct, frozen=True):
    """An endpoint's specs put together. What was given goes before what was heard."""

    spec: Spec
    given: frozenset[str]


class Meant(NamedTuple):
    """The operation that a name stands for, and whose it is."""

    owner: Endpoint
    match: calling.Match
    described: Described


async def search(actor: Actor, query: str, endpoint: str | None = None, *, limit: int = 20) -> list[Found]:
    """The operations that fit the words best, of one endpoint or of all. Without words: those heard most. Raises endpoint_not_found."""
    if endpoint:
        among = [await endpoints.find(actor, endpoint)]
    else:
        among = [e for e in (await endpoints.list_(actor, limit=_MOST_SEARCHED)).items if e.status not in CLOSED]
    wanted = _words(query)
    ranked: list[tuple[float, Found]] = []
    for owner in among:
        described = await _spec(owner, is_live=endpoint is not None)
        for operation in described.spec.operations:
            if (score := _score(wanted, owner, operation)) > 0:
                ranked.append((score, Found(owner.slug, name_of(operation), operation.id, operation.summary, operation.evidence.count)))
    ranked.sort(key=lambda pair: (-pair[0], -pair[1].calls, pair[1].operation))
    return [found for _, found in ranked[:limit]]


async def describe(actor: Actor, operation: str, endpoint: str | None = None) -> dict[str, Any]:
    """What an operation takes and gives, at most about 4 KB. Raises endpoint_not_found, operation_not_found."""
    meant = await find(actor, operation, endpoint)
    return {"endpoint": meant.owner.slug, **tool_schemas.describe(meant.described.spec, meant.match.operation)}


async def typed(actor: Actor, endpoint: Endpoint) -> tuple[TypedTool, ...]:
    """The operations heard most as tools of their own, at most twenty, in a stable order with stable names."""
    return tool_schemas.typed((await _spec(endpoint, is_live=True)).spec)


async def find(actor: Actor, operation: str, endpoint: str | None) -> Meant:
    """The operation of an endpoint; without one, of the only endpoint that has it. Raises endpoint_not_found, endpoint_ambiguous, operation_not_found."""
    if endpoint:
        owner = await endpoints.find(actor, endpoint)
        described = await _spec(owner, is_live=True)
        if match := calling.find(described.spec, operation):
            return Meant(owner, match, described)
        if alone := calling.raw(operation):
            return Meant(owner, calling.Match(alone, {}), described)
        known = ", ".join(f"`{name_of(o)}`" for o in described.spec.operations[:8]) or "none yet: give it as `GET /path`"
        raise Problem("operation_not_found", f"`{owner.slug}` has no operation `{operation[:100]}`.", remedy=f"Known are {known}.")
    hits: list[Meant] = []
    for owner in (await endpoints.list_(actor, limit=_MOST_SEARCHED)).items:
        described = await _spec(owner, is_live=False)
        if match := calling.find(described.spec, operation):
            hits.append(Meant(owner, match, described))
    if len(hits) > 1:
        names = [hit.owner.slug for hit in hits]
        raise Problem("endpoint_ambiguous", f"Several endpoints have `{operation[:100]}`: {', '.join(f'`{n}`' for n in names[:6])}.", candidates=names)
    if not hits:
        raise Problem("operation_not_found", f"No endpoint has an operation `{operation[:100]}`.")
    return hits[0]


def name_of(operation: Operation) -> str:
    """As people write it: `GET /orders/{order_id}`."""
    return f"{operation.method} {operation.template}"


async def _spec(endpoint: Endpoint, *, is_live: bool) -> Described:
    """What was given and what was heard. `is_live`: also what was heard since the last documents."""
    known = await versions.known(endpoint.id)
    heard = known.heard
    if is_live and endpoint.calls:
        heard = (await discovery.update(endpoint)).spec
    if known.given is None:
        return Described(heard or Spec(endpoint.name), frozenset())
    mine = known.given
    names = frozenset(name_of(o) for o in mine.operations)
    if heard is None:
        return Described(mine, names)
    counts, shapes = {key_of(o): o.evidence for o in heard.operations}, {key_of(o) for o in mine.operations}
    operations = [msgspec.structs.replace(o, evidence=counts.get(key_of(o), o.evidence)) for o in mine.operations]
    operations += [o for o in heard.operations if key_of(o) not in shapes and not set(heard.schemas) & set(mine.schemas)]
    merged = msgspec.structs.replace(
        mine,
        operations=tuple(operations),
        schemas={**heard.schemas, **mine.schemas},
        security_schemes=mine.security_schemes or heard.security_schemes,
    )
    return Described(merged, names)


def _words(text: str) -> list[str]:
    return [singular(word) for word in words_of(text) if word not in ("the", "a", "an", "of", "for", "to", "with", "and", "in", "by", "how", "do", "i", "all")]


def _score(wanted: list[str], endpoint: Endpoint, operation: Operation) -> float:
    """How much of what was asked is in the operation: its path counts most, then its id and summary, then what its owner says; of equals, the one about less."""
    if not wanted:
        return 1.0
    path = set(_words(f"{operation.method} {operation.template}"))
    told = set(_words(f"{operation.id} {operation.summary} {' '.join(operation.tags)} {' '.join(operation.operation_names)}"))
    more = set(_words(f"{operation.description[:500]} {endpoint.name} {endpoint.slug}"))
    verbs = {_VERBS.get(word, "") for word in wanted}
    hits = sum(3.0 if word in path else 2.0 if word in told else 1.0 if word in more else 0.0 for word in wanted)
    return hits + (0.5 if operation.method in verbs else 0.0) - len(path.difference(wanted)) / 100 if hits else 0.0

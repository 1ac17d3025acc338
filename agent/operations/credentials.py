"""How the calls of an API are sent: its own defaults, and the credentials that its owner stored or was last let in with. Their values are never shown."""

from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from agent import endpoints
from agent.accounts import audit
from agent.actor import Actor
from agent.calls import captures
from agent.crypto import Unsealable, seal, unseal
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import encoding
from agent.spec.calling import Arguments
from agent.spec.model import Operation, SecurityScheme, Spec
from db import engine

Pairs = list[tuple[str, str]]
_WAY = "SELECT parameters, headers, inject_headers, allowed_methods, timeout_s FROM endpoints WHERE id = $1 AND user_id = $2"


class Way(msgspec.Struct, frozen=True):
    """How an endpoint's own calls are sent."""

    parameters: dict[str, Any]
    headers: dict[str, Any]
    stored: Pairs
    allowed_methods: list[str]
    timeout_s: float | None


class Authorised(NamedTuple):
    """Headers with credentials, and what the credentials are called."""

    headers: Pairs
    names: list[str]


async def set_credentials(actor: Actor, endpoint_id: UUID, headers: Pairs) -> list[str]:
    """Keep headers that go with every call and every proxied request of an endpoint; none removes them. Gives their names.

    Raises endpoint_not_found, invalid_arguments.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    for name, value in headers:
        if not encoding.is_header(name, value):
            raise Problem("invalid_arguments", f"`{name[:60]}` cannot be sent as a header.", field="headers")
    sealed = seal(msgspec.json.encode(headers), f"endpoints:{endpoint.id}") if headers else None
    async with engine.connection() as connection:
        await connection.execute("UPDATE endpoints SET inject_headers = $1 WHERE id = $2 AND user_id = $3", sealed, endpoint.id, actor.user_id)
    names = [name for name, _ in headers]
    await audit.record("CREDENTIALS_SET", actor=actor, resource="ENDPOINT", resource_id=endpoint.id, headers=names)
    return names


async def credential_names(actor: Actor, endpoint_id: UUID) -> list[str]:
    """The names of the stored headers, never their values. Raises endpoint_not_found."""
    endpoint = await endpoints.get(actor, endpoint_id)
    return [name for name, _ in (await way_of(actor, endpoint.id)).stored]


async def way_of(actor: Actor, endpoint_id: UUID) -> Way:
    """Raises endpoint_not_found. Credentials under a key that was lost count as none."""
    async with engine.connection() as connection:
        row = await connection.fetchrow(_WAY, endpoint_id, actor.user_id)
    if row is None:
        raise Problem("endpoint_not_found", "The endpoint is gone.")
    try:
        stored = msgspec.json.decode(unseal(row["inject_headers"], f"endpoints:{endpoint_id}"), type=Pairs) if row["inject_headers"] else []
    except Unsealable:
        stored = []
    return Way(
        msgspec.json.decode(row["parameters"] or "{}"),
        msgspec.json.decode(row["headers"] or "{}"),
        stored,
        list(row["allowed_methods"] or ()),
        row["timeout_s"],
    )


def with_defaults(given: Arguments, way: Way, operation: Operation) -> Arguments:
    """The endpoint's own default parameters and headers, where the caller says nothing else."""
    said = {name.lower() for name in given.headers}
    headers = {name: value for name, value in way.headers.items() if name.lower() not in said}
    known = {p.name for p in operation.parameters if p.where == "query"}
    query = {name: value for name, value in way.parameters.items() if name not in given.query and (not known or name in known)}
    return msgspec.structs.replace(given, headers={**headers, **given.headers}, query={**query, **given.query})


async def authorised(actor: Actor, endpoint: Endpoint, spec: Spec, operation: Operation, headers: Pairs, way: Way) -> Authorised:
    """What its owner stored, and what the operation asks for of what their own client was let in with; nothing in place of what is there."""
    present = {name.lower() for name, _ in headers}
    added = [(name, value) for name, value in way.stored if name.lower() not in present]
    present |= {name.lower() for name, _ in added}
    told = [f"stored `{name}`" for name, _ in added]
    schemes = {scheme.name: scheme for scheme in spec.security_schemes}
    wanted = [name for names in operation.security[:1] for key in names if (name := _header_of(schemes.get(key))) and name not in present]
    if wanted:
        captured = await _captured(actor, endpoint.id, wanted)
        added += captured
        told += [f"`{name}` of your newest successful call" for name, _ in captured]
    return Authorised([*headers, *added], told)


def _header_of(scheme: SecurityScheme | None) -> str | None:
    """The header in which a scheme's credentials travel, in lower case."""
    if scheme is None or scheme.kind == "signature":
        return None
    if scheme.kind == "apiKey":
        return {"header": scheme.parameter.lower(), "cookie": "cookie"}.get(scheme.where)
    return "authorization"


async def _captured(actor: Actor, endpoint_id: UUID, names: list[str]) -> Pairs:
    """The newest values with which the owner's own client was let in."""
    found: dict[str, tuple[str, str]] = {}
    newest = await captures.search(actor, captures.Filter(endpoint_id=endpoint_id, status="2xx"), limit=20)
    for summary in newest.items:
        if summary.source == "agent":
            continue
        detail = await captures.get(actor, summary.id)
        for name, value in detail.request_headers:
            if name.lower() in names and encoding.is_header(name, value):
                found.setdefault(name.lower(), (name, value))
        if len(found) == len(names):
            break
    return list(found.values())

"""What an endpoint forwards and keeps, as its owner sets it: injected headers, limits, methods, sampling, paths, secrets, mocks.

Obeyed by the data plane (`web.proxy`) and the recorder within a second. The value of an injected header is sealed and never shown again.
"""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from agent import endpoints, events
from agent.accounts import audit
from agent.actor import Actor
from agent.config import settings
from agent.crypto import Unsealable, seal, unseal
from agent.errors import Problem
from agent.recorder import PathFilter, RawHeaders, Secrets
from agent.spec.secrets import marks
from db import engine, jsonb

MAX_BODY_LIMIT = 64 * 1024 * 1024
_TOKEN = "!#$%&'*+-.^_`|~"  # noqa: S105  # the characters of a header's name besides letters and digits
_NEVER = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect", "proxy-connection"})
Method = Annotated[str, Meta(pattern=r"^[A-Za-z]{1,20}$")]
Pattern = Annotated[str, Meta(min_length=1, max_length=200)]


class Injected(msgspec.Struct, frozen=True):
    """A header that every forwarded request gets, with its value hidden."""

    name: str
    shown: str


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A header to inject. Without a value the one that is stored under this name stays."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    value: Annotated[str, Meta(max_length=8000)] | None = None


class Controls(msgspec.Struct, frozen=True):
    """None means the server's setting, which `defaults` names."""

    timeout_s: float | None
    body_limit: int | None
    rate_limit: int | None
    allowed_methods: list[str]
    sampling: float
    paths: PathFilter
    secrets: Secrets
    rewrite_location: bool
    mock_when_down: bool
    inject_headers: list[Injected]
    defaults: dict[str, float]


class ControlsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change; what is left out stays. A limit of 0 goes back to the server's setting; `rate_limit` is per minute."""

    timeout_s: Annotated[float, Meta(ge=0, le=3600)] | msgspec.UnsetType = msgspec.UNSET
    body_limit: Annotated[int, Meta(ge=0, le=MAX_BODY_LIMIT)] | msgspec.UnsetType = msgspec.UNSET
    rate_limit: Annotated[int, Meta(ge=0, le=1_000_000)] | msgspec.UnsetType = msgspec.UNSET
    allowed_methods: Annotated[list[Method], Meta(max_length=30)] | msgspec.UnsetType = msgspec.UNSET
    sampling: Annotated[float, Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    paths: PathFilter | msgspec.UnsetType = msgspec.UNSET
    secrets: Secrets | msgspec.UnsetType = msgspec.UNSET
    rewrite_location: bool | msgspec.UnsetType = msgspec.UNSET
    mock_when_down: bool | msgspec.UnsetType = msgspec.UNSET
    inject_headers: Annotated[list[Header], Meta(max_length=20)] | msgspec.UnsetType = msgspec.UNSET


async def get(actor: Actor, endpoint_id: UUID) -> Controls:
    """Raises endpoint_not_found."""
    await endpoints.get(actor, endpoint_id)
    async with engine.connection() as connection:
        row = await connection.fetchrow(_SELECT, endpoint_id)
    assert row is not None  # noqa: S101  # it was found a moment ago
    return Controls(
        timeout_s=row["timeout_s"],
        body_limit=row["body_limit"],
        rate_limit=row["rate_limit"],
        allowed_methods=list(row["allowed_methods"] or []),
        sampling=row["sampling"],
        paths=msgspec.json.decode(row["path_filter"], type=PathFilter),
        secrets=msgspec.json.decode(row["secrets_policy"], type=Secrets),
        rewrite_location=row["rewrite_location"],
        mock_when_down=row["mock_when_down"],
        inject_headers=[Injected(name, marks.mark(value)) for name, value in _opened(row["inject_headers"], endpoint_id)],
        defaults={"timeout_s": 300.0, "body_limit": float(settings().body_limit)},
    )


async def update(actor: Actor, endpoint_id: UUID, change: ControlsChange) -> Controls:
    """Raises endpoint_not_found, invalid_arguments."""
    await endpoints.get(actor, endpoint_id)
    values = await _columns(change, endpoint_id)
    if values:
        columns = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
        async with engine.connection() as connection:
            await connection.execute(f"UPDATE endpoints SET {columns} WHERE id = $1", endpoint_id, *values.values())  # noqa: S608  # names from this module
        await events.ring("endpoint", endpoint_id)
        await audit.record("ENDPOINT_CONTROLS_CHANGED", actor=actor, resource="ENDPOINT", resource_id=endpoint_id, changed=sorted(values))
    return await get(actor, endpoint_id)


async def _columns(change: ControlsChange, endpoint_id: UUID) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not msgspec.UNSET}
    for name in ("timeout_s", "body_limit", "rate_limit"):
        if values.get(name) == 0:
            values[name] = None
    if "allowed_methods" in values:
        values["allowed_methods"] = sorted({method.upper() for method in values["allowed_methods"]})
    for name, column in (("paths", "path_filter"), ("secrets", "secrets_policy")):
        if name in values:
            values[column] = jsonb.encode(values.pop(name))
    if "inject_headers" in values:
        values["inject_headers"] = await _sealed(values["inject_headers"], endpoint_id)
    return values


async def _sealed(wanted: list[Header], endpoint_id: UUID) -> bytes | None:
    async with engine.connection() as connection:
        stored = _opened(await connection.fetchval("SELECT inject_headers FROM endpoints WHERE id = $1", endpoint_id), endpoint_id)
    known = {name.lower(): value for name, value in stored}
    pairs = [(header.name, _checked(header, known.get(header.name.lower()))) for header in wanted]
    return seal(msgspec.json.encode(pairs), _context(endpoint_id)) if pairs else None


def _checked(header: Header, stored: str | None) -> str:
    """Raises invalid_arguments for what HTTP does not take, or what would break the framing."""
    if not all(c.isascii() and (c.isalnum() or c in _TOKEN) for c in header.name) or header.name.lower() in _NEVER:
        raise Problem("invalid_arguments", f"`{header.name[:60]}` cannot be injected as a header.", field="inject_headers")
    value = stored if header.value is None else header.value.strip()
    if value is None:
        raise Problem("invalid_arguments", f"`{header.name}` needs a value.", field="inject_headers")
    if any(ord(c) < 32 or ord(c) > 255 or ord(c) == 127 for c in value):
        raise Problem("invalid_arguments", f"The value of `{header.name}` has characters that a header cannot have.", field="inject_headers")
    return value


def _opened(sealed: bytes | None, endpoint_id: UUID) -> RawHeaders:
    """Nothing where the key is gone: what cannot be read cannot be injected either."""
    if not sealed:
        return []
    try:
        return msgspec.json.decode(unseal(sealed, _context(endpoint_id)), type=RawHeaders)
    except Unsealable:
        return []


def _context(endpoint_id: UUID) -> str:
    return f"endpoints:{endpoint_id}"


_SELECT = """SELECT timeout_s, body_limit, rate_limit, allowed_methods, sampling, path_filter, secrets_policy, rewrite_location, mock_when_down, inject_headers
FROM endpoints WHERE id = $1"""

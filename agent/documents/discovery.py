"""From captures to a spec: the stored summary is brought up to date with what came since, then concluded.

The summary remembers the last capture that is in it, so nothing is read twice, and a row lock lets one process at a time add to it.
A capture's id is made when it is heard, not when it is stored: one that waited out an outage comes late, behind that last one. It
shows in the endpoint's counter, and then everything that is still stored is read anew.
"""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import endpoints
from agent.calls import captures
from agent.endpoints import Endpoint
from agent.spec import infer, merge, observe, serving, summary
from agent.spec.decisions import Decisions
from agent.spec.model import Exchange, Operation, Spec
from db import engine, jsonb
from db.ids import uuid7
from db.tables import DiscoveredEndpoint, DiscoverySummary

Change = Callable[[Decisions], Decisions]
_BATCH = 500


class Discovery(msgspec.Struct, frozen=True):
    """A spec as it was concluded below the pins of `decisions`, and how many calls it rests on."""

    spec: Spec
    calls: int
    revision: int
    decisions: Decisions


class _State(NamedTuple):
    """A summary, the last capture in it, and how many are."""

    known: summary.Summary
    last: UUID | None
    calls: int


async def update(endpoint: Endpoint) -> Discovery:
    """The spec of everything captured so far. Costs what is new, not what is stored."""
    base, state, revision = endpoint.destination_url.rstrip("/"), _State(summary.EMPTY, None, 0), 0
    async with engine.transaction():
        state, revision = await _brought_up_to_date(endpoint.id, base)
    return await _concluded(endpoint, base, state, revision)


async def concluded(endpoint: Endpoint, *, is_pooled: bool = True) -> Discovery:
    """The spec of what was read when it was last brought up to date, without what came since; `is_pooled` as in `infer.conclude`."""
    rows = await DiscoverySummary.raw("SELECT summary, last_call_id, call_count, revision FROM discovery_summaries WHERE endpoint_id = {}", endpoint.id)
    state = _state(rows[0]) if rows else _State(summary.EMPTY, None, 0)
    return await _concluded(endpoint, endpoint.destination_url.rstrip("/"), state, rows[0]["revision"] if rows else 0, is_pooled=is_pooled)


async def decisions(endpoint_id: UUID) -> Decisions:
    """What people and models decided about an endpoint's API. The caller has checked whose it is."""
    rows = await DiscoverySummary.raw("SELECT decisions FROM discovery_summaries WHERE endpoint_id = {}", endpoint_id)
    return msgspec.json.decode(rows[0]["decisions"], type=Decisions) if rows else Decisions()


async def decide(endpoint_id: UUID, change: Change) -> Decisions:
    """Change the decisions, one change at a time."""
    await DiscoverySummary.raw(_ENSURED, uuid7(), endpoint_id, b"")
    changed = Decisions()
    async with engine.transaction():
        rows = await DiscoverySummary.raw("SELECT decisions FROM discovery_summaries WHERE endpoint_id = {} FOR UPDATE", endpoint_id)
        changed = change(msgspec.json.decode(rows[0]["decisions"], type=Decisions))
        await DiscoverySummary.raw("UPDATE discovery_summaries SET decisions = {} WHERE endpoint_id = {}", jsonb.encode(changed), endpoint_id)
    return changed


async def store(endpoint_id: UUID, spec: Spec) -> None:
    """Keep the operations by path template, as `discovered_endpoints`, and forget those that are no longer concluded."""
    groups: dict[tuple[str, str], list[Operation]] = {}
    for operation in spec.operations:
        groups.setdefault((operation.template, _protocol(operation)), []).append(operation)
    async with engine.transaction():
        for (template, protocol), operations in groups.items():
            await DiscoveredEndpoint.raw(_UPSERT, uuid7(), endpoint_id, template, protocol, *_columns(operations))
        await DiscoveredEndpoint.raw(
            "DELETE FROM discovered_endpoints WHERE endpoint_id = {} AND NOT (pattern || ' ' || protocol = ANY({}))",
            endpoint_id,
            [f"{template} {protocol}" for template, protocol in groups],
        )


async def _concluded(endpoint: Endpoint, base: str, state: _State, revision: int, *, is_pooled: bool = True) -> Discovery:
    decided = await decisions(endpoint.id)
    spec = await asyncio.to_thread(infer.conclude, state.known, title=endpoint.name, server=_origin(base), pins=decided.pins, is_pooled=is_pooled)
    return Discovery(msgspec.structs.replace(spec, servers=(base,)), state.calls, revision, decided)


def _state(row: dict[str, Any]) -> _State:
    return _State(summary.load(bytes(row["summary"])) if row["summary"] else summary.EMPTY, row["last_call_id"], row["call_count"])


async def _brought_up_to_date(endpoint_id: UUID, base: str) -> tuple[_State, int]:
    """The stored summary with what came since, and its revision."""
    await DiscoverySummary.raw(_ENSURED, uuid7(), endpoint_id, b"")
    rows = await DiscoverySummary.raw(
        "SELECT summary, last_call_id, call_count, revision FROM discovery_summaries WHERE endpoint_id = {} FOR UPDATE", endpoint_id
    )
    row, stored = rows[0], await endpoints.calls_so_far(endpoint_id)
    before = _state(row)
    state = await _read_on(endpoint_id, base, before)
    if state.calls < stored:
        anew = await _read_on(endpoint_id, base, _State(summary.EMPTY, None, 0))
        state = anew._replace(calls=max(anew.calls, stored))
    if state.calls == before.calls:
        return before, row["revision"]
    await DiscoverySummary.raw(
        "UPDATE discovery_summaries SET summary = {}, last_call_id = {}, call_count = {}, revision = revision + 1 WHERE endpoint_id = {}",
        summary.dump(state.known), state.last, state.calls, endpoint_id,
    )  # fmt: skip
    return state, row["revision"] + 1


async def _read_on(endpoint_id: UUID, base: str, state: _State) -> _State:
    while batch := await captures.exchanges(endpoint_id, after=state.last, limit=_BATCH):
        observed = await asyncio.to_thread(observe.observe_all, [_below(base, exchange) for _, exchange in batch])
        state = _State(merge.merge(state.known, observed), batch[-1][0], state.calls + len(batch))
    return state


def _below(base: str, exchange: Exchange) -> Exchange:
    """The exchange with its path as it stands below the endpoint's base URL, so that documents do not repeat the base in every path."""
    rest = serving.below(base, exchange.url)
    if rest is None:
        return exchange
    return msgspec.structs.replace(exchange, url=_origin(base) + (rest if rest.startswith("/") else f"/{rest}"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _protocol(operation: Operation) -> str:
    return {"WebSocket": "wss", "GraphQL": "graphql", "gRPC": "grpc"}.get(operation.api_type, "https")


def _columns(operations: list[Operation]) -> tuple[object, ...]:
    first = operations[0]
    requests = {operation.method: operation.request[0].schema for operation in operations if operation.request}
    responses = {
        f"{operation.method} {response.status}": response.contents[0].schema
        for operation in operations
        for response in operation.responses
        if response.contents
    }
    secured = [operation for operation in operations if operation.security and () not in operation.security]
    return (
        [operation.method for operation in operations],
        first.description or first.summary or None,
        jsonb.encode(requests) if requests else None,
        jsonb.encode(responses),
        bool(secured),
        ", ".join(secured[0].security[0]) if secured else None,
        next((operation.pagination.kind for operation in operations if operation.pagination), None),
        first.api_type,
    )


_ENSURED = "INSERT INTO discovery_summaries (id, endpoint_id, summary) VALUES ({}, {}, {}) ON CONFLICT (endpoint_id) DO NOTHING"
_UPSERT = """
INSERT INTO discovered_endpoints (id, endpoint_id, pattern, protocol, methods, description, request_schema, response_schemas, auth_required, auth_type, pagination_type, api_type)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (endpoint_id, pattern, protocol) DO UPDATE SET methods = excluded.methods, description = excluded.description, request_schema = excluded.request_schema,
  response_schemas = excluded.response_schemas, auth_required = excluded.auth_required, auth_type = excluded.auth_type, pagination_type = excluded.pagination_type,
  api_type = excluded.api_type
"""

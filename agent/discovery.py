"""From captures to a spec: the stored summary is brought up to date with what came since, then concluded.

The summary remembers the last capture that is in it, so nothing is read twice, and a row lock lets one process at a time add to it.
"""

import asyncio
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import captures
from agent.endpoints import Endpoint
from agent.spec import infer, merge, observe, summary
from agent.spec.model import Exchange, Operation, Spec
from db import engine
from db.ids import uuid7
from db.tables import DiscoveredEndpoint, DiscoverySummary

_BATCH = 500


class Discovery(msgspec.Struct, frozen=True):
    """A spec and how many calls it rests on."""

    spec: Spec
    calls: int
    revision: int


async def update(endpoint: Endpoint) -> Discovery:
    """The spec of everything captured so far. Costs what is new, not what is stored."""
    known, calls, revision = summary.EMPTY, 0, 0
    base = endpoint.destination_url.rstrip("/")
    async with engine.transaction():
        await DiscoverySummary.raw(
            "INSERT INTO discovery_summaries (id, endpoint_id, summary) VALUES ({}, {}, {}) ON CONFLICT (endpoint_id) DO NOTHING", uuid7(), endpoint.id, b""
        )
        rows = await DiscoverySummary.raw(
            "SELECT summary, last_call_id, call_count, revision FROM discovery_summaries WHERE endpoint_id = {} FOR UPDATE", endpoint.id
        )
        row = rows[0]
        if row["summary"]:
            known = summary.load(bytes(row["summary"]))
        last: UUID | None = row["last_call_id"]
        added = 0
        while batch := await captures.exchanges(endpoint.id, after=last, limit=_BATCH):
            known = merge.merge(known, await asyncio.to_thread(observe.observe_all, [_below(base, exchange) for _, exchange in batch]))
            last, added = batch[-1][0], added + len(batch)
        if added:
            await DiscoverySummary.raw(
                "UPDATE discovery_summaries SET summary = {}, last_call_id = {}, call_count = call_count + {}, revision = revision + 1 WHERE endpoint_id = {}",
                summary.dump(known), last, added, endpoint.id,
            )  # fmt: skip
        calls, revision = row["call_count"] + added, row["revision"] + bool(added)
    spec = await asyncio.to_thread(infer.conclude, known, title=endpoint.name, server=_origin(base))
    spec = msgspec.structs.replace(spec, servers=(base,))
    return Discovery(spec, calls, revision)


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


def _below(base: str, exchange: Exchange) -> Exchange:
    """The exchange with its path as it stands below the endpoint's base URL, so that documents do not repeat the base in every path."""
    if not exchange.url.startswith(base):
        return exchange
    rest = exchange.url[len(base) :]
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
        _json(requests) if requests else None,
        _json(responses),
        bool(secured),
        ", ".join(secured[0].security[0]) if secured else None,
        next((operation.pagination.kind for operation in operations if operation.pagination), None),
        first.api_type,
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_UPSERT = """
INSERT INTO discovered_endpoints (id, endpoint_id, pattern, protocol, methods, description, request_schema, response_schemas, auth_required, auth_type, pagination_type, api_type)
VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
ON CONFLICT (endpoint_id, pattern, protocol) DO UPDATE SET methods = excluded.methods, description = excluded.description, request_schema = excluded.request_schema,
  response_schemas = excluded.response_schemas, auth_required = excluded.auth_required, auth_type = excluded.auth_type, pagination_type = excluded.pagination_type,
  api_type = excluded.api_type
"""

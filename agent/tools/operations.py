"""Tools about the operations of captured APIs: find them, describe one, call one. What an API says is data from outside."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent import operations
from agent.approvals import WHY, Reach
from agent.operations import MOST_SHOWN, Called
from agent.spec.calling import SAFE, Arguments
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

OperationRef = Annotated[str, Meta(description="As `operation_search` gives it, such as `GET /orders/{order_id}`, or with a real path: `GET /orders/17`.")]
Values = dict[str, Any]


def _changing(arguments: dict[str, Any]) -> str | None:
    """Only a call that says itself that it reads goes without asking; an id does not say it."""
    method = str(arguments.get("operation", "")).strip().partition(" ")[0].upper()
    if method in SAFE:
        return WHY["renames"] if _overrides(arguments) else None
    return WHY.get(method, WHY["changes"])


async def _target(context: Context, arguments: dict[str, Any]) -> Reach:
    given = _given(*(arguments.get(name) for name in ("path", "query", "headers", "cookies", "body")))
    found = await operations.target(context.actor, str(arguments["operation"]), given, arguments.get("endpoint"))
    return Reach(found.host, found.operation)


def _overrides(arguments: dict[str, Any]) -> bool:
    """Whether servers that let a request rename its method would do so here."""
    headers, query = (given if isinstance(given, dict) else {} for given in (arguments.get("headers"), arguments.get("query")))
    return any("method" in str(name).lower() for name in (*headers, *query))


@tool(effect="read", scope="read", hears="captured")
async def operation_search(
    context: Context,
    query: Annotated[str, Meta(description="What it should do, in a few words; empty: those heard most.", max_length=500)] = "",
    endpoint: EndpointRef | None = None,
) -> Answer:
    """Find operations of the captured APIs by words, best first."""
    found = await operations.search(context.actor, query, endpoint)
    if not found:
        return Answer("No operation fits. Try other words, or capture and document the API first.", {"items": []})
    lines = [f"- `{one.operation}` of `{one.endpoint}`{f': {one.summary[:120]}' if one.summary else ''} ({one.calls} calls)" for one in found]
    return Answer("\n".join(lines), {"items": found}, "captured")


@tool(effect="read", scope="read", hears="captured")
async def operation_describe(context: Context, operation: OperationRef, endpoint: EndpointRef | None = None) -> Answer:
    """Show what an operation takes and returns: parameters, body, responses, security."""
    found = await operations.describe(context.actor, operation, endpoint)
    return Answer(msgspec.json.encode(found).decode(), found, "captured")


@tool(effect="write", scope="call", asks_for=_changing, reaches=_target, hears="captured")
async def operation_call(
    context: Context,
    operation: OperationRef,
    endpoint: EndpointRef | None = None,
    path: Annotated[Values, Meta(description="Values of the path's parameters.")] | None = None,
    query: Annotated[Values, Meta(description="Values of query parameters; a list is repeated.")] | None = None,
    headers: Annotated[Values, Meta(description="Other headers. Credentials are added by the server and never given here.")] | None = None,
    cookies: Values | None = None,
    body: Annotated[Any, Meta(description="The request's body, as JSON.")] = None,
) -> Answer:
    """Call an operation of a captured API, with its stored credentials, and show the answer. Reading is free; changing asks first."""
    called = await operations.call(context.actor, operation, _given(path, query, headers, cookies, body), endpoint)
    return Answer(_text(called), called, "captured")


def _given(path: Values | None, query: Values | None, headers: Values | None, cookies: Values | None, body: Any) -> Arguments:
    return Arguments(path or {}, query or {}, headers or {}, cookies or {}, msgspec.UNSET if body is None else body)


def _text(called: Called) -> str:
    lines = [f"{called.method} {called.url} → {called.status}, {called.duration_ms:.0f} ms, {called.length} bytes (call `{called.call}`)"]
    lines += [f"{name}: {value}" for name, value in called.headers]
    if called.credentials:
        lines.append(f"Sent with {', '.join(called.credentials)}.")
    elif called.status in (401, 403):
        lines.append("No credentials were sent: the owner stores them with the endpoint, or makes one successful call through its proxy URL.")
    lines.append(f"\n{called.body}" if called.body else "(no text)" if called.length else "(empty)")
    if called.is_cut:
        lines.append(f"… cut; `capture_get` with call `{called.call}` and offset {MOST_SHOWN}, or the resource {called.resource}, has more.")
    if called.shape:
        lines.append(f"All of it has this shape: {msgspec.json.encode(called.shape).decode()}")
    return "\n".join(lines)

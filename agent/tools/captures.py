"""Tools about captured calls: find them, look into one, explain a failing one, wait for the next."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from agent import endpoints
from agent.calls import captures, explaining, imports
from agent.calls import totals as summing
from agent.calls.captures import CallDetail, CallSummary
from agent.conversation import attachments
from agent.documents import additions, docs
from agent.endpoints import Endpoint
from agent.relative_time import moment
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

CallRef = Annotated[str, Meta(description="Id of a captured call.")]
Time = Annotated[str, Meta(description="RFC 3339, or relative: 24h, 7d, today, yesterday, monday.")]
_BODY_SHOWN = 8_000
_BODY_REST = 25_000
_SLOWEST = 5


@tool(effect="read", scope="read", hears="captured")
async def capture_search(
    context: Context,
    endpoint: EndpointRef | None = None,
    method: str | None = None,
    status: Annotated[str, Meta(description="Such as 404, 5xx, 401,403, or error for anything that failed.")] | None = None,
    path: Annotated[str, Meta(description="Part of the path.")] | None = None,
    query: Annotated[str, Meta(description="Text anywhere in the URL.")] | None = None,
    since: Time | None = None,
    until: Time | None = None,
    min_duration_ms: Annotated[int, Meta(ge=0)] | None = None,
    limit: Annotated[int, Meta(ge=1, le=100)] | None = None,
    cursor: str | None = None,
    totals: Annotated[bool, Meta(description="Instead: how many match, how many of them failed, their median time, and the slowest, slowest first.")] = False,
) -> Answer:
    """Search the captured calls, newest first, by endpoint, method, status, path, text, time or slowness; or sum them up."""
    about = await endpoints.find(context.actor, endpoint) if endpoint else None
    wanted = captures.Filter(
        endpoint_id=about.id if about else None, method=method, status=status, path=path, query=query, since=since, until=until, min_duration_ms=min_duration_ms
    )
    if totals and not (about and not about.calls):
        return _summed(await summing.of(context.actor, wanted, slowest=limit or _SLOWEST))
    found = await captures.search(context.actor, wanted, limit=limit or 20, cursor=cursor)
    if about and not about.calls:
        return Answer(f"`{about.name}` has no captured calls yet. Send requests to {about.proxy_url}, then try again.", found)
    if not found.items:
        return Answer("No captured call matches.", found)
    text = "\n".join(_line(call) for call in found.items) + (f"\nMore: cursor `{found.next}`." if found.next else "")
    return Answer(text, found, "captured")


def _summed(found: summing.Totals) -> Answer:
    median = f", median {found.median_ms:,.0f} ms" if found.median_ms is not None else ""
    lines = [f"{found.calls:,}{'' if found.is_all else ' or more'} calls, {found.failed:,} failed{median}.", *(_line(call) for call in found.slowest)]
    data = {"items": found.slowest, "next": None, "calls": found.calls, "failed": found.failed, "median_ms": found.median_ms, "is_all": found.is_all}
    return Answer("\n".join(lines), data, "captured")


@tool(effect="read", scope="read", hears="captured")
async def capture_get(
    context: Context,
    call: CallRef,
    offset: Annotated[int, Meta(ge=0, description="Show the response body from this character on.")] = 0,
) -> Answer:
    """Show one captured call: request and response headers with secrets masked, bodies, timing, error."""
    found = await captures.get(context.actor, call, masked=True)
    if offset:
        text = (found.response_body.text or "")[offset : offset + _BODY_REST]
        more = len(found.response_body.text or "") > offset + _BODY_REST
        rest = f"\n… more from offset {offset + _BODY_REST}." if more else ""
        return Answer(f"{text}{rest}", {"id": found.summary.id, "offset": offset, "text": text, "has_more": more}, "captured")
    shown = captures.shown(found, _BODY_SHOWN)
    return Answer(_detail(found, shown), shown, "captured")


@tool(effect="read", scope="read", hears="captured")
async def capture_explain(
    context: Context,
    call: CallRef | None = None,
    endpoint: EndpointRef | None = None,
    operation: Annotated[str, Meta(description="Such as `GET /orders/{order_id}`, with a real path `GET /orders/17`, or a path alone.")] | None = None,
) -> Answer:
    """Explain a failing call by comparing it with the last success of the same operation. Without a call: the newest failure, of the operation if named."""
    about = await endpoints.find(context.actor, endpoint) if endpoint else None
    told = await explaining.explain(context.actor, call, about.id if about else None, operation)
    parts = [told.likely_cause, *(f"- {difference}" for difference in told.differences)]
    if told.last_success:
        parts.append(f"Last success: {_line(told.last_success)}")
    return Answer(f"{_line(told.call)}\n" + "\n".join(parts), told, "captured")


@tool(effect="read", scope="read", hears="captured")
async def capture_wait(
    context: Context,
    endpoint: EndpointRef,
    count: Annotated[int, Meta(ge=1, le=100, description="How many calls to wait for.")] = 1,
    timeout_s: Annotated[float, Meta(ge=0, le=60)] = 30,
    since: Annotated[str, Meta(description="Calls from then on count too, such as 5m: for requests that were sent before this tool was called.")] | None = None,
) -> Answer:
    """Wait until the next calls arrive at an endpoint, or the time is over; show them and what they added to its specification."""
    about, began = await endpoints.find(context.actor, endpoint), moment(since) if since else None
    before = await additions.known(about, began)
    found = await captures.wait(context.actor, about.id, count, timeout_s, since=began)
    if not found:
        return Answer(await _nothing(context, about, timeout_s), {"items": [], "next": None, "added": []})
    added = await additions.added(about, before)
    news = ["New in the specification:", *(f"- {change}" for change in added)] if added else ["Nothing new in the specification."]
    return Answer("\n".join([*(_line(call) for call in found), *news]), {"items": found, "next": None, "added": added}, "captured")


async def _nothing(context: Context, about: Endpoint, waited: float) -> str:
    """A program that sent its requests first, and waited then, is told how to find them."""
    newest = (await captures.search(context.actor, captures.Filter(endpoint_id=about.id, since="1h"), limit=1)).items
    earlier = f" Its last call came at {newest[0].started_at:%H:%M:%S} UTC: `since` finds it." if newest else f" Send requests to {about.proxy_url}."
    return f"No call arrived within {waited:g} s.{earlier}"


@tool(effect="write", scope="write", hears="captured")
async def capture_import(
    context: Context,
    endpoint: EndpointRef,
    har: Annotated[str | dict[str, Any], Meta(description="A HAR 1.2 document (text or object), saved captures as text, or the id of an attached file.")],
) -> Answer:
    """Import a recording as captured calls of an endpoint: HAR 1.2, an attached mitmproxy flow file, or saved captures. An OpenAPI document describes it."""
    about, data = await endpoints.find(context.actor, endpoint), await _recording(context, har)
    if attachments.is_description(data):
        made = await docs.give(context.actor, about.id, data)
        return Answer(f"`{about.slug}` is described by the document: {len(made.operations)} operations.", made, "captured")
    report = await imports.import_file(context.actor, about.id, data)
    return Answer("\n".join(imports.told(report, about)), report, "captured")


async def _recording(context: Context, har: str | dict[str, Any]) -> bytes:
    if isinstance(har, dict):
        return msgspec.json.encode(har)
    try:
        return await attachments.content(context.actor, UUID(har.strip()))
    except ValueError:
        return har.encode("utf-8", "replace")


def _line(call: CallSummary) -> str:
    outcome = ", ".join(str(part) for part in (call.status, call.error) if part) or "no answer"
    return f"- `{call.id}` {call.started_at:%Y-%m-%d %H:%M:%S} {call.method} {call.url} → {outcome}, {call.duration_ms:.0f} ms, {call.response_length} bytes"


def _detail(call: CallDetail, shown: dict[str, Any]) -> str:
    lines = [_line(call.summary)]
    for side, headers, body in (("Request", call.request_headers, "request_body"), ("Response", call.response_headers, "response_body")):
        lines += [f"{side} headers:", *(f"  {name}: {value}" for name, value in headers)]
        if text := shown[body]["text"]:
            lines += [f"{side} body:", text]
        if shape := shown[body].get("shape"):
            lines.append(f"… cut; all of it has this shape: {msgspec.json.encode(shape).decode()}")
    if len(call.response_body.text or "") > _BODY_SHOWN:
        lines.append(f"… {len(call.response_body.text or '')} characters in all: offset {_BODY_SHOWN} reads on. For a person: {call.url}")
    return "\n".join(lines)

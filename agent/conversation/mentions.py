"""`@` in a message: an API (`@shop`), a call (`@call:019…`) or a document (`@docs:shop`), found for the model as data, as it was at that time.

What is mentioned is looked up as the writer and shown with secrets masked. A word after `@` that names nothing of theirs stays a word.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.calls import captures
from agent.calls.captures import CallDetail, CallSummary, Filter
from agent.conversation import attachments
from agent.documents import docs
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.messages import Block, Mention

MOST = 8
_MOST_CALLS, _MOST_BODY, _MOST_DOCUMENT, _MOST_OFFERED = 10, 6_000, 16_000, 8
_NAMED = re.compile(r"(?<![\w@./:-])@(call:[0-9a-f-]{36}|docs:[\w.-]{1,120}|[\w][\w.-]{0,120})", re.IGNORECASE)


class Offer(msgspec.Struct, frozen=True):
    """Something to mention. `insert` is what stands in the message; `at` when a call began."""

    kind: Literal["api", "call", "docs"]
    insert: str
    title: str
    detail: str
    at: datetime | None = None


def names(text: str) -> list[str]:
    """What a text mentions, without the `@`, each once."""
    return list(dict.fromkeys(found.rstrip(".-") for found in _NAMED.findall(text)))[:MOST]


async def enclosed(actor: Actor, text: str, files: Sequence[UUID] = ()) -> list[Block]:
    """What a message brings along besides its words. Raises not_found for a file, invalid_arguments for too many."""
    found = [await _mentioned(actor, name) for name in names(text)]
    return [*await attachments.blocks(actor, files), *(one for one in found if one is not None)]


async def offers(actor: Actor, typed: str) -> list[Offer]:
    """What may be meant by what was typed after `@`, best first: APIs, their documents, and calls."""
    kind, colon, rest = typed.strip().lstrip("@")[:100].partition(":")
    word = rest if colon and kind in ("call", "docs") else typed.strip().lstrip("@")[:100]
    mine = (await endpoints.list_(actor, query=word or None, limit=_MOST_OFFERED)).items if kind != "call" or not colon else []
    made = [] if colon else [Offer("api", f"@{one.slug}", one.name, one.destination_url) for one in mine]
    made += [Offer("docs", f"@docs:{one.slug}", one.name, "docs") for one in mine if one.processed_at is not None]
    if (colon and kind == "call") or not colon:
        calls = await captures.search(actor, Filter(query=word or None), limit=_MOST_OFFERED if colon else 3)
        made += [
            Offer("call", f"@call:{one.id}", f"{one.method} {one.path} → {one.status or one.error or 'no answer'}", one.endpoint, one.started_at)
            for one in calls.items
        ]
    return made[: _MOST_OFFERED + 2]


async def _mentioned(actor: Actor, name: str) -> Mention | None:
    kind, _, ref = name.rpartition(":")
    try:
        if kind.lower() == "call":
            call = await captures.get(actor, ref, masked=True)
            return Mention("call", str(call.summary.id), _line(call.summary), _call(call))
        found = await _exactly(actor, ref)
        if kind.lower() == "docs":
            text = (await docs.get(actor, found.id, "markdown")).text
            more = "\n… `docs_get` has all of it." if len(text) > _MOST_DOCUMENT else ""
            return Mention("docs", found.slug, f"The documentation of {found.name}", text[:_MOST_DOCUMENT] + more)
        return Mention("api", found.slug, f"The API {found.name}", await _api(actor, found))
    except Problem:
        return None


async def _exactly(actor: Actor, slug: str) -> Endpoint:
    """By its slug alone: an `@` must not mean what only sounds like it. Raises endpoint_not_found."""
    found = await endpoints.find(actor, slug)
    if found.slug.lower() != slug.lower():
        raise Problem("endpoint_not_found", "No endpoint has this slug.")
    return found


async def _api(actor: Actor, api: Endpoint) -> str:
    newest = await captures.search(actor, Filter(endpoint_id=api.id), limit=_MOST_CALLS)
    facts = [
        f"slug: {api.slug}", f"address: {api.destination_url}", f"proxy URL: {api.proxy_url}", f"state: {endpoints.SAYS[api.status]}",
        f"calls: {api.calls:,}, of them failed: {api.errors:,}", f"documented: {'yes' if api.processed_at else 'not yet'}",
    ]  # fmt: skip
    described = [f"description: {api.description[:500]}"] if api.description else []
    calls = ["newest calls:", *(f"- {one.id} {_line(one)}" for one in newest.items)] if newest.items else []
    return "\n".join([*facts, *described, *calls])


def _call(call: CallDetail) -> str:
    lines = [
        f"id: {call.summary.id}, of the API {call.summary.endpoint}, at {call.summary.started_at:%Y-%m-%d %H:%M:%S} UTC, {call.summary.duration_ms:.0f} ms"
    ]
    for side, headers, body in (("Request", call.request_headers, call.request_body), ("Response", call.response_headers, call.response_body)):
        lines += [f"{side} headers:", *(f"  {name}: {value}"[:500] for name, value in headers[:60])]
        if body.text:
            lines += [f"{side} body:", body.text[:_MOST_BODY]]
    return "\n".join(lines)


def _line(call: CallSummary) -> str:
    return f"{call.method} {call.url[:300]} → {call.status or call.error or 'no answer'}"

"""One search over what a user has: chats by what was said, APIs by name and address, documents by their words, calls by address and filters.

Every result carries where it leads and what was found in it, cut into pieces of which some are marked; nothing here is HTML.
"""

from typing import Literal
from uuid import UUID

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.calls import captures
from agent.calls.captures import Filter
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.search import chat_search, doc_search
from agent.search.search_terms import Piece, Wanted, alike_within, marked, parse, words_of

Kind = Literal["chat", "api", "doc", "call"]
KINDS: dict[str, Kind] = {"chats": "chat", "apis": "api", "docs": "doc", "calls": "call"}
_ALIKE = 0.3


class Found(msgspec.Struct, frozen=True):
    """`at` is RFC 3339. `path` is a page of this server."""

    kind: Kind
    title: str
    path: str
    snippet: list[Piece]
    detail: str
    at: str
    score: float


class Results(msgspec.Struct, frozen=True):
    """By kind, best first in each. `ignored` says what of the question could not be answered."""

    chats: list[Found] = []
    apis: list[Found] = []
    docs: list[Found] = []
    calls: list[Found] = []
    ignored: str = ""

    @property
    def everything(self) -> list[Found]:
        """One list: what answers to its name first, then kinds in turn."""
        return [*self.apis, *self.chats, *self.docs, *self.calls]


async def everywhere(actor: Actor, text: str, *, limit: int = 6) -> Results:
    """At most `limit` of each kind; all of them where one place was asked for. Raises invalid_arguments for a filter that cannot be read."""
    wanted = parse(text)
    if not wanted.text.strip() and not (wanted.api or wanted.is_about_calls or wanted.since or wanted.until):
        return Results()
    try:
        api = await endpoints.find(actor, wanted.api) if wanted.api else None
    except Problem as problem:
        return Results(ignored=problem.detail)
    return Results(
        chats=await _chats(actor, wanted, limit) if _asked(wanted, "chats") else [],
        apis=await _apis(actor, wanted, api, limit) if _asked(wanted, "apis") else [],
        docs=await _docs(actor, wanted, api, limit) if _asked(wanted, "docs") else [],
        calls=await _calls(actor, wanted, api.id if api else None, limit) if _asked(wanted, "calls") else [],
    )


def _asked(wanted: Wanted, place: str) -> bool:
    return wanted.place in (None, place)


async def _chats(actor: Actor, wanted: Wanted, limit: int) -> list[Found]:
    found = await chat_search.search(actor, wanted, limit=limit)
    return [
        Found(
            "chat", one.title, f"/c/{one.chat_id}{f'?at={one.message_id}#m-{one.message_id}' if one.message_id else ''}", one.snippet,
            {"user": "You", "assistant": "Wiretalk"}.get(one.role or "", ""), one.at.isoformat(), one.score,
        )
        for one in found
    ]  # fmt: skip


async def _apis(actor: Actor, wanted: Wanted, api: Endpoint | None, limit: int) -> list[Found]:
    """Where every word stands in name, slug, address, tags or description; else where one is spelt alike."""
    words = words_of(wanted)
    if wanted.is_about_calls or wanted.role or (not words and api is None):
        return []
    mine = [api] if api else (await endpoints.list_(actor, limit=200)).items
    scored = [(score, one) for one in mine if (score := _fits(one, words))]
    scored.sort(key=lambda pair: (-pair[0], pair[1].name))
    return [
        Found(
            "api", one.name, f"/apis/{one.slug}", marked(f"{one.destination_url} {one.description or ''}", words), one.status, one.created_at.isoformat(), score
        )
        for score, one in scored[:limit]
    ]


def _fits(api: Endpoint, words: list[str]) -> float:
    named = f"{api.name} {api.slug} {' '.join(api.tags)}".lower()
    text = f"{named} {api.destination_url} {api.description or ''} {api.environment or ''}".lower()
    if all(word in text for word in words):
        return 1.0 + sum(word in named for word in words)
    near = min((alike_within(word, named) for word in words), default=0.0)
    return near if near >= _ALIKE else 0.0


async def _docs(actor: Actor, wanted: Wanted, api: Endpoint | None, limit: int) -> list[Found]:
    found = await doc_search.search(actor, wanted, endpoint_id=api.id if api else None, limit=limit)
    return [Found("doc", one.heading or one.name, f"/apis/{one.slug}?tab=docs", one.snippet, one.name, one.at.isoformat(), one.score) for one in found]


async def _calls(actor: Actor, wanted: Wanted, endpoint_id: UUID | None, limit: int) -> list[Found]:
    """Newest first: a call has no better and worse."""
    if wanted.role:
        return []
    asked = msgspec.structs.replace(
        wanted.calls, endpoint_id=endpoint_id, query=wanted.text.strip() or wanted.calls.query,
        since=wanted.since.isoformat() if wanted.since else None, until=wanted.until.isoformat() if wanted.until else None,
    )  # fmt: skip
    if asked == Filter():
        return []
    page = await captures.search(actor, asked, limit=limit)
    return [
        Found(
            "call", f"{one.method} {one.path}", f"/calls/{one.id}", marked(one.url, words_of(wanted)),
            f"{one.endpoint} · {one.status or one.error or 'no answer'}", one.started_at.isoformat(), 0.0,
        )
        for one in page.items
    ]  # fmt: skip

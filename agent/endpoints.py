"""Endpoints: the APIs a user captures. Each has its own proxy URL, `/proxy/{id}`, and a status that moves along allowed transitions only."""

import re
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec

from agent import egress, events
from agent.accounts import audit
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from agent.paging import Page, after, bounded, page
from db import engine, like
from db.ids import uuid7
from db.tables import Endpoint as Row

Status = Literal["ACTIVE", "REVIEW", "PROCESSING", "MONITORING", "COMPLETE", "INACTIVE", "ARCHIVED"]
DEMO = "demo"

TRANSITIONS: dict[Status, tuple[Status, ...]] = {
    "ACTIVE": ("REVIEW", "PROCESSING", "MONITORING", "COMPLETE", "INACTIVE", "ARCHIVED"),
    "REVIEW": ("ACTIVE", "PROCESSING", "INACTIVE", "ARCHIVED"),
    "PROCESSING": ("ACTIVE", "REVIEW", "MONITORING", "COMPLETE"),
    "MONITORING": ("ACTIVE", "REVIEW", "PROCESSING", "COMPLETE", "INACTIVE"),
    "COMPLETE": ("ACTIVE", "MONITORING", "PROCESSING", "INACTIVE", "ARCHIVED"),
    "INACTIVE": ("ACTIVE", "ARCHIVED"),
    "ARCHIVED": ("INACTIVE", "ACTIVE"),
}
SAYS: dict[Status, str] = {
    "ACTIVE": "capturing",
    "REVIEW": "forwarding, not recording",
    "PROCESSING": "forwarding while documents are made",
    "MONITORING": "capturing and watched for changes",
    "COMPLETE": "documented, proxy closed",
    "INACTIVE": "closed",
    "ARCHIVED": "archived",
}


class Endpoint(msgspec.Struct, frozen=True):
    """One captured API as its owner sees it."""

    id: UUID
    name: str
    slug: str
    description: str | None
    destination_url: str
    proxy_url: str
    status: Status
    environment: str | None
    tags: list[str]
    is_public: bool
    is_demo: bool
    monitoring_frequency: str | None
    credits_used: int
    calls: int
    errors: int
    created_at: datetime
    last_used_at: datetime | None
    processed_at: datetime | None


class EndpointChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the owner may change; None leaves a value as it is."""

    name: str | None = None
    description: str | None = None
    environment: str | None = None
    tags: list[str] | None = None
    is_public: bool | None = None
    status: Status | None = None


async def create(
    actor: Actor,
    destination_url: str,
    *,
    name: str | None = None,
    description: str | None = None,
    environment: str | None = None,
    tags: list[str] | None = None,
    credits_used: int = 0,
    is_heard: bool = False,
) -> Endpoint:
    """A new endpoint for an address that may be reached, or for the bundled demo API (`demo`). Raises invalid_url, egress_refused, forbidden for a demo account.

    `is_heard`: its calls were recorded elsewhere, so that its name need not be known here; each call that is sent is checked anyway.
    """
    is_demo = destination_url.strip().lower() in (DEMO, f"{settings().base_url}/demo")
    if actor.role == "DEMO" and not is_demo:
        raise Problem("forbidden", "A demo account captures the demo API only.", remedy="Sign up for an account of your own: it is free.")
    url = f"{settings().base_url}/demo" if is_demo else await _usable(destination_url, must_resolve=not is_heard)
    title = (name or "").strip() or ("Demo shop" if is_demo else urlsplit(url).netloc)
    row = Row(
        id=uuid7(),
        user_id=actor.user_id,
        name=title[:120],
        description=description,
        destination_url=url,
        environment=environment,
        tags=tags or [],
        credits_used=credits_used,
        is_demo=is_demo,
        created_via=actor.via,
    )
    await _insert_with_slug(row)
    await audit.record("ENDPOINT_CREATED", actor=actor, resource="ENDPOINT", resource_id=row.id, destination=url)
    return await get(actor, row.id)


async def insert_known(actor: Actor, destination_url: str, name: str) -> UUID:
    """An endpoint for an address that is not asked about: sample data must not need a network."""
    row = Row(id=uuid7(), user_id=actor.user_id, name=name, destination_url=destination_url, created_via=actor.via)
    await _insert_with_slug(row)
    return row.id


async def get(actor: Actor, endpoint_id: UUID) -> Endpoint:
    """Raises endpoint_not_found."""
    rows = await Row.raw(f"{_SELECT} WHERE id = {{}} AND user_id = {{}}", endpoint_id, actor.user_id)
    if not rows:
        raise Problem("endpoint_not_found", f"There is no endpoint `{endpoint_id}`.")
    return _from_row(rows[0])


async def find(actor: Actor, reference: str) -> Endpoint:
    """The endpoint that an id, slug, name or host means. Raises endpoint_not_found, endpoint_ambiguous with the candidates."""
    word = reference.strip()
    if (id_ := _as_uuid(word)) is not None:
        return await get(actor, id_)
    rows = await Row.raw(f"{_SELECT} WHERE user_id = {{}} ORDER BY id DESC", actor.user_id)
    mine = [_from_row(row) for row in rows]
    for matches in (_exactly(mine, word), _by_host(mine, word), _containing(mine, word)):
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(f"`{endpoint.slug}`" for endpoint in matches[:5])
            raise Problem("endpoint_ambiguous", f"`{word}` could be {names}.", candidates=[endpoint.slug for endpoint in matches[:5]])
    known = ", ".join(f"`{endpoint.slug}`" for endpoint in mine[:5])
    raise Problem(
        "endpoint_not_found", f"There is no endpoint `{word}`.", remedy=f"There are {known}." if known else "Create one first: say which API to capture."
    )


async def latest(actor: Actor) -> Endpoint:
    """The one used or made last, where none was named. Raises endpoint_not_found."""
    rows = await Row.raw(f"{_SELECT} WHERE user_id = {{}} AND status <> 'ARCHIVED' ORDER BY coalesce(last_used_at, created_at) DESC LIMIT 1", actor.user_id)
    if not rows:
        raise Problem("endpoint_not_found", "There is no endpoint yet.", remedy="Create one first: say which API to capture.")
    return _from_row(rows[0])


async def demo(actor: Actor) -> Endpoint | None:
    """The user's newest endpoint for the bundled demo API that captures."""
    rows = await Row.raw(
        f"{_SELECT} WHERE user_id = {{}} AND is_demo AND status IN ('ACTIVE', 'PROCESSING', 'MONITORING') ORDER BY id DESC LIMIT 1", actor.user_id
    )
    return _from_row(rows[0]) if rows else None


async def list_(
    actor: Actor, *, query: str | None = None, status: Status | None = None, tag: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Page[Endpoint]:
    """Newest first."""
    size = bounded(limit)
    pattern = f"%{like.escaped(query)}%" if query else None
    rows = await Row.raw(
        f"{_SELECT} WHERE user_id = {{}} AND id < {{}} AND ({{}}::text IS NULL OR name ILIKE {{}} OR destination_url ILIKE {{}} OR slug ILIKE {{}})"
        " AND ({}::text IS NULL OR status = {}) AND ({}::text IS NULL OR {} = ANY(tags)) ORDER BY id DESC LIMIT {}",
        actor.user_id,
        after(cursor),
        *(pattern,) * 4,
        *(status,) * 2,
        *(tag,) * 2,
        size + 1,
    )
    return page([_from_row(row) for row in rows], size)


async def calls_so_far(endpoint_id: UUID) -> int:
    """How many calls were ever stored; those that retention has deleted since count too."""
    rows = await Row.raw("SELECT call_count FROM endpoints WHERE id = {}", endpoint_id)
    return rows[0]["call_count"] if rows else 0


async def update(actor: Actor, endpoint_id: UUID, change: EndpointChange) -> Endpoint:
    """Raises endpoint_not_found, invalid_transition with the allowed next states, forbidden where a demo account would publish, conflict."""
    before = await get(actor, endpoint_id)
    if actor.role == "DEMO" and change.is_public:
        raise Problem("forbidden", "A demo account publishes nothing.", remedy="Sign up for an account of your own: it is free.")
    if change.status and change.status != before.status and change.status not in TRANSITIONS[before.status]:
        allowed = TRANSITIONS[before.status]
        raise Problem(
            "invalid_transition",
            f"`{before.slug}` is {before.status} and cannot become {change.status}.",
            remedy=f"It can become {', '.join(allowed)}.",
            allowed=list(allowed),
        )
    values: dict[Any, Any] = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not None}
    if values:
        told = {name: value for name, value in values.items() if name in {"status", "is_public"}}
        async with engine.transaction():
            rows = await Row.update(values).where((Row.id == endpoint_id) & (Row.status == before.status)).returning(Row.id)
            if not rows:
                raise Problem("conflict", f"`{before.slug}` was changed at the same time.", remedy="Look at what it is now, and try again.")
            await audit.record("ENDPOINT_UPDATED", actor=actor, resource="ENDPOINT", resource_id=endpoint_id, **told)
            await events.ring("endpoint", endpoint_id)
    return await get(actor, endpoint_id)


async def delete(actor: Actor, endpoint_id: UUID) -> None:
    """The endpoint with its captures and documents. Raises endpoint_not_found."""
    endpoint = await get(actor, endpoint_id)
    await Row.delete().where((Row.id == endpoint_id) & (Row.user_id == actor.user_id))
    await audit.record("ENDPOINT_DELETED", actor=actor, resource="ENDPOINT", resource_id=endpoint_id, name=endpoint.name)
    await events.ring("endpoint", endpoint_id)


async def public(slug: str) -> Endpoint | None:
    """An endpoint whose documents its owner has published."""
    rows = await Row.raw(f"{_SELECT} WHERE slug = {{}} AND is_public", slug)
    return _from_row(rows[0]) if rows else None


async def mark_documented(endpoint_id: UUID) -> None:
    await Row.raw("UPDATE endpoints SET processed_at = now() WHERE id = {}", endpoint_id)


async def _usable(url: str, *, must_resolve: bool) -> str:
    text = url.strip().rstrip("/")
    if "://" not in text:
        text = f"https://{text}"
    target = egress.parse(text, "capture")
    if must_resolve:
        await egress.resolve(target)
    return text


async def _insert_with_slug(row: Row) -> None:
    """Two endpoints of one name get `-2`, `-3`, …; the unique index decides, not a look beforehand."""
    base = re.sub(r"[^a-z0-9]+", "-", str(row.name).lower()).strip("-")[:60] or "api"
    for attempt in range(1, 50):
        row.slug = base if attempt == 1 else f"{base}-{attempt}"
        try:
            await Row.insert(row)
            return
        except asyncpg.UniqueViolationError:
            continue
    row.slug = f"{base}-{str(row.id)[-12:]}"
    await Row.insert(row)


def _exactly(endpoints: list[Endpoint], word: str) -> list[Endpoint]:
    low = word.lower()
    by_slug = [endpoint for endpoint in endpoints if endpoint.slug == low]
    return by_slug or [endpoint for endpoint in endpoints if endpoint.name.lower() == low or endpoint.destination_url.lower().rstrip("/") == low.rstrip("/")]


def _by_host(endpoints: list[Endpoint], word: str) -> list[Endpoint]:
    low = word.lower().removeprefix("https://").removeprefix("http://").split("/")[0]
    return [endpoint for endpoint in endpoints if low in {urlsplit(endpoint.destination_url).netloc.lower(), urlsplit(endpoint.destination_url).hostname}]


def _containing(endpoints: list[Endpoint], word: str) -> list[Endpoint]:
    low = word.lower()
    return [
        endpoint for endpoint in endpoints if low in endpoint.name.lower() or low in endpoint.slug or low in urlsplit(endpoint.destination_url).netloc.lower()
    ]


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_SELECT = """SELECT id, name, slug, description, destination_url, status, environment, tags, is_public, is_demo, monitoring_frequency, credits_used,
call_count AS calls, error_count AS errors, created_at, last_used_at, processed_at FROM endpoints"""


def _from_row(row: dict[str, Any]) -> Endpoint:
    return Endpoint(proxy_url=f"{settings().proxy_base_url}/proxy/{row['id']}", **row)

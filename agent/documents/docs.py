"""Documents: written from a spec, kept as `versions`, read in any format."""

import asyncio
import hashlib
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import endpoints, events
from agent.actor import Actor
from agent.calls import captures
from agent.calls.captures import Filter
from agent.config import settings
from agent.documents import describing, discovery, versions
from agent.documents.versions import Stored
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import calling, decisions, excerpt, steady
from agent.spec.comparing import drift as spec_drift
from agent.spec.comparing.drift import Drift
from agent.spec.model import Operation, Pin, Spec
from agent.spec.readers import given
from agent.spec.readers.reading import Unreadable
from agent.spec.serving import spread
from agent.spec.writers import arazzo, formats, markdown, openapi

Format = formats.Format | Literal["arazzo"]
FILES: dict[Format, tuple[str, str]] = {
    "openapi": ("openapi.json", "application/json"),
    "openapi-yaml": ("openapi.yaml", "application/yaml"),
    "markdown": ("markdown", "text/markdown"),
    "typescript": ("typescript", "text/plain"),
    "graphql": ("graphql", "text/plain"),
    "postman": ("postman", "application/json"),
    "http": ("http", "text/plain"),
    "arazzo": ("arazzo", "application/json"),
}
_MOST_STEPS, _PAUSE = 50, timedelta(minutes=5)


class OperationLine(msgspec.Struct, frozen=True):
    """One operation of a list. `pattern` is the filter that finds its calls."""

    id: str
    method: str
    template: str
    summary: str
    api_type: str
    calls: int
    pattern: str


class Docs(msgspec.Struct, frozen=True):
    """A version of an endpoint's documents; `links` by format; `notes` say what could not be done."""

    endpoint_id: UUID
    endpoint: str
    version: str
    generated_at: datetime
    calls: int
    operations: list[OperationLine]
    links: dict[str, str]
    notes: list[str] = []


class Document(msgspec.Struct, frozen=True):
    """One document as text, with what a door needs to serve it. `content_hash` is that of the text."""

    text: str
    version: str
    content_hash: str
    media_type: str
    url: str


async def generate(actor: Actor, endpoint_id: UUID, *, describe: bool = True, freed: tuple[Pin, ...] = ()) -> Docs:
    """Bring discovery up to date and write every document; `describe` has a model of the user's find words for what is new.

    Templates keep the names that they had, but those of pins and of `freed` ones. Raises endpoint_not_found, nothing_captured.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    found = await discovery.update(endpoint)
    if not found.calls:
        raise Problem("nothing_captured", f"`{endpoint.name}` has no captured calls yet.", remedy=f"Send requests to {endpoint.proxy_url}, then try again.")
    before = (await versions.known(endpoint.id)).heard
    spec = await asyncio.to_thread(steady.settle, found.spec, before, (*found.decisions.pins, *freed))
    described = await describing.ensure(actor, endpoint.id, spec, found.decisions) if describe else describing.Described(found.decisions)
    spec = await asyncio.to_thread(decisions.apply, spec, described.decisions)
    await discovery.store(endpoint.id, spec)
    row = await versions.keep(endpoint.id, await asyncio.to_thread(versions.write, spec))
    await endpoints.mark_documented(endpoint.id)
    await events.ring("mcp", "lists")
    made = _docs(endpoint, row, [_line(operation) for operation in spec.operations], found.calls)
    return msgspec.structs.replace(made, notes=described.notes)


async def give(actor: Actor, endpoint_id: UUID, data: bytes) -> Docs:
    """Take an OpenAPI document as the description of an endpoint. Its servers are not believed. Raises endpoint_not_found, unreadable_document."""
    endpoint = await endpoints.get(actor, endpoint_id)
    spec = msgspec.structs.replace(await _read(data), servers=(endpoint.destination_url.rstrip("/"),))
    try:
        texts = await asyncio.to_thread(versions.write, spec)
    except (RecursionError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Problem("unreadable_document", "The OpenAPI document has schemas that cannot be written out.") from error
    row = await versions.keep(endpoint.id, texts, major=0)
    await endpoints.mark_documented(endpoint.id)
    await events.ring("mcp", "lists")
    return _docs(endpoint, row, [_line(operation) for operation in spec.operations], endpoint.calls)


async def latest(actor: Actor, endpoint_id: UUID) -> Docs | None:
    """The newest version, or None."""
    endpoint = await endpoints.get(actor, endpoint_id)
    row = await versions.newest(endpoint_id)
    if row is None:
        return None
    spec = await asyncio.to_thread(row.spec)
    return _docs(endpoint, row, [_line(operation) for operation in spec.operations], endpoint.calls)


async def drift(actor: Actor, endpoint_id: UUID, data: bytes = b"") -> Drift:
    """What traffic and a document say of each other; without `data`, the document that was given. Stores nothing.

    Raises endpoint_not_found, not_documented, unreadable_document, not_found where no document was given either.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    both = await versions.known(endpoint.id)
    if both.heard is None:
        raise Problem("not_documented", f"Nothing that was heard of `{endpoint.name}` is documented yet.")
    if data:
        document = _below(endpoint, await _read(data))
    elif both.given is not None:
        document = both.given
    else:
        raise Problem("not_found", "There is no document to compare with.", remedy="Send a Swagger 2.0 or OpenAPI 3 document.")
    own = await discovery.concluded(endpoint, is_pooled=False)
    return await asyncio.to_thread(spec_drift.compare, document, both.heard, own.spec)


async def spec_of(actor: Actor, endpoint_id: UUID) -> Spec | None:
    """What the newest version says, as a value; None where there is none. Raises endpoint_not_found."""
    await endpoints.get(actor, endpoint_id)
    row = await versions.newest(endpoint_id)
    return await asyncio.to_thread(row.spec) if row else None


async def get(actor: Actor, endpoint_id: UUID, format: Format = "markdown", *, operation: str | None = None, evidence: bool = True) -> Document:
    """One document, with the evidence for it or without. Raises endpoint_not_found, not_documented, not_found for an operation that is not in it."""
    endpoint = await endpoints.get(actor, endpoint_id)
    if format == "arazzo":
        return await _workflow(actor, endpoint)
    return await _document(endpoint, format, operation, evidence=evidence)


async def get_public(slug: str, format: Format = "markdown") -> tuple[Endpoint, Document] | None:
    """What the owner has published, for anybody: without the evidence, which is the owner's."""
    endpoint = await endpoints.public(slug)
    if endpoint is None or format == "arazzo" or await versions.newest(endpoint.id) is None:
        return None
    return endpoint, await _document(endpoint, format, None, evidence=False)


async def public_part(slug: str, operation: str = "") -> tuple[Endpoint, Document] | None:
    """The same in Markdown: one operation with its types or, without one, what stands before all of them. Raises not_found for one that is not in it."""
    endpoint = await endpoints.public(slug)
    row = await versions.newest(endpoint.id) if endpoint else None
    if not endpoint or not row:
        return None
    text = await asyncio.to_thread(lambda: markdown.excerpt(_part(row, operation)) if operation else markdown.front(row.spec()))
    return endpoint, _served(endpoint, row, "markdown", text)


async def public_spec(slug: str) -> tuple[Endpoint, Spec] | None:
    """The same as a value; the evidence in it is the owner's and is not to be shown."""
    endpoint = await endpoints.public(slug)
    row = await versions.newest(endpoint.id) if endpoint else None
    return (endpoint, await asyncio.to_thread(row.spec)) if endpoint and row else None


async def _read(data: bytes) -> Spec:
    try:
        return await asyncio.to_thread(given.read, data)
    except Unreadable as error:
        raise Problem("unreadable_document", str(error)) from error


def _below(endpoint: Endpoint, document: Spec) -> Spec:
    """The document with the base path that its own server has, and none where that is not the endpoint's: its templates are then whole or bare."""
    mine = urlsplit(endpoint.destination_url).path.rstrip("/")
    theirs = urlsplit(document.servers[0]).path.rstrip("/") if document.servers else ""
    origin = "https://document.invalid"
    is_whole = bool(mine) and not theirs and any(operation.template.startswith(mine + "/") for operation in document.operations)
    return msgspec.structs.replace(document, servers=(origin if is_whole else origin + (theirs or mine),))


async def _document(endpoint: Endpoint, format: formats.Format, operation: str | None, *, evidence: bool = True) -> Document:
    row = await versions.newest(endpoint.id)
    if row is None:
        raise Problem("not_documented", f"`{endpoint.name}` is not documented yet.")
    if operation:
        text = await asyncio.to_thread(lambda: formats.document(_part(row, operation), format, evidence=evidence))
    elif evidence or format not in ("openapi", "openapi-yaml", "markdown"):
        text = await asyncio.to_thread(_text, row, format)
    else:
        text = await asyncio.to_thread(lambda: formats.document(row.spec(), format, evidence=False))
    return _served(endpoint, row, format, text)


async def _workflow(actor: Actor, endpoint: Endpoint) -> Document:
    """The last calls that clients made within minutes of each other, in their order, as a workflow over the OpenAPI document."""
    row = await versions.newest(endpoint.id)
    if row is None:
        raise Problem("not_documented", f"`{endpoint.name}` is not documented yet.")
    newest = (await captures.search(actor, Filter(endpoint.id), limit=_MOST_STEPS)).items
    gaps = (i for i, (later, call) in enumerate(pairwise(newest), 1) if later.started_at - call.started_at > _PAUSE)
    calls = newest[: next(gaps, len(newest))][::-1]
    exchanges = [exchange for call in calls if (exchange := await captures.exchange(call.id)) is not None]
    spec = await asyncio.to_thread(row.spec)
    url = f"{settings().base_url}/api/v1/endpoints/{endpoint.id}/openapi.json"
    text = openapi.to_json(arazzo.document(spec, exchanges, openapi_url=url)).decode()
    return _served(endpoint, row, "arazzo", text)


def _served(endpoint: Endpoint, row: Stored, format: Format, text: str) -> Document:
    name, media_type = FILES[format]
    content_hash = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Document(text, row.version, content_hash, media_type, f"{settings().base_url}/api/v1/endpoints/{endpoint.id}/{name}")


def _text(row: Stored, format: formats.Format) -> str:
    stored = {"openapi": row.open_api_spec, "markdown": row.markdown, "typescript": row.typescript_types, "graphql": row.graphql_schema}
    if format in stored:
        text = stored[format]
        if not text:
            raise Problem("not_found", f"There is no {format} document: nothing of that kind was heard.")
        return text
    if format == "openapi-yaml":
        return openapi.to_yaml(msgspec.json.decode(row.open_api_spec))
    return formats.document(row.spec(), format)


def _part(row: Stored, wanted: str) -> Spec:
    """One operation, by its id or by method and path template, with the schemas that it leads to."""
    spec = row.spec()
    found = calling.named(spec, wanted)
    if not found:
        known = ", ".join(f"`{o.id}`" for o in spec.operations[:10])
        raise Problem("not_found", f"There is no operation `{wanted.strip()}`.", remedy=f"Some that are: {known}.")
    return excerpt.of(spec, tuple(found))


def _line(operation: Operation) -> OperationLine:
    return OperationLine(operation.id, operation.method, operation.template, operation.summary, operation.api_type, operation.evidence.count, spread(operation))


def _docs(endpoint: Endpoint, row: Stored, operations: list[OperationLine], calls: int) -> Docs:
    base = f"{settings().base_url}/api/v1/endpoints/{endpoint.id}"
    links = {name: f"{base}/{file}" for name, (file, _) in FILES.items() if name != "graphql" or row.graphql_schema}
    return Docs(
        endpoint.id,
        endpoint.slug,
        row.version,
        row.generated_at,
        calls,
        operations,
        {**links, "page": f"{settings().base_url}/apis/{endpoint.slug}?tab=docs"},
    )

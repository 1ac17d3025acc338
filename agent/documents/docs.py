"""Documents: written from a spec, kept as versions, read in any format.

A version is what the API and the words about it are: more calls of the same kind renew the evidence in it and make no other. Versions `1.x` were heard; `0.x` is a document that the user gave, which says how to call an API before anything was captured.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from agent import endpoints, events
from agent.actor import Actor
from agent.calls import captures
from agent.calls.captures import Filter
from agent.config import settings
from agent.documents import describing, discovery
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec import calling, decisions, excerpt, steady
from agent.spec.comparing import diff as spec_diff
from agent.spec.comparing import drift as spec_drift
from agent.spec.comparing.drift import Drift
from agent.spec.model import Change, Operation, Pin, Spec
from agent.spec.readers import given, openapi_read
from agent.spec.readers.reading import Unreadable
from agent.spec.serving import spread
from agent.spec.writers import arazzo, formats, markdown, openapi, sdl, typescript
from db.ids import uuid7
from db.jsonb import storable
from db.tables import EndpointDocumentation

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
_RENEWED = "UPDATE endpoint_documentation SET open_api_spec = {}, markdown = {} WHERE id = {}"
_MOST_VERSIONS = 8
_HISTORY = """
SELECT version, generated_at, open_api_spec FROM endpoint_documentation
WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL AND version NOT LIKE '0.%' ORDER BY id DESC LIMIT {}
"""
_MOST_STEPS, _PAUSE = 50, timedelta(minutes=5)
_MOST_SPECS = 16
_specs: dict[str, Spec] = {}
_NEWEST_OF_EACH = """
SELECT DISTINCT ON (version LIKE '0.%') version LIKE '0.%' AS is_given, content_hash, id FROM endpoint_documentation
WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL ORDER BY version LIKE '0.%', id DESC
"""


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


class Version(msgspec.Struct, frozen=True):
    """A version of the documents, and what changed in it for clients since the one before; nothing where that is not kept."""

    version: str
    generated_at: datetime
    changes: list[Change]

    @property
    def breaking(self) -> int:
        return sum(change.is_breaking for change in self.changes)


class Known(msgspec.Struct, frozen=True):
    """What is known of an API: the spec its owner gave, and the one that was heard. Either may be missing."""

    given: Spec | None
    heard: Spec | None


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
    before = (await known(endpoint.id)).heard
    spec = await asyncio.to_thread(steady.settle, found.spec, before, (*found.decisions.pins, *freed))
    described = await describing.ensure(actor, endpoint.id, spec, found.decisions) if describe else describing.Described(found.decisions)
    spec = await asyncio.to_thread(decisions.apply, spec, described.decisions)
    await discovery.store(endpoint.id, spec)
    row = await _keep(endpoint.id, await asyncio.to_thread(_texts, spec))
    await endpoints.mark_documented(endpoint.id)
    await events.ring("mcp", "lists")
    made = _docs(endpoint, row, [_line(operation) for operation in spec.operations], found.calls)
    return msgspec.structs.replace(made, notes=described.notes)


async def give(actor: Actor, endpoint_id: UUID, data: bytes) -> Docs:
    """Take an OpenAPI document as the description of an endpoint. Its servers are not believed. Raises endpoint_not_found, unreadable_document."""
    endpoint = await endpoints.get(actor, endpoint_id)
    spec = msgspec.structs.replace(await _read(data), servers=(endpoint.destination_url.rstrip("/"),))
    try:
        texts = await asyncio.to_thread(_texts, spec)
    except (RecursionError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise Problem("unreadable_document", "The OpenAPI document has schemas that cannot be written out.") from error
    row = await _keep(endpoint.id, texts, major=0)
    await endpoints.mark_documented(endpoint.id)
    await events.ring("mcp", "lists")
    return _docs(endpoint, row, [_line(operation) for operation in spec.operations], endpoint.calls)


async def known(endpoint_id: UUID) -> Known:
    """The newest of either kind, as stored. The caller has checked whose endpoint it is."""
    rows = await EndpointDocumentation.raw(_NEWEST_OF_EACH, endpoint_id)
    found = {row["is_given"]: await _parsed(row["content_hash"], row["id"]) for row in rows}
    return Known(found.get(True), found.get(False))


async def latest(actor: Actor, endpoint_id: UUID) -> Docs | None:
    """The newest version, or None."""
    endpoint = await endpoints.get(actor, endpoint_id)
    row = await _newest(endpoint_id)
    if row is None:
        return None
    spec = await asyncio.to_thread(_spec_of, row)
    return _docs(endpoint, row, [_line(operation) for operation in spec.operations], endpoint.calls)


async def history(actor: Actor, endpoint_id: UUID, limit: int = _MOST_VERSIONS) -> list[Version]:
    """The newest versions of what was heard, newest first. Raises endpoint_not_found."""
    await endpoints.get(actor, endpoint_id)
    rows = await EndpointDocumentation.raw(_HISTORY, endpoint_id, limit + 1)
    specs = [await asyncio.to_thread(_spec_of, row) for row in rows]
    found = [
        Version(row["version"], row["generated_at"], list(await asyncio.to_thread(spec_diff.compare, before, spec)))
        for row, spec, before in zip(rows, specs, specs[1:], strict=False)
    ]
    first = [Version(rows[-1]["version"], rows[-1]["generated_at"], [])] if 0 < len(rows) <= limit else []
    return found + first


async def drift(actor: Actor, endpoint_id: UUID, data: bytes = b"") -> Drift:
    """What traffic and a document say of each other; without `data`, the document that was given. Stores nothing.

    Raises endpoint_not_found, not_documented, unreadable_document, not_found where no document was given either.
    """
    endpoint = await endpoints.get(actor, endpoint_id)
    both = await known(endpoint.id)
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
    row = await _newest(endpoint_id)
    return await asyncio.to_thread(_spec_of, row) if row else None


async def get(actor: Actor, endpoint_id: UUID, format: Format = "markdown", *, operation: str | None = None, evidence: bool = True) -> Document:
    """One document, with the evidence for it or without. Raises endpoint_not_found, not_documented, not_found for an operation that is not in it."""
    endpoint = await endpoints.get(actor, endpoint_id)
    if format == "arazzo":
        return await _workflow(actor, endpoint)
    return await _document(endpoint, format, operation, evidence=evidence)


async def get_public(slug: str, format: Format = "markdown") -> tuple[Endpoint, Document] | None:
    """What the owner has published, for anybody: without the evidence, which is the owner's."""
    endpoint = await endpoints.public(slug)
    if endpoint is None or format == "arazzo" or await _newest(endpoint.id) is None:
        return None
    return endpoint, await _document(endpoint, format, None, evidence=False)


async def public_part(slug: str, operation: str = "") -> tuple[Endpoint, Document] | None:
    """The same in Markdown: one operation with its types or, without one, what stands before all of them. Raises not_found for one that is not in it."""
    endpoint = await endpoints.public(slug)
    row = await _newest(endpoint.id) if endpoint else None
    if not endpoint or not row:
        return None
    text = await asyncio.to_thread(lambda: markdown.excerpt(_part(row, operation)) if operation else markdown.front(_spec_of(row)))
    return endpoint, _served(endpoint, row, "markdown", text)


async def public_spec(slug: str) -> tuple[Endpoint, Spec] | None:
    """The same as a value; the evidence in it is the owner's and is not to be shown."""
    endpoint = await endpoints.public(slug)
    row = await _newest(endpoint.id) if endpoint else None
    return (endpoint, await asyncio.to_thread(_spec_of, row)) if endpoint and row else None


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
    row = await _newest(endpoint.id)
    if row is None:
        raise Problem("not_documented", f"`{endpoint.name}` is not documented yet.")
    if operation:
        text = await asyncio.to_thread(lambda: formats.document(_part(row, operation), format, evidence=evidence))
    elif evidence or format not in ("openapi", "openapi-yaml", "markdown"):
        text = await asyncio.to_thread(_text, row, format)
    else:
        text = await asyncio.to_thread(lambda: formats.document(_spec_of(row), format, evidence=False))
    return _served(endpoint, row, format, text)


async def _workflow(actor: Actor, endpoint: Endpoint) -> Document:
    """The last calls that clients made within minutes of each other, in their order, as a workflow over the OpenAPI document."""
    row = await _newest(endpoint.id)
    if row is None:
        raise Problem("not_documented", f"`{endpoint.name}` is not documented yet.")
    newest = (await captures.search(actor, Filter(endpoint.id), limit=_MOST_STEPS)).items
    gaps = (i for i, (later, call) in enumerate(pairwise(newest), 1) if later.started_at - call.started_at > _PAUSE)
    calls = newest[: next(gaps, len(newest))][::-1]
    exchanges = [exchange for call in calls if (exchange := await captures.exchange(call.id)) is not None]
    spec = await asyncio.to_thread(_spec_of, row)
    url = f"{settings().base_url}/api/v1/endpoints/{endpoint.id}/openapi.json"
    text = openapi.to_json(arazzo.document(spec, exchanges, openapi_url=url)).decode()
    return _served(endpoint, row, "arazzo", text)


def _served(endpoint: Endpoint, row: dict[str, Any], format: Format, text: str) -> Document:
    name, media_type = FILES[format]
    content_hash = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return Document(text, row["version"], content_hash, media_type, f"{settings().base_url}/api/v1/endpoints/{endpoint.id}/{name}")


def _text(row: dict[str, Any], format: formats.Format) -> str:
    stored = {"openapi": "open_api_spec", "markdown": "markdown", "typescript": "typescript_types", "graphql": "graphql_schema"}
    if format in stored:
        text = row[stored[format]]
        if not text:
            raise Problem("not_found", f"There is no {format} document: nothing of that kind was heard.")
        return text
    if format == "openapi-yaml":
        return openapi.to_yaml(msgspec.json.decode(row["open_api_spec"]))
    return formats.document(_spec_of(row), format)


def _part(row: dict[str, Any], wanted: str) -> Spec:
    """One operation, by its id or by method and path template, with the schemas that it leads to."""
    spec = _spec_of(row)
    found = calling.named(spec, wanted)
    if not found:
        known = ", ".join(f"`{o.id}`" for o in spec.operations[:10])
        raise Problem("not_found", f"There is no operation `{wanted.strip()}`.", remedy=f"Some that are: {known}.")
    return excerpt.of(spec, tuple(found))


class _Texts(NamedTuple):
    """The documents that are stored, and the hash of what makes a version: all but the evidence."""

    openapi: str
    graphql: str | None
    markdown: str
    typescript: str
    fingerprint: str


def _texts(spec: Spec) -> _Texts:
    plain, graphql, types = openapi.to_json(openapi.document(spec, evidence=False)), sdl.document(spec), typescript.document(spec, client=True)
    fingerprint = hashlib.sha256(b"\0".join((plain, (graphql or "").encode("utf-8", "replace"), types.encode("utf-8", "replace")))).hexdigest()
    told = [openapi.to_json(openapi.document(spec)).decode(), graphql, markdown.document(spec), types]
    return _Texts._make([*storable(told), fingerprint])


async def _parsed(content_hash: str, id_: UUID) -> Spec:
    """The spec of a version; versions never change, so a few are remembered."""
    if content_hash not in _specs:
        rows = await EndpointDocumentation.raw("SELECT open_api_spec FROM endpoint_documentation WHERE id = {}", id_)
        made = await asyncio.to_thread(lambda: openapi_read.read(msgspec.json.decode(rows[0]["open_api_spec"])))
        while len(_specs) >= _MOST_SPECS:
            del _specs[next(iter(_specs))]
        _specs[content_hash] = made
    return _specs[content_hash]


async def _keep(endpoint_id: UUID, texts: _Texts, *, major: int = 1) -> dict[str, Any]:
    """Store a version; where the newest one says the same, renew its evidence."""
    newest = await _newest(endpoint_id)
    if newest and newest["content_hash"] == texts.fingerprint:
        if (newest["open_api_spec"], newest["markdown"]) != (texts.openapi, texts.markdown):
            await EndpointDocumentation.raw(_RENEWED, texts.openapi, texts.markdown, newest["id"])
        return await _newest(endpoint_id) or newest
    minor = int(newest["version"].split(".")[1]) + 1 if newest else 0
    await EndpointDocumentation.insert(
        EndpointDocumentation(
            id=uuid7(),
            endpoint_id=endpoint_id,
            open_api_spec=texts.openapi,
            graphql_schema=texts.graphql,
            markdown=texts.markdown,
            typescript_types=texts.typescript,
            version=f"{major}.{minor}.0",
            content_hash=texts.fingerprint,
        )
    )
    stored = await _newest(endpoint_id)
    if stored is None:
        raise Problem("conflict", "The endpoint was deleted meanwhile.")
    return stored


async def _newest(endpoint_id: UUID) -> dict[str, Any] | None:
    rows = await EndpointDocumentation.raw(
        "SELECT * FROM endpoint_documentation WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL ORDER BY id DESC LIMIT 1", endpoint_id
    )
    return rows[0] if rows else None


def _spec_of(row: dict[str, Any]) -> Spec:
    return openapi_read.read(msgspec.json.decode(row["open_api_spec"]))


def _line(operation: Operation) -> OperationLine:
    return OperationLine(operation.id, operation.method, operation.template, operation.summary, operation.api_type, operation.evidence.count, spread(operation))


def _docs(endpoint: Endpoint, row: dict[str, Any], operations: list[OperationLine], calls: int) -> Docs:
    base = f"{settings().base_url}/api/v1/endpoints/{endpoint.id}"
    links = {name: f"{base}/{file}" for name, (file, _) in FILES.items() if name != "graphql" or row["graphql_schema"]}
    return Docs(
        endpoint.id,
        endpoint.slug,
        row["version"],
        row["generated_at"],
        calls,
        operations,
        {**links, "page": f"{settings().base_url}/apis/{endpoint.slug}?tab=docs"},
    )

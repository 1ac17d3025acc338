"""Versions of an API's documents as they are stored: what makes one, the newest of either kind, and what changed from one to the next.

A version is what the API and the words about it are: more calls of the same kind renew the evidence in it and make no other. Versions `1.x` were heard;
`0.x` is a document that the user gave, which says how to call an API before anything was captured.
"""

import asyncio
import hashlib
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from agent import endpoints
from agent.actor import Actor
from agent.errors import Problem
from agent.spec.comparing import diff as spec_diff
from agent.spec.model import Change, Spec
from agent.spec.readers import openapi_read
from agent.spec.writers import markdown, openapi, sdl, typescript
from db.ids import uuid7
from db.jsonb import storable
from db.tables import EndpointDocumentation

_MOST_VERSIONS = 8
_MOST_SPECS = 16
_specs: dict[str, Spec] = {}
_NEWEST = """
SELECT id, version, generated_at, content_hash, open_api_spec, graphql_schema, markdown, typescript_types FROM endpoint_documentation
WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL ORDER BY id DESC LIMIT 1
"""
_RENEWED = "UPDATE endpoint_documentation SET open_api_spec = {}, markdown = {} WHERE id = {}"
_HISTORY = """
SELECT version, generated_at, open_api_spec FROM endpoint_documentation
WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL AND version NOT LIKE '0.%' ORDER BY id DESC LIMIT {}
"""
_NEWEST_OF_EACH = """
SELECT DISTINCT ON (version LIKE '0.%') version LIKE '0.%' AS is_given, content_hash, id FROM endpoint_documentation
WHERE endpoint_id = {} AND discovered_endpoint_id IS NULL ORDER BY version LIKE '0.%', id DESC
"""


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


class Stored(msgspec.Struct, frozen=True):
    """A version with its texts, and with the hash of what makes it one."""

    id: UUID
    version: str
    generated_at: datetime
    content_hash: str
    open_api_spec: str
    graphql_schema: str | None
    markdown: str
    typescript_types: str

    def spec(self) -> Spec:
        """Read anew each time, which takes a while for a large API: for a thread."""
        return _read(self.open_api_spec)


class Texts(NamedTuple):
    """The documents that are stored, and the hash of what makes a version: all but the evidence."""

    openapi: str
    graphql: str | None
    markdown: str
    typescript: str
    fingerprint: str


async def known(endpoint_id: UUID) -> Known:
    """The newest of either kind, as stored. The caller has checked whose endpoint it is."""
    rows = await EndpointDocumentation.raw(_NEWEST_OF_EACH, endpoint_id)
    found = {row["is_given"]: await _remembered(row["content_hash"], row["id"]) for row in rows}
    return Known(found.get(True), found.get(False))


async def history(actor: Actor, endpoint_id: UUID, limit: int = _MOST_VERSIONS) -> list[Version]:
    """The newest versions of what was heard, newest first. Raises endpoint_not_found."""
    await endpoints.get(actor, endpoint_id)
    rows = await EndpointDocumentation.raw(_HISTORY, endpoint_id, limit + 1)
    specs = [await asyncio.to_thread(_read, row["open_api_spec"]) for row in rows]
    found = [
        Version(row["version"], row["generated_at"], list(await asyncio.to_thread(spec_diff.compare, before, spec, is_heard=True)))
        for row, spec, before in zip(rows, specs, specs[1:], strict=False)
    ]
    first = [Version(rows[-1]["version"], rows[-1]["generated_at"], [])] if 0 < len(rows) <= limit else []
    return found + first


def write(spec: Spec) -> Texts:
    """What is stored of a spec."""
    plain, graphql, types = openapi.to_json(openapi.document(spec, evidence=False)), sdl.document(spec), typescript.document(spec, client=True)
    fingerprint = hashlib.sha256(b"\0".join((plain, (graphql or "").encode("utf-8", "replace"), types.encode("utf-8", "replace")))).hexdigest()
    told = [openapi.to_json(openapi.document(spec)).decode(), graphql, markdown.document(spec), types]
    return Texts._make([*storable(told), fingerprint])


async def keep(endpoint_id: UUID, texts: Texts, *, major: int = 1) -> Stored:
    """Store a version; where the newest one says the same, renew its evidence. Raises conflict where the endpoint has just gone."""
    last = await newest(endpoint_id)
    if last and last.content_hash == texts.fingerprint:
        if (last.open_api_spec, last.markdown) != (texts.openapi, texts.markdown):
            await EndpointDocumentation.raw(_RENEWED, texts.openapi, texts.markdown, last.id)
        return await newest(endpoint_id) or last
    minor = int(last.version.split(".")[1]) + 1 if last else 0
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
    stored = await newest(endpoint_id)
    if stored is None:
        raise Problem("conflict", "The endpoint was deleted meanwhile.")
    return stored


async def newest(endpoint_id: UUID) -> Stored | None:
    """Of either kind. The caller has checked whose endpoint it is."""
    rows = await EndpointDocumentation.raw(_NEWEST, endpoint_id)
    return Stored(**rows[0]) if rows else None


async def _remembered(content_hash: str, id_: UUID) -> Spec:
    """The spec of a version; versions never change, so a few are remembered."""
    if content_hash not in _specs:
        rows = await EndpointDocumentation.raw("SELECT open_api_spec FROM endpoint_documentation WHERE id = {}", id_)
        made = await asyncio.to_thread(_read, rows[0]["open_api_spec"])
        while len(_specs) >= _MOST_SPECS:
            del _specs[next(iter(_specs))]
        _specs[content_hash] = made
    return _specs[content_hash]


def _read(document: str) -> Spec:
    return openapi_read.read(msgspec.json.decode(document))

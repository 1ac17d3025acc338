"""Versions of documents: one for each state of the API, however many calls it is written from."""

import asyncpg
import pytest

from agent.documents import docs, versions
from agent.errors import Problem
from tests.agent.heard import an_endpoint, hear

GIVEN = b"""
openapi: 3.1.0
info: {title: Things, version: "1"}
servers: [{url: "https://elsewhere.test"}]
paths:
  /things: {get: {responses: {"200": {description: ok, content: {application/json: {schema: {type: array}}}}}}}
  /old: {get: {responses: {"200": {description: ok}}}}
"""


async def test_more_calls_renew_the_evidence_of_a_version(database: asyncpg.Pool) -> None:
    """The version stays, its counts follow; the document without evidence is the same to the byte."""
    actor, endpoint = await an_endpoint()
    await hear(actor, endpoint, "/things/1", {"id": 1, "name": "a"})
    first = await docs.generate(actor, endpoint.id)
    plain, told = (await docs.get(actor, endpoint.id, "openapi", evidence=False)).text, (await docs.get(actor, endpoint.id, "openapi")).text
    for number in range(2, 9):
        await hear(actor, endpoint, f"/things/{number}", {"id": number, "name": "b"})
    second = await docs.generate(actor, endpoint.id)
    assert (first.version, second.version, second.operations[0].calls) == ("1.0.0", "1.0.0", 8)
    assert (await docs.get(actor, endpoint.id, "openapi", evidence=False)).text == plain
    after = await docs.get(actor, endpoint.id, "openapi")
    assert after.text != told and after.content_hash != ""
    await hear(actor, endpoint, "/others", [])
    assert (await docs.generate(actor, endpoint.id)).version == "1.1.0"


async def test_what_is_published_has_no_evidence(database: asyncpg.Pool) -> None:
    """Counts and ids of calls are the owner's."""
    actor, endpoint = await an_endpoint()
    call = await hear(actor, endpoint, "/things", [{"id": 1}])
    await docs.generate(actor, endpoint.id)
    await database.execute("UPDATE endpoints SET is_public = true")
    for format in ("openapi", "openapi-yaml", "markdown"):
        found = await docs.get_public(endpoint.slug, format)
        assert found is not None
        assert str(call) not in found[1].text and "evidence" not in found[1].text and "captured" not in found[1].text


async def test_every_format_is_written(database: asyncpg.Pool) -> None:
    """From the same version, whole and for one operation; GraphQL says that there was none."""
    actor, endpoint = await an_endpoint()
    await hear(actor, endpoint, "/things", [{"id": 1}])
    made = await docs.generate(actor, endpoint.id)
    assert "graphql" not in made.links
    for format in ("openapi", "openapi-yaml", "markdown", "typescript", "postman", "http"):
        assert "/things" in (await docs.get(actor, endpoint.id, format)).text, format
        assert "/things" in (await docs.get(actor, endpoint.id, format, operation="GET /things")).text, format
    workflow = (await docs.get(actor, endpoint.id, "arazzo")).text
    assert '"operationId": "listThings"' in workflow and f"{endpoint.id}/openapi.json" in workflow
    with pytest.raises(Problem, match="graphql"):
        await docs.get(actor, endpoint.id, "graphql")


async def test_drift_from_an_uploaded_document_and_from_one_that_was_given(database: asyncpg.Pool) -> None:
    """The first is compared and forgotten, the second stays to be compared with."""
    actor, endpoint = await an_endpoint()
    with pytest.raises(Problem, match="Nothing that was heard"):
        await docs.drift(actor, endpoint.id, GIVEN)
    await hear(actor, endpoint, "/things", {"items": []})
    await docs.generate(actor, endpoint.id)
    with pytest.raises(Problem, match="no document to compare"):
        await docs.drift(actor, endpoint.id)
    with pytest.raises(Problem) as unreadable:
        await docs.drift(actor, endpoint.id, b"nothing")
    assert unreadable.value.code == "unreadable_document"
    found = await docs.drift(actor, endpoint.id, GIVEN)
    assert [(one.kind, one.template) for one in found.findings] == [("contradiction", "/things"), ("unheard", "/old")]
    assert (await versions.known(endpoint.id)).given is None
    await docs.give(actor, endpoint.id, GIVEN)
    assert (await docs.drift(actor, endpoint.id)).findings == found.findings


async def test_versions_say_what_changed_for_clients(database: asyncpg.Pool) -> None:
    """Newest first; the first has nothing before it."""
    actor, endpoint = await an_endpoint()
    assert await versions.history(actor, endpoint.id) == []
    await hear(actor, endpoint, "/things/1", {"id": 1, "name": "a"})
    await docs.generate(actor, endpoint.id)
    await hear(actor, endpoint, "/things/2", {"id": "two"})
    await hear(actor, endpoint, "/others", [])
    await docs.generate(actor, endpoint.id)
    newest, first = await versions.history(actor, endpoint.id)
    assert (first.version, first.changes, newest.version) == ("1.0.0", [], "1.1.0")
    assert {change.kind for change in newest.changes} >= {"NEW_ENDPOINT", "RESPONSE_CHANGED"}
    assert newest.breaking == 2

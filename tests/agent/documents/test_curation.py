"""What an owner decides stays through every new documentation, and can be taken back."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from agent.actor import Actor
from agent.documents import curation, docs
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec.decisions import Words
from tests.agent.heard import an_endpoint, hear

REPORT = {"rows": 3, "total": 5.5, "currency": "EUR"}


@pytest.fixture
async def mine(database: asyncpg.Pool) -> tuple[Actor, Endpoint]:
    """An API with reports by region, a style sheet and a path that was never served."""
    actor, endpoint = await an_endpoint()
    for name in ("north", "south", "east", "west", "summary"):
        await hear(actor, endpoint, f"/reports/{name}", {**REPORT, "name": name})
    await hear(actor, endpoint, "/app.css", b"a {}", media_type="text/css")
    await hear(actor, endpoint, "/later", {"error": "not found"}, status=404)
    await docs.generate(actor, endpoint.id)
    return actor, endpoint


async def _templates(actor: Actor, endpoint: Endpoint) -> set[str]:
    return {operation.template for operation in (await docs.generate(actor, endpoint.id)).operations}


async def test_a_pinned_template_stays(mine: tuple[Actor, Endpoint]) -> None:
    """With its names and beside a more literal one; taken back, the evidence decides again."""
    before = await curation.overview(*_ids(mine))
    assert {one.template for one in before.templates} == {"/reports/{report_name}"}
    assert 0.5 < before.templates[0].confidence < 1 and len(before.templates[0].samples) == 4
    await curation.pin(*_ids(mine), "/reports/{region}")
    after = await curation.pin(*_ids(mine), "/reports/summary")
    assert {(one.template, one.pin, one.confidence) for one in after.templates} == {("/reports/{region}", "keep", 1.0), ("/reports/summary", "keep", 1.0)}
    assert await _templates(*mine) == {"/reports/{region}", "/reports/summary"}
    for template in ("/reports/{region}", "/reports/summary"):
        await curation.unpin(*_ids(mine), template)
    assert await _templates(*mine) == {"/reports/{report_name}"}
    with pytest.raises(Problem, match="is not pinned"):
        await curation.unpin(*_ids(mine), "/reports/{region}")


async def test_a_rejected_template_is_split(mine: tuple[Actor, Endpoint]) -> None:
    """For good; ids that are evident cannot be, and that is said."""
    await curation.pin(*_ids(mine), "/reports/{report_name}", "reject")
    assert await _templates(*mine) == {f"/reports/{name}" for name in ("north", "south", "east", "west", "summary")}
    actor, endpoint = mine
    for _ in range(4):
        await hear(actor, endpoint, f"/users/{uuid4()}", {"name": "x"})
    assert "/users/{user_id}" in await _templates(*mine)
    with pytest.raises(Problem, match="cannot be split"):
        await curation.pin(*_ids(mine), "/users/{user_id}", "reject")
    assert [pin.template for pin in (await curation.overview(*_ids(mine))).pins] == ["/reports/{report_name}"]


async def test_what_was_left_out_is_put_back(mine: tuple[Actor, Endpoint]) -> None:
    """An asset, and a path that nobody ever served."""
    assert {(one.kind, one.path) for one in (await curation.overview(*_ids(mine))).left_out} == {("asset", "/app.css"), ("scanner", "/later")}
    await curation.put_back(*_ids(mine), "/app.css")
    after = await curation.put_back(*_ids(mine), "/later")
    assert after.left_out == []
    assert await _templates(*mine) >= {"/app.css", "/later"}
    with pytest.raises(Problem, match="not among"):
        await curation.put_back(*_ids(mine), "/app.css")


@pytest.mark.parametrize("wrong", ["reports/{x}", "/a b", "/a/{}", "/a?b=1", "/{a}/{a}", "/a/{b", "/" + "x" * 600, "/a#b", "/\x00"])
async def test_a_template_that_is_none_is_refused(mine: tuple[Actor, Endpoint], wrong: str) -> None:
    """With a sentence, before anything is stored."""
    with pytest.raises(Problem) as refused:
        await curation.pin(*_ids(mine), wrong)
    assert refused.value.code == "invalid_arguments"
    assert (await curation.overview(*_ids(mine))).pins == []


async def test_words_of_ones_own_stay(mine: tuple[Actor, Endpoint]) -> None:
    """Summary, description, parameter and field; through new calls, and through a new name of the parameter."""
    actor, endpoint = mine
    change = Words("Read a report", "Of one region.", {"path report_name": "The region"}, {"200 total": "Before tax"})
    await curation.edit(*_ids(mine), "GET /reports/{report_name}", change)
    await curation.pin(*_ids(mine), "/reports/{region}")
    for name in ("centre", "coast"):
        await hear(actor, endpoint, f"/reports/{name}", {**REPORT, "name": name, "more": 1})
    await docs.generate(*_ids(mine))
    spec, found = await curation.found_operation(*_ids(mine), "GET /reports/{region}")
    assert (found.summary, found.description) == ("Read a report", "Of one region.")
    schema = found.responses[0].contents[0].schema
    properties = (spec.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema)["properties"]
    assert properties["total"]["description"] == "Before tax"
    for text in ("Read a report", "Of one region", "Before tax"):
        assert text in (await docs.get(*_ids(mine), "markdown")).text
        assert text in (await docs.get(*_ids(mine), "openapi")).text
        assert text in (await docs.get(*_ids(mine), "typescript")).text
    await curation.edit(*_ids(mine), found.id, Words(fields={"200 total": ""}), taken_back=("summary", "description"))
    _, again = await curation.found_operation(*_ids(mine), found.id)
    assert (again.summary, again.description) == ("Get a report", "")


async def test_words_about_nothing_are_refused(mine: tuple[Actor, Endpoint]) -> None:
    """An unknown operation, field or parameter, and texts without end."""
    for operation, change, code in (
        ("nope", Words("x"), "operation_not_found"),
        ("GET /reports/{report_name}", Words(fields={"200 nope": "x"}), "invalid_arguments"),
        ("GET /reports/{report_name}", Words(parameters={"query nope": "x"}), "invalid_arguments"),
        ("GET /reports/{report_name}", Words(summary="x" * 201), "invalid_arguments"),
        ("GET /reports/{report_name}", Words(description="x" * 4001), "invalid_arguments"),
    ):
        with pytest.raises(Problem) as refused:
            await curation.edit(*_ids(mine), operation, change)
        assert refused.value.code == code


def _ids(mine: tuple[Actor, Endpoint]) -> tuple[Actor, UUID]:
    return mine[0], mine[1].id

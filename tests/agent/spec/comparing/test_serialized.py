"""How values of parameters are written: a change breaks where it can be seen on the wire."""

from typing import Any

import pytest

from agent.spec.comparing import diff
from agent.spec.readers import openapi_read
from agent.spec.writers import openapi

LIST, THING, TEXT = {"type": "array", "items": {"type": "string"}}, {"type": "object"}, {"type": "string"}


def _document(parameter: dict[str, Any], where: str) -> dict[str, Any]:
    listed = [{"name": "p", "in": where, "required": True, **parameter}]
    paths = {"/a/{p}" if where == "path" else "/a": {"get": {"parameters": listed, "responses": {"200": {"description": "OK"}}}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}


@pytest.mark.parametrize(
    ("where", "schema", "old", "new", "is_breaking"),
    [
        ("query", LIST, {}, {"explode": False}, True),
        ("query", LIST, {}, {"style": "form", "explode": True}, False),
        ("query", LIST, {"style": "pipeDelimited"}, {"style": "spaceDelimited"}, True),
        ("query", LIST, {"style": "pipeDelimited", "explode": True}, {}, False),
        ("query", TEXT, {}, {"style": "spaceDelimited", "explode": False}, False),
        ("query", THING, {}, {"style": "deepObject"}, True),
        ("query", THING, {"style": "deepObject"}, {"style": "deepObject", "explode": True}, False),
        ("query", {"anyOf": [TEXT, LIST]}, {}, {"explode": False}, True),
        ("query", {}, {}, {"explode": False}, True),
        ("path", TEXT, {}, {"style": "label"}, True),
        ("path", TEXT, {"style": "matrix"}, {"style": "matrix", "explode": True}, False),
        ("path", LIST, {}, {"explode": True}, False),
        ("path", THING, {}, {"explode": True}, True),
        ("header", LIST, {"style": "simple"}, {}, False),
    ],
)
def test_what_is_written_otherwise_breaks(where: str, schema: dict[str, Any], old: dict[str, Any], new: dict[str, Any], is_breaking: bool) -> None:
    """Of texts only a sign in front of them tells, of lists what stands between; the same said at length is no change, and either way round counts."""
    sides = [openapi_read.read(_document({"schema": schema, **one}, where)) for one in (old, new)]
    for before, after in (sides, sides[::-1]):
        assert [(change.kind, change.is_breaking) for change in diff.compare(before, after)] == [("SCHEMA_CHANGED", True)] * is_breaking
    for side in sides:
        assert openapi_read.read(openapi.document(side)).operations == side.operations


def test_swagger_2_says_it_in_its_own_words() -> None:
    """There a list has commas unless another form is said."""

    def heard(**form: str) -> Any:
        one = {"name": "p", "in": "query", "type": "array", "items": TEXT, **form}
        paths = {"/a": {"get": {"parameters": [one], "responses": {"200": {"description": "OK"}}}}}
        return openapi_read.read({"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": paths})

    modern = [openapi_read.read(_document({"schema": LIST, "required": False, "explode": explode}, "query")) for explode in (False, True)]
    for swagger, same, other in ((heard(), *modern), (heard(collectionFormat="multi"), *modern[::-1])):
        assert diff.compare(swagger, same) == ()
        (change,) = diff.compare(swagger, other)
        assert change.is_breaking and change.description.startswith("`GET /a`: the query parameter `p` was written in the style form")

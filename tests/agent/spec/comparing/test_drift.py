"""Drift: both directions, and what of it breaks."""

import msgspec

from agent.spec.comparing import drift
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.readers.openapi_read import read

JSON = (("content-type", "application/json"),)


def _heard() -> Spec:
    def call(path: str, body: object, status: int = 200) -> Exchange:
        return Exchange(path + str(body), "GET", f"https://a.example/v1{path}", status, response_headers=JSON, response_body=msgspec.json.encode(body))

    users = [{"id": n, "name": None if n == 12 else "x", "extra": 1, **({"city": "y"} if n > 11 else {})} for n in range(10, 14)]
    return conclude(observe_all([*(call(f"/users/{user['id']}", user) for user in users), call("/new?page=1", []), call("/users/99999", {}, 404)]))


def _document() -> Spec:
    user = {
        "type": "object",
        "properties": {key: {"type": kind} for key, kind in (("id", "integer"), ("name", "string"), ("city", "string"), ("age", "integer"))},
        "required": ["id", "city"],
    }
    answers = {"200": {"description": "", "content": {"application/json": {"schema": user}}}, "410": {"description": ""}}
    parameter = {"name": "user", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {"/users/{user}": {"get": {"parameters": [parameter], "responses": answers}}, "/old": {"post": {"responses": {"200": {"description": ""}}}}}
    return read({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://b.example/v1"}], "paths": paths})


def test_each_side_is_told_what_it_lacks() -> None:
    """The base path of the document's server counts, its host and the names of parameters do not."""
    found = drift.compare(_document(), _heard())
    told = {kind: {(one.template, one.text) for one in found.of(kind)} for kind in ("contradiction", "undocumented", "unheard")}
    assert (found.documented, found.heard, found.both) == (2, 2, 1)
    assert told["undocumented"] == {
        ("/v1/new", "The operation was heard, and is not documented."),
        ("/users/{user}", "`extra` of the 200 answer is there, and not documented."),
        ("/users/{user}", "Status 404 is answered, and not documented."),
    }
    assert told["unheard"] == {
        ("/old", "The operation is documented, and was not heard."),
        ("/users/{user}", "Status 410 is documented, and was not answered."),
        ("/users/{user}", "`age` of the 200 answer is documented, and was not there."),
    }
    assert told["contradiction"] == {
        ("/users/{user}", "`name` of the 200 answer is also null (1 of 4 times), and documented as string."),
        ("/users/{user}", "`city` of the 200 answer is documented as always there, and lacked in 2 of 4."),
    }
    assert found.breaking == 2


def test_a_document_does_not_drift_from_itself() -> None:
    """Nor does what was heard."""
    for spec in (_heard(), _document()):
        assert drift.compare(spec, spec).findings == []


def _documented(*paths: str, **more: object) -> Spec:
    """A document with one GET for each path."""
    operation = {"responses": {"200": {"description": ""}}}
    return read({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {path: {"get": operation} for path in paths}, **more})


def test_a_value_of_a_documented_parameter_is_documented() -> None:
    """What was heard with one value only has that value in its path; the nearest template counts, and each operation once."""
    found = drift.compare(
        _documented("/sites/{id}/deploys", "/sites/{id}/{part}", "/{any}/x/deploys"), _documented("/sites/tiny/deploys", "/sites/{a}/deploys")
    )
    assert (found.documented, found.heard, found.both) == (3, 2, 1)
    assert {(one.kind, one.template) for one in found.findings} == {("unheard", "/sites/{id}/{part}"), ("unheard", "/{any}/x/deploys")}


def test_any_server_of_the_document_may_be_the_one_that_was_called() -> None:
    """Or one that it does not name, at the root."""
    servers = [{"url": "https://a.test/v1"}, {"url": "/{stage}/v2", "variables": {"stage": {"default": "live"}}}]
    document = _documented("/pets", "/dogs", servers=servers)
    for heard in (_documented("/v1/pets"), _documented("/live/v2/pets/"), _documented("/pets"), _documented("/pets", servers=[{"url": "https://b.test/v1"}])):
        assert [one.text for one in drift.compare(document, heard).findings] == ["The operation is documented, and was not heard."]


def test_whoever_came_by_a_documented_way_is_no_drift() -> None:
    """By one of several, with more than was asked for, or with a token of OAuth; nobody else."""
    schemes = {"o": {"type": "oauth2", "flows": {}}, "k": {"type": "apiKey", "in": "header", "name": "X-Key"}, "b": {"type": "http", "scheme": "bearer"}}

    def texts(told: list[object], heard: list[object]) -> list[tuple[str, bool]]:
        sides = (_documented("/a", security=way, components={"securitySchemes": schemes}) for way in (told, heard))
        return [(one.text, one.is_breaking) for one in drift.compare(*sides).findings]

    assert (
        texts([{"o": []}], [{"b": []}])
        == texts([{"k": []}, {"b": []}], [{"b": []}])
        == texts([{}], [{"k": []}])
        == texts([{"k": []}], [{"k": [], "b": []}])
        == []
    )
    assert texts([{"k": []}], [{"b": []}]) == [("Authentication is documented as header `x-key`, and heard as bearer.", True)]
    assert texts([{"k": []}], []) == [("Authentication is documented as header `x-key`, and heard as not needed.", False)]


def test_an_operation_answers_for_its_own_calls_only() -> None:
    """Alike objects share a component, and what one operation showed is in it; another that never did is not blamed."""

    def call(path: str, body: object) -> Exchange:
        return Exchange(path + str(body), "GET", f"https://a.example{path}", 200, response_headers=JSON, response_body=msgspec.json.encode(body))

    users = [{"id": n, "name": "x", "mail": "y", "city": None if n == 12 else "z", **({"extra": 1} if n > 11 else {})} for n in range(10, 14)]
    listed = [{"id": n, "name": "x", "mail": "y", "city": "z"} for n in range(10, 14)]
    summary = observe_all([*(call(f"/users/{user['id']}", user) for user in users), *(call(f"/users?page={n}", listed) for n in (1, 2))])
    user = {"type": "object", "properties": {key: {"type": "integer" if key == "id" else "string"} for key in ("id", "name", "mail", "city")}}
    answers = [{"200": {"description": "", "content": {"application/json": {"schema": schema}}}} for schema in ({"type": "array", "items": user}, user)]
    page, one = {"name": "page", "in": "query", "schema": {}}, {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths = {"/users": {"get": {"parameters": [page], "responses": answers[0]}}, "/users/{id}": {"get": {"parameters": [one], "responses": answers[1]}}}
    document = read({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    heard, own = conclude(summary), conclude(summary, is_pooled=False)
    assert len(heard.schemas) == 1 and not own.schemas
    both = [
        ("/users/{id}", "`city` of the 200 answer is also null (1 of 4 times), and documented as string."),
        ("/users/{id}", "`extra` of the 200 answer is there, and not documented."),
    ]
    for found in (drift.compare(document, heard, own), drift.compare(document, own)):
        assert [(one.template, one.text) for one in found.findings] == both
    assert {one.operation for one in drift.compare(document, heard, own).findings} <= {operation.id for operation in heard.operations}
    assert len(drift.compare(document, heard).findings) == 4

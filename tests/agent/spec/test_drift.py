"""Drift: both directions, and what of it breaks."""

import msgspec

from agent.spec import drift
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all
from agent.spec.openapi_read import read

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

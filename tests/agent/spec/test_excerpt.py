"""A part of a spec has what it leads to and nothing else."""

import msgspec

from agent.spec import excerpt
from agent.spec.readers import given
from agent.spec.writers import openapi


def _answer(name: str) -> dict[str, object]:
    return {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}}


def _object(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties}


_DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/a": {"get": {"operationId": "a", "security": [{"key": []}], "responses": _answer("A")}},
        "/b": {"get": {"operationId": "b", "security": [{"other": []}], "responses": _answer("B")}},
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X"}, "other": {"type": "http", "scheme": "bearer"}},
        "schemas": {
            "A": _object(parts={"type": "array", "items": {"$ref": "#/components/schemas/Part"}}),
            "Part": _object(whole={"$ref": "#/components/schemas/A"}, name={"type": "string"}),
            "B": _object(x={"type": "string"}),
        },
    },
}


def test_one_operation_with_what_it_leads_to() -> None:
    """Schemas within schemas, also such as lead back to each other, and its own way in; the rest is gone, and what is written reads back the same."""
    spec = given.read(msgspec.json.encode(_DOCUMENT))
    part = excerpt.of(spec, spec.operations[:1])
    assert sorted(part.schemas) == ["A", "Part"] and [scheme.name for scheme in part.security_schemes] == ["key"]
    written = openapi.to_json(openapi.document(part))
    assert sorted(msgspec.json.decode(written)["paths"]) == ["/a"]
    assert given.read(written).operations[0].id == "a"

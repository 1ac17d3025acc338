"""OpenAPI documents, ours and others', as a Spec."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from agent.spec.comparing import diff
from agent.spec.infer import conclude
from agent.spec.model import Spec
from agent.spec.observe import observe_all
from agent.spec.readers import har, openapi_read
from agent.spec.readers.reading import Unreadable
from agent.spec.writers import openapi


def test_our_own_document_comes_back(shop: Spec) -> None:
    """As JSON and as YAML; the same document is written from it, and nothing has changed."""
    document = openapi.document(shop)
    for data in (openapi.to_json(document), openapi.to_yaml(document).encode()):
        found = openapi_read.read(openapi_read.parse(data))
        assert openapi.document(found) == document and diff.compare(shop, found) == ()


@pytest.mark.parametrize("name", ["petstore", "mixed_a", "spotify"])
def test_inferred_documents_come_back(shared_dir: Path, name: str) -> None:
    """Large ones, with every kind of API in them."""
    with (shared_dir / f"bench/discovery/dev/{name}.har").open("rb") as stream:
        document = openapi.document(conclude(observe_all(har.read(stream))))
    assert openapi.document(openapi_read.read(openapi_read.parse(openapi.to_yaml(document).encode()))) == document


def test_what_30_spells_otherwise_is_understood() -> None:
    """`nullable`, boolean exclusive limits, and a property that is named `nullable`."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "nullable": True, "enum": ["x"]},
            "b": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            "nullable": {"type": "string"},
            "c": {"allOf": [{"type": "string"}], "nullable": True},
        },
    }
    found = openapi_read.read({"openapi": "3.0.3", "paths": {}, "components": {"schemas": {"S": schema}}}).schemas["S"]["properties"]
    assert found["a"] == {"type": ["string", "null"], "enum": ["x", None]} and found["b"] == {"type": "integer", "exclusiveMinimum": 1}
    assert found["nullable"] == {"type": "string"} and found["c"] == {"anyOf": [{"allOf": [{"type": "string"}]}, {"type": "null"}]}


def test_references_are_uris_and_may_lead_nowhere() -> None:
    """A component's name may be percent-encoded; one that is not there stands for anything, and the document that is written has it no more."""
    generic = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Gone"}}}
    answers = {
        name: {"description": name, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ref}"}}}}
        for name, ref in (("200", "Page%3CPet%3E"), ("404", "Gone"))
    }
    found = openapi_read.read({"openapi": "3.1.0", "components": {"schemas": {"Page<Pet>": generic}}, "paths": {"/pets": {"get": {"responses": answers}}}})
    assert found.schemas == {"Page<Pet>": {"type": "object", "properties": {"next": {}}}}
    schemas = {one.status: one.contents[0].schema for one in found.operations[0].responses}
    assert schemas == {"200": {"$ref": "#/components/schemas/Page<Pet>"}, "404": {}}
    validate(openapi.document(found))


def test_references_and_inheritance_of_path_items_are_followed() -> None:
    """Parameters, bodies, responses and headers by reference; parameters and security from above."""
    document = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://{env}.x.test", "variables": {"env": {"default": "api"}}}],
        "security": [{"k": []}],
        "paths": {
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "post": {"requestBody": {"$ref": "#/components/requestBodies/B"}, "responses": {"4xx": {"$ref": "#/components/responses/R"}}},
                "get": {"security": [], "responses": {}},
            }
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"$ref": "#/paths/x"}}},
            "requestBodies": {"B": {"required": True, "content": {"application/json": {"schema": {"type": "string"}, "examples": {"one": {"value": "v"}}}}}},
            "responses": {"R": {"description": "no", "headers": {"X": {"$ref": "#/components/headers/X"}}}},
            "headers": {"X": {"required": True, "schema": {"type": "integer"}}},
            "securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "key"}},
        },
    }
    spec = openapi_read.read(document)
    post, get = spec.operations
    assert (post.parameters[0].name, post.request[0].example, post.request_required, post.security, get.security) == ("id", "v", True, (("k",),), ())
    assert post.responses[0].status == "4XX" and post.responses[0].headers[0].required and spec.servers == ("https://api.x.test",)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"swagger: '1.2'", "neither"),
        (b"a: [", "cannot be parsed"),
        (b"{", "cannot be parsed"),
        (b"[]", "no OpenAPI document"),
        (b'{"openapi": "4.0"}', "no OpenAPI document"),
        (b"", "no OpenAPI document"),
        (b"openapi: 3.1.0\nx: !!python/object:os.system y", "cannot be parsed"),
        (b"{" * 100_000, "cannot be parsed"),
        (b'{"openapi": "3.1.0", "a": "\xff"}', "cannot be parsed"),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, sentence: str) -> None:
    """With one sentence, running nothing."""
    with pytest.raises(Unreadable, match=sentence):
        openapi_read.parse(data)


def test_malformed_parts_are_passed_over() -> None:
    """A document of wrong types throughout gives an empty spec, not a traceback."""
    document = json.loads(
        '{"openapi":"3.1.0","info":7,"servers":[1],"tags":3,"paths":{"/a":{"get":{"parameters":[{"name":"x"},3],"responses":[],"requestBody":"x","security":7},"post":4},"/b":[]},"components":{"schemas":{"A":true,"B":false},"securitySchemes":{"x":1}}}'
    )
    assert [operation.method for operation in openapi_read.read(document).operations] == ["GET"]

"""Swagger 2.0 says the same in other words."""

from typing import Any

import pytest
from openapi_spec_validator import validate

from agent.spec.comparing import diff, drift
from agent.spec.readers import openapi_read, swagger
from agent.spec.writers import openapi

PET = {"type": "object", "properties": {"id": {"type": "integer"}, "tag": {"type": "string", "x-nullable": True}}, "required": ["id"]}
OLD: dict[str, Any] = {
    "swagger": "2.0",
    "info": {"title": "Pets", "version": "1"},
    "host": "pets.test",
    "basePath": "/v1",
    "schemes": ["http", "https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {
        "b": {"type": "basic"},
        "k": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "o": {"type": "oauth2", "flow": "application", "tokenUrl": "https://pets.test/token", "scopes": {"r": ""}},
    },
    "security": [{"k": []}],
    "parameters": {"limit": {"name": "limit", "in": "query", "type": "integer", "maximum": 100}, "pet": {"name": "pet", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Pet"}}},
    "responses": {"Gone": {"description": "Gone", "schema": {"$ref": "#/definitions/Pet"}}},
    "definitions": {"Pet": PET},
    "paths": {
        "/pets": {
            "get": {"parameters": [{"$ref": "#/parameters/limit"}], "responses": {"200": {"description": "OK", "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}, "headers": {"X-Total": {"type": "integer"}}}}},
            "post": {"parameters": [{"$ref": "#/parameters/pet"}], "responses": {"201": {"description": "Made"}, "410": {"$ref": "#/responses/Gone"}}},
        },
        "/pets/{id}/photo": {
            "parameters": [{"name": "id", "in": "path", "required": True, "type": "integer"}],
            "put": {"consumes": ["multipart/form-data"], "parameters": [{"name": "photo", "in": "formData", "type": "file", "required": True}], "responses": {"204": {"description": "Done"}}},
        },
    },
}  # fmt: skip
_IS = {"$ref": "#/components/schemas/Pet"}
NEW: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.test/v1"}],
    "security": [{"key": []}],
    "components": {
        "schemas": {"Pet": PET | {"properties": {"id": {"type": "integer"}, "tag": {"type": ["string", "null"]}}}},
        "securitySchemes": {
            "basic": {"type": "http", "scheme": "basic"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "o": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://pets.test/token", "scopes": {"r": ""}}}},
        },
    },
    "paths": {
        "/pets": {
            "get": {"parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}], "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": {"type": "array", "items": _IS}}}, "headers": {"X-Total": {"schema": {"type": "integer"}}}}}},
            "post": {"requestBody": {"required": True, "content": {"application/json": {"schema": _IS}}}, "responses": {"201": {"description": "Made"}, "410": {"description": "Gone", "content": {"application/json": {"schema": _IS}}}}},
        },
        "/pets/{id}/photo": {
            "put": {"parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}], "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"photo": {"type": "string", "format": "binary"}}, "required": ["photo"]}}}}, "responses": {"204": {"description": "Done"}}},
        },
    },
}  # fmt: skip


def test_the_same_api_in_both_is_no_change() -> None:
    """Nor any drift; and what comes of it is a valid document."""
    old, new = openapi_read.read(OLD), openapi_read.read(NEW)
    assert [one.servers[0] for one in (old, new)] == ["https://pets.test/v1"] * 2
    assert diff.compare(old, new) == diff.compare(new, old) == ()
    assert drift.compare(old, new).findings == []
    validate(swagger.modern(OLD))


@pytest.mark.parametrize("key", sorted(OLD))
@pytest.mark.parametrize(
    "wrong", [None, 7, "x", [1], {"x": 1}, {"x": [{"x": None}]}, {"/x": {"get": {"parameters": [{"in": "body"}, {"$ref": 5}, 1], "responses": {"200": 1}}}}]
)
def test_malformed_parts_are_passed_over(key: str, wrong: object) -> None:
    """Whatever is of the wrong type; what is left is written as a valid document."""
    validate(openapi.document(openapi_read.read(OLD | {key: "2.0" if key == "swagger" else wrong})))

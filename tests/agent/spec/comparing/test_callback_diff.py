"""What a server calls: callbacks and webhooks, where the sides are turned."""

import copy
from typing import Any

import openapi_spec_validator
import pytest

from agent.spec.comparing import diff
from agent.spec.model import Spec
from agent.spec.readers import openapi_read
from agent.spec.writers import openapi

URL = "{$request.body#/url}"
PAID = {"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "required": ["id"]}
TAKEN = {"type": "object", "properties": {"ok": {"type": "boolean"}}}


def _called() -> dict[str, Any]:
    return {
        "post": {
            "parameters": [{"name": "X-Signature", "in": "header", "required": True, "schema": {"type": "string"}}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Paid"}}}},
            "responses": {"204": {"description": "Taken"}, "200": {"description": "Taken", "content": {"application/json": {"schema": TAKEN}}}},
        }
    }


def _document(place: str, called: dict[str, Any], paid: dict[str, Any] = PAID) -> dict[str, Any]:
    """With one call as a callback of an operation, or as a webhook."""
    operation = {"operationId": "hook", "responses": {"201": {"description": "Created"}}}
    callbacks = {"callbacks": {"paid": {URL: called}}} if place == "callback" and called else {}
    webhooks = {"webhooks": {"paid": called}} if place == "webhook" and called else {}
    base = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://a.test"}], "components": {"schemas": {"Paid": paid}}}
    return base | {"paths": {"/hooks": {"post": operation | callbacks}}} | webhooks


def _read(place: str, called: dict[str, Any], paid: dict[str, Any] = PAID) -> Spec:
    return openapi_read.read(_document(place, called, paid))


def _changed(change: str) -> tuple[dict[str, Any], dict[str, Any]]:
    called, paid = copy.deepcopy(_called()), copy.deepcopy(PAID)
    post = called["post"]
    match change:
        case "a field more":
            paid["properties"]["at"] = {"type": "string"}
        case "a field less":
            del paid["properties"]["note"]
        case "a field that may lack":
            paid["required"] = []
        case "a field that is always there":
            paid["required"] = ["id", "note"]
        case "no header":
            post["parameters"] = []
        case "a header that may lack":
            post["parameters"][0]["required"] = False
        case "a header more":
            post["parameters"].append({"name": "X-Id", "in": "header", "required": True, "schema": {"type": "string"}})
        case "a body that may lack":
            post["requestBody"]["required"] = False
        case "another body":
            post["requestBody"]["content"] = {"text/xml": {"schema": {"type": "string"}}}
        case "an answer less":
            del post["responses"]["204"]
        case "an answer more":
            post["responses"]["410"] = {"description": "Gone"}
        case "all answers":
            post["responses"] = {"2XX": {"description": "Taken"}}
        case "an answer that must say more":
            post["responses"]["200"]["content"]["application/json"]["schema"] = TAKEN | {"required": ["ok"]}
        case "another method":
            called = {"put": post}
        case _:
            called = {}
    return called, paid


@pytest.mark.parametrize("place", ["callback", "webhook"])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("a field more", [False]),
        ("a field less", [True]),
        ("a field that may lack", [True]),
        ("a field that is always there", [False]),
        ("no header", [True]),
        ("a header that may lack", [True]),
        ("a header more", [False]),
        ("a body that may lack", [True]),
        ("another body", [True, False]),
        ("an answer less", [True]),
        ("an answer more", [False]),
        ("all answers", [False]),
        ("an answer that must say more", [True]),
        ("another method", [True, False]),
        ("nothing", [True]),
    ],
)
def test_what_breaks_whoever_is_called(place: str, change: str, expected: list[bool]) -> None:
    """What comes is read as an answer is, what goes as a request."""
    found = diff.compare(_read(place, _called()), _read(place, *_changed(change)))
    assert [one.is_breaking for one in found] == expected
    assert all(f"the {place} `paid`" in one.description.replace("The", "the", 1) for one in found)


@pytest.mark.parametrize("place", ["callback", "webhook"])
def test_they_are_read_and_written(place: str) -> None:
    """As a valid document, with the components that only they use; a new one breaks nobody."""
    spec = _read(place, _called())
    written = openapi.document(spec)
    openapi_spec_validator.validate(written)
    assert "Paid" in written["components"]["schemas"]
    again = openapi_read.read(written)
    assert (again.webhooks, again.operations) == (spec.webhooks, spec.operations)
    assert diff.compare(again, spec) == ()
    assert [(one.kind, one.is_breaking) for one in diff.compare(_read(place, {}), spec)] == [("RESPONSE_CHANGED", False)]


def test_a_callback_within_its_own_operation_ends() -> None:
    """References may go round."""
    document = _document("callback", {"$ref": "#/paths/~1hooks"})
    (operation,) = openapi_read.read(document).operations
    assert [one.template for one in operation.callbacks["paid"]] == [URL] and not operation.callbacks["paid"][0].callbacks

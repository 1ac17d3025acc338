"""The fields of bodies: places that a person would write, pointers under which evidence is kept."""

from agent.spec import fields
from agent.spec.model import Content, Operation, Response, Spec

NODE = {"type": "object", "properties": {"id": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}}, "required": ["id"]}


def _spec(schema: dict[str, object]) -> Spec:
    operation = Operation("op", "GET", "/x", responses=(Response("200", contents=(Content("application/json", schema),)),))
    return Spec("t", operations=(operation,), schemas={"Node": NODE})


def _places(spec: Spec) -> dict[str, str]:
    return {field.place: field.pointer for field in fields.of_operation(spec, spec.operations[0])}


def test_lists_maps_and_alternatives_have_places() -> None:
    """`[]` for a list, `*` for the values of a map; alternatives stand where the whole does."""
    inner = {"anyOf": [{"type": "object", "properties": {"a/b": {"type": "string"}}}, {"type": "null"}]}
    spec = _spec({"type": "object", "properties": {"items": {"type": "array", "items": inner}, "stock": {"additionalProperties": inner}}})
    base = "/operations/op/responses/200/application~1json/properties"
    assert _places(spec) == {
        "200 items": f"{base}/items",
        "200 items[].a/b": f"{base}/items/items/properties/a~1b",
        "200 stock": f"{base}/stock",
        "200 stock.*.a/b": f"{base}/stock/additionalProperties/properties/a~1b",
    }


def test_a_shared_schema_is_opened_once() -> None:
    """Its fields stand below the component, and recursion ends."""
    assert _places(_spec({"type": "array", "items": {"$ref": "#/components/schemas/Node"}})) == {
        "200 [].id": "/components/schemas/Node/properties/id",
        "200 [].next": "/components/schemas/Node/properties/next",
    }


def test_types_are_said_in_words() -> None:
    """As a person would say them."""
    said = fields.in_words
    assert said({"type": ["string", "null"], "format": "date"}) == "string or null (date)"
    assert said({"type": "array", "items": {"$ref": "#/components/schemas/Node"}}) == "list of Node"
    assert said({"enum": ["open", "closed"]}) == "open or closed"
    assert said({"type": "object", "additionalProperties": {"type": "number"}}) == "object of number by key"
    assert said({"anyOf": [{"type": "string"}, {"type": "null"}]}) == "string or null"
    assert said({}) == "any"

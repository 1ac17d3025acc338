"""From counts to JSON Schema: presence, null, maps, pooling, recursion, bounds."""

import json
from typing import Any

from agent.spec.schemas.bodies import count
from agent.spec.schemas.examples import example_of
from agent.spec.schemas.pool import Pool, error_name
from agent.spec.summary import Node
from agent.spec.values import STAND_INS


def _node(*bodies: Any) -> Node:
    node = Node()
    for body in bodies:
        count(node, body, "")
    return node


def _schema(*bodies: Any) -> dict[str, Any]:
    return Pool().schema(_node(*bodies))


def test_required_is_what_every_object_had() -> None:
    """A property missing once is optional; one that was null once is nullable."""
    schema = _schema({"a": 1, "b": "x"}, {"a": None})
    assert schema["required"] == ["a"]
    assert schema["properties"] == {"a": {"type": ["integer", "null"]}, "b": {"type": "string"}}


def test_numbers_and_unions() -> None:
    """One float makes a number; different types stand side by side; a value that was only null says nothing."""
    assert _schema(1, 2.5) == {"type": "number"}
    assert _schema(1, "x", None) == {"type": ["string", "integer", "null"]}
    assert _schema(3_000_000_000) == {"type": "integer", "format": "int64"}
    assert _schema({"a": None})["properties"] == {"a": {}}


def test_enumerations_need_many_repetitions() -> None:
    """Three values in sixty calls are an enumeration, three in six are not, and dates are a format instead."""
    assert _schema(*["open", "closed", "draft"] * 20) == {"type": "string", "enum": ["closed", "draft", "open"]}
    assert _schema(*["open", "closed", "draft"] * 2) == {"type": "string"}
    assert _schema("2024-01-01", "2024-01-02") == {"type": "string", "format": "date"}


def test_objects_keyed_by_ids_are_maps() -> None:
    """Keys that are data become additionalProperties."""
    schema = _schema({"101": {"name": "a"}, "102": {"name": "b"}, "103": {"name": "c"}})
    assert schema["additionalProperties"]["properties"] == {"name": {"type": "string"}}


def test_objects_keyed_by_codes_are_maps() -> None:
    """Currencies, countries and airports are written alike; three of them with one type of value are enough."""
    assert _schema({"EUR": 1.1, "USD": 1.0, "JPY": 160.2})["additionalProperties"] == {"type": "number"}
    assert "properties" in _schema({"EUR": 1.1, "USD": "x", "JPY": 160.2}) and "properties" in _schema({"EUR": 1.1, "USD": 2.0})


def test_lists_and_details_share_a_component() -> None:
    """The list teaches that a field is optional although the one detail had it."""
    user = {"id": 1, "login": "a", "email": "x", "age": 3, "bio": "b"}
    listed, detail = _node([user, {key: value for key, value in user.items() if key != "bio"}]), _node(user)
    pool = Pool()
    pool.add(listed, "users")
    pool.add(detail, "users")
    pool.settle()
    assert pool.schema(detail) == {"$ref": "#/components/schemas/User"}
    assert pool.schema(listed) == {"type": "array", "items": {"$ref": "#/components/schemas/User"}}
    assert pool.schemas["User"]["required"] == ["age", "email", "id", "login"]
    assert pool.evidence["/components/schemas/User/properties/bio"].count == 2
    assert pool.evidence["/components/schemas/User/properties/bio"].total == 3


def test_errors_of_one_shape_are_one_component() -> None:
    """An error body that was seen once has the keys that all others had, although the API often leaves keys out; its envelope stands apart from what is in it."""
    pool, error = Pool(), {"code": 1, "message": "no", "type": "x"}
    nodes = [_node({"error": error | {"details": []} if number % 2 else error}) for number in range(9)]
    for node in nodes:
        pool.add(node, error_name(node))
    for number in range(9):
        pool.add(_node({f"a{number}": 1}, {f"b{number}": 2}), f"other{number}")
    pool.settle()
    assert [pool.schema(node) for node in nodes] == [{"$ref": "#/components/schemas/ErrorResponse"}] * 9
    assert pool.schemas["ErrorResponse"]["required"] == ["error"]
    assert pool.schemas["ErrorResponse"]["properties"] == {"error": {"$ref": "#/components/schemas/Error"}}
    assert pool.schemas["Error"]["required"] == ["code", "message", "type"]


def test_errors_of_two_shapes_stay_apart() -> None:
    """Two envelopes whose insides have little in common are two components."""
    pool, nodes = Pool(), [_node({"error": {"status": 4, "message": "no"}}), _node({"error": {"code": "x", "message": "no"}})]
    nodes += [_node({"error": {"status": 5, "message": "no"}}), _node({"error": {"code": "y", "message": "no"}})]
    for node in nodes:
        pool.add(node, error_name(node))
    pool.settle()
    assert pool.schema(nodes[0]) == pool.schema(nodes[2]) != pool.schema(nodes[1]) == pool.schema(nodes[3])


def test_an_amount_is_a_number_where_amounts_elsewhere_are() -> None:
    """One whole amount is no integer in an API whose amounts have fractions; an id that never had one is."""
    pool = Pool()
    bills, one = _node(*[{"amount": 1.5 + n, "id": n, "a": 1, "b": 1} for n in range(9)]), _node({"amount": 4, "id": 4, "x": "", "y": ""})
    pool.add(bills, "bills")
    pool.add(one, "refund")
    pool.settle()
    assert pool.schema(one)["properties"]["amount"] == {"type": "number"}
    assert pool.schema(one)["properties"]["id"] == {"type": "integer"}


def test_an_empty_object_requires_nothing() -> None:
    """Where an object was empty in one of two alike answers, a shared component would promise too much."""
    pool, color = Pool(), {"key": 1, "value": "x"}
    pages = [_node({"id": 1, "name": "a", "size": 1, "kind": "x", "color": each}) for each in (color, {})]
    for page in pages:
        pool.add(page, "page")
    pool.add(_node(color), "color")
    pool.settle()
    assert pool.schemas["Page"]["properties"]["color"].get("required", []) == []


def test_recursion_becomes_a_reference() -> None:
    """A tree of alike nodes refers to itself."""
    tree: dict[str, Any] = {"id": 0, "name": "leaf", "size": 1, "kind": "x", "children": []}
    for number in range(6):
        tree = {"id": number, "name": "n", "size": 2, "kind": "y", "children": [tree]}
    pool, node = Pool(), _node(tree)
    pool.add(node, "tree")
    pool.settle()
    name = pool.schema(node)["$ref"].rpartition("/")[2]
    assert pool.schemas[name]["properties"]["children"]["items"] == {"$ref": f"#/components/schemas/{name}"}


def test_deep_and_wide_bodies_are_bounded() -> None:
    """A thousand levels and ten thousand keys give a schema of a sane size."""
    deep: Any = 1
    for _ in range(900):
        deep = {"a": deep}
    assert len(json.dumps(_schema(deep))) < 5000
    assert "additionalProperties" in _schema({f"key{number}": number for number in range(10_000)})


def test_examples_are_plausible() -> None:
    """An example has the usual properties with values that were seen."""
    assert example_of(_node({"id": 7, "tags": ["a"], "ok": True})) == {"id": 7, "ok": True, "tags": ["a"]}


def test_what_may_not_be_shown_has_a_stand_in_of_its_format() -> None:
    """Or else the example would contradict the schema beside it."""
    assert example_of(_node({"token": "5b1f8c0e-3f0a-4b7e-9d55-6c2f8f1f9a10"})) == {"token": STAND_INS["uuid"]}
    assert example_of(_node({"token": "aB3dE5gH7jK9mN1pQ3sT5"})) == {"token": "string"}

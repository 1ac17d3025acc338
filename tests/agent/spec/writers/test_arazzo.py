"""Recorded sequences as Arazzo workflows."""

import json
from collections.abc import Callable

from agent.spec.model import Exchange, Operation, Parameter, SecurityScheme, Spec
from agent.spec.writers import arazzo

ORDER = "123e4567-e89b-42d3-a456-426614174000"


def test_values_are_carried_from_step_to_step(shop: Spec, golden: Callable[[str, str], None]) -> None:
    """An id that one answer gave and a later call sent is a reference; a secret is an input; strangers are passed over."""
    sent = json.dumps({"id": "new", "payment_token": "tok-abcdef123456", "total": 3}).encode()
    exchanges = (
        Exchange("1", "POST", "https://api.shop.test/v1/orders", 201, request_body=sent, response_body=json.dumps({"id": ORDER, "total": 3}).encode()),
        Exchange("2", "GET", "https://api.shop.test/v1/unknown", 404),
        Exchange("3", "GET", f"https://api.shop.test/v1/orders/{ORDER}", 200, response_body=b"not json"),
        Exchange("4", "GET", "https://api.shop.test/v1/orders?limit=5&other=1", 200),
    )
    document = arazzo.document(shop, exchanges, name="place an order")
    golden("shop.arazzo.json", json.dumps(document, indent=2) + "\n")
    steps = document["workflows"][0]["steps"]
    assert [step["operationId"] for step in steps] == ["createOrder", "getOrder", "listOrders"]
    assert steps[1]["parameters"] == [{"name": "order_id", "in": "path", "value": "$steps.createOrder.outputs.id"}]
    assert "tok-abcdef" not in json.dumps(document) and document["workflows"][0]["inputs"]["properties"] == {"payment_token": {"type": "string"}}


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_session_reads_as_what_was_done() -> None:
    """A form signs in, its token goes with the later calls, a small id is an id in a path and nothing elsewhere, and each step has the name of its call."""
    signed_in, json_type = ("authorization", "Bearer abcdef.ghijkl"), ("Content-Type", "application/json")
    security = (("bearer",),)
    key = Parameter("Idempotency-Key", "header", {"type": "string"})
    spec = Spec(
        "shop",
        ("https://api.shop.test",),
        (
            Operation("createToken", "POST", "/tokens"),
            Operation("createItem", "POST", "/items", summary="Create an item", parameters=(key,), security=security),
            Operation("getItem", "GET", "/items/{item_id}", security=security),
        ),
        security_schemes=(SecurityScheme("bearer", "http", "bearer"),),
    )
    url, form = "https://api.shop.test", ("Content-Type", "application/x-www-form-urlencoded")
    exchanges = (
        Exchange(
            "1", "POST", f"{url}/tokens", 200, (form,), b"username=ann&password=s3cret", response_body=_json({"access_token": "abcdef.ghijkl", "level": 2})
        ),
        Exchange("2", "POST", f"{url}/items", 201, (signed_in, json_type, ("idempotency-key", "k1")), _json({"quantity": 2}), response_body=_json({"id": 7})),
        Exchange("3", "GET", f"{url}/items/7", 200, (signed_in,)),
        Exchange("4", "GET", f"{url}/items/7", 401, (("authorization", "Bearer other"),)),
    )
    workflow = arazzo.document(spec, exchanges)["workflows"][0]
    first, second, third, fourth = workflow["steps"]
    assert [step["stepId"] for step in workflow["steps"]] == ["createToken", "createItem", "getItem", "getItem2"] and second["description"] == "Create an item"
    assert first["requestBody"] == {"contentType": form[1], "payload": {"username": "ann", "password": "$inputs.password"}}
    token = {"name": "Authorization", "in": "header", "value": "Bearer {$steps.createToken.outputs.access_token}"}
    assert second["parameters"] == [{"name": "Idempotency-Key", "in": "header", "value": "k1"}, token] and second["requestBody"]["payload"] == {"quantity": 2}
    assert third["parameters"] == [{"name": "item_id", "in": "path", "value": "$steps.createItem.outputs.id"}, token]
    assert fourth["parameters"][1]["value"] == "Bearer {$inputs.bearer}" and workflow["inputs"]["required"] == ["bearer", "password"]


def test_nothing_recorded_is_an_empty_workflow(shop: Spec) -> None:
    """Still a document."""
    assert arazzo.document(shop, ())["workflows"][0]["steps"] == []


def test_a_password_within_graphql_becomes_an_input_or_is_hidden() -> None:
    """By the argument that its variable stands for; and where it is written into the document itself."""
    url = "https://api.shop.test/graphql"
    bodies = (
        {"query": "mutation($p: String!) { login(password: $p) { ok } }", "variables": {"p": "hunter2 hunter2"}},
        {"query": 'mutation { login(password: "hunter2 hunter2") { ok } }'},
    )
    spec = Spec("shop", ("https://api.shop.test",), (Operation("graphql", "POST", "/graphql"),))
    exchanges = [Exchange(str(n), "POST", url, 200, request_body=json.dumps(body).encode()) for n, body in enumerate(bodies)]
    text = json.dumps(arazzo.document(spec, exchanges), ensure_ascii=False)
    assert "hunter2" not in text
    assert '"variables": {"p": "$inputs.p"}' in text
    assert "login(password: " in text

"""Why a call failed, told from captures alone."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from agent.actor import Actor
from agent.calls import explaining
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.recorder import Heard, body_of, row_of, store
from db.ids import uuid7
from tests.agent.heard import BASE, an_endpoint

GOOD = {"product_id": "prod_1", "quantity": 2, "note": "ring"}


async def _order(actor: Actor, endpoint: Endpoint, body: dict[str, Any], status: int, answer: object, media_type: str = "application/json") -> UUID:
    """A captured order; each comes from another client."""
    call_id = uuid7()
    data = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    heard = Heard(
        endpoint.id, actor.user_id, "POST", f"{BASE}/orders", status=status,
        request_headers=[("Content-Type", "application/json"), ("Sec-Fetch-Mode" if status < 400 else "User-Agent", "x")], request=body_of(msgspec.json.encode(body), 10_000),
        response_headers=[("Content-Type", media_type)], response=body_of(data, 10_000),
    )  # fmt: skip
    await store([row_of(heard, call_id)])
    return call_id


@pytest.mark.parametrize(
    ("answer", "media_type", "said"),
    [
        ({"error": {"code": "invalid_order", "message": "quantity must be 1 to 100."}}, "application/json", "quantity must be 1 to 100."),
        ({"detail": [{"loc": ["body", "quantity"], "msg": "Input should be greater than 0"}]}, "application/json", "Input should be greater than 0"),
        ({"errors": ["Quantity is too small", "…"]}, "application/json", "Quantity is too small"),
        ({"type": "about:blank", "title": "Bad order", "detail": "No `quantity`\n given."}, "application/problem+json", "No 'quantity' given."),
        (b"quantity missing\n", "text/plain", "quantity missing"),
    ],
)
async def test_the_words_of_the_api_come_first(database: object, answer: object, media_type: str, said: str) -> None:
    """Whatever form its errors have, on one line and unable to leave their quotes; then what differs from the success."""
    actor, endpoint = await an_endpoint()
    await _order(actor, endpoint, GOOD, 201, {"id": 1})
    failed = await _order(actor, endpoint, {"product_id": "nothing", "quantity": 0}, 422, answer, media_type)
    told = await explaining.explain(actor, failed)
    assert told.likely_cause.endswith(f"The API says: `{said}`")
    assert told.differences == ["The body lacks `note`.", "`product_id` is `nothing`, it was `prod_1`.", "`quantity` is `0`, it was `2`."]


@pytest.mark.parametrize("answer", [{"status": 422}, {"error": {}}, [], b"<h1>Sorry</h1>"])
async def test_where_the_api_says_nothing_the_comparison_tells_most(database: object, answer: object) -> None:
    """A code alone, an empty error or a page for people is no reason."""
    actor, endpoint = await an_endpoint()
    await _order(actor, endpoint, GOOD, 201, {"id": 1})
    await _order(actor, endpoint, {"product_id": "prod_1", "quantity": 2}, 422, answer, "text/html" if isinstance(answer, bytes) else "application/json")
    told = await explaining.explain(actor, endpoint_id=endpoint.id)
    assert told.likely_cause == "422: The body is well-formed but a value in it is not accepted. Most telling: The body lacks `note`."


async def test_an_answer_that_was_cut_off_failed_by_that(database: object) -> None:
    """A good status does not hide that the exchange broke off; and such a call is no success to compare with."""
    actor, endpoint = await an_endpoint()
    heard = Heard(endpoint.id, actor.user_id, "GET", f"{BASE}/export", status=200, error="the client left before the answer was complete")
    await store([row_of(heard, uuid7())])
    told = await explaining.explain(actor, endpoint_id=endpoint.id)
    assert told.likely_cause == "The upstream answered 200, but the exchange did not end well: the client left before the answer was complete."
    assert told.last_success is None


async def test_the_newest_failure_of_one_operation(database: object) -> None:
    """By its template, a real path or a path alone; one that never failed is said to have not."""
    actor, endpoint = await an_endpoint()
    for method, path, status in (("GET", "/orders/7", 404), ("GET", "/boom", 500), ("POST", "/boom", 422), ("GET", "/users", 200)):
        await store([row_of(Heard(endpoint.id, actor.user_id, method, f"{BASE}{path}", status=status), uuid7())])
    for operation, status in (("GET /orders/{order_id}", 404), ("/orders/7", 404), ("GET /boom", 500), ("/boom", 422)):
        assert (await explaining.explain(actor, endpoint_id=endpoint.id, operation=operation)).call.status == status
    with pytest.raises(Problem, match="No captured call of `GET /users` has failed"):
        await explaining.explain(actor, operation="GET /users")

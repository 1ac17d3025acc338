"""Why a call failed, told from captures alone."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from agent.actor import Actor
from agent.calls import explaining
from agent.endpoints import Endpoint
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

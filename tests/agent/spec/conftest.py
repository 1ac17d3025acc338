"""A small API that has one of everything a document must show, and the goldens to compare documents with."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.spec.model import Content, Evidence, MessageFormat, Noise, Operation, Paging, Parameter, Response, SecurityScheme, Spec

GOLDEN = Path(__file__).resolve().parents[2] / "golden"

HOSTILE = "</script><img src=x onerror=alert(1)> ![x](http://evil.test/p) [y](javascript:alert(1)) ```\n# h */ alert(1) /* `z` | www.evil.test"


@pytest.fixture(scope="session")
def shop() -> Spec:
    """Three operations, one of them a WebSocket, with a shared schema, paging, errors and a secret in an example."""
    seen = Evidence(12, 1_760_000_000.0, 1_760_003_600.5, ("a1", "b2"), 0.98)
    order = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "total": {"type": "number"},
            "note": {"type": ["string", "null"]},
            "status": {"type": "string", "enum": ["OPEN", "SHIPPED"]},
            "parent": {"anyOf": [{"$ref": "#/components/schemas/Order"}, {"type": "null"}]},
            "line-items": {
                "type": "array",
                "items": {"type": "object", "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}}, "required": ["sku", "count"]},
            },
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["id", "total", "note", "status"],
    }
    example = {"id": "123e4567-e89b-42d3-a456-426614174000", "total": 12.5, "note": None, "status": "OPEN", "payment_token": "tok-abcdef123456"}
    ref = {"$ref": "#/components/schemas/Order"}
    path = Parameter("order_id", "path", {"type": "string", "format": "uuid"}, required=True, example=example["id"], evidence=seen)
    return Spec(
        title="Shop API",
        servers=("https://api.shop.test/v1",),
        operations=(
            Operation(
                "listOrders",
                "GET",
                "/orders",
                summary="List orders",
                tags=("orders",),
                parameters=(
                    Parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 100}, example=20),
                    Parameter("cursor", "query", {"type": "string"}),
                ),
                responses=(
                    Response(
                        "200",
                        "",
                        (Content("application/json", {"type": "array", "items": ref}, [example], seen),),
                        (Parameter("Link", "header", {"type": "string"}),),
                        seen,
                    ),
                ),
                security=(("bearerAuth",),),
                pagination=Paging("cursor", ("cursor", "limit"), "next", 100),
                evidence=seen,
            ),
            Operation(
                "createOrder",
                "POST",
                "/orders",
                summary="Create an order",
                description="Charges the card at once.",
                tags=("orders",),
                parameters=(Parameter("Idempotency-Key", "header", {"type": "string"}, required=True),),
                request=(Content("application/json", ref, example, seen),),
                request_required=True,
                responses=(
                    Response("201", "", (Content("application/json", ref, example, seen),)),
                    Response(
                        "422",
                        "",
                        (
                            Content(
                                "application/problem+json", {"type": "object", "properties": {"detail": {"type": "string"}}}, {"detail": "no `sku` | given"}
                            ),
                        ),
                    ),
                ),
                security=(("bearerAuth",), ("apiKey",)),
                idempotency_header="Idempotency-Key",
                evidence=seen,
            ),
            Operation(
                "getOrder",
                "GET",
                "/orders/{order_id}",
                summary="Get an order",
                tags=("orders",),
                parameters=(path,),
                responses=(Response("200", "", (Content("application/json", ref, example),)), Response("404")),
                security=((),),
                evidence=seen,
            ),
            Operation(
                "orderEvents",
                "GET",
                "/events",
                tags=("events",),
                api_type="WebSocket",
                responses=(Response("101"),),
                messages=(
                    MessageFormat(
                        "sent",
                        "subscribe",
                        {"type": "object", "properties": {"type": {"const": "subscribe"}}, "required": ["type"]},
                        {"type": "subscribe"},
                        seen,
                    ),
                ),
            ),
        ),
        schemas={"Order": order},
        security_schemes=(
            SecurityScheme("bearerAuth", "http", "bearer", bearer_format="JWT"),
            SecurityScheme("apiKey", "apiKey", where="header", parameter="X-Api-Key"),
        ),
        cors={"allow_origin": "https://shop.test", "credentials": True, "allow_methods": ["GET", "POST"], "max_age": 600},
        noise=(Noise("asset", "GET", "/app.js", 3),),
        evidence=seen,
    )


@pytest.fixture(scope="session")
def hostile() -> Spec:
    """An API whose every captured text tries to become markup or code."""
    schema = {
        "type": "object",
        "properties": {HOSTILE: {"type": "string", "enum": [HOSTILE], "description": HOSTILE}, "*/": {"type": "integer"}},
        "required": [HOSTILE],
    }
    operation = Operation(
        "op*/x",
        "POST",
        "/a'b/{x}",
        summary=HOSTILE,
        description=HOSTILE,
        tags=(HOSTILE,),
        parameters=(
            Parameter(HOSTILE, "query", {"type": "string"}, required=True, description=HOSTILE, example=HOSTILE),
            Parameter("X-A", "header", {"type": "string"}, required=True, example="a\r\nX-B: c'$(id)"),
        ),
        request=(Content("application/json", {"$ref": "#/components/schemas/Bad*~1"}, {HOSTILE: HOSTILE}),),
        responses=(
            Response("200", HOSTILE, (Content("application/json", schema, {HOSTILE: "````\n`````"}),)),
            Response("400", HOSTILE, (Content("text/plain", {"type": "string"}, HOSTILE),)),
        ),
        operation_names=(HOSTILE,),
        messages=(MessageFormat("sent", HOSTILE, schema, HOSTILE),),
        security=((HOSTILE,),),
    )
    return Spec(
        HOSTILE,
        ("https://evil.test/'$(id)`id`",),
        (operation,),
        {"Bad*~1": schema},
        (SecurityScheme(HOSTILE, "apiKey", where="header", parameter="X-'`\n", description=HOSTILE),),
        noise=(Noise("asset", "GET", HOSTILE, 1),),
    )


@pytest.fixture(scope="session")
def golden() -> Callable[[str, str], None]:
    """Compares a text with `tests/golden/<name>`; `UPDATE_GOLDENS=1` rewrites the file, and the difference is the review."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("UPDATE_GOLDENS") == "1":
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return compare

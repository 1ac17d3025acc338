"""A shop of products, customers and orders over REST, with sign-in, pages, errors and a GraphQL door. It forgets everything at a restart.

`POST /_switch` {"breaking": true} renames a field and drops an operation, so that a change can be watched.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID, uuid5

import msgspec
from litestar.types import Receive, Scope, Send

_SPACE = UUID("6f3c1f7e-0c1b-4a57-9a55-3f1d3f0f6a11")
_NAMES = ("Lamp", "Chair", "Desk", "Shelf", "Rug", "Clock", "Vase", "Mirror", "Stool", "Basket", "Kettle", "Plant")
_MAX_BODY = 64 * 1024
Reply = tuple[int, Any]


class _Shop:
    """The shop's state."""

    def __init__(self) -> None:
        self.breaking = False
        self.products: list[dict[str, Any]] = [
            {
                "id": f"prod_{1000 + n}",
                "name": name,
                "price_cents": 1500 + 700 * n,
                "currency": "EUR",
                "in_stock": n % 4 != 3,
                "tags": ["home"] if n % 2 else ["home", "new"],
                "created_at": f"2026-0{n % 9 + 1}-1{n % 10}T09:30:00Z",
            }
            for n, name in enumerate(_NAMES)
        ]
        self.orders: dict[str, dict[str, Any]] = {}


_shop = _Shop()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application, mounted at `/demo`."""
    if scope["type"] != "http":
        return
    raw = scope["raw_path"].decode("latin-1").split("?")[0]
    path = raw.removeprefix("/demo") or "/"
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
    status, found = _answer(scope["method"], path.rstrip("/") or "/", query, headers, await _body(receive))
    body = b"" if found is None else msgspec.json.encode(found)
    out = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-ratelimit-limit", b"600"),
        (b"access-control-allow-origin", b"*"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": out})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})


def _answer(method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> Reply:
    for wanted, pattern, handler in _ROUTES:
        if found := re.fullmatch(pattern, path):
            if method != wanted and not (method == "HEAD" and wanted == "GET"):
                continue
            try:
                given = msgspec.json.decode(body) if body else {}
            except (msgspec.DecodeError, RecursionError):
                return 400, _error("invalid_json", "The body is not valid JSON.")
            return handler(found.group(1) if found.groups() else "", query, headers, given if isinstance(given, dict) else {})
    return 404, _error("not_found", f"There is no {path}.")


def _index(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    return 200, {"name": "Demo shop", "version": "2" if _shop.breaking else "1", "resources": ["/products", "/customers/me", "/orders", "/graphql"]}


def _product_list(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    limit, offset = _number(query.get("limit"), 5), _number(query.get("offset"), 0)
    shown = [_shown(product) for product in _shop.products if query.get("tag") is None or query["tag"] in product["tags"]]
    return 200, {"items": shown[offset : offset + limit], "total": len(shown), "limit": limit, "offset": offset}


def _product(key: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    found = next((product for product in _shop.products if product["id"] == key), None)
    return (200, _shown(found)) if found else (404, _error("product_not_found", f"There is no product {key}."))


def _me(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    if not _is_signed_in(headers):
        return 401, _error("unauthorized", "Send Authorization: Bearer demo-token.")
    return 200, {
        "id": str(uuid5(_SPACE, "ada")),
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "address": {"street": "12 Analytical Row", "city": "London", "postcode": "W1"},
    }


def _order_list(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    if not _is_signed_in(headers):
        return 401, _error("unauthorized", "Send Authorization: Bearer demo-token.")
    return 200, {"items": list(_shop.orders.values())[-50:], "next_cursor": None}


def _order_create(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    if not _is_signed_in(headers):
        return 401, _error("unauthorized", "Send Authorization: Bearer demo-token.")
    product = next((p for p in _shop.products if p["id"] == given.get("product_id")), None)
    quantity = given.get("quantity")
    if product is None or not isinstance(quantity, int) or not 1 <= quantity <= 100:
        return 422, _error("invalid_order", "product_id must exist and quantity must be 1 to 100.")
    order_id = str(uuid5(_SPACE, f"order {len(_shop.orders)}"))
    order = {
        "id": order_id,
        "product_id": product["id"],
        "quantity": quantity,
        "total_cents": quantity * product["price_cents"],
        "status": "pending",
        "note": given.get("note"),
    }
    _shop.orders[order_id] = order
    while len(_shop.orders) > 200:
        del _shop.orders[next(iter(_shop.orders))]
    return 201, order


def _order(key: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    if not _is_signed_in(headers):
        return 401, _error("unauthorized", "Send Authorization: Bearer demo-token.")
    return (200, _shop.orders[key]) if key in _shop.orders else (404, _error("order_not_found", f"There is no order {key}."))


def _order_cancel(key: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    if _shop.breaking:
        return 404, _error("not_found", "Orders can no longer be cancelled.")
    status, found = _order(key, query, headers, given)
    if status == 200:
        _shop.orders[key] = {**found, "status": "cancelled"}
        return 204, None
    return status, found


def _graphql(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    text = str(given.get("query", ""))
    if "products" in text:
        return 200, {"data": {"products": [{"id": p["id"], "name": p["name"]} for p in _shop.products[:5]]}}
    if "product" in text:
        key = (given.get("variables") or {}).get("id")
        return 200, {"data": {"product": next(({"id": p["id"], "name": p["name"]} for p in _shop.products if p["id"] == key), None)}}
    return 200, {"errors": [{"message": "Cannot query that field."}]}


def _switch(_: str, query: dict[str, str], headers: dict[str, str], given: dict[str, Any]) -> Reply:
    _shop.breaking = given.get("breaking") is True
    return 200, {"breaking": _shop.breaking}


_ROUTES: tuple[tuple[str, str, Callable[[str, dict[str, str], dict[str, str], dict[str, Any]], Reply]], ...] = (
    ("GET", r"/", _index),
    ("GET", r"/products", _product_list),
    ("GET", r"/products/([^/]+)", _product),
    ("GET", r"/customers/me", _me),
    ("GET", r"/orders", _order_list),
    ("POST", r"/orders", _order_create),
    ("GET", r"/orders/([^/]+)", _order),
    ("DELETE", r"/orders/([^/]+)", _order_cancel),
    ("POST", r"/graphql", _graphql),
    ("POST", r"/_switch", _switch),
)


def _shown(product: dict[str, Any]) -> dict[str, Any]:
    if not _shop.breaking:
        return product
    return {**{key: value for key, value in product.items() if key != "price_cents"}, "price": f"{product['price_cents'] / 100:.2f}"}


def _is_signed_in(headers: dict[str, str]) -> bool:
    return headers.get("authorization") == "Bearer demo-token"


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _number(text: str | None, default: int) -> int:
    return min(int(text), 100) if text and text.isascii() and text.isdigit() and len(text) < 6 else default


async def _body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_BODY or not message.get("more_body"):
            return body[:_MAX_BODY]

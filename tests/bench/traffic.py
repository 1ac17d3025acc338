"""Traffic made up for measuring: calls of a shop with orders, customers, products and invoices, as exchanges and as a HAR file of any size."""

from pathlib import Path

import msgspec

from agent.spec.model import Exchange

_KINDS = ("orders", "customers", "products", "invoices", "shipments", "returns", "carts", "reviews")


def call(n: int) -> Exchange:
    """The n-th call: one in five writes, one in seventeen finds nothing."""
    kind = _KINDS[n % 8]
    return Exchange(
        id=f"call-{n}",
        method="GET" if n % 5 else "PUT",
        url=f"https://api.example.com/v1/{kind}/{n % 4000}?expand=owner&page={n % 9}",
        status=200 if n % 17 else 404,
        request_headers=(("Authorization", "Bearer abcdefghijklmnopqrstuvwxyz012345"), ("Accept", "application/json")),
        response_headers=(("Content-Type", "application/json"), ("X-RateLimit-Limit", "100")),
        response_body=_body(n, kind) if n % 17 else b'{"error": "none"}',
        started_at=1_760_000_000.0 + n,
    )


def write_har(path: Path, calls: int, padding: int = 0) -> None:
    """A HAR with that many calls; `padding` is about the bytes by which each body is longer."""
    with path.open("wb") as file:
        file.write(b'{"log":{"version":"1.2","creator":{"name":"bench","version":"1"},"entries":[\n')
        for n in range(calls):
            file.write((b",\n" if n else b"") + msgspec.json.encode(_entry(call(n), n, padding)))
        file.write(b"\n]}}\n")


def _body(n: int, kind: str) -> bytes:
    lines = [{"sku": f"s{line}{n % 90}", "quantity": line, "price": line * 1.5, "title": "A thing with a name of some length"} for line in range(n % 9)]
    fields = {"number": f"{kind[0].upper()}-{n}", f"{kind[:-1]}_total": n / 7, "tags": ["a", "b"][: n % 3], "created_at": "2025-01-01T00:00:00Z"}
    return msgspec.json.encode({"id": n, **fields, "owner": {"id": n % 50, "email": f"u{n % 50}@example.com"}, "lines": lines})


def _entry(exchange: Exchange, n: int, padding: int) -> dict[str, object]:
    def headers(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in pairs]

    text = exchange.response_body.decode()
    padded = f'{text[:-1]}, "note": "{"x" * (padding + n % 7)}"}}' if padding else text
    return {
        "startedDateTime": f"2025-01-{n // 86_400 % 28 + 1:02}T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}.000Z",
        "time": 12.5,
        "request": {"method": exchange.method, "url": exchange.url, "httpVersion": "HTTP/1.1", "headers": headers(exchange.request_headers), "queryString": []},
        "response": {
            "status": exchange.status,
            "headers": headers(exchange.response_headers),
            "content": {"size": len(padded), "mimeType": "application/json", "text": padded},
        },
        "cache": {},
        "timings": {"send": 0, "wait": 12, "receive": 0},
    }

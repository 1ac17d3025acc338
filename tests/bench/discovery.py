"""How long discovery takes: observing, merging a small addition, concluding, on traffic made here."""

import resource
import sys
import time
from collections.abc import Iterator

import msgspec

from agent.spec import infer, merge, observe
from agent.spec.model import Exchange

CALLS = 100_000


def figures() -> Iterator[tuple[str, float, str]]:
    """Seconds per 1,000 calls of 100,000, milliseconds for 100 new ones on top, and the most memory that this process had until then.

    Making the calls is timed with reading them, so that they need not be held at once.
    """
    began = time.perf_counter()
    summary = observe.observe_all(_call(n) for n in range(CALLS))
    yield "discovery.observe", (time.perf_counter() - began) / CALLS * 1000, "s per 1,000 calls"
    began = time.perf_counter()
    summary = merge.merge(summary, observe.observe_all([_call(CALLS + n) for n in range(100)]))
    yield "discovery.add_100", (time.perf_counter() - began) * 1000, "ms"
    began = time.perf_counter()
    spec = infer.conclude(summary)
    yield "discovery.conclude", (time.perf_counter() - began) * 1000, "ms"
    yield "discovery.peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10), "MiB"
    yield "discovery.operations", len(spec.operations), "operations"


def _call(n: int) -> Exchange:
    kind = ("orders", "customers", "products", "invoices")[n % 4]
    body = msgspec.json.encode(
        {
            "id": n,
            f"{kind[:-1]}_number": f"{kind[0].upper()}-{n}",
            f"{kind}_total": n / 7,
            "tags": ["a", "b"][: n % 3],
            "owner": {"id": n % 50, "email": f"u{n % 50}@example.com"},
        }
    )
    return Exchange(
        id=f"call-{n}",
        method="GET" if n % 5 else "PUT",
        url=f"https://api.example.com/v1/{kind}/{n % 400}?expand=owner&page={n % 9}",
        status=200 if n % 17 else 404,
        request_headers=(("authorization", "Bearer abcdefghijklmnopqrstuvwxyz012345"),),
        response_headers=(("content-type", "application/json"),),
        response_body=body if n % 17 else b'{"error": "none"}',
        started_at=1_760_000_000 + n,
    )

"""Captures in PostgreSQL: bytes a row, rows a second by COPY, lists over a million calls, retention beside writers.

    python -m tests.bench.storage [--calls 1000000] [--plans]

Everything goes through the product's own code, on an embedded PostgreSQL of its own with its usual settings. Not measured here: the proxy.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from agent import config, retention
from agent.accounts import users
from agent.actor import Actor
from agent.calls import capture_search
from agent.calls.capture_search import Filter
from agent.recorder import Heard, body_of, dictionaries, row_of, store
from db import embedded, engine
from db.ids import uuid7
from db.migrate import migrate
from db.partitions import ensure_partitions
from tests.bench.lines import said

Figure = tuple[str, float, str]
WORDS = [
    "alpha",
    "beta",
    "river",
    "stone",
    "cloud",
    "market",
    "garden",
    "window",
    "yellow",
    "simple",
    "orange",
    "coffee",
    "bridge",
    "winter",
    "silver",
    "planet",
    "rocket",
    "basket",
    "candle",
    "mirror",
]
FILTERS: dict[str, Filter] = {
    "newest": Filter(),
    "status 404": Filter(status="404"),
    "status 5xx": Filter(status="5xx"),
    "status 503, one in 100,000": Filter(status="503"),
    "failed": Filter(status="error"),
    "method POST": Filter(method="POST"),
    "method DELETE, one in 50,000": Filter(method="DELETE"),
    "pattern": Filter(pattern="/customers/{id}/addresses"),
    "pattern, one in 50,000": Filter(pattern="/orders/{id}/refunds"),
    "text in many": Filter(query="orders"),
    "text in one in 10": Filter(query="addresses"),
    "text in one in 200": Filter(query="needle"),
    "text in a few": Filter(query="ord_4711"),
    "text in none": Filter(query="nowhere"),
    "POST and 5xx": Filter(method="POST", status="5xx"),
    "GET, 404 and text": Filter(method="GET", status="404", query="customers"),
    "slower than 5 s": Filter(min_duration_ms=5000),
    "the day before yesterday": Filter(since="72h", until="48h"),
}


def figures(calls: int = 1_000_000, *, plans: bool = False) -> Iterator[Figure]:
    """Each figure with its unit."""
    with _database():
        yield from asyncio.run(_measured(calls, plans))


async def _measured(calls: int, plans: bool) -> list[Figure]:
    await migrate()
    async with engine.pool(max_size=6):
        profile = await users.sign_up("bench@example.com", "correct horse")
        actor = users.actor_of(profile.id, "USER", profile.email, "api")
        found = await _copies(actor.user_id)
        endpoint = await _endpoint(actor.user_id)
        await _fill(actor.user_id, endpoint, calls)
        return found + await _lists(actor, endpoint, plans) + await _retention(actor.user_id)


async def _endpoint(user_id: UUID) -> UUID:
    made = uuid7()
    async with engine.connection() as connection:
        await connection.execute(
            "INSERT INTO endpoints (id, user_id, name, slug, destination_url) VALUES ($1, $2, 'bench', $3, 'https://x.example')", made, user_id, f"bench-{made}"
        )
    return made


async def _copies(user_id: UUID) -> list[Figure]:
    """60,000 calls with answers of 2.2 KB: after the lesson, which the first calls are."""
    endpoint, rng = await _endpoint(user_id), random.Random(1)
    heard = [_heard(endpoint, user_id, rng) for _ in range(60_000)]
    await dictionaries.prepare([endpoint])
    lesson = next(index for index in range(1000) if dictionaries.sample(heard[index : index + 1]))
    await dictionaries.learn(endpoint, dictionaries.train(endpoint))
    began = time.perf_counter()
    rows = [row_of(one) for one in heard]
    made = time.perf_counter() - began
    async with engine.connection() as connection:
        before = await _size(connection)
        began = time.perf_counter()
        await store(rows)
        copied = time.perf_counter() - began
        await connection.execute("VACUUM ANALYZE api_calls")  # as the server does by itself after a while
        size = await _size(connection) - before
    body = statistics.mean(one.response.length for one in heard)
    return [
        ("answer_bytes", body, "bytes"), ("row_bytes", float(size) / len(rows), "bytes"), ("rows_by_copy", len(rows) / copied, "rows/s"),
        ("rows_made", len(rows) / made, "rows/s"), ("calls_in_the_lesson", lesson + 1, "calls"),
    ]  # fmt: skip


async def _size(connection: engine.Connection) -> int:
    return int(await connection.fetchval("SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'api_calls'::regclass") or 0)


def _heard(endpoint: UUID, user_id: UUID, rng: random.Random) -> Heard:
    """An order with eight lines, as shops answer it: about 2.2 KB, of which a third differs each time."""
    body = json.dumps(
        {
            "id": f"ord_{rng.getrandbits(60):x}", "status": rng.choice(["open", "paid", "shipped"]), "created_at": f"2026-11-{rng.randrange(10, 29)}T{rng.randrange(10, 23)}:14:07Z",
            "customer": {"id": f"cus_{rng.getrandbits(60):x}", "name": " ".join(rng.choices(WORDS, k=2)), "email": f"{rng.choice(WORDS)}{rng.randrange(999)}@example.com"},
            "items": [
                {"sku": f"SKU-{rng.randrange(10**6):06d}", "title": " ".join(rng.choices(WORDS, k=3)), "quantity": rng.randrange(1, 9), "unit_price": rng.randrange(99999),
                 "currency": "EUR", "discount": None, "taxable": True, "tags": [], "attributes": {"color": rng.choice(WORDS), "size": rng.choice("SMLX"), "weight_g": rng.randrange(5000)}}
                for _ in range(8)
            ],
            "shipping": {"street": f"{rng.choice(WORDS)} street {rng.randrange(200)}", "city": rng.choice(WORDS), "zip": f"{rng.randrange(99999):05d}", "country": "DE"},
            "note": " ".join(rng.choices(WORDS, k=14)),
        }
    ).encode()  # fmt: skip
    sent = [
        ("Host", "x.example"), ("User-Agent", "python-httpx/0.28.1"), ("Accept", "application/json"), ("Accept-Encoding", "gzip, deflate, br"),
        ("Authorization", f"Bearer {rng.getrandbits(160):x}"),
    ]  # fmt: skip
    answered = [
        ("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body))), ("Date", "Sat, 21 Nov 2026 05:00:00 GMT"), ("Server", "nginx/1.25.3"),
        ("ETag", f'W/"{rng.getrandbits(64):x}"'), ("Cache-Control", "private, no-cache"), ("X-RateLimit-Remaining", str(rng.randrange(5000))), ("Vary", "Accept"),
    ]  # fmt: skip
    url = f"https://x.example/v1/orders/ord_{rng.getrandbits(60):x}"
    return Heard(
        endpoint,
        user_id,
        "GET",
        url,
        request_headers=sent,
        status=200,
        response_headers=answered,
        response=body_of(body, 1 << 20),
        duration_ms=rng.expovariate(1 / 80),
    )


async def _fill(user_id: UUID, endpoint: UUID, calls: int) -> None:
    """Calls of the last four days with small bodies, made inside the database, three quarters of them this endpoint's."""
    other = await _endpoint(user_id)
    async with engine.connection() as connection:
        await connection.execute("SELECT setseed(0.42)")
        for start in range(0, calls, 50_000):
            await connection.execute(_FILL, endpoint, other, user_id, start, min(start + 50_000, calls), calls, timeout=600)
        await connection.execute("VACUUM ANALYZE api_calls", timeout=600)


async def _lists(actor: Actor, endpoint: UUID, plans: bool) -> list[Figure]:
    found, times = list[Figure](), list[float]()
    for name, wanted in FILTERS.items():
        mine = Filter(**{**{field: getattr(wanted, field) for field in wanted.__struct_fields__}, "endpoint_id": endpoint})
        spent = sorted([await _timed(actor, mine) for _ in range(20)])
        times += spent
        found.append((f"list, {name}: p95", spent[18], "ms"))
        if plans:
            await _explain(name, actor, mine)
    times.sort()
    return [*found, ("lists: p95", times[int(len(times) * 0.95)], "ms"), *await _far_behind(actor, endpoint)]


async def _far_behind(actor: Actor, endpoint: UUID) -> list[Figure]:
    """Where all that a filter wants lies behind the newest calls, as behind a day of health checks: the first time and the median."""
    async with engine.connection() as connection:
        await connection.execute(_PINGS, endpoint, actor.user_id, timeout=600)
    found = list[Figure]()
    for name in ("text in many", "text in one in 10", "method POST", "status 404", "pattern", "text in none"):
        wanted = Filter(**{**{field: getattr(FILTERS[name], field) for field in FILTERS[name].__struct_fields__}, "endpoint_id": endpoint})
        spent = [await _timed(actor, wanted) for _ in range(6)]
        found += [(f"far behind, {name}: first", spent[0], "ms"), (f"far behind, {name}: median", statistics.median(spent), "ms")]
    return found


async def _timed(actor: Actor, wanted: Filter) -> float:
    began = time.perf_counter()
    await capture_search.search(actor, wanted)
    return (time.perf_counter() - began) * 1000


async def _explain(name: str, actor: Actor, wanted: Filter) -> None:
    async with engine.connection() as connection:
        for statement, values in capture_search.statements(actor, wanted):
            if not statement:
                continue
            print(f"\n-- {name}")
            for line in await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}", *values):
                print(line[0])


async def _retention(user_id: UUID) -> list[Figure]:
    """500,000 calls of a month that is over, dropped while another connection writes."""
    endpoint, old = await _endpoint(user_id), datetime.now(UTC) - timedelta(days=130)
    await ensure_partitions(old, ahead=0)
    async with engine.connection() as connection:
        await connection.execute(_OLD, endpoint, user_id, old.replace(day=5), timeout=600)
    waits, stop = list[float](), asyncio.Event()
    writer = asyncio.ensure_future(_write(endpoint, user_id, waits, stop))
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    swept = await retention.sweep()
    spent = time.perf_counter() - began
    await asyncio.sleep(0.3)
    stop.set()
    await writer
    assert f"api_calls_{old:%Y_%m}" in swept.months
    return [("retention_of_500000", spent * 1000, "ms"), ("longest_wait_of_a_writer", max(waits), "ms"), ("writes_beside_it", len(waits), "writes")]


async def _write(endpoint: UUID, user_id: UUID, waits: list[float], stop: asyncio.Event) -> None:
    rng = random.Random(2)
    while not stop.is_set():
        row = row_of(_heard(endpoint, user_id, rng))
        began = time.perf_counter()
        await store([row])
        waits.append((time.perf_counter() - began) * 1000)


@contextlib.contextmanager
def _database() -> Iterator[None]:
    """A server in a temporary directory; `DATABASE_URL` of the environment is not touched."""
    before = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "WIRETALK_DATA_DIR")}
    with tempfile.TemporaryDirectory(prefix="wiretalk-bench-", dir="/tmp", ignore_cleanup_errors=True) as folder:  # sockets need a short path
        Path(folder).chmod(0o755)
        os.environ["WIRETALK_DATA_DIR"] = folder
        config.settings.cache_clear()
        try:
            with embedded.database_url(Path(folder) / "pg"):
                yield
        finally:
            os.environ.update({name: value for name, value in before.items() if value})
            config.settings.cache_clear()


_FILL = """
INSERT INTO api_calls (id, endpoint_id, user_id, method, url, host, path, request_headers, response_headers, response_body, response_media_type, response_status, error,
  timestamp, duration)
SELECT new_id(), CASE WHEN n % 4 = 0 THEN $2::uuid ELSE $1::uuid END, $3,
  CASE WHEN n % 50000 = 7 THEN 'DELETE' WHEN op = 3 THEN 'POST' ELSE 'GET' END, 'https://x.example' || path, 'x.example', split_part(path, '?', 1),
  '\\x00'::bytea, '\\x00'::bytea, decode(repeat(md5(n::text), 20), 'hex'), 'application/json',
  CASE WHEN n % 100000 = 11 THEN 503 WHEN n % 500 = 3 THEN 500 WHEN op = 4 THEN 404 WHEN op = 3 THEN 201 ELSE 200 END,
  CASE WHEN n % 3000 = 5 THEN '{"message": "cut"}'::jsonb END,
  now() - ($6 - n) * interval '345 seconds' / 1000, CASE WHEN n % 20000 = 9 THEN 7000 ELSE random() * 200 END
FROM (SELECT n, op, CASE WHEN n % 50000 = 13 THEN '/orders/ord_' || n || '/refunds' WHEN op = 0 THEN '/orders?page=' || n % 1000 || CASE WHEN n % 200 = 0 THEN '&tag=needle' ELSE '' END
    WHEN op = 3 THEN '/orders' WHEN op = 4 THEN '/customers/' || md5(n::text) || '/addresses' ELSE '/orders/ord_' || n END AS path
  FROM (SELECT n, (ARRAY[0,0,0,0,1,1,1,3,3,4])[1 + floor(random() * 10)::int] AS op FROM generate_series($4::int, $5::int - 1) AS n) AS a) AS b
"""
_PINGS = """
INSERT INTO api_calls (id, endpoint_id, user_id, method, url, path, response_status, timestamp)
SELECT new_id(), $1, $2, 'GET', 'https://x.example/ping', '/ping', 200, now() + n * interval '1 millisecond' FROM generate_series(1, 6000) AS n
"""
_OLD = """
INSERT INTO api_calls (id, endpoint_id, user_id, method, url, path, response_body, response_status, timestamp)
SELECT new_id(), $1, $2, 'GET', 'https://x.example/old/' || n, '/old/' || n, decode(repeat(md5(n::text), 20), 'hex'), 200, $3::timestamptz + n * interval '1 second'
FROM generate_series(1, 500000) AS n
"""


def main() -> None:
    """Print one JSON line per figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--plans", action="store_true")
    asked = parser.parse_args()
    said("storage", figures(asked.calls, plans=asked.plans))


if __name__ == "__main__":
    main()

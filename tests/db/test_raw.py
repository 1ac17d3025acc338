import json
from typing import get_args
from uuid import UUID

import asyncpg
import pytest

from agent.spec.model import ApiType
from db.ids import uuid7

_ENTRY = "INSERT INTO credit_transactions (user_id, amount, balance_after, type) VALUES ($1, $2, $3, $4) RETURNING id"
_CALLS = """
INSERT INTO api_calls (endpoint_id, user_id, method, url, timestamp, response_status, endpoint_pattern)
SELECT ($1::uuid[])[1 + n % 10], $2, 'GET', 'https://a.example/' || n, now() - n * interval '1 second', CASE WHEN n % 50 = 0 THEN 500 ELSE 200 END, '/things/{id}'
FROM generate_series(1, 20000) AS n
"""
_LISTS = {
    "calls of an endpoint": ("SELECT id FROM api_calls WHERE endpoint_id = $1 AND (timestamp, id) < (now(), $2) ORDER BY timestamp DESC LIMIT 50", 2),
    "new calls of an endpoint": ("SELECT id FROM api_calls WHERE endpoint_id = $1 AND id > $2 ORDER BY id LIMIT 50", 2),
    "one call": ("SELECT method FROM api_calls WHERE id = $1", 1),
    "endpoints": ("SELECT id FROM endpoints WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT 50", 2),
    "ledger": ("SELECT id FROM credit_transactions WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT 50", 2),
    "payments": ("SELECT id FROM payments WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT 50", 2),
    "chats": ("SELECT id FROM chat_sessions WHERE user_id = $1 AND status = 'active' AND id < $2 ORDER BY id DESC LIMIT 50", 2),
    "messages": ("SELECT id FROM chat_messages WHERE chat_session_id = $1 AND id > $2 ORDER BY id LIMIT 50", 2),
    "events of a run": ("SELECT seq FROM run_events WHERE run_id = $1 AND seq > 5 ORDER BY seq LIMIT 50", 1),
    "approvals": ("SELECT id FROM approvals WHERE user_id = $1 AND status = 'pending' ORDER BY id", 1),
    "audit": ("SELECT id FROM audit_logs WHERE user_id = $1 ORDER BY created_at DESC LIMIT 50", 1),
    "changes": ("SELECT id FROM api_changes WHERE endpoint_id = $1 ORDER BY detected_at DESC LIMIT 50", 1),
    "newest document": ("SELECT id FROM endpoint_documentation WHERE endpoint_id = $1 ORDER BY id DESC LIMIT 1", 1),
    "sessions": ("SELECT id FROM login_sessions WHERE user_id = $1 ORDER BY last_seen_at DESC LIMIT 50", 1),
    "tokens": ("SELECT id FROM api_tokens WHERE user_id = $1 ORDER BY id DESC LIMIT 50", 1),
}


@pytest.fixture
async def user(database: asyncpg.Pool) -> UUID:
    return await database.fetchval("INSERT INTO users (email, username, credits) VALUES ('a@example.com', 'Ann', 100) RETURNING id")


@pytest.fixture
async def endpoint(database: asyncpg.Pool, user: UUID) -> UUID:
    return await database.fetchval("INSERT INTO endpoints (user_id, name, destination_url) VALUES ($1, 'a', 'https://a.example') RETURNING id", user)


async def test_an_account_is_unique_without_regard_to_case(database: asyncpg.Pool, user: UUID) -> None:
    """By e-mail and by username; any number may have neither."""
    for column, value in (("email", "A@Example.com"), ("username", "ann")):
        with pytest.raises(asyncpg.UniqueViolationError):
            await database.execute(f"INSERT INTO users ({column}) VALUES ($1)", value)
    await database.execute("INSERT INTO users (full_name) VALUES ('nobody'), ('nobody')")


@pytest.mark.parametrize("change", ["UPDATE credit_transactions SET amount = 1000", "DELETE FROM credit_transactions", "TRUNCATE credit_transactions CASCADE"])
async def test_the_ledger_is_append_only(database: asyncpg.Pool, user: UUID, change: str) -> None:
    """Whoever writes, and whatever they write with."""
    await database.execute(_ENTRY, user, 100, 100, "GRANT")
    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await database.execute(change)


async def test_an_entry_forgets_only_what_is_gone(database: asyncpg.Pool, user: UUID, endpoint: UUID) -> None:
    """Deleting an endpoint clears the reference; clearing it by hand, while the endpoint exists, is refused."""
    entry = await database.fetchval(_ENTRY, user, 100, 100, "GRANT")
    other = await database.fetchval(
        "INSERT INTO credit_transactions (user_id, amount, balance_after, type, endpoint_id) VALUES ($1, -25, 75, 'ENDPOINT', $2) RETURNING id", user, endpoint
    )
    for change in ("endpoint_id = NULL", f"endpoint_id = '{uuid7()}'", "description = 'other'", "idempotency_key = 'x'", "user_id = NULL"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await database.execute(f"UPDATE credit_transactions SET {change} WHERE id = $1", other)
    await database.execute("DELETE FROM endpoints")
    rows = await database.fetch("SELECT id, amount, endpoint_id FROM credit_transactions ORDER BY id")
    assert [tuple(row) for row in rows] == [(entry, 100, None), (other, -25, None)]


async def test_the_ledger_goes_with_its_user_and_payments_stay(database: asyncpg.Pool, user: UUID) -> None:
    """An account can be deleted; what was paid is kept for ever."""
    payment = await database.fetchval(
        "INSERT INTO payments (user_id, amount, credits, provider, provider_payment_id) VALUES ($1, 5, 100, 'SANDBOX', 'p1') RETURNING id", user
    )
    await database.execute(
        "INSERT INTO credit_transactions (user_id, amount, balance_after, type, payment_id) VALUES ($1, 100, 100, 'PURCHASE', $2)", user, payment
    )
    await database.execute("DELETE FROM users")
    assert await database.fetchval("SELECT count(*) FROM credit_transactions") == 0
    assert tuple(await database.fetchrow("SELECT id, user_id FROM payments") or ()) == (payment, None)


async def test_a_balance_that_is_not_the_ledgers_sum_is_found(database: asyncpg.Pool, user: UUID) -> None:
    """Also for an account that has no entry at all."""
    assert [tuple(row) for row in await database.fetch("SELECT * FROM credit_mismatches")] == [(user, 100, 0)]
    await database.execute(_ENTRY, user, 100, 100, "GRANT")
    assert await database.fetch("SELECT * FROM credit_mismatches") == []
    await database.execute("UPDATE users SET credits = 99")
    assert [tuple(row) for row in await database.fetch("SELECT * FROM credit_mismatches")] == [(user, 99, 100)]


async def test_one_live_subscription_per_user(database: asyncpg.Pool, user: UUID) -> None:
    """A canceled one makes room."""
    subscribe = "INSERT INTO subscriptions (user_id, provider, plan, status) VALUES ($1, 'SANDBOX', 'PRO', $2)"
    await database.execute(subscribe, user, "canceled")
    await database.execute(subscribe, user, "past_due")
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute(subscribe, user, "active")


async def test_one_unfinished_run_per_chat(database: asyncpg.Pool, user: UUID) -> None:
    """A second message cannot start a second answer, however many processes try."""
    chat = await database.fetchval("INSERT INTO chat_sessions (user_id) VALUES ($1) RETURNING id", user)
    begin = "INSERT INTO runs (chat_session_id, user_id, status) VALUES ($1, $2, $3)"
    await database.execute(begin, chat, user, "completed")
    await database.execute(begin, chat, user, "waiting_approval")
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute(begin, chat, user, "queued")


async def test_an_event_has_one_place_in_its_run(database: asyncpg.Pool, user: UUID) -> None:
    """Two writers of one run are found out at the first event."""
    chat = await database.fetchval("INSERT INTO chat_sessions (user_id) VALUES ($1) RETURNING id", user)
    run = await database.fetchval("INSERT INTO runs (chat_session_id, user_id) VALUES ($1, $2) RETURNING id", chat, user)
    await database.executemany("INSERT INTO run_events (run_id, seq, event) VALUES ($1, $2, 'text')", [(run, 1), (run, 2)])
    with pytest.raises(asyncpg.UniqueViolationError):
        await database.execute("INSERT INTO run_events (run_id, seq, event) VALUES ($1, 2, 'text')", run)


async def test_rates_are_counted_per_window(database: asyncpg.Pool) -> None:
    """One atomic upsert per request."""
    count = "INSERT INTO rate_counters (key, window_start, count) VALUES ('a', $1::text::timestamptz, 1) ON CONFLICT (key, window_start) DO UPDATE SET count = rate_counters.count + 1 RETURNING count"
    first, second = "2031-01-01T00:00Z", "2031-01-01T00:01Z"
    assert [await database.fetchval(count, window) for window in (first, first, second, first)] == [1, 2, 1, 3]


async def test_every_list_is_served_by_an_index(database: asyncpg.Pool, user: UUID) -> None:
    """No list reads a whole table, or sorts one, to show its first page."""
    endpoints = [
        await database.fetchval("INSERT INTO endpoints (user_id, name, destination_url) VALUES ($1, 'a', 'https://a.example') RETURNING id", user)
        for _ in range(10)
    ]
    await database.execute(_CALLS, endpoints, user)
    await database.execute("ANALYZE api_calls")
    async with database.acquire() as connection:
        await connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")  # these tables are small enough for either
        for name, (query, arguments) in _LISTS.items():
            values = [endpoints[0], uuid7()][:arguments]
            plan = json.dumps(json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values)))
            assert "Seq Scan" not in plan, name
            assert '"Node Type": "Sort"' not in plan, name


async def test_compressed_bodies_are_not_compressed_again(database: asyncpg.Pool) -> None:
    """In every partition, whenever it was made."""
    found = await database.fetch(
        "SELECT attstorage FROM pg_attribute WHERE attrelid::regclass::text LIKE 'api_calls%' AND attname IN ('request_body', 'response_body', 'request_headers', 'response_headers', 'messages') AND attrelid IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p'))"
    )
    assert len(found) >= 10
    assert {row["attstorage"] for row in found} == {b"e"}


@pytest.mark.parametrize("kind", get_args(ApiType))
async def test_each_kind_of_api_can_be_stored(database: asyncpg.Pool, endpoint: UUID, kind: str) -> None:
    """What discovery tells apart, the table takes."""
    added = "INSERT INTO discovered_endpoints (endpoint_id, pattern, protocol, api_type) VALUES ($1, '/', 'https', $2) RETURNING api_type"
    assert await database.fetchval(added, endpoint, kind) == kind

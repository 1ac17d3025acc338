import json
import re
from uuid import UUID

import asyncpg
import pytest

from db.tables import TABLES, User

_WRONG = [
    ("users", {"email": "no address"}),
    ("users", {"email": "two@at@signs"}),
    ("users", {"phone_number": "0123"}),
    ("users", {"username": "ab"}),
    ("users", {"username": "with space"}),
    ("users", {"username": "a" * 31}),
    ("users", {"role": "ROOT"}),
    ("users", {"plan": "GOLD"}),
    ("users", {"credits": -1}),
    ("users", {"created_via": "fax"}),
    ("endpoints", {"name": "", "destination_url": "https://a.example"}),
    ("endpoints", {"name": "a", "destination_url": "ftp://a.example"}),
    ("endpoints", {"name": "a", "destination_url": "https://a.example", "status": "PAUSED"}),
    ("endpoints", {"name": "a", "destination_url": "https://a.example", "slug": "Not a slug"}),
    ("endpoints", {"name": "a", "destination_url": "https://a.example", "sampling": 1.5}),
    ("endpoints", {"name": "a", "destination_url": "https://a.example", "monitoring_enabled": True}),
    ("endpoints", {"name": "a", "destination_url": "https://a.example", "monitoring_frequency": "hourly"}),
    ("chat_sessions", {"status": "open"}),
    ("credit_transactions", {"amount": 0, "balance_after": 1, "type": "GRANT"}),
    ("credit_transactions", {"amount": 1, "balance_after": -1, "type": "GRANT"}),
    ("credit_transactions", {"amount": 1, "balance_after": 1, "type": "GIFT"}),
    ("credit_holds", {"amount": 0, "tool": "x", "idempotency_key": "x"}),
    ("payments", {"amount": 1, "provider": "CASH"}),
    ("payments", {"amount": 1, "provider": "STRIPE", "currency": "usd"}),
    ("subscriptions", {"provider": "STRIPE", "plan": "PRO", "status": "paused"}),
    ("ai_providers", {"name": "x", "wire_format": "soap"}),
    ("mcp_servers", {"name": "x", "type": "peer"}),
    ("applications", {"name": "x", "visibility": "hidden"}),
    ("api_tokens", {"name": "x", "token_hash": b"short"}),
    ("oauth_accounts", {"provider": "myspace", "provider_account_id": "1"}),
    ("prompts", {"name": ""}),
    ("usage", {"date": "2031-01-01", "message_count": -1}),
]


@pytest.fixture
async def user(database: asyncpg.Pool) -> UUID:
    """Somebody who may own the rows."""
    return await database.fetchval("INSERT INTO users (email) VALUES ('a@example.com') RETURNING id")


@pytest.mark.parametrize(("table", "values"), _WRONG)
async def test_the_database_refuses_what_may_not_be(database: asyncpg.Pool, user: UUID, table: str, values: dict[str, object]) -> None:
    """Whatever the application forgets to check."""
    row = values if table == "users" else {"user_id": user, **values}
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await _insert(database, table, row)
    assert (refused.value.constraint_name or "").startswith(f"{table}_")


@pytest.mark.parametrize("status", [99, 600, 0, -1])
async def test_a_status_is_one_of_http_or_absent(database: asyncpg.Pool, user: UUID, status: int) -> None:
    """Absent for WebSocket and for calls that no answer came to."""
    endpoint = await database.fetchval("INSERT INTO endpoints (user_id, name, destination_url) VALUES ($1, 'a', 'wss://a.example') RETURNING id", user)
    call = {"endpoint_id": endpoint, "user_id": user, "method": "GET", "url": "wss://a.example/"}
    await _insert(database, "api_calls", call)
    with pytest.raises(asyncpg.CheckViolationError):
        await _insert(database, "api_calls", call | {"response_status": status})


async def test_a_forgotten_text_is_refused(database: asyncpg.Pool) -> None:
    """Piccolo would write '' for it and say nothing."""
    with pytest.raises(asyncpg.CheckViolationError):
        await User.raw("INSERT INTO webhook_events (provider) VALUES ('STRIPE')")


async def test_one_name_for_one_thing_per_user(database: asyncpg.Pool, user: UUID) -> None:
    """A prompt's name, and a provider's among those offered to all."""
    await _insert(database, "prompts", {"user_id": user, "name": "daily", "text": "hello"})
    with pytest.raises(asyncpg.UniqueViolationError):
        await _insert(database, "prompts", {"user_id": user, "name": "daily", "text": "other"})
    await _insert(database, "ai_providers", {"name": "mine", "wire_format": "openai"})
    with pytest.raises(asyncpg.UniqueViolationError):
        await _insert(database, "ai_providers", {"name": "mine", "wire_format": "anthropic"})


def test_constraints_are_named_after_their_table() -> None:
    """Names of keys are unique in a schema, and PostgreSQL cuts them at 63 characters."""
    for table in TABLES:
        for constraint in table._meta.constraints:
            assert re.fullmatch(rf"{table._meta.tablename}_\w+_(check|unique)", constraint._meta.name)
            assert len(constraint._meta.name) <= 63


async def _insert(database: asyncpg.Pool, table: str, values: dict[str, object]) -> None:
    columns = ", ".join(values)
    await database.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(null::{table}, $1::jsonb)", _json(values))


def _json(values: dict[str, object]) -> str:

    return json.dumps({name: "\\x" + value.hex() if isinstance(value, bytes) else value for name, value in values.items()}, default=str)

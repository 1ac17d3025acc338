"""Everything that belongs to a user: as one archive to take away, and deleted for good.

The archive is written while it is sent, and holds no secret in plain text: keys, tokens and passwords are not in it, what was captured
or said has its secrets masked. Deleting leaves the account with its sign-ins and tokens, and what must stay by its nature: the credit
ledger and the payments, the audit log for its year, and today's usage, against which the plan is enforced.
Like `retention`, this module reads and deletes rows of every table, whoever owns it.
"""

import asyncio
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

import msgspec

from agent import endpoints, events
from agent.accounts import audit
from agent.actor import Actor, require_own_account
from agent.calls import captures
from agent.conversation import chat_exports, chats
from agent.documents import docs
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.spec.model import Exchange
from agent.spec.secrets import redact
from agent.spec.writers import har_write
from db import engine

_BATCH = 100
_DELETED_AT_ONCE = 5_000

LISTS: dict[str, str] = {
    "account": """SELECT id, email, phone_number, username, full_name, avatar_url, role, plan, credits, is_verified, preferences, profile, created_at, last_login
        FROM users WHERE id = $1""",
    "sign-ins": "SELECT created_at, last_seen_at, expires_at, ip_address, user_agent FROM login_sessions WHERE user_id = $1 ORDER BY id",
    "linked-services": "SELECT provider, provider_account_id, created_at FROM oauth_accounts WHERE user_id = $1 ORDER BY id",
    "second-factor": "SELECT is_enabled, created_at FROM user_mfa WHERE user_id = $1",
    "tokens": "SELECT name, prefix, scopes, expires_at, last_used_at, revoked_at, created_at FROM api_tokens WHERE user_id = $1 ORDER BY id",
    "connected-clients": "SELECT client_name, redirect_uri, scopes, created_at, refreshed_at, revoked_at FROM oauth_grants WHERE user_id = $1 ORDER BY id",
    "prompts": """SELECT p.name, p.text, p.is_shared, p.created_at, p.updated_at,
        (SELECT json_agg(json_build_object('version', version, 'text', text, 'at', created_at) ORDER BY version) FROM prompt_versions WHERE prompt_id = p.id) AS versions
        FROM prompts p WHERE user_id = $1 ORDER BY p.id""",
    "shared-links": "SELECT title, views, expires_at, revoked_at, created_at, snapshot FROM shares WHERE user_id = $1 ORDER BY id",
    "applications": """SELECT name, description, html_content, css_content, js_content, prompt, mcp_tools, api_keys, visibility, views, uses, created_at
        FROM applications WHERE user_id = $1 ORDER BY id""",
    "bookmarks": "SELECT application_id, created_at FROM application_bookmarks WHERE user_id = $1 ORDER BY id",
    "saved-filters": "SELECT name, query, endpoint_id, created_at FROM saved_filters WHERE user_id = $1 ORDER BY id",
    "model-providers": "SELECT name, wire_format, base_urls, default_model, models, requires_auth, created_at FROM ai_providers WHERE user_id = $1 ORDER BY id",
    "provider-keys": """SELECT k.name, p.name AS provider, k.last4, k.is_shared, k.shared_with, k.usage_limits, k.last_used_at, k.created_at
        FROM provider_keys k JOIN ai_providers p ON p.id = k.ai_provider_id WHERE k.user_id = $1 ORDER BY k.id""",
    "provider-key-uses": "SELECT hour, requests, tokens, cost_micros FROM provider_key_uses WHERE user_id = $1 ORDER BY hour",
    "mcp-servers": """SELECT name, type, connection_config->>'url' AS url, status, last_error, created_at FROM mcp_servers WHERE user_id = $1 ORDER BY id""",
    "approvals": """SELECT tool, arguments, effect, host, reason, status, decided_at, decided_via, decision_reason, created_at
        FROM approvals WHERE user_id = $1 ORDER BY id""",
    "usage": "SELECT date, message_count, token_count, file_uploads, api_calls, cost_micros FROM usage WHERE user_id = $1 ORDER BY date",
    "credits": "SELECT amount, balance_after, type, description, endpoint_id, created_at FROM credit_transactions WHERE user_id = $1 ORDER BY id",
    "credit-holds": "SELECT amount, tool, status, expires_at, created_at FROM credit_holds WHERE user_id = $1 ORDER BY id",
    "payments": "SELECT amount, currency, credits, status, provider, sandbox, completed_at, failed_at, created_at FROM payments WHERE user_id = $1 ORDER BY id",
    "subscriptions": "SELECT provider, plan, status, current_period_end, created_at FROM subscriptions WHERE user_id = $1 ORDER BY id",
    "audit": "SELECT action, resource_type, resource_id, details, ip_address, user_agent, created_at FROM audit_logs WHERE user_id = $1 ORDER BY id",
}
"""One JSON file each. Columns are named one by one, so that a new one with a secret in it is not taken along unseen."""

NOT_TAKEN: dict[str, str] = {
    "runs": "how answers were made: what they said is in the chats",
    "idempotency_keys": "answers to repeated requests, gone after a day",
}
"""Tables of a user that are in no file of the archive, and why."""

_DELETED = (
    "chat_sessions", "attachments", "shares", "prompts", "endpoints", "saved_filters", "applications", "application_bookmarks", "provider_keys", "ai_providers",
    "mcp_servers", "approvals", "idempotency_keys",
)  # fmt: skip
_ANSWERING = ("provider_keys", "ai_providers", "mcp_servers")
_README = """Your data on Wiretalk, written {at}.

account/   lists as JSON: profile, sign-ins, prompts, keys (never the keys themselves), usage, credits, audit
chats/     every chat as JSON (Wiretalk imports it again) and as Markdown
apis/      each API: what it is, its documents, its changes, its calls as HAR 1.2 (Wiretalk and browsers import it)
files/     what you attached to messages

Secrets are masked (••••) or left out: passwords, tokens, keys, captured credentials.
"""


class Deleted(msgspec.Struct, frozen=True):
    """How many rows of each kind are gone. `kept` says in words what stayed."""

    rows: dict[str, int]
    kept: str = "The account with its sign-ins and tokens, the credit ledger, payments, the audit log and today's usage."


async def archive(actor: Actor) -> AsyncIterator[bytes]:
    """A ZIP, piece by piece; memory does not grow with what there is."""
    await audit.record("DATA_EXPORTED", actor=actor, resource="USER", resource_id=actor.user_id)
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:  # pyright: ignore[reportCallIssue, reportArgumentType]  # all that is used of a file is there
        async for _ in _written(actor, file):
            if pipe.size > 64 * 1024:
                yield pipe.take()
    yield pipe.take()


async def delete(actor: Actor) -> Deleted:
    """For good. The caller has asked the person again. Raises forbidden for a demo account."""
    require_own_account(actor)
    rows: dict[str, int] = {}
    async with engine.connection() as connection:
        await connection.execute("UPDATE endpoints SET status = 'INACTIVE' WHERE user_id = $1 AND status NOT IN ('ARCHIVED', 'INACTIVE')", actor.user_id)
        mine = [row["id"] for row in await connection.fetch("SELECT id FROM endpoints WHERE user_id = $1", actor.user_id)]
    for endpoint_id in mine:
        await events.ring("endpoint", endpoint_id)
    rows["api_calls"] = sum([await _delete_calls(endpoint_id) for endpoint_id in mine])
    for table in _DELETED:
        rows[table] = await _execute(f"DELETE FROM {table} WHERE user_id = $1", actor.user_id)  # noqa: S608  # names of this module
    rows["usage"] = await _execute("DELETE FROM usage WHERE user_id = $1 AND date < (now() AT TIME ZONE 'UTC')::date", actor.user_id)
    await audit.record("DATA_DELETED", actor=actor, resource="USER", resource_id=actor.user_id, rows={name: count for name, count in rows.items() if count})
    return Deleted(rows)


async def cut_off(user_id: UUID) -> None:
    """Nothing that somebody else may have put into the account answers in it, or opens it, any more: keys, model providers, MCP servers connected or published."""
    for table in _ANSWERING:
        await _execute(f"DELETE FROM {table} WHERE user_id = $1", user_id)  # noqa: S608  # names of this module


async def _written(actor: Actor, file: zipfile.ZipFile) -> AsyncIterator[None]:
    file.writestr("README.txt", _README.format(at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"))
    for name, statement in LISTS.items():
        async with engine.connection() as connection:
            rows = [_plain(dict(row)) for row in await connection.fetch(statement, actor.user_id)]
        file.writestr(f"account/{name}.json", _json(rows[0] if name == "account" and rows else rows))
        yield
    async for _ in _chats(actor, file):
        yield
    async for _ in _apis(actor, file):
        yield
    async for _ in _files(actor, file):
        yield


async def _chats(actor: Actor, file: zipfile.ZipFile) -> AsyncIterator[None]:
    for status in ("active", "archived"):
        cursor: str | None = None
        while True:
            found = await chats.list_(actor, status=status, limit=_BATCH, cursor=cursor)
            for chat in found.items:
                name = f"chats/{chat.created_at:%Y-%m-%d}-{_slug(chat.title or 'chat')}-{chat.id.hex[-8:]}"
                file.writestr(f"{name}.json", chat_exports.document([await chat_exports.whole(chat)]))
                file.writestr(f"{name}.md", (await chat_exports.export(actor, chat.id, "markdown")).text)
                yield
            if (cursor := found.next) is None:
                break


async def _apis(actor: Actor, file: zipfile.ZipFile) -> AsyncIterator[None]:
    cursor: str | None = None
    while True:
        found = await endpoints.list_(actor, limit=_BATCH, cursor=cursor)
        for api in found.items:
            async for _ in _api(actor, api, file):
                yield
        if (cursor := found.next) is None:
            return


async def _api(actor: Actor, api: Endpoint, file: zipfile.ZipFile) -> AsyncIterator[None]:
    folder = f"apis/{_slug(api.slug)}"
    file.writestr(f"{folder}/api.json", _json(redact.mask_json(msgspec.to_builtins(api))))
    async with engine.connection() as connection:
        for name, statement in _OF_APIS.items():
            if rows := [_plain(dict(row)) for row in await connection.fetch(statement, api.id)]:
                file.writestr(f"{folder}/{name}.json", _json(rows))
    try:
        file.writestr(f"{folder}/openapi.json", (await docs.get(actor, api.id, "openapi")).text)
        file.writestr(f"{folder}/documentation.md", (await docs.get(actor, api.id, "markdown")).text)
    except Problem:  # not documented yet
        pass
    yield
    if api.calls:
        with file.open(f"{folder}/calls.har", "w", force_zip64=True) as har:
            async for _ in _calls(api.id, har):
                yield


async def _calls(endpoint_id: UUID, har: IO[bytes]) -> AsyncIterator[None]:
    """Oldest first, masked, an entry each."""
    har.write(har_write.HEAD)
    last: UUID | None = None
    while found := await captures.exchanges(endpoint_id, after=last, limit=_BATCH):
        har.write((b"," if last else b"") + await asyncio.to_thread(_entries, [exchange for _, exchange in found]))
        last = found[-1][0]
        yield
    har.write(har_write.TAIL)


def _entries(exchanges: list[Exchange]) -> bytes:
    return b",".join(b"\n" + msgspec.json.encode(har_write.entry(redact.mask_exchange(exchange))) for exchange in exchanges)


async def _files(actor: Actor, file: zipfile.ZipFile) -> AsyncIterator[None]:
    async with engine.connection() as connection:
        listed = await connection.fetch("SELECT id, file_name, media_type, size, created_at FROM attachments WHERE user_id = $1 ORDER BY id", actor.user_id)
    file.writestr("files/files.json", _json([_plain(dict(row)) for row in listed]))
    for row in listed:
        async with engine.connection() as connection:
            data: bytes = await connection.fetchval("SELECT data FROM attachments WHERE id = $1", row["id"]) or b""
        masked = await asyncio.to_thread(redact.mask_body, data, "application/json" if row["media_type"].endswith("json") else row["media_type"])
        file.writestr(f"files/{row['id'].hex[-8:]}-{_file_name(row['file_name'])}", masked)
        yield


async def _delete_calls(endpoint_id: UUID) -> int:
    """In steps, so that a million of them hold nobody up."""
    statement = f"DELETE FROM api_calls WHERE (id, timestamp) IN (SELECT id, timestamp FROM api_calls WHERE endpoint_id = $1 LIMIT {_DELETED_AT_ONCE})"  # noqa: S608  # a number
    total = 0
    while count := await _execute(statement, endpoint_id):
        total += count
    return total


async def _execute(statement: str, *values: object) -> int:
    async with engine.connection() as connection:
        return int((await connection.execute(statement, *values)).split()[-1])


class _Pipe:
    """A file that can only be written on, and emptied from its beginning."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken, self._pieces, self.size = b"".join(self._pieces), [], 0
        return taken


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON has it, its texts masked."""
    return redact.mask_json({name: _value(value) for name, value in row.items()})


def _value(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "x"


def _file_name(name: str) -> str:
    """No path, nothing that a file system refuses."""
    return re.sub(r"[^\w. -]+", "_", name).strip(". ")[-100:] or "file"


_OF_APIS: dict[str, str] = {
    "operations": "SELECT pattern, protocol, methods, description, auth_type, pagination_type, api_type FROM discovered_endpoints WHERE endpoint_id = $1 ORDER BY id",
    "changes": "SELECT change_type, change_description, severity, diff, detected_at FROM api_changes WHERE endpoint_id = $1 ORDER BY id",
    "versions": "SELECT version, content_hash, generated_at FROM endpoint_documentation WHERE endpoint_id = $1 ORDER BY id",
    "sequence": "SELECT sequence, created_at FROM action_sequences WHERE endpoint_id = $1",
}

"""The first call of an API that a chat has made: noted once, together with the call itself, and told to whoever follows the chat.

Kept with the chat, so it is there after a reload and on every worker, and stays when retention deletes the call. An API that no chat made is
nobody's news. Who may read a chat is for the caller to say.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from db import engine, jsonb
from db.ids import uuid7


class Arrival(msgspec.Struct, frozen=True):
    """The first call that an endpoint heard. Secrets in the path are masked already."""

    endpoint_id: UUID
    call_id: UUID
    method: str
    path: str
    status: int | None
    at: datetime


async def expect(chat_id: UUID, endpoint_id: UUID) -> None:
    """This chat wants to know of the endpoint's first call."""
    async with engine.connection() as connection:
        await connection.execute(_EXPECT, uuid7(), chat_id, endpoint_id)


async def note(connection: engine.Connection, heard: Iterable[Arrival]) -> None:
    """Inside the transaction that stores these calls: those that were expected are told to their chats at its commit."""
    first: dict[UUID, Arrival] = {}
    for arrival in heard:
        if arrival.endpoint_id not in first or arrival.at < first[arrival.endpoint_id].at:
            first[arrival.endpoint_id] = arrival
    if first:
        await connection.execute(_NOTE, list(first), [jsonb.encode(msgspec.to_builtins(arrival)) for arrival in first.values()])


async def of_chat(chat_id: UUID) -> list[Arrival]:
    """The first calls of the endpoints that a chat has made, oldest first."""
    async with engine.connection() as connection:
        return _read([row[0] for row in await connection.fetch(_OF_CHAT, chat_id)])


async def of_endpoints(ids: Iterable[UUID]) -> dict[UUID, Arrival]:
    """By endpoint; a fork of a chat shows what the chat before it was told."""
    async with engine.connection() as connection:
        rows = await connection.fetch(_OF_ENDPOINTS, list(ids))
    return {arrival.endpoint_id: arrival for arrival in _read([row[0] for row in rows])}


def _read(stored: list[str]) -> list[Arrival]:
    return [msgspec.json.decode(one, type=Arrival) for one in stored]


_EXPECT = """
INSERT INTO chat_session_endpoints (id, chat_session_id, endpoint_id)
SELECT $1, c.id, e.id FROM chat_sessions c, endpoints e WHERE c.id = $2 AND e.id = $3 ON CONFLICT DO NOTHING
"""
_NOTE = """
WITH told AS (
  UPDATE chat_session_endpoints c SET first_call = n.call::jsonb FROM unnest($1::uuid[], $2::text[]) AS n (endpoint_id, call)
  WHERE c.endpoint_id = n.endpoint_id AND c.first_call IS NULL RETURNING c.chat_session_id
) SELECT pg_notify('wiretalk', 'chat:' || chat_session_id) FROM told
"""
_OF_CHAT = "SELECT first_call FROM chat_session_endpoints WHERE chat_session_id = $1 AND first_call IS NOT NULL ORDER BY (first_call->>'at')::timestamptz"
_OF_ENDPOINTS = "SELECT DISTINCT ON (endpoint_id) first_call FROM chat_session_endpoints WHERE endpoint_id = ANY($1) AND first_call IS NOT NULL"

"""Captures as discovery reads them: in order, and never more at once than memory has room for."""

import gzip
from uuid import UUID

import asyncpg

from agent.calls import captures
from agent.recorder import Heard, body_of, row_of, store
from db.ids import uuid7
from tests.agent.heard import BASE, an_endpoint


async def test_small_answers_that_grow_are_read_a_few_at_a_time(database: asyncpg.Pool) -> None:
    """Answers of 16 KB that say they are 16 MB: all are read, in order, at most three at a time."""
    actor, endpoint = await an_endpoint()
    body, headers = body_of(gzip.compress(bytes(16 << 20)), 1 << 20), [("Content-Encoding", "gzip")]
    ids = [uuid7() for _ in range(5)]
    heard = Heard(endpoint.id, actor.user_id, "GET", f"{BASE}/big", status=200, response_headers=headers, response=body)
    await store([row_of(heard, id_) for id_ in ids])
    seen: list[UUID] = []
    while batch := await captures.exchanges(endpoint.id, after=seen[-1] if seen else None, limit=500):
        assert len(batch) <= 3
        assert all(len(exchange.response_body) == 16 << 20 for _, exchange in batch)
        seen += [id_ for id_, _ in batch]
    assert seen == ids

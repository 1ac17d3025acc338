"""Exchanges stored at once, without the spool: for imports and calls of our own, whose door waits for the database anyway."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from agent.recorder import dictionaries, rules
from agent.recorder.heard import Heard
from agent.recorder.rows import Row, row_of
from agent.recorder.rules import Rules
from agent.recorder.store import store
from db import engine
from db.ids import uuid7


async def store_heard(heard: Sequence[Heard], ids: Sequence[UUID] = ()) -> int:
    """Obey each endpoint's rules and store what remains, under these ids or new ones; gives how many that are."""
    rows = await _rows_of(heard, ids)
    await store(rows)
    return len(rows)


class Recording:
    """The calls of one file, stored batch by batch. They obey the path filter too, and what an earlier import of the same calls has stored is not stored again.

    So a file whose import was cut off is given again, whole. Calls of which no time is known cannot be known again.
    """

    def __init__(self) -> None:
        self._began = uuid7()
        self._met = Counter[_Call]()
        self.known = 0

    async def store(self, heard: Sequence[Heard]) -> int:
        """How many were stored; `known` counts those that were there."""
        timed = {one.started_at for one in heard}
        rows = await _rows_of(heard)
        before = await self._before(rows)
        fresh = [row for row in rows if row.timestamp not in timed or not self._is_known(_call_of(row), before)]
        await store(fresh)
        self.known += len(rows) - len(fresh)
        return len(fresh)

    def _is_known(self, call: "_Call", before: Counter["_Call"]) -> bool:
        """Of calls that are alike, as many are there as were stored."""
        self._met[call] += 1
        return self._met[call] <= before[call]

    async def _before(self, rows: Sequence[Row]) -> Counter["_Call"]:
        found = Counter[_Call]()
        for endpoint_id in {row.endpoint_id for row in rows}:
            async with engine.connection() as connection:
                stored = await connection.fetch(_STORED, endpoint_id, self._began, [row.timestamp for row in rows])
            found.update(_Call(endpoint_id, *record) for record in stored)
        return found


class _Call(NamedTuple):
    """What makes two imported calls the same one."""

    endpoint_id: UUID
    timestamp: datetime
    method: str
    url: str
    status: int | None
    request: bytes | None
    response: bytes | None


def _call_of(row: Row) -> _Call:
    return _Call(row.endpoint_id, row.timestamp, row.method, row.url, row.response_status, row.request_sha256, row.response_sha256)


async def _rows_of(heard: Sequence[Heard], ids: Sequence[UUID] = ()) -> list[Row]:
    known = await rules.load(one.endpoint_id for one in heard)
    await dictionaries.prepare(known)
    keyed = list(zip(heard, ids or [uuid7() for _ in heard], strict=True))
    wanted = [(one, id_) for one, id_ in keyed if one.source != "import" or rules.is_wanted(one, known[one.endpoint_id].paths)]
    return await asyncio.to_thread(_rows, wanted, known)


def _rows(wanted: list[tuple[Heard, UUID]], known: dict[UUID, Rules]) -> list[Row]:
    return [row_of(one, id_, known[one.endpoint_id]) for one, id_ in wanted]


_STORED = """
SELECT timestamp, method, url, response_status, request_sha256, response_sha256 FROM api_calls
WHERE endpoint_id = $1 AND source = 'import' AND id < $2 AND timestamp = ANY($3)
"""

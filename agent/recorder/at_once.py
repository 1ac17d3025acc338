"""Exchanges stored at once, without the spool: for imports and calls of our own, whose door waits for the database anyway."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from agent.recorder import dictionaries, rules
from agent.recorder.heard import Heard
from agent.recorder.rows import Row, row_of
from agent.recorder.rules import Rules
from agent.recorder.store import store
from db.ids import uuid7


async def store_heard(heard: Sequence[Heard], ids: Sequence[UUID] = ()) -> int:
    """Obey each endpoint's rules and store what remains, under these ids or new ones; gives how many that are. Imported calls obey the path filter too."""
    known = await rules.load(one.endpoint_id for one in heard)
    await dictionaries.prepare(known)
    keyed = list(zip(heard, ids or [uuid7() for _ in heard], strict=True))
    wanted = [(one, id_) for one, id_ in keyed if one.source != "import" or rules.is_wanted(one, known[one.endpoint_id].paths)]
    rows = await asyncio.to_thread(_rows, wanted, known)
    await store(rows)
    return len(rows)


def _rows(wanted: list[tuple[Heard, UUID]], known: dict[UUID, Rules]) -> list[Row]:
    return [row_of(one, id_, known[one.endpoint_id]) for one, id_ in wanted]

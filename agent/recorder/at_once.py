"""Exchanges stored at once, without the spool: for imports and calls of our own, whose door waits for the database anyway."""

import asyncio
from collections.abc import Sequence

from agent.recorder import dictionaries, rules
from agent.recorder.heard import Heard
from agent.recorder.rows import Row, row_of
from agent.recorder.rules import Rules
from agent.recorder.store import store


async def store_heard(heard: Sequence[Heard]) -> int:
    """Obey each endpoint's rules and store what remains; gives how many that are. Imported calls obey the path filter too."""
    known = await rules.load(one.endpoint_id for one in heard)
    await dictionaries.prepare(known)
    wanted = [one for one in heard if one.source != "import" or rules.is_wanted(one, known[one.endpoint_id].paths)]
    rows = await asyncio.to_thread(_rows, wanted, [known[one.endpoint_id] for one in wanted])
    await store(rows)
    return len(rows)


def _rows(heard: list[Heard], found: list[Rules]) -> list[Row]:
    return [row_of(one, rules=its) for one, its in zip(heard, found, strict=True)]

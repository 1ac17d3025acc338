"""One batch of the spool becomes rows: read, obeyed, packed, copied. In this process, or in the helper where there is much."""

import asyncio
import traceback
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agent.recorder import dictionaries, rules
from agent.recorder.heard import Heard
from agent.recorder.rows import Row, row_of
from agent.recorder.rules import Rules
from agent.recorder.store import store
from db import engine

log = structlog.get_logger()
_OF_A_ROW = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, ValueError, TypeError, OverflowError)


class Kept(msgspec.Struct, frozen=True):
    """What is in the spool: the exchange under the id that it will have."""

    id: UUID
    heard: Heard


class Outcome(msgspec.Struct, frozen=True):
    """Whether a batch is in the database; else why not, with the traceback of what is no outage. `end`: where the spool goes on."""

    is_stored: bool
    reason: str = ""
    traceback: str = ""
    end: int = 0


ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Kept)


async def copy(payloads: list[bytes]) -> Outcome:
    """Store what these payloads of the spool hold; what cannot be read, or the database refuses for itself, is logged and passed over."""
    batch = await asyncio.to_thread(_decoded, payloads)
    rows: list[Row] = []
    try:
        known = await rules.load(kept.heard.endpoint_id for kept in batch)
        await dictionaries.prepare(known)
        rows = await asyncio.to_thread(_rows, batch, known)
        await store(rows)
    except Exception as error:
        return await _one_by_one(rows) if rows and isinstance(error, _OF_A_ROW) else _away(error)
    await _learn(batch)
    return Outcome(True)


async def _learn(batch: list[Kept]) -> None:
    """Let the compressor learn from an endpoint's first calls. Saves space only, so nothing may fail for it."""
    try:
        for endpoint_id in dictionaries.sample([kept.heard for kept in batch]):
            await dictionaries.learn(endpoint_id, await asyncio.to_thread(dictionaries.train, endpoint_id))
    except Exception as error:
        log.warning("capture.learnt_nothing", reason=type(error).__name__)


async def _one_by_one(rows: list[Row]) -> Outcome:
    """A row that the database refuses for itself must not hold up the others."""
    for row in rows:
        try:
            await store([row])
        except Exception as error:
            if not isinstance(error, _OF_A_ROW):
                return _away(error)
            log.exception("capture.refused_by_database", call=str(row.id))
    return Outcome(True)


def _away(error: Exception) -> Outcome:
    return Outcome(False, type(error).__name__, "" if engine.is_unavailable(error) else "".join(traceback.format_exception(error)))


def _decoded(payloads: list[bytes]) -> list[Kept]:
    found: list[Kept] = []
    for payload in payloads:
        try:
            found.append(_DECODER.decode(payload))
        except msgspec.MsgspecError:
            log.exception("capture.unreadable", bytes=len(payload))  # a spool of another version; the others go on
    return found


def _rows(batch: list[Kept], known: dict[UUID, Rules]) -> list[Row]:
    """Without those whose path their endpoint does not want."""
    rows = [_row(kept, known[kept.heard.endpoint_id]) for kept in batch]
    return [row for row in rows if row is not None]


def _row(kept: Kept, found: Rules) -> Row | None:
    """None for what is not wanted, and for what cannot become a row, which is a bug: the others go on."""
    try:
        return row_of(kept.heard, kept.id, found) if kept.heard.source != "proxy" or rules.is_wanted(kept.heard, found.paths) else None
    except Exception:
        log.exception("capture.unreadable", call=str(kept.id))
        return None

"""What the compressor learns from the first calls of an endpoint: with it a small body or a set of headers costs half as much.

A frame names its dictionary by number, so old rows stay readable whatever is learnt later. Dictionaries are small, few and never
changed; this process remembers the ones it met. Making one is work for a thread.
"""

import random
import threading
from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import zstandard

from agent.recorder.heard import Heard
from db import engine
from db.ids import uuid7

LEVEL = 3
LEARN_FROM = 400
_SIZE = 16 * 1024
_SAMPLE = range(64, 32 * 1024)
_MOST_KNOWN = 4000
_thread = threading.local()
_by_number: dict[int, zstandard.ZstdCompressionDict] = {}
_of_endpoint: dict[UUID, int | None] = {}
_samples: dict[UUID, list[bytes]] = {}


def compress(data: bytes, endpoint_id: UUID | None = None) -> bytes:
    """With the endpoint's dictionary where `prepare` has found one."""
    number = _of_endpoint.get(endpoint_id) if endpoint_id else None
    made: dict[int, zstandard.ZstdCompressor] | None = getattr(_thread, "compressors", None)
    if made is None or len(made) > 200:
        made = _thread.compressors = {}
    key = number or 0
    if key not in made:  # making one costs more than a small body
        made[key] = zstandard.ZstdCompressor(LEVEL, dict_data=_by_number[key]) if key else zstandard.ZstdCompressor(LEVEL)
    return made[key].compress(data)


def expand(frame: bytes, limit: int = 64 * 1024 * 1024) -> bytes:
    """Undo `compress`, up to `limit` bytes. Its dictionary must have been met, see `meet`."""
    number = zstandard.get_frame_parameters(frame).dict_id
    decompressor = zstandard.ZstdDecompressor(dict_data=_by_number[number]) if number else zstandard.ZstdDecompressor()
    return decompressor.stream_reader(frame).read(limit)


async def prepare(endpoint_ids: Iterable[UUID]) -> None:
    """Look up the dictionaries of endpoints that this process has not met yet."""
    new = [id_ for id_ in set(endpoint_ids) if id_ not in _of_endpoint]
    if not new:
        return
    _forget_some()
    async with engine.connection() as connection:
        rows = await connection.fetch("SELECT endpoint_id, number, data FROM capture_dictionaries WHERE endpoint_id = ANY($1) ORDER BY id", new)
    _of_endpoint.update(dict.fromkeys(new))
    for row in rows:
        _keep(row["number"], row["data"])
        _of_endpoint[row["endpoint_id"]] = row["number"]


async def meet(endpoint_ids: Iterable[UUID]) -> None:
    """Before rows are read: every dictionary of their endpoints, also those that another process has made since."""
    async with engine.connection() as connection:
        rows = await connection.fetch(
            "SELECT number, data FROM capture_dictionaries WHERE endpoint_id = ANY($1) AND number <> ALL($2)", list(set(endpoint_ids)), list(_by_number)
        )
    for row in rows:
        _keep(row["number"], row["data"])


def sample(heard: Sequence[Heard]) -> list[UUID]:
    """Remember parts of these exchanges to learn from; gives the endpoints of which there are enough now."""
    ready: list[UUID] = []
    for one in heard:
        if _of_endpoint.get(one.endpoint_id, 0) is not None:
            continue
        known = _samples.setdefault(one.endpoint_id, [])
        known += [part for part in _parts(one) if len(part) in _SAMPLE]
        if len(known) >= LEARN_FROM:
            ready.append(one.endpoint_id)
            _of_endpoint.pop(one.endpoint_id)
    return ready


def train(endpoint_id: UUID) -> bytes | None:
    """A dictionary from the samples; None where they teach nothing. Takes about a tenth of a second."""
    try:
        learnt = zstandard.train_dictionary(_SIZE, [*_samples.pop(endpoint_id, [])], dict_id=random.randrange(1 << 16, 1 << 31))  # noqa: S311  # a number
    except zstandard.ZstdError:
        return None
    return learnt.as_bytes()


async def learn(endpoint_id: UUID, data: bytes | None) -> None:
    """Store a new dictionary and use it from now on. Of two processes that learn at once both are right."""
    if data is None:
        _of_endpoint[endpoint_id] = 0
        return
    number = zstandard.ZstdCompressionDict(data).dict_id()
    async with engine.connection() as connection:
        await connection.execute(
            "INSERT INTO capture_dictionaries (id, endpoint_id, number, data) SELECT $1, id, $3, $4 FROM endpoints WHERE id = $2",
            uuid7(),
            endpoint_id,
            number,
            data,
        )
    _keep(number, data)
    _of_endpoint[endpoint_id] = number


def _parts(heard: Heard) -> list[bytes]:
    """What will be compressed alone. A body in a content encoding has nothing to teach."""
    bodies = [(heard.request_headers, heard.request), (heard.response_headers, heard.response)]
    found = [msgspec.json.encode(pairs) for pairs, _ in bodies]
    return found + [body.data for pairs, body in bodies if not any(name.lower() == "content-encoding" for name, _ in pairs)]


def _keep(number: int, data: bytes) -> None:
    _by_number[number] = zstandard.ZstdCompressionDict(data)


def _forget_some() -> None:
    """The memory of a server with very many endpoints stays bounded: what is needed again is looked up again."""
    if len(_of_endpoint) > _MOST_KNOWN:
        _of_endpoint.clear()
        _samples.clear()

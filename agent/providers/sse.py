"""Server-sent events out of bytes, however the network cut them. Knows nothing of what the events mean.

Takes what real servers send beside the standard: blanks before a field, `\\r\\n`, comments, a last event without its empty line.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import NamedTuple

MAX_EVENT = 16 * 1024 * 1024


class Event(NamedTuple):
    """`name` is empty where the server named none."""

    name: str
    data: str


class TooLarge(ValueError):
    """One event was larger than `MAX_EVENT` bytes."""


async def events(chunks: AsyncIterator[bytes]) -> AsyncGenerator[Event, None]:
    """Each event that has data. Raises TooLarge."""
    block: list[bytes] = []
    size = 0
    async for line in _lines(chunks):
        size += len(line)
        if size > MAX_EVENT:
            raise TooLarge
        if line:
            block.append(line)
            continue
        if event := _event(block):
            yield event
        block, size = [], 0
    if event := _event(block):
        yield event


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    pieces: list[bytes] = []
    size = 0
    async for chunk in chunks:
        first, *rest = chunk.split(b"\n")
        pieces.append(first)
        size += len(first)
        if size > MAX_EVENT:
            raise TooLarge
        for piece in rest:
            yield b"".join(pieces).rstrip(b"\r")
            pieces, size = [piece], len(piece)
    if line := b"".join(pieces).rstrip(b"\r"):
        yield line


def _event(block: list[bytes]) -> Event | None:
    name, data = "", list[str]()
    for line in block:
        field, _, value = line.decode("utf-8", "replace").lstrip("\ufeff \t").partition(":")
        if field == "event":
            name = value.strip()
        elif field == "data":
            data.append(value.removeprefix(" "))
    text = "\n".join(data)
    return Event(name, text) if text.strip() else None

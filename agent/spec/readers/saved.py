"""Our own file of captures: one exchange per line as JSON (JSON Lines), bodies in base64. What `write` wrote, `read` gives back unchanged."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec

from agent.spec.model import Exchange
from agent.spec.readers.reading import Reading, Skips, Unreadable, opened, with_id

MAX_LINE = 256 << 20


def read(data: bytes | BinaryIO) -> Reading:
    """The exchanges of such a file. Raises Unreadable, at the latest with the first exchange, where no line is one."""
    return Reading(lambda skips: _read(opened(data), skips))


def write(exchanges: Iterable[Exchange]) -> Iterator[bytes]:
    """A line for each exchange."""
    for exchange in exchanges:
        yield msgspec.json.encode(exchange) + b"\n"


def _read(stream: BinaryIO, skips: Skips) -> Iterator[Exchange]:
    decoder, found = msgspec.json.Decoder(Exchange), 0
    for number, line in enumerate(_lines(stream), 1):
        if not line.strip():
            continue
        try:
            exchange = decoder.decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            if not found and number > 20:
                break
            skips.add(f"Line {number} was left out: {error}.")
            continue
        found += 1
        yield exchange if exchange.id else with_id(exchange)
    if not found:
        raise Unreadable("This is no file of saved captures: no line is a JSON object with `method` and `url`.")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """A line over the limit is given in pieces, which then are no JSON and get reported."""
    rest: list[bytes] = []
    size = 0
    while chunk := stream.read(1 << 18):
        *whole, last = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*rest, line])
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > MAX_LINE:
            yield b"".join(rest)
            rest, size = [], 0
    if rest:
        yield b"".join(rest)

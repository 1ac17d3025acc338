"""The files that `discover` and `diff` are given, and how they tell a person of what is wrong with one.

What was left out is said on stderr. A file that cannot be read ends the command with exit code 2 and one line.
"""

import atexit
import gc
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NoReturn

from agent.spec.model import Exchange
from agent.spec.readers import inputs
from agent.spec.readers.reading import Reading, Unreadable

_ENDINGS = (".har", ".flow", ".flows", ".mitm")
"""What of a folder is taken, packed or not. A file that is named may be called anything."""
_PACKED = (".gz", ".zst", ".zip")
_MOST_REASONS = 5
_OBJECTS_BETWEEN_SWEEPS = 200_000


def captures(names: Sequence[str]) -> tuple[str, ...]:
    """The files, and those in the folders, whatever folder within; a folder without any ends the command."""
    found: list[str] = []
    for name in names:
        within = _within(name) if os.path.isdir(name) else [name]
        found += within or stop(f"`{name}` is a folder without captures: no file in it ends in {', '.join(_ENDINGS[:-1])} or {_ENDINGS[-1]}.")
    return tuple(found)


def unpacked(name: str) -> str:
    """The name of a capture without what its packing adds: `a.har` of `a.har.gz`."""
    bare, packing = os.path.splitext(name)
    return bare if packing.lower() in _PACKED and bare.lower().endswith(_ENDINGS) else name


def exchanges(name: str) -> Iterator[Exchange]:
    """The calls in one file."""
    with opened(name) as stream:
        try:
            reading = inputs.read(stream)
            yield from reading
        except Unreadable as error:
            stop(f"`{name}` cannot be read: {error}")
        except OSError as error:
            stop(f"`{name}` cannot be read: {error.strerror or error}.")
    _say_skipped(name, reading)


def opened(name: str) -> BinaryIO:
    """The bytes of a file, or of stdin where it is named `-`."""
    if name == "-":
        return sys.stdin.buffer
    try:
        return open(name, "rb")
    except OSError as error:
        stop(f"`{name}` cannot be opened: {error.strerror}.")


def plain(text: str) -> str:
    """Captured names must not steer a terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def say(text: str) -> None:
    sys.stderr.write(plain(text) + "\n")  # in one piece: `print` lets another process come between a line and its end


def stop(sentence: str) -> NoReturn:
    say(f"wiretalk: {sentence}")
    raise SystemExit(2)


@contextmanager
def seldom_swept() -> Generator[None]:
    """Millions of small values are made within, and next to none of them in circles: looking for circles as often as usual takes a tenth of the time.

    When the process ends, they would all be looked through once more, which takes another tenth.
    """
    usual = gc.get_threshold()
    atexit.register(gc.freeze)
    gc.set_threshold(_OBJECTS_BETWEEN_SWEEPS)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _within(folder: str) -> list[str]:
    names = (os.path.join(place, name) for place, _, files in os.walk(folder) for name in files if name[0] != ".")
    return sorted(name for name in names if unpacked(name).lower().endswith(_ENDINGS))


def _say_skipped(name: str, reading: Reading) -> None:
    for reason in reading.skipped[:_MOST_REASONS]:
        say(f"`{name}`: {reason}")
    if reading.skipped_count > _MOST_REASONS:
        say(f"`{name}`: {reading.skipped_count - _MOST_REASONS:,} more were left out.")

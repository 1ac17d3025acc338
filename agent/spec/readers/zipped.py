"""The captures in a zip file, such as Playwright writes: its HARs, with bodies that stand in files of their own beside them."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any, BinaryIO

from agent.spec.model import Exchange
from agent.spec.readers import har
from agent.spec.readers.reading import Prefixed, Reading, Skips, Unreadable, whole
from agent.spec.readers.unpacked import MAX_UNPACKED

MAX_FILE = 64 << 20
_MOST_FILES = 200
_MOST_LISTED = 20_000
_ZIP, _LISTED = b"PK\x03\x04", b"PK\x01\x02"


def read(stream: BinaryIO, read_one: Callable[[BinaryIO], Reading]) -> Reading:
    """The exchanges of all HARs in it; where there is none, of all files that `read_one` can read. Raises Unreadable where it holds no capture."""
    return Reading(lambda skips: _read(whole(stream, MAX_FILE), skips, read_one))


def _read(data: bytes, skips: Skips, read_one: Callable[[BinaryIO], Reading]) -> Iterator[Exchange]:
    if data.count(_LISTED) > _MOST_LISTED:  # each would be an object of a kilobyte
        raise Unreadable(f"The zip file lists more than {_MOST_LISTED:,} files.")
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _DAMAGED:
        raise Unreadable("The zip file is damaged or cut off.") from None
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    hars = [name for name in names if name.lower().endswith(".har")]
    is_any, left = False, _Left()
    for name in (hars or names)[:_MOST_FILES]:
        try:
            with archive.open(name) as packed:
                member = _Member(packed, left)
                if (head := member.read(len(_ZIP))) == _ZIP:
                    raise Unreadable("It is a zip file itself.")
                member = Prefixed(head, member)
                found = har.read(member, lambda file, beside=name: _beside(archive, beside, file, left)) if hars else read_one(member)
                for exchange in found:
                    is_any = True
                    yield exchange
        except Unreadable as error:
            skips.add(f"`{name[:200]}` was left out: {error}")
        except _DAMAGED as error:
            skips.add(f"`{name[:200]}` breaks off: {str(error)[:200]}.")
        else:
            skips.take(found)
    if not is_any:
        raise Unreadable("There is no capture in this zip file that can be read.")


class _Left:
    """Bytes that may still be unpacked of one zip file: a few of its own can stand for as many as one likes, and be named again and again."""

    def __init__(self) -> None:
        self._bytes = MAX_UNPACKED

    def take(self, plain: bytes) -> bytes:
        self._bytes -= len(plain)
        if self._bytes < 0:
            raise Unreadable(f"The zip file unpacks to more than {MAX_UNPACKED >> 20} MiB.")
        return plain


class _Member(BytesIO):
    """The plain bytes of a file in it. Only `read` is offered."""

    def __init__(self, member: IO[bytes], left: _Left) -> None:
        super().__init__()
        self._member, self._limit = member, left

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            return b"".join(iter(lambda: self.read(1 << 18), b""))
        return self._limit.take(self._member.read(size))


def _beside(archive: zipfile.ZipFile, har_name: str, file: Any, left: _Left) -> bytes | None:
    """What a HAR names as the file of a body, from its own folder."""
    folder = har_name.rpartition("/")[0]
    try:
        with archive.open(f"{folder}/{file}".lstrip("/")) as member:
            plain = member.read(MAX_FILE)
    except (KeyError, *_DAMAGED):
        return None
    return left.take(plain)


_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, OverflowError, struct.error)
"""Among them a password, a way of packing that Python does not know, and offsets that lead nowhere."""

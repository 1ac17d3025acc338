"""The captures in a zip file, such as Playwright writes: its HARs, with bodies that stand in files of their own beside them."""

import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

from agent.spec import har
from agent.spec.model import Exchange
from agent.spec.reading import Reading, Skips, Unreadable, whole

MAX_FILE = 64 << 20
_MOST_FILES = 200


def read(stream: BinaryIO, read_one: Callable[[BinaryIO], Reading]) -> Reading:
    """The exchanges of all HARs in it; where there is none, of all files that `read_one` can read. Raises Unreadable where it holds no capture."""
    return Reading(lambda skips: _read(whole(stream, MAX_FILE), skips, read_one))


def _read(data: bytes, skips: Skips, read_one: Callable[[BinaryIO], Reading]) -> Iterator[Exchange]:
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError):
        raise Unreadable("The zip file is damaged or cut off.") from None
    names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    hars = [name for name in names if name.lower().endswith(".har")]
    is_any = False
    for name in (hars or names)[:_MOST_FILES]:
        try:
            with archive.open(name) as member:
                found = har.read(member, lambda file, beside=name: _beside(archive, beside, file)) if hars else read_one(member)  # type: ignore[arg-type]
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


def _beside(archive: zipfile.ZipFile, har_name: str, file: Any) -> bytes | None:
    """What a HAR names as the file of a body, from its own folder."""
    folder = har_name.rpartition("/")[0]
    try:
        with archive.open(f"{folder}/{file}".lstrip("/")) as member:
            return member.read(MAX_FILE)
    except (KeyError, *_DAMAGED):
        return None


_DAMAGED = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError)
"""Among them a password, and a way of packing that Python does not know."""

"""Keeps the beginning of a body that passes, and counts and hashes all of it."""

import hashlib
from typing import Any

from agent.recorder import Body

_HASH_UP_TO = 256 * 1024 * 1024
_NOTHING = Body()


class Tap:
    """One direction of one exchange. The hash is of the whole body, and missing where that was too long to hash on the way."""

    __slots__ = ("_hash", "_kept", "_limit", "_room", "length")

    def __init__(self, limit: int) -> None:
        self._limit = self._room = limit
        self._kept: list[bytes] = []
        self._hash: Any = None
        self.length = 0

    def note(self, chunk: bytes) -> None:
        if not chunk:
            return
        if self._hash is None:
            self._hash = hashlib.sha256()
        self.length += len(chunk)
        if self.length <= _HASH_UP_TO:
            self._hash.update(chunk)
        if self._room > 0:
            self._kept.append(chunk if len(chunk) <= self._room else chunk[: self._room])
            self._room -= len(chunk)

    def body(self) -> Body:
        if self._hash is None:
            return _NOTHING
        whole = self.length <= _HASH_UP_TO
        return Body(b"".join(self._kept), self.length, self._hash.digest() if whole else None, self.length > self._limit)


class NoTap(Tap):
    """For what is not recorded."""

    def note(self, chunk: bytes) -> None:
        """Forget it."""

"""The files between an answer and the database. A file belongs to the process that holds its lock; a dead one's is free.

A file begins with a key of its own, sealed like every other secret, and each frame is encrypted with it: headers and bodies
on their way are as safe as in the database. A last frame that is not whole was never acknowledged and is left out.
"""

import contextlib
import fcntl
import os
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from agent.crypto import seal, unseal

SUFFIX = ".spool"
_CONTEXT = "spool"
_COUNTER = 8


class Frames(NamedTuple):
    """Payloads in their order, and where the next one begins."""

    payloads: list[bytes]
    end: int


class _Frame(NamedTuple):
    payload: bytes
    end: int


class Spool:
    """One file, for appending at its end and reading from its beginning. `at` is how far it was read."""

    def __init__(self, path: Path, file: int, key: bytes, start: int, size: int) -> None:
        self.path = path
        self.start = self.at = start
        self.size = size
        self._file, self._cipher = file, AESGCM(key)
        self._count = int.from_bytes(os.urandom(4), "big") << 32

    @classmethod
    def create(cls, path: Path) -> "Spool":
        """A new file, locked by this process. Raises OSError; then nothing of it is left."""
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            key = os.urandom(32)
            sealed = seal(key, _CONTEXT)
            _write(file, len(sealed).to_bytes(4, "big") + sealed)
        except BaseException:  # with a full disk each call comes here: nothing of it may stay
            path.unlink()
            os.close(file)
            raise
        return cls(path, file, key, 4 + len(sealed), 4 + len(sealed))

    @classmethod
    def adopt(cls, path: Path) -> "Spool | None":
        """A file that a dead process left; None where its process lives. Raises Unsealable; an empty or unreadable one gives nothing."""
        try:
            file = os.open(path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            length = int.from_bytes(os.pread(file, 4, 0), "big")
            size = os.fstat(file).st_size
            if not 0 < length <= size - 4:
                return cls(path, file, bytes(32), size, size)
            return cls(path, file, unseal(os.pread(file, length, 4), _CONTEXT), 4 + length, size)
        except BlockingIOError:
            os.close(file)
            return None
        except BaseException:
            os.close(file)
            raise

    @classmethod
    def reading(cls, path: Path) -> "Spool":
        """Another process's file, for reading what its owner says is there. Raises OSError, Unsealable."""
        file = os.open(path, os.O_RDONLY)
        try:
            length = int.from_bytes(os.pread(file, 4, 0), "big")
            return cls(path, file, unseal(os.pread(file, length, 4), _CONTEXT), 4 + length, 4 + length)
        except BaseException:
            os.close(file)
            raise

    def append(self, payload: bytes) -> None:
        """Acknowledge a payload. After an OSError nothing of it is left in the file."""
        self._count += 1
        nonce = self._count.to_bytes(_COUNTER, "big")
        sealed = self._cipher.encrypt(b"\0\0\0\0" + nonce, payload, None)
        try:
            _write(self._file, (len(sealed) + _COUNTER).to_bytes(4, "big") + nonce + sealed)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self.size)
            raise
        self.size += 4 + _COUNTER + len(sealed)

    def peek(self, most: int) -> Frames:
        """The next payloads, at least one where there is one, about `most` bytes of them. The reader then moves `at`."""
        payloads: list[bytes] = []
        end = self.at
        while end - self.at < most and (frame := self._frame(end)) is not None:
            payloads.append(frame.payload)
            end = frame.end
        return Frames(payloads, end)

    def empty(self) -> None:
        """Forget what was read; the file goes on being used."""
        os.ftruncate(self._file, self.start)
        self.size = self.at = self.start

    @property
    def waiting(self) -> int:
        """Bytes that were not read yet."""
        return self.size - self.at

    def close(self, *, discard: bool) -> None:
        if discard:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _frame(self, at: int) -> "_Frame | None":
        if at + 4 > self.size:
            return None
        length = int.from_bytes(os.pread(self._file, 4, at), "big")
        if at + 4 + length > self.size or length <= _COUNTER:
            return None
        frame = os.pread(self._file, length, at + 4)
        try:
            return _Frame(self._cipher.decrypt(b"\0\0\0\0" + frame[:_COUNTER], frame[_COUNTER:], None), at + 4 + length)
        except InvalidTag:
            return None


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]

"""Secrets at rest: authenticated encryption bound to the row it belongs to, under keys that can be rotated.

The keys come from `WIRETALK_SECRET_KEY` (newest first) or from a key file of mode 0600 in the data directory, made at
the first start. A sealed value opens only under the context it was sealed for, so that one moved to another row is refused.
A key that another process adds to the file is used by all from then on.
"""

import base64
import hashlib
import os
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from agent.config import settings
from agent.errors import Problem

_KEY_FILE = "secret.key"


class Unsealable(Exception):
    """The value was made under another key or for another row, or was altered."""


def seal(data: bytes, context: str) -> bytes:
    """Encrypt `data` for `context`, such as `provider_keys:<id>`."""
    return base64.urlsafe_b64decode(_ring().encrypt(_tag(context) + data))


def unseal(token: bytes, context: str) -> bytes:
    """Raises Unsealable."""
    plain = _open(token)
    tag, data = plain[:16], plain[16:]
    if tag != _tag(context):
        raise Unsealable(f"sealed for another row than {context}")
    return data


def reseal(token: bytes) -> bytes:
    """The same value under the newest key. Raises Unsealable."""
    try:
        return base64.urlsafe_b64decode(_ring().rotate(base64.urlsafe_b64encode(token)))
    except InvalidToken as error:
        raise Unsealable("made under a key that is not in the ring") from error


def fingerprints() -> tuple[str, ...]:
    """One short public name per key, newest first: shown at start-up and kept in the database."""
    return tuple(hashlib.sha256(b"wiretalk:" + key).hexdigest()[:12] for key in _keys())


def derived_key(purpose: str) -> bytes:
    """A key of its own for a purpose, the same in every process, from the newest key of the ring."""
    return hashlib.sha256(b"wiretalk:" + purpose.encode() + b":" + _keys()[0]).digest()


def digest(token: str) -> bytes:
    """The form in which login tokens, API tokens and one-time links are stored."""
    return hashlib.sha256(token.encode()).digest()


def add_key() -> str:
    """Put a new key before the others in the key file; gives its name. Raises Problem where the keys come from the environment."""
    if settings().secret_key:
        raise Problem(
            "conflict", "The keys come from `WIRETALK_SECRET_KEY`.", remedy="Put the new key before the old one there, separated by a comma, and restart."
        )
    path = _path()
    known = _key_file(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(f"{Fernet.generate_key().decode()}\n{known}")
    draft.replace(path)
    return fingerprints()[0]


def forget() -> None:
    """The settings have changed: read them anew."""
    _path.cache_clear()


def is_newest(token: bytes) -> bool:
    """Whether a value was sealed under the newest key."""
    try:
        Fernet(_keys()[0]).decrypt(base64.urlsafe_b64encode(token))
    except InvalidToken:
        return False
    return True


def opens(token: bytes) -> bool:
    """Whether a key of the ring opens it."""
    try:
        _open(token)
    except Unsealable:
        return False
    return True


def _open(token: bytes) -> bytes:
    try:
        return _ring().decrypt(base64.urlsafe_b64encode(token))
    except InvalidToken as error:
        raise Unsealable("made under a key that is not in the ring, or altered") from error


def _tag(context: str) -> bytes:
    return hashlib.sha256(context.encode()).digest()[:16]


def _ring() -> MultiFernet:
    return _ring_of(_keys())


@lru_cache(4)
def _ring_of(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[bytes, ...]:
    """Looks whether the key file has changed, each time: a key that another process adds is used from then on."""
    if configured := settings().secret_key:
        return _parsed(configured.get_secret_value())
    path = _path()
    try:
        return _in_file(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return _parsed(_key_file(path))


@lru_cache(1)
def _path() -> Path:
    return settings().data / _KEY_FILE


@lru_cache(4)
def _in_file(path: Path, _changed_ns: int) -> tuple[bytes, ...]:
    return _parsed(_key_file(path))


@lru_cache(4)
def _parsed(text: str) -> tuple[bytes, ...]:
    return tuple(_as_key(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip())


def _as_key(text: str) -> bytes:
    """A Fernet key as it is; any other long secret through a hash."""
    try:
        Fernet(text)
    except ValueError:
        if len(text) < 16:
            raise SystemExit("WIRETALK_SECRET_KEY is too short: use at least 16 random characters.") from None
        return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return text.encode()


def _key_file(path: Path) -> str:
    try:
        return _read_or_made(path)
    except OSError as error:
        remedy = "Start as the user it belongs to, choose another folder with WIRETALK_DATA_DIR, or give the key in WIRETALK_SECRET_KEY."
        raise SystemExit(f"The encryption key `{path}` cannot be read or made: {error.strerror}. {remedy}") from error


def _read_or_made(path: Path) -> str:
    """Read the key file, making it once. Two processes starting together end up with the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(Fernet.generate_key().decode() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()

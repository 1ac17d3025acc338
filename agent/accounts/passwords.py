"""Password rules and hashes. bcrypt costs a quarter of a second, so it runs in a few threads and never in the event loop."""

import asyncio
import base64
import hashlib

import bcrypt

from agent.errors import Problem

_COMMON = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "password1",
        "password123",
        "qwertyui",
        "qwerty123",
        "qwertyuiop",
        "11111111",
        "00000000",
        "abc12345",
        "iloveyou",
        "sunshine1",
        "princess1",
        "football1",
        "baseball1",
        "welcome1",
        "letmein1",
        "admin123",
        "administrator",
        "changeme",
        "changeme1",
        "trustno1",
        "superman1",
        "michael1",
        "master123",
        "dragon123",
        "1q2w3e4r",
        "1qaz2wsx",
        "zaq12wsx",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "abcd1234",
        "a1b2c3d4",
        "87654321",
        "987654321",
        "qazwsxedc",
        "asdfghjkl",
        "zxcvbnm1",
        "computer",
        "internet",
        "starwars",
        "whatever",
    ]
)
_MAX_CHARACTERS = 1000
_threads = asyncio.Semaphore(2)
_NOBODY = bcrypt.hashpw(b"nobody", bcrypt.gensalt(12)).decode()


def check_rules(password: str) -> None:
    """Raises weak_password."""
    if len(password) < 8:
        raise Problem("weak_password", "The password has fewer than 8 characters.", field="password")
    if len(password) > _MAX_CHARACTERS:
        raise Problem("weak_password", f"The password has more than {_MAX_CHARACTERS} characters.", remedy="Use a shorter one.", field="password")
    if password.lower() in _COMMON:
        raise Problem("weak_password", "The password is one of the best known.", field="password")


async def hash_password(password: str) -> str:
    """A bcrypt hash of cost 12 over a digest, because bcrypt itself takes 72 bytes at most."""
    async with _threads:
        return (await asyncio.to_thread(bcrypt.hashpw, _digest(password), bcrypt.gensalt(12))).decode()


async def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits. It takes as long for an unknown user (`stored` None) as for a known one."""
    async with _threads:
        fits = await asyncio.to_thread(bcrypt.checkpw, _digest(password), (stored or _NOBODY).encode())
    return fits and stored is not None


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest())

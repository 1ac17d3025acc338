"""Links that prove one thing once: that somebody reads an address, or gave the right password a moment ago.

Nothing is stored. A link is sealed under the server's key and holds a fingerprint of what it would change, so that it ends when
that changes (a used reset link no longer fits the new password), when its time is over, or when the account is closed.
"""

import base64
import hashlib
import time
from typing import Literal
from uuid import UUID

import msgspec

from agent.accounts import users
from agent.crypto import Unsealable, seal, unseal
from agent.errors import Problem

Purpose = Literal["reset", "verify", "code"]
LIFETIME_SECONDS: dict[Purpose, int] = {"reset": 3600, "verify": 7 * 24 * 3600, "code": 300}
_STAMPS: dict[Purpose, tuple[str, ...]] = {
    "reset": ("password_hash", "email", "last_login"),
    "verify": ("email", "is_verified"),
    "code": ("password_hash", "last_login"),
}


class _Content(msgspec.Struct, frozen=True, array_like=True):
    user_id: UUID
    until: int
    stamp: str


async def issue(purpose: Purpose, user_id: UUID) -> str:
    """A token for the query of a link. Raises link_used for a closed account."""
    content = _Content(user_id, int(time.time()) + LIFETIME_SECONDS[purpose], await _stamp(purpose, user_id))
    return base64.urlsafe_b64encode(seal(msgspec.msgpack.encode(content), f"link:{purpose}")).decode().rstrip("=")


async def holder(purpose: Purpose, token: str) -> UUID:
    """Whose link it is, while it holds. Raises link_used."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = msgspec.msgpack.decode(unseal(sealed, f"link:{purpose}"), type=_Content)
    except (ValueError, Unsealable, msgspec.DecodeError) as error:
        raise _used() from error
    if content.until < time.time() or content.stamp != await _stamp(purpose, content.user_id):
        raise _used()
    return content.user_id


async def _stamp(purpose: Purpose, user_id: UUID) -> str:
    found = await users.standing(user_id)
    if found is None or not found.is_open:
        raise _used()
    return hashlib.sha256(repr([getattr(found, name) for name in _STAMPS[purpose]]).encode()).hexdigest()[:32]


def _used() -> Problem:
    return Problem("link_used", "This link was used or has expired.")

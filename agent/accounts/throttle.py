"""Failed sign-ins are counted in the database, so that every worker sees them; the check comes before the costly hash.

Per e-mail and address together 10 failures in 15 minutes, per address alone 50: a stranger cannot lock the owner out
from elsewhere, and one address cannot try many accounts. Without an address only the subject is counted; of IPv6 a /64 is one address.
"""

import hashlib
from typing import Any

from agent.errors import Problem
from agent.rates import caller
from db.tables import LoginThrottle

_PER_ACCOUNT, _PER_ADDRESS = 10, 50


async def check(subject: str, address: str = "", *, most: int = _PER_ACCOUNT) -> None:
    """Count one attempt. Raises rate_limited with `retry_after` seconds. A success forgives the subject's count."""
    for key, allowed in _keys(subject, address, most):
        _refuse_beyond(allowed, await LoginThrottle.raw(_COUNT, key))


async def look(subject: str, *, most: int = _PER_ACCOUNT) -> None:
    """Count nothing, and refuse where too many were counted. Raises rate_limited."""
    for key, allowed in _keys(subject, "", most):
        _refuse_beyond(allowed, await LoginThrottle.raw(_LOOK, key))


async def forgive(subject: str, address: str = "") -> None:
    """After a success: the subject's failures count no more, and of the address one less."""
    keys = _keys(subject, address)
    for key, _ in keys[1:]:
        await LoginThrottle.raw("UPDATE login_throttle SET failures = greatest(failures - 1, 0) WHERE key = {}", key)
    await LoginThrottle.delete().where(LoginThrottle.key == keys[0][0])


def _refuse_beyond(allowed: int, rows: list[dict[str, Any]]) -> None:
    if rows and rows[0]["failures"] > allowed:
        wait = max(1, int(rows[0]["wait"]))
        raise Problem("rate_limited", "Too many attempts failed.", remedy=f"Try again in {-(-wait // 60)} minutes.", retry_after=wait)


def _keys(subject: str, address: str, most: int = _PER_ACCOUNT) -> list[tuple[str, int]]:
    address = caller(address)
    hashed = hashlib.sha256(f"{subject.strip().lower()}|{address}".encode()).hexdigest()
    return [(f"login:{hashed}", most), *([(f"address:{address}", _PER_ADDRESS)] if address else [])]


_COUNT = """
INSERT INTO login_throttle AS t (key, window_start, failures) VALUES ({}, now(), 1)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.window_start BETWEEN now() - interval '15 minutes' AND now() THEN t.failures + 1 ELSE 1 END,
    window_start = CASE WHEN t.window_start BETWEEN now() - interval '15 minutes' AND now() THEN t.window_start ELSE now() END
RETURNING failures, extract(epoch FROM window_start + interval '15 minutes' - now()) AS wait
"""
_LOOK = """
SELECT failures, extract(epoch FROM window_start + interval '15 minutes' - now()) AS wait
FROM login_throttle WHERE key = {} AND window_start BETWEEN now() - interval '15 minutes' AND now()
"""

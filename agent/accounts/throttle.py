"""Failed sign-ins are counted in the database, so that every worker sees them; the check comes before the costly hash.

Per e-mail and address together 10 failures in 15 minutes, per address alone 50: a stranger cannot lock the owner out
from elsewhere, and one address cannot try many accounts.
"""

import hashlib

from agent.errors import Problem
from db.tables import LoginThrottle

_PER_ACCOUNT, _PER_ADDRESS = 10, 50


async def check(email: str, address: str) -> None:
    """Count one attempt. Raises rate_limited with `retry_after` seconds. A success forgives the account's count."""
    for key, allowed in _keys(email, address):
        rows = await LoginThrottle.raw(_COUNT, key)
        if rows[0]["failures"] > allowed:
            wait = max(1, int(rows[0]["wait"]))
            raise Problem("rate_limited", "Too many sign-ins failed.", remedy=f"Try again in {-(-wait // 60)} minutes.", retry_after=wait)


async def forgive(email: str, address: str) -> None:
    """After a success."""
    for key, _ in _keys(email, address):
        await LoginThrottle.raw("UPDATE login_throttle SET failures = greatest(failures - 1, 0) WHERE key = {}", key)
    account = _keys(email, address)[0][0]
    await LoginThrottle.delete().where(LoginThrottle.key == account)


def _keys(email: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    account = hashlib.sha256(f"{email.strip().lower()}|{address}".encode()).hexdigest()
    return (f"login:{account}", _PER_ACCOUNT), (f"address:{address}", _PER_ADDRESS)


_COUNT = """
INSERT INTO login_throttle AS t (key, window_start, failures) VALUES ({}, now(), 1)
ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN t.window_start < now() - interval '15 minutes' THEN 1 ELSE t.failures + 1 END,
    window_start = CASE WHEN t.window_start < now() - interval '15 minutes' THEN now() ELSE t.window_start END
RETURNING failures, extract(epoch FROM window_start + interval '15 minutes' - now()) AS wait
"""

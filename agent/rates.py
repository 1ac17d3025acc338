"""How often something may happen, counted in the database, so that every worker and host sees the same number.

Windows are fixed and begin at multiples of their length; a caller who is refused is counted too. The table is not logged by
PostgreSQL: a crash of the database forgets the counts of the running window, and a hit costs no wait for the disk.
"""

import hashlib
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

import msgspec

from agent.errors import Problem
from db.tables import RateCounter


class Rate(msgspec.Struct, frozen=True):
    """Where a caller stands: `remaining` hits of `limit`, until `reset_s` seconds from now."""

    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        return {"ratelimit-limit": str(self.limit), "ratelimit-remaining": str(self.remaining), "ratelimit-reset": str(self.reset_s)}


async def hit(key: str, limit: int, window_s: int, cost: int = 1) -> Rate:
    """Count one. Raises rate_limited with `retry_after` seconds and the `limit` once there were more in this window."""
    rows = await RateCounter.raw(_HIT, key, window_s, window_s, cost, window_s)
    count, reset = rows[0]["count"], max(1, int(rows[0]["reset"]))
    if count > limit:
        raise Problem("rate_limited", f"That was more than {limit:,} requests in {_words(window_s)}.", retry_after=reset, limit=limit)
    return Rate(limit, limit - count, reset)


def caller(address: str) -> str:
    """Who stands behind an address, as far as limits go: one customer has 2^64 addresses of IPv6, so these count as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) and not found.ipv4_mapped else address


async def once(secret: str) -> bool:
    """Whether this is the first time that `secret` is used; remembered for at least a day, as a hash."""
    key = f"once:{hashlib.sha256(secret.encode()).hexdigest()}"
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return bool(
        await RateCounter.raw("INSERT INTO rate_counters (key, window_start, count) VALUES ({}, {}, 1) ON CONFLICT DO NOTHING RETURNING key", key, epoch)
    )


def _words(seconds: int) -> str:
    minutes = seconds // 60
    return "a minute" if minutes == 1 else f"{minutes} minutes" if minutes > 1 else f"{seconds} seconds"


_HIT = """
INSERT INTO rate_counters AS r (key, window_start, count)
VALUES ({}, to_timestamp(floor(extract(epoch FROM now()) / {}::int) * {}::int), {})
ON CONFLICT (key, window_start) DO UPDATE SET count = r.count + excluded.count
RETURNING count, extract(epoch FROM r.window_start) + {}::int - extract(epoch FROM now()) AS reset
"""

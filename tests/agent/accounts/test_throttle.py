"""Whose attempts are counted together. What is refused when is told in `test_sign_in.py`."""

import contextlib

import asyncpg
import pytest

from agent.accounts import throttle
from agent.errors import Problem


async def test_one_customers_addresses_count_as_one(database: asyncpg.Pool) -> None:
    """A /64 of IPv6 is what one line has: going through it gives no more attempts; the neighbours' count is their own, and IPv4 inside IPv6 is IPv4."""
    for n in range(10):
        await throttle.check("ada@example.com", f"2001:db8:1:2::{n:x}")
    with pytest.raises(Problem) as caught:
        await throttle.check("ada@example.com", "2001:db8:1:2:ffff::1")
    assert caught.value.code == "rate_limited"
    for other in ("2001:db8:1:3::1", "::ffff:198.51.100.7", "::ffff:198.51.100.8", "198.51.100.7", "no address", ""):
        await throttle.check("ada@example.com", other)


async def test_a_clock_that_was_ahead_locks_nobody_out(database: asyncpg.Pool) -> None:
    """What was counted by a clock that stood years ahead ends with it."""
    for _ in range(11):
        with contextlib.suppress(Problem):
            await throttle.check("ada@example.com")
    await database.execute("UPDATE login_throttle SET window_start = now() + interval '2 years'")
    await throttle.look("ada@example.com")
    await throttle.check("ada@example.com")

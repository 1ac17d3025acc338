"""When a provider is asked again: twice at most, spread, never before it wants it, never after a long while."""

from agent.providers.base import Failure
from agent.providers.retries import LONGEST_WAIT, MOST, pause

BUSY = Failure("provider_overloaded", "Busy.", retryable=True)


def test_the_waits_are_spread() -> None:
    """Those who fail together do not come back together, and the second wait may be twice the first."""
    for attempt in range(1, MOST + 1):
        waits = [pause(BUSY, attempt) or 0 for _ in range(300)]
        assert 0 <= min(waits) < 0.2 * 2**attempt
        assert 0.8 * 2**attempt < max(waits) <= 2**attempt
    assert pause(BUSY, MOST + 1) is None


def test_the_provider_says_when() -> None:
    """Its time is kept and a little added; hours are not waited for, and what does not pass by itself is not tried again."""
    waits = [pause(Failure("provider_rate_limited", "", retryable=True, retry_after=7.0), 1) or 0 for _ in range(50)]
    assert all(7 <= wait <= 9 for wait in waits)
    assert pause(Failure("provider_rate_limited", "", retryable=True, retry_after=LONGEST_WAIT + 1), 1) is None
    assert pause(Failure("provider_auth", ""), 1) is None

"""Whether and when a provider is asked again: only for what passes by itself, and at a moment of chance, so that those who were refused together do not come together."""

import random

from agent.providers.base import Failure

MOST = 2
LONGEST_WAIT = 30.0


def pause(failure: Failure, attempt: int) -> float | None:
    """Seconds from the failure of the `attempt`th time to the next, not before the provider wants it; None where it is not asked again."""
    least = failure.retry_after or 0.0
    if not failure.retryable or attempt > MOST or least > LONGEST_WAIT:
        return None
    return least + random.uniform(0, 2.0**attempt)  # noqa: S311  # spread, not secrecy

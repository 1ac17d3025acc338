"""What each plan includes in a day (UTC). Values alone: what was used is in `agent.billing.usage`."""

import msgspec


class Allowance(msgspec.Struct, frozen=True):
    """At most so many a day; None is no limit."""

    messages: int | None
    tokens: int | None
    uploads: int | None


PLANS: dict[str, Allowance] = {
    "FREE": Allowance(messages=1_000, tokens=5_000_000, uploads=50),
    "PRO": Allowance(messages=10_000, tokens=50_000_000, uploads=500),
    "TEAM": Allowance(messages=50_000, tokens=250_000_000, uploads=5_000),
}
UNLIMITED = Allowance(None, None, None)


def of(plan: str, role: str) -> Allowance:
    """An administrator pays for the server and is not limited."""
    return UNLIMITED if role == "ADMIN" else PLANS.get(plan, PLANS["FREE"])

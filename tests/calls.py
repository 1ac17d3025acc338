"""A captured call as a value, for tests of what is made of one."""

from datetime import UTC, datetime

from agent.calls.captures import CallSummary
from db.ids import uuid7


def summary_of(url: str, path: str, *, status: int = 200, took: float = 1.0, sent: int = 0, came: int = 0, media_type: str = "application/json") -> CallSummary:
    """The line of a POST through the proxy."""
    id_ = uuid7()
    return CallSummary(
        id_, id_, "api", "POST", url, path, status, None, took, sent, came, media_type, "https", "proxy", False, datetime(2026, 11, 21, tzinfo=UTC)
    )  # fmt: skip

"""Times as people say them: RFC 3339, `24h`, `7d`, `today`, `yesterday`, a weekday. All in UTC."""

import re
from datetime import UTC, datetime, timedelta

from agent.errors import Problem

_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def moment(text: str, now: datetime | None = None) -> datetime:
    """The moment that a text means; a weekday is the last one, its beginning. Raises invalid_arguments."""
    here = now or datetime.now(UTC)
    word = text.strip().lower().removesuffix(" ago")
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    if word in {"now", "today", "yesterday"}:
        return {"now": here, "today": midnight, "yesterday": midnight - timedelta(days=1)}[word]
    if word in _DAYS:
        return midnight - timedelta(days=(here.weekday() - _DAYS.index(word)) % 7)
    if found := re.fullmatch(r"(\d{1,6})\s*(s|m|min|h|d|w)", word):
        try:
            return here - timedelta(**{_UNITS[found.group(2)]: int(found.group(1))})
        except OverflowError as error:
            raise Problem("invalid_arguments", f"`{text[:40]}` is before all time.", remedy="Use less, such as 24h, 7d or 52w.") from error
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Problem("invalid_arguments", f"`{text[:40]}` is no time.", remedy="Use RFC 3339, or 24h, 7d, today, yesterday, monday.") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)

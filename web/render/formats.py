"""Numbers, sizes, durations and times as people read them, in their language. Times are UTC; the page's script shows them in the reader's zone."""

from datetime import UTC, datetime, timedelta

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal

_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def number(value: float, language: str = "en") -> str:
    return format_decimal(value, locale=language)


def size(count: int) -> str:
    """Bytes with a binary unit: `512 B`, `3.4 kB`, `12 MB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1024 or unit == "GB":
            return f"{amount:.0f} {unit}" if unit == "B" or amount >= 10 else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.0f} GB"


def duration(milliseconds: float) -> str:
    """`0.4 ms`, `38 ms`, `1.2 s`, `2 min 5 s`."""
    if milliseconds < 1:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def moment(value: datetime | str, language: str = "en") -> str:
    """A date and time to the minute."""
    return format_datetime(_time(value), "y年M月d日 HH:mm" if language == "zh" else "d MMM yyyy, HH:mm", locale=language, tzinfo=UTC)


def clock(value: datetime | str) -> str:
    return f"{_time(value).astimezone(UTC):%H:%M:%S}"


def client(user_agent: str | None) -> str:
    """`Firefox · Linux`: what a User-Agent says; what is no browser by its first word."""
    said = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    return " · ".join(filter(None, (browser, system))) if browser else said.split(" ")[0][:60]


def iso(value: datetime | str) -> str:
    return _time(value).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(value: datetime | str, now: datetime | None = None, language: str = "en") -> str:
    """`3 minutes ago`."""
    past = _time(value) - (now or datetime.now(UTC))
    return format_timedelta(min(past, timedelta(0)), add_direction=True, locale=language)


def day(value: datetime, now: datetime) -> str:
    """The heading under which a chat is listed."""
    days = (now.date() - value.astimezone(UTC).date()).days
    return "Today" if days <= 0 else "Yesterday" if days == 1 else "Last 7 days" if days < 7 else "Last 30 days" if days < 30 else "Older"


def _time(value: datetime | str) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""Numbers and times as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from web.render import formats

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (512, "512 B"), (1536, "1.5 kB"), (20_480, "20 kB"), (5 * 1024**2, "5.0 MB"), (3 * 1024**4, "3072 GB")]
)
def test_sizes(count: int, shown: str) -> None:
    """A binary unit and at most one digit behind the point."""
    assert formats.size(count) == shown


@pytest.mark.parametrize(("milliseconds", "shown"), [(0.42, "0.4 ms"), (38, "38 ms"), (1240, "1.2 s"), (125_000, "2 min 5 s")])
def test_durations(milliseconds: float, shown: str) -> None:
    """The unit grows with the value."""
    assert formats.duration(milliseconds) == shown


@pytest.mark.parametrize(("days", "heading"), [(0, "Today"), (1, "Yesterday"), (3, "Last 7 days"), (20, "Last 30 days"), (90, "Older")])
def test_chats_are_listed_by_day(days: int, heading: str) -> None:
    """The heading follows the date, not the hours."""
    assert formats.day(NOW - timedelta(days=days), NOW) == heading


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome · Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        ("python-httpx/0.28.1", "python-httpx/0.28.1"),
        (None, ""),
    ],
)
def test_clients_are_named(said: str | None, shown: str) -> None:
    """Browser and system in two words, programs by their own."""
    assert formats.client(said) == shown


def test_times_follow_the_language() -> None:
    """Dates, relative times and numbers are written as the language does; text from JSON is read too."""
    assert formats.ago("2026-11-21T11:57:00Z", NOW) == "3 minutes ago"
    assert formats.ago(NOW - timedelta(hours=2), NOW, "zh") == "2小时前"
    assert formats.moment(NOW, "en") == "21 Nov 2026, 12:00"
    assert formats.moment(NOW, "zh") == "2026年11月21日 12:00"
    assert formats.iso(NOW) == "2026-11-21T12:00:00.000Z"
    assert formats.clock(NOW) == "12:00:00"
    assert formats.number(1234567, "en") == "1,234,567"

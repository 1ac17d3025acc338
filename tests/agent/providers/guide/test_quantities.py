"""Values in figures and words, with times and units."""

import pytest

from agent.providers.guide.carving import Said
from agent.providers.guide.memory import Memory
from agent.providers.guide.reading import clause, mask
from agent.providers.guide.slots import find


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("since", "since Monday", "monday"),
        ("since", "in the last twenty-four hours", "24h"),
        ("since", "over the past two weeks", "14d"),
        ("since", "3 hours ago", "3h"),
        ("since", "since 2026-03-01", "2026-03-01"),
        ("since", "since 9pm", "21:00"),
        ("until", "before friday", "friday"),
        ("duration", "slower than half", None),
        ("duration", "more than 1.5 seconds", 1500),
        ("duration", "over two seconds", 2000),
        ("number", "two hundred and fifty credits", 250),
        ("number", "1,000 credits", 1000),
        ("number", "2k credits", 2000),
        ("per_hour", "50 requests per hour", 50),
        ("per_day", "at most ten a day", 10),
        ("status", "server errors", "5xx"),
        ("status", "the 404s", "404"),
        ("status", "unsuccessful calls", "error"),
        ("method", "all posts", "POST"),
        ("method", "delete requests", "DELETE"),
        ("timeout", "for at most two minutes", 120),
        ("tags", "tagged a, b and c", ["a", "b", "c"]),
        ("pairs", "with a=1 b=2", {"a": "1", "b": "2"}),
        ("url", "at 10.0.0.1:80/x", "http://10.0.0.1:80/x"),
        ("frequency", "every single day", "daily"),
        ("format", "as TypeScript", "typescript"),
    ],
)
def test_values(kind: str, text: str, value: object) -> None:
    """Each kind of value is read as the tool wants it."""
    masked = mask(text)
    heard = clause(masked.text, masked.spans)
    found = find(kind, Said(heard.text, heard, Memory()))
    assert (found.values[0] if found else None) == value

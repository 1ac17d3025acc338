"""Rows for a spreadsheet."""

from datetime import UTC, datetime

from agent import sheets


def test_no_cell_is_a_formula() -> None:
    """What a stranger wrote is text; numbers stay numbers, also below zero; nothing is an empty cell."""
    made = sheets.lines([["=1+1", "@x", "-a", "\uff1dcmd", "a,b", -25, None, datetime(2026, 11, 21, tzinfo=UTC), {"a": 1}]])
    assert made == '\'=1+1,\'@x,\'-a,\'\uff1dcmd,"a,b",-25,,2026-11-21T00:00:00+00:00,"{""a"":1}"\r\n'

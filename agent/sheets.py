"""Rows as CSV for a spreadsheet, which must not run what a stranger wrote as a formula."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

_BEGIN_A_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")  # the last four: as full-width signs


def lines(rows: Iterable[Iterable[Any]]) -> str:
    """A text that begins like a formula is quoted as text; numbers stay numbers, times are ISO 8601, objects JSON."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    text = value.isoformat() if isinstance(value, datetime) else msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value or "")
    return f"'{text}" if text[:1] in _BEGIN_A_FORMULA else text

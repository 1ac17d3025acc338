"""Keyset pages: newest first by id, which is a UUID of version 7 and so sorts by time. A cursor is the last id seen."""

from collections.abc import Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from agent.errors import Problem

T = TypeVar("T")
_LAST = UUID("ffffffff-ffff-ffff-ffff-ffffffffffff")
MAX_LIMIT = 200


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` is the cursor of the following page, or None."""

    items: list[T]
    next: str | None = None


def page(rows: Sequence[T], limit: int) -> Page[T]:
    """A page from up to `limit + 1` rows that have an `id`."""
    items = list(rows[:limit])
    return Page(items, str(items[-1].id) if len(rows) > limit else None)  # type: ignore[attr-defined]


def after(cursor: str | None) -> UUID:
    """The id below which a page begins. Raises bad_request."""
    if not cursor:
        return _LAST
    try:
        return UUID(cursor)
    except ValueError as error:
        raise Problem("bad_request", f"`{cursor[:60]}` is not a cursor.", remedy="Use the `next` of the page before, or none.") from error


def bounded(limit: int | None, default: int = 50) -> int:
    """A page size from 1 to 200."""
    return min(max(limit or default, 1), MAX_LIMIT)

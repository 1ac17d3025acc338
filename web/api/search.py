"""One search over the caller's chats, APIs, documents and calls."""

import msgspec
from litestar import get
from litestar.params import FromQuery

from agent.config import settings
from agent.paging import bounded
from agent.search import everything
from agent.search.everything import Found
from web.api.request import ApiRequest
from web.auth import signed_in


class Hit(msgspec.Struct, frozen=True):
    """`marks` are the places in `snippet` (first character, one after the last) where the words stand."""

    kind: str
    title: str
    url: str
    snippet: str
    marks: list[tuple[int, int]]
    detail: str
    at: str


class Hits(msgspec.Struct, frozen=True):
    """Best first within each kind. There are no further pages: ask more precisely, or of one place with `in:`."""

    items: list[Hit]
    next: str | None = None


@get("/search", guards=[signed_in], summary="Search everything", tags=["search"])
async def search(request: ApiRequest, q: FromQuery[str] = "", limit: FromQuery[int | None] = None) -> Hits:
    """Words and filters: `refund api:shop status:5xx before:2026-01-01 in:chats "exact words"`; at most `limit` of each kind (default 20)."""
    found = await everything.everywhere(request.user, q, limit=bounded(limit, 20))
    return Hits([_hit(one) for one in found.everything])


ROUTES = (search,)


def _hit(found: Found) -> Hit:
    text, marks = "", list[tuple[int, int]]()
    for piece in found.snippet:
        if piece.is_hit:
            marks.append((len(text), len(text) + len(piece.text)))
        text += piece.text
    return Hit(found.kind, found.title, f"{settings().base_url}{found.path}", text, marks, found.detail, found.at)

"""Credits: what there is, what running tools hold, and every movement with what it was for; also as a file."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream, Template

from agent.billing import ledger
from agent.billing.ledger import Wanted
from agent.errors import Problem
from agent.tools.endpoints import ENDPOINT_PRICE
from web.pages.shell import PageRequest, page, signed_in_actor


@get("/credits")
async def credits(
    request: PageRequest, kind: FromQuery[str] = "", since: FromQuery[str] = "", until: FromQuery[str] = "", cursor: FromQuery[str | None] = None
) -> Template:
    actor, wanted = signed_in_actor(request), _wanted(kind, since, until)
    found = await ledger.entries(actor, wanted, cursor=cursor)
    chosen = {name: value for name, value in (("kind", wanted.kind), ("since", since), ("until", until)) if value}
    context: dict[str, Any] = {
        "balance": await ledger.balance(actor),
        "totals": await ledger.totals(actor, wanted),
        "holds": await ledger.holds(actor),
        "entries": found.items,
        "older": f"/credits?{urlencode({**chosen, 'cursor': found.next})}" if found.next else "",
        "file": f"/credits.csv?{urlencode(chosen)}".rstrip("?"),
        "chosen": chosen,
        "price": ENDPOINT_PRICE,
    }
    return await page(request, "credits.html", "credits", **context)


@get("/credits.csv")
async def export(request: PageRequest, kind: FromQuery[str] = "", since: FromQuery[str] = "", until: FromQuery[str] = "") -> Stream:
    """The same entries, all of them."""
    headers = {"content-disposition": 'attachment; filename="credits.csv"', "cache-control": "no-store"}
    return Stream(ledger.export(signed_in_actor(request), _wanted(kind, since, until)), media_type="text/csv", headers=headers)


ROUTES = (credits, export)


def _wanted(kind: str, since: str, until: str) -> Wanted:
    """Both days are meant whole. Raises bad_request."""
    last = _day(until)
    return Wanted("spent" if kind == "spent" else "received" if kind == "received" else "", _day(since), last + timedelta(days=1) if last else None)


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC) if text else None
    except ValueError as error:
        raise Problem("bad_request", f"`{text[:40]}` is not a date.", remedy="Give one such as `2026-11-21`.") from error

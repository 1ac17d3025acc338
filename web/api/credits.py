"""Credits: the balance and the ledger."""

from litestar import get
from litestar.params import FromQuery

from agent.billing import ledger
from agent.billing.ledger import Balance, Entry
from agent.paging import Page, bounded
from web.api.request import ApiRequest
from web.auth import signed_in


@get("/credits", guards=[signed_in], summary="My balance", tags=["credits"])
async def get_credits(request: ApiRequest) -> Balance:
    """The ledger's sum, what is held by running tools, and the difference."""
    return await ledger.balance(request.user)


@get("/credits/transactions", guards=[signed_in], summary="My ledger", tags=["credits"])
async def list_transactions(request: ApiRequest, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None) -> Page[Entry]:
    """Newest first."""
    return await ledger.entries(request.user, limit=bounded(limit), cursor=cursor)


ROUTES = (get_credits, list_transactions)

"""What the caller used, and what their plan still allows."""

from litestar import get
from litestar.params import FromQuery

from agent.billing import usage
from agent.billing.usage import Period, Report
from web.api.request import ApiRequest
from web.auth import signed_in


@get("/usage", guards=[signed_in], summary="My usage", tags=["usage"])
async def get_usage(request: ApiRequest, period: FromQuery[Period] = "month") -> Report:
    """By day in UTC, for today or the last thirty days, with what is left today and when it resets."""
    return await usage.report(request.user, period)


ROUTES = (get_usage,)

"""How much one caller may ask of our own doors: requests in a minute, counted in the database; the count is on every answer."""

from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from agent import rates
from agent.config import settings

_WINDOW_SECONDS = 60
_COUNTED = ("/api/", "/v1/", "/mcp")


class RateLimits(ASGIMiddleware):
    """Counts what programs send, and the forms that people send; pages and files that are only read are not counted. Raises rate_limited."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if not (scope["path"].startswith(_COUNTED) or scope["method"] not in {"GET", "HEAD", "OPTIONS"}):  # type: ignore[typeddict-item]  # HTTP has a method
            await next_app(scope, receive, send)
            return
        rate = await rates.hit(*_who(scope), _WINDOW_SECONDS)

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in rate.headers.items():
                    headers[name] = value
            await send(message)

        await next_app(scope, receive, send_with_rate)


def _who(scope: Scope) -> tuple[str, int]:
    """The user where one is known, else the address. A door that reads its tokens itself is counted by address with a user's limit."""
    user: Any = scope.get("user")
    if user is not None:
        return f"user:{user.user_id}", settings().requests_per_minute
    client = scope.get("client")
    reads_tokens_itself = scope["path"].startswith("/mcp")
    limit = settings().requests_per_minute if reads_tokens_itself else settings().stranger_requests_per_minute
    return f"address:{client[0] if client else ''}", limit

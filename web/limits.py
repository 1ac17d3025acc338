"""How much one caller may ask of our own doors: requests in a minute, counted in the database; the count is on every answer.

The MCP doors know who asks only after this; they count by themselves, by the same numbers (`web.mcp.mount`).
"""

import re

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from agent import rates
from agent.actor import Actor
from agent.config import settings
from agent.rates import Rate

_WINDOW_SECONDS = 60
_COUNTED = ("/api/", "/v1/")


class RateLimits(ASGIMiddleware):
    """Counts what programs send, and the forms that people send; pages and files that are only read are not counted. Raises rate_limited."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        is_counted = scope["path"].startswith(_COUNTED) or scope["method"] not in {"GET", "HEAD", "OPTIONS"}  # type: ignore[typeddict-item]  # HTTP has a method
        if not is_counted or re.match(rb"/mcp(?![^/?])", scope["raw_path"]):  # a mount's own path has lost its prefix
            await next_app(scope, receive, send)
            return
        rate = await count(scope, scope.get("user"))

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in rate.headers.items():
                    headers[name] = value
            await send(message)

        await next_app(scope, receive, send_with_rate)


async def count(scope: Scope, user: Actor | None) -> Rate:
    """Count a request: for the user where one is known, else for the address. Raises rate_limited."""
    if user is not None:
        return await rates.hit(f"user:{user.user_id}", settings().requests_per_minute, _WINDOW_SECONDS)
    client = scope.get("client")
    return await rates.hit(f"address:{client[0] if client else ''}", settings().stranger_requests_per_minute, _WINDOW_SECONDS)

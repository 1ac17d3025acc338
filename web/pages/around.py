"""What stands around an error's page: looked up before it is rendered, and left out where that fails too."""

import asyncio
from typing import Any

import structlog
from litestar import Request
from litestar.types import Scope

from agent.accounts import sessions
from web.auth import session_cookie
from web.pages.shell import is_fragment, shell
from web.problems import is_page

log = structlog.get_logger()
_SECONDS = 2.0


async def around(error: Exception, scope: Scope) -> None:
    """Keep in the scope who is asking and the shell of their pages; an address that does not exist has not been through the sign-in. Never fails."""
    if scope["type"] != "http":
        return
    request: Request[Any, Any, Any] = Request(scope)
    if not is_page(request) or is_fragment(request):
        return
    try:
        async with asyncio.timeout(_SECONDS):
            actor = scope.get("user") or await sessions.actor_of(request.cookies.get(session_cookie(), ""))
            scope["state"]["shell"] = await shell(actor, "") if actor else None
    except Exception as second:  # the first one is what matters, and its page needs no shell
        log.warning("page.alone", reason=type(second).__name__)

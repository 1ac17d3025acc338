"""Who is asking: an API token in `Authorization`, else the login cookie. Also the CSRF check for what rides on the cookie.

The CSRF token is a keyed hash of the session token, so it needs no storage and dies with the session. A stranger's
forms (sign-in, sign-up, set-up) carry a hash of a random cookie of their own.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Any, Literal

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult

from agent.accounts import sessions, sign_in, tokens
from agent.actor import Actor, require_scope
from agent.config import settings
from agent.errors import Problem
from web.origin import origin_of

_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
_FORM_FIELD = "csrf"
HEADER = "x-csrftoken"


def session_cookie() -> str:
    return "__Host-wiretalk_session" if settings().is_secure else "wiretalk_session"


def csrf_cookie() -> str:
    return "__Host-wiretalk_csrf" if settings().is_secure else "wiretalk_csrf"


def cookie(key: str, value: str, *, lifetime: int, httponly: bool = True, samesite: Literal["lax", "strict"] = "lax") -> Cookie:
    """`lifetime` in seconds; 0 deletes it."""
    return Cookie(key=key, value=value, path="/", httponly=httponly, secure=settings().is_secure, samesite=samesite, max_age=lifetime)


class Authentication(AbstractAuthenticationMiddleware):
    """Sets `request.user` to an Actor or None, and `request.auth` to how: "token", "cookie" or None."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        bearer = connection.headers.get("authorization", "")
        if bearer.lower().startswith("bearer "):
            actor = await tokens.actor_of(bearer[7:].strip())
            if actor is None:
                raise Problem("unauthenticated", "The API token is not valid.", remedy="It may be revoked or expired; create a new one in the settings.")
            return AuthenticationResult(user=actor, auth="token")
        token = connection.cookies.get(session_cookie())
        actor = await sessions.actor_of(token) if token else None
        return AuthenticationResult(user=actor, auth="cookie" if actor else None)


def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard. Raises unauthenticated."""
    if connection.user is None:
        raise Problem("unauthenticated", "You are not signed in.")


def may_read(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: a token without the scope `read` reads nothing, whatever else it may. Raises missing_scope."""
    if (
        connection.scope.get("auth") == "token"
        and connection.scope["type"] == ScopeType.HTTP
        and connection.scope["method"] in _SAFE
        and signed_in in (handler.guards or ())
    ):
        require_scope(connection.user, "read")


def asks_first(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard: a program that was let in changes things through the agent's own doors (`opt={"asks": True}`), where its user is asked.

    Raises approval_needed.
    """
    if connection.scope.get("auth") != "token" or connection.scope["type"] != ScopeType.HTTP or connection.scope["method"] in _SAFE:
        return
    if connection.user.asks and not handler.opt.get("asks"):
        require_scope(connection.user, "write")
        raise Problem(
            "approval_needed",
            "A program that was let in by signing in may not do this by itself.",
            remedy="Use the tool for it at `/mcp`, or ask in a chat.",
        )


def browser_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for pages: what a form does, a token does through the API, where its scopes are looked at. Raises forbidden, missing_scope."""
    if connection.scope.get("auth") == "token" and connection.scope["type"] == ScopeType.HTTP:
        if connection.scope["method"] not in _SAFE:
            raise Problem("forbidden", "The forms of pages take a login, not a token.", remedy="Use the API: `/api/v1`.")
        require_scope(connection.user, "read")


async def csrf_guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for everything that changes something. A request with an API token carries no ambient right and needs no check.

    Raises csrf_failed.
    """
    if connection.scope["type"] != ScopeType.HTTP or connection.scope["method"] in _SAFE or connection.scope.get("auth") == "token":
        return
    if connection.user is None and signed_in in (handler.guards or ()):
        return  # the next guard refuses a stranger in its own words
    request: Request[Any, Any, Any] = connection  # type: ignore[assignment]  # an HTTP scope was just checked
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise Problem("csrf_failed", "The request came from another site.")
    expected = csrf_token(request)
    given = request.headers.get(HEADER) or await _form_value(request)
    if not expected or not given or not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        if request.user is None and "authorization" not in request.headers and _wants_json(request):
            return
        raise Problem("csrf_failed", "The form's token is missing or out of date.")


def csrf_token(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The token for this visitor's forms; empty where they have no cookie yet."""
    secret = connection.cookies.get(session_cookie()) or connection.cookies.get(csrf_cookie()) or connection.scope.get("state", {}).get("csrf_seed", "")
    return hmac.new(secret.encode(), b"wiretalk csrf", sha256).hexdigest() if secret else ""


def seed_for_stranger(connection: ASGIConnection[Any, Any, Any, Any]) -> Cookie | None:
    """A cookie for a visitor without one, before a form of theirs is rendered."""
    if connection.cookies.get(session_cookie()) or connection.cookies.get(csrf_cookie()):
        return None
    seed = secrets.token_urlsafe(24)
    connection.scope.setdefault("state", {})["csrf_seed"] = seed
    return cookie(csrf_cookie(), seed, lifetime=24 * 3600)


def actor_of(request: Request[Any, Any, Any]) -> Actor:
    """Raises unauthenticated."""
    if request.user is None:
        raise Problem("unauthenticated", "You are not signed in.")
    return request.user


async def confirmed(request: Request[Any, Any, Any], secret: str | None = None) -> None:
    """What is sensitive needs a session that gave a password or a code within ten minutes, or gives one along. Raises confirm_needed, wrong_credentials."""
    if secret:
        await sign_in.confirm(actor_of(request), secret, origin_of(request))
    elif request.auth != "cookie" or not await sessions.is_fresh(request.cookies.get(session_cookie(), "")):
        raise Problem("confirm_needed", "This needs your password.", remedy="Send your password, or a code of your second factor, as `secret`.")


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    """A JSON body cannot be sent by another site's form, so a stranger's sign-up or token request by API passes."""
    return request.headers.get("content-type", "").split(";")[0].strip() == "application/json" and request.headers.get("sec-fetch-site") in (
        None,
        "same-origin",
        "none",
    )


async def _form_value(request: Request[Any, Any, Any]) -> str:
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    form = await request.form()
    value = form.get(_FORM_FIELD, "")
    return value if isinstance(value, str) else ""

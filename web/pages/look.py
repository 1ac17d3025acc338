"""A visitor's language and theme: from the cookie that the settings page writes, else from what the browser prefers."""

from typing import Any, NamedTuple

from litestar import Request
from litestar.datastructures import Cookie

from agent.config import settings
from web.render import catalogue

COOKIE = "wiretalk_look"
THEMES = ("system", "light", "dark")
_YEAR = 365 * 24 * 3600


class Look(NamedTuple):
    theme: str
    language: str


def of(request: Request[Any, Any, Any] | None) -> Look:
    """What the cookie says where it is valid."""
    if request is None:
        return Look("system", catalogue.DEFAULT)
    theme, _, language = request.cookies.get(COOKIE, "").partition(".")
    return Look(
        theme if theme in THEMES else "system",
        language if language in catalogue.LANGUAGES else catalogue.chosen(request.headers.get("accept-language", "")),
    )


def cookie(preferences: dict[str, Any]) -> Cookie:
    """The cookie for a user's stored preferences. It holds nothing secret; the page's script may read the theme."""
    theme, language = str(preferences.get("theme", "system")), str(preferences.get("language") or "")
    return Cookie(key=COOKIE, value=f"{theme}.{language}", path="/", max_age=_YEAR, samesite="lax", secure=settings().is_secure)

"""The way to another service and back: sign-in with it, or joining it to one's account."""

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent.accounts import oauth, sessions, sign_in
from agent.config import settings
from agent.errors import Problem
from web.auth import cookie, session_cookie
from web.origin import origin_of
from web.pages.accounts import second_step, signed_in, stranger
from web.pages.shell import PageRequest, see_other

_LIFETIME_SECONDS = 600


@get("/oauth/{provider:str}/start")
async def start(request: PageRequest, provider: FromPath[str], next: FromQuery[str] = "/", link: FromQuery[bool] = False) -> Template | Redirect:
    """Off to the service. To join it to an account, the person has confirmed who they are a moment ago."""
    if link and (request.user is None or not await sessions.is_fresh(request.cookies.get(session_cookie(), ""))):
        return see_other("/confirm")
    try:
        begun = await oauth.begin(provider, request.user if link else None)
    except Problem as problem:
        return _failed(request, problem)
    answer = Redirect(begun.url, status_code=303)
    answer.set_cookie(cookie(_cookie_name(), begun.pending, lifetime=_LIFETIME_SECONDS))
    answer.set_cookie(cookie(_next_name(), next if next.startswith("/") else "/", lifetime=_LIFETIME_SECONDS))
    return answer


@get("/oauth/{provider:str}/callback")
async def callback(request: PageRequest, provider: FromPath[str], code: FromQuery[str] = "", iss: FromQuery[str] = "") -> Template | Redirect:
    """Back from the service; what was begun is used up, whatever comes of it."""
    path = request.cookies.get(_next_name(), "/")
    try:
        found = await oauth.finish(provider, request.cookies.get(_cookie_name(), ""), request.query_params.get("state", ""), code, iss)
        if found.linking:
            answer = await _link(request, found)
        else:
            user_id = await oauth.account_for(found.identity)
            answer = await signed_in(request, await sign_in.with_identity(user_id, provider, origin_of(request)), path)
    except Problem as problem:
        answer = second_step(request, problem, path) if problem.code == "code_needed" else _failed(request, problem)
    for name in (_cookie_name(), _next_name()):
        answer.set_cookie(cookie(name, "", lifetime=0))
    return answer


ROUTES = (start, callback)


async def _link(request: PageRequest, found: oauth.Finished) -> Redirect:
    if request.user is None or request.user.user_id != found.linking:
        raise Problem("oauth_failed", "You signed in as somebody else in the meantime.")
    await oauth.link(request.user, found.identity)
    return see_other("/settings/security?saved=true")


def _failed(request: PageRequest, problem: Problem) -> Template:
    return stranger(request, "login.html", problem, next="/", email="", may_sign_up=settings().signup, offers=[])


def _cookie_name() -> str:
    return "__Host-wiretalk_oauth" if settings().is_secure else "wiretalk_oauth"


def _next_name() -> str:
    return "__Host-wiretalk_next" if settings().is_secure else "wiretalk_next"

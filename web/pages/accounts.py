"""The first administrator, sign-up, sign-in in one or two steps, and sign-out, as forms."""

from typing import Any

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from agent.accounts import identity_providers, sessions, setup, sign_in, users
from agent.actor import Actor
from agent.config import settings
from agent.errors import Problem
from web.auth import cookie, csrf_cookie, seed_for_stranger, session_cookie
from web.origin import origin_of
from web.pages import look
from web.pages.shell import PageRequest, form_of, see_other
from web.render import catalogue


@get("/login")
async def login_page(request: PageRequest, next: FromQuery[str] = "/") -> Template | Redirect:
    return see_other(next) if request.user else _login_form(request, next)


@post("/login", status_code=200)
async def login(request: PageRequest) -> Template | Redirect:
    """A new session, or the second step; a session that the visitor brought ends."""
    form = await form_of(request)
    try:
        actor = await sign_in.with_password(form.get("email", ""), form.get("password", ""), origin_of(request))
    except Problem as problem:
        if problem.code == "code_needed":
            return second_step(request, problem, form.get("next", "/"))
        return _login_form(request, form.get("next", "/"), problem, form.get("email", ""))
    return await signed_in(request, actor, form.get("next", "/"))


@post("/login/code", status_code=200)
async def login_code(request: PageRequest) -> Template | Redirect:
    form = await form_of(request)
    ticket, path = form.get("ticket", ""), form.get("next", "/")
    try:
        actor = await sign_in.with_code(ticket, form.get("code", ""), origin_of(request))
    except Problem as problem:
        if problem.code == "link_used":
            return _login_form(request, path, problem)
        return stranger(request, "login_code.html", problem, ticket=ticket, next=path)
    return await signed_in(request, actor, path)


@get("/signup")
async def signup_page(request: PageRequest) -> Template:
    problem = None if settings().signup else Problem("signup_closed", "Sign-up is closed on this server.")
    return _signup_form(request, problem)


@post("/signup", status_code=200)
async def signup(request: PageRequest) -> Template | Redirect:
    form = await form_of(request)
    try:
        if not settings().signup:
            raise Problem("signup_closed", "Sign-up is closed on this server.")
        profile = await users.sign_up(form.get("email", ""), form.get("password", ""), origin=origin_of(request))
    except Problem as problem:
        return _signup_form(request, problem, email=form.get("email", ""))
    return await signed_in(request, await sign_in.with_new_account(profile.id, origin_of(request)), "/")


@get("/setup")
async def setup_page(request: PageRequest, token: FromQuery[str] = "") -> Template:
    """The one-time link of the first start."""
    problem = None if await setup.is_open(token) else Problem("setup_link_used", "This set-up link was used or has expired.")
    return _setup_form(request, token, problem)


@post("/setup", status_code=200)
async def set_up(request: PageRequest) -> Template | Redirect:
    form = await form_of(request)
    token = form.get("token", "")
    try:
        actor = await setup.redeem(token, form.get("email", ""), form.get("password", ""), origin_of(request))
    except Problem as problem:
        return _setup_form(request, token, problem, email=form.get("email", ""))
    return await signed_in(request, await sign_in.with_new_account(actor.user_id, origin_of(request)), "/")


@post("/logout", status_code=200)
async def logout(request: PageRequest) -> Redirect:
    if token := request.cookies.get(session_cookie()):
        await sessions.close(token)
    answer = see_other("/login")
    answer.set_cookie(cookie(session_cookie(), "", lifetime=0))
    return answer


async def signed_in(request: PageRequest, actor: Actor, path: str) -> Redirect:
    """Open a session for somebody who has just proven who they are."""
    if old := request.cookies.get(session_cookie()):
        await sessions.close(old)
    answer = see_other(path)
    token = await sessions.open_session(actor, origin_of(request))
    answer.set_cookie(cookie(session_cookie(), token, lifetime=int(sessions.LIFETIME.total_seconds())))
    answer.set_cookie(cookie(csrf_cookie(), "", lifetime=0))
    profile = await users.get(actor, actor.user_id)
    if profile.preferences.get("language"):
        answer.set_cookie(look.cookie(profile.preferences))
    return answer


def second_step(request: PageRequest, problem: Problem, path: str) -> Template:
    """The form for the code, after a code_needed."""
    return stranger(request, "login_code.html", ticket=problem.extra["ticket"], next=path)


def stranger(request: PageRequest, template: str, problem: Problem | None = None, **context: Any) -> Template:
    """A page with a form for somebody who is not signed in, and the cookie that its token hangs on."""
    seed = seed_for_stranger(request)
    headers = {"cache-control": "no-store", **({"retry-after": str(int(problem.extra["retry_after"]))} if problem and problem.extra.get("retry_after") else {})}
    return Template(
        template, context={"problem": problem, **context}, status_code=problem.status if problem else 200, headers=headers, cookies=[seed] if seed else []
    )


ROUTES = (login_page, login, login_code, signup_page, signup, setup_page, set_up, logout)


def _signup_form(request: PageRequest, problem: Problem | None, *, email: str = "") -> Template:
    language = look.of(request).language
    heading, lead = catalogue.say(language, "Sign up"), catalogue.say(language, "100 credits to begin with, no card needed.")
    return stranger(request, "signup.html", problem, heading=heading, lead=lead, action="/signup", token="", email=email, is_open=settings().signup)


def _setup_form(request: PageRequest, token: str, problem: Problem | None, *, email: str = "") -> Template:
    language = look.of(request).language
    heading = catalogue.say(language, "Set up Wiretalk")
    lead = catalogue.say(language, "This account becomes the administrator. The link works once.")
    is_open = problem is None or problem.code != "setup_link_used"
    return stranger(request, "signup.html", problem, heading=heading, lead=lead, action="/setup", token=token, email=email, is_open=is_open)


def _login_form(request: PageRequest, path: str, problem: Problem | None = None, email: str = "") -> Template:
    return stranger(request, "login.html", problem, next=path, email=email, may_sign_up=settings().signup, offers=identity_providers.offers())

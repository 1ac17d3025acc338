"""Pages behind links: a new password, a proven e-mail. Opening one changes nothing, because mail filters open links too."""

from litestar import get, post
from litestar.params import FromQuery
from litestar.response import Redirect, Template

from agent import my_data
from agent.accounts import recovery
from agent.errors import Problem
from web.origin import origin_of
from web.pages import look
from web.pages.accounts import stranger
from web.pages.shell import PageRequest, form_of, see_other
from web.render import catalogue


@get("/forgot")
async def forgot_page(request: PageRequest) -> Template:
    return _forgot_form(request)


@post("/forgot", status_code=200)
async def forgot(request: PageRequest) -> Template:
    """The same answer whether there is such an account or not."""
    try:
        await recovery.ask_reset((await form_of(request)).get("email", ""), origin_of(request))
    except Problem as problem:
        return _forgot_form(request, problem)
    language = look.of(request).language
    lead = catalogue.say(
        language,
        "If there is an account with that address, a link is on its way. It works for an hour. Nothing came? Ask the administrator of this server.",
    )
    return _told(request, catalogue.say(language, "Look into your mail"), lead)


@get("/reset")
async def reset_page(request: PageRequest, token: FromQuery[str] = "") -> Template:
    return _reset_form(request, token)


@post("/reset", status_code=200)
async def reset(request: PageRequest) -> Template | Redirect:
    form = await form_of(request)
    try:
        is_claimed = await recovery.reset(form.get("token", ""), form.get("password", ""), origin_of(request), cut_off=my_data.cut_off)
    except Problem as problem:
        return _reset_form(request, form.get("token", ""), problem)
    return _claimed(request) if is_claimed else see_other("/login")


@get("/verify")
async def verify_page(request: PageRequest, token: FromQuery[str] = "") -> Template:
    return _verify_form(request, token)


@post("/verify", status_code=200)
async def verify(request: PageRequest) -> Template | Redirect:
    token = (await form_of(request)).get("token", "")
    try:
        await recovery.verify(token)
    except Problem as problem:
        return _verify_form(request, token, problem)
    return see_other("/settings/security")


ROUTES = (forgot_page, forgot, reset_page, reset, verify_page, verify)


def _claimed(request: PageRequest) -> Template:
    language = look.of(request).language
    lead = catalogue.say(
        language,
        "The e-mail of this account was not confirmed before, so somebody else may have set it up. The second factor, API tokens, connected programs and services, provider keys and MCP servers were removed. Add yours again.",
    )
    return _told(request, catalogue.say(language, "Your password is set"), lead)


def _told(request: PageRequest, heading: str, lead: str) -> Template:
    """A page with a sentence and the way to the sign-in."""
    return stranger(request, "reset.html", heading=heading, lead=lead, action="", token="", field="", button="")


def _forgot_form(request: PageRequest, problem: Problem | None = None) -> Template:
    lead = catalogue.say(look.of(request).language, "We send a link with which you choose a new one.")
    return stranger(
        request,
        "reset.html",
        problem,
        heading=catalogue.say(look.of(request).language, "Forgot your password?"),
        lead=lead,
        action="/forgot",
        token="",
        field="email",
        button=catalogue.say(look.of(request).language, "Send me a link"),
    )


def _reset_form(request: PageRequest, token: str, problem: Problem | None = None) -> Template:
    field = "" if problem and problem.code == "link_used" else "password"
    lead = catalogue.say(look.of(request).language, "Everywhere else you will have to sign in again.")
    return stranger(
        request,
        "reset.html",
        problem,
        heading=catalogue.say(look.of(request).language, "Choose a new password"),
        lead=lead,
        action="/reset",
        token=token,
        field=field,
        button=catalogue.say(look.of(request).language, "Set the password"),
    )


def _verify_form(request: PageRequest, token: str, problem: Problem | None = None) -> Template:
    field = "" if problem else "nothing"
    return stranger(
        request,
        "reset.html",
        problem,
        heading=catalogue.say(look.of(request).language, "Confirm your e-mail"),
        lead="",
        action="/verify",
        token=token,
        field=field,
        button=catalogue.say(look.of(request).language, "Confirm"),
    )

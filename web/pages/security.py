"""Settings of security: tokens, sessions, password, second factor, other services. What is sensitive asks again who is there."""

from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent.accounts import identity_providers, mfa, oauth, recovery, sessions, sign_in, tokens, users
from agent.accounts.mfa import Enrolment
from agent.accounts.tokens import NewToken
from agent.actor import SCOPES
from agent.errors import Problem
from web.auth import session_cookie
from web.origin import origin_of
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor

_HOME = "/settings/security"
_CONFIRM = f"/confirm?next={_HOME}"


@get(_HOME)
async def security(request: PageRequest, saved: FromQuery[bool] = False) -> Template:
    return await _page(request, saved=saved)


@get("/confirm")
async def confirm_page(request: PageRequest, next: FromQuery[str] = _HOME) -> Template:
    """Asked before something sensitive: the password or a code, good for ten minutes."""
    return await _confirm_form(request, next)


@post("/confirm", status_code=200)
async def confirm(request: PageRequest) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        await sign_in.confirm(actor, form.get("secret", ""), origin_of(request))
    except Problem as problem:
        return await _confirm_form(request, form.get("next", _HOME), problem)
    await sessions.confirm(_token(request))
    return see_other(form.get("next", _HOME))


@post("/settings/tokens", status_code=200)
async def create_token(request: PageRequest) -> Template | Redirect:
    """The new token is on the page that answers, and nowhere else."""
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    form = await request.form()
    scopes = [scope for scope in SCOPES if scope in form.getall("scopes", [])]
    try:
        made = await tokens.create(signed_in_actor(request), str(form.get("name", "")), scopes)
    except Problem as problem:
        return await _page(request, problem=problem)
    return await _page(request, new_token=made)


@post("/settings/tokens/{token_id:uuid}/revoke", status_code=200)
async def revoke_token(request: PageRequest, token_id: FromPath[UUID]) -> Redirect:
    await tokens.revoke(signed_in_actor(request), token_id)
    return see_other(_HOME)


@post("/settings/sessions/{session_id:uuid}/revoke", status_code=200)
async def revoke_session(request: PageRequest, session_id: FromPath[UUID]) -> Redirect:
    await sessions.revoke(signed_in_actor(request), session_id)
    return see_other(_HOME)


@post("/settings/password", status_code=200)
async def change_password(request: PageRequest) -> Template | Redirect:
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    try:
        await recovery.change_password(signed_in_actor(request), (await form_of(request)).get("password", ""), keep=_token(request))
    except Problem as problem:
        return await _page(request, problem=problem)
    return see_other(f"{_HOME}?saved=true")


@post("/settings/mfa", status_code=200)
async def enrol(request: PageRequest) -> Template | Redirect:
    """The QR code is on the page that answers."""
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    try:
        return await _page(request, enrolment=await mfa.enrol(signed_in_actor(request)))
    except Problem as problem:
        return await _page(request, problem=problem)


@post("/settings/mfa/confirm", status_code=200)
async def confirm_mfa(request: PageRequest) -> Template:
    actor = signed_in_actor(request)
    try:
        codes = await mfa.confirm(actor, (await form_of(request)).get("code", ""), origin_of(request))
    except Problem as problem:
        return await _page(request, problem=problem)
    await sessions.close_all(actor.user_id, but=_token(request))
    return await _page(request, codes=codes)


@post("/settings/mfa/codes", status_code=200)
async def renew_codes(request: PageRequest) -> Template | Redirect:
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    return await _page(request, codes=await mfa.renew_backup_codes(signed_in_actor(request)))


@post("/settings/mfa/disable", status_code=200)
async def disable_mfa(request: PageRequest) -> Redirect:
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    await mfa.disable(signed_in_actor(request))
    return see_other(_HOME)


@post("/settings/services/{provider:str}/unlink", status_code=200)
async def unlink(request: PageRequest, provider: FromPath[str]) -> Template | Redirect:
    if not await sessions.is_fresh(_token(request)):
        return see_other(_CONFIRM)
    try:
        await oauth.unlink(signed_in_actor(request), provider)
    except Problem as problem:
        return await _page(request, problem=problem)
    return see_other(_HOME)


@post("/settings/verification", status_code=200)
async def ask_verification(request: PageRequest) -> Template | Redirect:
    try:
        await recovery.ask_verification(signed_in_actor(request))
    except Problem as problem:
        return await _page(request, problem=problem)
    return see_other(f"{_HOME}?saved=true")


ROUTES = (
    security, confirm_page, confirm, create_token, revoke_token, revoke_session, change_password, enrol, confirm_mfa, renew_codes, disable_mfa, unlink, ask_verification,
)  # fmt: skip


async def _page(
    request: PageRequest,
    *,
    problem: Problem | None = None,
    saved: bool = False,
    new_token: NewToken | None = None,
    enrolment: Enrolment | None = None,
    codes: list[str] | None = None,
) -> Template:
    actor = signed_in_actor(request)
    linked = await oauth.linked(actor)
    return await page(
        request,
        "settings.html",
        "you",
        status=problem.status if problem else 200,
        section="security",
        profile=await users.get(actor, actor.user_id),
        problem=problem,
        saved=saved,
        tokens=await tokens.list_(actor),
        sessions=await sessions.list_(actor),
        scopes=SCOPES,
        new_token=new_token,
        mfa=await mfa.state(actor.user_id),
        enrolment=enrolment,
        codes=codes,
        linked=linked,
        offers=[offer for offer in identity_providers.offers() if offer.key not in {service.provider for service in linked}],
    )


async def _confirm_form(request: PageRequest, path: str, problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    context = {
        "problem": problem,
        "next": path,
        "email": actor.email,
        "has_code": (await mfa.state(actor.user_id)).is_enabled,
        "linked": await oauth.linked(actor),
    }
    return Template("confirm.html", context=context, status_code=problem.status if problem else 200, headers={"cache-control": "no-store"})


def _token(request: PageRequest) -> str:
    return request.cookies.get(session_cookie(), "")

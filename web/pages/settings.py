"""Settings: profile and look, providers and keys, connecting a client, usage, one's data. And the credits page."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent import endpoints, keys
from agent.accounts import sessions, users
from agent.accounts.users import ProfileChange
from agent.billing import ledger
from agent.errors import Problem
from agent.keys import KeyChange
from agent.tools.endpoints import ENDPOINT_PRICE
from web.auth import cookie, session_cookie
from web.pages import look
from web.pages.shell import PageRequest, form_of, is_fragment, page, see_other, signed_in_actor
from web.render import catalogue


@get("/settings")
async def profile(request: PageRequest, saved: FromQuery[bool] = False) -> Template:
    return await _page(request, "profile", saved=saved)


@post("/settings", status_code=200)
async def change_profile(request: PageRequest) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    before = await users.get(actor, actor.user_id)
    theme = form.get("theme") if form.get("theme") in look.THEMES else "system"
    language = form.get("language") if form.get("language") in catalogue.LANGUAGES else catalogue.DEFAULT
    preferences = {**before.preferences, "theme": theme, "language": language}
    try:
        await users.update(
            actor, actor.user_id, ProfileChange(full_name=form.get("full_name", ""), username=form.get("username") or None, preferences=preferences)
        )
    except Problem as problem:
        return await _page(request, "profile", problem=problem)
    answer = see_other("/settings?saved=true")
    answer.set_cookie(look.cookie(preferences))
    return answer


@get("/settings/keys")
async def show_keys(request: PageRequest, provider: FromQuery[str] = "") -> Template:
    return await _keys(request, wanted=provider)


@get("/keys")
async def keys_moved(request: PageRequest) -> Redirect:
    return see_other("/settings/keys")


@post("/settings/keys", status_code=200)
async def add_key(request: PageRequest) -> Template | Redirect:
    """From the settings, from the start page, or from a form card in a chat, which gets the card that replaces it."""
    actor, form = signed_in_actor(request), await form_of(request)
    card = form.get("card", "")
    try:
        key = await keys.add(actor, form.get("provider", ""), form.get("key", ""), form.get("name") or None)
    except Problem as problem:
        if is_fragment(request):
            return Template("key_saved.html", context={"card": card, "problem": problem, "key": None})
        return await _keys(request, wanted=form.get("provider", ""), problem=problem)
    if is_fragment(request):
        return Template("key_saved.html", context={"card": card, "problem": None, "key": key})
    return see_other(form.get("next", "/settings/keys"))


@post("/settings/keys/{key_id:uuid}/share", status_code=200)
async def share_key(request: PageRequest, key_id: FromPath[UUID]) -> Redirect:
    await keys.update(signed_in_actor(request), key_id, KeyChange(is_shared=(await form_of(request)).get("is_shared") == "yes"))
    return see_other("/settings/keys")


@post("/settings/keys/{key_id:uuid}/delete", status_code=200)
async def delete_key(request: PageRequest, key_id: FromPath[UUID]) -> Redirect:
    await keys.delete(signed_in_actor(request), key_id)
    return see_other("/settings/keys")


@post("/settings/providers", status_code=200)
async def add_provider(request: PageRequest) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        await keys.add_provider(
            actor, form.get("name", ""), form.get("base_url", ""), default_model=form.get("default_model", ""), requires_auth=form.get("requires_auth") == "yes"
        )
    except Problem as problem:
        return await _keys(request, problem=problem)
    return see_other(form.get("next", "/settings/keys"))


@post("/settings/providers/{provider_id:uuid}/delete", status_code=200)
async def delete_provider(request: PageRequest, provider_id: FromPath[UUID]) -> Redirect:
    await keys.delete_provider(signed_in_actor(request), provider_id)
    return see_other("/settings/keys")


@get("/settings/connect")
async def connect(request: PageRequest) -> Template:
    return await _page(request, "connect")


@get("/settings/usage")
async def usage(request: PageRequest) -> Template:
    mine = await endpoints.list_(signed_in_actor(request), limit=200)
    return await _page(request, "usage", totals={"apis": len(mine.items), "calls": sum(endpoint.calls for endpoint in mine.items)})


@get("/settings/data")
async def data(request: PageRequest) -> Template:
    return await _page(request, "data")


@post("/settings/delete-account", status_code=200)
async def delete_account(request: PageRequest) -> Template | Redirect:
    """Only where the e-mail was typed again."""
    actor, form = signed_in_actor(request), await form_of(request)
    if not await sessions.is_fresh(request.cookies.get(session_cookie(), "")):
        return see_other("/confirm?next=/settings/data")
    if form.get("email", "").strip().lower() != actor.email.lower():
        return await _page(
            request, "data", problem=Problem("invalid_arguments", "That is not the e-mail of this account.", remedy="Type it as it is shown in the profile.")
        )
    await users.delete(actor, actor.user_id)
    answer = see_other("/login")
    answer.set_cookie(cookie(session_cookie(), "", lifetime=0))
    return answer


@get("/credits")
async def credits(request: PageRequest, cursor: FromQuery[str | None] = None) -> Template:
    actor = signed_in_actor(request)
    found = await ledger.entries(actor, cursor=cursor)
    return await page(request, "credits.html", "credits", balance=await ledger.balance(actor), entries=found.items, next=found.next, price=ENDPOINT_PRICE)


@get("/favicon.ico")
async def favicon() -> Response[None]:
    """Browsers ask for it whatever the page says."""
    return Response(None, status_code=301, headers={"location": "/static/favicon.svg"})


ROUTES = (
    profile, change_profile, show_keys, keys_moved, add_key, share_key, delete_key, add_provider, delete_provider,
    connect, usage, data, delete_account, credits, favicon,
)  # fmt: skip


async def _page(request: PageRequest, section: str, *, problem: Problem | None = None, saved: bool = False, **context: Any) -> Template:
    actor = signed_in_actor(request)
    status = problem.status if problem else 200
    return await page(
        request, "settings.html", "you", status=status, section=section, profile=await users.get(actor, actor.user_id), problem=problem, saved=saved, **context
    )


async def _keys(request: PageRequest, *, wanted: str = "", problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    offered = await keys.providers(actor)
    return await _page(
        request,
        "keys",
        problem=problem,
        keys=await keys.list_(actor),
        providers=offered,
        keyed_providers=[p for p in offered if p.requires_auth],
        wanted=wanted,
    )

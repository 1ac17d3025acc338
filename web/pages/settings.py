"""Settings: profile and look, providers and keys, connecting a client, usage, one's data."""

from typing import Any, get_args
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent import ai_providers, endpoints, keys
from agent.accounts import sessions, users
from agent.accounts.users import ProfileChange
from agent.ai_providers import ProviderChange
from agent.billing import usage as used
from agent.errors import Problem
from agent.keys import KeyChange
from agent.providers.base import Wire
from agent.providers.catalogue import PRESETS, TestResult
from web.auth import cookie, session_cookie
from web.pages import look
from web.pages.shell import PageRequest, form_of, is_fragment, page, see_other, signed_in_actor
from web.render import catalogue, charts


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
async def show_keys(request: PageRequest, provider: FromQuery[str] = "", preset: FromQuery[str] = "", saved: FromQuery[bool] = False) -> Template:
    return await _keys(request, wanted=provider, preset=preset, saved=saved)


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


@post("/settings/keys/{key_id:uuid}", status_code=200)
async def change_key(request: PageRequest, key_id: FromPath[UUID]) -> Template | Redirect:
    """Its name, its limits, and to whom it is lent: nobody, everybody, or those named."""
    form = await form_of(request)
    lent = form.get("lent", "nobody")
    named = form.get("shared_with", "").replace(",", " ").split()
    try:
        if lent == "named" and not named:
            raise Problem("invalid_arguments", "Nobody was named to lend the key to.", remedy="Give their e-mails.", field="shared_with")
        change = KeyChange(
            name=form.get("name") or None,
            is_shared=lent != "nobody",
            shared_with=named if lent == "named" else [] if lent == "all" else None,
            requests_per_hour=_count(form.get("requests_per_hour", "")),
            requests_per_day=_count(form.get("requests_per_day", "")),
        )
        await keys.update(signed_in_actor(request), key_id, change)
    except Problem as problem:
        return await _keys(request, problem=problem)
    return see_other("/settings/keys?saved=true")


@post("/settings/keys/{key_id:uuid}/delete", status_code=200)
async def delete_key(request: PageRequest, key_id: FromPath[UUID]) -> Redirect:
    await keys.delete(signed_in_actor(request), key_id)
    return see_other("/settings/keys")


@post("/settings/providers", status_code=200)
async def add_provider(request: PageRequest) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        await ai_providers.add(
            actor,
            form.get("name", ""),
            form.get("base_url", "").split(),
            wire=_wire(form.get("wire", "")),
            default_model=form.get("default_model", ""),
            requires_auth=form.get("requires_auth") == "yes",
            auth_header=form.get("auth_header", ""),
            for_all=form.get("for_all") == "yes",
        )
    except Problem as problem:
        return await _keys(request, problem=problem)
    return see_other(form.get("next", "/settings/keys"))


@post("/settings/providers/{provider_id:uuid}", status_code=200)
async def change_provider(request: PageRequest, provider_id: FromPath[UUID]) -> Template | Redirect:
    """Its addresses, its model, and whether it needs a key."""
    form = await form_of(request)
    change = ProviderChange(
        base_urls=form.get("base_url", "").split(), default_model=form.get("default_model", ""), requires_auth=form.get("requires_auth") == "yes"
    )
    try:
        await ai_providers.update(signed_in_actor(request), provider_id, change)
    except Problem as problem:
        return await _keys(request, problem=problem)
    return see_other("/settings/keys?saved=true")


@post("/settings/providers/{provider_id:uuid}/delete", status_code=200)
async def delete_provider(request: PageRequest, provider_id: FromPath[UUID]) -> Redirect:
    await ai_providers.delete(signed_in_actor(request), provider_id)
    return see_other("/settings/keys")


@post("/settings/providers/{provider_id:uuid}/test", status_code=200)
async def test_provider(request: PageRequest, provider_id: FromPath[UUID]) -> Template:
    """Ask a model for a word and say exactly what failed; where it works, its list of models is fetched too."""
    actor = signed_in_actor(request)
    found = await keys.test(actor, str(provider_id))
    if found.ok:
        try:
            await keys.refresh_models(actor, str(provider_id))
        except Problem as problem:  # some servers answer and have no list
            found = TestResult(True, f"{found.sentence} {problem.detail}", found.model, takes_tools=found.takes_tools)
    return await _keys(request, tested=found)


@get("/settings/usage")
async def usage(request: PageRequest) -> Template:
    actor = signed_in_actor(request)
    mine, report = await endpoints.list_(actor, limit=200), await used.report(actor)
    language = look.of(request).language
    drawn = {
        "messages": [(f"{day.messages:,}", float(day.messages)) for day in report.days],
        "tokens": [(f"{day.tokens:,}", float(day.tokens)) for day in report.days],
        "cost": [(f"${day.cost or 0:,.4f}", day.cost or 0.0) for day in report.days],
    }
    names = {
        "messages": catalogue.say(language, "Messages"), "tokens": catalogue.say(language, "Tokens"), "cost": catalogue.say(language, "Cost"),
    }  # fmt: skip
    graphs = [
        (
            names[kind],
            charts.bars([charts.Column((("good", size),), f"{day.date}: {said}") for day, (said, size) in zip(report.days, values, strict=True)], names[kind]),
        )
        for kind, values in drawn.items()
        if any(size for _, size in values)
    ]
    totals = {"apis": len(mine.items), "calls": sum(endpoint.calls for endpoint in mine.items)}
    return await _page(request, "usage", totals=totals, report=report, graphs=graphs)


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


@get("/favicon.ico")
async def favicon() -> Response[None]:
    """Browsers ask for it whatever the page says."""
    return Response(None, status_code=301, headers={"location": "/static/favicon.svg"})


ROUTES = (
    profile, change_profile, show_keys, keys_moved, add_key, change_key, delete_key, add_provider, change_provider, delete_provider,
    test_provider,
    usage, data, delete_account, favicon,
)  # fmt: skip


async def _page(request: PageRequest, section: str, *, problem: Problem | None = None, saved: bool = False, **context: Any) -> Template:
    actor = signed_in_actor(request)
    status = problem.status if problem else 200
    return await page(
        request, "settings.html", "you", status=status, section=section, profile=await users.get(actor, actor.user_id), problem=problem, saved=saved, **context
    )


def _count(text: str) -> int:
    """A limit as it is typed; nothing is none. Raises invalid_arguments."""
    word = text.strip() or "0"
    if not word.isdecimal() or len(word) > 9:
        raise Problem("invalid_arguments", "A limit is a whole number.", remedy="Leave it empty for no limit.")
    return int(word)


def _wire(text: str) -> Wire:
    return next((wire for wire in get_args(Wire) if wire == text), "openai-compatible")


async def _keys(
    request: PageRequest, *, wanted: str = "", preset: str = "", problem: Problem | None = None, saved: bool = False, tested: TestResult | None = None
) -> Template:
    actor = signed_in_actor(request)
    offered, mine = await ai_providers.list_(actor), await keys.list_(actor)
    return await _page(
        request,
        "keys",
        problem=problem,
        saved=saved,
        tested=tested,
        keys=mine,
        receipts={key.id: await keys.receipts(actor, key.id) for key in mine if key.is_own},
        orders={provider.name: await keys.order(actor, str(provider.id)) for provider in offered if provider.requires_auth and provider.has_key},
        providers=offered,
        presets=PRESETS,
        preset=next((one for one in PRESETS if one.name == preset), None),
        is_admin=actor.is_admin,
        keyed_providers=[p for p in offered if p.requires_auth],
        wanted=wanted,
    )

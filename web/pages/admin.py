"""The administrator's pages: users, credits, providers, jobs, the audit log, how the server is, and its settings with where each comes from."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream, Template

from agent import ai_providers, health, jobs
from agent.accounts import audit, recovery, users
from agent.accounts.audit import Wanted
from agent.accounts.users import ProfileChange
from agent.actor import Actor, require_admin
from agent.billing import ledger
from agent.config import origins
from agent.errors import Problem
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor


@get("/admin")
async def admin_users(request: PageRequest, q: FromQuery[str] = "", cursor: FromQuery[str | None] = None) -> Template:
    return await _users(request, query=q, cursor=cursor)


@post("/admin/users/{user_id:uuid}", status_code=200)
async def change_user(request: PageRequest, user_id: FromPath[UUID]) -> Template | Redirect:
    """One button of a row: suspend, restore, confirm the e-mail, make or unmake an administrator."""
    actor, does = _admin(request), (await form_of(request)).get("does", "")
    change = {
        "suspend": ProfileChange(is_suspended=True),
        "restore": ProfileChange(is_suspended=False),
        "verify": ProfileChange(is_verified=True),
        "promote": ProfileChange(role="ADMIN"),
        "demote": ProfileChange(role="USER"),
    }.get(does)
    if change is None:
        return await _users(request, problem=Problem("bad_request", "That is not something this page does."))
    try:
        await users.update(actor, user_id, change)
    except Problem as problem:
        return await _users(request, problem=problem)
    return see_other("/admin")


@post("/admin/users/{user_id:uuid}/credits", status_code=200)
async def adjust_credits(request: PageRequest, user_id: FromPath[UUID]) -> Template | Redirect:
    """Once per form, however often it is sent."""
    actor, form = _admin(request), await form_of(request)
    try:
        amount = int(form.get("amount", ""))
    except ValueError:
        return await _users(request, problem=Problem("invalid_arguments", "The amount is a whole number.", field="amount"))
    try:
        is_made = await ledger.adjust(actor, user_id, amount, form.get("reason", ""), key=f"adjust:{form.get('once', '')}")
    except Problem as problem:
        return await _users(request, problem=problem)
    if is_made:
        await audit.record("CREDITS_ADJUSTED", actor=actor, resource="USER", resource_id=user_id, amount=amount, reason=form.get("reason", "")[:500])
    return see_other("/admin")


@post("/admin/users/{user_id:uuid}/reset-link", status_code=200)
async def reset_link(request: PageRequest, user_id: FromPath[UUID]) -> Template:
    """For handing over in person where no mail is sent."""
    try:
        return await _users(request, link=await recovery.reset_link(_admin(request), user_id))
    except Problem as problem:
        return await _users(request, problem=problem)


@get("/admin/credits")
async def credits(request: PageRequest, cursor: FromQuery[str | None] = None) -> Template:
    """Where credits came from and went: this server takes no payments, so no other way is shown."""
    found = await ledger.adjustments(_admin(request), cursor=cursor)
    return await _page(request, "credits", kinds=await ledger.kinds(_admin(request)), adjustments=found.items, next=found.next)


@get("/admin/audit")
async def audit_log(
    request: PageRequest, action: FromQuery[str] = "", q: FromQuery[str] = "", since: FromQuery[str] = "", cursor: FromQuery[str | None] = None
) -> Template:
    wanted = Wanted(action, q, _day(since))
    found = await audit.search(_admin(request), wanted, cursor=cursor)
    return await _page(request, "audit", lines=found.items, next=found.next, action=action, query=q, since=since)


@get("/admin/audit.csv")
async def audit_export(request: PageRequest, action: FromQuery[str] = "", q: FromQuery[str] = "", since: FromQuery[str] = "") -> Stream:
    actor = _admin(request)
    await audit.record("AUDIT_EXPORTED", actor=actor, resource="AUDIT")
    headers = {"content-disposition": 'attachment; filename="audit.csv"', "cache-control": "no-store"}
    return Stream(audit.export(actor, Wanted(action, q, _day(since))), media_type="text/csv", headers=headers)


@get("/admin/health")
async def server_health(request: PageRequest) -> Template:
    return await _page(request, "health", facts=await health.facts(_admin(request)))


@get("/admin/settings")
async def server_settings(request: PageRequest) -> Template:
    _admin(request)
    return await _page(request, "settings", settings=origins())


@get("/admin/providers")
async def providers(request: PageRequest) -> Template:
    return await _page(request, "providers", providers=await ai_providers.offered(_admin(request)))


@post("/admin/providers/{provider_id:uuid}", status_code=200)
async def switch_provider(request: PageRequest, provider_id: FromPath[UUID]) -> Redirect:
    """Offer one to all users, or to nobody."""
    await ai_providers.switch(_admin(request), provider_id, is_enabled=(await form_of(request)).get("does") == "offer")
    return see_other("/admin/providers")


@get("/admin/jobs")
async def queue(request: PageRequest) -> Template:
    return await _page(request, "jobs", jobs=await jobs.overview(_admin(request)))


@post("/admin/jobs/{job:str}", status_code=200)
async def start_job(request: PageRequest, job: FromPath[str]) -> Redirect:
    """Now, not only by the clock."""
    await jobs.start(_admin(request), job)
    return see_other("/admin/jobs")


ROUTES = (
    credits,
    providers,
    switch_provider,
    queue,
    start_job,
    admin_users,
    change_user,
    adjust_credits,
    reset_link,
    audit_log,
    audit_export,
    server_health,
    server_settings,
)


def _admin(request: PageRequest) -> Actor:
    """Raises unauthenticated, forbidden."""
    actor = signed_in_actor(request)
    require_admin(actor)
    return actor


def _day(text: str) -> datetime | None:
    """Raises bad_request."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
    except ValueError as error:
        raise Problem("bad_request", f"`{text[:40]}` is not a date.", remedy="Give one such as `2026-11-21`.") from error


async def _users(request: PageRequest, *, query: str = "", cursor: str | None = None, problem: Problem | None = None, link: str = "") -> Template:
    found = await users.list_(_admin(request), query=query, cursor=cursor)
    return await _page(request, "users", problem=problem, people=found.items, next=found.next, query=query, link=link)


async def _page(request: PageRequest, section: str, *, problem: Problem | None = None, **context: Any) -> Template:
    actor = _admin(request)
    status = problem.status if problem else 200
    once = datetime.now(UTC).isoformat()
    return await page(request, "admin.html", "admin", status=status, section=section, problem=problem, me=actor.user_id, once=once, **context)

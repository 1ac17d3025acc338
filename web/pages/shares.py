"""Sharing a chat: a preview of exactly what will be public, the list of links, and the public page that needs no sign-in."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent.conversation import chats, shares
from agent.errors import Problem
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor

_PUBLIC = {
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow, noarchive",
    "referrer-policy": "no-referrer",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    ),
}


@get("/c/{chat_id:uuid}/share")
async def preview_share(request: PageRequest, chat_id: FromPath[UUID], results: FromQuery[bool] = False) -> Template:
    return await _preview(request, chat_id, with_results=results)


@post("/c/{chat_id:uuid}/share", status_code=200)
async def create_share(request: PageRequest, chat_id: FromPath[UUID]) -> Template | Redirect:
    """Makes public what the preview showed, as it is now."""
    form = await form_of(request)
    days, with_results = form.get("days", "30"), form.get("results") == "true"
    try:
        await shares.create(signed_in_actor(request), chat_id, days=int(days) if days in map(str, shares.DAYS) else None, with_results=with_results)
    except Problem as problem:
        if problem.code == "chat_not_found":
            raise
        return await _preview(request, chat_id, with_results=with_results, problem=problem)
    return see_other(f"/shares?chat={chat_id}")


@get("/shares")
async def list_shares(request: PageRequest, chat: FromQuery[UUID | None] = None, cursor: FromQuery[str | None] = None) -> Template:
    found = await shares.list_(signed_in_actor(request), cursor=cursor)
    return await page(request, "shares.html", "chats", shares=found.items, next=found.next, made_for=chat)


@post("/shares/{share_id:uuid}/revoke", status_code=200)
async def revoke_share(request: PageRequest, share_id: FromPath[UUID]) -> Redirect:
    await shares.revoke(signed_in_actor(request), share_id)
    return see_other("/shares")


@get("/s/{token:str}")
async def show_share(request: PageRequest, token: FromPath[str]) -> Template:
    """For anybody who has the link. One that never was looks like one that has ended."""
    found = await shares.opened(token)
    return Template("shared.html", context={"snapshot": found}, status_code=200 if found else 404, headers=_PUBLIC)


@get("/robots.txt", media_type="text/plain", sync_to_thread=False)
def robots() -> str:
    """What is shared by link is for those who have the link."""
    return "User-agent: *\nDisallow: /s/\nDisallow: /a/\nDisallow: /c/\nDisallow: /proxy/\n"


ROUTES = (preview_share, create_share, list_shares, revoke_share, show_share, robots)


async def _preview(request: PageRequest, chat_id: UUID, *, with_results: bool, problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    chat = await chats.get(actor, chat_id)
    context: dict[str, Any] = {"chat": chat, "snapshot": None, "with_results": with_results, "days": shares.DAYS, "problem": problem}
    try:
        context["snapshot"] = await shares.preview(actor, chat_id, with_results=with_results)
    except Problem as refused:
        context["problem"] = refused
    live = [one for one in (await shares.list_(actor, chat_id=chat_id)).items if one.is_live]
    return await page(request, "share.html", "chats", chat_id=chat_id, live=live, status=problem.status if problem else 200, **context)

"""The conversation: the start page, a chat, sending, stopping, approvals."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent import ai_providers, approvals
from agent.conversation import chats
from agent.errors import Problem
from agent.messages import text_of
from agent.runs import loop
from web.pages import look
from web.pages.chat_page import NO_WINDOW, Where, chat_page
from web.pages.composer import composer_of, has_model, narrowed, quoted, split, starters
from web.pages.drawing import hub_of, needs, piece, pieces_of, views
from web.pages.my_data import files_of
from web.pages.shell import PageRequest, done, form_of, is_fragment, page, refused, see_other, signed_in_actor
from web.pages.stream import partial
from web.render import catalogue


@get("/", name="start")
async def start(request: PageRequest, draft: FromQuery[str] = "") -> Template | Redirect:
    """A new chat, with what a link has put into its message box, or the sign-in page for a stranger."""
    if request.user is None:
        return Redirect("/login", status_code=303)
    return await _start_page(request, draft=draft[:2000])


@post("/", status_code=200)
async def start_chat(request: PageRequest) -> Template | Redirect | Response[None]:
    """Send the first message of a new chat."""
    actor, form = signed_in_actor(request), await form_of(request)
    text = form.get("suggested") or form.get("message", "")
    try:
        provider, model = split(form.get("provider", ""))
        started = await loop.send(hub_of(request), narrowed(actor, form.get("tools", "")), text, provider=provider, model=model, files=await files_of(request))
    except Problem as problem:
        if is_fragment(request):
            return refused(problem)
        return await _start_page(request, draft=text, problem=problem)
    return _go(request, f"/c/{started.chat_session_id}")


@get("/c/{chat_id:uuid}")
async def show_chat(
    request: PageRequest, chat_id: FromPath[UUID], before: FromQuery[UUID | None] = None, at: FromQuery[UUID | None] = None,
    edit: FromQuery[UUID | None] = None, more: FromQuery[UUID | None] = None, quote: FromQuery[UUID | None] = None,
) -> Template | Response[str]:  # fmt: skip
    """The end of the branch that is shown, or another part of it. A script that asks for what is before a message gets those messages alone."""
    actor = signed_in_actor(request)
    if before and is_fragment(request):
        found = await chats.shown(actor, chat_id, before=before)
        drawn = await views(request, actor, chat_id, found.messages)
        return Response(pieces_of(request, drawn, has_older=found.has_older), media_type="text/html")
    draft = quoted(text_of((await chats.message(actor, chat_id, quote)).content)) if quote else ""
    return await chat_page(request, await chats.get(actor, chat_id), Where(before, at, edit, more), draft=draft)


@post("/c/{chat_id:uuid}/messages", status_code=200)
async def send(request: PageRequest, chat_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """Send a message, or let it wait for the answer before. What a script's page then lacks comes by its stream."""
    actor, form = signed_in_actor(request), await form_of(request)
    text = form.get("suggested") or form.get("message", "")
    try:
        provider, model = split(form.get("provider", ""))
        await loop.queue(
            hub_of(request), narrowed(actor, form.get("tools", "")), text, chat_id=chat_id, provider=provider, model=model, files=await files_of(request)
        )
    except Problem as problem:
        if is_fragment(request):
            return refused(problem)
        return await chat_page(request, await chats.get(actor, chat_id), draft=text, problem=problem)
    return done(request, f"/c/{chat_id}#end")


@post("/runs/{run_id:uuid}/stop", status_code=200)
async def stop(request: PageRequest, run_id: FromPath[UUID]) -> Redirect | Response[None]:
    state = await loop.stop(hub_of(request), signed_in_actor(request), run_id)
    return done(request, f"/c/{state.chat_session_id}")


@post("/runs/{run_id:uuid}/retry", status_code=200)
async def retry(request: PageRequest, run_id: FromPath[UUID]) -> Redirect:
    started = await loop.retry(hub_of(request), signed_in_actor(request), run_id)
    return see_other(f"/c/{started.chat_session_id}")


@post("/approvals/{approval_id:uuid}", status_code=200)
async def decide(request: PageRequest, approval_id: FromPath[UUID]) -> Redirect | Response[Any]:
    """Approve or refuse what a card shows; edited arguments replace those asked for."""
    actor, form = signed_in_actor(request), await form_of(request)
    asked = await approvals.get(actor, approval_id)
    if asked.run_id is None:
        raise Problem("approval_not_found", "This approval belongs to no run.")
    width: approvals.Width = "run" if form.get("decision") == "run" else "once"
    decision: approvals.Decision = "approve" if form.get("decision") in ("approve", "run") else "refuse"
    try:
        edited = _arguments(form.get("arguments", ""), asked.arguments) if decision == "approve" else None
        await loop.decide(hub_of(request), actor, asked.run_id, approval_id, decision, arguments=edited, reason=form.get("reason") or None, width=width)
    except Problem as problem:
        if is_fragment(request):
            return Response(
                partial(f"#problem-{approval_id}", "innerHTML", piece(request, "refused", found=problem)), status_code=problem.status, media_type="text/html"
            )
        raise
    if is_fragment(request):
        return await _answered(request, await approvals.get(actor, approval_id))
    return see_other(f"/c/{asked.chat_session_id}#end" if asked.chat_session_id else "/needs-you")


@get("/needs-you")
async def needs_you(request: PageRequest) -> Template:
    return await page(request, "needs.html", "needs", approvals=await approvals.pending(signed_in_actor(request)))


@get("/chats")
async def list_chats(request: PageRequest, status: FromQuery[str] = "active", cursor: FromQuery[str | None] = None) -> Template:
    status = "archived" if status == "archived" else "active"
    found = await chats.list_(signed_in_actor(request), status=status, cursor=cursor)
    return await page(request, "chats.html", "chats", chats=found.items, next=found.next, listed=status)


@post("/c/{chat_id:uuid}/rename", status_code=200)
async def rename(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    await chats.rename(signed_in_actor(request), chat_id, (await form_of(request)).get("title", ""))
    return see_other(f"/c/{chat_id}")


@post("/c/{chat_id:uuid}/archive", status_code=200)
async def archive(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    actor = signed_in_actor(request)
    chat = await chats.get(actor, chat_id)
    await chats.archive(actor, chat_id, archived=chat.status == "active")
    return see_other("/chats")


@post("/c/{chat_id:uuid}/delete", status_code=200)
async def delete(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    await chats.delete(signed_in_actor(request), chat_id)
    return see_other("/")


@post("/ask", status_code=200)
async def ask(request: PageRequest) -> Template:
    """A new chat with a thing in the box, for the user to ask about: a model gets all of it by its `@`, the guide words that it understands."""
    form, language = await form_of(request), look.of(request).language
    call, api = form.get("call"), form.get("about", "")
    if has_model(await ai_providers.list_(signed_in_actor(request))):
        return await _start_page(request, draft=f"@call:{call} " if call else f"@{api} ")
    words = catalogue.say(language, "explain call {call}", call=call) if call else catalogue.say(language, "show the calls of {api}", api=api)
    return await _start_page(request, draft=words)


ROUTES = (start, start_chat, show_chat, send, stop, retry, decide, needs_you, list_chats, rename, archive, delete, ask)


async def _start_page(request: PageRequest, *, draft: str = "", problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    offered = await ai_providers.list_(actor)
    language = look.of(request).language
    return await page(
        request, "chat.html", "new", chat=None, messages=[], window=NO_WINDOW, where=Where(), choices=[], starters=starters(language), has_model=has_model(offered),
        keyed_providers=[p for p in offered if p.requires_auth], composer=await composer_of(language, actor, None, draft=draft, problem=problem),
    )  # fmt: skip


async def _answered(request: PageRequest, answered: approvals.Approval) -> Response[str]:
    """In the card's place that it was answered, and one thing less that needs somebody. What came of it is told by the stream, where there is one."""
    html = partial(f"#approval-{answered.id}", "outerHTML", piece(request, "answered", a=answered)) + await needs(request, signed_in_actor(request))
    return Response(html, media_type="text/html")


def _arguments(text: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    """Edited arguments, or None when they are those that were asked for. Raises invalid_arguments."""
    if not text.strip():
        return None
    try:
        edited = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("invalid_arguments", "The edited arguments are not one JSON object.") from error
    return None if edited == asked else edited


def _go(request: PageRequest, path: str) -> Redirect | Response[None]:
    return Response(None, headers={"HX-Redirect": path}) if is_fragment(request) else see_other(path)

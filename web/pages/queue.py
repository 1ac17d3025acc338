"""The messages that wait for an answer to be finished, as the message box shows them: change, take back, send on."""

from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent.conversation import chats, message_queue
from agent.errors import Problem
from agent.runs import loop
from web.pages.chat_page import chat_page
from web.pages.drawing import hub_of
from web.pages.shell import PageRequest, done, form_of, is_fragment, refused, signed_in_actor


@post("/c/{chat_id:uuid}/queue/{queued_id:uuid}", status_code=200)
async def change(request: PageRequest, chat_id: FromPath[UUID], queued_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """Save another text for it, or take it back."""
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        if form.get("do") == "remove":
            await message_queue.remove(actor, chat_id, queued_id)
        else:
            await message_queue.change(actor, chat_id, queued_id, form.get("text", ""))
    except Problem as problem:
        return await _failed(request, chat_id, problem, draft=form.get("text", "") if form.get("do") != "remove" else "")
    return done(request, f"/c/{chat_id}")


@post("/c/{chat_id:uuid}/queue/next", status_code=200)
async def send_on(request: PageRequest, chat_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """What was held after a stop or a failure goes out, one by one."""
    try:
        await loop.go_on(hub_of(request), signed_in_actor(request), chat_id)
    except Problem as problem:
        return await _failed(request, chat_id, problem)
    return done(request, f"/c/{chat_id}")


ROUTES = (change, send_on)


async def _failed(request: PageRequest, chat_id: UUID, problem: Problem, *, draft: str = "") -> Template:
    if is_fragment(request):
        return refused(problem)
    return await chat_page(request, await chats.get(signed_in_actor(request), chat_id), draft=draft, problem=problem)

"""What a reader does with a message: edit it, have it answered again, turn to another version, fork, rate, delete; and what each shows.

A script's page hears of every change by its stream, so these answer it with nothing, or with the one piece that it asked for.
"""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent import runlog
from agent.conversation import branches, chats
from agent.errors import Problem
from agent.messages import text_of
from agent.runs import loop
from web.pages import look
from web.pages.chat_page import Where, chat_page
from web.pages.composer import choices_of, split
from web.pages.drawing import drawing, hub_of, view_of, views
from web.pages.shell import PageRequest, done, form_of, is_fragment, refused, see_other, signed_in_actor
from web.pages.stream import partial


@get("/c/{chat_id:uuid}/messages/{message_id:uuid}")
async def show(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Response[str] | Redirect:
    """The message as it stands in the page."""
    return await _piece(request, chat_id, message_id, "message")


@get("/c/{chat_id:uuid}/messages/{message_id:uuid}/edit")
async def show_edit(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Response[str] | Redirect:
    """The message as a form in its place."""
    return await _piece(request, chat_id, message_id, "edit")


@get("/c/{chat_id:uuid}/messages/{message_id:uuid}/more")
async def show_more(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Response[str] | Redirect:
    """What else can be done with it."""
    return await _piece(request, chat_id, message_id, "more")


@get("/c/{chat_id:uuid}/messages/{message_id:uuid}/markdown")
async def show_markdown(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Response[str]:
    """What was said in it, as it was written."""
    stored = await chats.message(signed_in_actor(request), chat_id, message_id)
    return Response(text_of(stored.content), media_type="text/plain", headers={"cache-control": "no-store"})


@post("/c/{chat_id:uuid}/messages/{message_id:uuid}/edit", status_code=200)
async def edit(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """A new branch beside the message."""
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        await loop.edit(hub_of(request), actor, chat_id, message_id, form.get("message", ""))
    except Problem as problem:
        return await _failed(request, chat_id, problem, Where(edit=message_id))
    return done(request, f"/c/{chat_id}")


@post("/c/{chat_id:uuid}/messages/{message_id:uuid}/answer", status_code=200)
async def answer_again(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """Another answer beside this one, by the same model unless the form names one."""
    actor = signed_in_actor(request)
    provider, model = split((await form_of(request)).get("provider", ""))
    try:
        await loop.answer_again(hub_of(request), actor, chat_id, message_id, provider=provider, model=model)
    except Problem as problem:
        return await _failed(request, chat_id, problem)
    return done(request, f"/c/{chat_id}")


@post("/runs/{run_id:uuid}/continue", status_code=200)
async def carry_on(request: PageRequest, run_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """Let an unfinished answer go on."""
    actor = signed_in_actor(request)
    state = await runlog.get(actor, run_id)
    try:
        await loop.carry_on(hub_of(request), actor, run_id)
    except Problem as problem:
        return await _failed(request, state.chat_session_id, problem)
    return done(request, f"/c/{state.chat_session_id}")


@post("/c/{chat_id:uuid}/branch", status_code=200)
async def choose(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect | Response[None]:
    """Turn to the branch through a message."""
    message_id = _id((await form_of(request)).get("message", ""))
    await branches.choose(signed_in_actor(request), chat_id, message_id)
    return done(request, f"/c/{chat_id}?at={message_id}#m-{message_id}")


@post("/c/{chat_id:uuid}/messages/{message_id:uuid}/fork", status_code=200)
async def fork(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """Carry on in a new chat."""
    try:
        made = await branches.fork(signed_in_actor(request), chat_id, message_id)
    except Problem as problem:
        return await _failed(request, chat_id, problem)
    return Response(None, headers={"HX-Redirect": f"/c/{made.id}"}) if is_fragment(request) else see_other(f"/c/{made.id}")


@post("/c/{chat_id:uuid}/messages/{message_id:uuid}/rate", status_code=200)
async def rate(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Template | Redirect | Response[str]:
    """Up or down, with a note; the same again takes it back."""
    form, actor = await form_of(request), signed_in_actor(request)
    verdict: branches.Verdict = "down" if form.get("verdict") == "down" else "up"
    before = (await chats.message(actor, chat_id, message_id)).metadata.get("rating", {})
    takes_back = before.get("verdict") == verdict and "note" not in form
    try:
        stored = await branches.rate(actor, chat_id, message_id, None if takes_back else verdict, form["note"] if "note" in form else before.get("note", ""))
    except Problem as problem:
        return await _failed(request, chat_id, problem)
    if not is_fragment(request):
        return see_other(f"/c/{chat_id}?at={message_id}#m-{message_id}")
    view = view_of((await views(request, actor, chat_id, [stored]))[0])
    return Response(partial(f"#verdict-{message_id}", "innerHTML", drawing(request)("verdict", view)), media_type="text/html")


@post("/c/{chat_id:uuid}/messages/{message_id:uuid}/delete", status_code=200)
async def delete(request: PageRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Template | Redirect | Response[None]:
    """With everything that follows."""
    try:
        await branches.remove(signed_in_actor(request), chat_id, message_id)
    except Problem as problem:
        return await _failed(request, chat_id, problem)
    return done(request, f"/c/{chat_id}")


ROUTES = (show, show_edit, show_markdown, show_more, edit, answer_again, carry_on, choose, fork, rate, delete)


async def _piece(request: PageRequest, chat_id: UUID, message_id: UUID, macro: str) -> Response[str] | Redirect:
    """One macro of the conversation's templates over one message; the whole page with it open for whoever has no script."""
    actor = signed_in_actor(request)
    stored = await chats.message(actor, chat_id, message_id)
    if not is_fragment(request):
        opened = f"{macro}={message_id}" if macro in ("edit", "more") else f"at={message_id}"
        return see_other(f"/c/{chat_id}?{opened}#m-{message_id}")
    view = view_of((await views(request, actor, chat_id, [stored]))[0])
    choices = [await choices_of(look.of(request).language, actor)] if macro == "more" else []
    return Response(drawing(request)(macro, view, *choices), media_type="text/html")


async def _failed(request: PageRequest, chat_id: UUID, problem: Problem, where: Where | None = None) -> Template:
    if is_fragment(request):
        return refused(problem)
    return await chat_page(request, await chats.get(signed_in_actor(request), chat_id), where, problem=problem)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Problem("not_found", "There is no such message in this chat.") from error

"""One's data as files: a chat, all of it, chats from elsewhere; deleting it; and files for messages."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template

from agent import my_data
from agent.accounts import sessions, users
from agent.conversation import attachments, chat_exports, chat_imports
from agent.conversation.attachments import Stored
from agent.errors import Problem
from web.api.my_data import ARCHIVE
from web.auth import session_cookie
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor
from web.uploads import as_download, uploaded

_HOME = "/settings/data"
_CONFIRM = f"/confirm?next={_HOME}"


@get("/c/{chat_id:uuid}/export/{format:str}")
async def export_chat(request: PageRequest, chat_id: FromPath[UUID], format: FromPath[str]) -> Response[bytes]:
    made = await chat_exports.export(signed_in_actor(request), chat_id, "markdown" if format == "markdown" else "json")
    return as_download(made.text.encode(), made.file_name, made.media_type)


@post("/settings/data/import", status_code=200)
async def import_chats(request: PageRequest) -> Template:
    try:
        files = await uploaded(request, "chats")
        if not files or not files[0][1]:
            raise Problem("unreadable_chats", "No file was chosen.")
        report = await chat_imports.import_file(signed_in_actor(request), files[0][1])
    except Problem as problem:
        return await _page(request, problem=problem)
    return await _page(request, report=report)


@get("/settings/data/download")
async def download(request: PageRequest) -> Stream | Redirect:
    """Everything at once is worth asking again who is there."""
    actor = signed_in_actor(request)
    if not await sessions.is_fresh(request.cookies.get(session_cookie(), "")):
        return see_other(_CONFIRM)
    return Stream(my_data.archive(actor), media_type="application/zip", headers=ARCHIVE)


@post("/settings/data/delete", status_code=200)
async def delete(request: PageRequest) -> Template | Redirect:
    """Only where the e-mail was typed again."""
    actor, form = signed_in_actor(request), await form_of(request)
    if not await sessions.is_fresh(request.cookies.get(session_cookie(), "")):
        return see_other(_CONFIRM)
    try:
        if form.get("email", "").strip().lower() != actor.email.lower():
            raise Problem("invalid_arguments", "That is not the e-mail of this account.", remedy="Type it as it is shown in the profile.")
        gone = await my_data.delete(actor)
    except Problem as problem:
        return await _page(request, problem=problem)
    return await _page(request, gone=gone)


@post("/attachments", status_code=200)
async def attach(request: PageRequest) -> Response[Stored]:
    """A file for the message that is being written; the page's script sends it as soon as it is chosen."""
    files = await uploaded(request, "file")
    if not files:
        raise Problem("bad_request", "There is no file in the form.")
    return Response(await attachments.store(signed_in_actor(request), *files[0]))


@post("/attachments/{attachment_id:uuid}/delete", status_code=200)
async def detach(request: PageRequest, attachment_id: FromPath[UUID]) -> Response[None]:
    await attachments.delete(signed_in_actor(request), attachment_id)
    return Response(None, status_code=204)


@get("/attachments/{attachment_id:uuid}")
async def show_file(request: PageRequest, attachment_id: FromPath[UUID]) -> Response[bytes]:
    actor = signed_in_actor(request)
    found = await attachments.get(actor, attachment_id)
    return as_download(await attachments.content(actor, attachment_id), found.file_name, found.media_type)


ROUTES = (export_chat, import_chats, download, delete, attach, detach, show_file)


async def files_of(request: PageRequest) -> list[UUID]:
    """The files that a message's form brings along: those that were uploaded before, and those that come with it. Raises what `attachments.store` raises."""
    actor, form = signed_in_actor(request), await request.form()
    before = [UUID(value) for value in form.getall("attachment", []) if isinstance(value, str) and len(value) == 36]
    return [*before, *[(await attachments.store(actor, *one)).id for one in await uploaded(request, "file")]]


async def _page(request: PageRequest, *, problem: Problem | None = None, **context: Any) -> Template:
    actor = signed_in_actor(request)
    return await page(
        request, "settings.html", "you", status=problem.status if problem else 200, section="data", profile=await users.get(actor, actor.user_id),
        problem=problem, saved=False, **context,
    )  # fmt: skip

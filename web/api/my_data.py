"""Chats as files, out and in; and everything of a user: taken away, or deleted."""

from typing import Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from agent import my_data
from agent.accounts import sign_in
from agent.actor import require_scope
from agent.conversation import chat_exports, chat_imports
from agent.conversation.chat_imports import Report
from agent.my_data import Deleted
from web.api.request import ApiRequest
from web.auth import signed_in
from web.origin import origin_of
from web.uploads import as_download, uploaded

ARCHIVE = {"content-disposition": 'attachment; filename="wiretalk-data.zip"', "cache-control": "private, no-store"}


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`secret`: the account's password, or a code of its second factor."""

    secret: str
    confirm: Literal["delete all my data"]


@get("/chats/{chat_id:uuid}/export", guards=[signed_in], summary="A chat as a file", tags=["chats"])
async def export_chat(request: ApiRequest, chat_id: FromPath[UUID], format: FromQuery[chat_exports.Format] = "json") -> Response[bytes]:
    """JSON with every branch, to import again, or Markdown to read. Secrets are masked."""
    made = await chat_exports.export(request.user, chat_id, format)
    return as_download(made.text.encode(), made.file_name, made.media_type)


@post("/chats/import", guards=[signed_in], status_code=200, summary="Import chats", tags=["chats"])
async def import_chats(request: ApiRequest) -> Report:
    """Our own JSON, ChatGPT's `conversations.json` or its ZIP, Open WebUI's export; as the body or the file of a form, up to 50 MB."""
    require_scope(request.user, "write")
    files = await uploaded(request)
    return await chat_imports.import_file(request.user, files[0][1] if files else await request.body())


@get("/users/me/data", guards=[signed_in], summary="Download all of my data", tags=["accounts"], media_type="application/zip")
async def download_data(request: ApiRequest) -> Stream:
    """A ZIP, sent while it is written, without a secret in plain text."""
    return Stream(my_data.archive(request.user), media_type="application/zip", headers=ARCHIVE)


@post("/users/me/data/delete", guards=[signed_in], status_code=200, summary="Delete all of my data", tags=["accounts"])
async def delete_data(request: ApiRequest, data: JSONBody[Confirmed]) -> Deleted:
    """Chats, APIs, calls, documents, prompts, files, keys and servers, for good. The account and the ledger stay."""
    require_scope(request.user, "write")
    await sign_in.confirm(request.user, data.secret, origin_of(request))
    return await my_data.delete(request.user)


ROUTES = (export_chat, import_chats, download_data, delete_data)

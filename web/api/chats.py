"""Chats and their messages."""

from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from agent.actor import require_scope
from agent.conversation import chats
from agent.conversation.chats import Chat, StoredMessage
from agent.paging import Page
from web.api import stream
from web.api.request import ApiRequest
from web.auth import signed_in


class ChatWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str | None = None


class ChatChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str | None = None
    archived: bool | None = None


@get("/chats", guards=[signed_in], summary="My chats", tags=["chats"])
async def list_chats(
    request: ApiRequest, archived: FromQuery[bool] = False, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None
) -> Page[Chat]:
    """Newest first."""
    return await chats.list_(request.user, status="archived" if archived else "active", limit=limit, cursor=cursor)


@post("/chats", guards=[signed_in], summary="A new chat", tags=["chats"])
async def create_chat(request: ApiRequest, data: JSONBody[ChatWish | None] = None) -> Chat:
    """Empty; a message to `POST /chat` without a session makes one too."""
    require_scope(request.user, "write")
    return await chats.create(request.user, title=data.title if data else None)


@get("/chats/{chat_id:uuid}", guards=[signed_in], summary="One chat", tags=["chats"])
async def get_chat(request: ApiRequest, chat_id: FromPath[UUID]) -> Chat:
    """Without its messages."""
    return await chats.get(request.user, chat_id)


@patch("/chats/{chat_id:uuid}", guards=[signed_in], summary="Rename or archive", tags=["chats"])
async def change_chat(request: ApiRequest, chat_id: FromPath[UUID], data: JSONBody[ChatChange]) -> Chat:
    """Leaves out what is not named."""
    require_scope(request.user, "write")
    if data.title is not None:
        await chats.rename(request.user, chat_id, data.title)
    if data.archived is not None:
        await chats.archive(request.user, chat_id, archived=data.archived)
    return await chats.get(request.user, chat_id)


@delete("/chats/{chat_id:uuid}", guards=[signed_in], summary="Delete a chat", tags=["chats"])
async def delete_chat(request: ApiRequest, chat_id: FromPath[UUID]) -> None:
    """With all its messages."""
    require_scope(request.user, "write")
    await chats.delete(request.user, chat_id)


@get("/chats/{chat_id:uuid}/messages", guards=[signed_in], summary="What was said", tags=["chats"])
async def list_messages(
    request: ApiRequest, chat_id: FromPath[UUID], limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None
) -> Page[StoredMessage]:
    """The newest branch, oldest message first."""
    return await chats.messages(request.user, chat_id, limit=limit, cursor=cursor)


@get("/chats/{chat_id:uuid}/events", guards=[signed_in], summary="Hear of first calls", tags=["chats"])
async def follow_chat(request: ApiRequest, chat_id: FromPath[UUID]) -> Stream:
    """Server-sent events: the first call of each API that the chat has made, those that there were and each as it arrives. Goes on after `Last-Event-ID`."""
    await chats.get(request.user, chat_id)
    return stream.of_chat(request.app.state.hub, chat_id, request.headers.get("last-event-id", ""))


ROUTES = (list_chats, create_chat, get_chat, change_chat, delete_chat, list_messages, follow_chat)

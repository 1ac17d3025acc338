"""Messages that wait until a chat's answer is finished."""

from uuid import UUID

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from agent.actor import require_scope
from agent.conversation import chats, message_queue
from agent.conversation.message_queue import Queued
from agent.paging import Page
from agent.runs import loop
from web.api.request import ApiRequest
from web.auth import signed_in


class QueuedChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message: str


@get("/chats/{chat_id:uuid}/queue", guards=[signed_in], summary="What waits to be sent", tags=["chats"])
async def list_queue(request: ApiRequest, chat_id: FromPath[UUID]) -> Page[Queued]:
    """In the order in which it will be sent. `POST /chat` with `queue: true` adds to it."""
    return Page(await message_queue.list_(request.user, chat_id))


@patch("/chats/{chat_id:uuid}/queue/{queued_id:uuid}", guards=[signed_in], summary="Change a waiting message", tags=["chats"])
async def change_queued(request: ApiRequest, chat_id: FromPath[UUID], queued_id: FromPath[UUID], data: JSONBody[QueuedChange]) -> Queued:
    """Its place in the queue stays. One that was sent in the meantime is not found."""
    require_scope(request.user, "write")
    return await message_queue.change(request.user, chat_id, queued_id, data.message)


@delete("/chats/{chat_id:uuid}/queue/{queued_id:uuid}", guards=[signed_in], summary="Take a waiting message back", tags=["chats"])
async def take_back(request: ApiRequest, chat_id: FromPath[UUID], queued_id: FromPath[UUID]) -> None:
    """One that was sent in the meantime is not found."""
    require_scope(request.user, "write")
    await message_queue.remove(request.user, chat_id, queued_id)


@post(
    "/chats/{chat_id:uuid}/queue/next",
    guards=[signed_in],
    status_code=202,
    summary="Send the first waiting message now",
    tags=["chats"],
    responses={204: ResponseSpec(data_container=None, description="Nothing waits, or the chat is answering.")},
)
async def send_next(request: ApiRequest, chat_id: FromPath[UUID]) -> Response[chats.Started | None]:
    """After a stop or a failure what waits is held; this goes on. 204 where nothing waits or the chat is answering."""
    require_scope(request.user, "write")
    started = await loop.go_on(request.app.state.hub, request.user, chat_id)
    return Response(started, status_code=202 if started else 204)


ROUTES = (list_queue, change_queued, take_back, send_next)

"""The summary that stands in for a long chat's oldest turns: read it, take it back."""

from typing import Any
from uuid import UUID

from litestar import delete, get
from litestar.params import FromPath

from agent.actor import require_scope
from agent.conversation import chats
from agent.errors import Problem
from web.api.request import ApiRequest
from web.auth import signed_in


@get("/chats/{chat_id:uuid}/summary", guards=[signed_in], summary="Summary of a chat", tags=["chats"])
async def get_summary(request: ApiRequest, chat_id: FromPath[UUID]) -> dict[str, Any]:
    """What the model reads in place of the oldest messages; 404 where it reads them all."""
    found = await chats.summary(request.user, chat_id)
    if found is None:
        raise Problem("not_found", "No part of this chat is summed up.")
    return found


@delete("/chats/{chat_id:uuid}/summary", guards=[signed_in], summary="Take the summary back", tags=["chats"])
async def undo_summary(request: ApiRequest, chat_id: FromPath[UUID]) -> None:
    """From the next message on the model reads the messages themselves."""
    require_scope(request.user, "write")
    await chats.undo_summary(request.user, chat_id)


ROUTES = (get_summary, undo_summary)

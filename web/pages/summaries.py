"""Taking back the summary of a chat's old turns. It is shown on the chat's own page."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect

from agent.conversation import chats
from web.pages.shell import PageRequest, see_other, signed_in_actor


@post("/c/{chat_id:uuid}/summary/undo", status_code=200)
async def undo(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    await chats.undo_summary(signed_in_actor(request), chat_id)
    return see_other(f"/c/{chat_id}")


ROUTES = (undo,)

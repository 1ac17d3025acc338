"""Chats by link."""

from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from agent.actor import require_scope
from agent.conversation import shares
from agent.conversation.shares import Share, Snapshot
from agent.paging import Page
from web.api.request import ApiRequest
from web.auth import signed_in


class ShareWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`days` until the link stops (null: only when revoked); `with_results`: also what tools were asked and answered, secrets masked."""

    days: int | None = 30
    with_results: bool = False


@get("/shares", guards=[signed_in], summary="My shared links", tags=["chats"])
async def list_shares(request: ApiRequest, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None) -> Page[Share]:
    """Newest first, also those that no longer work."""
    return await shares.list_(request.user, limit=limit, cursor=cursor)


@get("/chats/{chat_id:uuid}/share-preview", guards=[signed_in], summary="What a link would show", tags=["chats"])
async def preview_share(request: ApiRequest, chat_id: FromPath[UUID], with_results: FromQuery[bool] = False) -> Snapshot:
    """Exactly what would be public now."""
    return await shares.preview(request.user, chat_id, with_results=with_results)


@post("/chats/{chat_id:uuid}/shares", guards=[signed_in], summary="Share a chat", tags=["chats"])
async def create_share(request: ApiRequest, chat_id: FromPath[UUID], data: JSONBody[ShareWish]) -> Share:
    """A link to a snapshot of the chat as it is now, for anybody who has it."""
    require_scope(request.user, "write")
    return await shares.create(request.user, chat_id, days=data.days, with_results=data.with_results)


@delete("/shares/{share_id:uuid}", guards=[signed_in], summary="Revoke a link", tags=["chats"])
async def revoke_share(request: ApiRequest, share_id: FromPath[UUID]) -> None:
    """Works at once."""
    require_scope(request.user, "write")
    await shares.revoke(request.user, share_id)


ROUTES = (list_shares, preview_share, create_share, revoke_share)

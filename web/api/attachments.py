"""Files for messages, and what may be mentioned in one."""

from uuid import UUID

from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery

from agent.actor import require_scope
from agent.conversation import attachments, mentions
from agent.conversation.attachments import Stored
from agent.conversation.mentions import Offer
from agent.errors import Problem
from agent.paging import Page
from web.api.request import ApiRequest
from web.auth import signed_in
from web.uploads import as_download, uploaded


@post("/attachments", guards=[signed_in], summary="Upload a file for a message", tags=["chat"], opt={"asks": True})
async def upload(request: ApiRequest, name: FromQuery[str] = "") -> Stored:
    """As the file of a form, or as the body with `?name=`. HAR, OpenAPI, JSON and other text up to 20 MB, images up to 5 MB; counted in the usage."""
    require_scope(request.user, "write")
    files = await uploaded(request)
    if not files:
        files = [(name or "file", await request.body())]
    if len(files) > 1:
        raise Problem("invalid_arguments", "One file at a time.", remedy="Upload each by itself, then name all of them in `attachments`.")
    return await attachments.store(request.user, name or files[0][0], files[0][1])


@get("/attachments/{attachment_id:uuid}", guards=[signed_in], summary="About a file", tags=["chat"])
async def get_attachment(request: ApiRequest, attachment_id: FromPath[UUID]) -> Stored:
    """Its name, kind and size."""
    return await attachments.get(request.user, attachment_id)


@get("/attachments/{attachment_id:uuid}/content", guards=[signed_in], summary="A file as it was uploaded", tags=["chat"], media_type="*/*")
async def get_content(request: ApiRequest, attachment_id: FromPath[UUID]) -> Response[bytes]:
    """To save; it is never shown as a page."""
    found = await attachments.get(request.user, attachment_id)
    return as_download(await attachments.content(request.user, attachment_id), found.file_name, found.media_type)


@delete("/attachments/{attachment_id:uuid}", guards=[signed_in], summary="Take a file back", tags=["chat"])
async def delete_attachment(request: ApiRequest, attachment_id: FromPath[UUID]) -> None:
    """Only while it is not sent; then it goes with its chat."""
    require_scope(request.user, "write")
    await attachments.delete(request.user, attachment_id)


@get("/mentions", guards=[signed_in], summary="What can be mentioned with @", tags=["chat"])
async def list_mentions(request: ApiRequest, q: FromQuery[str] = "") -> Page[Offer]:
    """APIs, their documents, and calls, by what was typed so far."""
    return Page(await mentions.offers(request.user, q))


ROUTES = (upload, get_attachment, get_content, delete_attachment, list_mentions)

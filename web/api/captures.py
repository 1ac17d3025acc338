"""Captured calls: search, look, explain, import."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, QueryParameter

from agent import captures, endpoints, imports
from agent.actor import require_scope
from agent.captures import CallDetail, CallSummary, Explanation, Filter
from agent.errors import Problem
from agent.imports import ImportReport
from agent.paging import Page
from web.api.request import ApiRequest
from web.auth import signed_in

MAX_IMPORT = 50 * 1024 * 1024


@get("/endpoints/{endpoint_id:uuid}/calls", guards=[signed_in], summary="Captured calls", tags=["captures"])
async def list_calls(
    request: ApiRequest,
    endpoint_id: FromPath[UUID],
    method: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    path: FromQuery[str | None] = None,
    text: Annotated[str | None, QueryParameter(name="query")] = None,
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    min_duration_ms: FromQuery[int | None] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[CallSummary]:
    """Newest first, filtered; `status` is a code, a class such as 5xx, or error."""
    await endpoints.get(request.user, endpoint_id)
    wanted = Filter(endpoint_id, method, status, path, text, since, until, min_duration_ms)
    return await captures.search(request.user, wanted, limit=limit, cursor=cursor)


@get("/calls/{call_id:uuid}", guards=[signed_in], summary="One call", tags=["captures"])
async def get_call(request: ApiRequest, call_id: FromPath[UUID], masked: FromQuery[bool] = False) -> CallDetail:
    """With headers and decoded bodies; `masked` hides secrets."""
    return await captures.get(request.user, call_id, masked=masked)


@get("/calls/{call_id:uuid}/explanation", guards=[signed_in], summary="Why it failed", tags=["captures"])
async def explain_call(request: ApiRequest, call_id: FromPath[UUID]) -> Explanation:
    """Compared with the last success of the same operation."""
    return await captures.explain(request.user, call_id)


@post(
    "/endpoints/{endpoint_id:uuid}/import",
    guards=[signed_in],
    status_code=200,
    summary="Import a capture file",
    tags=["captures"],
    request_max_body_size=MAX_IMPORT + 1024 * 1024,
)
async def import_calls(request: ApiRequest, endpoint_id: FromPath[UUID]) -> ImportReport:
    """HAR 1.2 as the body, or as the file of a form."""
    require_scope(request.user, "write")
    return await imports.import_file(request.user, endpoint_id, await _file(request), request.app.state.recorder)


ROUTES = (list_calls, get_call, explain_call, import_calls)


async def _file(request: ApiRequest) -> bytes:
    try:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            form = await request.form()
            for value in form.values():
                if hasattr(value, "read"):
                    return await value.read()
            raise Problem("bad_request", "The form has no file in it.", remedy="Send the HAR as a file field, or as the body.")
        return await request.body()
    except ClientException as error:
        raise Problem(
            "too_large", f"The file is larger than {MAX_IMPORT // 1024 // 1024} MB.", remedy="Split the capture, or import it with `wiretalk discover`."
        ) from error

"""Captured calls: search, look, explain, import."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.exceptions import ClientException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from agent import endpoints
from agent.accounts import audit
from agent.actor import Actor, require_scope
from agent.calls import call_copies, call_filters, capture_search, captures, comparing, explaining, imports, resending
from agent.calls.call_copies import Copy
from agent.calls.call_filters import SavedFilter
from agent.calls.capture_search import CallPage, Filter
from agent.calls.captures import CallDetail
from agent.calls.comparing import Comparison
from agent.calls.explaining import Explanation
from agent.calls.imports import Begun, ImportReport
from agent.calls.resending import Edits, Resent
from agent.errors import Problem
from agent.paging import Page
from agent.tools import recordings
from agent.tools.registry import Context
from web.api.request import ApiRequest
from web.auth import signed_in

MAX_IMPORT = 50 * 1024 * 1024


class FilterWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`query` is in the language of the filter box."""

    name: str
    query: str


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
    max_duration_ms: FromQuery[int | None] = None,
    pattern: FromQuery[str | None] = None,
    source: FromQuery[str | None] = None,
    filter_text: Annotated[str | None, QueryParameter(name="filter")] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> CallPage:
    """Newest first, filtered; `status` is a code, a class such as 5xx, or error; `filter` takes the language of the filter box.

    As `cursor`, `next` gives the older page and `previous` the newer one; asked again and again, `previous` gives each call once as it comes.
    """
    await endpoints.get(request.user, endpoint_id)
    given = Filter(endpoint_id, method, status, path, text, since, until, min_duration_ms, max_duration_ms, pattern, source)
    chosen = {name: value for name, value in msgspec.structs.asdict(given).items() if value is not None}
    wanted = msgspec.structs.replace(call_filters.parse(filter_text or ""), **chosen)
    return await capture_search.listed(request.user, wanted, limit=limit, cursor=cursor)


@get("/calls/{call_id:uuid}", guards=[signed_in], summary="One call", tags=["captures"])
async def get_call(request: ApiRequest, call_id: FromPath[UUID], masked: FromQuery[bool] = False) -> CallDetail:
    """With headers and decoded bodies; `masked` hides secrets, which a program that was let in by signing in never sees."""
    return await _shown(request.user, call_id, masked=masked)


@get("/calls/{call_id:uuid}/explanation", guards=[signed_in], summary="Why it failed", tags=["captures"])
async def explain_call(request: ApiRequest, call_id: FromPath[UUID]) -> Explanation:
    """Compared with the last success of the same operation."""
    return await explaining.explain(request.user, call_id)


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
    return await imports.import_file(request.user, endpoint_id, await _file(request))


@post(
    "/endpoints/from-recording",
    guards=[signed_in],
    summary="Register an API by a recording",
    tags=["endpoints"],
    request_max_body_size=MAX_IMPORT + 1024 * 1024,
)
async def begin(request: ApiRequest, name: FromQuery[str | None] = None) -> Begun:
    """HAR 1.2 as the body, or as the file of a form. The host with most of its data is the API, which need not be reachable. Costs what an endpoint costs."""
    return await recordings.begin(Context(request.user), await _file(request), name=name)


@get("/calls/{call_id:uuid}/copy", guards=[signed_in], summary="A call to paste", tags=["captures"], media_type="text/plain")
async def copy_call(request: ApiRequest, call_id: FromPath[UUID], format: FromQuery[Copy] = "curl", masked: FromQuery[bool] = True) -> str:
    """As curl, Python, JavaScript, HAR or an .http file; with `masked=false` with its secrets."""
    return call_copies.copy(await _shown(request.user, call_id, masked=masked), format)


@get("/calls/{call_id:uuid}/compare", guards=[signed_in], summary="Two calls side by side", tags=["captures"])
async def compare_calls(request: ApiRequest, call_id: FromPath[UUID], other: FromQuery[UUID | None] = None) -> Comparison:
    """What differs in their lines, headers and bodies from those of `other`; secrets masked."""
    call = await captures.get(request.user, call_id, masked=True)
    if other is None:
        raise Problem("bad_request", "Which call should it be compared with?", remedy="Add `?other=` with the id of another call.")
    return comparing.compare(await captures.get(request.user, other, masked=True), call)


@post("/calls/{call_id:uuid}/replay", guards=[signed_in], status_code=200, summary="Send a call again", tags=["captures"])
async def replay_call(request: ApiRequest, call_id: FromPath[UUID], data: JSONBody[Edits]) -> Resent:
    """To its own API only, once, as it was or edited. What may change something there needs `confirm`."""
    return await resending.send(request.user, call_id, data)


@get("/endpoints/{endpoint_id:uuid}/filters", guards=[signed_in], summary="Saved filters", tags=["captures"])
async def list_filters(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Page[SavedFilter]:
    """Those of this endpoint and those for every one."""
    await endpoints.get(request.user, endpoint_id)
    return Page(await call_filters.saved(request.user, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/filters", guards=[signed_in], summary="Save a filter", tags=["captures"])
async def save_filter(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[FilterWish]) -> SavedFilter:
    """Under a name; the same name again replaces it."""
    require_scope(request.user, "write")
    await endpoints.get(request.user, endpoint_id)
    return await call_filters.save(request.user, data.name, data.query, endpoint_id)


@delete("/filters/{filter_id:uuid}", guards=[signed_in], summary="Delete a saved filter", tags=["captures"])
async def delete_filter(request: ApiRequest, filter_id: FromPath[UUID]) -> None:
    """The calls stay."""
    require_scope(request.user, "write")
    await call_filters.forget(request.user, filter_id)


ROUTES = (list_calls, get_call, explain_call, import_calls, begin, copy_call, compare_calls, replay_call, list_filters, save_filter, delete_filter)


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


async def _shown(actor: Actor, call_id: UUID, *, masked: bool) -> CallDetail:
    """The audit log knows who saw secrets. They are the user's, not those of a program that acts for itself."""
    hidden = await captures.get(actor, call_id, masked=True)
    if masked or actor.is_delegated:
        return hidden
    call = await captures.get(actor, call_id)
    if call != hidden:
        await audit.record("CALL_REVEALED", actor=actor, resource="CALL", resource_id=call_id)
    return call

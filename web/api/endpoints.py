"""Endpoints, their documents and what was discovered."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from agent import controls, endpoints
from agent.actor import Actor, require_scope
from agent.controls import Controls, ControlsChange
from agent.documents import docs
from agent.documents.docs import Docs, Format, OperationLine
from agent.endpoints import Endpoint, EndpointChange, Status
from agent.paging import Page
from agent.tools import invoke
from agent.tools.registry import Context
from web.api.request import ApiRequest
from web.auth import signed_in


class EndpointWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`destination_url` is the API to capture; `demo` means the bundled demo shop."""

    destination_url: str
    name: str | None = None
    description: str | None = None
    environment: str | None = None
    tags: list[str] | None = None


@get("/endpoints", guards=[signed_in], summary="My endpoints", tags=["endpoints"])
async def list_endpoints(
    request: ApiRequest,
    text: Annotated[str | None, QueryParameter(name="query")] = None,
    status: FromQuery[Status | None] = None,
    tag: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[Endpoint]:
    """Newest first."""
    return await endpoints.list_(request.user, query=text, status=status, tag=tag, limit=limit, cursor=cursor)


@post("/endpoints", guards=[signed_in], summary="Capture an API", tags=["endpoints"])
async def create_endpoint(request: ApiRequest, data: JSONBody[EndpointWish]) -> Endpoint:
    """A capturing proxy URL. Costs 25 credits."""
    arguments = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
    answer = await invoke.at_once(Context(request.user), "endpoint_create", arguments)
    return answer.data


@get("/endpoints/{endpoint_id:uuid}", guards=[signed_in], summary="One endpoint", tags=["endpoints"])
async def get_endpoint(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Endpoint:
    """With its proxy URL and counts."""
    return await endpoints.get(request.user, endpoint_id)


@patch("/endpoints/{endpoint_id:uuid}", guards=[signed_in], summary="Change an endpoint", tags=["endpoints"])
async def change_endpoint(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[EndpointChange]) -> Endpoint:
    """Name, description, tags, publication, status along the allowed transitions."""
    require_scope(request.user, "write")
    return await endpoints.update(request.user, endpoint_id, data)


@put("/endpoints/{endpoint_id:uuid}", guards=[signed_in], summary="Change an endpoint", tags=["endpoints"])
async def put_endpoint(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[EndpointChange]) -> Endpoint:
    """The same as PATCH."""
    require_scope(request.user, "write")
    return await endpoints.update(request.user, endpoint_id, data)


@delete("/endpoints/{endpoint_id:uuid}", guards=[signed_in], summary="Delete an endpoint", tags=["endpoints"])
async def delete_endpoint(request: ApiRequest, endpoint_id: FromPath[UUID]) -> None:
    """With its captures and documents."""
    require_scope(request.user, "write")
    await endpoints.delete(request.user, endpoint_id)


@get("/endpoints/{endpoint_id:uuid}/controls", guards=[signed_in], summary="What it forwards and keeps", tags=["endpoints"])
async def get_controls(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Controls:
    """Limits, methods, sampling, paths, secrets, injected headers with their values hidden."""
    return await controls.get(request.user, endpoint_id)


@patch("/endpoints/{endpoint_id:uuid}/controls", guards=[signed_in], summary="Change what it forwards and keeps", tags=["endpoints"])
async def change_controls(request: ApiRequest, endpoint_id: FromPath[UUID], data: JSONBody[ControlsChange]) -> Controls:
    """What is left out stays; a limit of 0 goes back to the server's setting; a header without a value keeps the stored one."""
    require_scope(request.user, "write")
    return await controls.update(request.user, endpoint_id, data)


@post("/endpoints/{endpoint_id:uuid}/documentation", guards=[signed_in], status_code=200, summary="Document it", tags=["documents"])
async def generate(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Docs:
    """Work out the API from all captured calls and write every document."""
    require_scope(request.user, "write")
    return await docs.generate(request.user, endpoint_id)


@get("/endpoints/{endpoint_id:uuid}/discovered", guards=[signed_in], summary="The operations found", tags=["documents"])
async def discovered(request: ApiRequest, endpoint_id: FromPath[UUID]) -> Page[OperationLine]:
    """Those of the newest documents."""
    found = await docs.latest(request.user, endpoint_id)
    return Page(found.operations if found else [])


@get("/endpoints/{endpoint_id:uuid}/openapi.json", guards=[signed_in], summary="OpenAPI 3.1, JSON", tags=["documents"])
async def openapi_json(request: ApiRequest, endpoint_id: FromPath[UUID], evidence: FromQuery[bool] = True) -> Response[bytes]:
    """The newest version; `evidence=false` leaves out what it rests on."""
    return await _document(request, endpoint_id, "openapi", evidence=evidence)


@get("/endpoints/{endpoint_id:uuid}/openapi.yaml", guards=[signed_in], summary="OpenAPI 3.1, YAML", tags=["documents"])
async def openapi_yaml(request: ApiRequest, endpoint_id: FromPath[UUID], evidence: FromQuery[bool] = True) -> Response[bytes]:
    """The newest version; `evidence=false` leaves out what it rests on."""
    return await _document(request, endpoint_id, "openapi-yaml", evidence=evidence)


@get("/endpoints/{endpoint_id:uuid}/{kind:str}", guards=[signed_in], summary="Another document", tags=["documents"])
async def document(
    request: ApiRequest,
    endpoint_id: FromPath[UUID],
    kind: FromPath[Literal["markdown", "typescript", "graphql", "postman", "http", "arazzo"]],
    evidence: FromQuery[bool] = True,
) -> Response[bytes]:
    """markdown, typescript, graphql, postman, http, or arazzo: the last calls in a row as a workflow."""
    return await _document(request, endpoint_id, kind, evidence=evidence)


ROUTES = (
    list_endpoints,
    create_endpoint,
    get_endpoint,
    change_endpoint,
    put_endpoint,
    delete_endpoint,
    get_controls,
    change_controls,
    generate,
    discovered,
    openapi_json,
    openapi_yaml,
    document,
)


async def _document(request: Request[Actor, Any, State], endpoint_id: UUID, format: Format, *, evidence: bool) -> Response[bytes]:
    """The document, or 304 where the client has this version."""
    found = await docs.get(request.user, endpoint_id, format, evidence=evidence)
    tag = f'"{found.content_hash[:32]}-{format}"'
    headers = {"etag": tag, "cache-control": "private, no-cache", "x-wiretalk-version": found.version}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    return Response(found.text.encode(), media_type=found.media_type, headers=headers)

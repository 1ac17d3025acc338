"""Resources over MCP: documents of endpoints and captured calls as `wiretalk://…`, their templates, and completions of the ids in them."""

import re

import msgspec
from mcp.shared.exceptions import MCPError
from mcp.types import (
    CompleteRequestParams,
    CompleteResult,
    Completion,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from agent import endpoints
from agent.actor import Actor, require_scope
from agent.calls import captures
from agent.documents import docs
from agent.documents.docs import FILES, Format
from agent.errors import Problem
from web.mcp.scope import INVALID_PARAMS, RequestContext, actor_of

_DOCUMENTS: dict[str, tuple[Format, str]] = {file: (format, media_type.partition(";")[0]) for format, (file, media_type) in FILES.items()}
_MOST_COMPLETIONS = 100


async def list_resources(context: RequestContext, params: PaginatedRequestParams | None) -> ListResourcesResult:
    """The OpenAPI document of every endpoint that has one, newest first."""
    actor = actor_of(context)
    if "read" not in actor.scopes:
        return ListResourcesResult(resources=[])
    found = await endpoints.list_(actor, limit=100, cursor=params.cursor if params else None)
    resources = [
        Resource(
            name=f"{endpoint.slug} OpenAPI",
            uri=f"wiretalk://endpoints/{endpoint.id}/openapi.json",
            mime_type="application/json",
            description=f"OpenAPI 3.1 of the endpoint {endpoint.slug}",
        )
        for endpoint in found.items
        if endpoint.processed_at
    ]
    return ListResourcesResult(resources=resources, next_cursor=found.next)


async def list_templates(context: RequestContext, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
    """What else there is, by id."""
    documents = [
        ResourceTemplate(name=f"{file} of an endpoint", uri_template=f"wiretalk://endpoints/{{endpoint}}/{file}", mime_type=media_type)
        for file, (_, media_type) in _DOCUMENTS.items()
    ]
    call = ResourceTemplate(name="A captured call", uri_template="wiretalk://calls/{call}", mime_type="application/json")
    return ListResourceTemplatesResult(resource_templates=[*documents, call])


async def read_resource(context: RequestContext, params: ReadResourceRequestParams) -> ReadResourceResult:
    uri = str(params.uri)
    try:
        return ReadResourceResult(contents=[await _read(actor_of(context), uri)])
    except Problem as problem:
        raise MCPError(INVALID_PARAMS, problem.sentence(), {"uri": uri}) from problem


async def complete(context: RequestContext, params: CompleteRequestParams) -> CompleteResult:
    """Slugs of endpoints and ids of calls that begin with what was typed."""
    actor, typed = actor_of(context), params.argument.value.lower()
    values: list[str] = []
    if "read" in actor.scopes and params.argument.name == "endpoint":
        values = [endpoint.slug for endpoint in (await endpoints.list_(actor, limit=200)).items]
    elif "read" in actor.scopes and params.argument.name == "call":
        values = [str(call.id) for call in (await captures.search(actor, captures.Filter(), limit=100)).items]
    fitting = [value for value in values if value.startswith(typed)]
    shown = fitting[:_MOST_COMPLETIONS]
    return CompleteResult(completion=Completion(values=shown, total=len(fitting), has_more=len(fitting) > len(shown)))


async def _read(actor: Actor, uri: str) -> TextResourceContents:
    require_scope(actor, "read")
    if (found := re.fullmatch(r"wiretalk://endpoints/([^/]+)/([a-z.]+)", uri)) and found[2] in _DOCUMENTS:
        endpoint = await endpoints.find(actor, found[1])
        format, media_type = _DOCUMENTS[found[2]]
        return TextResourceContents(uri=uri, mime_type=media_type, text=(await docs.get(actor, endpoint.id, format)).text)
    if found := re.fullmatch(r"wiretalk://calls/([^/]+)", uri):
        call = await captures.get(actor, found[1], masked=True)
        return TextResourceContents(uri=uri, mime_type="application/json", text=msgspec.json.encode(call).decode())
    raise Problem("not_found", f"There is no resource `{uri[:120]}`.")

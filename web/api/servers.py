"""The user's own MCP servers: connect, test, accept what has changed, disconnect."""

from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from agent import endpoints, remote_mcp
from agent.actor import require_scope
from agent.paging import Page
from agent.remote_mcp import AuthType, NewlyPublished, Proof, Published, Server
from web.api.request import ApiRequest
from web.auth import signed_in


class ServerWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`auth` is how `secret` is sent: `token` as a bearer token, `key` as the header X-API-Key.

    With `oauth` the user signs in on the page of the servers; `client_id` and `secret` only where the server's service gave them out by hand.
    """

    url: str
    name: str | None = None
    auth: AuthType = "none"
    secret: str = ""
    client_id: str = ""


class PublishWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`endpoint` is an id, slug or name of one API; without it the platform's own tools. `auth`: how callers send the secret."""

    name: str
    endpoint: str | None = None
    auth: Proof = "token"
    scopes: list[str] = []


class OpenWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether callers are let in."""

    is_open: bool


@get("/mcp-servers", guards=[signed_in], summary="My MCP servers", tags=["mcp"])
async def list_servers(request: ApiRequest) -> Page[Server]:
    """With their tools, status and last error."""
    return Page(await remote_mcp.list_(request.user))


@post("/mcp-servers", guards=[signed_in], summary="Connect an MCP server", tags=["mcp"])
async def connect_server(request: ApiRequest, data: JSONBody[ServerWish]) -> Server:
    """Tried at once; one that fails is kept with its error."""
    require_scope(request.user, "write")
    return await remote_mcp.connect(request.user, data.url, data.name, auth=data.auth, secret=data.secret, client_id=data.client_id)


@get("/mcp-servers/{server_id:uuid}", guards=[signed_in], summary="One MCP server", tags=["mcp"])
async def get_server(request: ApiRequest, server_id: FromPath[UUID]) -> Server:
    """Its secret is never shown."""
    return await remote_mcp.get(request.user, server_id)


@post("/mcp-servers/{server_id:uuid}/test", guards=[signed_in], status_code=200, summary="Try an MCP server", tags=["mcp"])
async def test_server(request: ApiRequest, server_id: FromPath[UUID]) -> Server:
    """Connects and reads its tools again; what changed goes into quarantine."""
    require_scope(request.user, "write")
    return await remote_mcp.test(request.user, server_id)


@post("/mcp-servers/{server_id:uuid}/tools/{tool:str}/accept", guards=[signed_in], status_code=200, summary="Accept a changed tool", tags=["mcp"])
async def accept_tool(request: ApiRequest, server_id: FromPath[UUID], tool: FromPath[str]) -> Server:
    """As it describes itself now."""
    require_scope(request.user, "write")
    return await remote_mcp.accept(request.user, server_id, tool)


@delete("/mcp-servers/{server_id:uuid}", guards=[signed_in], summary="Disconnect an MCP server", tags=["mcp"])
async def disconnect_server(request: ApiRequest, server_id: FromPath[UUID]) -> None:
    """With its secret."""
    require_scope(request.user, "write")
    await remote_mcp.disconnect(request.user, server_id)


@get("/mcp-servers/published", guards=[signed_in], summary="MCP servers that I publish", tags=["mcp"])
async def list_published(request: ApiRequest) -> Page[Published]:
    """Their addresses; the secrets are not shown again."""
    return Page(await remote_mcp.published(request.user))


@post("/mcp-servers/published", guards=[signed_in], summary="Publish an MCP server", tags=["mcp"])
async def publish_server(request: ApiRequest, data: JSONBody[PublishWish]) -> NewlyPublished:
    """One API's tools, or the platform's, behind an address and a secret of their own; the secret is in this answer alone."""
    require_scope(request.user, "write")
    endpoint_id = (await endpoints.find(request.user, data.endpoint)).id if data.endpoint else None
    return await remote_mcp.publish(request.user, data.name, endpoint_id, data.auth, data.scopes or None)


@put("/mcp-servers/published/{server_id:uuid}", guards=[signed_in], summary="Open or close a published MCP server", tags=["mcp"])
async def open_published(request: ApiRequest, server_id: FromPath[UUID], data: JSONBody[OpenWish]) -> Published:
    """A closed one lets nobody in and keeps its secret."""
    require_scope(request.user, "write")
    return await remote_mcp.set_open(request.user, server_id, data.is_open)


@delete("/mcp-servers/published/{server_id:uuid}", guards=[signed_in], summary="Take a published MCP server back", tags=["mcp"])
async def take_back(request: ApiRequest, server_id: FromPath[UUID]) -> None:
    """Its address and secret are gone."""
    require_scope(request.user, "write")
    await remote_mcp.take_back(request.user, server_id)


ROUTES = (
    list_servers, connect_server, get_server, test_server, accept_tool, disconnect_server,
    list_published, publish_server, open_published, take_back,
)  # fmt: skip

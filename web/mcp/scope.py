"""Who asks over MCP, from the ASGI scope that the mount has prepared."""

from typing import Any

from mcp.server import ServerRequestContext
from mcp.shared.exceptions import MCPError

from agent.actor import Actor

ACTOR, CORE, GUEST, SLUG = "wiretalk.actor", "wiretalk.core", "wiretalk.guest", "wiretalk.slug"
INVALID_PARAMS = -32602
RequestContext = ServerRequestContext[Any, Any]


def actor_of(context: RequestContext) -> Actor:
    return scope_of(context)[ACTOR]


def scope_of(context: RequestContext) -> dict[str, Any]:
    """The ASGI scope of the HTTP request."""
    if context.request is None:
        raise MCPError(INVALID_PARAMS, "this server is reached over HTTP only")
    return context.request.scope

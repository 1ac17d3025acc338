"""The platform as an MCP server at `/mcp`, and every captured API as one at `/mcp/apis/{slug}`, for a personal token."""

from web.mcp.mount import MOUNTS, lifespan

__all__ = ["MOUNTS", "lifespan"]

"""The platform as an MCP server at `/mcp`: the menu of tools, resources and prompts, for a personal token."""

from web.mcp.mount import MOUNTS, lifespan

__all__ = ["MOUNTS", "lifespan"]

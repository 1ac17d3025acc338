"""Users' own MCP servers, from being connected to a call of one of their tools.

servers ── session ── egress          what is done with a server, and the one errand that it takes
   │
 rows ── model                        what is kept of it
"""

from agent.remote_mcp.model import AuthType, RemoteTool, Server, Told
from agent.remote_mcp.servers import accept, call, connect, disconnect, find, get, list_, test
from agent.remote_mcp.session import MOST_SHOWN, MOST_TOOLS

__all__ = [
    "MOST_SHOWN",
    "MOST_TOOLS",
    "AuthType",
    "RemoteTool",
    "Server",
    "Told",
    "accept",
    "call",
    "connect",
    "disconnect",
    "find",
    "get",
    "list_",
    "test",
]

"""Users' own MCP servers, from being connected to a call of one of their tools.

servers ── session ── egress          what is done with a server, and the one errand that it takes
   │
 rows ── model                        what is kept of it
"""

from agent.remote_mcp.commands import close
from agent.remote_mcp.declared import all_declared
from agent.remote_mcp.model import AuthType, RemoteTool, Server, Told
from agent.remote_mcp.oauth import client_document, redirect_uri
from agent.remote_mcp.publishing import Guest, NewlyPublished, Proof, Published, guest, publish, published, set_open, take_back
from agent.remote_mcp.servers import accept, call, connect, disconnect, find, finish_sign_in, get, list_, offered, test
from agent.remote_mcp.session import MOST_SHOWN, MOST_TOOLS
from agent.remote_mcp.signing_in import Begun
from agent.remote_mcp.signing_in import begin as begin_sign_in

__all__ = [
    "MOST_SHOWN",
    "MOST_TOOLS",
    "AuthType",
    "Begun",
    "Guest",
    "NewlyPublished",
    "Proof",
    "Published",
    "RemoteTool",
    "Server",
    "Told",
    "accept",
    "all_declared",
    "begin_sign_in",
    "call",
    "client_document",
    "close",
    "connect",
    "disconnect",
    "find",
    "finish_sign_in",
    "get",
    "guest",
    "list_",
    "offered",
    "publish",
    "published",
    "redirect_uri",
    "set_open",
    "take_back",
    "test",
]

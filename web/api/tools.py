"""The menu over HTTP: every tool with its JSON Schema, callable by name.

The user's own program, with a token that the user made, asks for no approval. One that was let in by signing in is refused what needs one.
"""

from typing import Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from agent.errors import Problem
from agent.paging import Page
from agent.tools import invoke
from agent.tools.registry import Context
from web.api.request import ApiRequest
from web.auth import signed_in


class ToolLine(msgspec.Struct, frozen=True):
    name: str
    description: str
    effect: str
    scope: str
    price: int
    input_schema: dict[str, Any]


class ToolAnswer(msgspec.Struct, frozen=True):
    """`text` and `data` say the same."""

    tool: str
    text: str
    data: Any


@get("/tools", guards=[signed_in], summary="The menu of tools", tags=["tools"])
async def list_tools(request: ApiRequest) -> Page[ToolLine]:
    """Those that the token's scopes allow, in a fixed order."""
    return Page([ToolLine(t.name, t.description, t.effect, t.scope, t.price, t.input_schema) for t in invoke.offered(request.user.scopes)])


@post("/tools/{name:str}", guards=[signed_in], status_code=200, summary="Call a tool", tags=["tools"], opt={"asks": True})
async def call_tool(request: ApiRequest, name: FromPath[str], data: JSONBody[dict[str, Any] | None] = None) -> ToolAnswer:
    """The body is the object of arguments."""
    context = Context(request.user)
    if request.user.asks and (ask := await invoke.asks(context, invoke.check(context, name, data or {}), data or {}, is_tainted=False)):
        raise Problem("approval_needed", f"`{name}` needs the user's approval. {ask.reason}", remedy="Call it at `/mcp`, where the user is asked.")
    answer = await invoke.at_once(context, name, data or {})
    return ToolAnswer(name, answer.text, answer.data)


ROUTES = (list_tools, call_tool)

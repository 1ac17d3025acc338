"""The user's own MCP servers, how to connect a client to this one, and `/llms.txt`."""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent import remote_mcp
from agent.accounts import grants, tokens, users
from agent.config import settings
from agent.errors import Problem
from agent.remote_mcp import AuthType
from web.mcp.snippets import llms_text, snippets
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor

_AUTH: dict[str, AuthType] = {"none": "none", "token": "token", "key": "key"}


@get("/settings/connect")
async def connect(request: PageRequest) -> Template:
    """Snippets for each client, and when a token of the user's was used last: the proof that a client got through."""
    actor = signed_in_actor(request)
    used = [token.last_used_at for token in await tokens.list_(actor) if token.last_used_at]
    return await page(
        request,
        "settings.html",
        "you",
        section="connect",
        saved=False,
        profile=await users.get(actor, actor.user_id),
        snippets=snippets(settings().base_url),
        last_used=max(used, default=None),
        clients=await grants.list_(actor),
    )


@get("/settings/servers")
async def show_servers(request: PageRequest) -> Template:
    return await _page(request)


@post("/settings/servers", status_code=200)
async def connect_server(request: PageRequest) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        await remote_mcp.connect(
            actor, form.get("url", ""), form.get("name") or None, auth=_AUTH.get(form.get("auth", ""), "none"), secret=form.get("secret", "")
        )
    except Problem as problem:
        return await _page(request, problem)
    return see_other("/settings/servers")


@post("/settings/servers/{server_id:uuid}/test", status_code=200)
async def test_server(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.test(signed_in_actor(request), server_id)
    return see_other("/settings/servers")


@post("/settings/servers/{server_id:uuid}/accept", status_code=200)
async def accept_tool(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.accept(signed_in_actor(request), server_id, (await form_of(request)).get("tool", ""))
    return see_other("/settings/servers")


@post("/settings/servers/{server_id:uuid}/delete", status_code=200)
async def disconnect_server(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.disconnect(signed_in_actor(request), server_id)
    return see_other("/settings/servers")


@get("/llms.txt", exclude_from_auth=True)
async def llms() -> Response[str]:
    """For programs that read."""
    return Response(llms_text(settings().base_url), media_type="text/plain; charset=utf-8")


ROUTES = (connect, show_servers, connect_server, test_server, accept_tool, disconnect_server, llms)


async def _page(request: PageRequest, problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    status = problem.status if problem else 200
    return await page(
        request,
        "settings.html",
        "you",
        status=status,
        section="servers",
        saved=False,
        problem=problem,
        profile=await users.get(actor, actor.user_id),
        servers=await remote_mcp.list_(actor),
    )

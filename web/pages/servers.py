"""The user's own MCP servers with the way to their sign-in and back, how to connect a client to this one, and `/llms.txt`."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent import endpoints, remote_mcp
from agent.accounts import grants, tokens, users
from agent.config import settings
from agent.errors import Problem
from agent.remote_mcp import AuthType, NewlyPublished, Proof
from web.auth import cookie, session_cookie
from web.mcp.snippets import llms_text, snippets
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor

_AUTH: dict[str, AuthType] = {"none": "none", "token": "token", "key": "key", "oauth": "oauth"}
_HOME = "/settings/servers"
_SIGN_IN_SECONDS = 600


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
        made = await remote_mcp.connect(
            actor,
            form.get("url", ""),
            form.get("name") or None,
            auth=_AUTH.get(form.get("auth", ""), "none"),
            secret=form.get("secret", ""),
            client_id=form.get("client_id", ""),
        )
    except Problem as problem:
        return await _page(request, problem)
    return see_other(f"{_HOME}#server-{made.id}")


@post("/settings/servers/{server_id:uuid}/sign-in", status_code=200)
async def sign_in(request: PageRequest, server_id: FromPath[UUID]) -> Template:
    """The last page before the server's own sign-in: it names the host, which the server chose, and what will be asked for there."""
    actor, session = signed_in_actor(request), request.cookies.get(session_cookie(), "")
    try:
        begun = await remote_mcp.begin_sign_in(actor, server_id, session, _came_from(request))
    except Problem as problem:
        if problem.code == "server_not_found":
            raise
        return await _page(request, problem)
    server = await remote_mcp.get(actor, server_id)
    shown = Template("server_sign_in.html", context={"problem": None, "begun": begun, "server": server}, headers={"cache-control": "no-store"})
    shown.cookies = [cookie(_cookie_name(), begun.pending, lifetime=_SIGN_IN_SECONDS)]
    return shown


@get("/settings/servers/callback")
async def signed_in(request: PageRequest) -> Template | Redirect:
    """Back from the server's sign-in; what was begun is used up, whatever comes of it."""
    actor, session = signed_in_actor(request), request.cookies.get(session_cookie(), "")
    answer: Template | Redirect
    try:
        server, back = await remote_mcp.finish_sign_in(actor, session, request.cookies.get(_cookie_name(), ""), dict(request.query_params))
        answer = see_other(back or f"{_HOME}#server-{server.id}")
    except Problem as problem:
        answer = await _page(request, problem)
    answer.set_cookie(cookie(_cookie_name(), "", lifetime=0))
    return answer


@post("/settings/servers/{server_id:uuid}/test", status_code=200)
async def test_server(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.test(signed_in_actor(request), server_id)
    return see_other(_HOME)


@post("/settings/servers/{server_id:uuid}/accept", status_code=200)
async def accept_tool(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.accept(signed_in_actor(request), server_id, (await form_of(request)).get("tool", ""))
    return see_other(_HOME)


@post("/settings/servers/{server_id:uuid}/delete", status_code=200)
async def disconnect_server(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.disconnect(signed_in_actor(request), server_id)
    return see_other(_HOME)


@post("/settings/servers/published", status_code=200)
async def publish_server(request: PageRequest) -> Template:
    """The secret is on the page that answers, and nowhere else."""
    actor, form = signed_in_actor(request), await form_of(request)
    try:
        endpoint = await endpoints.find(actor, form["endpoint"]) if form.get("endpoint") else None
        auth: Proof = "key" if form.get("auth") == "key" else "token"
        made = await remote_mcp.publish(actor, form.get("name", ""), endpoint.id if endpoint else None, auth)
    except Problem as problem:
        return await _page(request, problem)
    return await _page(request, made=made)


@post("/settings/servers/published/{server_id:uuid}/open", status_code=200)
async def open_published(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.set_open(signed_in_actor(request), server_id, (await form_of(request)).get("open") == "yes")
    return see_other(_HOME)


@post("/settings/servers/published/{server_id:uuid}/delete", status_code=200)
async def take_back(request: PageRequest, server_id: FromPath[UUID]) -> Redirect:
    await remote_mcp.take_back(signed_in_actor(request), server_id)
    return see_other(_HOME)


@get("/llms.txt", exclude_from_auth=True)
async def llms() -> Response[str]:
    """For programs that read."""
    return Response(llms_text(settings().base_url), media_type="text/plain")


@get("/oauth/client.json", exclude_from_auth=True)
async def client_document() -> Response[dict[str, Any]]:
    """What a service that signs users in to their MCP servers may know of us: our client id there is this address."""
    return Response(remote_mcp.client_document(), headers={"cache-control": "public, max-age=3600"})


ROUTES = (
    connect, show_servers, connect_server, sign_in, signed_in, test_server, accept_tool, disconnect_server, llms, client_document,
    publish_server, open_published, take_back,
)  # fmt: skip


def _came_from(request: PageRequest) -> str:
    """The page of ours whose button was pressed, such as a chat."""
    parts = urlsplit(request.headers.get("referer", ""))
    return parts.path if parts.netloc == urlsplit(settings().base_url).netloc and parts.path != _HOME else ""


def _cookie_name() -> str:
    return "__Host-wiretalk_mcp" if settings().is_secure else "wiretalk_mcp"


async def _page(request: PageRequest, problem: Problem | None = None, made: NewlyPublished | None = None) -> Template:
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
        published=await remote_mcp.published(actor),
        made=made,
        apis=(await endpoints.list_(actor, limit=200)).items,
        offered=await remote_mcp.offered(actor),
        callback=remote_mcp.redirect_uri(),
    )

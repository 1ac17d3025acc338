"""The consent page: who asks, for what, and a user's yes or no: what goes beyond reading and changing is ticked by hand. And the list of connected clients' one button."""

from urllib.parse import urlencode, urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent.accounts import grants
from agent.accounts.grants import Asked, Client, OauthError
from agent.actor import SCOPES
from agent.config import settings
from agent.errors import Problem
from web.headers import policy
from web.pages.accounts import stranger
from web.pages.shell import PageRequest, see_other, signed_in_actor

_FIELDS = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "resource")


@get("/oauth/authorize")
async def ask(request: PageRequest) -> Template | Redirect | Response[None]:
    """Sign in first; then the page. What is wrong with the client or its address is shown here and sent nowhere."""
    given = {name: request.query_params.get(name, "") for name in _FIELDS}
    if request.user is None:
        return see_other(f"/login?{urlencode({'next': '/oauth/authorize?' + urlencode({k: v for k, v in given.items() if v})})}")
    client, redirect_uri = await _client(given)
    try:
        asked = grants.check(client, redirect_uri, given)
    except OauthError as error:
        return _back(redirect_uri, {"error": error.code, "error_description": error.sentence, "state": given["state"]})
    page = stranger(request, "consent.html", asked=asked, given=given, email=request.user.email, host=_host(asked), allowed=_allowed(request, asked))
    page.headers["content-security-policy"] = policy(form_action=_origin(redirect_uri))
    return page


@post("/oauth/authorize", status_code=200)
async def answer(request: PageRequest) -> Response[None]:
    """Back to the client with a code, or with the refusal."""
    actor, form = signed_in_actor(request), await request.form()
    given = {name: str(form.get(name, "")) for name in _FIELDS}
    client, redirect_uri = await _client(given)
    back = {"state": given["state"]}
    try:
        asked = grants.check(client, redirect_uri, given)
        if form.get("decision") != "allow":
            raise OauthError("access_denied", "The user said no.")
        back["code"] = await grants.consent(actor, asked, [scope for scope in SCOPES if scope in form.getall("scopes", [])])
    except OauthError as error:
        back |= {"error": error.code, "error_description": error.sentence}
    return _back(redirect_uri, back)


@post("/settings/clients/{grant_id:uuid}/revoke", status_code=200)
async def revoke_client(request: PageRequest, grant_id: FromPath[UUID]) -> Redirect:
    await grants.revoke(signed_in_actor(request), grant_id)
    return see_other("/settings/connect")


ROUTES = (ask, answer, revoke_client)


async def _client(given: dict[str, str]) -> tuple[Client, str]:
    """The client and the address to go back to. Raises bad_request: nobody is sent to an address that was not checked."""
    try:
        client = await grants.look(given["client_id"])
        return client, grants.check_redirect(client, given["redirect_uri"])
    except OauthError as error:
        raise Problem("bad_request", error.sentence, remedy="Connect the client again from its own settings.") from error


def _allowed(request: PageRequest, asked: Asked) -> list[str]:
    return [scope for scope in asked.scopes if scope in signed_in_actor(request).scopes]


def _host(asked: Asked) -> str:
    """Where the answer goes, which is all that is known for sure of a client."""
    parts = urlsplit(asked.redirect_uri)
    return parts.netloc or f"{parts.scheme}:"


def _origin(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _back(redirect_uri: str, values: dict[str, str]) -> Response[None]:
    told = urlencode({name: value for name, value in {**values, "iss": settings().base_url}.items() if value})
    location = f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{told}"
    return Response(None, status_code=303, headers={"location": location, "cache-control": "no-store"})

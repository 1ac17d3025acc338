"""The doors of the authorization server for programs: what it can do, registration, tokens, revocation. No cookie counts here, so any origin may ask.

The user's part, the consent page, is `web.pages.consent`.
"""

from typing import Any

import msgspec
from litestar import MediaType, Request, Response, Router, get, post

from agent.accounts import grants
from agent.accounts.grants import Issued, OauthError
from agent.actor import SCOPES
from agent.config import settings
from web.problems import problem_of

_HEADERS = {"cache-control": "no-store", "access-control-allow-origin": "*"}
_STATUS = {"invalid_client": 401, "temporarily_unavailable": 503}
AnyRequest = Request[Any, Any, Any]


def resource_metadata(path: str = "/mcp") -> str:
    """The address of the document about a protected resource of ours, for `WWW-Authenticate`."""
    return f"{settings().base_url}/.well-known/oauth-protected-resource{path}"


@get(
    ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource/mcp/apis/{slug:str}"],
    exclude_from_auth=True,
    include_in_schema=False,
)
async def protected_resource(request: AnyRequest) -> Response[dict[str, Any]]:
    """RFC 9728: which server gives out tokens for `/mcp`, and which scopes there are."""
    path = request.scope["path"].removeprefix("/.well-known/oauth-protected-resource").rstrip("/") or "/mcp"
    base = settings().base_url
    return _answer(
        {
            "resource": f"{base}{path}",
            "authorization_servers": [base],
            "scopes_supported": list(SCOPES),
            "bearer_methods_supported": ["header"],
            "resource_name": "Wiretalk",
            "resource_documentation": f"{base}/llms.txt",
        }
    )


@get("/.well-known/oauth-authorization-server", exclude_from_auth=True, include_in_schema=False)
async def authorization_server() -> Response[dict[str, Any]]:
    """RFC 8414."""
    base = settings().base_url
    return _answer(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "registration_endpoint": f"{base}/oauth/register",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": list(SCOPES),
            "client_id_metadata_document_supported": True,
            "authorization_response_iss_parameter_supported": True,
            "service_documentation": f"{base}/llms.txt",
        }
    )


@post("/oauth/register", exclude_from_auth=True, include_in_schema=False)
async def register(request: AnyRequest) -> Response[dict[str, Any]]:
    """RFC 7591, for public clients."""
    document: Any = msgspec.json.decode(await request.body())
    if not isinstance(document, dict):
        raise OauthError("invalid_client_metadata", "The body is no object.")
    client = await grants.register(document)
    told = {
        "client_id": client.client_id,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    return _answer(told, 201)


@post("/oauth/token", exclude_from_auth=True, include_in_schema=False)
async def token(request: AnyRequest) -> Response[dict[str, Any]]:
    """A code, or a refresh token, for tokens."""
    form = await _form(request)
    match form.get("grant_type"):
        case "authorization_code":
            issued = await grants.exchange(
                form.get("code", ""), form.get("client_id", ""), form.get("redirect_uri", ""), form.get("code_verifier", ""), form.get("resource", "")
            )
        case "refresh_token":
            grants.check_resource(form.get("resource", ""))
            issued = await grants.refresh(form.get("refresh_token", ""), form.get("client_id", ""), form.get("scope", ""))
        case _:
            raise OauthError("unsupported_grant_type", "`grant_type` is authorization_code or refresh_token.")
    return _answer(_tokens(issued))


@post("/oauth/revoke", exclude_from_auth=True, include_in_schema=False)
async def revoke(request: AnyRequest) -> Response[dict[str, Any]]:
    """RFC 7009: also an unknown token is gone now."""
    form = await _form(request)
    await grants.revoke_token(form.get("token", ""), form.get("client_id", ""))
    return _answer({}, 200)


def handle(request: AnyRequest, error: Exception) -> Response[dict[str, Any]]:
    """A failure as RFC 6749 spells it."""
    if isinstance(error, OauthError):
        return _answer({"error": error.code, "error_description": error.sentence}, _STATUS.get(error.code, 400))
    problem = problem_of(error)
    code = "invalid_request" if problem.status < 500 else "temporarily_unavailable" if problem.status == 503 else "server_error"
    return _answer({"error": code, "error_description": problem.detail}, problem.status if problem.status >= 500 or problem.status == 429 else 400)


def router() -> Router:
    """Outside the guard against forged forms: nothing here rides on a cookie."""
    routes = [protected_resource, authorization_server, register, token, revoke]
    return Router("/", route_handlers=routes, exception_handlers={Exception: handle, OauthError: handle})


async def _form(request: AnyRequest) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _tokens(issued: Issued) -> dict[str, Any]:
    return {
        "access_token": issued.access_token,
        "token_type": "Bearer",
        "expires_in": grants.ACCESS_SECONDS,
        "refresh_token": issued.refresh_token,
        "scope": " ".join(issued.scopes),
    }


def _answer(document: dict[str, Any], status: int = 200) -> Response[dict[str, Any]]:
    return Response(document, status_code=status, media_type=MediaType.JSON, headers=_HEADERS)

"""The client's side of a sign-in to an MCP server by OAuth 2.1: who gives out its tokens, as whom we ask, a code for keys, new keys for old.

The documents are read by the protocol's own SDK; every address in them is checked before it is used, because the server chose it. Nothing
is stored here, and nobody is sent anywhere.
"""

import asyncio
import base64
import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from mcp.client.auth import OAuthFlowError, OAuthRegistrationError, PKCEParameters
from mcp.client.auth.oauth2 import check_registration_usable
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    build_protected_resource_metadata_discovery_urls,
    create_client_registration_request,
    create_oauth_metadata_request,
    get_client_metadata_scopes,
    handle_auth_metadata_response,
    handle_protected_resource_response,
    handle_registration_response,
    issuers_match,
    union_scopes,
    validate_metadata_issuer,
)
from mcp.shared.auth import OAuthClientMetadata, OAuthMetadata, OAuthToken, ProtectedResourceMetadata
from mcp.shared.auth_utils import check_resource_allowed, resource_url_from_server_url
from pydantic import ValidationError

from agent import egress
from agent.config import settings
from agent.egress.addresses import is_public
from agent.egress.capped import Answer, capped_client
from agent.errors import Problem

GRANTS = ["authorization_code", "refresh_token"]
_SECONDS = 15.0
_MOST_BYTES = 256 * 1024
_MOST_TOKEN = 16_000
_MOST_LIFETIME = 366 * 24 * 3600


class Service(msgspec.Struct, frozen=True):
    """Who gives out the tokens of one server. `client_methods`: how a client may prove itself there; `takes_documents`: a client id may be an address."""

    issuer: str
    authorize_url: str
    token_url: str
    resource: str
    scope: str
    register_url: str
    revoke_url: str
    client_methods: list[str]
    takes_documents: bool
    names_itself: bool


class Client(msgspec.Struct, frozen=True):
    """As whom we ask: with the issuer and the address to come back to for which that is good. `issuer` is empty where the user brought it."""

    id: str
    secret: str
    method: str
    issuer: str
    redirect_uri: str


class Keys(msgspec.Struct, frozen=True):
    """`expires_at` in seconds of the epoch, 0 where it was not said."""

    access: str
    refresh: str
    expires_at: float
    scope: str


class Refused(Exception):
    """The service says that the keys are not good any more: only the user can help."""


def redirect_uri() -> str:
    return f"{settings().base_url}/settings/servers/callback"


def _document_url() -> str:
    """Where our client document stands; an id only where strangers can fetch it."""
    return f"{settings().base_url}/oauth/client.json"


def client_document() -> dict[str, Any]:
    """What a service may know of us: the same as a document and as a registration."""
    return {
        "client_id": _document_url(),
        "client_name": "Wiretalk",
        "client_uri": settings().base_url,
        "redirect_uris": [redirect_uri()],
        "grant_types": GRANTS,
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native" if settings().is_loopback_only else "web",
    }


async def discover(server_url: str, document: str = "", scope: str = "", held: str = "") -> Service:
    """Who signs users in to a server. `document` and `scope` are what its refusal named, `held` what was granted before.

    Raises server_failed, and the refusals of egress.
    """
    resource, issuer = await _resource(server_url, document)
    metadata = await _metadata(server_url, issuer)
    if metadata is None and issuer:
        raise _failed(f"`{urlsplit(issuer).netloc}` does not say how it signs users in")
    supported = metadata.code_challenge_methods_supported if metadata else ["S256"]
    if "S256" not in (supported or ()):
        raise _failed("its sign-in does without PKCE, which is not safe")
    wanted = get_client_metadata_scopes(scope or None, resource, metadata, GRANTS)
    root = "{0.scheme}://{0.netloc}".format(urlsplit(server_url))
    service = Service(
        str(metadata.issuer) if metadata else root,
        str(metadata.authorization_endpoint) if metadata else f"{root}/authorize",
        str(metadata.token_endpoint) if metadata else f"{root}/token",
        str(resource.resource) if resource else resource_url_from_server_url(server_url),
        union_scopes(held or None, wanted) or "",
        str(metadata.registration_endpoint or "") if metadata else f"{root}/register",
        str(metadata.revocation_endpoint or "") if metadata else "",
        (metadata.token_endpoint_auth_methods_supported if metadata else None) or [],
        bool(metadata and metadata.client_id_metadata_document_supported),
        bool(metadata and metadata.authorization_response_iss_parameter_supported),
    )
    for url in filter(None, (service.authorize_url, service.token_url, service.register_url, service.revoke_url)):
        await _check(url)
    return service


async def introduce(service: Service) -> Client:
    """Make ourselves known, by an address where the service can read one, else by registration. Raises server_failed."""
    if service.takes_documents and settings().is_secure and not settings().is_loopback_only:
        return Client(_document_url(), "", "none", service.issuer, redirect_uri())
    if not service.register_url:
        raise _failed("its sign-in knows only clients that were registered there by hand: give the client id that you got there")
    method = next((known for known in ("none", "client_secret_basic", "client_secret_post") if known in service.client_methods), "none")
    about = {**client_document(), "token_endpoint_auth_method": method, "scope": service.scope or None}
    wish = OAuthClientMetadata.model_validate({name: value for name, value in about.items() if name != "client_id"})
    request = create_client_registration_request(None, wish, "https://unused.invalid")
    try:
        answer = await _send("POST", service.register_url, content=request.content, media_type="application/json")
        made = await handle_registration_response(answer)
        check_registration_usable(made)
    except OAuthRegistrationError as error:
        raise _failed(f"it did not register us as a client ({_line(error)})") from error
    return Client(made.client_id, made.client_secret or "", made.token_endpoint_auth_method or "none", service.issuer, redirect_uri())


def fits(client: Client, service: Service) -> bool:
    """Whether a client that is known already may ask this service: what one issuer gave out is shown to no other."""
    return client.redirect_uri == redirect_uri() and (not client.issuer or issuers_match(client.issuer, service.issuer))


def verifier() -> str:
    """A new secret for one sign-in (PKCE)."""
    return PKCEParameters.generate().code_verifier


def authorize_url(service: Service, client: Client, state: str, code_verifier: str) -> str:
    """Where the user's browser goes."""
    query = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "state": state,
        "code_challenge": create_s256_code_challenge(code_verifier),
        "code_challenge_method": "S256",
        "resource": service.resource,
        "scope": service.scope,
        "prompt": "consent" if "offline_access" in service.scope.split() else "",
    }
    mark = "&" if "?" in service.authorize_url else "?"
    return f"{service.authorize_url}{mark}{urlencode({name: value for name, value in query.items() if value})}"


def check_issuer(service: Service, issuer: str) -> None:
    """RFC 9207: the answer must come from the service that was asked. Raises server_failed."""
    if (issuer and issuer != service.issuer) or (not issuer and service.names_itself):
        raise _failed("the answer came from another service than the one that was asked")


async def exchange(service: Service, client: Client, code: str, code_verifier: str) -> Keys:
    """A code for keys. Raises server_failed."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri, "code_verifier": code_verifier}
    try:
        return await _keys(service, client, form, Keys("", "", 0, service.scope))
    except Refused as error:
        raise _failed(f"it gave no token for the sign-in ({error})") from error


async def refresh(service: Service, client: Client, keys: Keys) -> Keys:
    """New keys for old ones; a service that gives no new refresh token leaves the old one good. Raises Refused, server_failed."""
    return await _keys(service, client, {"grant_type": "refresh_token", "refresh_token": keys.refresh}, keys)


async def revoke(service: Service, client: Client, keys: Keys) -> None:
    """Tell the service that the keys are not needed any more; one that cannot be told is left alone."""
    if service.revoke_url and (token := keys.refresh or keys.access):
        form, headers = _proof(client, {"token": token})
        await _send("POST", service.revoke_url, content=urlencode(form).encode(), headers=headers)


async def _resource(server_url: str, document: str) -> tuple[ProtectedResourceMetadata | None, str]:
    """What the server says of itself (RFC 9728), and who gives out its tokens: nothing where it does not say so."""
    failures = 0
    for url in build_protected_resource_metadata_discovery_urls(document or None, server_url):
        answer = await _send("GET", url)
        failures += answer.status_code >= 500 or answer.status_code == 429
        found = await handle_protected_resource_response(answer)
        if found is None:
            continue
        if not check_resource_allowed(resource_url_from_server_url(server_url), str(found.resource)):
            raise _failed(f"it says that it is another server (`{_line(found.resource)}`)")
        return found, str(found.authorization_servers[0])
    if failures:
        raise _failed("it could not say who signs users in; try again later")
    return None, ""


async def _metadata(server_url: str, issuer: str) -> OAuthMetadata | None:
    """The service's own document (RFC 8414, else OpenID Connect), which must name the issuer that led to it."""
    expected = issuer or "{0.scheme}://{0.netloc}".format(urlsplit(server_url))
    for url in build_oauth_authorization_server_metadata_discovery_urls(issuer or None, server_url):
        goes_on, found = await handle_auth_metadata_response(await _send("GET", url))
        if not goes_on:
            raise _failed(f"`{urlsplit(url).netloc}` could not say how it signs users in; try again later")
        if found is None:
            continue
        try:
            validate_metadata_issuer(found, str(found.issuer) if not issuer and issuers_match(str(found.issuer), expected) else expected)
        except OAuthFlowError as error:
            raise _failed(f"`{urlsplit(url).netloc}` says that it is another service (`{_line(found.issuer)}`)") from error
        return found
    return None


async def _keys(service: Service, client: Client, form: dict[str, str], before: Keys) -> Keys:
    """Raises Refused where the service says no, server_failed where it says nothing of use."""
    proven, headers = _proof(client, {**form, "resource": service.resource})
    answer = await _send("POST", service.token_url, content=urlencode(proven).encode(), headers=headers)
    if answer.status_code in (400, 401, 403):
        raise Refused(_refusal(answer))
    if answer.status_code not in (200, 201):
        raise _failed(f"its sign-in answered with status {answer.status_code}; try again later")
    try:
        token = OAuthToken.model_validate_json(answer.content)
    except ValidationError as error:
        raise _failed("its sign-in gave a token that cannot be read") from error
    if not _is_token(token.access_token) or (token.refresh_token and not _is_token(token.refresh_token)):
        raise _failed("its sign-in gave a token that no header can hold")
    lifetime = min(max(token.expires_in or 0, 0), _MOST_LIFETIME)
    scope = before.scope if token.scope is None else token.scope[:1000]
    return Keys(token.access_token, token.refresh_token or before.refresh, time.time() + lifetime if lifetime else 0, scope)


def _proof(client: Client, form: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers that say who we are, in the way that was agreed on."""
    if client.method == "client_secret_basic" and client.secret:
        pair = f"{quote(client.id, safe='')}:{quote(client.secret, safe='')}"
        return {**form, "client_id": client.id}, {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    secret = {"client_secret": client.secret} if client.secret else {}
    return {**form, "client_id": client.id, **secret}, {}


async def _send(
    method: str, url: str, *, content: bytes | None = None, headers: dict[str, str] | None = None, media_type: str = "application/x-www-form-urlencoded"
) -> Answer:
    """One request to an address of the server's choosing; a redirect is an answer. Raises server_failed, and the refusals of egress."""
    await _check(url)
    asked = {**dict(create_oauth_metadata_request(url).headers), **(headers or {}), "accept": "application/json"}
    asked = {name: value for name, value in asked.items() if name.lower() != "host"} | ({"content-type": media_type} if content is not None else {})
    try:
        async with asyncio.timeout(_SECONDS), capped_client("oauth", _MOST_BYTES) as http:
            return await http.request(method, url, content=content, headers=asked)
    except (egress.ClientError, TimeoutError) as error:
        raise _failed(f"`{urlsplit(url).netloc}` could not be reached for the sign-in") from error


async def _check(url: str) -> None:
    """Tokens and codes go over TLS, but for networks of the operator's own. Raises invalid_url, egress_refused, server_failed."""
    target = egress.parse(url, "oauth")
    if len(url) > 2_000 or target.scheme not in ("http", "https"):
        raise _failed("its sign-in has an address that cannot be used")
    pinned = await egress.resolve(target)
    if not target.is_secure and any(is_public(ip_address(address)) for address in pinned.addresses):
        raise _failed(f"its sign-in at `{target.authority}` is not protected by TLS")


def _refusal(answer: Answer) -> str:
    """The service's own word for why not (RFC 6749 §5.2)."""
    try:
        said = msgspec.json.decode(answer.content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        said = {}
    return _line(said.get("error") or f"status {answer.status_code}")


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _MOST_TOKEN and all(32 < ord(c) < 127 for c in text)


def _line(text: object) -> str:
    return "".join(c for c in str(text) if c.isprintable())[:160]


def _failed(why: str) -> Problem:
    return Problem("server_failed", f"You could not be signed in: {why}.")

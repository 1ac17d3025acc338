"""The services that can vouch for a person, and how each is asked: OpenID Connect by its discovery document, GitHub by its API."""

import asyncio
import base64
import hashlib
import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import SecretStr

from agent import egress
from agent.config import settings
from agent.egress.capped import capped_client
from agent.errors import Problem

_GOOGLE = "https://accounts.google.com"
_ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
_LEEWAY_SECONDS = 60
_MOST_BYTES = 1024 * 1024
_SECONDS = 15.0


class Offer(msgspec.Struct, frozen=True):
    """One button on the sign-in page."""

    key: str
    label: str


class Service(msgspec.Struct, frozen=True):
    """A service as its operator has registered us there. `issuer` and `jwks_url` are empty where it speaks plain OAuth."""

    key: str
    client_id: str
    client_secret: SecretStr
    authorize_url: str
    token_url: str
    scope: str
    issuer: str = ""
    jwks_url: str = ""


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is, at a service: its own lasting id for them, never their e-mail."""

    provider: str
    subject: str
    email: str
    is_email_verified: bool
    name: str


def offers() -> list[Offer]:
    """What the operator has set up."""
    return [Offer(key, label(key)) for key in ("google", "github", "oidc") if _registration(key)]


def label(key: str) -> str:
    return {"google": "Google", "github": "GitHub"}.get(key, settings().oidc_name)


async def service(key: str) -> Service:
    """Raises not_found for one that is not set up, oauth_failed where its discovery document cannot be had."""
    registered = _registration(key)
    if registered is None:
        raise Problem("not_found", f"Sign-in with `{key[:40]}` is not offered here.")
    client_id, secret = registered
    if key == "github":
        base = settings().github_url.rstrip("/")
        return Service(key, client_id, secret, f"{base}/login/oauth/authorize", f"{base}/login/oauth/access_token", "read:user user:email")
    issuer = _GOOGLE if key == "google" else (settings().oidc_issuer or "")
    found = await _json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if not isinstance(found, dict) or found.get("issuer") != issuer:
        raise Problem("oauth_failed", "The service's description names another issuer.", remedy="Ask the administrator to correct `WIRETALK_OIDC_ISSUER`.")
    try:
        return Service(
            key, client_id, secret, found["authorization_endpoint"], found["token_endpoint"], "openid email profile", issuer=issuer, jwks_url=found["jwks_uri"]
        )
    except KeyError as error:
        raise Problem("oauth_failed", f"The service's description lacks `{error.args[0]}`.") from error


async def identify(at: Service, code: str, verifier: str, nonce: str, redirect_uri: str) -> Identity:
    """Redeem the code and read who it is for. Raises oauth_failed."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "client_id": at.client_id,
        "client_secret": at.client_secret.get_secret_value(),
        "code_verifier": verifier,
    }
    answer = await _json("POST", at.token_url, form=form)
    if not isinstance(answer, dict):
        raise Problem("oauth_failed", "The service's answer could not be read.")
    if at.issuer:
        return await _from_id_token(at, str(answer.get("id_token", "")), nonce)
    return await _from_github(at, str(answer.get("access_token", "")))


def challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


async def _from_id_token(at: Service, token: str, nonce: str) -> Identity:
    """OpenID Connect Core 3.1.3.7: signature, issuer, audience, time, nonce."""
    keys = await _json("GET", at.jwks_url)
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS, registry=JWSRegistry(algorithms=_ALGORITHMS))  # type: ignore[arg-type]  # checked by the import itself
        claims = decoded.claims
        jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": at.issuer},
            aud={"essential": True, "value": at.client_id},
            exp={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Problem("oauth_failed", "The service's proof of who you are does not hold.") from error
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != at.client_id:
        raise Problem("oauth_failed", "The service's proof was made for somebody else.")
    return Identity(at.key, str(claims["sub"]), str(claims.get("email") or ""), claims.get("email_verified") is True, str(claims.get("name") or ""))


async def _from_github(at: Service, token: str) -> Identity:
    base = "https://api.github.com" if settings().github_url.rstrip("/") == "https://github.com" else f"{settings().github_url.rstrip('/')}/api/v3"
    person, addresses = await _json("GET", f"{base}/user", token=token), await _json("GET", f"{base}/user/emails", token=token)
    primary: dict[str, Any] = next((entry for entry in addresses if entry.get("primary")), {}) if isinstance(addresses, list) else {}
    if not isinstance(person, dict) or not isinstance(person.get("id"), int):
        raise Problem("oauth_failed", "The service did not say who you are.")
    return Identity(at.key, str(person["id"]), str(primary.get("email") or ""), primary.get("verified") is True, str(person.get("name") or ""))


def _registration(key: str) -> tuple[str, SecretStr] | None:
    here = settings()
    client_id, secret = {
        "google": (here.google_client_id, here.google_client_secret),
        "github": (here.github_client_id, here.github_client_secret),
        "oidc": (here.oidc_client_id if here.oidc_issuer else None, here.oidc_client_secret),
    }.get(key, (None, None))
    return (client_id, secret) if client_id and secret else None


async def _json(method: str, url: str, *, form: dict[str, str] | None = None, token: str = "") -> Any:
    """Raises oauth_failed, upstream_invalid, invalid_url, egress_refused; what the service said goes to nobody, for it may hold the code or a token."""
    headers = {"accept": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    headers |= {"content-type": "application/x-www-form-urlencoded"} if form else {}
    egress.parse(url, "oauth")  # as it was written: the client's own parser repairs what ours refuses
    try:
        async with asyncio.timeout(_SECONDS), capped_client("oauth", _MOST_BYTES) as http:
            answer = await http.request(method, url, headers=headers, content=urlencode(form).encode() if form else None)
        if answer.status_code != 200:
            raise Problem("oauth_failed", f"The service answered with status {answer.status_code}.")
        return msgspec.json.decode(answer.content)
    except (egress.ClientError, TimeoutError, msgspec.DecodeError, RecursionError) as error:
        raise Problem("oauth_failed", "The service could not be reached, or its answer could not be read.") from error

"""The authorization server for MCP clients: public clients with PKCE only, a code that is good once, refresh tokens that rotate.

A client makes itself known by registration, or its id is the https address of a document about itself. An access token is an API token
of the user's with the granted scopes, good for an hour; a grant is what the user sees and can take back.
"""

import asyncio
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from agent.accounts import audit, tokens, users
from agent.actor import SCOPES, Actor
from agent.config import settings
from agent.crypto import digest
from agent.egress.capped import capped_client
from agent.egress.targets import parse
from agent.errors import Problem
from db import engine
from db.ids import uuid7
from db.tables import OauthClient, OauthGrant

CODE_SECONDS = 60
ACCESS_SECONDS = 3600
REFRESH_DAYS = 60
DEFAULT_SCOPES = ("read", "write", "call")
_GRACE = timedelta(seconds=30)
_MOST_DOCUMENT = 64 * 1024
_DOCUMENT_SECONDS = 8.0
_MOST_CLIENTS_A_DAY = 2_000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NO_SCHEMES = ("javascript", "data", "file", "vbscript", "blob", "about", "ws", "wss", "ftp")


class OauthError(Exception):
    """A refusal in the words of RFC 6749: `code` such as invalid_grant, and a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence


class Client(msgspec.Struct, frozen=True):
    """`client_id` is given out, or an address; the name is the client's own word for itself."""

    client_id: str
    name: str
    redirect_uris: list[str]


class Asked(msgspec.Struct, frozen=True):
    """A checked request for consent."""

    client: Client
    redirect_uri: str
    scopes: list[str]
    challenge: str
    resource: str
    state: str


class Issued(msgspec.Struct, frozen=True):
    """The only time that the tokens are seen."""

    access_token: str
    refresh_token: str
    scopes: list[str]


class Grant(msgspec.Struct, frozen=True):
    """A connected client as its user sees it."""

    id: UUID
    client_name: str
    host: str
    scopes: list[str]
    created_at: datetime
    refreshed_at: datetime | None


async def register(document: dict[str, Any]) -> Client:
    """A new client, by dynamic registration. Raises OauthError invalid_redirect_uri, invalid_client_metadata."""
    client = _described(f"wtc_{secrets.token_urlsafe(24)}", document)
    recent = await OauthClient.raw("SELECT count(*) AS n FROM oauth_clients WHERE created_at > now() - interval '1 day'")
    if recent[0]["n"] >= _MOST_CLIENTS_A_DAY:
        raise OauthError("temporarily_unavailable", "Too many clients were registered today.")
    await _keep(client)
    return client


async def look(client_id: str) -> Client:
    """A known client, or the one that an address describes. Raises OauthError invalid_client."""
    if client_id.startswith("https://"):
        client = await _fetched(client_id)
        await _keep(client)
        return client
    rows = await OauthClient.raw("SELECT client_id, name, redirect_uris FROM oauth_clients WHERE client_id = {}", client_id)
    if not rows:
        raise OauthError("invalid_client", "This client is not known here.")
    return Client(**rows[0])


def check_redirect(client: Client, uri: str) -> str:
    """The address to go back to: exactly a registered one, on this machine with any port. Raises OauthError, and then nobody is sent anywhere."""
    wanted = uri or (client.redirect_uris[0] if len(client.redirect_uris) == 1 else "")
    if not any(_is_same(registered, wanted) for registered in client.redirect_uris):
        raise OauthError("invalid_request", "The address to go back to is not one of the client's.")
    return wanted


def check(client: Client, redirect_uri: str, asked: dict[str, str]) -> Asked:
    """The rest of an authorization request. Raises OauthError, which is told to the client."""
    if asked.get("response_type") != "code":
        raise OauthError("unsupported_response_type", "Only codes are given out.")
    challenge = asked.get("code_challenge", "")
    if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise OauthError("invalid_request", "PKCE with S256 is needed.")
    wanted = [scope for scope in asked.get("scope", "").split() if scope != "offline_access"] or list(DEFAULT_SCOPES)
    known = [scope for scope in SCOPES if scope in wanted]
    if not known:
        raise OauthError("invalid_scope", f"The scopes are {', '.join(SCOPES)}.")
    return Asked(client, redirect_uri, known, challenge, check_resource(asked.get("resource", "")), asked.get("state", ""))


def check_resource(resource: str) -> str:
    """A token is for this server alone. Raises OauthError invalid_target."""
    base = settings().base_url
    if resource and not (resource.rstrip("/") == base or resource.startswith(f"{base}/mcp")):
        raise OauthError("invalid_target", "Tokens are given out for this server only.")
    return resource


async def consent(actor: Actor, asked: Asked, scopes: list[str]) -> str:
    """The user says yes, to these scopes at most: the code for the client. Raises OauthError."""
    granted = [scope for scope in asked.scopes if scope in scopes and scope in actor.scopes]
    if not granted:
        raise OauthError("access_denied", "Nothing was granted.")
    code = secrets.token_urlsafe(32)
    row = OauthGrant(
        id=uuid7(), user_id=actor.user_id, client_id=asked.client.client_id, client_name=asked.client.name, redirect_uri=asked.redirect_uri, scopes=granted,
        resource=asked.resource or None, code_hash=digest(code), code_challenge=asked.challenge,
        code_expires_at=datetime.now(UTC) + timedelta(seconds=CODE_SECONDS),
    )  # fmt: skip
    await OauthGrant.insert(row)
    await audit.record("CLIENT_GRANTED", actor=actor, resource="OAUTH_GRANT", resource_id=row.id, client=asked.client.name, scopes=granted)
    return code


async def exchange(code: str, client_id: str, redirect_uri: str, verifier: str, resource: str) -> Issued:
    """A code for tokens, once. A code that comes a second time takes back what the first one gave. Raises OauthError."""
    rows = await OauthGrant.raw(
        "UPDATE oauth_grants SET code_used_at = now() WHERE code_hash = {} AND code_used_at IS NULL AND code_expires_at > now() AND revoked_at IS NULL RETURNING *",
        digest(code),
    )
    if not rows:
        for row in await OauthGrant.raw("SELECT * FROM oauth_grants WHERE code_hash = {} AND code_used_at IS NOT NULL", digest(code)):
            await _take_back(row)
        raise OauthError("invalid_grant", "The code was used, or has expired.")
    grant = rows[0]
    is_theirs = grant["client_id"] == client_id and (not redirect_uri or grant["redirect_uri"] == redirect_uri)
    is_proven = bool(_VERIFIER.fullmatch(verifier)) and hmac.compare_digest(create_s256_code_challenge(verifier), grant["code_challenge"])
    if not is_theirs or not is_proven:
        await _take_back(grant)
        raise OauthError("invalid_grant", "The code belongs to another request.")
    check_resource(resource)
    return await _issue(grant)


async def refresh(token: str, client_id: str, scope: str) -> Issued:
    """New tokens for a refresh token, which is replaced. One that was replaced a while ago was stolen: the grant ends. Raises OauthError."""
    hashed = digest(token)
    rows = await OauthGrant.raw("SELECT * FROM oauth_grants WHERE (refresh_hash = {} OR previous_hash = {}) AND revoked_at IS NULL", hashed, hashed)
    if not rows or rows[0]["client_id"] != client_id:
        raise OauthError("invalid_grant", "The refresh token is not valid.")
    grant = rows[0]
    now = datetime.now(UTC)
    if bytes(grant["refresh_hash"]) != hashed and now - grant["refreshed_at"] > _GRACE:
        await _take_back(grant)
        raise OauthError("invalid_grant", "The refresh token was replaced already; the grant has ended.")
    if now - grant["refreshed_at"] > timedelta(days=REFRESH_DAYS):
        raise OauthError("invalid_grant", "The refresh token has expired.")
    if beyond := [word for word in scope.split() if word not in grant["scopes"] and word != "offline_access"]:
        raise OauthError("invalid_scope", f"`{beyond[0]}` was not granted.")
    return await _issue(grant)


async def list_(actor: Actor) -> list[Grant]:
    """The clients that are connected, newest first."""
    rows = await OauthGrant.raw(
        "SELECT id, client_name, redirect_uri, scopes, created_at, refreshed_at FROM oauth_grants"
        " WHERE user_id = {} AND revoked_at IS NULL AND refresh_hash IS NOT NULL ORDER BY id DESC",
        actor.user_id,
    )
    return [Grant(r["id"], r["client_name"], urlsplit(r["redirect_uri"]).netloc, r["scopes"], r["created_at"], r["refreshed_at"]) for r in rows]


async def revoke(actor: Actor, grant_id: UUID) -> None:
    """The user takes a grant back, with its tokens. Raises not_found."""
    rows = await OauthGrant.raw("SELECT * FROM oauth_grants WHERE id = {} AND user_id = {} AND revoked_at IS NULL", grant_id, actor.user_id)
    if not rows:
        raise Problem("not_found", "There is no such client.")
    await _take_back(rows[0])
    await audit.record("CLIENT_REVOKED", actor=actor, resource="OAUTH_GRANT", resource_id=grant_id)


async def end_all(user_id: UUID) -> None:
    """Every program that a user let in is out."""
    for row in await OauthGrant.raw("SELECT * FROM oauth_grants WHERE user_id = {} AND revoked_at IS NULL", user_id):
        await _take_back(row)


async def revoke_token(token: str, client_id: str) -> None:
    """The client gives a token of its own back; one that is unknown is gone already."""
    hashed = digest(token)
    rows = await OauthGrant.raw(
        "SELECT g.* FROM oauth_grants g LEFT JOIN api_tokens t ON t.id = g.token_id WHERE g.client_id = {} AND (g.refresh_hash = {} OR t.token_hash = {})",
        client_id,
        hashed,
        hashed,
    )
    for row in rows:
        await _take_back(row)


async def _issue(grant: dict[str, Any]) -> Issued:
    """New tokens for a grant, one pair after another: else of two that refresh at once one would get a token that nobody could take back."""
    actor = await users.actor_for_run(grant["user_id"], list(grant["scopes"]), "mcp")
    access, fresh = "", f"wtr_{secrets.token_urlsafe(32)}"
    async with engine.transaction():
        access = await _replace(grant, actor, digest(fresh))
    return Issued(access, fresh, list(grant["scopes"]))


async def _replace(grant: dict[str, Any], actor: Actor, refresh_hash: bytes) -> str:
    """The next access token; that before it ends in a moment."""
    held = await OauthGrant.raw("SELECT token_id FROM oauth_grants WHERE id = {} AND revoked_at IS NULL FOR UPDATE", grant["id"])
    if not held:
        raise OauthError("invalid_grant", "The grant was taken back.")
    expires = datetime.now(UTC) + timedelta(seconds=ACCESS_SECONDS)
    access = await tokens.create(actor, f"{grant['client_name']} (signed in)"[:100], list(grant["scopes"]), expires, is_delegated=True)
    await OauthGrant.raw(
        "UPDATE oauth_grants SET token_id = {}, previous_hash = refresh_hash, refresh_hash = {}, refreshed_at = now() WHERE id = {}",
        access.id,
        refresh_hash,
        grant["id"],
    )
    if held[0]["token_id"]:
        await tokens.end(held[0]["token_id"], _GRACE.total_seconds())
    return access.token


async def _take_back(grant: dict[str, Any]) -> None:
    """The grant, and every access token that is still valid under it."""
    rows = await OauthGrant.raw("UPDATE oauth_grants SET revoked_at = coalesce(revoked_at, now()) WHERE id = {} RETURNING token_id, user_id", grant["id"])
    for row in rows:
        if row["token_id"]:
            await tokens.end(row["token_id"])


async def _keep(client: Client) -> None:
    row = OauthClient(id=uuid7(), client_id=client.client_id, name=client.name, redirect_uris=client.redirect_uris, seen_at=datetime.now(UTC))
    await OauthClient.insert(row).on_conflict(
        target="oauth_clients_client_id_unique", action="DO UPDATE", values=[OauthClient.name, OauthClient.redirect_uris, OauthClient.seen_at]
    )


async def _fetched(address: str) -> Client:
    """The client's own document, through the guard, not longer than it may be, saying its own address."""
    parts = urlsplit(address)
    if parts.path in ("", "/") or parts.fragment or parts.username or ".." in parts.path.split("/"):
        raise OauthError("invalid_client", "The client's address is not one of a document.")
    try:
        parse(address, "oauth")
        async with asyncio.timeout(_DOCUMENT_SECONDS), capped_client("oauth", _MOST_DOCUMENT, {"accept": "application/json"}) as http:
            answer = await http.get(address)
        document: Any = msgspec.json.decode(answer.content) if answer.status_code == 200 else None
    except Exception as error:  # whatever a stranger's server does, the document could not be read
        raise OauthError("invalid_client", "The client's document could not be read.") from error
    if not isinstance(document, dict) or document.get("client_id") != address:
        raise OauthError("invalid_client", "The client's document is not about itself.")
    return _described(address, document)


def _described(client_id: str, document: dict[str, Any]) -> Client:
    uris = document.get("redirect_uris")
    if not isinstance(uris, list) or not 1 <= len(uris) <= 20 or not all(isinstance(uri, str) and _may_go_back_to(uri) for uri in uris):
        raise OauthError("invalid_redirect_uri", "`redirect_uris` must be https addresses, ones of this machine, or of an application's own scheme.")
    if document.get("token_endpoint_auth_method") not in (None, "none"):
        raise OauthError("invalid_client_metadata", "Only public clients are taken: `token_endpoint_auth_method` must be `none`.")
    name = "".join(c for c in str(document.get("client_name") or "") if c.isprintable()).strip()[:80]
    return Client(client_id, name or urlsplit(uris[0]).netloc or "A client", uris)


def _may_go_back_to(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not uri.isascii() or any(ord(c) <= 32 for c in uri) or parts.fragment or parts.username or "\\" in uri or len(uri) > 2000:
        return False
    if parts.scheme == "http":
        return parts.hostname in _LOOPBACK
    return bool(parts.hostname) if parts.scheme == "https" else bool(parts.scheme) and parts.scheme not in _NO_SCHEMES


def _is_same(registered: str, wanted: str) -> bool:
    """Exactly the same; on this machine the port may be another, as native applications cannot choose theirs."""
    if registered == wanted:
        return True
    try:
        one, two = urlsplit(registered), urlsplit(wanted)
        is_here = one.scheme == two.scheme == "http" and one.hostname == two.hostname and one.hostname in _LOOPBACK
        return is_here and _may_go_back_to(wanted) and (one.path, one.query) == (two.path, two.query)
    except ValueError:
        return False

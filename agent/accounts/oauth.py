"""Sign-in by another service: Google and any OpenID Connect provider, and GitHub. Authorization code with PKCE, state and nonce.

What begins a sign-in goes sealed into a cookie of the browser that began it; the state is used up on return. An account is joined
by e-mail only where both sides have proven the address: else whoever typed it first somewhere would own the account.
"""

import base64
import secrets
import time
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import msgspec
import structlog

from agent import rates
from agent.accounts import audit, identity_providers, users
from agent.accounts.identity_providers import Identity
from agent.actor import Actor, require_own_account
from agent.config import settings
from agent.crypto import Unsealable, seal, unseal
from agent.errors import Problem
from db import engine
from db.ids import uuid7
from db.tables import OauthAccount

log = structlog.get_logger()
_LIFETIME_SECONDS = 600


class Begun(msgspec.Struct, frozen=True):
    """Where to send the browser, and what to keep in its cookie for ten minutes."""

    url: str
    pending: str


class Linked(msgspec.Struct, frozen=True):
    provider: str
    label: str
    created_at: datetime


class _Pending(msgspec.Struct, frozen=True, array_like=True):
    provider: str
    state: str
    nonce: str
    verifier: str
    until: int
    user_id: UUID | None


class Finished(msgspec.Struct, frozen=True):
    """Who came back, and for whose settings page: None when it was a sign-in."""

    identity: Identity
    linking: UUID | None


async def begin(provider: str, actor: Actor | None = None) -> Begun:
    """With an actor the service is to be joined to their account. Raises not_found, oauth_failed, forbidden."""
    if actor:
        require_own_account(actor)
    service = await identity_providers.service(provider)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    query = {
        "response_type": "code",
        "client_id": service.client_id,
        "redirect_uri": redirect_uri(provider),
        "scope": service.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": identity_providers.challenge(verifier),
        "code_challenge_method": "S256",
    }
    pending = _Pending(provider, state, nonce, verifier, int(time.time()) + _LIFETIME_SECONDS, actor.user_id if actor else None)
    sealed = seal(msgspec.msgpack.encode(pending), "oauth:pending")
    mark = "&" if "?" in service.authorize_url else "?"
    return Begun(f"{service.authorize_url}{mark}{urlencode(query)}", base64.urlsafe_b64encode(sealed).decode())


async def finish(provider: str, pending: str, state: str, code: str, issuer: str = "") -> Finished:
    """The person whom the service vouches for. Raises oauth_failed for anything that does not fit, and for a second use."""
    began = _opened(pending)
    if began is None or began.provider != provider or began.until < time.time() or not secrets.compare_digest(began.state.encode(), state.encode()):
        raise Problem("oauth_failed", "This sign-in was begun elsewhere, or too long ago.")
    if not code:
        raise Problem("oauth_failed", "The service did not let you in.")
    if not await rates.once(f"oauth-state:{state}"):
        raise Problem("oauth_failed", "This sign-in was finished before.")
    service = await identity_providers.service(provider)
    if issuer and service.issuer and issuer != service.issuer:
        raise Problem("oauth_failed", "The answer came from another service.")
    identity = await identity_providers.identify(service, code, began.verifier, began.nonce, redirect_uri(provider))
    return Finished(identity, began.user_id)


async def account_for(identity: Identity) -> UUID:
    """The account that is joined to an identity, else the one with the same proven address, else a new one.

    Raises email_taken where only one side has proven the address, signup_closed.
    """
    rows = await OauthAccount.raw("SELECT user_id FROM oauth_accounts WHERE provider = {} AND provider_account_id = {}", identity.provider, identity.subject)
    if rows:
        return rows[0]["user_id"]
    if not identity.email or not identity.is_email_verified:
        raise Problem("oauth_failed", "The service gave no proven e-mail address.", remedy="Prove the address there first, or sign up with a password.")
    same = await users.standing_by_email(identity.email)
    if same and not same.is_verified:
        raise Problem(
            "email_taken",
            f"There is an account for `{identity.email}` already.",
            remedy="Sign in with its password, then join the service in the security settings.",
        )
    if not same and not settings().signup:
        raise Problem("signup_closed", "Sign-up is closed on this server.")
    user_id = same.id if same else await users.sign_up_with(identity.email, identity.name)
    await _join(user_id, identity)
    return user_id


async def link(actor: Actor, identity: Identity) -> None:
    """Raises conflict where the identity belongs to an account already."""
    await _join(actor.user_id, identity)
    await audit.record("OAUTH_LINKED", actor=actor, resource="USER", resource_id=actor.user_id, provider=identity.provider)


async def unlink(actor: Actor, provider: str) -> None:
    """Raises conflict where nothing else would let the person in again."""
    async with engine.transaction():
        mine = await users.lock(actor.user_id)
        others = await OauthAccount.raw("SELECT 1 FROM oauth_accounts WHERE user_id = {} AND provider <> {}", actor.user_id, provider)
        if not others and not (mine and mine.password_hash):
            raise Problem("conflict", "Nothing else would let you in.", remedy="Set a password first.")
        await OauthAccount.raw("DELETE FROM oauth_accounts WHERE user_id = {} AND provider = {}", actor.user_id, provider)
    await audit.record("OAUTH_UNLINKED", actor=actor, resource="USER", resource_id=actor.user_id, provider=provider)


async def unlink_all(user_id: UUID) -> None:
    """No service vouches for the user any more; their password has just been set."""
    await OauthAccount.delete().where(OauthAccount.user_id == user_id)


async def linked(actor: Actor) -> list[Linked]:
    rows = await OauthAccount.raw("SELECT provider, created_at FROM oauth_accounts WHERE user_id = {} ORDER BY provider", actor.user_id)
    return [Linked(row["provider"], identity_providers.label(row["provider"]), row["created_at"]) for row in rows]


def redirect_uri(provider: str) -> str:
    return f"{settings().base_url}/oauth/{provider}/callback"


async def _join(user_id: UUID, identity: Identity) -> None:
    try:
        await OauthAccount.insert(OauthAccount(id=uuid7(), user_id=user_id, provider=identity.provider, provider_account_id=identity.subject))
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", "That account of the service is joined to another one here.", remedy="Sign in with it, and unlink it there first.") from error


def _opened(pending: str) -> _Pending | None:
    try:
        return msgspec.msgpack.decode(unseal(base64.urlsafe_b64decode(pending), "oauth:pending"), type=_Pending)
    except (ValueError, Unsealable, msgspec.DecodeError):
        return None

"""Model providers and the keys to them: who may use which, sealed at rest, never shown again, never seen by a model."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from agent import egress
from agent.accounts import audit
from agent.actor import Actor, require_admin
from agent.config import settings
from agent.crypto import seal, unseal
from agent.errors import Problem
from agent.providers.base import Connection, Wire
from db.ids import uuid7
from db.tables import AiProvider, ProviderKey

GUIDE = "builtin"


class Provider(msgspec.Struct, frozen=True):
    """`has_key`: this user could start a run with it now. `by_operator`: set by the environment."""

    id: UUID
    name: str
    wire: Wire
    base_urls: list[str]
    default_model: str | None
    models: list[str]
    requires_auth: bool
    auth_header: str | None
    is_own: bool
    has_key: bool = False
    by_operator: bool = False


class Key(msgspec.Struct, frozen=True):
    """A key as lists show it: `••••` and `last4`."""

    id: UUID
    provider: str
    name: str
    last4: str
    is_shared: bool
    is_own: bool
    usage_limits: dict[str, int]
    created_at: datetime
    last_used_at: datetime | None


class KeyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str | None = None
    is_shared: bool | None = None
    requests_per_hour: int | None = None
    requests_per_day: int | None = None


class Choice(msgspec.Struct, frozen=True):
    """What a run talks to: the provider, the model and the connection with its key."""

    provider: str
    model: str
    connection: Connection
    key_id: UUID | None = None


BUILT_IN: tuple[tuple[str, Wire, tuple[str, ...], str, bool], ...] = (
    (GUIDE, "builtin", (), "guide", False),
    ("anthropic", "anthropic", ("https://api.anthropic.com",), "claude-sonnet-5-5", True),
    ("openai", "openai", ("https://api.openai.com/v1",), "gpt-5.5", True),
)


async def ensure_built_in() -> None:
    """The providers that are always there. Safe to run from several processes."""
    for name, wire, urls, model, auth in BUILT_IN:
        row = AiProvider(id=uuid7(), name=name, wire_format=wire, base_urls=list(urls), default_model=model, requires_auth=auth)
        await AiProvider.insert(row).on_conflict(target="ai_providers_user_id_name_unique", action="DO NOTHING")


async def providers(actor: Actor) -> list[Provider]:
    """Those offered to all and the user's own, the guide first."""
    rows = await AiProvider.raw(_PROVIDERS, actor.user_id, actor.user_id)
    found = [_provider(row, actor) for row in rows]
    return sorted(found, key=lambda p: (p.wire != "builtin", not p.has_key, p.name))


async def find_provider(actor: Actor, reference: str) -> Provider:
    """By id or name. Raises provider_not_found."""
    word = reference.strip().lower()
    known = await providers(actor)
    word = {"guide": GUIDE, "claude": "anthropic", "gpt": "openai"}.get(word, word)
    for provider in sorted(known, key=lambda p: not p.is_own):
        if word in {provider.name.lower(), str(provider.id)}:
            return provider
    raise Problem("provider_not_found", f"There is no provider `{reference}`.", remedy=f"There are {', '.join(f'`{p.name}`' for p in known)}.")


async def add_provider(
    actor: Actor,
    name: str,
    base_url: str,
    *,
    wire: Wire = "openai-compatible",
    default_model: str = "",
    requires_auth: bool = True,
    auth_header: str = "",
    for_all: bool = False,
) -> Provider:
    """A server of the user's own, or of everybody's for an administrator. Raises invalid_url, egress_refused, conflict."""
    if for_all:
        require_admin(actor)
    if wire not in ("openai-compatible", "anthropic", "openai"):
        raise Problem("invalid_arguments", f"`{wire}` is not a wire format.", remedy="Use openai-compatible, anthropic or openai.", field="wire")
    url = base_url.strip().rstrip("/")
    await egress.resolve(egress.parse(url, "provider"))
    row = AiProvider(
        id=uuid7(),
        user_id=None if for_all else actor.user_id,
        name=name.strip()[:60],
        wire_format=wire,
        base_urls=[url],
        default_model=default_model or None,
        requires_auth=requires_auth,
        auth_header=auth_header or None,
    )
    try:
        await AiProvider.insert(row)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a provider `{row.name}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("PROVIDER_ADDED", actor=actor, resource="PROVIDER", resource_id=row.id, base_url=url)
    return await find_provider(actor, str(row.id))


async def delete_provider(actor: Actor, provider_id: UUID) -> None:
    """One's own, or anyone's for an administrator, never the built-in ones. Raises provider_not_found."""
    condition = "user_id = {}" if not actor.is_admin else "(user_id = {} OR (user_id IS NULL AND name NOT IN ('builtin', 'anthropic', 'openai')))"
    if not await AiProvider.raw(f"DELETE FROM ai_providers WHERE id = {{}} AND {condition} RETURNING id", provider_id, actor.user_id):  # noqa: S608  # constant condition
        raise Problem("provider_not_found", "There is no such provider of yours.")


async def list_(actor: Actor) -> list[Key]:
    """One's own keys and those that others lend to everybody."""
    rows = await ProviderKey.raw(_KEYS + " WHERE k.user_id = {} OR k.is_shared ORDER BY k.id DESC", actor.user_id)
    return [_key(row, actor) for row in rows]


async def add(actor: Actor, provider: str, secret: str, name: str | None = None) -> Key:
    """Seal a key. The secret comes from a form or the REST API, never through a model. Raises provider_not_found, invalid_arguments, conflict."""
    chosen = await find_provider(actor, provider)
    value = secret.strip()
    if len(value) < 8 or any(c.isspace() or not c.isprintable() for c in value):
        raise Problem(
            "invalid_arguments", "That is not a key: it is too short or has blanks in it.", remedy="Paste the key as the provider shows it.", field="key"
        )
    key_id = uuid7()
    row = ProviderKey(
        id=key_id,
        user_id=actor.user_id,
        ai_provider_id=chosen.id,
        name=(name or chosen.name).strip()[:60],
        encrypted_key=seal(value.encode(), _context(key_id)),
        last4=value[-4:],
    )
    try:
        await ProviderKey.insert(row)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a key `{row.name}` for {chosen.name} already.", remedy="Give this one another name.", field="name") from error
    await audit.record("KEY_ADDED", actor=actor, resource="KEY", resource_id=key_id, provider=chosen.name, last4=row.last4)
    return await find(actor, str(key_id))


async def find(actor: Actor, reference: str) -> Key:
    """One's own key by id, name, provider or last four characters. Raises key_not_found."""
    rows = await ProviderKey.raw(_KEYS + " WHERE k.user_id = {} ORDER BY k.id DESC", actor.user_id)
    word = reference.strip().lower().lstrip("•")
    keys = [_key(row, actor) for row in rows]
    for key in keys:
        if word in {str(key.id), key.name.lower(), key.last4.lower()}:
            return key
    same = [key for key in keys if key.provider.lower() == word]
    if len(same) == 1:
        return same[0]
    raise Problem("key_not_found", f"You have no key `{reference}`." if not same else f"You have {len(same)} keys for `{reference}`.")


async def update(actor: Actor, key_id: UUID, change: KeyChange) -> Key:
    """Raises key_not_found, invalid_arguments."""
    key = await find(actor, str(key_id))
    limits = dict(key.usage_limits)
    for field in ("requests_per_hour", "requests_per_day"):
        if (value := getattr(change, field)) is not None:
            if value < 0:
                raise Problem("invalid_arguments", f"`{field}` cannot be negative.", remedy="Use 0 for no limit.", field=field)
            limits = {**limits, field: value} if value else {k: v for k, v in limits.items() if k != field}
    values: dict[Any, Any] = {"usage_limits": msgspec.json.encode(limits).decode(), "name": (change.name or key.name)[:60]}
    if change.is_shared is not None:
        values["is_shared"] = change.is_shared
    await ProviderKey.update(values).where((ProviderKey.id == key_id) & (ProviderKey.user_id == actor.user_id))
    await audit.record("KEY_UPDATED", actor=actor, resource="KEY", resource_id=key_id, is_shared=values.get("is_shared"))
    return await find(actor, str(key_id))


async def delete(actor: Actor, key_id: UUID) -> None:
    """Raises key_not_found."""
    gone = await ProviderKey.delete().where((ProviderKey.id == key_id) & (ProviderKey.user_id == actor.user_id)).returning(ProviderKey.id)
    if not gone:
        raise Problem("key_not_found", "You have no such key.")
    await audit.record("KEY_DELETED", actor=actor, resource="KEY", resource_id=key_id)


async def choose(actor: Actor, provider: str | None, model: str | None) -> Choice:
    """What to talk to. Without a wish: the first provider with a key, else the guide.

    A run takes the user's own key, else one lent to everybody, else the operator's. Raises provider_not_found, no_key.
    """
    if provider is None:
        usable = [p for p in await providers(actor) if p.has_key and p.wire != "builtin"]
        provider = usable[0].name if usable else GUIDE
    if provider == "scripted" and settings().test_mode:
        return Choice("scripted", model or "", Connection("scripted"))
    chosen = await find_provider(actor, provider)
    name = model or chosen.default_model or (chosen.models[0] if chosen.models else "")
    if not chosen.requires_auth and chosen.wire != "builtin":
        return Choice(chosen.name, name, _connection(chosen, ""))
    if chosen.wire == "builtin":
        return Choice(GUIDE, "guide", Connection("builtin"))
    secret, key_id = await _secret_for(actor, chosen)
    return Choice(chosen.name, name, _connection(chosen, secret), key_id)


async def note_use(actor: Actor, key_id: UUID, tokens: int) -> None:
    """One request of a key, for its owner's receipts."""
    await ProviderKey.raw(_USE, key_id, uuid7(), key_id, actor.user_id, tokens)


async def _secret_for(actor: Actor, provider: Provider) -> tuple[str, UUID | None]:
    rows = await ProviderKey.raw(
        "SELECT id, encrypted_key FROM provider_keys k WHERE ai_provider_id = {} AND (user_id = {} OR is_shared) ORDER BY (user_id = {}) DESC, id DESC LIMIT 1",
        provider.id,
        actor.user_id,
        actor.user_id,
    )
    if rows:
        return unseal(bytes(rows[0]["encrypted_key"]), _context(rows[0]["id"])).decode(), rows[0]["id"]
    if secret := _operator_key(provider.name, provider.is_own):
        return secret, None
    raise Problem("no_key", f"There is no key for `{provider.name}`.")


def _operator_key(name: str, is_own: bool) -> str:
    """Only for the built-in providers, so that it never goes to an address a user chose."""
    keys = {"anthropic": settings().anthropic_api_key, "openai": settings().openai_api_key}
    secret = None if is_own else keys.get(name)
    return secret.get_secret_value() if secret else ""


def _connection(provider: Provider, secret: str) -> Connection:
    return Connection(wire=provider.wire, base_url=provider.base_urls[0], api_key=secret, auth_header=provider.auth_header or "")


def _context(key_id: UUID) -> str:
    return f"provider_keys:{key_id}"


_PROVIDERS = """
SELECT p.id, p.name, p.wire_format AS wire, p.base_urls, p.default_model, p.models, p.requires_auth, p.auth_header, p.user_id IS NOT NULL AS is_own,
  NOT p.requires_auth OR EXISTS (SELECT 1 FROM provider_keys k WHERE k.ai_provider_id = p.id AND (k.user_id = {} OR k.is_shared)) AS has_key
FROM ai_providers p WHERE p.is_enabled AND (p.user_id IS NULL OR p.user_id = {})
"""
_KEYS = """
SELECT k.id, p.name AS provider, k.name, k.last4, k.is_shared, k.user_id, k.usage_limits, k.created_at, k.last_used_at
FROM provider_keys k JOIN ai_providers p ON p.id = k.ai_provider_id
"""
_USE = """
WITH used AS (UPDATE provider_keys SET last_used_at = now() WHERE id = {} RETURNING id)
INSERT INTO provider_key_uses AS u (id, provider_key_id, user_id, hour, requests, tokens) VALUES ({}, {}, {}, date_trunc('hour', now(), 'UTC'), 1, {})
ON CONFLICT (provider_key_id, user_id, hour) DO UPDATE SET requests = u.requests + 1, tokens = u.tokens + excluded.tokens
"""


def _provider(row: dict[str, Any], actor: Actor) -> Provider:
    by_operator: Any = bool(_operator_key(row["name"], row["is_own"]))
    return Provider(**{**row, "models": msgspec.json.decode(row["models"]), "has_key": row["has_key"] or by_operator, "by_operator": by_operator})


def _key(row: dict[str, Any], actor: Actor) -> Key:
    owner = row.pop("user_id")
    return Key(**{**row, "usage_limits": msgspec.json.decode(row["usage_limits"]), "is_own": owner == actor.user_id})

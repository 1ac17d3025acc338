"""Model providers as data: the presets, those of an administrator for all, those of a user for themselves. Keys to them are in `keys`.

No secret is read here. An operator's key is offered for the built-in rows alone, whose addresses no user can change.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec

from agent import egress
from agent.accounts import audit
from agent.actor import Actor, require_admin, require_reach
from agent.config import settings
from agent.errors import Problem
from agent.providers import catalogue
from agent.providers.base import Connection, Wire
from db import jsonb
from db.ids import uuid7
from db.tables import AiProvider

GUIDE = "builtin"
BUILT_IN = tuple(preset for preset in catalogue.PRESETS if preset.name in {"anthropic", "openai"})
_RESERVED = frozenset({GUIDE, "scripted", *(preset.name for preset in BUILT_IN)})
_ALIASES = {"guide": GUIDE, "claude": "anthropic", "gpt": "openai"}
_MOST_URLS, _MOST_MODELS = 5, 500


class Provider(msgspec.Struct, frozen=True):
    """`base_urls` are tried in their order. `has_key`: this user could start a run with it now. `by_operator`: its key is set by the environment."""

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

    @property
    def is_built_in(self) -> bool:
        return not self.is_own and self.name in _RESERVED


class Offered(msgspec.Struct, frozen=True):
    """A provider that is there for all users, as its administrator sees it; `lent` keys of users go to it."""

    id: UUID
    name: str
    wire: Wire
    base_urls: list[str]
    is_enabled: bool
    lent: int
    by_operator: bool = False


class ProviderChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is to be different; `None` leaves it. An empty `default_model` or `auth_header` takes it away."""

    name: str | None = None
    base_urls: list[str] | None = None
    default_model: str | None = None
    requires_auth: bool | None = None
    auth_header: str | None = None


async def ensure_built_in() -> None:
    """The providers that are always there. Safe to run from several processes."""
    guide = catalogue.Preset(GUIDE, "Built-in guide", "builtin", "", "guide", requires_auth=False)
    for preset in (guide, *BUILT_IN):
        row = AiProvider(
            id=uuid7(),
            name=preset.name,
            wire_format=preset.wire,
            base_urls=[preset.base_url] if preset.base_url else [],
            default_model=preset.default_model,
            requires_auth=preset.requires_auth,
            auth_header=preset.auth_header or None,
        )
        await AiProvider.insert(row).on_conflict(target="ai_providers_user_id_name_unique", action="DO NOTHING")


async def list_(actor: Actor) -> list[Provider]:
    """Those offered to all and the user's own, the guide first, then those that can be used now."""
    rows = await AiProvider.raw(_PROVIDERS, actor.user_id, str(actor.user_id), actor.user_id)
    return sorted((_provider(row) for row in rows), key=lambda p: (p.wire != "builtin", not p.has_key, p.name))


async def find(actor: Actor, reference: str) -> Provider:
    """By id or name, one's own first. Raises provider_not_found."""
    return named(await list_(actor), reference)


def named(known: list[Provider], reference: str) -> Provider:
    """The same among those that are known. Raises provider_not_found."""
    word = reference.strip().lower()
    word = _ALIASES.get(word, word)
    for provider in sorted(known, key=lambda p: not p.is_own):
        if word in {provider.name.lower(), str(provider.id)}:
            return provider
    raise Problem("provider_not_found", f"There is no provider `{reference}`.", remedy=f"There are {', '.join(f'`{p.name}`' for p in known)}.")


async def add(
    actor: Actor,
    name: str,
    base_urls: list[str],
    *,
    wire: Wire = "openai-compatible",
    default_model: str = "",
    requires_auth: bool = True,
    auth_header: str = "",
    for_all: bool = False,
) -> Provider:
    """A server of the user's own, or of everybody's for an administrator. Raises invalid_url, egress_refused, invalid_arguments, conflict."""
    require_reach(actor)
    if for_all:
        require_admin(actor)
    if wire not in ("openai-compatible", "anthropic", "openai"):
        raise Problem("invalid_arguments", f"`{wire}` is not a wire format.", remedy="Use openai-compatible, anthropic or openai.", field="wire")
    row = AiProvider(
        id=uuid7(),
        user_id=None if for_all else actor.user_id,
        name=_name(name),
        wire_format=wire,
        base_urls=await _usable(base_urls),
        default_model=default_model.strip() or None,
        requires_auth=requires_auth,
        auth_header=auth_header.strip() or None,
    )
    try:
        await AiProvider.insert(row)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a provider `{row.name}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("PROVIDER_ADDED", actor=actor, resource="PROVIDER", resource_id=row.id, base_urls=row.base_urls)
    return await find(actor, str(row.id))


async def update(actor: Actor, provider_id: UUID, change: ProviderChange) -> Provider:
    """One's own, or one for all by an administrator; a new server needs its keys typed anew. Raises provider_not_found and what `add` raises."""
    before = await _changeable(actor, provider_id)
    values: dict[Any, Any] = {}
    if change.name is not None:
        values["name"] = _name(change.name)
    if change.base_urls is not None:
        values["base_urls"] = await _usable(change.base_urls)
    if change.requires_auth is not None:
        values["requires_auth"] = change.requires_auth
    for field in ("default_model", "auth_header"):
        if (value := getattr(change, field)) is not None:
            values[field] = value.strip() or None
    if not values:
        return before
    # A key was given for a server and is never shown again: it must not follow the row to another one, nor to one that a token for writing names.
    if {*map(_server, values.get("base_urls", []))} - {*map(_server, before.base_urls)}:
        await AiProvider.raw("DELETE FROM provider_keys WHERE ai_provider_id = {}", provider_id)
    try:
        await AiProvider.update(values).where(AiProvider.id == provider_id)
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a provider `{values.get('name')}` already.", remedy="Choose another name.", field="name") from error
    await audit.record("PROVIDER_UPDATED", actor=actor, resource="PROVIDER", resource_id=provider_id, fields=sorted(values))
    return await find(actor, str(provider_id))


async def delete(actor: Actor, provider_id: UUID) -> None:
    """With the keys to it. Never a built-in one. Raises provider_not_found."""
    await _changeable(actor, provider_id)
    await AiProvider.delete().where(AiProvider.id == provider_id)
    await audit.record("PROVIDER_DELETED", actor=actor, resource="PROVIDER", resource_id=provider_id)


async def offered(admin: Actor) -> list[Offered]:
    """Those for all users, switched off or not. Raises forbidden."""
    require_admin(admin)
    rows = await AiProvider.raw(_OFFERED)
    secrets = {"anthropic": settings().anthropic_api_key, "openai": settings().openai_api_key}
    return [Offered(**row, by_operator=secrets.get(row["name"]) is not None) for row in rows]


async def switch(admin: Actor, provider_id: UUID, *, is_enabled: bool) -> None:
    """Offer a provider to all, or to nobody. The guide stays: it is what is there without any other. Raises forbidden, provider_not_found."""
    if provider_id not in {provider.id for provider in await offered(admin) if provider.wire != "builtin"}:
        raise Problem("provider_not_found", "There is no such provider for all users.")
    await AiProvider.update({AiProvider.is_enabled: is_enabled}).where(AiProvider.id == provider_id)
    await audit.record("PROVIDER_UPDATED", actor=admin, resource="PROVIDER", resource_id=provider_id, is_enabled=is_enabled)


async def keep_models(actor: Actor, provider: Provider, names: tuple[str, ...]) -> None:
    """Cache a server's list. A list that a borrower's or a user's key gave is kept for a shared row only by an administrator: it may name private models."""
    if provider.is_own or actor.is_admin:
        await AiProvider.update({AiProvider.models: jsonb.encode(names[:_MOST_MODELS])}).where(AiProvider.id == provider.id)


def operator_key(provider: Provider) -> str:
    """The environment's key, for the built-in providers at their own addresses alone, so that it never goes where a user points."""
    presets = {preset.name: preset for preset in BUILT_IN}
    secrets = {"anthropic": settings().anthropic_api_key, "openai": settings().openai_api_key}
    secret = secrets.get(provider.name)
    if provider.is_own or secret is None or provider.base_urls != [presets[provider.name].base_url]:
        return ""
    return secret.get_secret_value()


def connections(provider: Provider, secret: str) -> tuple[Connection, ...]:
    """One for each base URL, in order."""
    if provider.wire == "builtin":
        return (Connection("builtin"),)
    return tuple(Connection(wire=provider.wire, base_url=url, api_key=secret, auth_header=provider.auth_header or "") for url in provider.base_urls)


async def _changeable(actor: Actor, provider_id: UUID) -> Provider:
    found = next((p for p in await list_(actor) if p.id == provider_id), None)
    if found is None or found.is_built_in or not (found.is_own or actor.is_admin):
        raise Problem("provider_not_found", "There is no such provider of yours.")
    return found


def _name(name: str) -> str:
    word = name.strip()[:60]
    if not word or word.lower() in _RESERVED:
        raise Problem("conflict" if word else "invalid_arguments", f"A provider cannot be called `{word}`.", remedy="Choose another name.", field="name")
    return word


def _server(base_url: str) -> tuple[str, str]:
    url = urlsplit(base_url.lower())
    return url.scheme, url.netloc


async def _usable(urls: list[str]) -> list[str]:
    cleaned = list(dict.fromkeys(url.strip().rstrip("/") for url in urls if url.strip()))
    if not 0 < len(cleaned) <= _MOST_URLS:
        raise Problem("invalid_url", f"A provider has between one and {_MOST_URLS} base URLs.", field="base_urls")
    for url in cleaned:
        if "#" in url:
            raise Problem("invalid_url", f"`{url[:200]}` cannot be used: what follows `#` is never sent.", remedy="Give it without that.", field="base_urls")
        await egress.resolve(egress.parse(url, "provider"))
    return cleaned


_OFFERED = """
SELECT p.id, p.name, p.wire_format AS wire, p.base_urls, p.is_enabled,
  (SELECT count(*) FROM provider_keys k WHERE k.ai_provider_id = p.id AND k.is_shared)::int AS lent
FROM ai_providers p WHERE p.user_id IS NULL ORDER BY p.wire_format <> 'builtin', p.name
"""
_PROVIDERS = """
SELECT p.id, p.name, p.wire_format AS wire, p.base_urls, p.default_model, p.models, p.requires_auth, p.auth_header, p.user_id IS NOT NULL AS is_own,
  NOT p.requires_auth OR EXISTS (SELECT 1 FROM provider_keys k WHERE k.ai_provider_id = p.id
    AND (k.user_id = {} OR (k.is_shared AND (cardinality(k.shared_with) = 0 OR {}::text = ANY(k.shared_with))))) AS has_key
FROM ai_providers p WHERE p.is_enabled AND (p.user_id IS NULL OR p.user_id = {})
"""


def _provider(row: dict[str, Any]) -> Provider:
    found = Provider(**{**row, "models": msgspec.json.decode(row["models"])})
    by_operator = bool(operator_key(found))
    return msgspec.structs.replace(found, has_key=found.has_key or by_operator, by_operator=by_operator)

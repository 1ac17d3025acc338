"""Keys to model providers: sealed at rest, lent within limits, never shown again, never seen by a model or a borrower.

A run takes a key anew before each of its steps, so a limit holds under any number of runs and a key that is taken back
stops at once. What a key's owner and its borrowers used is counted by the hour.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import asyncpg
import msgspec

from agent import ai_providers, key_uses
from agent.accounts import audit, users
from agent.actor import Actor, require_reach
from agent.ai_providers import GUIDE, Provider
from agent.config import settings
from agent.crypto import seal, unseal
from agent.errors import Problem
from agent.key_uses import LENT, LIMITS, USED, Receipt
from agent.providers import catalogue
from agent.providers.base import Connection
from agent.providers.catalogue import TestResult
from db import jsonb
from db.ids import uuid7
from db.tables import ProviderKey

Source = Literal["own", "lent to you", "lent to everybody", "operator", "none needed"]
_TEST_SECONDS = 12
note_use = key_uses.note_use
providers = ai_providers.list_


class Key(msgspec.Struct, frozen=True):
    """A key as lists show it: `••••` and `last4`, which a borrower does not get. `shared_with` are e-mails, for the owner alone; empty: everybody."""

    id: UUID
    provider: str
    name: str
    last4: str
    is_shared: bool
    is_own: bool
    usage_limits: dict[str, int]
    created_at: datetime
    last_used_at: datetime | None
    requests_this_hour: int = 0
    requests_today: int = 0
    shared_with: list[str] = []


class KeyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`shared_with`: e-mails of those it is lent to; an empty list lends it to everybody. 0 takes a limit away."""

    name: str | None = None
    is_shared: bool | None = None
    shared_with: list[str] | None = None
    requests_per_hour: int | None = None
    requests_per_day: int | None = None


class Choice(msgspec.Struct, frozen=True):
    """What a run talks to: the provider, the model, and the connections with their key, to be tried in this order."""

    provider: str
    model: str
    connections: tuple[Connection, ...]
    key_id: UUID | None = None
    source: Source = "none needed"
    key_name: str = ""

    @property
    def connection(self) -> Connection:
        return self.connections[0]


class Candidate(msgspec.Struct, frozen=True):
    """One place in the order in which a run takes a key. `free_at`: its limit is reached until then."""

    source: Source
    name: str
    key_id: UUID | None = None
    used: dict[str, int] = {}
    usage_limits: dict[str, int] = {}
    free_at: datetime | None = None


class Wish(msgspec.Struct, frozen=True):
    """What a run would talk to, but that one of these keys, at least one, is still to be taken, or its model to be asked for."""

    provider: str
    model: str
    server: Provider
    candidates: list[Candidate]


async def list_(actor: Actor) -> list[Key]:
    """One's own keys and those that others lend."""
    rows = await ProviderKey.raw(f"{_KEYS} WHERE k.user_id = {{}} OR {LENT} ORDER BY k.id DESC", actor.user_id, str(actor.user_id))
    return [_key(row, actor) for row in rows]


async def add(actor: Actor, provider: str, secret: str, name: str | None = None) -> Key:
    """Seal a key. The secret comes from a form or the REST API, never through a model.

    Raises provider_not_found, invalid_arguments, conflict, forbidden, and provider_auth where the server refuses it: then nothing is stored.
    A server that cannot be asked at the moment does not keep a key from being stored; `test` says what is wrong.
    """
    require_reach(actor)
    chosen = await ai_providers.find(actor, provider)
    value = secret.strip()
    if len(value) < 8 or any(c.isspace() or not c.isprintable() for c in value):
        raise Problem(
            "invalid_arguments", "That is not a key: it is too short or has blanks in it.", remedy="Paste the key as the provider shows it.", field="key"
        )
    await _refuse_refused(actor, chosen, value)
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
    """Rename, limit, lend or take back. Raises key_not_found, invalid_arguments."""
    key = await find(actor, str(key_id))
    values: dict[Any, Any] = {"usage_limits": jsonb.encode(_limits(key, change)), "name": (change.name or key.name)[:60]}
    if change.shared_with is not None:
        values |= {"shared_with": await _borrowers(actor, change.shared_with), "is_shared": change.is_shared is not False}
    if change.is_shared is not None:
        values["is_shared"] = change.is_shared
    try:
        await ProviderKey.update(values).where((ProviderKey.id == key_id) & (ProviderKey.user_id == actor.user_id))
    except asyncpg.UniqueViolationError as error:
        raise Problem("conflict", f"There is a key `{change.name}` for {key.provider} already.", remedy="Choose another name.", field="name") from error
    await audit.record("KEY_UPDATED", actor=actor, resource="KEY", resource_id=key_id, is_shared=values.get("is_shared"))
    return await find(actor, str(key_id))


async def delete(actor: Actor, key_id: UUID) -> None:
    """Raises key_not_found."""
    gone = await ProviderKey.delete().where((ProviderKey.id == key_id) & (ProviderKey.user_id == actor.user_id)).returning(ProviderKey.id)
    if not gone:
        raise Problem("key_not_found", "You have no such key.")
    await audit.record("KEY_DELETED", actor=actor, resource="KEY", resource_id=key_id)


async def receipts(actor: Actor, key_id: UUID, *, days: int = 30) -> list[Receipt]:
    """What each user spent of one's own key. Raises key_not_found."""
    await find(actor, str(key_id))
    return await key_uses.receipts(actor, key_id, days)


async def order(actor: Actor, provider: str) -> list[Candidate]:
    """The keys of a provider in the order in which a run takes them: one's own, one lent by name, one lent to everybody, the operator's."""
    return await _order(actor, await ai_providers.find(actor, provider))


async def choose(actor: Actor, provider: str | None, model: str | None) -> Choice | Wish:
    """What a run would talk to, without taking anything. Without a wish: the first provider with a key, else the guide.

    Raises provider_not_found, no_key, forbidden for a demo account that would use somebody's key.
    """
    if provider == "scripted" and settings().test_mode:
        return Choice("scripted", model or "", (Connection("scripted"),))
    known = await ai_providers.list_(actor)
    chosen = _default(actor, known) if provider is None else ai_providers.named(known, provider)
    if chosen.wire == "builtin":
        return Choice(GUIDE, "guide", ai_providers.connections(chosen, ""))
    name = model or chosen.default_model or (chosen.models[0] if chosen.models else "")
    if not chosen.requires_auth and name:
        return Choice(chosen.name, name, ai_providers.connections(chosen, ""))
    if chosen.requires_auth:
        require_reach(actor)
    if candidates := await _order(actor, chosen):
        return Wish(chosen.name, name, chosen, candidates)
    raise Problem("no_key", f"There is no key for `{chosen.name}`.")


async def grant(actor: Actor, wish: Choice | Wish) -> Choice:
    """One request of the first key that has one left; the first model of the server where nobody has named one.

    Raises key_limit with the time at which the next one is free, no_key where all were taken back, the `provider_*` problems of a server without a model.
    """
    choice = await _with_key(actor, wish)
    if choice.model or isinstance(wish, Choice):
        return choice
    names = await catalogue.list_models(choice.connection, _TEST_SECONDS)
    if not names:
        raise Problem("provider_rejected", f"`{choice.provider}` has no model.", remedy="Give it a default model in the settings.")
    await ai_providers.keep_models(actor, wish.server, names)
    return msgspec.structs.replace(choice, model=names[0])


async def take(actor: Actor, provider: str | None, model: str | None) -> Choice:
    """What a step talks to, with one request of its key. Raises what `choose` and `grant` raise."""
    return await grant(actor, await choose(actor, provider, model))


async def test(actor: Actor, reference: str, model: str = "") -> TestResult:
    """Ask a provider's model for a word, with the key that a run would take, and say exactly what failed. Each of its addresses is tried."""
    chosen = await ai_providers.find(actor, reference)
    try:
        choice = await _with_key(actor, await choose(actor, str(chosen.id), model or None))
    except Problem as problem:
        return TestResult(False, problem.sentence(), code=problem.code)
    if chosen.wire == "builtin":
        return TestResult(True, "The guide needs no server.", takes_tools=True)
    found = [await catalogue.test(connection, choice.model) for connection in choice.connections]
    if len(found) == 1:
        return found[0]
    told = " ".join(f"{url}: {result.sentence}" for url, result in zip(chosen.base_urls, found, strict=True))
    return msgspec.structs.replace(next((result for result in found if result.ok), found[0]), sentence=told)


async def refresh_models(actor: Actor, reference: str) -> tuple[str, ...]:
    """Ask the server which models it has, and keep the list. Raises the `provider_*` problems, no_key, key_limit."""
    chosen = await ai_providers.find(actor, reference)
    if chosen.wire == "builtin":
        return ("guide",)
    choice = await _with_key(actor, await choose(actor, str(chosen.id), None))
    names = await catalogue.list_models(choice.connection)
    await ai_providers.keep_models(actor, chosen, names)
    return names


def _default(actor: Actor, known: list[Provider]) -> Provider:
    """The first that can be used now; the guide where there is none."""
    usable = (one for one in known if one.has_key and one.wire != "builtin" and not (actor.role == "DEMO" and one.requires_auth))
    return next(usable, None) or ai_providers.named(known, GUIDE)


async def _with_key(actor: Actor, wish: Choice | Wish) -> Choice:
    if isinstance(wish, Choice):
        return wish
    for candidate in wish.candidates:
        if candidate.key_id is None:
            secret = ai_providers.operator_key(wish.server)
        elif sealed := await key_uses.take(actor, candidate.key_id, is_limited=bool(candidate.usage_limits)):
            secret = unseal(sealed, _context(candidate.key_id)).decode()
        else:
            continue
        return Choice(wish.provider, wish.model, ai_providers.connections(wish.server, secret), candidate.key_id, candidate.source, candidate.name)
    raise _exhausted(wish.server, await _order(actor, wish.server))


async def _order(actor: Actor, chosen: Provider) -> list[Candidate]:
    if not chosen.requires_auth or chosen.wire == "builtin":
        return [Candidate("none needed", chosen.name)]
    rows = await ProviderKey.raw(_CANDIDATES, actor.user_id, chosen.id, actor.user_id, str(actor.user_id))
    found = [_candidate(row) for row in rows]
    return [*found, Candidate("operator", "set by the environment")] if ai_providers.operator_key(chosen) else found


async def _refuse_refused(actor: Actor, provider: Provider, secret: str) -> None:
    """Raises provider_auth where the server says that it does not know the key."""
    for connection in ai_providers.connections(provider, secret):
        try:
            names = await catalogue.list_models(connection, _TEST_SECONDS)
        except Problem as problem:
            if problem.code == "provider_auth":
                raise
            continue
        await ai_providers.keep_models(actor, provider, names)
        return


def _candidate(row: dict[str, Any]) -> Candidate:
    limits = msgspec.json.decode(row["usage_limits"], type=dict[str, int])
    spent = {name: row[name] for name in LIMITS}
    full = [name for name in LIMITS if limits.get(name) and spent[name] >= limits[name]]
    return Candidate(row["source"], row["name"], row["id"], spent, limits, max(_next(name) for name in full) if full else None)


def _next(limit: str) -> datetime:
    """When the window of a limit ends. Hours and days are those of UTC."""
    now = datetime.now(UTC)
    if limit == "requests_per_day":
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _exhausted(provider: Provider, candidates: list[Candidate]) -> Problem:
    """No key of the order has a request left, or the last one was taken back."""
    full = [candidate for candidate in candidates if candidate.free_at is not None]
    if not full:
        return Problem("no_key", f"The key to `{provider.name}` was taken back.")
    soonest = min(full, key=lambda candidate: candidate.free_at or datetime.max.replace(tzinfo=UTC))
    reached = next(name for name in LIMITS if soonest.usage_limits.get(name) and soonest.used[name] >= soonest.usage_limits[name])
    at = soonest.free_at or datetime.now(UTC)
    wait = max(1, round((at - datetime.now(UTC)).total_seconds()))
    return Problem(
        "key_limit",
        f"The key `{soonest.name}` for `{provider.name}` allows {soonest.usage_limits[reached]} requests {LIMITS[reached]}, and they are used up.",
        remedy=f"It is free again at {at:%Y-%m-%d %H:%M} UTC; until then use another provider or a key of your own.",
        retry_after=wait,
        resets_at=at.isoformat(),
    )


def _limits(key: Key, change: KeyChange) -> dict[str, int]:
    limits = dict(key.usage_limits)
    for field in LIMITS:
        if (value := getattr(change, field)) is not None:
            if value < 0:
                raise Problem("invalid_arguments", f"`{field}` cannot be negative.", remedy="Use 0 for no limit.", field=field)
            limits = {**limits, field: value} if value else {k: v for k, v in limits.items() if k != field}
    return limits


async def _borrowers(actor: Actor, emails: list[str]) -> list[str]:
    """The ids of the users with these e-mails. Raises invalid_arguments for one that nobody has."""
    found = list[str]()
    for email in dict.fromkeys(email.strip() for email in emails if email.strip()):
        known = await users.standing_by_email(email)
        if known is None:
            raise Problem("invalid_arguments", f"There is no user `{email}` here.", remedy="Check the e-mail address.", field="shared_with")
        if known.id != actor.user_id:
            found.append(str(known.id))
    return found


def _context(key_id: UUID) -> str:
    return f"provider_keys:{key_id}"


def _key(row: dict[str, Any], actor: Actor) -> Key:
    is_own = row.pop("user_id") == actor.user_id
    hidden: dict[str, Any] = {} if is_own else {"last4": "", "shared_with": []}
    return Key(**{**row, "usage_limits": msgspec.json.decode(row["usage_limits"]), "is_own": is_own, **hidden})


_KEYS = f"""
SELECT k.id, p.name AS provider, k.name, k.last4, k.is_shared, k.user_id, k.usage_limits, k.created_at, k.last_used_at,
  u.requests_per_hour AS requests_this_hour, u.requests_per_day AS requests_today,
  ARRAY(SELECT coalesce(b.email, b.username, '') FROM users b WHERE b.id::text = ANY(k.shared_with) ORDER BY 1) AS shared_with
FROM provider_keys k JOIN ai_providers p ON p.id = k.ai_provider_id
CROSS JOIN LATERAL {USED} u
"""  # noqa: S608  # constant parts
_CANDIDATES = f"""
SELECT k.id, k.name, k.usage_limits, u.requests_per_hour, u.requests_per_day,
  CASE WHEN k.user_id = {{}} THEN 'own' WHEN cardinality(k.shared_with) > 0 THEN 'lent to you' ELSE 'lent to everybody' END AS source
FROM provider_keys k CROSS JOIN LATERAL {USED} u WHERE k.ai_provider_id = {{}} AND (k.user_id = {{}} OR {LENT})
ORDER BY (k.user_id <> $1), (cardinality(k.shared_with) = 0), k.id DESC
"""  # noqa: S608  # constant parts

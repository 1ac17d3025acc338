"""Tools about provider keys. A secret is typed into a form and never passes through a tool."""

from typing import Annotated, Any

from msgspec import Meta

from agent import ai_providers, keys
from agent.approvals import WHY
from agent.config import settings
from agent.keys import Key, KeyChange
from agent.tools.registry import Answer, Context, tool

KeyRef = Annotated[str, Meta(description="Id, name, provider or last four characters of the key.")]
Count = Annotated[int, Meta(ge=0, le=1_000_000, description="0 for no limit.")]


def _lending(arguments: dict[str, Any]) -> str | None:
    return WHY["lends"] if arguments.get("shared") or arguments.get("shared_with") is not None else None


@tool(effect="read", scope="read", hears="remote")
async def key_list(context: Context) -> Answer:
    """List the model provider keys the user may use, each by name and last four characters."""
    found = await keys.list_(context.actor)
    if not found:
        return Answer("There are no keys yet. `key_add` opens a form for one; the built-in guide needs none.", {"items": []})
    return Answer("\n".join(_line(key) for key in found), {"items": found}, "trusted" if all(key.is_own for key in found) else "remote")


@tool(effect="read", scope="read")
async def key_add(
    context: Context,
    provider: Annotated[str, Meta(description="Name of the provider, such as anthropic or openai.")],
    name: Annotated[str, Meta(description="A name for the key.", max_length=60)] | None = None,
) -> Answer:
    """Open a form in which the user types a provider key. Never takes the key itself."""
    chosen = await ai_providers.find(context.actor, provider)
    link = f"{settings().base_url}/settings/keys?provider={chosen.name}"
    text = f"A form for a `{chosen.name}` key is open; in a terminal or another client use {link}. The key goes straight to the server, encrypted, and not through this conversation."
    return Answer(text, {"form": "key", "provider": chosen.name, "name": name, "url": link})


@tool(effect="write", scope="write", asks_for=_lending, hears="remote")
async def key_update(
    context: Context,
    key: KeyRef,
    name: Annotated[str, Meta(min_length=1, max_length=60)] | None = None,
    shared: Annotated[bool, Meta(description="Lend it to the other users of this server, within the limits.")] | None = None,
    shared_with: Annotated[list[str], Meta(description="E-mails of the users it is lent to; empty: everybody.", max_length=50)] | None = None,
    requests_per_hour: Count | None = None,
    requests_per_day: Count | None = None,
) -> Answer:
    """Rename a key, lend it to other users or take it back, and limit its requests."""
    found = await keys.find(context.actor, key)
    changed = await keys.update(
        context.actor,
        found.id,
        KeyChange(name=name, is_shared=shared, shared_with=shared_with, requests_per_hour=requests_per_hour, requests_per_day=requests_per_day),
    )
    return Answer(f"Changed. {_line(changed)}", changed)


@tool(effect="destructive", scope="write", asks_for=lambda _: WHY["deletes a key"], hears="remote")
async def key_delete(context: Context, key: KeyRef) -> Answer:
    """Delete a provider key for good."""
    found = await keys.find(context.actor, key)
    await keys.delete(context.actor, found.id)
    return Answer(f"The key `{found.name}` (••••{found.last4}) is deleted.", {"deleted": str(found.id), "name": found.name})


def _line(key: Key) -> str:
    limits = ", ".join(f"{value} {name.replace('requests_per_', 'an ' if 'hour' in name else 'a ')}" for name, value in key.usage_limits.items())
    shared = f", lent to {', '.join(key.shared_with) or 'everybody'}" if key.is_shared and key.is_own else "" if key.is_own else ", lent to you"
    return f"- `{key.name}` for {key.provider}, ••••{key.last4}{shared}{f', at most {limits}' if limits else ''}"

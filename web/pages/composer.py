"""The message box: the models to choose from, what was refused, and the messages to begin with."""

from uuid import UUID

import msgspec
from msgspec import structs

from agent import ai_providers, runlog
from agent.actor import Actor
from agent.billing import usage
from agent.config import settings
from agent.conversation import message_queue
from agent.conversation.message_queue import Queued
from agent.errors import Problem
from web.render import catalogue

_SCOPES: dict[str, frozenset[str]] = {"read": frozenset({"read"}), "none": frozenset()}
"""What an answer may use where the switch for tools does not say all: reading only, or nothing."""


class Composer(msgspec.Struct, frozen=True):
    """The message box: where it sends to, the models to choose from, what was refused, what waits to be sent, and what the plan still allows."""

    chat_id: UUID | None
    choices: list[dict[str, str]]
    chosen: str
    limit: int
    run_id: UUID | None = None
    draft: str = ""
    problem: Problem | None = None
    waiting: list[Queued] = []
    today: usage.Today | None = None


async def composer_of(language: str, actor: Actor, chat_id: UUID | None, *, chosen: str = "", draft: str = "", problem: Problem | None = None) -> Composer:
    choices = await choices_of(language, actor)
    best = next((c["value"] for c in choices if not c["value"].startswith("builtin")), choices[0]["value"] if choices else "")
    running = await runlog.active(actor, chat_id) if chat_id else None
    waiting = await message_queue.list_(actor, chat_id) if chat_id else []
    known = {c["value"] for c in choices}
    run_id = running.id if running else None
    today = await usage.today(actor)
    return Composer(chat_id, choices, chosen if chosen in known else best, settings().message_limit, run_id, draft, problem, waiting, today)


async def choices_of(language: str, actor: Actor) -> list[dict[str, str]]:
    """The models that can answer this user: what a form sends, and what it says."""
    return [
        {
            "value": joined(p.name, model),
            "label": catalogue.say(language, "Built-in guide") if p.wire == "builtin" else p.name if not model else f"{p.name} · {model}",
        }
        for p in await ai_providers.list_(actor)
        if p.has_key or p.wire == "builtin"
        for model in _models(p)
    ]


def has_model(offered: list[ai_providers.Provider]) -> bool:
    """Whether anything but the guide can answer."""
    return any(p.has_key and p.wire != "builtin" for p in offered)


def starters(language: str) -> list[tuple[str, str, str]]:
    """Messages to begin with: what is sent, what the button says, what it does."""
    return [
        (
            catalogue.say(language, "capture the demo API"),
            catalogue.say(language, "Capture the demo API"),
            catalogue.say(language, "A small shop inside this server: watch its calls arrive."),
        ),
        (
            catalogue.say(language, "list my APIs"),
            catalogue.say(language, "List my APIs"),
            catalogue.say(language, "Every API you capture, with calls and errors."),
        ),
        (
            catalogue.say(language, "what went wrong in the last failing call?"),
            catalogue.say(language, "Explain the last failure"),
            catalogue.say(language, "Compared with the last call that worked."),
        ),
        (
            catalogue.say(language, "what can you do?"),
            catalogue.say(language, "What can you do?"),
            catalogue.say(language, "The verbs of the platform, in plain words."),
        ),
    ]


def quoted(text: str) -> str:
    """A message's text as the beginning of a reply to it."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines()) + "\n\n" if text.strip() else ""


def narrowed(actor: Actor, tools: str) -> Actor:
    """The actor as the switch for tools lets an answer act; what is sent is a run with their scopes."""
    return structs.replace(actor, scopes=actor.scopes & _SCOPES[tools]) if tools in _SCOPES else actor


def split(choice: str) -> tuple[str | None, str | None]:
    provider, _, model = choice.partition("|")
    return provider or None, model or None


def joined(provider: str | None, model: str | None) -> str:
    return f"{provider or ''}|{model or ''}"


def _models(provider: ai_providers.Provider) -> list[str]:
    if provider.wire == "builtin":
        return [provider.default_model or "guide"]
    return list(dict.fromkeys([*([provider.default_model] if provider.default_model else []), *provider.models])) or [""]

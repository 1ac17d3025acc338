"""A plain sentence for an operation, from its method and path alone: `List comments of an issue`, `Cancel an order`. For want of a person's or a model's words."""

import re
from typing import NamedTuple

from agent.spec.model import ApiType
from agent.spec.names import is_action, singular, words_of
from agent.spec.values import kind_of

_VERBS = {"GET": "Get", "POST": "Create", "PUT": "Replace", "PATCH": "Update", "DELETE": "Delete", "HEAD": "Check", "OPTIONS": "Ask for the options of"}
_CURRENT = {"me", "self", "current", "whoami", "mine"}
_JOINING = {"by", "with", "from", "to", "for", "in", "of", "on", "as"}
_ENDING = re.compile(r"\.(?:json|xml|html?|csv|txt|ya?ml)$", re.IGNORECASE)


class Noun(NamedTuple):
    """What a path is about: words, whether it is one of many, and whose it is."""

    words: tuple[str, ...]
    is_one: bool
    owner: "Noun | None" = None


def summary_of(method: str, template: str, *, is_list: bool, api_type: ApiType = "REST", names: tuple[str, ...] = ()) -> str:
    """One line without a full stop."""
    if api_type != "REST":
        return _other(template, api_type, names)
    segments = _segments(template)
    if len(segments) > 1 and segments[0].lower() in _CURRENT:
        return summary_of(method, "/" + "/".join(segments[1:]), is_list=is_list) + " of the current user"
    last = words_of(_ENDING.sub("", segments[-1])) if segments and not _is_parameter(segments[-1]) else []
    if last and last[0] in _CURRENT:
        owner = _noun(segments[:-1])
        return f"{_verb(method, is_item=True)} the current {' '.join(_singular(owner.words)) if owner else 'user'}"
    if last and is_action(last[0], method):
        return _action(last, _noun(segments[:-1]))
    noun = _noun(segments)
    if noun is None:
        return f"{_verb(method, is_item=False)} the root"
    if noun.words == (method.lower(),):
        return f"Send a {method} request"
    if method == "GET" and is_list and not noun.is_one:
        return f"List {_many(noun)}"
    if noun.is_one:
        return f"{'Update' if method == 'POST' else _verb(method, is_item=True)} {_one(noun)}"
    return f"{_verb(method, is_item=False)} {_one(noun, 'for') if method == 'POST' else _many(noun, article='the ')}"


def _verb(method: str, *, is_item: bool) -> str:
    return "Send" if method == "POST" and is_item else _VERBS.get(method, method.capitalize())


def _other(template: str, api_type: ApiType, names: tuple[str, ...]) -> str:
    about = " ".join(words_of(next((segment for segment in reversed(_segments(template)) if not _is_parameter(segment)), "")))
    about = "" if about in ("stream", "events", "sse", "socket", "ws", "websocket") else about
    match api_type:
        case "WebSocket":
            return f"Open a WebSocket{f' to {about}' if about else ''}"
        case "SSE":
            return f"Stream events{f' of {about}' if about else ''}"
        case "gRPC":
            return f"Call {template.rpartition('/')[2]} by gRPC"
        case "GraphQL":
            return f"Run the GraphQL operation {names[0]}" if len(names) == 1 and names[0].isidentifier() else "Run a GraphQL operation"
        case _:
            return (
                f"Call {names[0].rpartition('/')[2]} by {api_type}"
                if len(names) == 1 and names[0].isprintable() and len(names[0]) < 80
                else f"Call a {api_type} method"
            )


def _action(words: list[str], owner: Noun | None) -> str:
    verb, rest = words[0].capitalize(), words[1:]
    if words[0] in ("login", "logout"):
        return " ".join(["Log", words[0][3:], *rest])
    if owner is None:
        return " ".join([verb, *rest])
    whom = _one(owner) if owner.is_one or words[0] == "create" else _many(owner)
    if rest and rest[0] not in _JOINING:
        return f"{verb} {' '.join(rest)} of {whom}"
    return " ".join([verb, whom, *rest])


def _noun(segments: list[str]) -> Noun | None:
    """The resource that some segments end at, with the last thing that has an id as its owner."""
    is_one = bool(segments) and _is_parameter(segments[-1])
    end = len(segments)
    while end and _is_parameter(segments[end - 1]):
        end -= 1
    start = end
    while start and not _is_parameter(segments[start - 1]):
        start -= 1
    parts = [words for segment in segments[start:end] if kind_of(segment) != "version" and (words := words_of(_ENDING.sub("", segment)))]
    words = [word for part in parts[:-1] for word in _singular(tuple(part))] + (parts[-1] if parts else [])
    if not words:
        return None
    return Noun(tuple(words), is_one, _noun(segments[:start]) if start else None)


def _one(noun: Noun, joining: str = "of") -> str:
    words = _singular(noun.words)
    article = "an" if words[0][0] in "aeio" or (words[0][0] == "u" and not words[0].startswith(("us", "un", "ut"))) else "a"
    return f"{article} {' '.join(words)}{_whose(noun, joining)}"


def _many(noun: Noun, *, article: str = "") -> str:
    """Plural as it stands; where it is none, there is one of it, which may have an article."""
    return f"{article if _singular(noun.words) == noun.words else ''}{' '.join(noun.words)}{_whose(noun)}"


def _whose(noun: Noun, joining: str = "of") -> str:
    return f" {joining} {_one(Noun(noun.owner.words, True))}" if noun.owner else ""


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words[:-1], singular(words[-1]))


def _segments(template: str) -> list[str]:
    """Without what comes before the first resource: versions, `api`."""
    parts = [part for part in template.split("/") if part]
    while parts and not _is_parameter(parts[0]) and (kind_of(parts[0]) == "version" or parts[0].isdigit() or parts[0].lower() in ("api", "rest")):
        parts.pop(0)
    return parts


def _is_parameter(segment: str) -> bool:
    return "{" in segment

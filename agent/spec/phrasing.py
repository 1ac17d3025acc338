"""A plain sentence for an operation, from its method and path alone: `List comments of an issue`, `Cancel an order`. For want of a person's or a model's words."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from agent.spec.english import indefinite_article, plural, singular, spelled
from agent.spec.model import ApiType, Operation, Paging
from agent.spec.names import Reading, acted_on, acting, custom_verb, deed_of, is_action, is_version, looked_up, resource_path, words_of
from agent.spec.pagination import BACK, FLAGS, LIMIT
from agent.spec.values import kind_of

ENDING = re.compile(r"\.(?:json|xml|html?|csv|txt|ya?ml)$", re.IGNORECASE)
_VERBS = {
    "GET": "Get", "POST": "Create", "PUT": "Replace", "PATCH": "Update", "DELETE": "Delete", "HEAD": "Check", "OPTIONS": "Ask for the options of",
    "PROPFIND": "Ask for the properties of", "PROPPATCH": "Change the properties of",
}  # fmt: skip
CURRENT = {"me", "self", "current", "whoami", "mine", "my"}
_JOINING = {"by", "with", "from", "to", "for", "in", "of", "on", "as"}
_WORD = re.compile(r"\d+[a-z]{1,2}(?![a-z])\d*|[A-Z]+(?![a-z])\d*|[a-z]\d+|[A-Z]?[a-z]+(?:\d+(?!\d|[a-z]{1,2}(?![a-z])))?|\d+")
_SINGLE = {"default", "first", "last", "latest", "newest", "next", "previous", "random"}
SELECTING = _SINGLE.union(
    ("active", "all", "archived", "daily", "featured", "hourly", "monthly", "nearby", "new", "pending", "popular", "recent", "top", "trending"),
    ("upcoming", "weekly", "yearly"),
)
"""Words behind a resource that say which of them: `releases/latest`, `posts/recent`."""
_PARTICIPLE = re.compile(r"[a-z]{3,}[^e]ed")
_PARAMETER = re.compile(r"\{([^{}]+)\}")
_BY_NAME = re.compile(r"(?<![^/])([A-Za-z_]+)=\{[^{}]*\}(?![^/])")


class Noun(NamedTuple):
    """What a path is about: words, whether it is one of many, and whose it is."""

    words: tuple[str, ...]
    is_one: bool
    owner: "Noun | None" = None


_SOMETHING = Noun(("resource",), True)
"""What a path is about that has no words."""


def summary_of(method: str, template: str, *, is_list: bool, reading: Reading = "words", api_type: ApiType = "REST", names: tuple[str, ...] = ()) -> str:
    """One line without a full stop. `reading` as `is_action` has it."""
    if api_type != "REST":
        return _other(template, api_type, names)
    template, custom = custom_verb(template)
    if custom:
        return spelled(_action(_words(custom), _noun(_segments(template)) or _SOMETHING))
    segments, by = looked_up(_segments(template))
    if by:
        segments = segments[:-1] if is_list else segments
    said = _sentence(acting(method, template), segments, is_list=is_list, reading=reading)
    return spelled(f"{said} by {' '.join(_words(by))}" if by else said)


def is_selecting(segments: list[str]) -> bool:
    """Whether the last word says which of what stands before it: a participle behind a plural, as `apps/approved`, does too."""
    if len(segments) < 2 or _is_parameter(segments[-2]):
        return False
    before = segments[-2].lower()
    return segments[-1].lower() in SELECTING or bool(_PARTICIPLE.fullmatch(segments[-1]) and singular(before) != before)


def paging_words(paging: Paging, name: str) -> str:
    """What a parameter does that pages; of those that go back, and of others, nothing."""
    words = "".join(words_of(name))
    if name not in paging.parameters or words in BACK:
        return ""
    if paging.where == "header":
        return "Which part of the list to have."
    if words in LIMIT:
        return "How many to have on a page."
    told = f", as the answer before tells in `{paging.next_field}`" if paging.next_field and not paging.next_field.endswith(FLAGS) else ""
    return {"page": "Which page to have.", "offset": "How many to skip."}.get(paging.kind, f"Where the page begins{told}.")


def told_apart(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """The operations, those with one summary told apart by what differs: the format, the version, the last parameter, the method, else the path."""
    known, alike = tuple(operations), dict[str, list[Operation]]()
    for operation in known:
        alike.setdefault(operation.summary, []).append(operation)
    said = {(one.method, one.template): text for summary, group in alike.items() for one, text in zip(group, _apart(summary, group), strict=True)}
    return tuple(msgspec.structs.replace(operation, summary=said[operation.method, operation.template]) for operation in known)


def _apart(summary: str, group: list[Operation]) -> list[str]:
    texts = [summary] * len(group)
    plain = [operation for operation in group if not operation.template.endswith("}")]
    for tell in (_format, _version, _last_word, _last_parameter, _method):
        is_said = len(plain) == 1 and tell in (_last_word, _last_parameter)
        longer = [text if is_said and operation in plain else text + tell(operation) for text, operation in zip(texts, group, strict=True)]
        texts = longer if len(set(longer)) > len(set(texts)) else texts
    return texts if len(set(texts)) == len(group) else [f"{summary} ({operation.method} {operation.template})" for operation in group]


def _format(operation: Operation) -> str:
    found = ENDING.search(operation.template)
    return f" as {found[0][1:].upper()}" if found else ""


def _version(operation: Operation) -> str:
    return "".join(f" ({part})" for part in operation.template.split("/") if part and is_version(part))


def _last_parameter(operation: Operation) -> str:
    names = _PARAMETER.findall(operation.template)
    return spelled(f" by {' '.join(_unnumbered(names[-1]))}") if names else ""


def _last_word(operation: Operation) -> str:
    words = _last_parameter(operation).split(" ")
    return f" by {words[-1]}" if len(words) > 1 else ""


def _method(operation: Operation) -> str:
    return f" ({operation.method})"


def _sentence(method: str, segments: list[str], *, is_list: bool, reading: Reading = "words") -> str:
    me = next((at for at, segment in enumerate(segments[:-1]) if at < 2 and segment.lower() in CURRENT), -1)
    if me >= 0 and not _is_parameter(segments[me - 1] if me else ""):
        owner = _noun(segments[:me])
        return (
            f"{_sentence(method, segments[me + 1 :], is_list=is_list, reading=reading)} of the current {' '.join(_singular(owner.words)) if owner else 'user'}"
        )
    last = _words(ENDING.sub("", segments[-1])) if segments and not _is_parameter(segments[-1]) else []
    if last and last[0] in CURRENT:
        owner = _noun(segments[:-1])
        return f"{_verb(method, is_item=True)} the current {' '.join(_singular(owner.words)) if owner else 'user'}"
    if last and (is_action(last, method, reading=reading) or (last == ["get"] and method == "GET" and len(segments) > 1)):
        return _action(last, _noun(_selection(segments[:-1])))
    if len(done := acted_on(segments, method, reading=reading)) < len(segments):
        whom = _noun(done[:-1])
        return _action(_words(done[-1]), whom._replace(is_one=True) if whom else None)
    if is_selecting(segments):
        return _selected(method, segments, is_list=is_list)
    noun = _noun(segments)
    if noun is None:
        return f"{_verb(method, is_item=bool(segments))} {_without_words(segments)}"
    if noun.words == (method.lower(),):
        return f"Send a {method} request"
    if method == "GET" and is_list:
        return f"List {_several(noun)}"
    if noun.is_one:
        return f"{_verb(method, is_item=True)} {_one(noun)}"
    return f"{_verb(method, is_item=False)} {_one(noun, 'for') if method == 'POST' else _many(noun, article='the ')}"


def _selection(segments: list[str]) -> list[str]:
    """With a word that says which of many before them: `latest_artifacts` of `artifacts/latest`."""
    if not is_selecting(segments):
        return segments
    return [*segments[:-2], f"{segments[-1].lower()}_{segments[-2]}"]


def _selected(method: str, segments: list[str], *, is_list: bool) -> str:
    """Which of many is asked for: `Get the latest release`, `List recent posts`, `Search all tweets`."""
    which, rest = segments[-1].lower(), segments[:-1]
    if len(rest) > 1 and is_action(_words(rest[-1]), method) and not _is_parameter(rest[-2]):
        return _sentence(method, [*_selection([*rest[:-1], which]), rest[-1]], is_list=is_list)
    noun = _noun(rest)
    if noun is None or is_list or (which not in _SINGLE and method != "POST"):
        several = _several(noun).removeprefix("the ") if noun else "resources"
        return f"{'List' if method == 'GET' and is_list else _verb(method, is_item=False)} {which} {several}"
    article = indefinite_article(which) if method == "POST" else "the"
    return f"{_verb(method, is_item=False)} {article} {which} {' '.join(_singular(noun.words))}{_whose(noun)}"


def _without_words(segments: list[str]) -> str:
    """What a path is about that has none of our letters: a thing by its last parameter, the segment as it is written, or the root."""
    names = _PARAMETER.findall("/".join(segments))
    if names:
        return f"{_one(_SOMETHING)} by {' '.join(_unnumbered(names[-1])) or names[-1]}"
    return segments[-1] if segments else "the root"


def _unnumbered(name: str) -> list[str]:
    """The words of a parameter without the number that only tells it from another of its name."""
    return _words(re.sub(r"_\d+$", "", name))


def _words(text: str) -> list[str]:
    """As `words_of`, with numbers left at the words before them, as in `G2M` and `v2`, and with a letter or two at theirs: `3d`, `3ds2`."""
    return [word.lower() for word in _WORD.findall(text)]


def _verb(method: str, *, is_item: bool) -> str:
    return "Update" if method == "POST" and is_item else _VERBS.get(method, method.capitalize())


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
                else f"Call {'an' if api_type[0] == 'X' else 'a'} {api_type} method"
            )


def _action(words: list[str], owner: Noun | None) -> str:
    done, rest = deed_of(words)
    verb = " ".join(done).capitalize()
    if words[0] in ("login", "logout"):
        return " ".join(["Log", words[0][3:], *rest])
    if words[0] in ("sign", "log") and rest and rest[0] in ("in", "out", "up", "off"):
        return " ".join([verb, *rest])
    if owner is None:
        return " ".join([verb, *rest])
    whom = _one(owner) if owner.is_one or words[0] == "create" else _several(owner) if words == ["list"] else _many(owner)
    if words[0] == "list" and len(rest) == 1 and not owner.is_one and plural(rest[0]) != rest[0]:
        return f"{verb} {rest[0]} {whom}"
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
    parts = [words for segment in segments[start:end] if kind_of(segment) != "version" and (words := _words(ENDING.sub("", segment)))]
    words = [word for part in parts[:-1] for word in _singular(tuple(part))] + (parts[-1] if parts else [])
    if not words:
        return None
    return Noun(tuple(words), is_one, _noun(segments[:start]) if start else None)


def _one(noun: Noun, joining: str = "of") -> str:
    words = _singular(noun.words)
    return f"{indefinite_article(words[0])} {' '.join(words)}{_whose(noun, joining)}"


def _several(noun: Noun) -> str:
    """Plural, also where the path has one: `/Road` lists roads. What belongs to something may be one list: its history, its timeline."""
    last = noun.words[-1]
    if noun.owner and singular(last) == last:
        return f"the {' '.join(noun.words)}{_whose(noun)}"
    if last in _JOINING and len(noun.words) > 1:
        return f"{' '.join((*noun.words[:-2], plural(noun.words[-2]), last))}{_whose(noun)}"
    return f"{' '.join((*noun.words[:-1], plural(last)))}{_whose(noun)}"


def _many(noun: Noun, *, article: str = "") -> str:
    """Plural as it stands; where it is none, there is one of it, which may have an article."""
    return f"{article if _singular(noun.words) == noun.words else ''}{' '.join(noun.words)}{_whose(noun)}"


def _whose(noun: Noun, joining: str = "of") -> str:
    return f" {joining} {_one(Noun(noun.owner.words, True))}" if noun.owner else ""


def _singular(words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words[:-1], singular(words[-1]))


def _segments(template: str) -> list[str]:
    """From the first resource on; `regions={region}` is a resource and its id."""
    return _BY_NAME.sub(r"\1/{}", "/".join(resource_path(template))).split("/") if resource_path(template) else []


def _is_parameter(segment: str) -> bool:
    return "{" in segment

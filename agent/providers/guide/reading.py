"""From a sentence to clauses: protect what must not be cut (quotes, URLs, ids, JSON), split, correct spelling, hear mood and negation.

Knows words and shapes, not verbs: which tool a clause asks for is decided in `intents`.
"""

import difflib
import json
import re
from functools import cache
from typing import Literal, cast

import msgspec

from agent.providers.guide import words

SpanKind = Literal["quote", "code", "json", "secret", "url", "id", "operation", "path", "pair", "host"]
PLACE = r"⟦(\d+)⟧"


class Span(msgspec.Struct, frozen=True):
    """A piece of the text that stands in a clause as `⟦n⟧`."""

    kind: SpanKind
    value: str


class Masked(msgspec.Struct, frozen=True):
    text: str
    spans: tuple[Span, ...] = ()


class Clause(msgspec.Struct, frozen=True):
    """One thing that is said. `text` is masked and spelled right; `head` are the concepts of its first telling word."""

    text: str
    spans: tuple[Span, ...]
    mood: str
    concepts: frozenset[str]
    head: frozenset[str]
    negated: bool = False

    def span(self, token: str) -> Span | None:
        """What `⟦n⟧` stands for; None for an ordinary word."""
        found = re.fullmatch(PLACE, token)
        return self.spans[int(found[1])] if found else None

    def plain(self, text: str) -> str:
        """The text with its protected pieces put back."""
        return unmask(text, self.spans)


def mask(text: str) -> Masked:
    """Replace whatever must be kept whole by a token. Only the beginning of a very long text is heard: a request, not a paste."""
    spans, text = list[Span](), _ADDRESSED.sub(r"\1 ", re.sub(r"[⟦⟧]", " ", text[:_READ]))
    for kind, pattern in _SHAPES:

        def keep(found: re.Match[str], kind: SpanKind = kind) -> str:
            value = next((group for group in found.groups() if group is not None), found[0])
            if kind == "json" and not isinstance(_json(value), dict):
                return found[0]
            spans.append(Span(kind, unmask(value, tuple(spans))))
            before = found[0][: found.start(1) - found.start()] if found.re is _PROMPT_TEXT else ""
            return f"{before} ⟦{len(spans) - 1}⟧ " if kind in {"code", "quote"} else f"⟦{len(spans) - 1}⟧"

        text = pattern.sub(keep, text)
    return Masked(re.sub(r"⟦\d*$", "", text[:_HEARD]), tuple(spans))


def unmask(text: str, spans: tuple[Span, ...]) -> str:
    return re.sub(PLACE, lambda found: spans[int(found[1])].value, text)


def pieces(masked: Masked) -> tuple[str, ...]:
    """The text cut where one request may end and the next begin."""
    return tuple(piece for piece in (part.strip(" ,.;:!?") for part in re.split(words.SPLIT, masked.text, flags=re.IGNORECASE)) if piece)[:_PIECES]


def clause(text: str, spans: tuple[Span, ...], names: frozenset[str] = frozenset()) -> Clause:
    """Hear one piece: its mood, what is negated (and cut off), its words. `names` are never corrected."""
    bare, preamble = _without_preamble(_phrased(text))
    mood = _mood(bare, preamble)
    kept, negated = _without_negated(_corrected(bare, names))
    kept, _ = _without_preamble(kept)
    telling = [word for word in _words(kept) if meanings(word) or re.fullmatch(PLACE, word)]
    concepts = frozenset(concept for word in telling for concept in meanings(word))
    return Clause(kept, spans, mood, concepts, meanings(telling[0]) if telling and _leads(kept, telling[0]) else frozenset(), negated)


def translated(text: str) -> str:
    """Simplified Chinese for the main verbs as English words; other text unchanged."""
    if not re.search(r"[\u4e00-\u9fff]", text):
        return text
    for chinese, english in words.CHINESE:
        text = text.replace(chinese, english)
    return re.sub(r"\s+", " ", text.translate(str.maketrans("，。？！：；、", ",.?!:;,"))).strip()


@cache
def meanings(word: str) -> frozenset[str]:
    """The concepts a word stands for."""
    return _concepts().get(word.lower(), frozenset())


def is_noise(word: str) -> bool:
    return word.lower() in words.NOISE or bool(meanings(word))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _words(text: str) -> list[str]:
    return re.findall(r"⟦\d+⟧|[\w'’./-]+", text)


def _leads(text: str, word: str) -> bool:
    """Whether only noise stands before the word: then it is what the clause tells us to do."""
    before = _words(text[: text.find(word)])
    return len(before) <= 1 and all(
        other.lower() in {"to", "again", "now", "the", "my", "it", "quickly", "safely", "permanently", "immediately"} for other in before
    )


def _phrased(text: str) -> str:
    if not _DEMO_WANTED.search(text):
        text = _DEMO_NAMED.sub("demo-shop", text)
    for pattern, single in _PHRASES:
        text = pattern.sub(single, text)
    return text


def _without_preamble(text: str) -> tuple[str, str]:
    rest = text.strip()
    while (found := _PREAMBLE.match(rest)) and found.end():
        rest = rest[found.end() :].lstrip(" ,")
    return rest, text[: len(text) - len(rest)]


def _mood(text: str, preamble: str) -> str:
    lowered = text.lower()
    return next((mood for mood, pattern in _MOODS if pattern.search(lowered)), "request")


def _without_negated(text: str) -> tuple[str, bool]:
    found = _NEGATION.search(text)
    if found is None or re.match(r"(why|which|what|who|how)\b", text, re.IGNORECASE):
        return text, False
    return text[: found.start()].strip(" ,"), True


def _corrected(text: str, names: frozenset[str]) -> str:
    return re.sub(r"(?<![\w⟦/.-])[A-Za-z][A-Za-z']+(?![\w⟧/.-])", lambda found: found[0] if found[0].lower() in names else _spelled(found[0]), text)


@cache
def _spelled(word: str) -> str:
    lowered = word.lower()
    if lowered in words.TYPOS:
        return words.TYPOS[lowered]
    if len(word) < 5 or word[0].isupper() or is_noise(lowered) or lowered in words.NUMBERS:
        return word
    if _is_inflected(lowered):
        return word
    near = difflib.get_close_matches(lowered, _vocabulary(), n=1, cutoff=0.82)
    return near[0] if near and near[0][0] == lowered[0] and abs(len(near[0]) - len(word)) <= 2 else word


def _is_inflected(word: str) -> bool:
    """Another form of a known word is not a misspelling of it."""
    stems = [word.removesuffix(ending) for ending in ("ing", "es", "s", "ed") if word.endswith(ending)]
    return any({stem, f"{stem}e"} & set(_vocabulary()) for stem in stems) or f"{word}s" in _vocabulary()


@cache
def _concepts() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, listed in words.CONCEPTS.items():
        for word in listed.split():
            found.setdefault(word, set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


@cache
def _vocabulary() -> tuple[str, ...]:
    times = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "yesterday", "today", "daily", "weekly", "monthly", "successful"]
    return tuple(word for word in [*_concepts(), *times] if len(word) >= 4 and word not in words.DESTRUCTIVE)


_PROMPT_TEXT = re.compile(r"\bprompt\b[^:]{0,60}:\s+(?!⟦\d+⟧\s*$)(.+)$", re.DOTALL | re.IGNORECASE)
_READ, _HEARD, _PIECES = 100_000, 1500, 20
_METHOD = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_ADDRESSED = re.compile(rf"\ban? ({_METHOD})(?: request| call)? (?:to|on|at|against) (?=/)")  # "send a GET to /orders"
_SHAPES: tuple[tuple[SpanKind, re.Pattern[str]], ...] = cast(
    "tuple[tuple[SpanKind, re.Pattern[str]], ...]",
    (
        ("code", re.compile(r"```[\w-]*\n?(.*?)```", re.DOTALL)),
        ("json", re.compile(r"\{(?!\{).*\}(?!\})", re.DOTALL)),
        ("quote", re.compile(r"\"([^\"]+)\"|“([^”]+)”|`([^`]+)`|(?<!\w)'([^']+)'(?!\w)|「([^」]+)」")),
        ("quote", _PROMPT_TEXT),
        ("secret", re.compile(r"\b(?:sk|pk|rk|key|ghp|gsk|xox[bp])[-_][\w-]{12,}|\b[A-Za-z0-9_-]{40,}\b")),
        ("operation", re.compile(rf"\b(?:{_METHOD})\s+/[^\s?,]*(?<![.!:;])")),
        ("url", re.compile(r"\b(?:https?|wss?)://[^\s<>⟦⟧，。？]+?(?=[.,;:!?)\]]*(?:\s|$)|[，。？]|⟦)")),
        ("id", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)),
        ("host", re.compile(r"(?<![\w@/.⟦-])(?:localhost(?::\d+)?|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|(?:[a-z0-9-]+\.)+(?!json\b|ya?ml\b|ts\b|md\b|har\b|txt\b|html?\b|js\b|py\b|gz\b)[a-z]{2,}(?::\d+)?)(?:/[^\s,;?!]*[^\s,;?!.])?(?![\w@])", re.IGNORECASE)),
        ("path", re.compile(r"(?<=\s)/[\w{}:.~%*/-]*[\w}*]")),
        ("pair", re.compile(r"(?<![\w⟦])[\w.-]+=(?:⟦\d+⟧|[^\s,;]+)")),
    ),
)  # fmt: skip
_PHRASES = tuple((re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), single) for pattern, single in words.PHRASES)
_DEMO_WANTED, _DEMO_NAMED = re.compile(words.DEMO_WANTED, re.IGNORECASE), re.compile(words.DEMO_NAMED, re.IGNORECASE)
_PREAMBLE = re.compile(words.PREAMBLE, re.IGNORECASE)
_MOODS = tuple((mood, re.compile(pattern)) for mood, pattern in words.MOODS)
_NEGATION = re.compile(words.NEGATION, re.IGNORECASE)

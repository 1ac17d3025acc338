"""The language of the search box: `refund api:shop status:5xx before:2026-01-01 in:chats "exact words"`. Text in, a value out; and marks in what was found.

`in:` chats, calls, apis or docs; `from:me` or `from:agent`; `api:`, `method:`, `status:`, `path:`, `after:` and `before:` as in the filter box of calls.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

import msgspec

from agent.calls import call_filters
from agent.calls.capture_search import Filter
from agent.errors import Problem
from agent.relative_time import moment

PLACES = ("chats", "calls", "apis", "docs", "pages")
_SAME = {
    "chat": "chats", "message": "chats", "messages": "chats", "call": "calls", "api": "apis", "endpoint": "apis", "endpoints": "apis",
    "doc": "docs", "document": "docs", "documents": "docs", "documentation": "docs", "page": "pages", "settings": "pages",
}  # fmt: skip
_FROM = {"me": "user", "user": "user", "agent": "assistant", "assistant": "assistant", "wiretalk": "assistant"}
_WORD = re.compile(r'(?P<key>[a-z]+):(?:"(?P<kept>[^"]*)"|(?P<value>[^\s"]+))|"(?P<phrase>[^"]+)"?|(?P<word>[^\s"]+)', re.IGNORECASE)
_OF_CALLS = ("method", "status", "path", "took", "source", "operation", "pattern")
_PIECE = re.compile(r"[^\W_]+")
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_CHARACTER = re.compile(f"[{_ALONE}]|[^\\W_{_ALONE}]+")
LONGEST = 300
_MOST_TERMS = 12


class Wanted(msgspec.Struct, frozen=True):
    """`terms` are words and phrases as typed; `calls` holds the filters that only calls know."""

    terms: list[str]
    phrases: list[str] = []
    place: str | None = None
    api: str | None = None
    role: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    calls: Filter = Filter()

    @property
    def text(self) -> str:
        return " ".join([*self.terms, *self.phrases])

    @property
    def is_about_calls(self) -> bool:
        """Whether something was asked that only a call can answer."""
        return self.calls != Filter()


class Piece(NamedTuple):
    """A bit of a text that was found, marked or not."""

    text: str
    is_hit: bool


def parse(text: str) -> Wanted:
    """Raises invalid_arguments with the word that cannot be read."""
    words: list[str] = []
    phrases: list[str] = []
    keys: dict[str, str] = {}
    calls: list[str] = []
    for match in _WORD.finditer(_clean(text)):
        key, value = (match["key"] or "").lower(), match["kept"] or match["value"] or ""
        if match["phrase"]:
            phrases.append(match["phrase"])
        elif key in ("in", "api", "endpoint", "from", "before", "until", "after", "since") and value:
            keys[{"endpoint": "api", "until": "before", "since": "after"}.get(key, key)] = value
        elif key in _OF_CALLS and value:
            calls.append(f'{key}:"{value}"' if " " in value else f"{key}:{value}")
        else:
            words.append(match.group())
    return Wanted(
        words[:_MOST_TERMS], phrases[:_MOST_TERMS], _place(keys.get("in")), keys.get("api"), _role(keys.get("from")), _time(keys.get("after")),
        _time(keys.get("before")), call_filters.parse(" ".join(calls)) if calls else Filter(),
    )  # fmt: skip


def tsquery(wanted: Wanted) -> str:
    """What `to_tsquery` takes: every word by its beginning, every phrase in its order; empty where there is no word."""
    words = [_joined(_CHARACTER.findall(term.lower()), "<->", is_open=True) for term in wanted.terms]
    exact = [_joined(_CHARACTER.findall(phrase.lower()), "<->", is_open=False) for phrase in wanted.phrases]
    return " & ".join(part for part in [*words, *exact] if part)


def words_of(wanted: Wanted) -> list[str]:
    """The single words that were asked for, in lower case."""
    return list(dict.fromkeys(piece for text in [*wanted.terms, *wanted.phrases] for piece in _PIECE.findall(text.lower())))


def marked(text: str, words: list[str], *, around: int = 90) -> list[Piece]:
    """The part of a text with the most hits, cut at words, with the hits marked. Words are looked for at the beginnings of words."""
    flat = " ".join(text.split())
    hits = _hits(flat, words)
    start, end = _window(flat, [hit[0] for hit in hits], around)
    pieces: list[Piece] = [Piece("… ", False)] if start else []
    at = start
    for first, last in hits:
        if first < at or last > end:
            continue
        pieces += [Piece(flat[at:first], False)] if first > at else []
        pieces.append(Piece(flat[first:last], True))
        at = last
    rest = flat[at:end]
    return [*pieces, *([Piece(rest, False)] if rest else []), *([Piece(" …", False)] if end < len(flat) else [])]


def plain(markdown: str) -> str:
    """Without the marks that would only disturb a line of it."""
    markdown = re.sub(r"\[([^\]\n]*)\]\([^)\s]*\)", r"\1", markdown)
    return re.sub(r"[`*#|]|^\s*-+\s*$|^\s*[-|: ]+$", " ", markdown, flags=re.MULTILINE)


def alike(one: str, other: str) -> float:
    """How alike two short texts are by their trigrams, as PostgreSQL's pg_trgm counts: 1 for the same words, 0 for nothing shared.

    Computed here because the embedded PostgreSQL comes without that extension.
    """
    a, b = _trigrams(one), _trigrams(other)
    return len(a & b) / len(a | b) if a and b else 0.0


def alike_within(word: str, text: str) -> float:
    """The likeness of a word and the most alike word of a text."""
    return max((alike(word, part) for part in _PIECE.findall(text.lower())[:40]), default=0.0)


def _joined(pieces: list[str], operator: str, *, is_open: bool) -> str:
    if not pieces:
        return ""
    shown = [f"'{piece}'" for piece in pieces]
    if is_open and not re.match(f"[{_ALONE}]", pieces[-1]):
        shown[-1] += ":*"
    return f"({f' {operator} '.join(shown)})"


def _hits(text: str, words: list[str]) -> list[tuple[int, int]]:
    known = sorted((word for word in words if word), key=len, reverse=True)
    if not known:
        return []
    expression = "|".join(re.escape(word) if re.match(f"[{_ALONE}]", word) else rf"(?<![^\W_]){re.escape(word)}[^\W_]*" for word in known)
    return [match.span() for match in re.finditer(expression, text[:50_000], re.IGNORECASE)]


def _window(text: str, starts: list[int], around: int) -> tuple[int, int]:
    """The stretch that holds most hits, the first of such."""
    width = around * 2
    if len(text) <= width + 40:
        return 0, len(text)
    best = max(starts, key=lambda at: (sum(at <= other < at + width - 30 for other in starts), -at), default=0)
    start = max(0, best - 30)
    start = 0 if start < 20 else text.find(" ", start, start + 20) + 1 or start
    end = min(len(text), start + width)
    cut = text.rfind(" ", end - 20, end) if end < len(text) else -1
    return start, cut if cut > start else end


@lru_cache(20_000)
def _trigrams(text: str) -> frozenset[str]:
    found: set[str] = set()
    for word in _PIECE.findall(text.lower()[:200]):
        padded = f"  {word} "
        found |= {padded[at : at + 3] for at in range(len(padded) - 2)}
    return frozenset(found)


def _clean(text: str) -> str:
    return text.replace("\0", " ").encode("utf-8", "replace").decode()[:LONGEST]


def _place(value: str | None) -> str | None:
    word = (value or "").lower()
    if not word or word in ("all", "everything"):
        return None
    place = _SAME.get(word, word)
    if place not in PLACES:
        raise Problem("invalid_arguments", f"`in:{word[:40]}` names no place.", remedy=f"Use in:{', in:'.join(PLACES)}.", field="q")
    return place


def _role(value: str | None) -> str | None:
    if not value:
        return None
    if value.lower() not in _FROM:
        raise Problem("invalid_arguments", f"`from:{value[:40]}` names nobody.", remedy="Use from:me or from:agent.", field="q")
    return _FROM[value.lower()]


def _time(value: str | None) -> datetime | None:
    return moment(value) if value else None

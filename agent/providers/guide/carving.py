"""How a value is cut out of what is said: by a protected piece, by a table of patterns, by a regular expression.

An extractor takes `Said` and gives a `Found` with the words that are left, or None. It never looks at captured text.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from agent.providers.guide import phrasing, words
from agent.providers.guide.memory import Memory
from agent.providers.guide.reading import Clause


class Said(msgspec.Struct, frozen=True):
    rest: str
    clause: Clause
    memory: Memory
    files: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True):
    """`values` has more than one where several were named."""

    values: tuple[Any, ...]
    rest: str


def normal_url(text: str) -> str:
    """A URL with its scheme; loopback and bare addresses get http."""
    if "://" in text:
        return text
    return f"http://{text}" if re.match(r"localhost|\d+\.\d+\.\d+\.\d+", text) else f"https://{text}"


def span(*kinds: str, many: bool = False, change: Callable[[str], Any] = str) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        tokens = [t for t in re.findall(r"⟦\d+⟧", said.rest) if (span := said.clause.span(t)) and span.kind in kinds]
        if not tokens:
            return None
        taken, rest = tokens if many else tokens[:1], said.rest
        for token in taken:
            rest = rest.replace(token, " ")
        return Found(tuple(change(said.clause.plain(token)) for token in taken), rest)

    return extract


def table(rows: tuple[tuple[str, Any], ...]) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        for pattern, value in rows:
            if found := re.search(pattern, said.rest, re.IGNORECASE):
                return Found((found.expand(value).lower() if isinstance(value, str) and "\\" in value else value,), cut(said.rest, found))
        return None

    return extract


def regex(*patterns: str) -> Callable[[Said], Found | None]:
    def extract(said: Said) -> Found | None:
        for pattern in patterns:
            found = re.search(pattern, said.rest, re.IGNORECASE)
            if found and (value := said.clause.plain(re.sub(phrasing.TRAILER, "", found["value"], flags=re.IGNORECASE)).strip(" ,.:;\"'")):
                parts = found.groupdict()
                return Found((value,), f"{parts.get('keep') or ''}{parts.get('more') or ''}".join(_around(said.rest, found)))
        return None

    return extract


def number_in(text: str) -> float | None:
    """A number in figures or words."""
    lowered = text.lower().strip().replace(",", "")
    if figure := re.fullmatch(r"(\d+(?:\.\d+)?)(k?)", lowered):
        return float(figure[1]) * (1000 if figure[2] else 1)
    lowered, halves = re.subn(r"[\s-]and[\s-]an?[\s-]half$", "", lowered)
    total = 0
    for word in re.split(r"[\s-]+", re.sub(r"^an? (?=\w)", "", lowered)):
        if word in words.SCALES:
            total = max(total, 1) * words.SCALES[word]
        elif word in words.NUMBERS:
            total += words.NUMBERS[word]
        elif word not in {"and", "of"}:
            return None
    return total + halves / 2


def cut(text: str, found: re.Match[str]) -> str:
    return " ".join(" ".join(_around(text, found)).split())


def _around(text: str, found: re.Match[str]) -> tuple[str, str]:
    return f"{text[: found.start()]} ", f" {text[found.end() :]}"


def says_it(said: Said) -> bool:
    return bool(re.search(r"\b(it|its|this|that|these|there|one)\b", said.rest, re.IGNORECASE))


NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?k?|(?:{'|'.join(words.NUMBERS)}|{'|'.join(words.SCALES)})(?:[\s-]+(?:and )?(?:{'|'.join(words.NUMBERS)}|{'|'.join(words.SCALES)})\b){{0,6}}(?:[\s-]and[\s-]an?[\s-]half\b)?)"

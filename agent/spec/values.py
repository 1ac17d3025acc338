"""What one value looks like: the kind of a path segment, and the format of a text in a body.

A kind is a fact about the characters only; whether a segment is a parameter is decided in `paths.roles`, with the evidence of its siblings.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal
from urllib.parse import unquote

from agent.spec import path_syntax

Kind = Literal[
    "int",
    "uuid",
    "hex",
    "token",
    "prefixed",
    "phone",
    "date",
    "datetime",
    "email",
    "ip",
    "list",
    "free",
    "boolean",
    "version",
    "code",
    "locale",
    "domain",
    "mixed",
    "word",
]

STAND_INS = {
    "date-time": "2025-01-31T12:00:00Z",
    "date": "2025-01-31",
    "time": "12:00:00",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "someone@example.com",
    "uri": "https://example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "binary": "",
}
"""By format, a value that nobody would take for one that was heard."""
CERTAIN: frozenset[str] = frozenset({"int", "uuid", "hex", "token", "prefixed", "phone", "date", "datetime", "email", "ip", "list", "free", "boolean"})
"""Kinds that no one writes as the literal name of a resource, unless it is a version (see `paths.roles`)."""

SLOT_KINDS: frozenset[str] = frozenset({"int", "uuid", "hex", "token", "prefixed", "phone", "email"})
"""Kinds that are folded while observing, because their values may be as many as the calls."""


@lru_cache(maxsize=65536)
def kind_of(segment: str) -> Kind:
    """The kind of a decoded path segment. `word` is everything that could be a literal."""
    if segment.isascii() and segment.isalpha():  # as most are, and of letters alone little can be made
        if segment in _BOOLEANS:
            return "boolean"
        return "code" if len(segment) > 1 and segment.isupper() else _kind_of_letters(segment)
    if found := _FORM.fullmatch(segment):
        return _FORMS[(found.lastindex or 1) - 1][0]
    if _FREE.search(segment):
        return "free"
    if "," in segment:
        return "list"
    return _kind_of_letters(segment)


@lru_cache(maxsize=65536)
def split_affixes(segment: str) -> tuple[str, str, str]:
    """`@name`, `12.json` and `12:cancel` as (prefix, stem, suffix). What has a slash is one name with all of it: `@scope/name`, `notes/a.md`."""
    if "/" in segment:
        return "", segment.removesuffix(":"), ":" * segment.endswith(":")
    prefix = segment[:1] if segment[:1] in "@~$!" and len(segment) > 1 else ""
    stem, suffix = segment[len(prefix) :], ""
    match = _SUFFIX.search(stem)
    if match and match.start() and kind_of(stem) not in ("version", "ip", "email", "datetime"):
        stem, suffix = stem[: match.start()], stem[match.start() :]
    return prefix, stem, suffix


@lru_cache(maxsize=65536)
def fold(raw: str) -> str:
    """A raw segment with an evident id replaced by `<kind>`, and what its syntax sets apart by `{}`, so that a summary does not grow with the ids in it."""
    segment = unquote(raw)
    if holed := path_syntax.cut(segment):
        return holed.text
    prefix, stem, suffix = split_affixes(segment)
    kind = kind_of(stem)
    if kind not in SLOT_KINDS or (kind == "int" and (len(stem) < 3 or _YEAR.fullmatch(stem))):
        return raw
    return f"{prefix}<{kind}>{suffix}"


def format_of(text: str) -> str:
    """The JSON Schema format that a text has, or an empty text. Cheap for what has none: it is asked for each text of each body."""
    first, length = text[:1], len(text)
    if length == 36 and text[8] == "-" and _UUID.fullmatch(text):
        return "uuid"
    if length >= 10 and first.isdigit() and text[4] == "-":
        if length == 10:
            return "date" if _DATE.fullmatch(text) else ""
        return "date-time" if _DATE_TIME.fullmatch(text) else ""
    if first == "h" and text.startswith(("https://", "http://")):
        return "uri" if _URI.fullmatch(text) else ""
    if "@" in text:
        return "email" if _EMAIL.fullmatch(text) else ""
    if 7 <= length <= 15 and first.isdigit() and text.count(".") == 3:
        return "ipv4" if _IPV4.fullmatch(text) else ""
    return ""


_FREE = re.compile(r"[^\w.~:@$,;='()*+&-]")
"""Nobody writes blanks, slashes, exclamation marks or pictures in the name of a resource."""
_BOOLEANS = frozenset({"true", "false", "True", "False"})
_VOWELS = re.compile(r"[aeiouyAEIOUY]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_UUID = re.compile(r"\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?")
_DATE = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")
_DATE_TIME = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_URI = re.compile(r"https?://[^\s<>\"{}|\\^`]+")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]+")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_SUFFIX = re.compile(
    r"(?:\.(?:json|jsonld|geojson|xml|csv|tsv|html?|txt|md|pdf|ya?ml|zip|tar|t?gz|tar\.gz|atom|rss|ics|svg|png|jpe?g|gif|webp|mp[34]|m3u8|xlsx?|docx?|proto|avro|parquet|ndjson|geotiff?|kml|gpx)|:[a-z][A-Za-z]+|(?<=\w):)$"
)
_FORMS: tuple[tuple[Kind, str], ...] = (
    ("int", r"-?\d+"),
    ("uuid", _UUID.pattern),
    ("date", r"\d{4}-\d\d(?:-\d\d)?|\d{4}-W\d\d|\d\d-\d\d-\d{4}"),
    ("datetime", r"\d{4}-\d\d-\d\d[T ]\d\d:?\d\d.*"),
    ("email", _EMAIL.pattern),
    ("ip", _IPV4.pattern),
    ("ip", r"(?=.*\d)[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}"),
    ("phone", r"\+\d{6,15}"),
    ("list", r"\d+(?::\d+)+"),
    ("version", r"[vV]?\d+(?:\.\d+)+(?:[-+.]?[a-z]+[.\d]*)?"),
    ("version", r"[vV]\d+(?:p\d+)?(?:(?:alpha|beta|rc|preview)\d*)?"),
    ("hex", r"(?=.*\d)(?=.*[a-f])(?:[0-9a-f]{8,}|0x[0-9a-f]{6,})|(?=.*\d)(?=.*[A-F])[0-9A-F]{8,}"),
    ("locale", r"[a-z]{2}[-_][A-Z]{2}"),
    ("code", r"[A-Z]{2,}(?:[-_][A-Z]{2,})*"),
    ("prefixed", r"[A-Za-z]{1,8}[-_]?\d{6,}"),
    ("domain", r"(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|io|example|[a-z]{2}\.[a-z]{2})"),
)
_FORM = re.compile("|".join(f"({form})" for _, form in _FORMS))
"""All in one, of which the first that fits counts: asked one by one, they would take most of the time."""
_CAMEL = re.compile(r"[a-z]*(?:[A-Z][a-z]+)+|(?:[a-z]{3,}|[A-Z]+[a-z]{2,}|(?:By|To|Of|In|At|On|Or|As|Is)(?=[A-Z]))+[A-Z]*\d?")
"""Names of joined words, with the short ones that join them: `NewsByPlayerID`, `CollectionToJSON`, `ScoresDeltaV3`."""
_SPOKEN = re.compile(r"(?=[a-z]{8})(?:[^aeiouy\W\d_]{0,2}[aeiouy]{1,2})+[^aeiouy\W\d_]{0,2}(?=\d)")
"""A long word before a digit: `authorise3ds2`."""
_LONG = 20
"""What is longer is no word, even if it begins as one."""
_VERSIONED = re.compile(r"(?<=[a-z])[-_.]?v\d$")
"""`recently-visited-v1` is a name like any other."""
_RANDOM_TAIL = re.compile(r"([A-Za-z]{1,12})[_-]([A-Za-z0-9]{6,})")


def _kind_of_letters(text: str) -> Kind:
    if text[:3] == "eyJ" and text.count(".") == 2:
        return "token"  # a JWT, which no document may show as the name of a resource
    if len(text) > 36 and _UUID.search(text):
        return "prefixed"
    if sum(map(_is_unspeakable, chunks := re.split(r"[-_.]", text))) and len(chunks) > 1:
        return "prefixed"
    tail = _RANDOM_TAIL.fullmatch(text)
    if tail and _is_random(tail.group(2)):
        return "prefixed"
    if _is_random(text):
        return "token"
    return "mixed" if any(character.isdigit() for character in _VERSIONED.sub("", text)) else "word"


def _is_unspeakable(chunk: str) -> bool:
    """Letters and digits without any vowel, as generated suffixes avoid them."""
    return len(chunk) >= 6 and chunk.isalnum() and not _VOWELS.search(chunk) and any(c.isdigit() for c in chunk) and sum(c.isalpha() for c in chunk) >= 3


def _is_random(text: str) -> bool:
    """Whether letters and digits change class as often as in a generated id, and seldom in a name."""
    length = len(text)
    if length < 8 or "." in text:
        return False
    classes = text.translate(_CLASSES)
    digits, switches = (classes.count("d"), sum(a != b for a, b in pairwise(classes)))
    if length >= (14 if digits == 0 else 16) and "-" not in classes and 0.27 <= classes.count("u") / length <= 0.85 and classes.count("l") > 2:
        return not _CAMEL.fullmatch(text)
    if digits == 0:
        return False
    numeric = sum((a == "d") != (b == "d") for a, b in pairwise(classes) if "-" not in (a, b))
    if length >= 16 and "-" not in classes and "u" in classes and "l" in classes and switches / length > 0.33:
        return not _CAMEL.fullmatch(text)
    if length < _LONG and _SPOKEN.match(text):
        return False
    return numeric >= 3 and (numeric / length >= 0.2 or length >= 16) and classes.count("-") <= length / 8


class _Classes(dict[int, str]):
    """Of each character, told once: a digit, a capital, another letter, or a sign."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = told = "d" if character.isdigit() else "u" if character.isupper() else "l" if character.isalpha() else "-"
        return told


_CLASSES = _Classes()

"""Tells secrets: by the name that something has, and by the shape of a text. Hiding them is `redact`'s, the tables are in `patterns`."""

import base64
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from agent.spec.names import words_of
from agent.spec.secrets.patterns import (
    CARD_HINT,
    CARD_NUMBER,
    DOUBTFUL_WORDS,
    HARMLESS_AFTER,
    HARMLESS_BEFORE,
    ORDINARY_WORDS,
    PATTERNS,
    REPEATED,
    SECRET_WORDS,
)

SHORTEST = 15
"""No secret that is known by its shape alone is shorter, save for what follows a scheme or stands before an `@`."""


class Secret(NamedTuple):
    """Where in a text a secret stands, and which kind it is."""

    kind: str
    start: int
    end: int


def is_secret_name(name: str) -> bool:
    """Whether a field, header, parameter or variable of this name carries a credential."""
    return told_by(name) == "secret"


@lru_cache(maxsize=4096)
def told_by(name: str) -> Literal["secret", "doubtful", ""]:
    """`secret`, `doubtful`, or nothing, by the words of a name."""
    words = words_of(name)
    while len(words) > 1 and (words[-1] in REPEATED or words[-1].isdigit()):
        words.pop()
    if not words:
        return ""
    if (words[-1] in HARMLESS_AFTER and words[-2:] != ["session", "id"]) or HARMLESS_BEFORE.intersection(words[:-1]):
        return ""
    last = words[-1].removesuffix("s")
    if (
        last in SECRET_WORDS
        or words[-1] in SECRET_WORDS
        or (len(words) < 4 and "".join(words) in SECRET_WORDS)
        or "".join([*words[-2:-1], last]) in SECRET_WORDS - {"sessionid"}
    ):
        return "secret"
    return "doubtful" if DOUBTFUL_WORDS.intersection(words) else ""


def is_secret(name: str, value: str) -> bool:
    """Whether this value is a credential under this name."""
    verdict = told_by(name)
    return verdict == "secret" or (verdict == "doubtful" and (looks_random(value) or _is_its_kind(words_of(name), value)))


def find_secrets(text: str) -> tuple[Secret, ...]:
    """The secrets in a text that can be told by their shape alone, in order, without overlaps."""
    if len(text) < SHORTEST and "@" not in text and " " not in text:
        return ()
    return _recalled(text) if len(text) <= _OFTEN_AGAIN else _found(text)


def looks_random(value: str) -> bool:
    """Long, of one piece, of letters and digits, with the spread of something drawn by chance; and no id."""
    if not _TOKEN.fullmatch(value) or compiled(_ID).fullmatch(value):
        return False
    digits, lower, upper = _spread(value)
    is_mixed = (digits >= 2 and lower + upper >= 2) or (lower >= 4 and upper >= 4 and "_" not in value)
    return is_mixed and _entropy(value) >= 3.0


def looks_drawn(value: str) -> bool:
    """Letters of both cases and digits in full disorder, as no name is, nor a hash in hexadecimal digits, nor a text in base64."""
    digits, lower, upper = _spread(value)
    return digits > 0 and min(lower, upper) > 1 and len(value) < 3 * len(words_of(value)) and _entropy(value) >= 3.5 and not _is_readable(value)


def is_drawn_whole(value: str, name: str) -> bool:
    """Whether a value that stands under a name without meaning is nothing but a long key: at least forty characters, and no id."""
    return len(value) >= LONG and compiled(_LONG_KEY).fullmatch(value) is not None and not names_an_id(name) and looks_drawn(value)


def names_an_id(name: str) -> bool:
    """Whether a long and mixed text is what this name promises."""
    words = words_of(name)
    return bool(words) and (bool(ORDINARY_WORDS.intersection(words)) or words[-1].removesuffix("s").endswith("id"))


def find_drawn(text: str) -> tuple[Secret, ...]:
    """The long keys of no known form within a text."""
    if len(text) < LONG:
        return ()
    found = [match.span() for match in compiled(_DRAWN).finditer(text) if looks_drawn(match.group())]
    return tuple(Secret("drawn", start, end) for start, end in found if not names_an_id(_name_before(text, start)))


@cache
def compiled(expression: str) -> re.Pattern[str]:
    """Most runs meet a few of these only, and to compile all of them takes longer than to read a small capture."""
    return re.compile(expression)


LONG = 40
"""Below, too much is an id: those of videos, tracks, uploads and pages are of 11 to 36 characters."""
_LONG_KEY = r"(?!0x[0-9A-Fa-f]{38}|Qm|sha\d|https?:)[A-Za-z0-9_+][A-Za-z0-9_+/-]{39,200}={0,2}"
"""Neither an address of Ethereum or IPFS nor a checksum."""
_BEFORE = r"([\w.-]{1,60})\\?[\"']?\s{0,3}[=:>]\s{0,3}\\?[\"']?$"
_DRAWN = r"(?<![\w/+.%~@-])(?<!==)(?!0x[0-9A-Fa-f]{38}|Qm|sha\d)[A-Za-z0-9_-]{40,200}={0,2}(?![\w/+=.%@-])(?!\\?[\"']?\s*:)"
_TOKEN = re.compile(r"[\w.~+/=%|:-]{16,}", re.ASCII)
_ID = r"(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?|\d+|[0-7][0-9A-HJKMNP-TV-Z]{25}|https?://.*|\d{4}-\d\d-\d\dT.*"
_HINTED: dict[str, list[tuple[str, str, str]]] = {}
"""By the first sign of the hint, which is empty where it has none: most texts have few signs, and can hold little."""
for _pattern in PATTERNS:
    for _hint in _pattern.hint.split("|"):
        _HINTED.setdefault(next((sign for sign in _hint if not sign.isalnum()), ""), []).append((_hint, _pattern.kind, _pattern.expression))


def _found(text: str) -> tuple[Secret, ...]:
    lowered = text.lower()
    found = [
        Secret(kind, *match.span("secret" if match.re.groups else 0))
        for sign, rows in _HINTED.items()
        if sign in text
        for hint, kind, expression in rows
        if hint in lowered
        for match in compiled(expression).finditer(text)
    ]
    if CARD_HINT.search(text):
        found += [Secret("card-number", *match.span()) for match in compiled(CARD_NUMBER).finditer(text) if _is_luhn(match.group())]
    found.sort(key=lambda secret: (secret.start, -secret.end))
    apart: list[Secret] = []
    for secret in found:
        if not apart or secret.start >= apart[-1].end:
            apart.append(secret)
    return tuple(apart)


_recalled = lru_cache(maxsize=4096)(_found)
_OFTEN_AGAIN = 200
"""Names of keys and values of headers come with every call; longer texts seldom come twice, and would fill the memory."""


def _name_before(text: str, start: int) -> str:
    """What is said to be what begins there, as in `file_id=` and `<file_id>`; empty where nothing is."""
    named = compiled(_BEFORE).search(text, max(start - 80, 0), start)
    return named[1] if named else ""


def _is_its_kind(words: list[str], value: str) -> bool:
    """Whether a value is such a one as people choose: a PIN of digits, and under `pass` alone a word; counts and answers of tests are none."""
    if words[-1] == "pin":
        return 4 <= len(value) <= 8 and value.isascii() and value.isdigit()
    is_password = words[0] == "pass" and all(map(str.isdigit, words[1:]))
    return is_password and any(map(str.isalpha, value)) and value.lower() not in ("true", "false", "yes", "no")


def _is_readable(value: str) -> bool:
    """Whether base64 was made of a text, as cursors and the ids of GraphQL are."""
    plain = value.rstrip("=")
    try:
        text = base64.b64decode(plain + "=" * (-len(plain) % 4), "-_" if "-" in plain or "_" in plain else "+/", validate=True)
    except ValueError:
        return False
    return all(32 <= byte < 127 for byte in text)


def _spread(value: str) -> tuple[int, int, int]:
    """How many digits, small letters and capitals there are."""
    kinds: tuple[Callable[[str], bool], ...] = (str.isdigit, str.islower, str.isupper)
    digits, lower, upper = (sum(map(kind, value)) for kind in kinds)
    return digits, lower, upper


def _entropy(value: str) -> float:
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


def _is_luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()][::-1]
    return sum(digits[0::2]) % 10 == (10 - sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2]) % 10) % 10

"""From a sentence to clauses: protect what must not be cut (quotes, URLs, ids, JSON), split, correct spelling, hear mood and negation.

Knows words and shapes, not verbs: which tool a clause asks for is decided in `intents`.
"""

import json
import re
from functools import cache
from typing import Literal, cast

import msgspec

from agent.providers.guide import phrasing, words

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
    forbids: bool = False  # a negation that ends the piece, "do not, …", is about what follows

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
    text = _tidied(text[:_TIDIED]) + text[_TIDIED:]
    for kind, pattern in _SHAPES:

        def keep(found: re.Match[str], kind: SpanKind = kind) -> str:
            value = next((group for group in found.groups() if group is not None), found[0])
            if kind == "json" and not isinstance(_json(value), dict):
                return found[0]
            value = unmask(value, tuple(spans))
            spans.append(Span("url" if kind in {"quote", "code"} and _WHOLE_URL.fullmatch(value) else kind, value))
            before = found[0][: found.start(1) - found.start()] if found.re is _PROMPT_TEXT else ""
            return f"{before} ⟦{len(spans) - 1}⟧ " if kind in {"code", "quote"} else f"⟦{len(spans) - 1}⟧"

        end = text.rfind("}") + 1 if kind == "json" else len(text)  # an object that nothing closes is none
        text = pattern.sub(keep, text[:end], count=_SPANS) + text[end:]
    return Masked(re.sub(r"⟦\d*$", "", text[:_HEARD]), tuple(spans))


def spelled(masked: Masked, names: frozenset[str]) -> Masked:
    """With misspelled words of ours, and misspelled known names, put right. `names` themselves are never corrected."""
    return Masked(_tidied(_corrected(masked.text, names)), masked.spans)


def unmask(text: str, spans: tuple[Span, ...]) -> str:
    return re.sub(PLACE, lambda found: spans[int(found[1])].value, text)


def pieces(masked: Masked) -> tuple[str, ...]:
    """The text cut where one request may end and the next begin."""
    return tuple(piece for piece in (part.strip(" ,.;:!?") for part in re.split(phrasing.SPLIT, masked.text, flags=re.IGNORECASE)) if piece)[:_PIECES]


def clause(text: str, spans: tuple[Span, ...], names: frozenset[str] = frozenset()) -> Clause:
    """Hear one piece: its mood, what is negated (and cut off), its words. `names` are never corrected."""
    bare, preamble = _without_preamble(_phrased(_corrected(text, names)))
    mood = _mood(bare, preamble)
    kept, negated = _without_negated(bare)
    forbids = negated and bool(_NEGATION_LAST.search(bare))
    kept, _ = _without_preamble(kept)
    telling = [word for word in _words(_METHOD_SAID.sub("", kept)) if meanings(word) or re.fullmatch(PLACE, word)]
    concepts = frozenset(concept for word in telling for concept in meanings(word))
    return Clause(kept, spans, mood, concepts, meanings(telling[0]) if telling and _leads(kept, telling[0]) else frozenset(), negated, forbids)


@cache
def meanings(word: str) -> frozenset[str]:
    """The concepts a word stands for, in whichever form it is said. Only a destructive word must be said just so."""
    lowered = word.lower()
    if lowered in words.NOISE or word[:1].isupper():
        return _concepts().get(lowered, frozenset())
    return _concepts().get(lowered) or _stems().get(stem(lowered), frozenset())


def is_noise(word: str) -> bool:
    lowered = word.lower()
    return lowered in words.NOISE or lowered in words.COMMON or bool(meanings(word)) or (word == lowered and stem(lowered) in _acts())


@cache
def _acts() -> frozenset[str]:
    return frozenset(stem(word) for word in words.ACTS)


@cache
def stem(word: str) -> str:
    """What the forms of a regular word share: "generated", "generating" and "generates" give "generat"."""
    for ending in ("ations", "ation", "ings", "ing", "ied", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            root = word.removesuffix(ending)
            root = f"{root}at" if ending.startswith("ation") else f"{root}y" if ending in {"ied", "ies"} else root
            return root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "aeiousl" and ending in {"ing", "ed"} else root
    return word


def _tidied(text: str) -> str:
    for pattern, tidy in _TIDY:
        text = pattern.sub(tidy, text)
    return text


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
    def corrected(found: re.Match[str]) -> str:
        word = found[0].lower() if found.start() == 0 else found[0]
        if word.lower() in names:
            return found[0]
        right = _spelled(word)
        return next((name for name in names if right == word and _is_slip_of(word.lower(), name)), found[0] if right == word else right)

    return _WORD.sub(corrected, text)


def _is_slip_of(word: str, name: str) -> bool:
    """Whether a word that means nothing else is a known name with a slip: "strpe"."""
    return len(name) > 4 and abs(len(name) - len(word)) <= 1 and not (is_noise(word) or word in words.KNOWN) and word[0] == name[0] and _slips(word, name) == 1


@cache
def _spelled(word: str) -> str:
    lowered = word.lower()
    if lowered in words.TYPOS and not word[0].isupper():
        return words.TYPOS[lowered]
    if (
        f"{lowered}e" in _concepts()
        and lowered not in _concepts()
        and lowered not in words.NOISE
        and word == lowered
        and f"{lowered}e" not in words.DESTRUCTIVE
    ):
        return f"{lowered}e"
    if len(word) < 3 or word[0].isupper() or is_noise(lowered) or lowered in words.NUMBERS or stem(lowered) in _stems():
        return word
    if lowered in words.KNOWN or _is_undoing(lowered):
        return word
    if short := [known for known in _skeletons().get(_skeleton(lowered), ()) if _is_within(lowered, known)]:
        return min(short, key=lambda known: (len(known), known not in words.OFTEN))
    if len(word) < 4:
        return word
    allowed = 1 if len(word) < 7 else 2
    near = min(
        ((_slips(lowered, known), known not in words.OFTEN, sorted(known) != sorted(lowered), known) for known in _alike(lowered, allowed)), default=None
    )
    return near[-1] if near and near[0] <= (allowed if len(near[-1]) > 7 else 1) else word


def _skeleton(word: str) -> str:
    """What is left of a word typed in haste: its first letter and the consonants, doubles once. "nxt" and "next" share it."""
    bare = word[0] + re.sub("[aeiou]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", bare) + word[-1]


@cache
def _skeletons() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for known in _vocabulary():
        for ending in {known, known.removesuffix("e")}:
            found.setdefault(_skeleton(ending), []).append(known)
    return found


def _is_within(typed: str, known: str) -> bool:
    """Whether letters were only left out."""
    letters = iter(known)
    return len(typed) < len(known) and all(letter in letters for letter in typed)


def _is_undoing(word: str) -> bool:
    """Whether the word is one of ours turned into its opposite: "undelete"."""
    found = re.fullmatch(rf"(?:{words.UNDOING})-?(\w{{3,}})", word)
    return bool(found and (found[1] in words.DESTRUCTIVE or stem(found[1]) in _stems()))


def _alike(word: str, allowed: int) -> list[str]:
    """Words of ours that may be meant: about as long, and beginning alike unless the first two letters changed places."""
    return [
        known
        for known in _vocabulary()
        if abs(len(known) - len(word)) <= allowed
        and (known[0] == word[0] or (len(word) > 4 and known[:2] == word[1::-1]))
        and (len(word) > 4 or sorted(known) == sorted(word))
    ]


def _slips(wrong: str, right: str) -> int:
    """How many letters were left out, added, changed or swapped with their neighbour (optimal string alignment)."""
    before, row = list[int](), list(range(len(right) + 1))
    for i, typed in enumerate(wrong, 1):
        older, before, row = before, row, [i]
        for j, meant in enumerate(right, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (typed != meant)))
            if i > 1 and j > 1 and typed == right[j - 2] and wrong[i - 2] == meant:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]


@cache
def _concepts() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for concept, listed in words.CONCEPTS.items():
        for word in listed.split():
            found.setdefault(word, set()).add(concept)
    return {word: frozenset(concepts) for word, concepts in found.items()}


@cache
def _stems() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for word, concepts in _concepts().items():
        if not concepts & words.EXACT:
            found.setdefault(stem(word), set()).update(concepts)
    return {root: frozenset(concepts) for root, concepts in found.items()}


@cache
def _vocabulary() -> tuple[str, ...]:
    return tuple(word for word in dict.fromkeys([*_concepts(), *words.SPELLED.split()]) if len(word) >= 4 and word not in words.DESTRUCTIVE)


_PROMPT_TEXT = re.compile(r"\bprompt\b[^:]{0,60}:\s+(?!⟦\d+⟧\s*$)(.+)$", re.DOTALL | re.IGNORECASE)
_READ, _TIDIED, _HEARD, _SPANS, _PIECES = 100_000, 4000, 1500, 300, 12
_WORD = re.compile(r"(?<![\w⟦/.'’-])[A-Za-z][A-Za-z']*(?![\w⟧/.-])")
_METHOD = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_METHOD_SAID = re.compile(r"\bDELETE(?=s? (?:requests?|calls?|traffic|ones)\b)")  # the method, which asks for no deletion
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
        ("url", re.compile(r"\b(?:https?|wss?)://[^\s<>⟦⟧，。？]+?(?=[.,;:!?)\]]*(?:\s|$)|[，。？]|⟦)", re.IGNORECASE)),
        ("id", re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.IGNORECASE)),
        ("host", re.compile(r"(?<![\w@/.⟦-])(?:localhost(?::\d+)?|\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?|\d{1,3}(?:-\d{1,3}){3}(?:-\d{1,5})?|(?:[a-z0-9-]+\.)+(?!json\b|ya?ml\b|ts\b|md\b|har\b|txt\b|html?\b|js\b|py\b|gz\b)[a-z]{2,}(?::\d+)?)(?:/[^\s,;?!]*[^\s,;?!.])?(?![\w@])", re.IGNORECASE)),
        ("path", re.compile(r"(?<!\S)/[\w{}:.~%*/-]*[\w}*]")),
        ("pair", re.compile(r"(?<![\w⟦.-])[\w.-]+=(?:⟦\d+⟧|[^\s,;]+)")),
    ),
)  # fmt: skip
_PHRASES = tuple((re.compile(rf"\b(?:{pattern})(?!\w)", re.IGNORECASE), single) for pattern, single in phrasing.PHRASES)
_TIDY = tuple((re.compile(pattern, re.IGNORECASE), tidy) for pattern, tidy in phrasing.TIDY)
_DEMO_WANTED, _DEMO_NAMED = re.compile(phrasing.DEMO_WANTED, re.IGNORECASE), re.compile(phrasing.DEMO_NAMED, re.IGNORECASE)
_WHOLE_URL = re.compile(r"(?:https?|wss?)://\S+", re.IGNORECASE)
_PREAMBLE = re.compile(phrasing.PREAMBLE, re.IGNORECASE)
_MOODS = tuple((mood, re.compile(pattern)) for mood, pattern in phrasing.MOODS)
_NEGATION = re.compile(phrasing.NEGATION, re.IGNORECASE)
_NEGATION_LAST = re.compile(rf"(?:{phrasing.NEGATION})(?: \w+)?$", re.IGNORECASE)

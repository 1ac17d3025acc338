"""In which words an API speaks: those of the keys of its bodies, of its queries, and of what is called over and over.

Whoever wrote these wrote the literals of its paths too, but named no value. How often a word of a literal, and one of a value, is among them is told by the API
itself: by literals and values that are known for certain. Words are only counted; nothing here knows a language.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from functools import lru_cache
from math import log
from typing import NamedTuple

from agent.spec.english import singular
from agent.spec.names import words_of

_LEAST, _MOST = -3.0, 2.5
_ALONE = 0.7
"""How much of what a word says counts where it is all of a name: that may be either."""
_LITERAL_PRIOR, _LITERAL_WEIGHT = 0.5, 4
_VALUE_PRIOR, _VALUE_WEIGHT = 0.2, 20
"""What the shares are taken for before anything is known, and how many words it takes to say otherwise."""
_FEW = 8
"""Of an API that was heard to say fewer words, none is strange."""
_JOINED = re.compile(r"[A-Za-z]{2,20}(?:[-_][A-Za-z]{2,20})+")


class Speech(NamedTuple):
    """The words of an API, and how often one of a literal and one of a value is among them."""

    words: Set[str]
    called: Mapping[str, Set[str]]
    """By word, the names with it that are called over and over."""
    of_literals: float
    of_values: float

    def weigh(self, text: str, theme: Set[str] = frozenset()) -> float:
        """Log-odds that a name is a value, by those of its words, but for a theme, that the API speaks elsewhere. A single word may speak for itself."""
        found = spoken(text)
        own = {text} if len(found) > 1 else _NONE
        told = [word in self.words or bool(self.called.get(word, _NONE) - own) for word in found if word not in theme]
        odds = sum(told) * log(self.of_values / self.of_literals) + told.count(False) * log((1 - self.of_values) / (1 - self.of_literals))
        return max(_LEAST, min(_MOST, odds if len(found) > 1 else odds * _ALONE))


_NONE: frozenset[str] = frozenset()
SILENT = Speech(_NONE, {}, _VALUE_PRIOR, _VALUE_PRIOR)
"""Where nothing was heard, no word says anything."""


def speech_of(keys: Iterable[str], often: Iterable[str], literals: Iterable[str], values: Iterable[str]) -> Speech:
    """The words of an API by the keys of its bodies and queries, the names called over and over, its certain literals, and the texts that its bodies hold."""
    words = {word for key in keys for word in spoken(key)}
    called: dict[str, set[str]] = defaultdict(set)
    for text in often:
        for word in spoken(text):
            called[word].add(text)
    known = words | called.keys()
    if len(known) < _FEW:
        return SILENT
    written = [word in known for text in literals for word in spoken(text)]
    given = [word in known for text in values if ("-" in text or "_" in text) and _JOINED.fullmatch(text) for word in spoken(text)]
    of_values = (sum(given) + _VALUE_PRIOR * _VALUE_WEIGHT) / (len(given) + _VALUE_WEIGHT)
    of_literals = (sum(written) + _LITERAL_PRIOR * _LITERAL_WEIGHT) / (len(written) + _LITERAL_WEIGHT)
    return Speech(words, called, max(of_values, of_literals), of_values)


@lru_cache(maxsize=8192)
def spoken(text: str) -> tuple[str, ...]:
    """The words of a name, in the singular."""
    return tuple(singular(word) for word in words_of(text) if len(word) > 1)

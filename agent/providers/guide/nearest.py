"""How strongly the examples of `examples.txt` that are most like a clause ask for each verb.

Alike is what shares words, neighbours, concepts and groups of three letters, each counting more the fewer examples have it. Names, addresses and numbers
count as such, not as themselves. Nothing here chooses a verb: `intents` adds this to what the patterns say.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from agent.providers.guide import words
from agent.providers.guide.reading import meanings, stem
from agent.providers.guide.verbs import KEYS, VERBS, key_of


class Index(msgspec.Struct, frozen=True):
    """`holders` are the examples that have a feature, with its share of the example's length; `rarity` is what the feature counts."""

    keys: tuple[str, ...]
    holders: dict[str, list[tuple[int, float]]]
    rarity: dict[str, float]


def leanings(text: str, names: frozenset[str] = frozenset()) -> dict[str, float]:
    """From 0 to 1 for each verb's key, `nothing` included. `names` are words that name something of the user's."""
    said: dict[str, float] = defaultdict(float)
    for key, share in _votes(text, names).items():
        said[_verb_key(key)] += share
    return dict(said)


def usual(key: str, text: str, names: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The arguments that nearly all examples like the text have which ask for this verb: "quit recording" says no status, and means one."""
    votes = {one: share for one, share in _votes(text, names).items() if _verb_key(one) == key}
    total, told = sum(votes.values()), dict[str, float]()
    if total < _MOST:
        return {}
    for one, share in votes.items():
        for pair in one.removeprefix(key).split():
            told[pair] = told.get(pair, 0) + share
    return {name: _VALUES.get(value, value) for pair, share in told.items() if share > _MOST * total for name, _, value in [pair.partition("=")]}


@lru_cache(maxsize=64)
def _votes(text: str, names: frozenset[str]) -> dict[str, float]:
    index = _index()
    alike: dict[int, float] = defaultdict(float)
    for feature, weight in _unit(_features(text, names), index.rarity).items():
        for n, held in index.holders.get(feature, ()):
            alike[n] += weight * held
    nearest = sorted(((points, n) for n, points in alike.items()), reverse=True)[:_NEIGHBOURS]
    votes: dict[str, float] = defaultdict(float)
    for points, n in nearest:
        votes[index.keys[n]] += points**_POWER
    sure = min(1.0, nearest[0][0] / _CLEAR) / sum(votes.values()) if nearest else 0
    return {key: vote * sure for key, vote in votes.items()}


def _verb_key(key: str) -> str:
    parts = key.split()
    return next((known for end in range(len(parts), 0, -1) if (known := " ".join(parts[:end])) in KEYS), parts[0])


@cache
def _index() -> Index:
    rows = list(_examples())
    counted = [frozenset(_features(text, frozenset())) for _, text in rows]
    held = Counter(feature for features in counted for feature in features)
    rarity = {feature: _WEIGHTS[feature[0]] * math.log(len(rows) / count) for feature, count in held.items()}
    holders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for n, features in enumerate(counted):
        for feature, share in _unit(features, rarity).items():
            holders[feature].append((n, share))
    return Index(tuple(key for key, _ in rows), dict(holders), rarity)


def _examples() -> Iterator[tuple[str, str]]:
    """Key and line: what each verb is offered with, then the file's."""
    yield from ((key_of(verb), verb.example) for verb in VERBS if verb.example)
    key = ""
    for line in Path(__file__).with_name("examples.txt").read_text(encoding="utf8").splitlines():
        if line.startswith("# "):
            key = line[2:]
        elif line:
            yield key, line


def _unit(features: frozenset[str], rarity: dict[str, float]) -> dict[str, float]:
    """The features with their weights, scaled to length one. What no example has lengthens, too: an unknown word makes everything less alike."""
    unknown = math.log(1000) * 0.6
    length = math.sqrt(sum(rarity.get(feature, _WEIGHTS[feature[0]] * unknown) ** 2 for feature in features)) or 1
    return {feature: rarity[feature] / length for feature in features if feature in rarity}


def _features(text: str, names: frozenset[str]) -> frozenset[str]:
    said = [_class(word, names) for word in _WORD.findall(text.lower())[:_READ]]
    stems = [stem(word) for word in said]
    found = {f"w{word}" for word in stems}
    found |= {f"b{one} {two}" for one, two in zip(["^", *stems], [*stems, "$"], strict=True)}
    found |= {f"k{concept}" for word in said for concept in meanings(word)}
    return frozenset(found | {f"c{part}" for word in said if len(word) > 3 and word.isalpha() for part in _threes(word)})


def _class(word: str, names: frozenset[str]) -> str:
    """A kind of word for the words that differ from request to request."""
    if word in names:
        return "<name>"
    if re.fullmatch(r"[1-5](?:\d\d|xx)s?", word):
        return "<status>"
    if word[0].isdigit():
        return "<number>"
    return "<day>" if word in _DAYS else {"<host>": "<url>", "<code>": "<quote>"}.get(word, word)


def _threes(word: str) -> Iterator[str]:
    padded = f"_{word}_"
    return (padded[at : at + 3] for at in range(len(padded) - 2))


_WORD = re.compile(r"<\w+>|[a-z][a-z'-]*|\d+\w*|\?")
_DAYS = frozenset((*words.DAYS.split("|"), "today", "yesterday", "tonight"))
_WEIGHTS = {"w": 1.0, "b": 0.7, "k": 1.0, "c": 0.25}
_NEIGHBOURS, _POWER, _CLEAR, _READ = 12, 3, 0.4, 60
_MOST = 0.6
_VALUES = {"true": True, "false": False}

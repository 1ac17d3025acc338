"""Decides whether objects at one place are a union that a text field tells apart: `{type: card, card}` or `{type: bank, iban}`.

By evidence, never by the field's name: its value must settle which keys there are, so often that chance is out of the question, and leave little of their
coming and going unexplained. Each variant needs objects of its own, and another value must be unlikely: a schema that names the values refuses others.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log2
from typing import NamedTuple

from agent.spec.schemas.variants import keys_of, shapes_of
from agent.spec.summary import Node

_SUPPORT = 3
"""A variant of fewer objects is taken along, but proves nothing."""
_SUPPORTED = 0.9
_ONCE = 0.05
"""At most this share of the objects with a value that came once: so likely the next one has a value that nobody heard."""
_BITS = 18.0
"""So surely the field settles which keys there are: by chance it would once in 2^18 objects of this kind."""
_EXPLAINED = 0.5


class Variant(NamedTuple):
    """Objects of one or more values of the discriminator, with their keys and in how many each was."""

    values: tuple[str, ...]
    objects: int
    keys: dict[str, int]


class Union(NamedTuple):
    field: str
    variants: tuple[Variant, ...]


Heard = dict[str, dict[str, int]]
"""By value of a field, how often each key was there; under the empty text, how many objects."""


def union_of(nodes: Sequence[Node]) -> Union | None:
    """The union that the objects of some nodes are, or None."""
    if len(nodes) == 1 and not nodes[0].shapes:
        return None
    shapes = [shapes_of(node) for node in nodes]
    if not all(shapes):
        return None
    found = ((field, heard) for field in sorted(_fields(shapes)) if (heard := _heard(shapes, field)) and _settles(heard))
    best = min(found, key=lambda item: (_unexplained(item[1]) + len(item[1]), item[0]), default=None)
    return Union(best[0], _variants(best[1])) if best else None


def is_of(nodes: Sequence[Node], union: Union) -> bool:
    """Whether all objects are of variants of a union that is known from elsewhere: by the discriminator's values, with no key more, and with those always there."""
    shapes = [shapes_of(node) for node in nodes]
    if not all(shapes) or union.field not in _fields(shapes):
        return False
    known = {value: variant for variant in union.variants for value in variant.values}
    for value, counts in _heard(shapes, union.field).items():
        variant = known.get(value)
        if variant is None or not {*counts} - {""} <= variant.keys.keys():
            return False
        if any(times == variant.objects and counts.get(key, 0) < counts[""] for key, times in variant.keys.items()):
            return False
    return True


def usual(node: Node, union: Union) -> dict[str, str]:
    """What an object of the variant that was heard most here says: every key it has, with the discriminator's value."""
    heard: Counter[tuple[str, str]] = Counter()
    for shape, fields in shapes_of(node).items():
        heard.update({(shape, text): times for text, times in fields.get(union.field, {}).items()})
    (shape, text), _ = min(heard.items(), key=lambda item: (-item[1], item[0]))
    return {key: text if key == union.field else "" for key in keys_of(shape)}


def _fields(shapes: Iterable[dict[str, dict[str, dict[str, int]]]]) -> set[str]:
    return set.intersection(*({*next(iter(one.values()))} for one in shapes))


def _heard(shapes: Iterable[dict[str, dict[str, dict[str, int]]]], field: str) -> Heard:
    found: Heard = {}
    for shape, texts in ((shape, fields[field]) for one in shapes for shape, fields in one.items()):
        for text, times in texts.items():
            counts = found.setdefault(text, {})
            for key in ("", *keys_of(shape)):
                counts[key] = counts.get(key, 0) + times
    return found


def _settles(heard: Heard) -> bool:
    """Whether the field is a discriminator."""
    objects = sum(counts[""] for counts in heard.values())
    if not 2 <= len(heard) * 2 <= objects or sum(counts[""] == 1 for counts in heard.values()) > objects * _ONCE:
        return False
    settled = _settled(heard)
    patterns = {tuple(counts.get(key, 0) > 0 for counts in heard.values()): key for key in settled}
    if len(patterns) < 2 or sum(_surprise(heard, key) for key in patterns.values()) < _BITS:
        return False
    groups = Counter[tuple[bool, ...]]()
    for counts in heard.values():
        groups[tuple(key in counts for key in settled)] += counts[""]
    supported = [times for times in groups.values() if times >= _SUPPORT]
    if len(supported) < 2 or sum(supported) < objects * _SUPPORTED:
        return False
    return _unexplained(heard) <= (1.0 - _EXPLAINED) * _coming_and_going(heard)


def _keys(heard: Heard) -> list[str]:
    """Those that are not in every object."""
    objects = sum(counts[""] for counts in heard.values())
    return [key for key in sorted({key for counts in heard.values() for key in counts}) if sum(counts.get(key, 0) for counts in heard.values()) < objects]


def _settled(heard: Heard) -> list[str]:
    """The keys that are in all objects of a value or in none."""
    return [key for key in _keys(heard) if all(counts.get(key, 0) in (0, counts[""]) for counts in heard.values())]


def _surprise(heard: Heard, key: str) -> float:
    """In bits, how surprising it would be that the key is in all objects of each value or in none if the value said nothing about it."""
    share = sum(counts.get(key, 0) for counts in heard.values()) / sum(counts[""] for counts in heard.values())
    return -sum(log2(share ** counts[""] + (1.0 - share) ** counts[""]) for counts in heard.values())


def _coming_and_going(heard: Heard) -> float:
    """The bits it takes to say which keys the objects have."""
    objects = sum(counts[""] for counts in heard.values())
    return sum(objects * _entropy(sum(counts.get(key, 0) for counts in heard.values()) / objects) for key in _keys(heard))


def _unexplained(heard: Heard) -> float:
    """The same when the value of the field is known."""
    return sum(counts[""] * _entropy(counts.get(key, 0) / counts[""]) for key in _keys(heard) for counts in heard.values())


def _entropy(share: float) -> float:
    return 0.0 if share in (0.0, 1.0) else -share * log2(share) - (1.0 - share) * log2(1.0 - share)


def _variants(heard: Heard) -> tuple[Variant, ...]:
    """Values with the same settled keys are one variant."""
    settled = _settled(heard)
    groups: dict[tuple[bool, ...], list[str]] = {}
    for value, counts in sorted(heard.items()):
        groups.setdefault(tuple(key in counts for key in settled), []).append(value)
    found: list[Variant] = []
    for values in groups.values():
        keys: Counter[str] = Counter()
        for value in values:
            keys.update(heard[value])
        found.append(Variant(tuple(values), keys.pop(""), dict(sorted(keys.items()))))
    return tuple(found)

"""How likely the next object lacks a key that all objects so far had. Learned from the same API: how many of its keys come and go, and what became
of a key of the same name elsewhere.

A key that was seen once is a promise in an API that never leaves one out, and is none in an API that often does. Nothing is counted here.
"""

from collections.abc import Iterable
from typing import NamedTuple

_DOUBT = 10.0
"""So many keys that never vary are assumed before any is heard: a few calls alone raise no doubt."""
_NAMESAKES = 2.0
"""The weight of the whole API against keys of the same name."""
_TURNS = 12


class Held(NamedTuple):
    """How many of the objects of one kind had a key."""

    name: str
    times: int
    objects: int


class Chances:
    """What the keys of an API let expect of one another."""

    def __init__(self, heard: Iterable[Held]) -> None:
        self._changing: dict[str, int] = {}
        self._steady: dict[str, dict[int, int]] = {}
        for name, times, objects in heard:
            if times < objects:
                self._changing[name] = self._changing.get(name, 0) + 1
            else:
                counts = self._steady.setdefault(name, {})
                counts[objects] = counts.get(objects, 0) + 1
        self._share = self._share_of_changing()

    def missing(self, name: str, objects: int) -> float:
        """How likely the next object lacks a key that these many had without exception; the key itself is among those that were heard."""
        if not self._changing or objects < 1:
            return 0.0
        seen, known = float(self._changing.get(name, 0)), float(self._changing.get(name, 0))
        for others, times in self._steady.get(name, {}).items():
            weight = (times - (others == objects)) * (1.0 - 1.0 / others)
            seen += weight * _doubt(self._share, others)
            known += weight
        share = (_NAMESAKES * self._share + seen) / (_NAMESAKES + known)
        return _doubt(share, objects) / (objects + 2)

    def has_changed(self, name: str) -> bool:
        """Whether a key of this name came and went somewhere."""
        return name in self._changing

    def _share_of_changing(self) -> float:
        """The share of keys that come and go, those included that did not do so yet."""
        if not self._changing:
            return 0.0
        changing, steady = sum(self._changing.values()), dict[int, int]()
        for counts in self._steady.values():
            for objects, times in counts.items():
                steady[objects] = steady.get(objects, 0) + times
        total, share = changing + sum(steady.values()) + _DOUBT, changing / (changing + _DOUBT)
        ordered = sorted(steady.items())
        for _ in range(_TURNS):
            share = (changing + sum(times * _doubt(share, objects) for objects, times in ordered)) / total
        return round(share, 2)


def _doubt(share: float, objects: int) -> float:
    """How likely a key changes that these many objects had, where this share of all keys does, each at its own rate."""
    return share / (objects - (objects - 1) * share) if share < 1.0 else 1.0

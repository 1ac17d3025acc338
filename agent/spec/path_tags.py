"""Which fields of answers tell the kind of a thing, not its id: `"type": "articles"` below `/articles`.

An echo must distinguish. A field that repeats the names of siblings is evidence for a parameter where these are answered alike, and so tells them
apart; where they are answered differently, it only says again what their paths say.
"""

from collections import defaultdict
from itertools import combinations

from agent.spec.path_tree import Leaf
from agent.spec.shapes import Shape, similarity

_SIBLINGS = 12
"""So many of a family say enough."""

Places = dict[tuple[str, str], Shape]


def tags_of(leaves: list[Leaf]) -> frozenset[str]:
    """The names of fields that repeat more siblings which are answered differently than siblings which are answered alike."""
    balance: dict[str, int] = defaultdict(int)
    families: dict[tuple[str, str], dict[str, Places]] = defaultdict(lambda: defaultdict(dict))
    for leaf in leaves:
        texts = leaf.texts
        for method, echoes in leaf.echoes.items():
            for position, name in {(echo.position, echo.name) for echo in echoes}:
                if position >= len(texts):
                    continue
                if "<" in leaf.segments[position]:
                    balance[name] += 1
                    continue
                place = "/".join(texts[position + 1 :]), method
                families["/".join(texts[:position]), name][leaf.segments[position]][place] = leaf.cells[method].response
    for (_, name), siblings in families.items():
        for one, two in combinations([siblings[value] for value in sorted(siblings)[:_SIBLINGS]], 2):
            balance[name] += _alike(one, two)
    return frozenset(name for name, weight in balance.items() if weight < 0)


def _alike(one: Places, two: Places) -> int:
    """1 where both were answered alike, -1 where differently, 0 where they cannot be compared."""
    shared = [similarity(shape, two[place]) for place, shape in one.items() if place in two]
    return 0 if not shared else 1 if max(shared) >= 0.5 else -1

"""Which fields of answers tell the kind of a thing, not its id: `"type": "articles"` below `/articles`.

An echo must distinguish. A field that repeats the names of siblings is evidence for a parameter where these are answered alike, and so tells them
apart; where they are answered differently, it only says again what their paths say. Where nothing can be compared, a name beside the id of a thing is its kind.
"""

from collections import defaultdict
from itertools import combinations

from agent.spec.paths.shapes import Shape, similarity
from agent.spec.paths.tree import Echo, Leaf

_SIBLINGS = 12
"""So many of a family say enough."""

Places = dict[tuple[str, str], Shape]


def tags_of(leaves: list[Leaf]) -> frozenset[str]:
    """The names of fields that repeat more siblings which are answered differently than siblings which are answered alike."""
    balance: dict[str, int] = defaultdict(int)
    besides: dict[str, int] = defaultdict(int)
    families: dict[tuple[str, str], dict[str, Places]] = defaultdict(lambda: defaultdict(dict))
    for leaf in leaves:
        texts = leaf.texts
        for method, echoes in leaf.echoes.items():
            for position, name in {(echo.position, echo.name) for echo in echoes}:
                if position >= len(texts):
                    continue
                besides[name] += _stands_by_id(leaf, echoes, position, name)
                if "<" in leaf.segments[position]:
                    balance[name] += 1
                    continue
                place = "/".join(texts[position + 1 :]), method
                families["/".join(texts[:position]), name][leaf.segments[position]][place] = leaf.cells[method].response
    for (_, name), siblings in families.items():
        for one, two in combinations([siblings[value] for value in sorted(siblings)[:_SIBLINGS]], 2):
            balance[name] += _alike(one, two)
    undecided = {name for name, times in besides.items() if times > 1 and not balance[name]}
    return frozenset(name for name, weight in balance.items() if weight < 0 or name in undecided)


def _stands_by_id(leaf: Leaf, echoes: list[Echo], position: int, name: str) -> bool:
    """Whether a field repeats a name just where another repeats the evident id below it: `{"type": "articles", "id": "7031"}` of `/articles/7031`."""
    if "<" in leaf.segments[position] or "<" not in "".join(leaf.segments[position + 1 : position + 2]):
        return False
    depths = {echo.depth for echo in echoes if echo.position == position + 1}
    return any(echo.position == position and echo.name == name and echo.depth in depths for echo in echoes)


def _alike(one: Places, two: Places) -> int:
    """1 where both were answered alike, -1 where differently, 0 where they cannot be compared."""
    shared = [similarity(shape, two[place]) for place, shape in one.items() if place in two]
    return 0 if not shared else 1 if max(shared) >= 0.5 else -1

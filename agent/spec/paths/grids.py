"""Enumerations in a row, such as `/trending/{media}/{window}`: words whose combinations are all answered alike.

One position of words with equal answers says little (`popular`, `top_rated`), for sub-resources often share a shape. Two or more
that are combined freely below one prefix, where nothing else answers so, are an operation with that many parameters.
"""

from collections import defaultdict
from itertools import pairwise

from agent.spec.paths.tree import Context, Leaf
from agent.spec.paths.words import spoken
from agent.spec.values import CERTAIN, kind_of

_MOST_WORDS = 8
_LEAST_PATHS = 4


def grid_of(leaves: list[Leaf], position: int, prefix: str, evident: set[str], context: Context) -> frozenset[str]:
    """The paths below a prefix, of one depth, that are one operation with at least two enumerations. The evident values at the position are none of one."""
    by_depth: dict[int, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        by_depth[len(leaf.segments)].append(leaf)
    answered = {leaf.segments for leaf in leaves}
    found = [
        group
        for depth, group in by_depth.items()
        if depth > position + 1
        and not _is_answered_between(group, answered, position)
        and not _has_more_below(group, leaves, position)
        and _is_grid(group, position, prefix, evident, context)
    ]
    return frozenset(leaf.path for group in found for leaf in group)


def _is_answered_between(group: list[Leaf], answered: set[tuple[str, ...]], position: int) -> bool:
    """Whether a beginning of one of the paths is answered itself: a resource, with sub-resources below it that may well look alike."""
    return any(leaf.segments[:at] in answered for leaf in group for at in range(position + 1, len(leaf.segments)))


def _has_more_below(group: list[Leaf], leaves: list[Leaf], position: int) -> bool:
    """Whether less deep paths share the first words: resources with operations of their own, `/company/search` beside `/company/id/{id}`."""
    depth = len(group[0].segments)
    return not {leaf.segments[position] for leaf in group}.isdisjoint({leaf.segments[position] for leaf in leaves if position < len(leaf.segments) < depth})


def _is_grid(leaves: list[Leaf], position: int, prefix: str, evident: set[str], context: Context) -> bool:
    if len(leaves) < _LEAST_PATHS or any(leaf.cells.keys() - {"GET", "HEAD"} for leaf in leaves):
        return False
    columns = [{leaf.segments[at] for leaf in leaves} for at in range(position, len(leaves[0].segments))]
    if 2 * len(columns[0] & evident) > len(columns[0]):
        columns[0] = set()
    enumerations = [at for at, values in enumerate(columns) if 1 < len(values) <= _MOST_WORDS and not any(map(_is_certain, values)) and not _have_theme(values)]
    if len(enumerations) < 2:
        return False
    free = sum(_is_combined(leaves, position + one, position + two) for one, two in pairwise(enumerations))
    return free > 0 and _is_answered_alike(leaves, prefix, context)


def _have_theme(names: set[str]) -> bool:
    """Whether one word is in each name, as in the names of operations: `allCourts`, `civilCourts`."""
    return bool(set.intersection(*[set(spoken(name)) for name in names]))


def _is_combined(leaves: list[Leaf], one: int, two: int) -> bool:
    """Whether two positions vary freely: more combinations than one word determining the other would give."""
    pairs = {(leaf.segments[one], leaf.segments[two]) for leaf in leaves}
    return len(pairs) >= _LEAST_PATHS and len(pairs) > max(len({first for first, _ in pairs}), len({second for _, second in pairs}))


def _is_answered_alike(leaves: list[Leaf], prefix: str, context: Context) -> bool:
    """Whether all have one shape of answer that is rare outside."""
    answered = [leaf.cells["GET"].response for leaf in leaves if "GET" in leaf.cells and leaf.cells["GET"].response]
    found = {context.clusters.find(shape) for shape in answered}
    if len(answered) * 2 < len(leaves) or len(found) != 1 or -1 in found:
        return False
    inside = f"GET {prefix.removeprefix('/')}/"
    elsewhere = {place for place in context.clusters.all_places if not place.startswith(inside)}
    return len(context.clusters.places[found.pop()] & elsewhere) * 10 <= len(elsewhere)


def _is_certain(value: str) -> bool:
    return "<" in value or kind_of(value) in CERTAIN

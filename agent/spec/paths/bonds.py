"""What two values at a position have in common, as log-odds of "the same parameter" against "two literals".

Equal shapes count by how rare that shape is elsewhere in this API, and equal tails by how rare the tail is. Empty bodies are no evidence.
"""

from collections import Counter, defaultdict
from itertools import islice
from math import inf, lgamma, log

import msgspec

from agent.spec.paths.reasons import WRITTEN_VERSION, Child, Repeats
from agent.spec.paths.shapes import Shape, containment, similarity
from agent.spec.paths.tree import MORE, SHAPES_POOLED, SLOT, Cell, Context, cut_tail, drawn, join_cells
from agent.spec.values import CERTAIN, kind_of

_MOST_ALIKE = 6.0
"""What answers that are alike can say at most."""
_LEAST_ALIKE = -12.0
"""What tails that are unlike can say at most: twice what alike answers can."""
_PLAIN_MAP = 2
"""The paths of a map, its values and itself, where these have nothing inside."""
_THIN = 0.5
"""The weight of a body that is empty as often as not: it contradicts no other."""
_MOST_CLOSED, _MOST_OPEN = 3.0, 2.0
"""What the calls of one value can say at most against and for a pool that it is drawn from."""


class Group(msgspec.Struct):
    """The siblings that are one parameter so far."""

    weights: dict[tuple[str, str], float] = msgspec.field(default_factory=lambda: defaultdict(float))
    cells: dict[tuple[str, str], Cell] = {}
    members: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)
    heard_once: int = 0
    """Of its tails, those of one value only."""
    size: int = 0
    singles: int = 0
    looks: Counter[str] = msgspec.field(default_factory=Counter)
    looked: int = 0
    repeats: dict[tuple[str, str], Repeats] = {}
    echoes: Counter[str] = msgspec.field(default_factory=Counter)
    is_deep: bool = False
    strength: float = 0.0
    priced: int = 0
    """Of how many tails the priors are in `strength`."""


def join_group(group: Group, child: Child, is_forced: bool = False) -> None:
    group.size += 1
    group.singles += child.count <= 2
    group.echoes.update(child.echoes)
    group.looks[_look(child)] += child.values
    group.looked += child.values
    for key, cell in (child.forced or child.cells if is_forced else child.cells).items():
        group.weights[key] += cell.weight
        if new := child.repeats.get(key):
            old = group.repeats.get(key)
            group.repeats[key] = Repeats(old.answered + new.answered, old.echoed + new.echoed) if old else new
        group.calls[key] += cell.count
        group.members[key] += 1
        members = group.members[key]
        if members == 1:
            group.heard_once += 1
            group.is_deep = group.is_deep or key[0].startswith("{}/")
            group.cells[key] = cell
            continue
        group.heard_once -= members == 2
        if members <= SHAPES_POOLED:
            group.cells[key] = join_cells([group.cells[key], cell])


def bond_of(child: Child, group: Group, context: Context, needed: float = -inf) -> float:
    """Log-odds that a child is another value of the same parameter as the group. Less than what is needed is not worked out exactly."""
    if not group.size:
        return 0.0
    cells = child.cells
    if group.is_deep and not all(tail.startswith(SLOT) for tail, _ in cells):
        cells = forced_cells(child, context)
    total = _tail_bond(child.cells, group, context)
    if cells is not child.cells:
        total = max(total, _tail_bond(cells, group, context) - 1.0)
    floor = -1.5 * log(1 + child.count) / log(2)
    least, others = max(_LEAST_ALIKE, floor, _novelty(child, group)), _look_bond(child, group) + echo_bond(child, group)
    if (most := max(least, min(8.0, total)) + _MOST_ALIKE + others) < needed:
        return most
    alike = 0.0
    for key, cell in cells.items():
        other = group.cells.get(key)
        if other is not None and not key[0].endswith(MORE):
            alike += _cell_bond(cell, other, context)
    return max(least, min(8.0 if alike > 0 else 5.0, total)) + max(-20.0, min(_MOST_ALIKE, alike)) + others


def _novelty(child: Child, group: Group) -> float:
    """The least that new tails can say: where most tails of a parameter were heard below one value only, another new one is no surprise.

    Of one value alone, its calls tell how many of its tails are still to come.
    """
    if child.cells.keys().isdisjoint(group.cells):
        return -8.0
    new = sum([key not in group.cells for key in child.cells])
    if group.size == 1:
        calls = group.calls.values()
        return new * log((sum([times == 1 for times in calls]) + 0.5) / (sum(calls) + 1))
    return new * log((group.heard_once + 0.5) / (len(group.members) + 1))


def _look(child: Child) -> str:
    """The kind of an id, a list of some being what its parts are, or that it may be any text."""
    kinds = {kind_of(part) for part in child.parts.stem.split(",")} if child.kind == "list" else {child.kind}
    kind = kinds.pop()
    return kind if not kinds and kind in CERTAIN and kind != "free" else "text"


def _look_bond(child: Child, group: Group) -> float:
    """Where all values are ids of one kind, a word among them is no value: `/users/me`, unless its answer repeats it."""
    look = _look(child)
    if child.kind == "word" and not group.looks["text"] and "echo" not in child.reasons:
        return -12.0
    return max(-4.0, log((group.looks[look] + 1) / (group.looked + 2)))


def echo_bond(child: Child, group: Group) -> float:
    """Where the answers repeat the value of a parameter, one that never repeats its own is no value of it: `/posts/latest`."""
    bond = 0.0
    for key, one in child.repeats.items():
        other = group.repeats.get(key)
        if other is not None and other.answered > 2 and not one.echoed:
            bond += one.answered * log(1.0 - other.echoed / (other.answered + 1))
            usual = [f".{name}:" for name, times in group.echoes.items() if times * 2 > group.size]
            if other.echoed == other.answered and any(name in path for path in child.cells[key].response for name in usual):
                bond -= 6.0  # the field is there, and holds another id
    return max(-10.0, bond)


def draw_bond(child: Child, group: Group) -> float:
    """Values come up once or twice, and ever new ones; operations are called over and over. What the calls of one more sibling add to that.

    The words of an enumeration come up over and over too.
    """
    bond = 0.0
    for key, cell in child.cells.items() if child.kind not in CERTAIN else ():
        if calls := group.calls.get(key):
            values = group.members[key]
            bond += drawn(calls + cell.count, values + 1) - (drawn(calls, values) if values > 1 else 0.0)
    return max(0.0 if "recurring" in child.reasons else -_MOST_CLOSED, min(_MOST_OPEN, bond))


def shares_answers(child: Child, group: Group) -> bool:
    """Whether what stands below both was answered with bodies by both."""
    return any(cell.response and key in group.cells and group.cells[key].response for key, cell in child.cells.items())


def forced_cells(child: Child, context: Context) -> dict[tuple[str, str], Cell]:
    """The cells of a child as they would be if every text below it that has few different neighbours before it were a parameter too."""
    if child.forced is not None:
        return child.forced
    gathered: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for leaf in child.leaves:
        below = [text if _is_fixed(text, index, context) else SLOT for index, text in enumerate(leaf.texts[child.position + 1 :])]
        if context.is_first:
            below = cut_tail(below, next((index + 1 for index, text in enumerate(below) if text != SLOT), len(below)))
        for method, cell in leaf.cells.items():
            gathered["/".join(below), method].append(cell)
    child.forced = {key: join_cells(cells) for key, cells in gathered.items()}
    return child.forced


def _is_fixed(text: str, depth: int, context: Context) -> bool:
    """Whether a text below a value stays a literal though the segment below it is taken for a parameter."""
    return WRITTEN_VERSION.fullmatch(text) is not None or (depth > 0 and len(context.neighbours.get(text, ())) > 2)


def _tail_bond(cells: dict[tuple[str, str], Cell], group: Group, context: Context) -> float:
    """Dirichlet-multinomial Bayes factor: one distribution of tails and methods for both, against one each. Tails that only the group has cancel out."""
    bond, mine, theirs, strength = 0.0, 0.0, sum(group.weights.values()), 2.0 + _strength(group, context)
    for key, cell in cells.items():
        prior = _prior(key, context)
        mine += cell.weight
        if weight := group.weights.get(key):
            bond += lgamma(prior + cell.weight + weight) + lgamma(prior) - lgamma(prior + cell.weight) - lgamma(prior + weight)
        else:
            strength += prior
    return bond + lgamma(strength + mine) + lgamma(strength + theirs) - lgamma(strength) - lgamma(strength + mine + theirs)


def _strength(group: Group, context: Context) -> float:
    """The priors of all tails of a group. Tails are only added, and there can be thousands."""
    for key in islice(group.weights, group.priced, None):
        group.strength += _prior(key, context)
    group.priced = len(group.weights)
    return group.strength


def _prior(key: tuple[str, str], context: Context) -> float:
    found = context.priors.get(key)
    if found is None:
        is_plain = not key[0].replace(SLOT, "").strip("/" + MORE)
        found = context.priors[key] = 2.0 if is_plain else 4.0 * context.tails.get(key, 0.001) + 0.02
    return found


def _cell_bond(a: Cell, b: Cell, context: Context) -> float:
    bond = 0.0
    if a.statuses and b.statuses:
        bond += 0.2 if a.statuses & b.statuses else -2.5
    if a.response and b.response:
        bond += _response_bond(a, b, context)
    elif bool(a.response) != bool(b.response) and a.statuses and b.statuses:
        bond -= 2.0
    if a.request and b.request:
        alike = similarity(a.request, b.request)
        bond += 1.5 if alike >= 0.5 else -4.0 if alike < 0.25 else 0.0
    elif bool(a.request) != bool(b.request) and a.statuses and b.statuses:
        bond -= 1.5
    if a.query and b.query:
        bond += 1.0 if a.query & b.query else -1.0
    return bond


def _response_bond(a: Cell, b: Cell, context: Context) -> float:
    """Equal shapes bind by their rarity; shapes without much in common part, unless one is almost empty, and surely so where both were seen twice.

    Where the keys of one are data, those of the other are such too, unless they come again; a map of plain values says nothing.
    """
    one, two = a.response, b.response
    if len(one) < 2 and len(two) < 2:
        return 0.0 if one.keys() == two.keys() else -6.0
    if one.roots.isdisjoint(two):
        return -6.0
    if one.is_keyed != two.is_keyed and not any(_is_record(cell) for cell in (a, b)):
        one, two = one.keyed, two.keyed
    if one.is_keyed and two.is_keyed and min(len(one), len(two)) <= _PLAIN_MAP:
        return 0.0
    bond = _shape_bond(one, two, min(a.response_count, b.response_count), context)
    return max(0.0, bond) if min(one.inner_weight, two.inner_weight) <= _THIN else bond


def _is_record(cell: Cell) -> bool:
    """Whether keys came again in all of several answers, so that they are no data."""
    return cell.response_count > 1 and not cell.response.is_keyed and any(len(path) > 2 for path in cell.response.sure)


def _shape_bond(a: Shape, b: Shape, least: int, context: Context) -> float:
    if least > 1 and (excluded := _excluded(a, b)):
        return -12.0 if (least > 2 and excluded == 2) or least > 5 else -3.0 if excluded == 2 else 0.0
    if similarity(a, b) >= 0.5:
        return context.clusters.rarity(a)
    inside = containment(a, b)
    if inside >= 0.7:
        return 0.5 * context.clusters.rarity(a) if min(len(a), len(b)) > 4 else 0.0
    return 0.0 if inside >= 0.3 else -12.0 if least > 1 else -6.0


def _excluded(a: Shape, b: Shape) -> int:
    """In how many directions a key is always in one and never in the other."""
    return (not a.sure <= b.keys()) + (not b.sure <= a.keys())


def single_bonus(child: Child, context: Context) -> float:
    return log(0.6 / context.singles) * 0.6 if child.count == 1 and context.singles < 0.6 else 0.0

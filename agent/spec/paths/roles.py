"""Which segments of a path are parameters. Decided per position for all siblings together, from evidence.

Reasons of each value (`reasons`) and bonds between values (`bonds`) are log-odds that add up. Nothing here knows the words of any API.
Several passes: the later ones know the roles that the earlier ones gave.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent.spec.names import is_version
from agent.spec.path_syntax import HOLE
from agent.spec.paths.affixes import parts_of, serials_of
from agent.spec.paths.alternatives import SURELY_CLOSED, are_alternatives, is_closed, is_marked
from agent.spec.paths.bonds import Group, bond_of, echo_bond, join_group, shares_answers, single_bonus
from agent.spec.paths.clusters import best_cluster, expected_below
from agent.spec.paths.forms import common_endings_of, forms_of
from agent.spec.paths.grids import grid_of
from agent.spec.paths.reasons import Child, child_of, forgive_collections, openness, recall_values, weigh_together
from agent.spec.paths.tags import tags_of
from agent.spec.paths.tree import SLOT, Affix, Clusters, Context, Leaf, context_of, heard_speech, leaves_of
from agent.spec.summary import Route, Sample
from agent.spec.values import CERTAIN

PASSES = 4
EVIDENT = 4.0
LIKELY = 1.5
_ALONE_LEAST = 6
"""So many calls of one digit, and none of another."""
_SECOND = 8.0
"""What it takes for a second kind of value at a position: an id, and elsewhere a name, after `/shops`."""

_SECOND_LEAST = 3


class Roles(NamedTuple):
    """By path: which segments are parameters, and what stands around the values in each."""

    flags: dict[str, tuple[bool, ...]]
    affixes: dict[str, tuple[Affix, ...]]
    forms: dict[str, str]
    """The suffixes by which callers choose a form (see `forms`)."""
    endings: dict[str, str]
    """Those, or the one that nearly all paths have: no part of the last segment."""


def find_roles(routes: Sequence[Route], values: Mapping[str, Sample]) -> Roles:
    """Which segments of the paths of the routes are parameters."""
    calls = Counter[str]()
    for route in routes:
        calls[route.path] += route.seen.count
    forms = forms_of(calls)
    endings = forms or common_endings_of(calls)
    leaves = leaves_of(routes, endings)
    clusters = Clusters(cell.response for leaf in leaves for cell in leaf.cells.values())
    speech, serials = heard_speech(leaves, values), serials_of(leaves)
    for number in range(PASSES):
        before = [tuple(leaf.roles) for leaf in leaves]
        context = context_of(leaves, values, tags_of(leaves), clusters, speech, serials, number == 0)
        _decide(leaves, 0, "", context)
        if number and before == [tuple(leaf.roles) for leaf in leaves]:
            break
    return Roles({leaf.path: tuple(leaf.roles) for leaf in leaves}, {leaf.path: tuple(leaf.affixes) for leaf in leaves}, forms, endings)


def _decide(leaves: list[Leaf], position: int, prefix: str, context: Context, grid: frozenset[str] = frozenset()) -> None:
    children: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        if len(leaf.segments) > position:
            children[leaf.segments[position]].append(leaf)
    if not children:
        return
    parts = parts_of(children, position, context.serials)
    family = [child_of(value, below, parts[value], position, prefix, context) for value, below in sorted(children.items())]
    weigh_together(family, [leaf for leaf in leaves if len(leaf.segments) == position], prefix, context)
    recall_values(family, prefix, context)
    grid = grid or grid_of(leaves, position, prefix, {child.value for child in family if child.own >= LIKELY}, context)
    chosen = _choose(family, position, context)
    if len(in_grid := {child.value for child in family if any(leaf.path in grid for leaf in child.leaves)}) > 1:
        chosen |= in_grid
    slots: dict[Affix, list[Leaf]] = defaultdict(list)
    for child in family:
        is_slot, affix = child.value in chosen, child.affix
        for leaf in child.leaves:
            leaf.decide(position, is_slot)
            leaf.affixes[position] = affix
        if is_slot:
            slots[affix] += child.leaves
        else:
            _decide(child.leaves, position + 1, f"{prefix}/{child.value}", context, grid)
    for affix, below in sorted(slots.items()):
        _decide(below, position + 1, f"{prefix}/{affix.around(SLOT)}", context, grid)


def _choose(family: list[Child], position: int, context: Context) -> set[str]:
    if _is_prefix(family, position, context):
        return set()
    forgive_collections(family, context)
    by_affix: dict[Affix, list[Child]] = defaultdict(list)
    version = _version_in(family, position)
    for child in family:
        if HOLE in child.value or child is version:
            continue
        by_affix[child.affix].append(child)
    chosen: set[str] = set()
    for siblings in by_affix.values():
        chosen |= _choose_among(siblings, context)
    return chosen


def _is_prefix(family: list[Child], position: int, context: Context) -> bool:
    """A single child near the root, or a version anywhere, that carries nearly all traffic is part of the base path."""
    if len(family) != 1 or (position > 2 and not is_version(family[0].value)):
        return False
    child = family[0]
    kind = child.kind
    if kind in CERTAIN and kind not in ("int", "date"):
        return False
    if kind not in CERTAIN and child.count >= 0.8 * context.total:
        return True
    slots = [sample for leaf in child.leaves for route in leaf.routes.values() if (sample := route.slots.get(str(position)))]
    if len({value for sample in slots for value in sample.values}) > 1:
        return False
    below = {tail.split("/")[0] for tail, _ in child.cells}
    return child.count >= 0.8 * context.total and (len(below) >= 3 or (kind in ("date", "version") and "" not in below))


def _version_in(family: list[Child], position: int) -> Child | None:
    """`v1`, or one digit among words that stands above many calls, that their answers do not tell of: no id is asked for so often without another."""
    likely = [child for child in family if child.kind in CERTAIN or child.kind == "version"]
    if len(likely) != 1 or position > 2 or any(not tail for tail, _ in likely[0].cells):
        return None
    child = likely[0]
    if child.kind == "version":
        return child if child.value[:1] in "vV" and child.value[1:].isdecimal() else None
    answered = sum(repeats.answered for repeats in child.repeats.values())
    return child if child.kind == "int" and len(child.value) == 1 and child.count >= _ALONE_LEAST and child.echoed * 2 <= answered else None


def _choose_among(siblings: list[Child], context: Context) -> set[str]:
    """The evident values first, then the best cluster of the others, then whoever the group binds."""
    among = len(siblings)
    verbs = [child for child in siblings if "verb" in child.reasons]
    if len(verbs) > 1 and is_closed(verbs):  # though answers tell what was done
        siblings = [child for child in siblings if "verb" not in child.reasons]
    group = Group()
    members = {child.value: child for child in siblings if child.own >= EVIDENT}
    best, best_score, is_forced = best_cluster([child for child in siblings if child.value not in members], among, context)
    for child in members.values():
        join_group(group, child, is_forced)
    if best and (
        not members or best_score + max(-_SECOND, sum(bond_of(child, group, context) for child in best)) + sum(echo_bond(child, group) for child in best) > 0
    ):
        for child in best:
            members[child.value] = child
            join_group(group, child, is_forced)
    likely = [child for child in siblings if child.own + _expected_alone(child, siblings) >= LIKELY and child.value not in members]
    for child in likely if members or len(likely) < 2 or not are_alternatives(likely, siblings) else ():
        if not members or child.own + bond_of(child, group, context) > 0:
            members[child.value] = child
            join_group(group, child, is_forced)
    if len(members) == 1 < len(siblings) and any(_is_only_looks(child) or _is_untold_word(child) for child in members.values()):
        return set()
    for _ in range(3):
        joined = False
        for child in sorted(siblings, key=lambda child: (-child.own, child.value)):
            if child.value in members or not members:
                continue
            closure = 2.0 * group.size / len(siblings) if group.size >= 3 else 0.0
            if child.count <= 2 and group.size >= 4 and group.singles * 3 >= group.size:
                closure += 1.0
            if all(not tail for tail, _ in child.cells) and not any(key in group.cells for key in child.cells):
                closure = 0.0
            own = child.own
            if (shares_answers(child, group) or "same looks" in child.reasons) and any(tail.startswith(SLOT) for tail, _ in group.cells):
                own -= child.reasons.get("collection", 0.0)  # two parameters in a row are the rule here
            if own + bond_of(child, group, context) + single_bonus(child, context) + closure > 0:
                members[child.value] = child
                join_group(group, child, is_forced)
                joined = True
        if not joined:
            break
    found = [*members.values(), *_second_cluster(siblings, members, context)]
    are_leaves = not any(tail for child in found for tail, _ in child.cells)
    is_written_down = are_leaves and len(found) > len(best) > 1 and openness(found) < SURELY_CLOSED and is_closed(found) and are_alternatives(found, siblings)
    return set() if is_written_down else {child.value for child in found}


def _second_cluster(siblings: list[Child], members: Mapping[str, Child], context: Context) -> list[Child]:
    """Values of which other things were asked than of those that were found: some machines were started, and others have schedules."""
    left = [child for child in siblings if child.value not in members and all(tail for tail, _ in child.cells)]
    if not members or len(left) < _SECOND_LEAST:
        return []
    second, score, _ = best_cluster(left, len(siblings), context)
    return second if score > _SECOND else []


def _expected_alone(child: Child, siblings: list[Child]) -> float:
    """What the place adds to the only value, of a thing that is listed above it and says its name: `/servers/localhost`, not `/users/me`."""
    return max(0.0, expected_below(child)) if len(siblings) == 1 and {"listed", "echo"} <= child.reasons.keys() else 0.0


def _is_only_looks(child: Child) -> bool:
    """Whether nothing but its characters speaks for a value, and they are none that only ids have."""
    return child.kind not in CERTAIN and "item verb" not in child.reasons and not is_marked(child)


def _is_untold_word(child: Child) -> bool:
    """Whether a plain word is in none of its answers. Alone it is no value, though these are things that the place has: `PUT /addresses/recognize`."""
    return child.kind not in CERTAIN and child.value.isalpha() and "echo" not in child.reasons

"""Which segments of a path are parameters. Decided per position for all siblings together, from evidence.

Reasons of each value (`reasons`) and bonds between values (`bonds`) are log-odds that add up. Nothing here knows the words of any API.
Several passes: the later ones know the roles that the earlier ones gave.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import log
from typing import NamedTuple

from agent.spec.english import singular
from agent.spec.names import is_version, words_of
from agent.spec.path_syntax import HOLE
from agent.spec.paths.affixes import parts_of, serials_of
from agent.spec.paths.bonds import Group, bond_of, draw_bond, echo_bond, forced_cells, join_group, shares_answers, single_bonus
from agent.spec.paths.forms import common_endings_of, forms_of
from agent.spec.paths.grids import grid_of
from agent.spec.paths.reasons import COLLECTION, Child, child_of, forgive_collections, openness, recall_values, weigh_together
from agent.spec.paths.tags import tags_of
from agent.spec.paths.tree import CLOSED, MORE, SLOT, Affix, Cell, Clusters, Context, Leaf, context_of, heard_speech, leaves_of
from agent.spec.summary import Route, Sample, rank
from agent.spec.values import CERTAIN, kind_of

PASSES = 4
SEEDS = 16
EVIDENT = 4.0
LIKELY = 1.5
FAMILY_MAX = 160
_ALONE_LEAST = 6
"""So many calls of one digit, and none of another."""
_WORDS_LEAST = 4
"""Two or three plain words that nothing marks as ids are alternatives, however alike they are answered: `/me/albums` and `/me/tracks`."""
_OFTEN = 6
"""Calls of each of a few names, after which one that is new is no longer expected."""
_SURELY_CLOSED = CLOSED - 1.0
"""The same, of names that are answered alike, with nothing below."""
_AMONG_LEAST = 3
_APART = 2.0
_FEW = 8
_HINT = 1.0
"""What a plain word that some field holds, and nothing more, does not exceed."""
_SECOND = 8.0
"""What it takes for a second kind of value at a position: an id, and elsewhere a name, after `/shops`."""
_PLACE = 2.0
"""What the place alone can say for or against a parameter."""


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
    verbs = [child for child in siblings if "verb" in child.reasons]
    if len(verbs) > 1 and _is_closed(verbs):  # though answers tell what was done
        siblings = [child for child in siblings if "verb" not in child.reasons]
    group = Group()
    members = {child.value: child for child in siblings if child.own >= EVIDENT}
    best, best_score, is_forced = _best_cluster([child for child in siblings if child.value not in members], context)
    for child in members.values():
        join_group(group, child, is_forced)
    if best and (
        not members or best_score + max(-_SECOND, sum(bond_of(child, group, context) for child in best)) + sum(echo_bond(child, group) for child in best) > 0
    ):
        for child in best:
            members[child.value] = child
            join_group(group, child, is_forced)
    likely = [child for child in siblings if child.own >= LIKELY and child.value not in members]
    for child in likely if members or len(likely) < 2 or not _are_alternatives(likely, siblings) else ():
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
            if shares_answers(child, group) and any(tail.startswith(SLOT) for tail, _ in group.cells):
                own -= child.reasons.get("collection", 0.0)  # two parameters in a row are the rule here
            if own + bond_of(child, group, context) + single_bonus(child, context) + closure > 0:
                members[child.value] = child
                join_group(group, child, is_forced)
                joined = True
        if not joined:
            break
    found = list(members.values())
    are_leaves = not any(tail for child in found for tail, _ in child.cells)
    is_written_down = (
        are_leaves and len(found) > len(best) > 1 and openness(found) < _SURELY_CLOSED and _is_closed(found) and _are_alternatives(found, siblings)
    )
    return set() if is_written_down else set(members)


def _are_alternatives(members: list[Child], siblings: list[Child]) -> bool:
    """Whether words only look alike, with no tree of their own that they share: a few, or any among the names of collections or below a value."""
    have_tails = any(tail for child in members for tail, _ in child.cells)  # where nothing is below, twins may as well have the same operations
    if any(child.kind in CERTAIN or _is_marked(child, _HINT, recalled=have_tails) for child in members):
        return False
    if _is_closed(members):
        return True
    if any(_is_marked(child, _HINT) for child in members):
        return False
    below = Counter(tail for child in members for tail in {tail for tail, _ in child.cells if "/" in tail})
    if sum(times > 1 for times in below.values()) > 1:
        return len(members) <= _FEW and _are_used_apart(members)
    if any(child.kind != "word" or (have_tails and _is_marked(child)) for child in members):
        return False
    among = sum(child.reasons.get("collection", 0.0) <= COLLECTION for child in siblings if child not in members)
    is_below_value = any(child.leaves[0].roles[child.position - 1] for child in members[:1] if child.position)
    return among >= _AMONG_LEAST or ((len(members) < _WORDS_LEAST or is_below_value) and all(child.value.isalpha() for child in members))


def _is_closed(members: list[Child]) -> bool:
    """Whether so few values were asked for so often that no other is to be expected: somebody wrote them down, as operations or, less often, as a choice."""
    if not all(map(_is_named, members)):
        return False
    if not any(cell.response for child in members for cell in child.cells.values()):
        return openness(members) < CLOSED
    tails = {tail for child in members for tail, _ in child.cells}
    if tails == {""} and openness(members) < _SURELY_CLOSED:
        return True
    is_small = len(members) <= _FEW and len(tails) <= 2 and not any(tail.endswith(MORE) for tail in tails)
    return is_small and sum(child.count for child in members) >= _OFTEN * len(members)


def _is_named(child: Child) -> bool:
    """Whether an operation may be called so: a word, though joined, `networking.k8s.io`, or the one name among others that ends in a digit."""
    return child.reasons["looks"] < 0 if child.kind == "word" else child.kind == "domain" or (child.kind == "mixed" and "same looks" not in child.reasons)


def _are_used_apart(members: list[Child]) -> bool:
    """Whether what stands below them is asked in other proportions of each: two trees that are built alike, not two values that are drawn (a G-test).

    What has values and names at one place below is counted as one: which of its names are values was decided of each alone.
    """
    mixed = _mixed_below(members)
    used = [Counter[tuple[str, str]]() for _ in members]
    for child, counts in zip(members, used, strict=True):
        for (tail, method), cell in child.cells.items():
            first = tail.partition("/")[0]
            counts[first if first in mixed else tail, method] += cell.count
    tails = sum(used, Counter[tuple[str, str]]())
    total = sum(tails.values())
    distance = 2.0 * sum(times * log(times * total / (tails[tail] * counts.total())) for counts in used for tail, times in counts.items())
    return distance > _APART * (len(tails) - 1) * (len(members) - 1) + 16.0


def _mixed_below(members: list[Child]) -> set[str]:
    """The first segments below which both a value and a name stand at one depth."""
    found: dict[tuple[str, int], set[bool]] = defaultdict(set)
    for tail in {tail for child in members for tail, _ in child.cells}:
        first, *rest = tail.split("/")
        for depth, part in enumerate(rest):
            found[first, depth].add(SLOT in part)
    return {first for (first, _), kinds in found.items() if len(kinds) > 1}


def _is_collection_elsewhere(child: Child) -> bool:
    """Whether a value is the name of a collection in another place, and nothing says that it is an id here."""
    return child.reasons.get("literal elsewhere", 0.0) <= COLLECTION and not _is_marked(child)


def _is_marked(child: Child, least: float = 0.0, *, recalled: bool = True) -> bool:
    """Whether a body or, where these are asked for, another path marks a value as an id. Its own characters and methods do not."""
    return any(
        weight > least
        for reason, weight in child.reasons.items()
        if reason not in ("looks", "words", "same looks", "item verb") and (recalled or reason != "value elsewhere")
    )


def _is_only_looks(child: Child) -> bool:
    """Whether nothing but its characters speaks for a value, and they are none that only ids have."""
    return child.kind not in CERTAIN and "item verb" not in child.reasons and not _is_marked(child)


def _is_untold_word(child: Child) -> bool:
    """Whether a plain word is in none of its answers. Alone it is no value, though these are things that the place has: `PUT /addresses/recognize`."""
    return child.kind not in CERTAIN and child.value.isalpha() and "echo" not in child.reasons


class Cluster(NamedTuple):
    """Siblings that belong together, the log-odds of that, and whether the segment below is a parameter as well."""

    members: list[Child]
    score: float
    is_forced: bool


def _best_cluster(siblings: list[Child], context: Context) -> Cluster:
    """The siblings that belong together best, where that makes a parameter of them."""
    best = Cluster([], 0.0, False)
    if len(siblings) < 2:
        return best
    if len(siblings) > FAMILY_MAX:
        siblings = sorted(siblings, key=lambda child: (rank(child.value), child.value))[:FAMILY_MAX]
    ordered = [child for child in sorted(siblings, key=lambda child: (-child.own, child.value)) if not _is_collection_elsewhere(child)]
    for is_forced in (False, True):
        for seed in ordered[: SEEDS if len(ordered) < 60 else SEEDS // 4]:
            if is_forced and not any(tail and not tail.startswith(SLOT) for tail, _ in seed.cells):
                continue
            members, score = _grow(seed, ordered, is_forced, context)
            if all(child.reasons.get("collection", 0.0) < 0 for child in members):
                score -= 6.0 * (1.0 - len(members) / len(ordered))
            if len(members) > 1 and score > best.score and not _are_alternatives(_core(members, seed, is_forced), ordered):
                best = Cluster(members, score, is_forced)
            if len(members) > 2 and len(members) * 5 >= len(ordered) * 4:
                break
    return best


def _core(members: list[Child], seed: Child, is_forced: bool) -> list[Child]:
    """Those with something below them that the seed has too. The others, where they were heard once or twice, may be values of anything."""
    below = _below(seed, is_forced).keys()
    core = [child for child in members if child.count > 2 or not _below(child, is_forced).keys().isdisjoint(below)]
    return core if len(core) > 2 else members


def _below(child: Child, is_forced: bool) -> dict[tuple[str, str], Cell]:
    return child.forced or child.cells if is_forced else child.cells


def _grow(seed: Child, ordered: list[Child], is_forced: bool, context: Context) -> tuple[list[Child], float]:
    """A seed with all siblings that it binds, and the log-odds of the whole. Forced: as if the segment below were a parameter as well."""
    if is_forced:
        for child in ordered:
            forced_cells(child, context)
    group, members, score = (Group(), [seed], seed.own + single_bonus(seed, context) + _expected_below(seed) - (1.0 if is_forced else 0.0))
    join_group(group, seed, is_forced)
    for child in ordered:
        if child is seed:
            continue
        alone = child.own + single_bonus(child, context) + draw_bond(child, group)
        gain = alone + bond_of(child, group, context, -alone)
        if gain > 0:
            members.append(child)
            join_group(group, child, is_forced)
            score += gain
    if max(group.members.values()) < 2 and min(child.own for child in members) < 0:
        score = 0.0  # that nothing speaks against it binds nobody
    return members, score


def _expected_below(child: Child) -> float:
    """Log-odds that a place has a parameter, before its values are looked at: rather below a plural, seldom where the path begins, or a version ends."""
    if not child.position:
        return -_PLACE
    leaf, before = child.leaves[0], child.leaves[0].segments[child.position - 1]
    if leaf.roles[child.position - 1]:
        return 0.0
    if kind_of(before) != "word":
        return -0.7 * _PLACE
    last = words_of(before)[-1:]
    return 0.5 * _PLACE if last and singular(last[0]) != last[0] else 0.0

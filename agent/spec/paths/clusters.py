"""Siblings that belong together: grown from one, by the bonds between them."""

from typing import NamedTuple

from agent.spec.english import singular
from agent.spec.names import words_of
from agent.spec.paths.alternatives import HINT, are_alternatives, is_marked
from agent.spec.paths.bonds import Group, bond_of, draw_bond, forced_cells, join_group, single_bonus
from agent.spec.paths.reasons import COLLECTION, Child
from agent.spec.paths.shapes import similarity
from agent.spec.paths.tree import SLOT, Cell, Context
from agent.spec.summary import rank
from agent.spec.values import kind_of

SEEDS = 16
FAMILY_MAX = 160
_PLACE = 2.0
"""What the place alone can say for or against a parameter."""


def _is_collection_elsewhere(child: Child) -> bool:
    """Whether a value is the name of a collection in another place, and nothing says that it is an id here."""
    return child.reasons.get("literal elsewhere", 0.0) <= COLLECTION and not is_marked(child)


class Cluster(NamedTuple):
    """Siblings that belong together, the log-odds of that, and whether the segment below is a parameter as well."""

    members: list[Child]
    score: float
    is_forced: bool


def best_cluster(siblings: list[Child], among: int, context: Context) -> Cluster:
    """The siblings that belong together best, where that makes a parameter of them, among so many at the place."""
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
            if (
                len(members) > 1
                and score > best.score
                and not are_alternatives(_core(members, seed, is_forced), ordered)
                and not _are_above_values(members, among)
            ):
                best = Cluster(members, score, is_forced)
            if len(members) > 2 and len(members) * 5 >= len(ordered) * 4:
                break
    return best


def _are_above_values(members: list[Child], among: int) -> bool:
    """Whether more names stand below some of the words of a place than there are of these, all asked and answered in one way: `/flags/de`, `/browsers/de`."""
    if len(members) * 2 > among or any(child.kind != "word" or is_marked(child, HINT) for child in members):
        return False
    below = {key: cell for child in members for key, cell in child.cells.items() if key[0]}
    names = {tail.partition("/")[0] for tail, _ in below}
    if len(names) <= len(members) or SLOT in names or len({(tail.partition("/")[2], method) for tail, method in below}) > 1:
        return False
    answers = [cell.response for cell in below.values() if cell.response]
    return all(similarity(answers[0], answer) >= 0.5 for answer in answers[1:])


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
    group, members, score = (Group(), [seed], seed.own + single_bonus(seed, context) + expected_below(seed) - (1.0 if is_forced else 0.0))
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


def expected_below(child: Child) -> float:
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

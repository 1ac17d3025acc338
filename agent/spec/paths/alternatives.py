"""Whether words of one place are several operations, or the values of one: by what stands below them, and how often each was asked for."""

from collections import Counter, defaultdict
from math import log

from agent.spec.paths.reasons import COLLECTION, Child, openness
from agent.spec.paths.tree import CLOSED, MORE, SLOT
from agent.spec.values import CERTAIN

_WORDS_LEAST = 4
"""Two or three plain words that nothing marks as ids are alternatives, however alike they are answered: `/me/albums` and `/me/tracks`."""
_OFTEN = 6
"""Calls of each of a few names, after which one that is new is no longer expected."""
SURELY_CLOSED = CLOSED - 1.0
"""The same, of names that are answered alike, with nothing below."""
_SPOKEN = -1.3
"""Words that weigh so much against a value are those of names elsewhere."""
_AMONG_LEAST = 3
_APART = 2.0
_FEW = 8
HINT = 1.0
"""What a plain word that some field holds, and nothing more, does not exceed."""


def are_alternatives(members: list[Child], siblings: list[Child]) -> bool:
    """Whether words only look alike, with no tree of their own that they share: a few, or any among the names of collections or below a value."""
    have_tails = any(tail for child in members for tail, _ in child.cells)  # where nothing is below, twins may as well have the same operations
    if any(child.kind in CERTAIN or is_marked(child, HINT, recalled=have_tails) for child in members):
        return False
    if is_closed(members):
        return True
    if any(is_marked(child, HINT) for child in members):
        return False
    below = Counter(tail for child in members for tail in {tail for tail, _ in child.cells if tail not in ("", SLOT)})
    shared = [tail for tail, times in below.items() if times > 1]
    if len(shared) > 1 and len(members) <= _FEW and _are_used_apart(members):
        return True
    if sum("/" in tail for tail in shared) > 1:
        return False
    if any(child.kind != "word" or (have_tails and is_marked(child)) for child in members):
        return False
    among = sum(child.reasons.get("collection", 0.0) <= COLLECTION for child in siblings if child not in members)
    is_below_value = any(child.leaves[0].roles[child.position - 1] for child in members[:1] if child.position)
    return among >= _AMONG_LEAST or ((len(members) < _WORDS_LEAST or is_below_value) and all(map(_is_spoken, members)))


def _shared_names(members: list[Child]) -> int:
    """How many different segments follow several of them; that nothing follows is one too."""
    times = Counter(name for child in members for name in {tail.partition("/")[0] for tail, _ in child.cells})
    return sum(count > 1 for count in times.values())


def _is_spoken(child: Child) -> bool:
    """Whether a value is one word, or several in which the API speaks, of something that is only ever posted to: `source_oauths`."""
    return child.value.isalpha() or (child.reasons.get("words", 0.0) <= _SPOKEN and all(method == "POST" for _, method in child.cells))


def is_closed(members: list[Child]) -> bool:
    """Whether so few values were asked for so often that no other is to be expected: somebody wrote them down, as operations or, less often, as a choice."""
    if not all(map(_is_named, members)):
        return False
    tails = {tail for child in members for tail, _ in child.cells}
    if not any(cell.response for child in members for cell in child.cells.values()):
        return openness(members) < CLOSED and (_shared_names(members) <= 2 or _are_used_apart(members))
    if tails == {""} and openness(members) < SURELY_CLOSED:
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


def is_marked(child: Child, least: float = 0.0, *, recalled: bool = True) -> bool:
    """Whether a body or, where these are asked for, another path marks a value as an id. Its own characters and methods do not."""
    return any(
        weight > least
        for reason, weight in child.reasons.items()
        if reason not in ("looks", "words", "same looks", "item verb") and (recalled or reason != "value elsewhere")
    )

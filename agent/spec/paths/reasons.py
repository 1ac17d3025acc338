"""What one value at a position says about itself, as log-odds of "parameter" against "literal", each by its name.

A look, a repetition in the own answer, a name that was read elsewhere, a key of the answer, the values above and below it.
"""

import re
from collections import Counter, defaultdict
from itertools import islice
from math import log
from typing import NamedTuple

import msgspec

from agent.spec.english import singular
from agent.spec.names import words_of
from agent.spec.path_syntax import HOLE
from agent.spec.paths.affixes import Parts
from agent.spec.paths.shapes import similarity
from agent.spec.paths.tree import SLOT, Affix, Cell, Context, Echo, Leaf, cut_tail, drawn, join_cells
from agent.spec.paths.words import spoken
from agent.spec.values import CERTAIN, kind_of

COLLECTION = -4.0
"""What it weighs against a value that it names a collection elsewhere."""
_JOINED = re.compile(r"(?<=[^\W_])[-_](?=[^\W_])")
_SIGN = re.compile(r"[-_.]")
WRITTEN_VERSION = re.compile(r"[vV]\d+(?:(?:alpha|beta)\d*)?")
"""`v2` is never a value; `v2.1.0` may be one."""
_NUMBERED = re.compile(r"[A-Za-z]+\d{1,2}[A-Za-z]*")
"""`ipv6`, `int32s`: as often a literal as a value."""
_COUNTED = re.compile(r"([a-z]+(?:[-_][a-z]+)+[-_])\d")
"""`fees-tier-1`, beside `fees-tier-2`: one name."""
_STRANGE_LEAST = 4
"""So many siblings that are joined as no literal of the API is are names that somebody gave."""
_OPEN = 3.0
"""Above these log-odds names come up as values do: seldom, and ever new ones."""
_ECHOES = 10.0
"""One answer of so many that repeats a word says that it is a value; fewer may be chance."""
_VERBS_TOLD = 3
_OF_THINGS = frozenset({"version", "boolean"})
"""Kinds of values that stand below the name of one thing, `/packages/left-pad/1.3.0`, and not below that of a collection."""
_CODES_LEAST = 3
_RECURRING = 3
"""So many words that stand together again are no chance."""
_LOOKS: dict[str, float] = {"version": 0.0, "mixed": 1.2, "code": 0.8, "locale": 1.5, "domain": 1.5, "word": -1.5}


class Repeats(NamedTuple):
    """How many answers could have repeated the value, and how many did."""

    answered: int
    echoed: int


class Child(msgspec.Struct):
    """One value at a position: what stands before its stem and after it, the stem, and the kind of that."""

    value: str
    leaves: list[Leaf]
    parts: Parts
    kind: str
    position: int = 0
    values: int = 1
    """Where it is a folded id, how many different ones are known at most of one path."""
    own: float = 0.0
    reasons: dict[str, float] = {}
    cells: dict[tuple[str, str], Cell] = {}
    count: int = 0
    echoes: set[str] = msgspec.field(default_factory=set)
    """The fields of its answers that repeat it."""
    echoed: int = 0
    repeats: dict[tuple[str, str], "Repeats"] = {}
    forced: "dict[tuple[str, str], Cell] | None" = None

    @property
    def affix(self) -> Affix:
        return Affix(self.parts.before, self.parts.after, self.parts.joint)


def child_of(value: str, leaves: list[Leaf], parts: Parts, position: int, prefix: str, context: Context) -> Child:
    child = Child(value, leaves, parts, parts.stem if "<" in value else "word" if HOLE in value else kind_of(parts.stem), position)
    gathered: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    answered: dict[tuple[str, str], int] = defaultdict(int)
    echoed: dict[tuple[str, str], int] = defaultdict(int)
    slot = str(position)
    for leaf in leaves:
        below_it = leaf.texts[position + 1 :]
        tail = "/".join(cut_tail(below_it, 2 if below_it and below_it[0] == SLOT else 1) if context.is_first else below_it)
        for method, cell in leaf.cells.items():
            key, route = (tail, method), leaf.routes[method]
            gathered[key].append(cell)
            child.count += cell.count
            if slot in route.slots:
                child.values = max(child.values, len(route.slots[slot].values))
            answered[key] += route.answered
            if echoes := leaf.echoes[method]:
                echoed[key] += _add_echoes(child, echoes, context.tags)
    child.cells = {key: join_cells(cells) for key, cells in gathered.items()}
    child.repeats = {key: Repeats(answered[key], echoed[key]) for key in gathered}
    child.reasons = _own_reasons(child, position, prefix, context)
    child.own = sum(child.reasons.values())
    return child


def _own_reasons(child: Child, position: int, prefix: str, context: Context) -> dict[str, float]:
    kind, stem = child.kind, child.parts.stem
    reasons = {"looks": 6.0 if kind in CERTAIN else _LOOKS.get(kind, 0.0)}
    if kind == "word" and ("-" in stem or "_" in stem):
        reasons["looks"] = -0.8
    if kind == "version" and WRITTEN_VERSION.fullmatch(stem):
        reasons["looks"] = -6.0
    elif kind == "mixed" and _NUMBERED.fullmatch(stem):
        reasons["looks"] = 0.0
    if kind in ("word", "mixed") and HOLE not in stem:
        reasons["words"] = _fading(context.speech.weigh(stem), child)
    routes = [route for leaf in child.leaves for route in leaf.routes.values()]
    answered = sum(route.answered for route in routes)
    if child.parts.joint:
        reasons["joined"] = 4.0
    if child.echoed:
        share = min(1.0, child.echoed / max(answered, 1))
        reasons["echo"] = min(4.0, 8.0 * share) if kind == "word" else 2.0 + 2.0 * share  # a word may be in an answer by chance
    if stem in context.known:
        reasons["known"] = 1.0 if stem.isalpha() and stem.islower() else 2.0
    if _is_key_of_answer(child, stem):
        reasons["key"] = -3.0
    places = context.literal_at.get(child.value, set()) - {prefix.removeprefix("/")}
    if places and kind not in CERTAIN and not context.is_first:
        reasons["literal elsewhere"] = COLLECTION if child.value in context.collections else -1.0 if len(places) == 1 else -1.5
    if kind not in CERTAIN:
        reasons["breadth"] = -_breadth(child, position)
        if "echo" not in reasons:
            reasons["collection"] = _collection(child, position)
    if all(method == "POST" for _, method in child.cells) and all(not tail for tail, _ in child.cells):
        reasons["verb"] = -1.5
    is_below_value = position and child.leaves[0].roles[position - 1]
    if (
        not is_below_value
        and any(not tail for tail, _ in child.cells)
        and all(method in ("PUT", "PATCH", "DELETE") for tail, method in child.cells if not tail)
    ):
        reasons["item verb"] = 1.5
    return reasons


def _add_echoes(child: Child, echoes: list[Echo], tags: frozenset[str]) -> int:
    """The answers of a route that repeat the value, under the field that repeats it most."""
    most = 0
    for echo in echoes:
        if echo.position == child.position and echo.depth <= 3 and echo.name and echo.name not in tags:
            child.echoes.add(echo.name)
            child.echoed += echo.times
            most = max(most, echo.times)
    return most


def _is_key_of_answer(child: Child, stem: str) -> bool:
    """Whether the own answer has a top-level key of this name, as `{"projects": […]}` from `/projects`."""
    paths = {f".{stem}{kind}" for kind in ("[]", ":t", ":n", ":b", ":o")}
    return any(not tail and not cell.response.keys().isdisjoint(paths) for (tail, _), cell in child.cells.items())


def _breadth(child: Child, position: int) -> float:
    """A value below many values of the parameters before is a literal: ids mostly belong to one parent."""
    slots = [before for before in range(position) if child.leaves[0].roles[before]]
    if not slots:
        return 0.0
    parents: set[tuple[str, ...]] = set()
    for leaf in child.leaves:
        texts = tuple(leaf.segments[before] for before in slots)
        folded = [str(before) for before in slots if "<" in leaf.segments[before]]
        values = {value for route in leaf.routes.values() for before in folded if before in route.slots for value in route.slots[before].values}
        parents.update((*texts, value) for value in values or {""})
    return min(1.5, 0.8 * log(len(parents)))


def _collection(child: Child, position: int) -> float:
    """A word before an evident id is the name of a collection; two parameters in a row are rare."""
    below = [leaf for leaf in child.leaves if len(leaf.segments) > position + 1]
    if any("<" in leaf.segments[position + 1] for leaf in below):
        return -6.0
    if not any(leaf.roles[position + 1] for leaf in below):
        return 0.0
    if all(kind_of(leaf.segments[position + 1]) in _OF_THINGS for leaf in below if leaf.roles[position + 1]):
        return -0.5
    plain = -3.0 if any(tail in ("", SLOT) for tail, _ in child.cells) else -1.0
    repeated = {echo.position for leaf in below for echoes in leaf.echoes.values() for echo in echoes}
    return plain - 1.5 if position + 1 in repeated and position not in repeated else plain


def weigh_together(family: list[Child], parents: list[Leaf], prefix: str, context: Context) -> None:
    """What only all siblings and their parent can say: fields that repeat several of them, looks that several share, items of the parent's list."""
    _forgive_recurring(family, prefix.removeprefix("/"), context)
    _forgive_strange(family, context)
    _take_theme(family, context)
    _take_codes(family)
    verbs = [child for child in family if "verb" in child.reasons]
    for child in verbs:
        child.reasons["verb"] *= min(1.0, _VERBS_TOLD / len(verbs))  # that all are posted to is one fact, not one of each
    repeated = Counter(key for child in family for key in child.echoes)
    named = [parent for parent in parents if parent.roles[-1:] != [True]]
    looks = Counter(kind for kind, _ in {(child.kind, _what_looks(child)) for child in family})
    for child in family:
        if child.echoes and max(repeated[key] for key in child.echoes) < 2 and child.kind == "word" and child.value.isalpha() and not _is_named_echo(child):
            child.reasons["echo"] = 1.5 * min(1.0, _ECHOES * child.echoed / max(sum(repeats.answered for repeats in child.repeats.values()), 1))
        kind = child.kind
        if (
            kind in ("code", "locale", "domain", "mixed", "version")
            and looks[kind] > 1
            and (kind != "version" or child.reasons["looks"] >= 0)
            and (kind != "mixed" or child.reasons["looks"] > 0 or looks[kind] > 2)
            and "verb" not in child.reasons
        ):
            child.reasons["same looks"] = 1.5
        ends = [leaf for leaf in child.leaves if len(leaf.segments) == child.position + 1]
        if any(leaf.is_item_of(parent) for leaf in ends for parent in named):
            child.reasons["listed"] = 2.5
        if any(map(_is_named_after, ends)):
            child.reasons["named"] = 2.0
        child.own = sum(child.reasons.values())


def _what_looks(child: Child) -> str:
    """What gives a value its look: a word with a digit, which several names may have, `md5` and `verify-md5`; a name that is counted; else all of it."""
    if child.kind != "mixed":
        return child.value
    if counted := _COUNTED.fullmatch(child.parts.stem):
        return counted.group(1)
    return " ".join(word for word in _SIGN.split(child.parts.stem) if any(map(str.isdigit, word)))


def _forgive_recurring(family: list[Child], prefix: str, context: Context) -> None:
    """Words that stand together in several places, below a name, may as well be an enumeration: `directions/{profile}` and `matching/{profile}`.

    Three are enough, or all that the place has, where values follow each: `/project/{host}/{owner}` and `/insights/{host}/{owner}`.
    Below what has ids somewhere they are its operations: `/leagues/{id}/matches/past`, where there is `/matches/17`.
    """
    if prefix.endswith(SLOT) or prefix.rpartition("/")[2] in context.collections:
        return
    told = [child for child in family if "literal elsewhere" in child.reasons and child.reasons["literal elsewhere"] > COLLECTION and _tells(child)]
    places = Counter(place for child in told for place in context.literal_at[child.value] if place != prefix)
    are_all = len(told) == len(family) > 1 and all(tail.startswith(SLOT) for child in family for tail, _ in child.cells)
    least = min(_RECURRING, len(family)) if are_all else _RECURRING
    for child in told:
        if any(places[place] >= least for place in context.literal_at[child.value]):
            del child.reasons["literal elsewhere"]
            child.reasons["recurring"] = 0.5
            child.reasons["words"] = max(0.0, child.reasons.get("words", 0.0))


def _tells(child: Child) -> bool:
    """Whether there is anything by which values could be known as alike: answers, or more below them."""
    return any(tail or cell.response for (tail, _), cell in child.cells.items())


def _forgive_strange(family: list[Child], context: Context) -> None:
    """Words that are joined with a sign look like literals only where literals are joined so: `green-harbor` below `/line_items`."""
    joined = [child for child in family if child.kind == "word" and _JOINED.search(child.parts.stem)]
    if len(joined) >= _STRANGE_LEAST:
        for child in joined:
            child.reasons["looks"] += min(0.8, *[context.joined[sign] for sign in _JOINED.findall(child.parts.stem)])


def _take_theme(family: list[Child], context: Context) -> None:
    """A word that half of the siblings have is a theme, as somebody gives it to operations, `job_stats` and `queue_stats`: it speaks for no value.

    Where it comes last, it is what they are all about; the kinds of that speak for no values either: `civilCourts` and `appealCourts`, but not `last-week`.
    """
    named = [child for child in family if "words" in child.reasons]
    counts = Counter(word for child in named for word in set(spoken(child.parts.stem)))
    theme = {word for word, times in counts.items() if times > 1 and times * 2 >= len(named)}
    for child in named if theme else ():
        if child.reasons["words"] > 0:
            kinds = spoken(child.parts.stem)[-1:]
            child.reasons["words"] = 0.0 if theme.issuperset(kinds) else _fading(context.speech.weigh(child.parts.stem, theme), child)


def _take_codes(family: list[Child]) -> None:
    """Words of two letters say little alone, `me` or `eu`; where most siblings are such, they are codes of languages or countries."""
    words = [child for child in family if child.kind == "word"]
    codes = [child for child in words if len(child.parts.stem) == 2]
    if len(codes) >= _CODES_LEAST and len(codes) * 2 > len(words):
        for child in codes:
            child.reasons["looks"] = _LOOKS["code"]


def _fading(odds: float, child: Child) -> float:
    """What is called over and over is written down somewhere, however strange its words are."""
    return odds * 2.0 / (1 + child.count) if odds > 0 else odds


def recall_values(family: list[Child], prefix: str, context: Context) -> None:
    """A text that is the value of a parameter elsewhere is rather one here too; the more so where several siblings are values of the same one."""
    if context.is_first:
        return
    here = prefix.removeprefix("/")
    places = {child.value: context.slot_at.get(child.value, set()) - {here} for child in family if child.kind not in CERTAIN}
    together = Counter(place for found in places.values() for place in found)
    for child in family:
        if found := places.get(child.value):
            is_plain = child.value.isalpha() and child.value.islower()
            if not context.literal_at.get(child.value, set()) - {here} and "collection" in child.reasons:
                child.reasons["collection"] = max(-1.0, child.reasons["collection"])  # what is a value everywhere else names no collection
            most = max(together[place] for place in found)
            child.reasons["value elsewhere"] = 2.5 if most > 1 else 0.5 if is_plain else 2.0
            if is_plain and most >= _RECURRING:
                child.reasons["words"] = max(0.0, child.reasons.get("words", 0.0))  # of an enumeration that the API speaks of
            child.own = sum(child.reasons.values())


def _is_named_echo(child: Child) -> bool:
    """Whether a field that repeats the value is called as the segment before: `office` or `office_id` after `/offices`."""
    before = child.leaves[0].segments[child.position - 1] if child.position else ""
    wanted = words_of(singular(before))
    return bool(wanted) and any(words_of(name)[: len(wanted)] == wanted for name in child.echoes)


def _is_named_after(leaf: Leaf) -> bool:
    """Whether the answer has a key that is the singular of the segment before: `{"action": …}` from `/actions/7`."""
    before = leaf.segments[-2] if len(leaf.segments) > 1 else ""
    wanted = singular(before)
    if wanted == before or leaf.roles[-2]:
        return False
    return any(f".{wanted}:o" in cell.response for method, cell in leaf.cells.items() if method in ("GET", "PUT", "PATCH"))


def openness(members: list[Child]) -> float:
    """Log-odds that the calls of siblings are draws from an open pool of values, one operation for each tail, against one operation for each of them."""
    heard: dict[tuple[str, str], list[int]] = defaultdict(list)
    for child in members:
        for key, cell in child.cells.items():
            heard[key].append(cell.count)
    return sum([drawn(sum(counts), len(counts)) for counts in heard.values() if len(counts) > 1])


def forgive_collections(family: list[Child], context: Context) -> None:
    """Collections have ids of their own. Where the same values, or the same rare answers, follow several siblings, these are an enumeration."""
    suspects = [child for child in family if child.reasons.get("collection", 0.0) < -0.5 and not _lists(child)]
    below = {child.value: _values_below(child) for child in suspects}
    counts = Counter(value for values in below.values() for value in values)
    are_shared = sum(times > 1 for times in counts.values()) * 3 >= max(len(counts), 1)
    known = {id(child) for child in suspects}
    is_listed = any(_lists(other) for other in family if id(other) not in known)
    strange = [child for child in suspects if child.reasons.get("words", 0.0) > 0]
    are_drawn = len(strange) >= _STRANGE_LEAST and openness(strange) > _OPEN
    for child in suspects:
        alike = (other for other in suspects if other is not child and _answer_alike(child, other, context))
        twins = [] if is_listed or not _is_rare(child, context) else list(islice(alike, 2))
        if twins:
            child.reasons["collection"] = 0.0 if len(twins) > 1 else -0.5
        elif are_shared and len(suspects) > 1 and any(counts[value] > 1 for value in below[child.value]):
            child.reasons["collection"] = max(-1.0, child.reasons["collection"])
        if are_drawn and child in strange:
            child.reasons["collection"] = max(-0.5, child.reasons["collection"])
        child.own = sum(child.reasons.values())


def _answer_alike(child: Child, other: Child, context: Context) -> bool:
    """Whether what stands below both is answered with the same rare shapes wherever both were asked."""
    shared = [(cell, other.cells[key]) for key, cell in child.cells.items() if key in other.cells and cell.response and other.cells[key].response]
    if not shared or any(similarity(one.response, two.response) < 0.6 for one, two in shared):
        return False
    return any(_has_rare_answer(one, context) for one, _ in shared)


def _is_rare(child: Child, context: Context) -> bool:
    return any(_has_rare_answer(cell, context) for cell in child.cells.values())


def _has_rare_answer(cell: Cell, context: Context) -> bool:
    return len(cell.response) > 3 and context.clusters.rarity(cell.response) >= 1.0


def _lists(child: Child) -> bool:
    """Whether a word answers itself with a list, or takes what is to be created, as the name of a collection does."""
    return any(
        not tail and (method == "POST" or (method == "GET" and any("[]" in path for path in cell.response))) for (tail, method), cell in child.cells.items()
    )


def _values_below(child: Child) -> set[str]:
    found: set[str] = set()
    for leaf in child.leaves:
        if len(leaf.segments) > child.position + 1 and leaf.roles[child.position + 1]:
            segment = leaf.segments[child.position + 1]
            for route in leaf.routes.values():
                sample = route.slots.get(str(child.position + 1))
                found.update(sample.values if sample else (segment,))
    return found

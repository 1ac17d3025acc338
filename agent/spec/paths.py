"""Which segments of a path are parameters. Decided per position for all siblings together, from evidence.

Each piece of evidence is a log-odds of "parameter" against "literal":
what a value looks like; whether its own response repeats it; whether it was read in another body; whether siblings have the same tails,
methods, statuses, request and response shapes. Equal shapes count by how rare that shape is elsewhere in this API, and equal tails by how rare the tail is,
so that nothing here knows the words of any API. Empty bodies are no evidence. Two passes: the second knows the roles that the first gave.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import lgamma, log
from urllib.parse import unquote

from agent.spec.shapes import Shape, containment, detail_shapes, item_shapes, pooled, shape_of, similarity
from agent.spec.summary import Content, Route, Sample, rank
from agent.spec.values import CERTAIN, kind_of, split_affixes

SLOT = "{}"
MORE = "…"
PASSES = 4
SHAPES_POOLED = 6
SEEDS = 24
EVIDENT = 4.0
LIKELY = 1.5
FAMILY_MAX = 160


@dataclass
class Leaf:
    """One path with its routes by method, its decoded segments, and the roles they have so far."""

    path: str
    segments: tuple[str, ...]
    routes: dict[str, Route]
    roles: list[bool]
    cells: "dict[str, Cell]" = field(default_factory=dict)


@dataclass
class Cell:
    """What is known of one method on one tail: tempered count, statuses, shapes, names of query parameters."""

    count: int
    weight: float
    statuses: Counter[str]
    request: Shape
    response: Shape
    request_count: int
    response_count: int
    empties: int
    query: frozenset[str]


@dataclass
class Context:
    """What the whole API says: open values by field name, rarity of tails and shapes, texts that are literals elsewhere."""

    values: Mapping[str, Sample]
    known: dict[str, set[str]]
    tails: dict[tuple[str, str], float]
    clusters: "Clusters"
    literal_at: dict[str, set[str]]
    slot_texts: dict[str, int]
    singles: float
    total: int
    collections: set[str]
    neighbours: dict[str, set[str]]
    is_first: bool = False


class Clusters:
    """Groups alike shapes, and tells in how many different places each group occurs."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []
        self.places: list[set[str]] = []
        self.all_places: set[str] = set()
        self._by_id: dict[int, int] = {}

    def add(self, shape: Shape, place: str) -> None:
        """Counts a shape at a place."""
        if len(shape) < 2:
            return
        self.all_places.add(place)
        index = self.find(shape)
        if index < 0:
            self.shapes.append(shape)
            self.places.append(set())
            index = len(self.shapes) - 1
        self._by_id[id(shape)] = index
        self.places[index].add(place)

    def find(self, shape: Shape) -> int:
        """The group that a shape belongs to, or -1."""
        if id(shape) in self._by_id:
            return self._by_id[id(shape)]
        best, index = 0.6, -1
        for number, other in enumerate(self.shapes):
            if 0.5 < (len(shape) + 1) / (len(other) + 1) < 2 and (alike := similarity(shape, other)) > best:
                best, index = alike, number
        return index

    def rarity(self, shape: Shape) -> float:
        """Log-odds that two bodies of this shape come from one operation."""
        index = self.find(shape)
        share = (len(self.places[index]) if index >= 0 else 1) / max(len(self.all_places), 12)
        return min(log(0.85 / min(share, 0.85)), 3.0)


@dataclass
class Child:
    """One value at a position."""

    value: str
    leaves: list[Leaf]
    position: int = 0
    own: float = 0.0
    reasons: dict[str, float] = field(default_factory=dict)
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    count: int = 0
    echoes: set[str] = field(default_factory=set)
    forced: "dict[tuple[str, str], Cell] | None" = None


@dataclass
class Group:
    """The siblings that are one parameter so far."""

    weights: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    members: Counter[tuple[str, str]] = field(default_factory=Counter)
    size: int = 0
    singles: int = 0
    looks: Counter[str] = field(default_factory=Counter)


def find_roles(routes: Iterable[Route], values: Mapping[str, Sample]) -> dict[str, tuple[bool, ...]]:
    """For each path of the routes, which segments are parameters."""
    leaves = _leaves(routes)
    for number in range(PASSES):
        before = [tuple(leaf.roles) for leaf in leaves]
        context = _context(leaves, values, number == 0)
        _decide(leaves, 0, "", context)
        if number and before == [tuple(leaf.roles) for leaf in leaves]:
            break
    return {leaf.path: tuple(leaf.roles) for leaf in leaves}


def _leaves(routes: Iterable[Route]) -> list[Leaf]:
    found: dict[str, Leaf] = {}
    for route in sorted(routes, key=lambda route: (route.path, route.method)):
        leaf = found.get(route.path)
        if leaf is None:
            segments = tuple(unquote(segment) for segment in route.path.split("/")[1:] if segment)
            leaf = found[route.path] = Leaf(route.path, segments, {}, [_is_evident(segment) for segment in segments])
        leaf.routes[route.method] = route
        leaf.cells[route.method] = _cell(route)
    return list(found.values())


def _is_evident(segment: str) -> bool:
    return segment.startswith("<") or kind_of(split_affixes(segment)[1]) in CERTAIN


def _cell(route: Route) -> Cell:
    good = {status: outcome for status, outcome in route.outcomes.items() if status[:1] == "2"}
    contents = [content for outcome in good.values() for content in outcome.contents.values()]
    parsed = sum(content.parsed for content in contents)
    return Cell(
        count=route.seen.count,
        weight=log(1 + route.seen.count) / log(2),
        statuses=Counter({status: outcome.seen.count for status, outcome in good.items()}),
        request=shape_of(route.requests.values()),
        response=shape_of(contents),
        request_count=sum(content.parsed for content in route.requests.values()),
        response_count=parsed,
        empties=sum(outcome.empty for outcome in good.values()),
        query=frozenset(name for name in route.fields if name.startswith("query:")),
    )


def _context(leaves: list[Leaf], values: Mapping[str, Sample], is_first: bool) -> Context:
    clusters, tails, literal_at = (Clusters(), defaultdict(set[str]), defaultdict(set[str]))
    slot_texts: dict[str, int] = Counter()
    for leaf in leaves:
        texts = _normal(leaf)
        for method, cell in leaf.cells.items():
            place = method + " " + "/".join(texts)
            clusters.add(cell.response, place)
            for position in range(len(texts)):
                below = texts[position + 1 :]
                if is_first:
                    below = _cut(below, 2 if below and below[0] == SLOT else 1)
                tails["/".join(below), method].add("/".join(texts[:position]))
        for position, text in enumerate(texts):
            if text == SLOT:
                slot_texts[leaf.segments[position]] += 1
            else:
                literal_at[text].add("/".join(texts[:position]))
    total = sum(len(places) for places in tails.values()) or 1
    shares = {tail: len(places) / total for tail, places in tails.items()}
    known = _known(values)
    return Context(
        values,
        known,
        shares,
        clusters,
        literal_at,
        slot_texts,
        _single_share(leaves),
        sum(cell.count for leaf in leaves for cell in leaf.cells.values()),
        _collections(leaves),
        _neighbours(leaves),
        is_first,
    )


def _collections(leaves: list[Leaf]) -> set[str]:
    """The words that stand before an evident id somewhere, and are answered themselves too."""
    ends = {tuple(_normal(leaf)) for leaf in leaves}
    return {
        leaf.segments[position]
        for leaf in leaves
        for position in range(len(leaf.segments) - 1)
        if not leaf.roles[position] and leaf.roles[position + 1] and tuple(_normal(leaf)[: position + 1]) in ends
    }


def _neighbours(leaves: list[Leaf]) -> dict[str, set[str]]:
    """The different segments that stand before each text."""
    found: dict[str, set[str]] = defaultdict(set)
    for leaf in leaves:
        for position in range(1, len(leaf.segments)):
            found[leaf.segments[position]].add(leaf.segments[position - 1])
            for route in leaf.routes.values() if "<" in leaf.segments[position - 1] else ():
                found[leaf.segments[position]].update(route.slots.get(str(position - 1), Sample()).values)
    return found


def _normal(leaf: Leaf) -> list[str]:
    return [SLOT if role else segment for segment, role in zip(leaf.segments, leaf.roles, strict=True)]


def _known(values: Mapping[str, Sample]) -> dict[str, set[str]]:
    """Texts by the names of the open fields that hold them. A field of few, often repeated values is an enumeration and tells nothing."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, sample in values.items():
        distinct, total = len(sample.values), sum(sample.values.values())
        if not name or distinct < 4 or (distinct < 12 and total > distinct * 4):
            continue
        for value in sample.values:
            found[value].add(name)
    return found


def _single_share(leaves: list[Leaf]) -> float:
    """How many of the operations without any parameter were heard once only."""
    counts = [cell.count for leaf in leaves if not any(leaf.roles) for cell in leaf.cells.values()]
    known = sum(1 for count in counts if count == 1)
    return min(0.9, (known + 1) / (len(counts) + 4))


def _decide(leaves: list[Leaf], position: int, prefix: str, context: Context) -> None:
    children: dict[str, list[Leaf]] = defaultdict(list)
    for leaf in leaves:
        if len(leaf.segments) > position:
            children[leaf.segments[position]].append(leaf)
    if not children:
        return
    family = [_child(value, below, position, prefix, context) for value, below in sorted(children.items())]
    _weigh_together(family, [leaf for leaf in leaves if len(leaf.segments) == position])
    chosen = _choose(family, position, context)
    slots: dict[tuple[str, str], list[Leaf]] = defaultdict(list)
    for child in family:
        is_slot = child.value in chosen
        for leaf in child.leaves:
            leaf.roles[position] = is_slot
        if is_slot:
            before, _, after = _affixes(child.value)
            slots[before, after] += child.leaves
        else:
            _decide(child.leaves, position + 1, f"{prefix}/{child.value}", context)
    for (before, after), below in sorted(slots.items()):
        _decide(below, position + 1, f"{prefix}/{before}{SLOT}{after}", context)


def _weigh_together(family: list[Child], parents: list[Leaf]) -> None:
    """What only all siblings and their parent can say: fields that repeat several of them, looks that several share, items of the parent's list."""
    repeated = Counter(key for child in family for key in child.echoes)
    looks = Counter(_kind(child.value) for child in family)
    listed = [shape for leaf in parents for shape in item_shapes(_good_contents(leaf.routes.get("GET")))]
    for child in family:
        if child.echoes and "echo" in child.reasons and max(repeated[key] for key in child.echoes) < 2 and _kind(child.value) == "word":
            child.reasons["echo"] = 1.5
        kind = _kind(child.value)
        if kind in ("code", "locale", "mixed", "version") and looks[kind] > 1 and (kind != "version" or child.position > 1):
            child.reasons["same looks"] = 1.5
        if listed and any(_is_item(leaf, listed) for leaf in child.leaves if len(leaf.segments) == child.position + 1):
            child.reasons["listed"] = 2.5
        child.own = sum(child.reasons.values())


def _is_item(leaf: Leaf, listed: list[Shape]) -> bool:
    """Whether the answer is what the parent lists."""
    details = [shape for method in ("GET", "PUT", "PATCH") for shape in detail_shapes(_good_contents(leaf.routes.get(method)))]
    return any(similarity(detail, item) >= 0.6 or (len(item) > 4 and containment(detail, item) >= 0.9) for detail in details for item in listed)


def _good_contents(route: Route | None) -> list[Content]:
    return [content for status, outcome in route.outcomes.items() if status[:1] == "2" for content in outcome.contents.values()] if route is not None else []


def _kind(value: str) -> str:
    stem = _affixes(value)[1]
    return stem if "<" in value else kind_of(stem)


def _affixes(value: str) -> tuple[str, str, str]:
    if "<" in value:
        before, _, rest = value.partition("<")
        kind, _, after = rest.partition(">")
        return before, kind, after
    return split_affixes(value)


def _child(value: str, leaves: list[Leaf], position: int, prefix: str, context: Context) -> Child:
    child = Child(value, leaves, position)
    gathered: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for leaf in leaves:
        below_it = _normal(leaf)[position + 1 :]
        tail = "/".join(_cut(below_it, 2 if below_it and below_it[0] == SLOT else 1) if context.is_first else below_it)
        for method, cell in leaf.cells.items():
            gathered[tail, method].append(cell)
            child.count += cell.count
    child.cells = {key: _join(cells) for key, cells in gathered.items()}
    child.reasons = _own_reasons(child, position, prefix, context)
    child.own = sum(child.reasons.values())
    return child


def _cut(texts: list[str], length: int) -> list[str]:
    """The beginning of a tail, marked where more follows."""
    return texts if len(texts) <= length else [*texts[:length], MORE]


def _join(cells: list[Cell]) -> Cell:
    if len(cells) == 1:
        return cells[0]
    return Cell(
        count=sum(cell.count for cell in cells),
        weight=sum(cell.weight for cell in cells),
        statuses=sum((cell.statuses for cell in cells), Counter[str]()),
        request=_pool([(cell.request, cell.request_count) for cell in cells if cell.request_count]),
        response=_pool([(cell.response, cell.response_count) for cell in cells if cell.response_count]),
        request_count=sum(cell.request_count for cell in cells),
        response_count=sum(cell.response_count for cell in cells),
        empties=sum(cell.empties for cell in cells),
        query=frozenset().union(*(cell.query for cell in cells)),
    )


def _pool(shapes: list[tuple[Shape, int]]) -> Shape:
    """The average of the best seen shapes: a few say as much as all."""
    if len(shapes) < 2:
        return shapes[0][0] if shapes else {}
    return pooled(sorted(shapes, key=lambda shape: -shape[1])[:SHAPES_POOLED])


_LOOKS: dict[str, float] = {"version": 0.0, "mixed": 1.2, "code": 0.8, "locale": 1.5, "word": -1.5}


def _own_reasons(child: Child, position: int, prefix: str, context: Context) -> dict[str, float]:
    stem = _affixes(child.value)[1]
    kind = "int" if child.value != stem and "<" in child.value else kind_of(stem)
    reasons = {"looks": 6.0 if kind in CERTAIN else _LOOKS.get(kind, 0.0)}
    if kind == "word" and ("-" in stem or "_" in stem):
        reasons["looks"] = -0.8
    routes = [route for leaf in child.leaves for route in leaf.routes.values()]
    answered = sum(route.answered for route in routes)
    echoed = sum(times for route in routes for key, times in route.echoes.items() if _is_own_echo(key, position))
    child.echoes = {key.split(" ", 2)[2] for route in routes for key in route.echoes if _is_own_echo(key, position)}
    if echoed:
        reasons["echo"] = 2.0 + 2.0 * min(1.0, echoed / max(answered, 1))
    if stem in context.known:
        reasons["known"] = 1.0 if stem.isalpha() and stem.islower() else 2.0
    if _is_key_of_answer(child, stem):
        reasons["key"] = -3.0
    places = context.literal_at.get(child.value, set()) - {prefix.removeprefix("/")}
    if places and kind not in CERTAIN and not context.is_first:
        reasons["literal elsewhere"] = -4.0 if child.value in context.collections else -1.0 if len(places) == 1 else -1.5
    if kind not in CERTAIN:
        reasons["breadth"] = -_breadth(child, position)
        if "echo" not in reasons:
            reasons["collection"] = _collection(child, position)
    if all(method == "POST" for _, method in child.cells) and all(not tail for tail, _ in child.cells):
        reasons["verb"] = -1.5
    if all(method in ("PUT", "PATCH", "DELETE") for tail, method in child.cells if not tail) and any(not tail for tail, _ in child.cells):
        reasons["item verb"] = 1.5
    return reasons


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
    return -3.0 if any(tail in ("", SLOT) for tail, _ in child.cells) else -1.0


def _look(value: str) -> str:
    stem = _affixes(value)[1]
    kind = stem if "<" in value else kind_of(stem)
    return kind if kind in CERTAIN else "text"


def _is_own_echo(key: str, position: int) -> bool:
    at, depth, name = key.split(" ", 2)
    return int(at) == position and int(depth) <= 3 and bool(name)


def _is_key_of_answer(child: Child, stem: str) -> bool:
    """Whether the own answer has a top-level key of this name, as `{"projects": […]}` from `/projects`."""
    for (tail, _), cell in child.cells.items():
        if not tail and cell.response and any(path.startswith(f".{stem}:") or path == f".{stem}[]" for path in cell.response):
            return True
    return False


def _choose(family: list[Child], position: int, context: Context) -> set[str]:
    if _is_prefix(family, position, context):
        return set()
    _forgive_collections(family)
    by_affix: dict[tuple[str, str], list[Child]] = defaultdict(list)
    for child in family:
        before, _, after = _affixes(child.value)
        by_affix[before, after].append(child)
    chosen: set[str] = set()
    for siblings in by_affix.values():
        chosen |= _choose_among(siblings, context)
    return chosen


def _forgive_collections(family: list[Child]) -> None:
    """Collections have ids of their own. Where the same values follow several siblings, these are rather two enumerations in a row."""
    if sum("collection" in child.reasons for child in family) < 2:
        return
    below = {child.value: _values_below(child) for child in family if "collection" in child.reasons and all(tail for tail, _ in child.cells)}
    counts = Counter(value for values in below.values() for value in values)
    if sum(times > 1 for times in counts.values()) * 3 < len(counts):
        return
    for child in family:
        if child.reasons.get("collection", 0.0) < -1.0 and any(counts[value] > 1 for value in below.get(child.value, ())):
            child.reasons["collection"] = -1.0
            child.own = sum(child.reasons.values())


def _values_below(child: Child) -> set[str]:
    found: set[str] = set()
    for leaf in child.leaves:
        if len(leaf.segments) > child.position + 1 and leaf.roles[child.position + 1]:
            segment = leaf.segments[child.position + 1]
            for route in leaf.routes.values():
                sample = route.slots.get(str(child.position + 1))
                found.update(sample.values if sample else (segment,))
    return found


def _is_prefix(family: list[Child], position: int, context: Context) -> bool:
    """A single version-like child near the root that carries nearly all traffic is part of the base path."""
    if len(family) != 1 or position > 2:
        return False
    child = family[0]
    kind = kind_of(child.value) if "<" not in child.value else child.value.strip("<>")
    if kind not in ("int", "date", "version", "code", "mixed", "word") or child.reasons.get("echo", 0.0) > 3.0:
        return False
    if kind not in CERTAIN and child.count >= 0.8 * context.total:
        return True
    slots = [sample for leaf in child.leaves for route in leaf.routes.values() if (sample := route.slots.get(str(position)))]
    if len({value for sample in slots for value in sample.values}) > 1:
        return False
    below = {tail.split("/")[0] for tail, _ in child.cells}
    return child.count >= 0.8 * context.total and (len(below) >= 3 or (kind in ("date", "version") and "" not in below))


def _choose_among(siblings: list[Child], context: Context) -> set[str]:
    """The evident values first, then the best cluster of the others, then whoever the group binds."""
    group = Group()
    members = {child.value: child for child in siblings if child.own >= EVIDENT}
    best, is_forced = _best_cluster([child for child in siblings if child.value not in members], context)
    for child in members.values():
        _join_group(group, child, is_forced)
    if best and (not members or sum(_bond(child, group, context) > 0 for child in best) * 2 > len(best)):
        for child in best:
            members[child.value] = child
            _join_group(group, child, is_forced)
    for child in siblings:
        if child.own >= LIKELY and child.value not in members and (not members or child.own + _bond(child, group, context) > 0):
            members[child.value] = child
            _join_group(group, child, is_forced)
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
            if child.own + _bond(child, group, context) + _single_bonus(child, context) + closure > 0:
                members[child.value] = child
                _join_group(group, child, is_forced)
                joined = True
        if not joined:
            break
    return set(members)


def _best_cluster(siblings: list[Child], context: Context) -> tuple[list[Child], bool]:
    """The siblings that belong together best, where that makes a parameter of them, and whether the segment below is one as well."""
    best, best_score, best_forced = list[Child](), 0.0, False
    if len(siblings) < 2:
        return best, False
    if len(siblings) > FAMILY_MAX:
        siblings = sorted(siblings, key=lambda child: (rank(child.value), child.value))[:FAMILY_MAX]
    ordered = sorted(siblings, key=lambda child: (-child.own, child.value))
    for is_forced in (False, True):
        for seed in ordered[: SEEDS if len(ordered) < 60 else SEEDS // 4]:
            if is_forced and not any(tail and not tail.startswith(SLOT) for tail, _ in seed.cells):
                continue
            members, score = _grow(seed, ordered, is_forced, context)
            if len(members) > 1 and score > best_score:
                best, best_score, best_forced = members, score, is_forced
    return best, best_forced


def _grow(seed: Child, ordered: list[Child], is_forced: bool, context: Context) -> tuple[list[Child], float]:
    """A seed with all siblings that it binds, and the log-odds of the whole. Forced: as if the segment below were a parameter as well."""
    if is_forced:
        for child in ordered:
            _forced(child, context)
    group, members, score = (Group(), [seed], seed.own + _single_bonus(seed, context) - (1.0 if is_forced else 0.0))
    _join_group(group, seed, is_forced)
    for child in ordered:
        if child is seed:
            continue
        gain = child.own + _bond(child, group, context) + _single_bonus(child, context)
        if gain > 0:
            members.append(child)
            _join_group(group, child, is_forced)
            score += gain
    return members, score


def _single_bonus(child: Child, context: Context) -> float:
    return log(0.6 / context.singles) * 0.6 if child.count == 1 and context.singles < 0.6 else 0.0


def _join_group(group: Group, child: Child, is_forced: bool = False) -> None:
    group.size += 1
    group.singles += child.count <= 2
    group.looks[_look(child.value)] += max([1, *(len(sample.values) for sample in _samples(child))])
    for key, cell in (child.forced or child.cells if is_forced else child.cells).items():
        group.weights[key] += cell.weight
        other = group.cells.get(key)
        group.members[key] += 1
        if other is None:
            group.cells[key] = cell
        elif group.members[key] <= SHAPES_POOLED:
            group.cells[key] = _join([other, cell])


def _look_bond(child: Child, group: Group) -> float:
    """Where all values are ids of one kind, a word among them is no value: `/users/me`, unless its answer repeats it."""
    look, total = _look(child.value), sum(group.looks.values())
    if look == "text" and not group.looks["text"] and "echo" not in child.reasons:
        return -12.0
    return max(-4.0, log((group.looks[look] + 1) / (total + 2)))


def _samples(child: Child) -> list[Sample]:
    key = str(child.position)
    return [sample for leaf in child.leaves for route in leaf.routes.values() if (sample := route.slots.get(key))]


def _bond(child: Child, group: Group, context: Context) -> float:
    """Log-odds that a child is another value of the same parameter as the group."""
    if not group.size:
        return 0.0
    cells = child.cells
    if any(tail.startswith("{}/") for tail, _ in group.weights) and not all(tail.startswith(SLOT) for tail, _ in cells):
        cells = _forced(child, context)
    total = max(_tail_bond(child.cells, group, context), _tail_bond(cells, group, context) - 1.0)
    alike = 0.0
    for key, cell in cells.items():
        other = group.cells.get(key)
        if other is not None and not key[0].endswith(MORE):
            alike += _cell_bond(cell, other, context)
    floor = -1.5 * log(1 + child.count) / log(2)
    return max(-8.0, floor, min(8.0 if alike > 0 else 5.0, total)) + max(-20.0, min(6.0, alike)) + _look_bond(child, group)


def _forced(child: Child, context: Context) -> dict[tuple[str, str], Cell]:
    """The cells of a child as they would be if every text below it that has few different neighbours before it were a parameter too."""
    if child.forced is not None:
        return child.forced
    gathered: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for leaf in child.leaves:
        below = [text if index and len(context.neighbours.get(text, ())) > 2 else SLOT for index, text in enumerate(_normal(leaf)[child.position + 1 :])]
        if context.is_first:
            below = _cut(below, next((index + 1 for index, text in enumerate(below) if text != SLOT), len(below)))
        for method, cell in leaf.cells.items():
            gathered["/".join(below), method].append(cell)
    child.forced = {key: _join(cells) for key, cells in gathered.items()}
    return child.forced


def _tail_bond(cells: dict[tuple[str, str], Cell], group: Group, context: Context) -> float:
    """Dirichlet-multinomial Bayes factor: one distribution of tails and methods for both, against one each."""
    mine = {key: cell.weight for key, cell in cells.items()}
    theirs = group.weights
    prior = {key: 2.0 if not key[0].replace(SLOT, "").strip("/" + MORE) else 4.0 * context.tails.get(key, 0.001) + 0.02 for key in {*mine, *theirs}}
    both = {key: mine.get(key, 0.0) + theirs.get(key, 0.0) for key in prior}
    return _evidence(both, prior) - _evidence(mine, prior) - _evidence(theirs, prior)


def _evidence(counts: Mapping[tuple[str, str], float], prior: Mapping[tuple[str, str], float]) -> float:
    strength = 2.0 + sum(prior.values())
    total = sum(counts.values())
    return lgamma(strength) - lgamma(strength + total) + sum(lgamma(prior[key] + count) - lgamma(prior[key]) for key, count in counts.items() if count)


def _response_bond(a: Cell, b: Cell, context: Context) -> float:
    """Equal shapes bind by their rarity; shapes without much in common part, and surely so where both were seen twice."""
    if len(a.response) < 2 and len(b.response) < 2:
        return 0.0 if a.response.keys() == b.response.keys() else -6.0
    if {path for path in a.response if len(path) < 3}.isdisjoint(b.response):
        return -6.0
    least = min(a.response_count, b.response_count)
    if least > 1 and (excluded := _excluded(a.response, b.response)):
        return -12.0 if (least > 2 and excluded == 2) or least > 5 else -3.0 if excluded == 2 else 0.0
    if similarity(a.response, b.response) >= 0.5:
        return context.clusters.rarity(a.response)
    inside = containment(a.response, b.response)
    if inside >= 0.7:
        return 0.5 * context.clusters.rarity(a.response) if min(len(a.response), len(b.response)) > 4 else 0.0
    return 0.0 if inside >= 0.3 else -12.0 if min(a.response_count, b.response_count) > 1 else -6.0


def _excluded(a: Shape, b: Shape) -> int:
    """In how many directions a key is always in one and never in the other."""
    return sum(any(share > 0.999 and path not in two and path[-2:] != ":o" for path, share in one.items()) for one, two in ((a, b), (b, a)))


def _cell_bond(a: Cell, b: Cell, context: Context) -> float:
    bond = 0.0
    if a.statuses and b.statuses:
        bond += 0.2 if set(a.statuses) & set(b.statuses) else -2.5
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

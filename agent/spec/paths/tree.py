"""The paths of a capture as leaves, and what is known of them as a whole: which tails and shapes are rare, which texts stand where.

Nothing is decided here.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from math import lgamma, log
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from agent.spec.path_syntax import HOLE
from agent.spec.paths.shapes import Shape, are_alike, containment, detail_shapes, item_shapes, pooled, shape_of, similarity
from agent.spec.paths.words import SILENT, Speech, speech_of
from agent.spec.summary import Content, Route, Sample
from agent.spec.values import CERTAIN, kind_of, split_affixes

SLOT = "{}"
MORE = "…"
SHAPES_POOLED = 10
_KEYS = re.compile(r"\.([^.:\[*]+)")
_OFTEN = 20
"""Calls of a segment, after which its words count as spoken."""
CLOSED = -3.0
"""Below these log-odds so few names that are asked for so often are operations, not values."""
_POOLS = (1.0, 4.0, 16.0, 64.0)
_RANGE = 4.0
"""The natural logarithm of how far the calls of operations differ."""


class Echo(NamedTuple):
    """Answers that repeat the segment at a position, in a field of this name, so deep within."""

    position: int
    depth: int
    name: str
    times: int


class Affix(NamedTuple):
    """What stands before and after the value of a segment, and between, where it is two values."""

    before: str = ""
    after: str = ""
    joint: str = ""

    def around(self, *values: str) -> str:
        """The segment with these values."""
        return self.before + self.joint.join(values) + self.after


class Leaf(msgspec.Struct, dict=True):
    """One path with its routes by method, its decoded segments, and the roles they have so far."""

    path: str
    segments: tuple[str, ...]
    routes: dict[str, Route]
    roles: list[bool]
    texts: list[str]
    """The segments, with SLOT in place of each that is a parameter so far."""
    affixes: list[Affix]
    """Around the value of each segment, where it is a parameter."""
    cells: "dict[str, Cell]" = {}
    echoes: dict[str, list[Echo]] = {}
    listed: dict[str, bool] = {}
    """By path, as far as it was asked for."""

    def decide(self, position: int, is_slot: bool) -> None:
        """Gives a segment its role."""
        self.roles[position] = is_slot
        self.texts[position] = SLOT if is_slot else self.segments[position]

    @cached_property
    def items(self) -> list[Shape]:
        """The shapes of what it lists."""
        return item_shapes(good_contents(self.routes.get("GET")))

    def is_item_of(self, parent: "Leaf") -> bool:
        """Whether the answer is what another path lists."""
        if parent.path not in self.listed:
            self.listed[parent.path] = any(_is_item(detail, item) for detail in self.details for item in parent.items)
        return self.listed[parent.path]

    @cached_property
    def details(self) -> list[Shape]:
        """The shapes of the things that it answers with."""
        return [shape for method in ("GET", "PUT", "PATCH") for shape in detail_shapes(good_contents(self.routes.get(method)))]


class Cell(msgspec.Struct, dict=True):
    """What is known of one method on one tail: tempered count, statuses, shapes, names of query parameters."""

    count: int
    weight: float
    statuses: frozenset[str]
    request_count: int
    response_count: int
    query: frozenset[str]
    parts: "list[Cell]" = []
    """The cells that were joined: their shapes are pooled only where somebody asks."""

    @cached_property
    def request(self) -> Shape:
        return _pool([(part.request, part.request_count) for part in self.parts if part.request_count])

    @cached_property
    def response(self) -> Shape:
        return _pool([(part.response, part.response_count) for part in self.parts if part.response_count])


class Context(msgspec.Struct):
    """What the whole API says: texts of open fields, rarity of tails and shapes, where each text is a literal, and where a value."""

    known: set[str]
    tails: dict[tuple[str, str], float]
    clusters: "Clusters"
    literal_at: dict[str, set[str]]
    slot_at: dict[str, set[str]]
    singles: float
    total: int
    collections: set[str]
    neighbours: dict[str, set[str]]
    speech: Speech = SILENT
    joined: dict[str, float] = {}
    """By sign: what it weighs for a text that its words are joined with it, as far as those of the literals are not."""
    is_first: bool = False
    tags: frozenset[str] = frozenset()
    """Fields that tell kinds, not ids (see `tags`)."""
    serials: frozenset[str] = frozenset()
    """Words that stand before numbers (see `affixes`)."""
    priors: dict[tuple[str, str], float] = {}
    """How likely a tail is, as far as it was asked for."""


class Clusters:
    """Groups alike shapes, and tells in how many different places each group occurs."""

    def __init__(self, shapes: Iterable[Shape]) -> None:
        self._shapes: list[Shape] = []
        self._known: dict[Shape, int] = {}
        for shape in shapes:
            if len(shape) > 1:
                self._add(shape)
        self.leave_places()

    def leave_places(self) -> None:
        """Forgets the places, not the groups."""
        self.places: list[set[str]] = [set() for _ in self._shapes]
        self.all_places: set[str] = set()

    def occur(self, shape: Shape, place: str) -> None:
        """Counts one of the shapes at a place."""
        if len(shape) > 1:
            self.all_places.add(place)
            self.places[self._known[shape]].add(place)

    def _add(self, shape: Shape) -> None:
        index = self.find(shape)
        if index < 0:
            self._shapes.append(shape)
            index = len(self._shapes) - 1
        self._known[shape] = index

    def find(self, shape: Shape) -> int:
        """The group that a shape belongs to, or -1."""
        if shape in self._known:
            return self._known[shape]
        best, index, weight = 0.6, -1, shape.weight
        for number, other in enumerate(self._shapes):
            lighter, heavier = (weight, other.weight) if weight < other.weight else (other.weight, weight)
            if lighter > best * heavier and 0.5 < (len(shape) + 1) / (len(other) + 1) < 2 and (alike := similarity(shape, other)) > best:
                best, index = alike, number
        self._known[shape] = index
        return index

    def rarity(self, shape: Shape) -> float:
        """Log-odds that two bodies of this shape come from one operation."""
        index = self.find(shape)
        share = (len(self.places[index]) if index >= 0 else 1) / max(len(self.all_places), 12)
        return min(log(0.85 / min(share, 0.85)), 3.0)


def leaves_of(routes: Iterable[Route], endings: Mapping[str, str]) -> list[Leaf]:
    """The leaves of routes, without what is no part of their last segments (see `forms`)."""
    found: dict[str, Leaf] = {}
    for route in sorted(routes, key=lambda route: (route.path, route.method)):
        leaf = found.get(route.path)
        if leaf is None:
            segments = tuple(unquote(segment) for segment in route.path.removesuffix(endings.get(route.path, "")).split("/")[1:] if segment)
            roles = [is_evident(segment) for segment in segments]
            texts = [SLOT if role else segment for segment, role in zip(segments, roles, strict=True)]
            leaf = found[route.path] = Leaf(route.path, segments, {}, roles, texts, [Affix()] * len(segments))
        leaf.routes[route.method] = route
        leaf.cells[route.method] = cell_of(route)
        leaf.echoes[route.method] = [_echo(key, times) for key, times in route.echoes.items()]
    return list(found.values())


def _echo(key: str, times: int) -> Echo:
    position, depth, name = key.split(" ", 2)
    return Echo(int(position), int(depth), name, times)


def _is_item(detail: Shape, item: Shape) -> bool:
    return are_alike(detail, item, 0.6) or (len(item) > 4 and containment(detail, item) >= 0.9)


def is_evident(segment: str) -> bool:
    return segment.startswith("<") or (HOLE not in segment and kind_of(split_affixes(segment)[1]) in CERTAIN)


def cell_of(route: Route) -> Cell:
    good = {status: outcome for status, outcome in route.outcomes.items() if status[:1] == "2"}
    contents = [content for outcome in good.values() for content in outcome.contents.values()]
    cell = Cell(
        count=route.seen.count,
        weight=log(1 + route.seen.count) / log(2),
        statuses=frozenset(good),
        request_count=sum(content.parsed for content in route.requests.values()),
        response_count=sum(content.parsed for content in contents),
        query=frozenset(name for name in route.fields if name.startswith("query:")),
    )
    cell.request, cell.response = shape_of(route.requests.values()), shape_of(contents)
    return cell


def join_cells(cells: list[Cell]) -> Cell:
    first = cells[0]
    if len(cells) == 1:
        return first
    joined = Cell(first.count, first.weight, first.statuses, first.request_count, first.response_count, first.query, cells)
    for cell in cells[1:]:
        joined.count += cell.count
        joined.weight += cell.weight
        joined.request_count += cell.request_count
        joined.response_count += cell.response_count
        if not cell.statuses <= joined.statuses:
            joined.statuses |= cell.statuses
        if not cell.query <= joined.query:
            joined.query |= cell.query
    return joined


def _pool(shapes: list[tuple[Shape, int]]) -> Shape:
    """The average of the best seen shapes: a few say as much as all."""
    if len(shapes) < 2:
        return shapes[0][0] if shapes else Shape()
    return pooled(tuple(sorted(shapes, key=lambda shape: -shape[1])[:SHAPES_POOLED]))


def heard_speech(leaves: list[Leaf], values: Mapping[str, Sample]) -> Speech:
    """In which words the API speaks, before anything is decided but what is evident."""
    cells = [cell for leaf in leaves for cell in leaf.cells.values()]
    paths = set[str]().union(*{shape for cell in cells for shape in (cell.response, cell.request)})
    keys = {key for path in paths for key in _KEYS.findall(path)}
    keys.update(name.partition(":")[2] for cell in cells for name in cell.query)
    called = Counter[str]()
    for leaf in leaves:
        calls = sum([cell.count for cell in leaf.cells.values()])
        called.update(dict.fromkeys(leaf.texts, calls))
    often = [text for text, calls in called.items() if calls >= _OFTEN]
    return speech_of(keys, often, _certain_literals(leaves), {value for sample in values.values() for value in sample.values})


def context_of(
    leaves: list[Leaf], values: Mapping[str, Sample], tags: frozenset[str], clusters: Clusters, speech: Speech, serials: frozenset[str], is_first: bool
) -> Context:
    tails, literal_at = (defaultdict(set[str]), defaultdict(set[str]))
    clusters.leave_places()
    slot_at: dict[str, set[str]] = defaultdict(set)
    for leaf in leaves:
        texts = leaf.texts
        for method, cell in leaf.cells.items():
            place = method + " " + "/".join(texts)
            clusters.occur(cell.response, place)
            for position in range(len(texts)):
                below = texts[position + 1 :]
                if is_first:
                    below = cut_tail(below, 2 if below and below[0] == SLOT else 1)
                tails["/".join(below), method].add("/".join(texts[:position]))
        for position, text in enumerate(texts):
            if text == SLOT:
                slot_at[leaf.segments[position]].add("/".join(texts[:position]))
            else:
                literal_at[text].add("/".join(texts[:position]))
    total = sum(len(places) for places in tails.values()) or 1
    shares = {tail: len(places) / total for tail, places in tails.items()}
    return Context(
        _known({name: sample for name, sample in values.items() if name not in tags}),
        shares,
        clusters,
        literal_at,
        slot_at,
        _single_share(leaves),
        sum(cell.count for leaf in leaves for cell in leaf.cells.values()),
        _collections(leaves),
        _neighbours(leaves),
        speech,
        _joined(leaves),
        is_first,
        tags,
        serials,
    )


def _joined(leaves: list[Leaf]) -> dict[str, float]:
    """How strange it is among the certain literals to join words with a sign."""
    found = _certain_literals(leaves)
    return {sign: max(0.0, log((len(found) + 4) / (4 * sum(sign in text for text in found) + 4))) for sign in "-_"}


def _certain_literals(leaves: list[Leaf]) -> set[str]:
    """The words next to evident ids."""
    return {
        text
        for leaf in leaves
        for position, text in enumerate(leaf.texts)
        if text != SLOT and kind_of(text) == "word" and (leaf.texts[position - 1 : position] == [SLOT] or leaf.texts[position + 1 : position + 2] == [SLOT])
    }


def _collections(leaves: list[Leaf]) -> set[str]:
    """The words that stand before an evident id somewhere, and are answered themselves too."""
    ends = {tuple(leaf.texts) for leaf in leaves}
    return {
        leaf.segments[position]
        for leaf in leaves
        for position in range(len(leaf.segments) - 1)
        if not leaf.roles[position] and leaf.roles[position + 1] and tuple(leaf.texts[: position + 1]) in ends
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


def cut_tail(texts: list[str], length: int) -> list[str]:
    """The beginning of a tail, marked where more follows."""
    return texts if len(texts) <= length else [*texts[:length], MORE]


def _known(values: Mapping[str, Sample]) -> set[str]:
    """The texts that open fields hold. A field of few, often repeated values is an enumeration and tells nothing."""
    return set().union(*[sample.values for name, sample in values.items() if name and _is_open(sample)])


def _is_open(sample: Sample) -> bool:
    distinct = len(sample.values)
    return distinct >= 12 or (distinct >= 4 and sum(sample.values.values()) <= distinct * 4)


def _single_share(leaves: list[Leaf]) -> float:
    """How many of the operations without any parameter were heard once only."""
    counts = [cell.count for leaf in leaves if not any(leaf.roles) for cell in leaf.cells.values()]
    known = sum(1 for count in counts if count == 1)
    return min(0.9, (known + 1) / (len(counts) + 4))


@lru_cache(maxsize=4096)
def drawn(calls: int, values: int) -> float:
    """The log-odds of so many values in so many calls: Ewens' formula with the likeliest pool, against operations that are called as often as they like."""
    pools = [lgamma(calls + 1) - lgamma(pool + calls) + lgamma(pool) + values * log(pool) for pool in _POOLS]
    return max(pools) - lgamma(values + 1) - log(calls * _RANGE) + values * log(_RANGE)


def affixes_of(value: str) -> tuple[str, str, str]:
    if "<" in value:
        before, _, rest = value.partition("<")
        kind, _, after = rest.partition(">")
        return before, kind, after
    return split_affixes(value)


def good_contents(route: Route | None) -> list[Content]:
    return [content for status, outcome in route.outcomes.items() if status[:1] == "2" for content in outcome.contents.values()] if route is not None else []

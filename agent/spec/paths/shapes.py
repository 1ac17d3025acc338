"""The shape of a body as a set of weighted key paths, and how alike two shapes are. An empty body has no shape: it is no evidence."""

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from math import fsum

from agent.spec.schemas.maps import are_data, never_repeat
from agent.spec.summary import Content, Node

DEPTH = 3
_KEY = re.compile(r"^\.[^.\[:]+")
_REMEMBERED = 4096


class Shape(dict[str, float]):
    """Key paths with the share of bodies that have them. Never changed once it was given away, so that its sums are made once.

    They are exact, so that the order of keys does not matter. Equal shapes are one object, and what two have in common is remembered of these two: most are
    compared many times, pass by pass.
    """

    def __hash__(self) -> int:  # type: ignore[override]  # one that never changes may have one
        return id(self)

    @cached_property
    def weight(self) -> float:
        return fsum(self.values())

    @cached_property
    def inner_weight(self) -> float:
        """Of the paths with a name in them."""
        return fsum([share for path, share in self.items() if len(path) > 2])

    @cached_property
    def roots(self) -> set[str]:
        """What the body itself is."""
        return {path for path in self if len(path) < 3}

    @cached_property
    def is_keyed(self) -> bool:
        """Whether the keys of the body itself are data."""
        return any([path.startswith(".*") for path in self])

    @cached_property
    def keyed(self) -> "Shape":
        """What it would be if they were."""
        paths: dict[str, float] = {}
        for path, share in self.items():
            name = _KEY.sub(".*", path)
            paths[name] = max(paths.get(name, 0.0), share)
        return _one_of(frozenset(paths.items()))

    @cached_property
    def sure(self) -> set[str]:
        """The values that no body lacks."""
        return {path for path, share in self.items() if share > 0.999 and path[-2:] != ":o"}


def shape_of(contents: Iterable[Content]) -> Shape:
    """Key paths to depth three with the share of bodies that have them. Empty where nothing was structured."""
    shape = dict[str, float]()
    for content in contents:
        if content.node is not None and content.parsed:
            _walk(content.node, "", 1.0, 0, shape)
    return _one_of(frozenset(shape.items()))


def item_shapes(contents: Iterable[Content]) -> list[Shape]:
    """The shapes of the objects that are listed in a body."""
    found: list[Shape] = []
    for node in [content.node for content in contents if content.node is not None]:
        for inner in (node, *node.properties.values()):
            if inner.items is not None and inner.items.objects:
                found.append(_shape(inner.items))
    return [shape for shape in found if len(shape) > 3]


def detail_shapes(contents: Iterable[Content]) -> list[Shape]:
    """The shapes of the object that a body is, or of those directly in it."""
    found: list[Shape] = []
    for node in [content.node for content in contents if content.node is not None]:
        found += [_shape(inner) for inner in (node, *node.properties.values()) if inner.objects]
    return [shape for shape in found if len(shape) > 3]


def _shape(node: Node) -> Shape:
    shape = dict[str, float]()
    _walk(node, "", 1.0, 1, shape)
    return _one_of(frozenset(shape.items()))


@lru_cache(maxsize=_REMEMBERED)
def _one_of(paths: frozenset[tuple[str, float]]) -> Shape:
    return Shape(paths)


@lru_cache(maxsize=_REMEMBERED)
def similarity(a: Shape, b: Shape) -> float:
    """Weighted Jaccard: what both have by what one of them has."""
    small, large = (a, b) if len(a) < len(b) else (b, a)
    known = large.get
    both = fsum([one if one < two else two for path, one in small.items() if (two := known(path)) is not None])
    total = a.weight + b.weight - both
    return both / total if total else 0.0


def are_alike(a: Shape, b: Shape, least: float) -> bool:
    """Whether their similarity is at least so much. Seldom worked out: a heavy shape and a light one have little in common."""
    return min(a.weight, b.weight) >= least * max(a.weight, b.weight) and similarity(a, b) >= least


@lru_cache(maxsize=_REMEMBERED)
def containment(a: Shape, b: Shape) -> float:
    """How much of the smaller shape is in the other: one body of an operation may lack what is optional."""
    both = fsum([one if (one := a[path]) < (two := b[path]) else two for path in a.keys() & b.keys() if len(path) > 2])
    least = min(a.inner_weight, b.inner_weight)
    return both / least if least else 1.0


@lru_cache(maxsize=_REMEMBERED)
def pooled(shapes: tuple[tuple[Shape, float], ...]) -> Shape:
    """The average of weighted shapes."""
    total, sums = 0.0, dict[str, float]()
    for shape, weight in shapes:
        total += weight
        if not sums:
            sums = {path: share * weight for path, share in shape.items()}
            continue
        known = sums.get
        for path, share in shape.items():
            sums[path] = known(path, 0.0) + share * weight
    return Shape({path: share / total for path, share in sums.items()} if total else {})


def _walk(node: Node, path: str, share: float, depth: int, shape: dict[str, float]) -> None:
    if node.arrays:
        items = path + "[]"
        if share > shape.get(items, 0.0):
            shape[items] = share
        if node.items is not None:
            _walk(node.items, items, share, depth, shape)
    if node.objects and depth < DEPTH:
        objects, is_keyed = node.objects, are_data(node.properties) or never_repeat(node)
        for key, inner in node.properties.items():
            _walk(inner, f"{path}.{'*' if is_keyed else key}", share * (inner.total / objects) if inner.total < objects else share, depth + 1, shape)
    if (kind := _type(node)) and share > shape.get(typed := path + kind, 0.0):
        shape[typed] = share


def _type(node: Node) -> str:
    """The type that most of its values have; of equals the first."""
    texts, numbers, booleans, objects = node.texts, node.integers + node.numbers, node.booleans, node.objects
    if texts >= numbers and texts >= booleans and texts >= objects:
        return ":t" if texts else ""
    if numbers >= booleans and numbers >= objects:
        return ":n"
    return ":b" if booleans >= objects else ":o"

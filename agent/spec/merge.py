"""Puts two summaries together: associative, commutative, with EMPTY as identity. What only one side has is shared, not copied.

`seal` gives an accumulator its canonical form: every cap is applied exactly, so that it does not matter where it was applied before.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from agent.spec.bodies import trim
from agent.spec.summary import (
    FIELD_SAMPLE_MAX,
    FIELDS_MAX,
    IDS_MAX,
    KEYS_MAX,
    NAMES_MAX,
    ROUTES_MAX,
    SAMPLE_MAX,
    Content,
    Field,
    Message,
    Named,
    Node,
    Outcome,
    Route,
    Sample,
    Seen,
    Summary,
    rank,
    smallest,
)
from agent.spec.variants import PROPERTIES_MAX, merged_shapes

T = TypeVar("T")


def merge(a: Summary, b: Summary) -> Summary:
    """One summary of both. Neither argument changes."""
    routes = _union(a.routes, b.routes, _merge_route)
    return Summary(
        routes=smallest(routes, ROUTES_MAX),
        is_partial=a.is_partial or b.is_partial or len(routes) > ROUTES_MAX,
        values=smallest(_union(a.values, b.values, lambda x, y: merge_sample(x, y, FIELD_SAMPLE_MAX)), FIELDS_MAX),
        cors=_union(a.cors, b.cors, lambda x, y: _union(x, y, merge_sample)),
        seen=merge_seen(a.seen, b.seen),
    )


def merge_node(a: Node, b: Node) -> Node:
    """The counts of both. What a kind of value brings with it is looked at only where there was one."""
    merged = replace(a)
    merged.total += b.total
    merged.nulls += b.nulls
    merged.first, merged.last = _earliest(a.first, b.first), max(a.last, b.last)
    merged.booleans += b.booleans
    if b.texts:
        merged.texts += b.texts
        merged.shortest, merged.longest = _least(a.shortest, b.shortest), max(a.longest, b.longest)
        merged.formats = _add(a.formats, b.formats)
        merged.sample = _both(a.sample, b.sample, merge_sample)
    if b.integers or b.numbers:
        merged.integers += b.integers
        merged.numbers += b.numbers
        merged.low, merged.high = _both(a.low, b.low, min), _both(a.high, b.high, max)
    if b.arrays:
        merged.arrays += b.arrays
        merged.items = _both(a.items, b.items, merge_node)
        merged.fewest, merged.most = _least(a.fewest, b.fewest), max(a.most, b.most)
    if b.objects:
        _merge_objects(merged, a, b)
    return merged


def merge_sample(a: Sample, b: Sample, limit: int = SAMPLE_MAX) -> Sample:
    """The values with the smallest hashes of both."""
    merged = Sample(_add(a.values, b.values), a.is_partial or b.is_partial, min(a.cut, b.cut))
    if merged.cut < 1 << 32:
        merged.values = {value: times for value, times in merged.values.items() if rank(value) <= merged.cut}
    trim(merged, limit)
    return merged


def merge_seen(a: Seen, b: Seen) -> Seen:
    """Both, where a count of nothing changes nothing."""
    if not a.count or not b.count:
        return a if a.count else b
    return Seen(a.count + b.count, min(a.first, b.first), max(a.last, b.last), smallest({**a.ids, **b.ids}, IDS_MAX))


def seal(summary: Summary) -> Summary:
    """The canonical form of an accumulator, in place."""
    summary.seen.ids = smallest(summary.seen.ids, IDS_MAX)
    if len(summary.routes) > ROUTES_MAX:
        summary.routes, summary.is_partial = smallest(summary.routes, ROUTES_MAX), True
    summary.values = smallest(summary.values, FIELDS_MAX)
    for sample in summary.values.values():
        trim(sample, FIELD_SAMPLE_MAX)
    for samples in summary.cors.values():
        for sample in samples.values():
            trim(sample, SAMPLE_MAX)
    for route in summary.routes.values():
        _seal_route(route)
    return summary


def merge_route(a: Route, b: Route) -> Route:
    """Two routes as one; the first gives its name."""
    return _merge_route(a, b)


def merge_all(parts: Sequence[T], join: Callable[[T, T], T]) -> T:
    """All of at least one, in turns of neighbours: what grew large is copied a few times only."""
    while len(parts) > 1:
        parts = [join(*parts[at : at + 2]) if at + 1 < len(parts) else parts[at] for at in range(0, len(parts), 2)]
    return parts[0]


def merge_content(a: Content, b: Content) -> Content:
    """Two bodies of one media type."""
    return Content(a.total + b.total, a.parsed + b.parsed, _both(a.node, b.node, merge_node))


def merge_field(a: Field, b: Field) -> Field:
    """Two parameters of one name."""
    return Field(
        a.total + b.total,
        a.granted + b.granted,
        a.denied + b.denied,
        _both(a.node, b.node, merge_node),
        _earliest(a.first, b.first),
        max(a.last, b.last),
        _both(a.hashes, b.hashes, merge_sample),
        _both(a.lengths, b.lengths, merge_sample),
    )


def merge_outcome(a: Outcome, b: Outcome) -> Outcome:
    """Two responses of one status."""
    return Outcome(merge_seen(a.seen, b.seen), a.empty + b.empty, _union(a.contents, b.contents, merge_content), _union(a.headers, b.headers, merge_node))


def _merge_route(a: Route, b: Route) -> Route:
    return Route(
        origin=a.origin,
        method=a.method,
        path=a.path,
        seen=merge_seen(a.seen, b.seen),
        slots=_union(a.slots, b.slots, merge_sample),
        kinds=_add(a.kinds, b.kinds),
        flags=_add(a.flags, b.flags),
        outcomes=_union(a.outcomes, b.outcomes, merge_outcome),
        fields=smallest(_union(a.fields, b.fields, merge_field), KEYS_MAX),
        requests=_union(a.requests, b.requests, merge_content),
        bodiless=a.bodiless + b.bodiless,
        echoes=smallest(_add(a.echoes, b.echoes), NAMES_MAX),
        answered=a.answered + b.answered,
        named=smallest(_union(a.named, b.named, _merge_named), NAMES_MAX),
        messages=smallest(_union(a.messages, b.messages, _merge_message), NAMES_MAX),
    )


def _merge_objects(merged: Node, a: Node, b: Node) -> None:
    properties = _union(a.properties, b.properties, merge_node)
    merged.objects += b.objects
    merged.is_partial = a.is_partial or b.is_partial or len(properties) > KEYS_MAX
    merged.properties = smallest(properties, KEYS_MAX) if len(properties) > KEYS_MAX else properties
    merged.shapes = merged_shapes(merged, a, b)


def _merge_named(a: Named, b: Named) -> Named:
    return Named(a.total + b.total, _both(a.sent, b.sent, merge_node), _both(a.received, b.received, merge_node), _both(a.documents, b.documents, merge_sample))


def _merge_message(a: Message, b: Message) -> Message:
    return Message(a.total + b.total, _both(a.node, b.node, merge_node))


def _seal_route(route: Route) -> None:
    route.seen.ids = smallest(route.seen.ids, IDS_MAX)
    route.fields = smallest(route.fields, KEYS_MAX)
    route.echoes = smallest(route.echoes, NAMES_MAX)
    route.named = smallest(route.named, NAMES_MAX)
    route.messages = smallest(route.messages, NAMES_MAX)
    for sample in route.slots.values():
        trim(sample, SAMPLE_MAX)
    for field in route.fields.values():
        for sample in (field.hashes, field.lengths):
            if sample:
                trim(sample, SAMPLE_MAX)
    nodes = [field.node for field in route.fields.values()] + [content.node for content in route.requests.values()]
    for outcome in route.outcomes.values():
        outcome.seen.ids = smallest(outcome.seen.ids, IDS_MAX)
        nodes += [*outcome.headers.values(), *(content.node for content in outcome.contents.values())]
    for named in route.named.values():
        nodes += [named.sent, named.received]
        if named.documents:
            trim(named.documents, SAMPLE_MAX)
    for node in [*nodes, *(message.node for message in route.messages.values())]:
        if node:
            _seal_node(node)


def _seal_node(node: Node) -> None:
    if node.sample and len(node.sample.values) > SAMPLE_MAX:
        trim(node.sample, SAMPLE_MAX)
    if node.properties:
        if len(node.properties) > KEYS_MAX:
            node.properties, node.is_partial = smallest(node.properties, KEYS_MAX), True
        if len(node.properties) > PROPERTIES_MAX:
            node.shapes = {}
        for inner in node.properties.values():
            _seal_node(inner)
    if node.items:
        _seal_node(node.items)


def _union(a: dict[str, T], b: dict[str, T], join: Callable[[T, T], T]) -> dict[str, T]:
    if not a or not b:
        return a or b
    large, small = (a, b) if len(a) >= len(b) else (b, a)
    merged = dict(large)
    for key, value in small.items():
        other = merged.get(key)
        merged[key] = value if other is None else join(other, value)
    return merged


def _add(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
    if not a or not b:
        return a or b
    merged = dict(a)
    for key, times in b.items():
        merged[key] = merged.get(key, 0) + times
    return merged


def _both(a: T | None, b: T | None, join: Callable[[T, T], T]) -> T | None:
    if a is None or b is None:
        return b if a is None else a
    return join(a, b)


def _least(a: int, b: int) -> int:
    return b if a < 0 else a if b < 0 else min(a, b)


def _earliest(a: int, b: int) -> int:
    return min(a, b) if a and b else a or b

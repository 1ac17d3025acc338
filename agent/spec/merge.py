"""Puts summaries together, any number at once: associative, commutative, with EMPTY as identity. What only one has is shared, not copied.

`seal` gives an accumulator its canonical form: every cap is applied exactly, so that it does not matter where it was applied before.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from agent.spec.schemas.bodies import trim
from agent.spec.schemas.variants import PROPERTIES_MAX, merged_shapes
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

T = TypeVar("T")


def merge(*parts: Summary) -> Summary:
    """One summary of all. No part changes."""
    routes = _union([part.routes for part in parts], merge_route)
    return Summary(
        routes=smallest(routes, ROUTES_MAX),
        is_partial=any(part.is_partial for part in parts) or len(routes) > ROUTES_MAX,
        values=smallest(_union([part.values for part in parts], _merge_values), FIELDS_MAX),
        cors=_union([part.cors for part in parts], lambda *samples: _union(samples, merge_sample)),
        seen=merge_seen(*[part.seen for part in parts]),
    )


def merge_node(*nodes: Node) -> Node:
    """The counts of all. What a kind of value brings with it is looked at only where there was one."""
    merged = replace(nodes[0])
    for node in nodes[1:]:
        merged.total += node.total
        merged.nulls += node.nulls
        if node.first and (node.first < merged.first or not merged.first):
            merged.first = node.first
        if node.last > merged.last:
            merged.last = node.last
        merged.booleans += node.booleans
        if node.texts:
            merged.texts += node.texts
            merged.shortest, merged.longest = _least(merged.shortest, node.shortest), max(merged.longest, node.longest)
        if node.integers or node.numbers:
            merged.integers += node.integers
            merged.numbers += node.numbers
            if node.low is not None and (merged.low is None or node.low < merged.low):
                merged.low = node.low
            if node.high is not None and (merged.high is None or node.high > merged.high):
                merged.high = node.high
        if node.arrays:
            merged.arrays += node.arrays
            merged.fewest, merged.most = _least(merged.fewest, node.fewest), max(merged.most, node.most)
        merged.objects += node.objects
        merged.is_partial = merged.is_partial or node.is_partial
    if merged.texts:
        merged.formats = _add([node.formats for node in nodes])
        merged.sample = _only([node.sample for node in nodes], merge_sample)
    if merged.arrays:
        merged.items = _only([node.items for node in nodes], merge_node)
    if merged.objects:
        _merge_objects(merged, nodes)
    return merged


def merge_sample(*samples: Sample, limit: int = SAMPLE_MAX) -> Sample:
    """The values with the smallest hashes of all."""
    merged = Sample(_add([sample.values for sample in samples]), any([sample.is_partial for sample in samples]), min([sample.cut for sample in samples]))
    if merged.cut < 1 << 32:
        merged.values = {value: times for value, times in merged.values.items() if rank(value) <= merged.cut}
    trim(merged, limit)
    return merged


def merge_seen(*parts: Seen) -> Seen:
    """All, where a count of nothing changes nothing."""
    heard = [seen for seen in parts if seen.count]
    if len(heard) < 2:
        return heard[0] if heard else parts[0]
    ids = {id_: 1 for seen in heard for id_ in seen.ids}
    return Seen(sum([seen.count for seen in heard]), min([seen.first for seen in heard]), max([seen.last for seen in heard]), smallest(ids, IDS_MAX))


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


def merge_route(*routes: Route) -> Route:
    """Routes as one; the first gives its name."""
    first = routes[0]
    if len(routes) == 1:
        return first
    return Route(
        origin=first.origin,
        method=first.method,
        path=first.path,
        seen=merge_seen(*[route.seen for route in routes]),
        slots=_union([route.slots for route in routes], merge_sample),
        kinds=_add([route.kinds for route in routes]),
        flags=_add([route.flags for route in routes]),
        outcomes=_union([route.outcomes for route in routes], merge_outcome),
        fields=smallest(_union([route.fields for route in routes], merge_field), KEYS_MAX),
        requests=_union([route.requests for route in routes], merge_content),
        bodiless=sum([route.bodiless for route in routes]),
        echoes=smallest(_add([route.echoes for route in routes]), NAMES_MAX),
        rests=smallest(_add([route.rests for route in routes]), NAMES_MAX),
        answered=sum([route.answered for route in routes]),
        named=smallest(_union([route.named for route in routes], _merge_named), NAMES_MAX),
        messages=smallest(_union([route.messages for route in routes], _merge_message), NAMES_MAX),
    )


def merge_content(*contents: Content) -> Content:
    """Bodies of one media type."""
    return Content(
        sum([content.total for content in contents]),
        sum([content.parsed for content in contents]),
        _only([content.node for content in contents], merge_node),
        smallest(_union([content.wire for content in contents], lambda *counts: _add(counts)), KEYS_MAX),
    )


def merge_field(*fields: Field) -> Field:
    """Parameters of one name."""
    return Field(
        sum([field.total for field in fields]),
        sum([field.granted for field in fields]),
        sum([field.denied for field in fields]),
        _only([field.node for field in fields], merge_node),
        min([field.first for field in fields if field.first], default=0),
        max([field.last for field in fields]),
        _only([field.hashes for field in fields], merge_sample),
        _only([field.lengths for field in fields], merge_sample),
    )


def merge_outcome(*outcomes: Outcome) -> Outcome:
    """Responses of one status."""
    return Outcome(
        merge_seen(*[outcome.seen for outcome in outcomes]),
        sum([outcome.empty for outcome in outcomes]),
        _union([outcome.contents for outcome in outcomes], merge_content),
        _union([outcome.headers for outcome in outcomes], merge_node),
    )


def _merge_values(*samples: Sample) -> Sample:
    return merge_sample(*samples, limit=FIELD_SAMPLE_MAX)


def _merge_objects(merged: Node, nodes: tuple[Node, ...]) -> None:
    properties = _union([node.properties for node in nodes], merge_node)
    merged.is_partial = merged.is_partial or len(properties) > KEYS_MAX
    merged.properties = smallest(properties, KEYS_MAX) if len(properties) > KEYS_MAX else properties
    merged.shapes = merged_shapes(merged, [node for node in nodes if node.objects])


def _merge_named(*parts: Named) -> Named:
    return Named(
        sum([named.total for named in parts]),
        _only([named.sent for named in parts], merge_node),
        _only([named.received for named in parts], merge_node),
        _only([named.documents for named in parts], merge_sample),
    )


def _merge_message(*messages: Message) -> Message:
    return Message(sum([message.total for message in messages]), _only([message.node for message in messages], merge_node))


def _seal_route(route: Route) -> None:
    route.seen.ids = smallest(route.seen.ids, IDS_MAX)
    route.fields = smallest(route.fields, KEYS_MAX)
    route.echoes = smallest(route.echoes, NAMES_MAX)
    route.rests = smallest(route.rests, NAMES_MAX)
    route.named = smallest(route.named, NAMES_MAX)
    route.messages = smallest(route.messages, NAMES_MAX)
    for sample in route.slots.values():
        trim(sample, SAMPLE_MAX)
    for field in route.fields.values():
        for sample in (field.hashes, field.lengths):
            if sample:
                trim(sample, SAMPLE_MAX)
    nodes = [field.node for field in route.fields.values()]
    contents = [*route.requests.values()]
    for outcome in route.outcomes.values():
        outcome.seen.ids = smallest(outcome.seen.ids, IDS_MAX)
        nodes += outcome.headers.values()
        contents += outcome.contents.values()
    for content in contents:
        nodes.append(content.node)
        if len(content.wire) > KEYS_MAX:
            content.wire = smallest(content.wire, KEYS_MAX)
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


def _union(parts: Iterable[dict[str, T]], join: Callable[..., T]) -> dict[str, T]:
    """What any has; what several have is joined. The largest is copied as it stands: most of it is no other's."""
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return parts[0] if parts else {}
    large = max(parts, key=len)
    merged, more = dict(large), dict[str, list[T]]()
    for part in parts:
        if part is not large:
            for key, value in part.items():
                if key in more:
                    more[key].append(value)
                else:
                    more[key] = [large[key], value] if key in large else [value]
    merged.update({key: join(*values) if len(values) > 1 else values[0] for key, values in more.items()})
    return merged


def _add(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return parts[0] if parts else {}
    merged = dict(parts[0])
    for part in parts[1:]:
        for key, times in part.items():
            merged[key] = merged.get(key, 0) + times
    return merged


def _only(parts: Iterable[T | None], join: Callable[..., T]) -> T | None:
    """Those that are there as one."""
    there = [part for part in parts if part is not None]
    return join(*there) if len(there) > 1 else there[0] if there else None


def _least(a: int, b: int) -> int:
    return b if a < 0 else a if b < 0 else min(a, b)

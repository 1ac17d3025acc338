"""Which objects are alike: mostly the same keys, of types that do not contradict, with alike objects inside.

What is made of those that are, the shared components, is in `pool`.
"""

from collections import Counter

import msgspec

from agent.spec.schemas.maps import is_map, types_of
from agent.spec.schemas.unions import Union
from agent.spec.summary import Node


class Cluster(msgspec.Struct):
    """Alike objects from different places. `totals` counts each key in all of its objects."""

    leader: Node
    members: list[Node] = []
    names: Counter[str] = msgspec.field(default_factory=Counter)
    objects: int = 0
    totals: dict[str, int] = {}
    types: dict[str, str] = {}
    name: str = ""
    union: Union | None = None


def alike(node: Node, cluster: Cluster) -> float:
    """Jaccard of the keys, where a key that one side lacks counts by how surely it would have been seen there."""
    both = len(node.properties.keys() & cluster.totals.keys())
    missed = sum(_surely(total, cluster.objects, node.objects) for key, total in cluster.totals.items() if key not in node.properties)
    missed += sum(_surely(inner.total, node.objects, cluster.objects) for key, inner in node.properties.items() if key not in cluster.totals)
    return both / (both + missed) if both else 0.0


def agrees(a: Node, b: Node, depth: int = 0) -> bool:
    """Whether the objects inside of two objects are alike too: envelopes of different things stay apart."""
    for key in a.properties.keys() & b.properties.keys():
        one, two = _inside(a.properties[key]), _inside(b.properties[key])
        if one is None or two is None or not one.properties or not two.properties:
            continue
        both = one.properties.keys() & two.properties.keys()
        if len(both) * 2 <= min(len(one.properties), len(two.properties)) or (depth < 2 and not agrees(one, two, depth + 1)):
            return False
    return True


def key_types(node: Node) -> dict[str, str]:
    """The one type of each property, where it has one; integers and numbers are the same here."""
    found: dict[str, str] = {}
    for key, inner in node.properties.items():
        kinds = types_of([inner])
        if len(kinds) == 1:
            found[key] = "number" if kinds[0] == "integer" else kinds[0]
    return found


def _surely(total: int, objects: int, others: int) -> float:
    return 1.0 - (1.0 - min(1.0, total / max(objects, 1))) ** others


def _inside(node: Node) -> Node | None:
    while node.items is not None and not node.objects:
        node = node.items
    return node if node.objects and not is_map([node]) else None

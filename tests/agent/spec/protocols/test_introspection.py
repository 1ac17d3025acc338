"""The schema that a server tells."""

import json
from typing import Any

import graphql as graphql_core
import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.protocols.introspection import sdl_of

_SDL = """
interface Node { id: ID! }
enum Color { RED GREEN }
scalar Time
input NewCar { color: Color! = RED, tags: [String!] }
type Car implements Node { id: ID!, color: Color, built(zone: String): Time @deprecated }
type Boat { name: String }
union Thing = Boat | Car
type Root { thing(id: ID!): Thing, cars: [Car!]! }
type Changes { addCar(input: NewCar!): Car }
schema { query: Root, mutation: Changes }
"""


def test_the_told_schema_is_the_schema() -> None:
    """Every kind of type comes back, other names for the roots too, and what was queried besides adds nothing."""
    told = graphql_core.introspection_from_schema(graphql_core.build_schema(_SDL))
    queries: list[tuple[str, Any]] = [(graphql_core.get_introspection_query(), told), ("query Cars { cars { id } }", {"cars": [{"id": "1"}]})]
    calls = [
        Exchange(str(n), "POST", "https://api.example/graphql", 200, (), json.dumps({"query": query}).encode(), (), json.dumps({"data": data}).encode())
        for n, (query, data) in enumerate(queries)
    ]
    spec = conclude(observe_all(calls))
    built, true = graphql_core.build_schema(spec.graphql_sdl), graphql_core.build_schema(_SDL.replace("= RED", ""))
    assert graphql_core.print_schema(graphql_core.lexicographic_sort_schema(built)) == graphql_core.print_schema(graphql_core.lexicographic_sort_schema(true))


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"data": None}, {"data": {"__schema": []}}, {"data": {"__schema": {"types": [{"name": 3}, {"name": "A b"}, 4]}}}]
)
def test_what_tells_no_schema_gives_none(answer: Any) -> None:
    """Errors, emptiness and nonsense."""
    assert sdl_of(answer) == ""

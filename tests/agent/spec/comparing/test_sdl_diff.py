"""Two GraphQL schemas: what breaks a query that was valid; compared with what the reference implementation says."""

import pytest
from graphql import build_schema
from graphql.utilities import find_breaking_changes

from agent.spec.comparing import diff, sdl_diff
from agent.spec.model import Operation, Spec

_BASE = '''
"""A comment with { braces }"""
schema { query: Root }
type Root @a(b: {c: 1}) { user(id: ID!, deep: Boolean = false): User! @deprecated(reason: "old")
  all(first: Int, by: Order = {key: "id"}): [User!] find(text: String): [Found] }
# another one
interface Node { id: ID! }
type User implements Node & Named { id: ID! name: String tags: [String] role: Role }
interface Named { name: String }
type Team implements Node { id: ID! size: Int! }
union Found = | User | Team
enum Role { ADMIN @deprecated GUEST }
input Order { key: String! down: Boolean = true }
directive @a(b: Json) on OBJECT
scalar Json
scalar Blob
'''

_RULES = (
    ("a type is gone", "scalar Blob", "scalar Raw"),
    ("a field is gone", "tags: [String] ", ""),
    ("a field is new", "tags: [String]", "tags: [String] age: Int"),
    ("a field promises more", "tags: [String]", "tags: [String!]!"),
    ("a field promises less", "all(first: Int, by: Order = {key: \"id\"}): [User!]", "all(first: Int, by: Order): [User]"),
    ("a field of another type", "size: Int!", "size: String!"),
    ("a list no more", "tags: [String]", "tags: String"),
    ("an argument is gone", "deep: Boolean = false", ""),
    ("an argument is new", "(text: String)", "(text: String, n: Int)"),
    ("a required argument is new", "(text: String)", "(text: String, n: Int!)"),
    ("a required argument with a default", "(text: String)", "(text: String, n: Int! = 1)"),
    ("an argument is required now", "(text: String)", "(text: String!)"),
    ("an argument is required no more", "user(id: ID!", "user(id: ID"),
    ("a field of an input is required", "down: Boolean = true", "down: Boolean = true more: Int!"),
    ("a field of an input is gone", "down: Boolean = true", ""),
    ("a value is gone", "GUEST", ""),
    ("a value is new", "GUEST", "GUEST OWNER"),
    ("a member is gone", "| User | Team", "| User"),
    ("an interface is gone", "User implements Node & Named", "User implements Node"),
    ("another kind of type", "scalar Blob", "enum Blob { A }"),
)  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [rule[1:] for rule in _RULES], ids=[rule[0] for rule in _RULES])
def test_what_breaks_is_what_the_reference_calls_breaking(old: str, new: str) -> None:
    """In number too; and each change is told in both directions."""
    after = _BASE.replace(old, new)
    assert after != _BASE
    for one, two in ((_BASE, after), (after, _BASE)):
        found = sdl_diff.compare(one, two)
        expected = find_breaking_changes(build_schema(one, assume_valid=True), build_schema(two, assume_valid=True))
        assert found and sum(difference.is_breaking for difference in found) == len(expected), (found, expected)


def test_nothing_changed() -> None:
    """Order, comments and descriptions are no part of the contract; half a schema is none."""
    assert sdl_diff.compare(_BASE, _BASE.replace("# another one", '"""Said"""').replace("ADMIN @deprecated GUEST", "GUEST ADMIN")) == []
    assert sdl_diff.compare(_BASE, "") == sdl_diff.compare("type {", _BASE) == []


def test_changes_of_a_schema_are_changes_of_the_api() -> None:
    """What may be asked is an endpoint of its own; what is sent is told apart from what is answered."""
    operation = Operation("graphql", "POST", "/graphql", api_type="GraphQL")
    sides = [
        Spec("x", operations=(operation,), graphql_sdl=text) for text in (_BASE, _BASE.replace("find(text: String): [Found]", "look(text: String): [Found]"))
    ]
    found = [(change.kind, change.is_breaking, change.description, change.pointer) for change in diff.compare(*sides)]
    assert found == [
        ("REMOVED_ENDPOINT", True, "GraphQL: `Query.find` is gone.", "/x-graphql-sdl/Query.find"),
        ("NEW_ENDPOINT", False, "GraphQL: `Query.look` is new.", "/x-graphql-sdl/Query.look"),
    ]

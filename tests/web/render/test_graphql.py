"""Queries made readable: the same document, a field a line."""

import graphql
import pytest

from web.render.graphql import pretty

QUERIES = [
    'query Things($n: Int = 3, $f: F) @live { things(first: $n, filter: {a: 1, b: ["x y" 2]}) { id name: title ... on Book @include(if: $n) { isbn } ...F } }'
    " fragment F on Thing { a, b c }",
    'mutation { f(x: """hi "there" { """) { id } }',
    "subscription S { a(b: -1.5e+3, c: 1.5) }",
    "query A{a}query B{b}",
    "query ($a: [Int!]! = [1,2]) { x(a:$a) ... @skip(if: true) { z } ... { q } }",
    "{ a { a1: b(on: ON) } on query }",
]


@pytest.mark.parametrize("query", QUERIES)
def test_it_is_the_same_document(query: str) -> None:
    """As graphql-core reads it; and made pretty twice it stays."""
    written = pretty(query)
    assert graphql.print_ast(graphql.parse(written)) == graphql.print_ast(graphql.parse(query))
    assert pretty(written) == written
    assert "\n" in written


@pytest.mark.parametrize("query", ["{ a # why\n }", "{ a ••• }", '{ a(x: "b) }', "x" * 200_000])
def test_what_cannot_be_read_stays(query: str) -> None:
    """Nothing is lost."""
    assert pretty(query) == query

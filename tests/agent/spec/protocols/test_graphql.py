"""GraphQL: documents read leniently, and a schema that builds."""

import time

import graphql as graphql_core
import msgspec
import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Frame
from agent.spec.observe import observe_all
from agent.spec.protocols.graphql import sdl_of
from agent.spec.protocols.graphql_documents import parse
from agent.spec.summary import Named, Sample


def _call(query: str, answer: bytes, variables: bytes = b"{}") -> Exchange:
    body = b'{"query": "' + query.encode() + b'", "variables": ' + variables + b"}"
    return Exchange(
        id=query,
        method="POST",
        url="https://api.example/graphql",
        status=200,
        request_body=body,
        response_headers=(("content-type", "application/json"),),
        response_body=answer,
    )


def test_a_schema_is_built_from_queries_and_answers() -> None:
    """Types come from selections, scalars from answers, arguments from variables, and graphql-core accepts the whole."""
    calls = [
        _call(
            "query Get($id: ID!) { user(id: $id) { id ...Parts posts(first: 3) { title likes } } } fragment Parts on Person { name }",
            b'{"data": {"user": {"id": "1", "name": "a", "posts": [{"title": "t", "likes": 2}]}}}',
            b'{"id": "1"}',
        ),
        _call(
            "mutation Add($input: NewPost!) { addPost(input: $input) { ok: success } }",
            b'{"data": {"addPost": {"ok": true}}}',
            b'{"input": {"title": "x", "tags": ["a"]}}',
        ),
    ]
    spec = conclude(observe_all(calls))
    assert spec.operations[0].api_type == "GraphQL"
    assert spec.operations[0].operation_names == ("Add", "Get")
    schema = graphql_core.build_schema(spec.graphql_sdl)
    assert str(schema.query_type.fields["user"].type) == "Person"  # type: ignore[union-attr]
    assert "posts(first: Int): [Post]" in spec.graphql_sdl
    assert "input NewPost {\n  tags: [String]\n  title: String\n}" in spec.graphql_sdl


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "query {",
        "query A($x: { a",
        "}}}} ...",
        "{ a(b: {c: [1, 2]}) { d } }",
        "query { ...X } fragment X on",
        "{" * 500,
        "{ a: { b } }",
        "{ a: 5 b }",
        '{ a(b: {1: c, d: {"s": [E]}}) { ... on ) { c } } }',
    ],
)
def test_broken_documents_do_no_harm(text: str) -> None:
    """Whatever was sent as a query, reading ends and the schema builds or is empty."""
    parse(text)
    sdl = sdl_of([Named(total=1, documents=Sample(values={text: 1}))])
    assert not sdl or graphql_core.build_schema(sdl)


def test_what_may_be_several_types_is_a_union_or_an_interface() -> None:
    """By whether fields were asked of all of them; an operation without a name may begin with arguments."""
    text = '{ find(q: "x") { ... on User { name } ... on Post { title } } node(id: 1) { __typename id ... on User { name } ... on Bot { owner { id } } } }'
    schema = graphql_core.build_schema(sdl_of([Named(1, documents=Sample({text: 1}))]))
    found, node = schema.get_type("Find"), schema.get_type("Node")
    assert isinstance(found, graphql_core.GraphQLUnionType)
    assert isinstance(node, graphql_core.GraphQLInterfaceType)
    assert {one.name for one in found.types} == {"User", "Post"}
    assert {one.name for one in schema.get_possible_types(node)} == {"User", "Bot"}


@pytest.mark.parametrize("text", ['\\"' * 50_000, '"' * 99_999, '"""' * 33_333 + "x", "{" * 100_000, "{a(" * 30_000])
def test_no_text_holds_reading_up(text: str) -> None:
    """What a stranger sends as a query is read in the time of its length."""
    began = time.thread_time()
    parse(text)
    assert time.thread_time() - began < 2


def test_types_go_by_what_answers_and_conventions_tell() -> None:
    """A `__typename` names its type, a connection and its edges are named after what is in them, and one type is told however it is reached."""
    calls = [
        _call(
            "{ fleet { vehicles(first: 2) { edges { cursor node { id plate } } pageInfo { hasNextPage } } } }",
            b'{"data": {"fleet": {"vehicles": {"edges": [{"cursor": "x", "node": {"id": "1", "plate": "A"}}], "pageInfo": {"hasNextPage": true}}}}}',
        ),
        _call("{ newest { __typename id km } }", b'{"data": {"newest": {"__typename": "Vehicle", "id": "1", "km": 12.5}}}'),
    ]
    schema = graphql_core.build_schema(conclude(observe_all(calls)).graphql_sdl)
    assert sorted(name for name in schema.type_map if name[0] != "_") == [
        "Boolean", "Fleet", "Float", "ID", "Int", "PageInfo", "Query", "String", "Vehicle", "VehicleConnection", "VehicleEdge",
    ]  # fmt: skip
    assert sorted(schema.type_map["Vehicle"].fields) == ["id", "km", "plate"]  # type: ignore[union-attr]


WRITTEN = [
    ("{ pets(status: AVAILABLE, first: 3) { id } }", None),
    ("{ pets(status: SOLD, orderBy: [{field: NAME, direction: ASC}, {field: AGE}]) { id } }", None),
    ('query A($s: Kind = CAT, $n: Int) { animals(kind: $s, near: {lat: 1.5, radius: $n, tags: ["a#b", "c"]}) { id } }', {"s": "DOG", "n": 3}),
    ("{ animals(kind: BIRD, near: {lat: 2, exact: true, none: null}) { id } }", None),
    ("query B($w: Where) { owners(where: $w) { id } }", {"w": {"state": "ACTIVE", "age": 3}}),
    ("{ owners(where: {state: GONE, any: [{age: 2.5}]}) { id } }", None),
    ("{ owners(where: {state: GONE, any: {age: 2}}) { id } }  # one stands for a list of one", None),
    ("{ status(pet: {status: X, empty: {}}, none: null) { pet { id } } }", None),
]


def test_what_is_written_out_has_types() -> None:
    """Values of enums, objects and lists as arguments: the schema builds, takes each query that was answered, and says no `String` where an enum stands."""
    calls = [_call(text.replace('"', '\\"'), b'{"data": {}}', msgspec.json.encode(variables)) for text, variables in WRITTEN]
    sdl = conclude(observe_all(calls)).graphql_sdl
    schema = graphql_core.build_schema(sdl)
    wanted = "enum PetStatus {\n  AVAILABLE\n  SOLD\n}", "enum Kind {\n  BIRD\n  CAT\n  DOG\n}", "enum WhereState {\n  ACTIVE\n  GONE\n}"
    assert [one for one in (*wanted, "pets(first: Int, orderBy: [PetOrderBy], status: PetStatus)", "scalar") if one not in sdl] == ["scalar"]
    for text, variables in WRITTEN:
        assert graphql_core.validate(schema, graphql_core.parse(text)) == []
        declared = graphql_core.parse(text).definitions[0].variable_definitions  # type: ignore[attr-defined]
        assert not isinstance(graphql_core.execution.get_variable_values(schema, declared or (), variables or {}), list)


@pytest.mark.parametrize(
    ("error", "is_kept"),
    [
        ({"message": 'Cannot query field "nope" on type "Pet".', "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}, False),
        ({"message": "Field 'nope' doesn't exist on type 'Pet'", "path": ["query", "pet", "nope"], "extensions": {"code": "undefinedField"}}, False),
        ({"message": "field 'nope' not found in type: 'Pet'", "extensions": {"code": "validation-failed"}}, False),
        ({"message": "Validation error (FieldUndefined@[pet/nope]) : Field 'nope' in type 'Pet' is undefined"}, False),
        ({"message": "Syntax Error: Expected Name, found <EOF>."}, False),
        ({"message": "Not signed in", "extensions": {"code": "UNAUTHENTICATED"}}, True),
        ({"message": "Too many requests"}, True),
    ],
)
def test_a_query_that_was_refused_for_what_it_asks_says_nothing_of_the_schema(error: dict[str, object], is_kept: bool) -> None:
    """As servers say it that are usual; who may ask is another matter, and a field that failed is one."""
    good = _call("{ pet { id } }", b'{"data": {"pet": {"id": "1"}}}')
    refused = _call("{ pet { nope } }", msgspec.json.encode({"errors": [error]}))
    sdl = conclude(observe_all([good, refused])).graphql_sdl
    assert ("nope: String" in sdl) == is_kept and "id: ID" in sdl
    failed = _call("{ pet { nope } }", msgspec.json.encode({"errors": [error], "data": {"pet": None}}))
    assert "nope: String" in conclude(observe_all([good, failed])).graphql_sdl


def test_a_subscription_that_was_refused_says_nothing_of_the_schema() -> None:
    """Over a socket the errors are the payload itself."""
    frames = (
        Frame("sent", b'{"id": "1", "type": "subscribe", "payload": {"query": "subscription On { nope { lat } }"}}'),
        Frame("received", b'{"id": "1", "type": "error", "payload": [{"message": "Cannot query field nope on type Subscription"}]}'),
    )
    spec = conclude(observe_all([Exchange("1", "GET", "wss://api.example/graphql", 101, protocol="wss", frames=frames)]))
    assert (spec.operations[0].operation_names, spec.graphql_sdl) == (("On",), "")


def test_subscriptions_over_a_socket_are_part_of_the_schema() -> None:
    """What was asked in a frame goes with its first answer."""
    frames = (
        Frame("sent", b'{"id": "1", "type": "subscribe", "payload": {"query": "subscription On($v: ID!) { moved(v: $v) { lat } }", "variables": {"v": "a"}}}'),
        Frame("received", b'{"id": "1", "type": "next", "payload": {"data": {"moved": {"lat": 1.5}}}}'),
    )
    spec = conclude(observe_all([Exchange("1", "GET", "wss://api.example/graphql", 101, protocol="wss", frames=frames)]))
    assert spec.operations[0].operation_names == ("On",)
    assert "type Subscription {\n  moved(v: ID!): Moved\n}" in spec.graphql_sdl
    assert "lat: Float" in spec.graphql_sdl

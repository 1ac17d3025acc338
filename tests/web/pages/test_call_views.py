"""GraphQL and events of a call, as values."""

import base64

import pytest

from agent.calls.captures import CallDetail, ShownBody
from tests.calls import summary_of
from web.pages import call_views


def _call(sent: str, came: str, *, target: str = "https://x.example/graphql", media_type: str = "application/json") -> CallDetail:
    line = summary_of(target, "/graphql", sent=len(sent), came=len(came), media_type=media_type)
    bodies = [ShownBody("text", kind, text or None, len(text), False, None) for kind, text in (("application/json", sent), (media_type, came))]
    return CallDetail(line, [], bodies[0], [], bodies[1], [], "http://here", target)


def test_graphql_has_name_query_variables_and_errors() -> None:
    """The query a field a line; errors with the place that they are about."""
    asked = '{"operationName": "Things", "query": "query Things { things { id } }", "variables": {"n": 3}}'
    (found,) = call_views.graphql(_call(asked, '{"data": null, "errors": [{"message": "No such thing", "path": ["things", 0, "id"]}, "odd"]}'))
    assert (found.operation, found.variables, found.errors) == ("Things", '{"n":3}', ["No such thing (things.0.id)", "odd"])
    assert found.query == "query Things {\n  things {\n    id\n  }\n}"


def test_batches_and_queries_in_the_address() -> None:
    """Each operation with its own answer."""
    first, second = call_views.graphql(_call('[{"query": "{ a }"}, {"query": "{ b }"}]', '[{"data": {}}, {"errors": [{"message": "b is gone"}]}]'))
    assert (first.errors, second.errors) == ([], ["b is gone"])
    (found,) = call_views.graphql(_call("", "{}", target="https://x.example/graphql?query=%7B%20a%20%7D&variables=%7B%22n%22%3A1%7D"))
    assert (found.query, found.variables) == ("{\n  a\n}", '{"n":1}')


@pytest.mark.parametrize("sent", ["", "[]", "null", '{"query": 3}', '{"query": "shoes"}', '["x"]', "{"])
def test_other_calls_are_no_graphql(sent: str) -> None:
    """Whatever they look like."""
    assert call_views.graphql(_call(sent, "{}")) == []


def test_a_stream_shows_its_events() -> None:
    """Names, ids, data of several lines; comments are left out; no events elsewhere."""
    stream = 'retry: 5\n\n: beat\n\nevent: price\r\nid: 7\r\ndata: {"a": 1}\r\n\r\ndata: one\ndata:two\n\nevent: ping\n\n'
    found = call_views.events(_call("", stream, media_type="text/event-stream; charset=utf-8"))
    assert [(one.name, one.id, one.data) for one in found] == [("price", "7", '{"a": 1}'), ("message", "", "one\ntwo"), ("ping", "", "")]
    assert call_views.events(_call("", stream)) == []
    assert len(call_views.events(_call("", f"data: {base64.b64encode(b'x').decode()}\n\n" * 900, media_type="text/event-stream"))) == 500

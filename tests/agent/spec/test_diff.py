"""Two specs: the seven kinds of change, and which of them break."""

from typing import Any

import msgspec
import pytest

from agent.spec import diff
from agent.spec.model import Content, Operation, Parameter, Response, SecurityScheme, Spec

OK = Response("200", contents=(Content("application/json", {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}),))
GET = Operation(
    "get",
    "GET",
    "/a/{id}",
    responses=(OK,),
    request=(),
    parameters=(Parameter("id", "path", {"type": "string"}, required=True), Parameter("q", "query", {"type": "string"})),
)
POST = Operation("post", "POST", "/a", request=(Content("application/json", {"type": "object"}),), responses=(OK,))
BASE = Spec(
    "x",
    ("https://x.test",),
    (GET, POST),
    security_schemes=(
        SecurityScheme("k", "apiKey", where="header", parameter="X-Key"),
        SecurityScheme("key2", "apiKey", where="header", parameter="x-key"),
        SecurityScheme("b", "http", "bearer"),
    ),
)


def changes(old: Operation | None, new: Operation | None) -> list[tuple[str, bool]]:
    before, after = (msgspec.structs.replace(BASE, operations=(*([operation] if operation else []), POST)) for operation in (old, new))
    return [(change.kind, change.is_breaking) for change in diff.compare(before, after)]


def altered(**changed: Any) -> list[tuple[str, bool]]:
    return changes(GET, msgspec.structs.replace(GET, **changed))


def test_operations_come_and_go() -> None:
    """A new path, a new method on a known one, and the reverse."""
    patch = msgspec.structs.replace(GET, method="PATCH")
    assert changes(None, GET) == [("NEW_ENDPOINT", False)] and changes(GET, None) == [("REMOVED_ENDPOINT", True)]
    both, one = (msgspec.structs.replace(BASE, operations=operations) for operations in ((GET, patch), (GET,)))
    assert [change.kind for change in diff.compare(one, both)] == ["METHOD_ADDED"]
    assert [(change.kind, change.is_breaking) for change in diff.compare(both, one)] == [("METHOD_REMOVED", True)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"parameters": ()}, [("SCHEMA_CHANGED", True)]),
        ({"parameters": (*GET.parameters, Parameter("r", "query", {}, required=True))}, [("SCHEMA_CHANGED", True)]),
        ({"parameters": (*GET.parameters, Parameter("r", "query", {}))}, [("SCHEMA_CHANGED", False)]),
        ({"parameters": (GET.parameters[0], msgspec.structs.replace(GET.parameters[1], required=True))}, [("SCHEMA_CHANGED", True)]),
        ({"parameters": (GET.parameters[0], msgspec.structs.replace(GET.parameters[1], schema={"type": "integer"}))}, [("SCHEMA_CHANGED", True)]),
        ({"request": POST.request}, [("SCHEMA_CHANGED", False)]),
        ({"request": POST.request, "request_required": True}, [("SCHEMA_CHANGED", True)]),
        ({"responses": ()}, [("RESPONSE_CHANGED", True)]),
        ({"responses": (OK, Response("404"))}, [("RESPONSE_CHANGED", False)]),
        (
            {"responses": (Response("200", contents=(Content("application/json; charset=utf-8", OK.contents[0].schema), Content("text/csv", {}))),)},
            [("RESPONSE_CHANGED", False)],
        ),
        ({"responses": (Response("200"),)}, [("RESPONSE_CHANGED", True)]),
        (
            {
                "responses": (
                    Response(
                        "200",
                        contents=(Content("application/json", {"type": "object", "properties": {"id": {"type": ["integer", "null"]}}, "required": ["id"]}),),
                    ),
                )
            },
            [("RESPONSE_CHANGED", True)],
        ),
        ({"security": (("k",),)}, [("AUTH_CHANGED", True)]),
        ({"template": "/a/{other}/", "parameters": (Parameter("other", "path", {"type": "string"}, required=True), GET.parameters[1])}, []),
        ({"summary": "x", "description": "y", "tags": ("z",), "id": "other"}, []),
    ],
)
def test_one_operation_changes(changed: dict[str, Any], expected: list[tuple[str, bool]]) -> None:
    """Names of path parameters, a last slash, words and ids are no part of the contract."""
    assert altered(**changed) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((("k",),), (("key2",),), []),
        ((("k",),), (("k",), ("b",)), [False]),
        ((("k",), ("b",)), (("k",),), [True]),
        ((("k",),), ((),), [False]),
        ((("k",),), (("k", "b"),), [True]),
        ((("k", "b"),), (("k",),), [False]),
        ((), ((),), []),
    ],
)
def test_authentication_breaks_where_an_old_way_in_is_shut(old: Any, new: Any, expected: list[bool]) -> None:
    """Schemes are compared by what they ask for, not by their names."""
    found = changes(msgspec.structs.replace(GET, security=old), msgspec.structs.replace(GET, security=new))
    assert found == [("AUTH_CHANGED", is_breaking) for is_breaking in expected]


def test_the_base_path_of_the_server_counts() -> None:
    """`/v1` in the server's address or in the path is the same."""
    moved = msgspec.structs.replace(
        BASE, servers=("https://y.test/a",), operations=(msgspec.structs.replace(GET, template="/{id}"), msgspec.structs.replace(POST, template="/"))
    )
    assert diff.compare(BASE, moved) == ()


def test_a_change_says_where_and_what() -> None:
    """Address, pointer, before and after, in an order that does not depend on the input's."""
    new = msgspec.structs.replace(
        BASE,
        operations=(
            msgspec.structs.replace(
                GET, responses=(Response("200", contents=(Content("application/json", {"type": "object", "properties": {"name": {"type": "string"}}}),)),)
            ),
            POST,
        ),
    )
    first, second = diff.compare(BASE, new)
    assert (first.method, first.template, first.pointer) == ("GET", "/a/{id}", "/responses/200/content/application~1json/schema/properties/id")
    assert (first.description, first.before, first.is_breaking) == ("`GET /a/{id}`: in the 200 response, `id` is gone.", {"type": "integer"}, True)
    assert (second.description, second.is_breaking) == ("`GET /a/{id}`: in the 200 response, `name` is new.", False)
    assert diff.compare(msgspec.structs.replace(BASE, operations=BASE.operations[::-1]), new) == (first, second)


def test_a_spec_does_not_differ_from_itself(shop: Spec, hostile: Spec) -> None:
    """Whatever is in it."""
    for spec in (shop, hostile, BASE, Spec("")):
        assert diff.compare(spec, spec) == diff.compare(spec, msgspec.convert(msgspec.to_builtins(spec), Spec)) == ()

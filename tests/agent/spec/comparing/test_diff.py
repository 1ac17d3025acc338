"""Two specs: the seven kinds of change, and which of them break."""

from typing import Any

import msgspec
import pytest

from agent.spec.comparing import diff
from agent.spec.model import Content, MessageFormat, Operation, Parameter, Response, SecurityScheme, Spec
from agent.spec.readers import openapi_read
from agent.spec.writers import openapi

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


def described(*parameters: Any, request: Any = None, answer: Any = None, headers: Any = None, media: str = "application/json", **more: Any) -> Spec:
    """A document with one operation, of which the rules below change one thing."""
    body = {"requestBody": {"content": {media: {"schema": request}}}} if request is not None else {}
    responses = {"200": {"description": "OK", "headers": headers or {}, "content": {"application/json": {"schema": answer or {}}}}}
    operation = {"parameters": parameters, "responses": responses} | body | more
    return openapi_read.read({"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": {"/a": {"post": operation}}})


def thing(must: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(must)}


def query(schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": "q", "in": "query", "schema": schema} | more


TEXT, NUMBER, WHOLE, NULLABLE = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": ["string", "null"]}
FEW, MORE = {"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a", "b"]}
FORM = "application/x-www-form-urlencoded"
CAT, DOG = thing(("kind",), kind={"const": "cat"}), thing(("kind",), kind={"const": "dog"})
RULES: list[tuple[str, Spec, Spec, list[bool]]] = [
    ("a property of an answer is gone", described(answer=thing(("a",), a=TEXT)), described(answer=thing()), [True]),
    ("an optional one too", described(answer=thing(a=TEXT)), described(answer=thing()), [True]),
    ("a property of an answer is new", described(answer=thing()), described(answer=thing(("a",), a=TEXT)), [False]),
    ("no longer promised", described(answer=thing(("a",), a=TEXT)), described(answer=thing(a=TEXT)), [True]),
    ("promised now", described(answer=thing(a=TEXT)), described(answer=thing(("a",), a=TEXT)), [False]),
    ("null in an answer", described(answer=thing(a=TEXT)), described(answer=thing(a=NULLABLE)), [True]),
    ("no null in an answer", described(answer=thing(a=NULLABLE)), described(answer=thing(a=TEXT)), [False]),
    ("a value more in an answer", described(answer=thing(a=FEW)), described(answer=thing(a=MORE)), [True]),
    ("a value less in an answer", described(answer=thing(a=MORE)), described(answer=thing(a=FEW)), [False]),
    ("a wider type in an answer", described(answer=thing(a=WHOLE)), described(answer=thing(a=NUMBER)), [True]),
    ("a narrower type in an answer", described(answer=thing(a=NUMBER)), described(answer=thing(a=WHOLE)), [False]),
    ("another type in an answer", described(answer=thing(a=WHOLE)), described(answer=thing(a=TEXT)), [True]),
    ("a kind more in an answer", described(answer={"oneOf": [CAT]}), described(answer={"oneOf": [CAT, DOG]}), [True]),
    ("a kind less in an answer", described(answer={"oneOf": [CAT, DOG]}), described(answer={"oneOf": [CAT]}), [False]),
    ("only sent, so no part of an answer", described(answer=thing(a={**TEXT, "writeOnly": True})), described(answer=thing()), []),
    ("a map of anything", described(answer={"additionalProperties": WHOLE}), described(answer={"type": "object"}), [True]),
    ("a map that covers what was named", described(answer=thing(a=WHOLE)), described(answer=thing() | {"additionalProperties": WHOLE}), [False]),
    ("a limit less in an answer", described(answer=thing(a={**TEXT, "maxLength": 3})), described(answer=thing(a=TEXT)), [True]),
    ("places of an array change", described(answer={"prefixItems": [TEXT, WHOLE], "type": "array"}), described(answer={"prefixItems": [WHOLE, TEXT], "type": "array"}), [True] * 2),
    ("a property of a request is gone", described(request=thing(a=TEXT)), described(request=thing()), [True]),
    ("a property of a request is new", described(request=thing()), described(request=thing(a=TEXT)), [False]),
    ("a required one is new", described(request=thing()), described(request=thing(("a",), a=TEXT)), [True]),
    ("even with a default", described(request=thing()), described(request=thing(("a",), a={**TEXT, "default": "x"})), [True]),
    ("required now", described(request=thing(a=TEXT)), described(request=thing(("a",), a=TEXT)), [True]),
    ("no longer required", described(request=thing(("a",), a=TEXT)), described(request=thing(a=TEXT)), [False]),
    ("only read, so no part of a request", described(request=thing()), described(request=thing(("a",), a={**TEXT, "readOnly": True})), []),
    ("null is taken", described(request=thing(a=TEXT)), described(request=thing(a=NULLABLE)), [False]),
    ("null is no longer taken", described(request=thing(a=NULLABLE)), described(request=thing(a=TEXT)), [True]),
    ("a value more is taken", described(request=thing(a=FEW)), described(request=thing(a=MORE)), [False]),
    ("a value less is taken", described(request=thing(a=MORE)), described(request=thing(a=FEW)), [True]),
    ("a wider type is taken", described(request=thing(a=WHOLE)), described(request=thing(a=NUMBER)), [False]),
    ("a narrower type is taken", described(request=thing(a=NUMBER)), described(request=thing(a=WHOLE)), [True]),
    ("a number is no text in JSON", described(request=thing(a=WHOLE)), described(request=thing(a=TEXT)), [True]),
    ("but it is in a form", described(request=thing(a=WHOLE), media=FORM), described(request=thing(a=TEXT), media=FORM), [False]),
    ("a limit more in a request", described(request=thing(a=TEXT)), described(request=thing(a={**TEXT, "maxLength": 3})), [True]),
    ("each only once", described(request={"type": "array"}), described(request={"type": "array", "uniqueItems": True}), [True]),
    ("other properties of one type", described(request={"type": "object"}), described(request={"type": "object", "additionalProperties": WHOLE}), [True]),
    ("a media type of the request", described(request=TEXT), described(request=TEXT, media="text/csv"), [True, False]),
    ("a body is required", described(), described(requestBody={"required": True, "content": {"text/csv": {}}}), [True]),
    ("a parameter is gone", described(query(TEXT)), described(), [True]),
    ("a parameter is new", described(), described(query(TEXT)), [False]),
    ("a required parameter is new", described(), described(query(TEXT, required=True)), [True]),
    ("a parameter is required now", described(query(TEXT)), described(query(TEXT, required=True)), [True]),
    ("a parameter is of few values now", described(query(TEXT)), described(query(FEW)), [True]),
    ("a number was a text in a query already", described(query(WHOLE)), described(query(TEXT)), [False]),
    ("a text is not a number", described(query(TEXT)), described(query(WHOLE)), [True]),
    ("a default", described(query({**WHOLE, "default": 10})), described(query({**WHOLE, "default": 50})), [False]),
    ("larger integers are taken", described(query({**WHOLE, "format": "int32"})), described(query({**WHOLE, "format": "int64"})), [False]),
    ("larger integers come", described(answer={**WHOLE, "format": "int32"}), described(answer={**WHOLE, "format": "int64"}), [True]),
    ("a status is gone", described(responses={"200": {}, "201": {}}), described(responses={"200": {}}), [True]),
    ("a status of an error is gone", described(responses={"200": {}, "404": {}}), described(responses={"200": {}}), [False]),
    ("a status is said more widely", described(responses={"200": {}}), described(responses={"2XX": {}}), [False]),
    ("a media type of an answer", described(answer=TEXT), described(responses={"200": {"content": {"text/csv": {}}}}), [True, False]),
    ("a promised header is gone", described(headers={"Link": {"required": True}}), described(), [True]),
    ("a header that was there at times is gone", described(headers={"Link": {}}), described(), [False]),
    ("a header of another type", described(headers={"X-At": {"schema": TEXT}}), described(headers={"x-at": {"schema": WHOLE}}), [True]),
    ("deprecated", described(), described(deprecated=True), [False]),
    ("a parameter is deprecated", described(query(TEXT)), described(query(TEXT, deprecated=True)), [False]),
    ("only sent from now on", described(answer=thing(a=TEXT)), described(answer=thing(a={**TEXT, "writeOnly": True})), [True]),
    ("only read from now on", described(request=thing(a=TEXT)), described(request=thing(a={**TEXT, "readOnly": True})), [False]),
    ("a field is deprecated", described(answer=thing(a=TEXT)), described(answer=thing(a={**TEXT, "deprecated": True})), [False]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_the_rules_of_the_field(old: Spec, new: Spec, expected: list[bool]) -> None:
    """What other tools that compare documents call breaking; by what a client may send and may get."""
    assert [change.is_breaking for change in diff.compare(old, new)] == expected


def test_messages_are_part_of_the_contract() -> None:
    """What comes over a socket is read like a response, what goes like a request."""
    sent, received = (MessageFormat(direction, "tick", thing(("a",), a=TEXT)) for direction in ("sent", "received"))  # type: ignore[arg-type]
    socket = msgspec.structs.replace(GET, messages=(sent, received))
    wider = tuple(msgspec.structs.replace(message, schema=thing(a=TEXT)) for message in socket.messages)
    assert changes(socket, msgspec.structs.replace(socket, messages=wider)) == [("RESPONSE_CHANGED", True), ("SCHEMA_CHANGED", False)]
    assert changes(socket, msgspec.structs.replace(socket, messages=(sent,))) == [("RESPONSE_CHANGED", True)]
    assert changes(msgspec.structs.replace(socket, messages=(sent,)), socket) == [("RESPONSE_CHANGED", False)]


def _granting(scopes: list[str], needs: list[str], token: str = "https://x.test/token") -> Spec:
    flows = {"clientCredentials": {"tokenUrl": token, "scopes": dict.fromkeys(scopes, "")}}
    paths = {"/a": {"get": {"security": [{"o": needs}], "responses": {"200": {"description": ""}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "x", "version": "1"}, "paths": paths}
    return openapi_read.read(document | {"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": flows}}}})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (_granting(["r"], ["r"]), _granting(["r", "w"], ["r"]), [("OAuth: the scope `w` of `clientCredentials` is new.", False)]),
        (_granting(["r", "w"], ["r"]), _granting(["r"], ["r"]), [("OAuth: the scope `w` of `clientCredentials` is gone.", True)]),
        (_granting(["r", "w"], ["r"]), _granting(["r", "w"], ["r", "w"]), [("`GET /a`: it needs the scope `w` now.", True)]),
        (_granting(["r", "w"], ["r", "w"]), _granting(["r", "w"], ["r"]), [("`GET /a`: it no longer needs the scope `w`.", False)]),
        (
            _granting([], []),
            _granting([], [], "https://y.test/token"),
            [("OAuth: the `tokenUrl` of `clientCredentials` was `https://x.test/token` and is `https://y.test/token`.", True)],
        ),
    ],
)
def test_scopes_and_flows_are_part_of_the_contract(old: Spec, new: Spec, expected: list[tuple[str, bool]]) -> None:
    """A token got as before must be given as before, and be good for what it was good for; and documents keep the scopes."""
    assert [(change.description, change.is_breaking) for change in diff.compare(old, new)] == expected
    assert {change.kind for change in diff.compare(old, new)} == {"AUTH_CHANGED"}
    assert diff.compare(old, openapi_read.read(openapi.document(old))) == ()


def test_of_what_was_heard_only_what_came_is_a_change() -> None:
    """More calls of an API that stayed as it is tell limits, and lack what they never had; a field that stays away, a null and a new call are changes."""

    def with_body(properties: dict[str, Any], required: list[str]) -> Operation:
        body = (Content("application/json", {"type": "object", "properties": properties, "required": required}),)
        return msgspec.structs.replace(GET, responses=(Response("200", contents=body),))

    text, nothing = {"type": "string"}, {"type": ["string", "null"]}
    before = with_body({"a": nothing, "b": text, "c": {"type": "integer", "minimum": 3}, "d": text, "e": {**text, "enum": ["x", "y"]}}, ["b"])
    after = with_body({"a": {**text, "enum": ["x"]}, "b": nothing, "c": {"type": "integer", "minimum": 0}, "e": {**text, "enum": ["x", "y", "z"]}}, ["a"])
    narrowed = msgspec.structs.replace(after, parameters=(GET.parameters[0], Parameter("q", "query", {"type": "string", "enum": ["1"]}, required=True)))
    old, new = (msgspec.structs.replace(BASE, operations=operations) for operations in ((before, POST), (narrowed,)))
    assert len(diff.compare(old, new)) > 8
    assert [change.description.partition(": ")[2] for change in diff.compare(old, new, is_heard=True)] == [
        "in the 200 response, `b` is no longer always there.",
        "in the 200 response, `b` was string and is null or string.",
        'in the 200 response, `e` may also be "z".',
    ]

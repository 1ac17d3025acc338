"""A document that is written again differs only where the API did."""

import msgspec

from agent.spec.infer import conclude
from agent.spec.model import Content, Exchange, JsonSchema, Operation, Pin, Response, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.steady import settle
from agent.spec.writers import openapi

JSON = (("content-type", "application/json"),)


def _call(method: str, path: str, body: object, number: int = 0) -> Exchange:
    return Exchange(f"{method}{path}{number}", method, f"https://a.example{path}", 200, response_headers=JSON, response_body=msgspec.json.encode(body))


def _written(spec: Spec) -> Spec:
    return openapi_read.read(openapi.document(spec))


USER = {"id": 1, "name": "Ada", "email": "ada@example.com", "city": "London"}


def test_more_of_the_same_changes_nothing_but_evidence() -> None:
    """Examples stay, although others are the most frequent now."""
    calls = [_call("GET", "/users", [USER]), *(_call("GET", f"/users/{n}", {**USER, "id": n, "name": f"n{n}"}) for n in range(40, 44))]
    more = [_call("GET", f"/users/{n}", {**USER, "id": n, "name": "Zoe", "city": "Paris"}, n) for n in range(60, 80)]
    before, now = conclude(observe_all(calls)), conclude(observe_all(calls + more))
    plain = openapi.document(before, evidence=False)
    assert openapi.document(now, evidence=False) != plain
    assert openapi.document(settle(now, _written(before)), evidence=False) == plain


def test_doubt_alone_takes_no_promise_back() -> None:
    """Fields elsewhere that come and go, or are null, say nothing of one that was always there; one that lacked does."""
    calls = [_call("GET", "/me", {"age": 1, "last": "x", "size": 2, "kind": "y"}, at) for at in range(2)]
    others = [
        _call("GET", "/all", {key: None if turn % 3 else "x" for at, key in enumerate(("last", *"abcdefghij")) if (turn + at) % 2 or not at}, turn)
        for turn in range(40)
    ]
    before, now = conclude(observe_all(calls)), conclude(observe_all(calls + others))
    fresh, settled = (next(o for o in spec.operations if o.template == "/me").responses[0].contents[0].schema for spec in (now, settle(now, before)))
    assert fresh != settled == before.operations[0].responses[0].contents[0].schema
    heard = conclude(observe_all([*calls, *others, _call("GET", "/me", {"age": 1, "last": None, "size": 2}, 9)]))
    schema = next(o for o in settle(heard, before).operations if o.template == "/me").responses[0].contents[0].schema
    assert schema["required"] == ["age", "last", "size"] and schema["properties"]["last"]["type"] == ["string", "null"]


def test_ids_stay_when_operations_come_before_them() -> None:
    """A new operation with the same name takes the number, not the old one."""
    old = [_call("GET", "/b/v2/x", {"a": 1})]
    before = conclude(observe_all(old))
    now = conclude(observe_all([*old, _call("GET", "/a/b/v2/x", {"c": 1}), _call("GET", "/b/x", {"d": 1})]))
    settled = settle(now, _written(before))
    ids = {operation.template: operation.id for operation in settled.operations}
    assert ids["/b/v2/x"] == before.operations[0].id
    assert len(set(ids.values())) == 3
    assert all(pointer.split("/")[2] in ids.values() for pointer in settled.property_evidence if pointer.startswith("/operations/"))


def test_names_of_parameters_stay_unless_pinned() -> None:
    """One name for one place, also for methods that are new."""
    old = [_call("GET", f"/users/{n}", {**USER, "id": n}) for n in range(10, 14)]
    before = msgspec.structs.replace(_written(conclude(observe_all(old), pins=(Pin("/users/{who}"),))))
    everything = [*old, *(_call("DELETE", f"/users/{n}", {}) for n in range(10, 14))]
    settled = settle(conclude(observe_all(everything)), before)
    assert {operation.template for operation in settled.operations} == {"/users/{who}"}
    assert all(operation.parameters[0].name == "who" for operation in settled.operations)
    pins = (Pin("/users/{user}"),)
    assert {operation.template for operation in settle(conclude(observe_all(everything), pins=pins), before, pins).operations} == {"/users/{user}"}


def test_shared_schemas_keep_their_names() -> None:
    """By their fields, wherever else they come to stand."""
    before = Spec("t", schemas={"Person": {"type": "object", "properties": {key: {} for key in "abcd"}}})
    now = Spec("t", schemas={"User": {"type": "object", "properties": {key: {} for key in "abcde"}}, "Person": {"type": "object", "properties": {"z": {}}}})
    settled = settle(now, before)
    assert {name: sorted(schema["properties"]) for name, schema in settled.schemas.items()} == {"Person": list("abcde"), "Person2": ["z"]}


def test_an_example_stays_for_as_long_as_it_fits() -> None:
    """A field that is new or not always there is no reason to show another call; one that the old example lacks but all others have is."""
    old = _written(conclude(observe_all([_call("GET", "/users", {**USER, "at": n}, n) for n in range(8)])))
    told = old.operations[0].responses[0].contents[0].example
    optional = [_call("GET", "/users", {**USER, "at": n, "nick": "A"}, n) for n in range(8, 12)]
    spec = settle(conclude(observe_all([*(_call("GET", "/users", {**USER, "at": n}, n) for n in range(8)), *optional])), old)
    content = spec.operations[0].responses[0].contents[0]
    assert "nick" in content.schema["properties"] and content.example == told
    other = settle(conclude(observe_all([_call("GET", "/users", {**USER, "at": n, "nick": "A"}, n) for n in range(40)])), old)
    assert other.operations[0].responses[0].contents[0].example["nick"] == "A"


def test_of_two_schemas_that_are_alike_each_keeps_the_name_of_its_place() -> None:
    """Two pages with mostly the same fields do not change places because one of them was heard more often."""
    fields = {key: {} for key in ("page", "size", "next", "uri")}
    one, two = {"type": "object", "properties": {**fields, "a": {}}}, {"type": "object", "properties": {**fields, "b": {}}}

    def spec(first: str, second: str, schemas: dict[str, JsonSchema]) -> Spec:
        operations = tuple(
            Operation(path[1:], "GET", path, responses=(Response("200", contents=(Content("application/json", {"$ref": f"#/components/schemas/{name}"}),)),))
            for path, name in (("/a", first), ("/b", second))
        )
        return Spec("t", operations=operations, schemas=schemas)

    settled = settle(spec("Alist", "Blist", {"Alist": {**one, "properties": fields}, "Blist": two}), spec("Blist", "Alist", {"Blist": one, "Alist": two}))
    assert [operation.responses[0].contents[0].schema["$ref"].rpartition("/")[2] for operation in settled.operations] == ["Blist", "Alist"]


def test_a_last_slash_is_told_by_the_newest_calls() -> None:
    """Its operation is the same one, and keeps its id and the names of its parameters."""
    bare, now = ([_call("GET", f"/users/{n}{end}", USER) for n in range(40, 44)] for end in ("", "/"))
    before = conclude(observe_all(bare), pins=(Pin("/users/{login}"),))
    (one,) = settle(conclude(observe_all(now)), _written(before)).operations
    assert (one.id, one.template) == (before.operations[0].id, "/users/{login}/") and one.parameters[0].name == "login"

"""Concluding: order, validity of samples, pins, and whole invented APIs."""

import json
import random
import re

import jsonschema
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Headers, Pin, Spec
from agent.spec.observe import observe_all
from agent.spec.readers import openapi_read
from agent.spec.writers import http_file, markdown, openapi, typescript
from tests.agent.spec.styles import STYLES
from tests.agent.spec.synthetic import exchanges

_JSON = (("content-type", "application/json"),)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "name", "type", "items", "next", "a", "b"]), inner, max_size=5),
    max_leaves=12,
)
EASY = {"rpc": 1.0, "verbs": 1.0, "dated": 1.0, "tenant": 0.95, "shop": 0.9, "cluster": 0.9, "dags": 0.95, "mail": 0.9, "wiki": 0.69}


def _call(path: str, body: object, method: str = "GET", status: int = 200, number: int = 0) -> Exchange:
    return Exchange(
        id=f"{path}{number}", method=method, url=f"https://api.example{path}", status=status, response_headers=_JSON, response_body=json.dumps(body).encode()
    )


def _templates(spec: Spec) -> set[str]:
    return {re.sub(r"\{[^}]*\}", "{}", operation.template) for operation in spec.operations}


@settings(max_examples=80, deadline=None)
@given(st.lists(_VALUES, min_size=1, max_size=8))
def test_samples_validate_against_their_own_schema(bodies: list[object]) -> None:
    """Every body that was heard is accepted by the schema that was concluded from all of them."""
    spec = conclude(observe_all(_call("/things", body, number=number) for number, body in enumerate(bodies)))
    schema = {**spec.operations[0].responses[0].contents[0].schema, "components": {"schemas": spec.schemas}}
    validator = jsonschema.Draft202012Validator(schema)
    for body in bodies:
        validator.validate(body)


@pytest.mark.parametrize("style", ["shop", "cluster"])
def test_the_order_of_calls_changes_no_byte(style: str) -> None:
    """A shuffled capture gives the same spec to the byte."""
    calls, _ = exchanges(style)
    first = msgspec.json.encode(conclude(observe_all(calls)), order="sorted")
    random.Random(3).shuffle(calls)
    assert msgspec.json.encode(conclude(observe_all(calls)), order="sorted") == first


@pytest.mark.parametrize("style", sorted(STYLES))
def test_invented_apis_are_recognised(style: str) -> None:
    """Path templates of styles nobody tuned for: tenants, clusters, registries, dates, suffixes, enumerations."""
    calls, operations = exchanges(style)
    found, true = _templates(conclude(observe_all(calls))), {template for _, template in operations}
    hits = len(found & true)
    assert 2 * hits / (len(found) + len(true)) >= EASY.get(style, 0.7)


def test_of_all_styles_hardly_a_template_is_wrong() -> None:
    """The mean over all invented APIs, of which half were written after the ideas were tuned."""
    scores: list[float] = []
    for style in STYLES:
        calls, true = exchanges(style, 2)
        found = {(operation.method, re.sub(r"\{[^}]*\}", "{}", operation.template)) for operation in conclude(observe_all(calls)).operations}
        scores.append(2 * len(found & true) / (len(found) + len(true)))
    assert sum(scores) / len(scores) > 0.96


def test_enumerations_in_a_row_are_parameters() -> None:
    """Words that are combined freely and answered alike, where nothing else is."""
    chart = {"rank": 1, "points": 2.5, "player": "x", "updated": "y"}
    calls = [_call(f"/charts/{region}/{game}/{mode}", chart) for region in ("eu", "na") for game in ("wow", "diablo") for mode in ("ranked", "casual")]
    calls += [_call(f"/{name}", {name: 1, f"{name}_count": 2, f"{name}_name": "x"}) for name in ("news", "status", "prices", "events")]
    assert "/charts/{}/{}/{}" in _templates(conclude(observe_all(calls)))


def test_sub_resources_that_look_alike_stay_apart() -> None:
    """Two lists of one shape below each of a few named resources, which answer themselves."""
    people = {"count": 1, "items": [{"login": "x", "id": 1}], "next": None}
    names = ("bard", "monk", "druid", "paladin")
    calls = [_call(f"/classes/{name}/{below}", people) for name in names for below in ("spells", "features", "levels")]
    calls += [_call(f"/classes/{name}", {"name": name, "hit_die": 8, "saves": ["x"], "url": "y"}) for name in names]
    calls += [_call(f"/{name}", {name: 1, f"{name}_count": 2, f"{name}_name": "x"}) for name in ("rules", "status", "prices", "events")]
    assert {"/classes/{}/spells", "/classes/{}/features", "/classes/{}/levels", "/classes/{}"} <= _templates(conclude(observe_all(calls)))


def test_no_template_swallows_verbs_of_one_envelope() -> None:
    """Actions that all answer with the same envelope stay apart: their requests differ, or they are verbs."""
    calls = [
        _call(f"/v1/servers/{server}/actions/{verb}", {"action": {"id": server, "status": "running", "progress": 0, "command": "x"}}, "POST", 201, number)
        for number, (server, verb) in enumerate((server, verb) for server in range(1000, 1012) for verb in ("reboot", "poweron", "rescue"))
    ]
    assert _templates(conclude(observe_all(calls))) == {"/v1/servers/{}/actions/reboot", "/v1/servers/{}/actions/poweron", "/v1/servers/{}/actions/rescue"}


def test_me_is_no_id() -> None:
    """A word among numeric ids stays literal."""
    user = {"id": 1, "name": "a", "email": "a@b.example", "created_at": "2024-01-01T00:00:00Z"}
    spec = conclude(observe_all([_call("/users/me", user, number=1), *(_call(f"/users/{number}", {**user, "id": number}) for number in range(1000, 1010))]))
    assert _templates(spec) == {"/users/me", "/users/{}"}


def test_a_version_is_part_of_the_base_path() -> None:
    """A number or a date that carries all traffic near the root is no parameter."""
    for version in ("3", "2010-04-01", "v2", "1.0"):
        calls = [_call(f"/{version}/{thing}", {"count": 1, thing: 1}) for thing in ("movies", "people", "search", "status")]
        assert _templates(conclude(observe_all(calls))) == {f"/{version}/{thing}" for thing in ("movies", "people", "search", "status")}


def test_pins_hold() -> None:
    """A template kept by hand stands, and one that was rejected stays apart, whatever the evidence says."""
    calls = [_call(f"/reports/{name}", {"name": name, "rows": 3, "total": 5.5, "currency": "EUR"}) for name in ("north", "south", "east", "west", "summary")]
    assert _templates(conclude(observe_all(calls))) == {"/reports/{}"}
    kept = conclude(observe_all(calls), pins=(Pin("/reports/{region}"), Pin("/reports/summary")))
    assert {operation.template for operation in kept.operations} == {"/reports/{region}", "/reports/summary"}
    split = conclude(observe_all(calls), pins=(Pin("/reports/{name}", kind="reject"),))
    assert _templates(split) == {f"/reports/{name}" for name in ("north", "south", "east", "west", "summary")}


def test_noise_is_listed_and_can_be_put_back() -> None:
    """Assets, scanners and preflights are no operations; a pin brings one back."""
    calls = [
        _call("/api/users", [{"id": 1}]),
        Exchange(id="1", method="GET", url="https://api.example/app.css", status=200, response_headers=(("content-type", "text/css"),), response_body=b"x"),
        _call("/.env", {}, status=404),
        Exchange(id="2", method="OPTIONS", url="https://api.example/api/users", status=204, request_headers=(("Access-Control-Request-Method", "GET"),)),
        Exchange(id="3", method="GET", url="https://other.example/x.json", status=200, response_headers=_JSON, response_body=b"{}"),
    ]
    spec = conclude(observe_all(calls))
    assert _templates(spec) == {"/api/users"}
    assert sorted(noise.kind for noise in spec.noise) == ["asset", "other-host", "preflight", "scanner"]
    assert _templates(conclude(observe_all(calls), pins=(Pin("/app.css"),))) == {"/api/users", "/app.css"}


def test_a_chosen_server_is_concluded() -> None:
    """Where a capture has two APIs, the caller says which one."""
    calls = [_call("/a", {}), Exchange(id="9", method="GET", url="http://b.example:8080/b", status=200, response_headers=_JSON, response_body=b"{}")]
    assert conclude(observe_all(calls), server="http://b.example:8080").servers == ("http://b.example:8080",)
    assert _templates(conclude(observe_all(calls), server="http://b.example:8080", title="B")) == {"/b"}


def test_nothing_heard_gives_an_empty_spec() -> None:
    """No exchanges are no error."""
    assert conclude(observe_all([])).operations == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.text(max_size=6) | st.sampled_from(["用户", "-", "{", "12", "{a", "%E7%94%A8", "me"]), max_size=4), min_size=1, max_size=6))
@example([["0"], [":"], ["@"]])
def test_any_path_is_described(paths: list[list[str]]) -> None:
    """Paths without a letter that is read here, with braces and with signs: each operation has a title, and each document is written."""
    calls = [_call("/" + "/".join(path), {"id": 1}, number=number) for number, path in enumerate(paths)]
    spec = conclude(observe_all(calls))
    assert all(operation.summary.strip() == operation.summary != "" for operation in spec.operations)
    for written in (openapi.to_json(openapi.document(spec)), markdown.document(spec), typescript.document(spec, client=True), http_file.document(spec)):
        assert written


def test_that_no_answer_spoke_of_cors_is_said() -> None:
    """A reader can tell an API that allows no page from one of which nothing is known; the document keeps the difference."""
    silent, heard = _call("/pets", {"id": 1}), _call("/pets", {"id": 1}, number=1)
    allowing = msgspec.structs.replace(heard, response_headers=(*_JSON, ("access-control-allow-origin", "*")))
    without, with_cors = conclude(observe_all([silent])), conclude(observe_all([silent, allowing]))
    assert without.cors == {}
    assert (with_cors.cors or {})["allow_origin"] == "*"
    for spec in (without, with_cors, Spec("pets")):
        assert openapi_read.read(json.loads(openapi.to_json(openapi.document(spec)))).cors == spec.cors


_LET_IN = (("access-control-allow-origin", "*"),)


@pytest.mark.parametrize(
    ("method", "origin", "answer", "expected"),
    [
        ("GET", "https://shop.test", _LET_IN, {"heard_methods": ["GET"]}),
        ("DELETE", "https://shop.test", (("access-control-allow-origin", "https://shop.test"),), {"heard_methods": ["DELETE"]}),
        ("GET", "https://shop.test", (("access-control-allow-origin", "https://other.test"),), {}),
        ("GET", "", _LET_IN, {}),
        ("GET", "https://shop.test", (*_LET_IN, ("access-control-allow-methods", "get, PUT")), {"allow_methods": ["GET", "PUT"]}),
        ("GET", "", (*_LET_IN, ("access-control-expose-headers", "X-Total, Link")), {"expose_headers": ["Link", "X-Total"]}),
    ],
)
def test_what_is_said_of_cors_without_a_preflight(method: str, origin: str, answer: Headers, expected: dict[str, object]) -> None:
    """The methods with which a page was let in, until an answer names those that are allowed; and what a page may read."""
    asking = (("Origin", origin),) if origin else ()
    call = msgspec.structs.replace(_call("/pets", {"id": 1}), method=method, request_headers=asking, response_headers=(*_JSON, *answer))
    usual = {"credentials": False, "allow_methods": [], "allow_headers": [], "max_age": None}
    spec = conclude(observe_all([call]))
    assert spec.cors == {"allow_origin": answer[0][1], **usual, **expected}
    told = ", ".join(f"`{one}`" for one in (spec.cors or {}).get("heard_methods", ()))
    assert not told or f"(heard with {told}; no preflight was) (CORS)." in markdown.document(spec)


def test_an_example_is_one_that_was_answered() -> None:
    """A sample with an id that nobody has would not run."""
    calls = [_call(f"/things/{name}", {"error": "gone"}, status=404, number=number) for number, name in enumerate(["aaa"] * 9)]
    spec = conclude(observe_all([*calls, *(_call(f"/things/{name}", {"id": name}, number=9) for name in ("north", "south", "western", "eastern"))]))
    assert [parameter.example for operation in spec.operations for parameter in operation.parameters] == ["eastern"]


@pytest.mark.parametrize(
    ("path", "headers", "expected"),
    [
        ("/v2/orders", (), {"where": "path", "values": ["v2"]}),
        ("/2010-04-01/orders", (), {"where": "path", "values": ["2010-04-01"]}),
        ("/orders", (("Stripe-Version", "2023-10-16"), ("X-Client-Version", "3.1")), {"where": "header", "names": ["stripe-version"]}),
        ("/orders?api-version=2023-05-01", (), {"where": "query", "queries": ["api-version"]}),
        ("/orders?version=3", (), None),
    ],
)
def test_where_the_version_stands(path: str, headers: Headers, expected: dict[str, object] | None) -> None:
    """In the path, in a header or in the query; a client's own version is none of the API's."""
    assert conclude(observe_all([Exchange("1", "GET", "https://api.example" + path, 200, headers)])).versioning == expected


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ((("X-RateLimit-Limit", "60"),), 60),
        ((("RateLimit-Limit", "100, 100;w=60"),), 100),
        ((("RateLimit-Policy", '"default";q=50;w=10'), ("RateLimit", '"default";r=5;t=3')), 50),
        ((("Retry-After", "3"),), None),
    ],
)
def test_the_limit_is_read_as_each_draft_writes_it(headers: Headers, limit: int | None) -> None:
    """A number alone, with its window, or in a policy."""
    told = conclude(observe_all([Exchange("1", "GET", "https://api.example/orders", 200, response_headers=headers)])).rate_limit
    assert told is not None
    assert told["limit"] == limit


def test_a_last_slash_stays_where_most_calls_had_one() -> None:
    """Django and others answer nothing without it. A call that was only sent on from one form to the other speaks for the other."""
    moved = msgspec.structs.replace(_call("/tags", {}, status=307), response_headers=(("Location", "https://api.example/tags/?page=1"),))
    calls = [
        *(_call(f"/users/{n}/", {"id": n, "name": "x"}) for n in range(3)),
        _call("/users", [1], "POST"),
        _call("/users/", [1]),
        *(_call("/both" + "/" * (n < 2), {"a": n}, number=n) for n in range(5)),
        moved,
        _call("/", {"status": "up"}),
        _call("//", {"status": "up"}, number=1),
    ]
    spec = conclude(observe_all(calls))
    assert [(one.method, one.template) for one in spec.operations] == [
        ("GET", "/"),
        ("GET", "/both"),
        ("GET", "/tags/"),
        ("GET", "/users/"),
        ("POST", "/users"),
        ("GET", "/users/{user_id}/"),
    ]
    assert {one.id for one in spec.operations} >= {"listUsers", "createUser", "getUser"}
    assert set(openapi.document(spec)["paths"]) >= {"/users/", "/users", "/users/{user_id}/"}


def test_a_thing_of_which_one_can_be_got_is_no_deed() -> None:
    """`merge_requests` merges nothing where there is `merge_requests/{id}`; `merge-branches`, of which none is got, does."""
    one = {"id": 7, "title": "x"}
    calls = [
        *(_call(f"/projects/{n}/merge_requests/{n}", {**one, "id": n}) for n in (101, 102, 103)),
        _call("/projects/101/merge_requests", one, "POST", 201),
        _call("/projects/101/merge_requests/102", one, "PUT"),
        _call("/projects/101/merge-branches", one, "POST"),
    ]
    said = {operation.summary: operation.id for operation in conclude(observe_all(calls)).operations}
    assert said == {
        "Get a merge request of a project": "getProjectMergeRequest",
        "Create a merge request for a project": "createProjectMergeRequest",
        "Replace a merge request of a project": "replaceProjectMergeRequest",
        "Merge branches of a project": "mergeProjectBranches",
    }
    assert {tag for operation in conclude(observe_all(calls)).operations for tag in operation.tags} == {"projects"}

"""What one call says about one field: there, null, missing, or nothing."""

import msgspec
import pytest

from agent.spec import probing, serving
from agent.spec.infer import conclude
from agent.spec.model import Exchange, Spec
from agent.spec.observe import observe_all

JSON = (("content-type", "application/json"),)


def _call(path: str, body: object, status: int = 200, number: int = 0) -> Exchange:
    return Exchange(f"{path}{number}", "GET", f"https://a.example/base{path}", status, response_headers=JSON, response_body=msgspec.json.encode(body))


CALLS = [
    _call("/users?limit=2", {"items": [{"id": 1, "nick": None}, {"id": 2}, {"id": 3, "nick": "x"}]}),
    _call("/users", {"items": [{"id": 1, "nick": "y"}]}),
    _call("/users", {"error": "no"}, 401),
    *(_call(f"/users/{n}", {"id": n, "api_key": "sk-live-abcdefghijkl", "nick": "z"}, number=n) for n in range(10, 14)),
    _call("/users/me", {"id": 1, "nick": "z", "roles": {}}),
]


@pytest.fixture
def spec() -> Spec:
    """Below a base path, as an endpoint's documents are."""
    below = [msgspec.structs.replace(call, url=call.url.replace("/base", "")) for call in CALLS]
    return msgspec.structs.replace(conclude(observe_all(below)), servers=("https://a.example/base",))


def _probe(spec: Spec, name: str, place: str, call: Exchange) -> probing.Found | None:
    operation = next(one for one in spec.operations if one.template == name)
    wanted = probing.target(spec, operation, place)
    assert wanted is not None
    return probing.probe(spec, operation, wanted, call)


def test_a_list_may_show_everything_at_once(spec: Spec) -> None:
    """Three objects: one has it, one as null, one lacks it."""
    assert _probe(spec, "/users", "200 items[].nick", CALLS[0]) == probing.Found(3, 1, 1, "x")
    found = _probe(spec, "/users", "200 items[].nick", CALLS[0])
    assert found is not None and found.states == ("null", "missing", "value")


def test_another_status_says_nothing(spec: Spec) -> None:
    """Nor does a body that is none."""
    assert _probe(spec, "/users", "200 items[].nick", CALLS[2]) is None
    assert _probe(spec, "/users", "200 items[].nick", msgspec.structs.replace(CALLS[1], response_body=b"<html>")) is None


def test_parameters_are_looked_for_where_they_are_sent(spec: Spec) -> None:
    """In the query and in the path."""
    assert _probe(spec, "/users", "query limit", CALLS[0]) == probing.Found(1, 1, 0, "2")
    assert _probe(spec, "/users", "query limit", CALLS[1]) == probing.Found(1, 0, 0, "")
    template = next(one.template for one in spec.operations if "{" in one.template)
    assert _probe(spec, template, f"path {template[8:-1]}", CALLS[4]) == probing.Found(1, 1, 0, "11")


def test_secrets_are_not_shown(spec: Spec) -> None:
    """That one was there is told, not what it was."""
    template = next(one.template for one in spec.operations if "{" in one.template)
    found = _probe(spec, template, "200 api_key", CALLS[4])
    assert found is not None and (found.values, "sk-live" in found.shown) == (1, False)


def test_a_call_belongs_to_the_most_literal_template(spec: Spec) -> None:
    """`/users/me` is no call of `/users/{id}`."""
    one, me = (next(o for o in spec.operations if ("{" in o.template) == is_one and o.template != "/users") for is_one in (True, False))
    assert (probing.is_of(spec, one, CALLS[-1]), probing.is_of(spec, me, CALLS[-1])) == (False, True)
    assert probing.target(spec, me, "200 nope") is None


def test_a_version_is_not_below_another(spec: Spec) -> None:
    """`/base2/users` is no call of `/users` below `/base`, and what is below keeps its query."""
    users = next(one for one in spec.operations if one.template == "/users")
    assert probing.is_of(spec, users, _call("/users", {}))
    assert not probing.is_of(spec, users, msgspec.structs.replace(_call("/users", {}), url="https://a.example/base2/users"))
    assert serving.below("/v1/", "/v1?a=1") == "?a=1"
    assert serving.below("/v1", "/v10/users") is None
    assert serving.below("", "/users") == "/users"

"""Which segments are parameters, where only a whole family can tell."""

import json
from typing import Any

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)
_NAMES = "orders products profile customers carts rates places status about terms login offers news events stats pages".split()  # noqa: SIM905


def _templates(bodies: dict[str, Any]) -> set[str]:
    calls = [Exchange(path, "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode()) for path, body in bodies.items()]
    return {operation.template for operation in conclude(observe_all(calls)).operations}


def _unlike(paths: list[str]) -> dict[str, Any]:
    """A body of its own for each path."""
    return {path: {f"{key}{number}": 1 for key in ("a", "b", "c")} for number, path in enumerate(paths)}


def test_one_digit_in_the_middle_of_an_api_is_a_version() -> None:
    """Half of the calls go to `/api/3`, which has words beside it and nothing of its own: no id is asked for so often without another."""
    actions = [f"/api/3/action/{name}" for name in ("package_list", "package_show", "group_list", "status_show", "tag_list", "tag_show", "site_read")]
    others = ["/dataset/forest-map", "/dataset/river-map", "/dataset/tree-map", "/api/views/abcd", "/organization", "/login", "/about", "/stats"]
    assert set(actions) <= _templates(_unlike([*actions, *others]))


def test_one_digit_that_answers_tell_of_is_an_id() -> None:
    """The one team of a capture, which each answer names."""
    below = ("members", "repos", "boards", "labels", "hooks", "events", "plans")
    bodies = {f"/teams/4/{name}": {"team_id": 4, **dict.fromkeys((f"{name}_a", f"{name}_b", f"{name}_c"), 1)} for name in below}
    assert _templates({**bodies, **_unlike(["/search", "/status", "/about"])}) >= {f"/teams/{{team_id}}/{name}" for name in below}


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_version_that_a_body_repeats_is_still_one(version: str) -> None:
    """A tiny capture, a version below a word beside other roots, and an answer that tells the version."""
    bodies = {
        f"/api/{version}/info": {"version": version, "name": "x"},
        f"/api/{version}/ping": {"version": version},
        "/health": {"ok": True},
        "/ready": {"ok": 1},
    }
    assert _templates(bodies) == set(bodies)


def test_two_finders_of_one_list_are_two_operations() -> None:
    """Words that nothing marks as values stay apart, however alike their answers are."""
    row = {"total": 1, "rows": [{"id": 7, "city": "x", "vat": "y"}], "cursor": "z"}
    bodies = {f"/orders/search/{name}": row for name in ("findByStatus", "findByCustomerName")}
    assert _templates({**bodies, **_unlike([f"/{name}" for name in _NAMES])}) >= set(bodies)


def test_words_that_stand_together_in_several_places_are_an_enumeration() -> None:
    """Three profiles below each of three services, each service with one answer of its own."""
    bodies = {
        f"/{service}/v5/{profile}/{day}": {f"{service}_a": 1, f"{service}_b": 2, f"{service}_c": "x"}
        for service in ("directions", "matching", "isochrone")
        for number, profile in enumerate(("driving", "walking", "cycling"))
        for day in (f"2024-01-1{number}", f"2024-02-1{number}")
    }
    found = _templates({**bodies, **_unlike([f"/{name}" for name in _NAMES])}) - {f"/{name}" for name in _NAMES}
    assert len(found) == 3 and all(template.count("{") == 2 for template in found)


def test_sub_resources_that_recur_with_answers_of_their_own_stay_apart() -> None:
    """The same three words below three resources, each answered in its way."""
    paths = [f"/{kind}/list/{word}" for kind in ("orgs", "teams", "plans") for word in ("owners", "repos", "labels")]
    assert _templates(_unlike([*paths, *(f"/{name}" for name in _NAMES)])) >= set(paths)

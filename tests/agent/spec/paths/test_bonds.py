"""What binds values to one parameter, and what keeps a name from it."""

import json
from typing import Any

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all
from agent.spec.paths.affixes import Parts
from agent.spec.paths.bonds import Group, bond_of, join_group
from agent.spec.paths.reasons import Child
from agent.spec.paths.shapes import Shape
from agent.spec.paths.tree import Cell, Clusters, Context

_JSON = (("content-type", "application/json"),)
_PLACES = [f"/{name}" for name in "orders products profile customers carts rates places status about terms login offers news events".split()]  # noqa: SIM905


def _templates(answers: dict[str, list[Any]]) -> set[str]:
    """Templates where each path was asked for and gave these bodies, beside an API of other things."""
    beside = {path: [{f"{key}{number}": 1 for key in ("a", "b", "c")}] * 4 for number, path in enumerate(_PLACES)}
    calls = [
        Exchange(f"{path} {number}", "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode())
        for path, bodies in (answers | beside).items()
        for number, body in enumerate(bodies)
    ]
    return {operation.template for operation in conclude(observe_all(calls)).operations} - set(_PLACES)


def test_a_list_of_numbers_looks_like_numbers() -> None:
    """Questions are asked for by one id or several; `featured` is a list of its own, though it is answered alike."""
    page = {"items": [{"title": "x", "score": 1, "owner": {"name": "y"}}], "has_more": True, "quota": 9}
    ids = [f"/questions/{1234 * number},{987 * number},{456 * number}" for number in range(3, 12)]
    assert _templates({path: [page] * 2 for path in (*ids, "/questions/4711", "/questions/featured", "/questions/unanswered")}) == {
        "/questions/{question_id}",
        "/questions/featured",
        "/questions/unanswered",
    }


def test_names_with_maps_below_them_are_values() -> None:
    """Each answers with the keys that somebody gave it: no two bodies have one in common."""
    names = ("quick-harbor", "silent-orchid", "tiny-lagoon", "wild-cedar", "brave-maple", "young-summit")
    words = iter(f"{one}{two}" for one in ("sea", "oak", "sun", "fog", "ice", "ash", "elm", "fir", "bay", "sky") for two in ("side", "wood", "field", "stone"))
    answers = {
        f"/features/{name}/labels": [{next(words): [{"value": "x", "when": "y"}] for _ in range(2)} for _ in range(2 + index % 2)]
        for index, name in enumerate(names)
    }
    answers |= {f"/features/{name}/runs": [{"state": "x", "at": "y", "log": ["z"]}] for name in names[:4]}
    assert _templates(answers) == {"/features/{feature_id}/labels", "/features/{feature_id}/runs"}


def test_an_answer_that_is_nearly_empty_contradicts_no_other() -> None:
    """Plans answer with errors, if any."""
    full = {"errors": [{"code": 1, "text": "x"}], "left": 2, "until": "y"}
    answers = {f"/plans/{name}": [full] * 3 for name in ("wild-cedar", "silent-orchid", "brave-maple", "young-summit")}
    answers |= {f"/plans/{name}": [{}, {}, {}, {"warning": "x"}] for name in ("quick-harbor", "tiny-lagoon")}
    assert _templates(answers) == {"/plans/{plan_id}"}


def test_a_name_whose_answers_hold_another_id_is_no_value() -> None:
    """`/data/last` answers with a point as `/data/{id}` does; the id in it is that of the point."""
    ids = [f"5f3c9a7b-e1d2-4c0a-9b8e-0000000000{number}" for number in range(10, 22)]
    point = [{"id": one, "value": "7", "feed": "x", "created": "y", "expires": "z"} for one in ids]
    answers: dict[str, list[Any]] = {"/feeds/4711/data": [point], **{f"/feeds/4711/data/{one['id']}": [one] for one in point}}
    answers |= {f"/feeds/4711/data/{name}": point[: 5 + 2 * index] for index, name in enumerate(("first", "last", "next", "previous"))}
    assert _templates(answers) >= {f"/feeds/{{feed_id}}/data/{name}" for name in ("{data_id}", "first", "last", "next", "previous")}


def test_few_names_below_a_value_are_no_values_for_a_word_in_some_body() -> None:
    """`data` is what a field somewhere holds."""
    body = {"lines": [{"at": "x", "state": "y"}], "total": 1, "next": "z"}
    answers: dict[str, list[Any]] = {f"/tasks/{4000 + number}/changes": [body] for number in range(3)}
    answers |= {"/tasks/4711/log": [body] * 2, "/tasks/4711/data": [body]}
    answers |= {"/search": [{"found": [{"what": word} for word in ("data", "tasks", "other", "more", "all")]}]}
    assert _templates(answers) == {"/tasks/{task_id}/changes", "/tasks/{task_id}/log", "/tasks/{task_id}/data", "/search"}


def test_two_lists_of_one_theme_are_no_enumeration() -> None:
    """`top-writers` and `top-readers` of a month or of all time, answered alike, which nothing else is."""
    row = {"items": [{"score": 1, "posts": 2, "member": {"name": "x"}}], "has_more": True}
    paths = [f"/tags/rust/{who}/{when}" for who in ("top-writers", "top-readers") for when in ("month", "all_time")]
    assert {template.rpartition("/")[0] for template in _templates({path: [row] * 9 for path in paths})} == {"/tags/rust/top-writers", "/tags/rust/top-readers"}


def test_a_record_beside_a_map_is_no_map() -> None:
    """One answers with ever other keys, the other with the same ones each time."""

    def named(name: str, shape: Shape) -> Child:
        cell = Cell(3, 2.0, frozenset({"200"}), 0, 3, frozenset())
        cell.response, cell.request = shape, Shape()
        return Child(name, [], Parts("", name, ""), "word", cells={("labels", "GET"): cell})

    group = Group()
    join_group(group, named("harbor", Shape({".*[]": 1.0, ".*[].value:t": 1.0, ":o": 1.0})))
    record = named("limits", Shape({".most[]": 1.0, ".most[].value:t": 1.0, ":o": 1.0}))
    context = Context(set(), {}, Clusters([]), {}, {}, 0.5, 100, set(), {})
    assert bond_of(record, group, context) < 0

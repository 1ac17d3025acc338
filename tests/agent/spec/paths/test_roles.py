"""Which segments are parameters, where only a whole family can tell."""

import json
from typing import Any

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange, Pin
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)
_NAMES = "orders products profile customers carts rates places status about terms login offers news events stats pages".split()  # noqa: SIM905

_PLACES = [f"/{name}" for name in _NAMES]


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
    assert _templates({**bodies, **_unlike(_PLACES)}) >= set(bodies)


def test_words_that_stand_together_in_several_places_are_an_enumeration() -> None:
    """Three profiles below each of three services, each service with one answer of its own."""
    bodies = {
        f"/{service}/v5/{profile}/{day}": {f"{service}_a": 1, f"{service}_b": 2, f"{service}_c": "x"}
        for service in ("directions", "matching", "isochrone")
        for number, profile in enumerate(("driving", "walking", "cycling"))
        for day in (f"2024-01-1{number}", f"2024-02-1{number}")
    }
    found = _templates({**bodies, **_unlike(_PLACES)}) - {f"/{name}" for name in _NAMES}
    assert len(found) == 3 and all(template.count("{") == 2 for template in found)


def test_sub_resources_that_recur_with_answers_of_their_own_stay_apart() -> None:
    """The same three words below three resources, each answered in its way."""
    paths = [f"/{kind}/list/{word}" for kind in ("orgs", "teams", "plans") for word in ("owners", "repos", "labels")]
    assert _templates(_unlike([*paths, *(f"/{name}" for name in _NAMES)])) >= set(paths)


def test_two_trees_that_are_built_alike_are_two() -> None:
    """`bsc` and `eth` have the same calls below, and each call is made in another proportion of them: they are no two values."""
    tails = {"blocks/latest": (30, 2), "accounts/new": (1, 25), "prices": (12, 1), "fees/now": (3, 28), "tokens/all": (20, 2)}
    calls = [
        Exchange(
            f"{chain}{tail}{turn}", "GET", f"https://api.example/v2/{chain}/{tail}", 200, (), b"", _JSON, json.dumps({tail: 1, "ok": True, "at": 2}).encode()
        )
        for tail, counts in tails.items()
        for chain, count in zip(("bsc", "eth"), counts, strict=True)
        for turn in range(count)
    ]
    assert {operation.template for operation in conclude(observe_all(calls)).operations} == {
        f"/v2/{chain}/{tail}" for chain in ("bsc", "eth") for tail in tails
    }


def test_a_position_may_hold_ids_and_names() -> None:
    """Shops are asked for by id, and their feedback by name."""
    ids = [f"/shops/5f3c9a7be1d24c0a9b8e{number:04x}" for number in range(0x1A01, 0x1A09)]
    names = [f"/shops/{name}/feedback" for name in ("quick-harbor", "silent-orchid", "tiny-lagoon", "wild-cedar", "brave-maple", "young-summit")]
    bodies = {path: {"title": "x", "city": "y", "open": True} for path in ids} | {path: [{"stars": 4, "text": "x", "by": "y"}] for path in names}
    found = _templates({**bodies, **_unlike(_PLACES)})
    assert {template.count("{") for template in found if template.startswith("/shops/")} == {1} and len(found) == len(_NAMES) + 2


def test_what_is_done_to_an_id_is_no_id() -> None:
    """Plain words below an id, each put and answered in one way that nothing else is, however many."""
    verbs = ("answer", "hold", "mute", "record", "transfer")
    calls = [
        Exchange(
            f"{verb}{number}", "PUT", f"https://api.example/calls/{4000 + 7 * number}/{verb}", 200, (), b"", _JSON, b'{"state": "x", "since": 1, "by": "y"}'
        )
        for verb in verbs
        for number in range(3)
    ]
    calls += [Exchange(path, "GET", f"https://api.example{path}", 200, (), b"", _JSON, json.dumps(body).encode()) for path, body in _unlike(_PLACES).items()]
    assert {operation.template for operation in conclude(observe_all(calls)).operations if operation.template.count("/") == 3} == {
        f"/calls/{{call_id}}/{verb}" for verb in verbs
    }


def _asked(times: dict[str, int], body: dict[str, Any]) -> set[str]:
    """The templates below `/queues` where each name is asked for so often, beside an API of other things."""
    calls = [
        Exchange(f"{name}{number}", "GET", f"https://api.example/queues/{name}", 200, (), b"", _JSON, json.dumps(body).encode())
        for name, count in times.items()
        for number in range(count)
    ]
    calls += [Exchange(path, "GET", f"https://api.example{path}", 200, (), b"", _JSON, json.dumps(other).encode()) for path, other in _unlike(_PLACES).items()]
    return {operation.template for operation in conclude(observe_all(calls)).operations if operation.template.startswith("/queues/")}


def test_few_names_that_are_asked_for_again_and_again_are_operations() -> None:
    """After nine calls each no fifth name is to be expected; once each, they are values of which more will come."""
    body = {"size": 3, "oldest": 1, "latency": 2}
    names = ("queue_metrics", "process_metrics", "job_stats", "compound_metrics")
    assert _asked(dict.fromkeys(names, 9), body) == {f"/queues/{name}" for name in names}
    assert len(_asked(dict.fromkeys(("quick_harbor", "silent_orchid", "tiny_lagoon", "wild_cedar", "brave_maple"), 1), body)) == 1


def test_one_answer_of_many_that_repeats_a_name_is_chance() -> None:
    """A whole tree stands below `/api`, and one of its answers happens to tell of a thing that is called so."""
    bodies = _unlike([f"/api/v1/{name}/{number}" for name in _NAMES for number in range(3)]) | {"/api/v1/orders/9": {"name": "api"}}
    bodies |= {f"/api/v1/labels/{name}": {"name": name, "color": "red"} for name in ("api", "quick-harbor", "silent-orchid", "tiny-lagoon", "wild-cedar")}
    bodies |= {"/apis/groups": {"g": 1}, "/version": {"major": 1}}
    assert all(template.startswith("/api/v1/") for template in _templates(bodies) if template.count("/") > 2)


def _times(counts: dict[str, int], body: bytes) -> set[str]:
    calls = [
        Exchange(f"{path} {turn}", "GET", f"https://api.example{path}", 200, (), b"", _JSON if body else (), body)
        for path, count in counts.items()
        for turn in range(count)
    ]
    return {operation.template for operation in conclude(observe_all(calls)).operations}


@pytest.mark.parametrize(("times", "expected"), [(1, {"/reports/{report_id}"}), (25, {"/reports/cash-flow", "/reports/open-items"})])
def test_operations_are_called_over_and_over_and_values_ever_new(times: int, expected: set[str]) -> None:
    """Two names with one rare answer are a parameter where each is heard once, and two operations where both are called all the time."""
    counts = {f"/reports/{name}": times for name in ("cash-flow", "open-items")}
    others = _unlike(_PLACES)
    calls = [
        Exchange(f"{path} {turn}", "GET", f"https://api.example{path}", 200, (), b"", _JSON, json.dumps(body).encode())
        for path, body in {**{path: {"rows": [{"sum": 1}], "kind": "y", "at": "z"} for path in counts}, **others}.items()
        for turn in range(counts.get(path, 2))
    ]
    assert {operation.template for operation in conclude(observe_all(calls)).operations if operation.template.startswith("/reports")} == expected


def test_resources_with_one_search_each_are_not_values_where_nothing_is_answered() -> None:
    """What stands below all of them is the same, no body tells anything, and each is called all the time: only what is searched for is ever new."""
    resources = ("cinema", "company", "genre", "movie-cast", "people", "watchlist")
    counts = {
        f"/api/{name}/search/{name[0]}-{word}": 3 for name in resources for word in ("amber", "birch", "cedar", "dune", "ember", "frost", "grove", "heath")
    }
    assert {template.split("/")[2] for template in _times(counts, b"")} == set(resources)


@pytest.mark.parametrize("base", ["api.shop.example", "ATServicesRest"])
def test_what_all_calls_begin_with_is_the_base_path(base: str) -> None:
    """Whatever it looks like: a host that a proxy left in the path, or a name with an acronym in it."""
    paths = [f"/{base}/V1.0/{name}" for name in _NAMES]
    assert _templates(_unlike(paths)) == set(paths)


def test_the_form_that_callers_choose_by_a_suffix_is_a_parameter() -> None:
    """`route.json` and `distance.html`: five names with three suffixes each are five operations, whose suffix varies."""
    names = ("directions", "distance", "route", "optimalRoute", "optimalDirections")
    counts = {f"/{name}.{form}": 6 for name in names for form in ("json", "html", "kml")}
    assert _times(counts, b"") == {f"/{name}.{{format}}" for name in names}


def test_values_before_an_ending_of_all_are_those_without_it() -> None:
    """Categories are asked for themselves or for what is below them, without a body; only what comes last has the ending."""
    names = "harbor quick-harbor silent-orchid lagoon tiny-lagoon wild-cedar maple brave-maple young-summit".split()  # noqa: SIM905
    below = ["", "/popular", "/title", "/4od", "/derived/ad", "/derived/ad/title"]
    asked = ((1, 2), (0, 3), (3, 1), (0, 5), (0, 3), (4, 2), (0, 1), (4, 5), (2, 5))
    paths = [f"/tv/categories/{name}{below[tail]}.atom" for name, tails in zip(names, asked, strict=True) for tail in tails]
    lists = {"/tv/categories.atom", "/tv/search.atom"}
    assert _templates(dict.fromkeys([*paths, *lists])) == {f"/tv/categories/{{category_id}}{tail}.atom" for tail in below} | lists


def test_a_form_that_the_user_rejects_stays_rejected() -> None:
    """`/route.{format}` is told to be no template: its forms are operations again, those of the others are not."""
    calls = [
        Exchange(f"{name}.{form} {turn}", "GET", f"https://api.example/{name}.{form}", 200, (), b"", _JSON, b'{"a": 1}')
        for name in ("directions", "distance", "route", "truck")
        for form in ("json", "html")
        for turn in range(4)
    ]
    found = {operation.template for operation in conclude(observe_all(calls), pins=(Pin("/route.{format}", "reject"),)).operations}
    assert found == {"/directions.{format}", "/distance.{format}", "/truck.{format}", "/route.json", "/route.html"}


def test_names_in_the_words_of_the_bodies_are_operations() -> None:
    """Half of the calls below two services are answered in one envelope: what they are called is said with its keys."""
    names = ("trip-details", "stop-arrivals", "route-vehicles", "vehicle-trips", "stop-details", "route-stops", "arrival-details", "vehicle-details")
    envelope = {"version": 1, "status": "ok", "data": {"trip": {"stop": "a", "vehicle": "b"}, "route": {"arrivals": [1], "details": "x"}}}
    bodies = {f"/{service}/where/{name}": envelope for service in ("otp", "mobile") for name in names}
    found = _templates({**bodies, **_unlike(_PLACES)})
    assert all(any(template.endswith(f"/where/{name}") for template in found) for name in names)


def test_a_version_deep_in_the_base_path_is_none_of_the_parameters() -> None:
    """Whatever stands before it: all calls go below it."""
    assert all(template.startswith("/shop/rest/api/2/") for template in _templates(_unlike([f"/shop/rest/api/2/{name}" for name in _NAMES])))


def test_two_versions_of_an_api_are_no_values() -> None:
    """`v1` and `v2` anywhere in a path, in a capture of a few calls."""
    bodies = {f"/api/controller/v{number}/{name}": {name: number, "x": 1, "y": 2} for number in (1, 2) for name in ("contract", "journal")}
    assert _templates(bodies) == set(bodies)


def test_two_names_that_end_in_a_digit_are_rather_literals() -> None:
    """`h5` and `hw2` in a capture of four calls, each with a tree of its own and answers without a body."""
    paths = ["/stats/h5/campaign/matches", "/stats/h5/records", "/stats/hw2/players", "/stats/hw2/season"]
    assert _templates(dict.fromkeys(paths)) == set(paths)


def _heard(answers: dict[str, tuple[int, Any]]) -> set[str]:
    """Templates where each path was called so often with a body."""
    calls = [
        Exchange(f"{path} {number}", "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode())
        for path, (times, body) in answers.items()
        for number in range(times)
    ]
    return {operation.template for operation in conclude(observe_all(calls)).operations}


def test_groups_of_resources_under_one_version_each_stay_apart() -> None:
    """Two groups say what they are in one form and have a `v1`, and nothing else in common: a version below is no value, and other resources are no chance."""
    groups = {"discovery.k8s.io": "endpointslices", "scheduling.k8s.io": "priorityclasses"}
    answers: dict[str, tuple[int, Any]] = {}
    for group, kind in groups.items():
        base, item = f"/apis/{group}", {"metadata": {"resourceVersion": "7"}, f"{kind}Spec": {f"{kind}A": 1, f"{kind}B": 2}}
        answers[base] = (9, {"preferredVersion": {"groupVersion": "x"}, "versions": [{"version": "x"}], "serverAddresses": 1})
        answers[f"{base}/v1"] = (12, {"groupVersion": "x", "resources": [{"verbs": ["get"], "namespaced": True}]})
        answers |= {f"{base}/v1/{kind}/{name}-7d9f": (4, item) for name in ("web", "api", "db")}
        answers |= {f"{base}/v1/{kind}": (9, {"items": [item]}), f"{base}/v1/watch/{kind}": (6, {"events": [{"type": "x", "object": item}]})}
    assert {f"/apis/{group}/v1/{kind}" for group, kind in groups.items()} <= _heard(answers)


def test_operations_with_a_theme_in_their_names_are_no_enumerations() -> None:
    """Two searches in six kinds of courts, all answered with one shape: `…Search` and `…Courts` are how somebody named operations."""
    row = {"total": 1, "cases": [{"caseNumber": "x", "courtName": "y", "filed": "z"}], "nextPage": "w"}
    courts = ("all", "appeal", "bankruptcy", "civil", "criminal", "multiDistrict")
    paths = {f"/locator/{what}Search/{court}Courts": (6 + index, row) for what in ("case", "party") for index, court in enumerate(courts)}
    others = {path: (4, body) for path, body in _unlike(_PLACES).items()}
    assert set(paths) <= _heard({**paths, **others})


def test_true_and_false_are_values() -> None:
    """Nobody names an operation so, however often it is called, and though the other was never heard."""
    answers: dict[str, tuple[int, Any]] = {"/annotations/17/true": (9, {"n": 1}), "/annotations/recent": (4, {"a": 1}), "/status": (3, {"b": 1})}
    assert _heard(answers) == {"/annotations/{annotation_id}/{id}", "/annotations/recent", "/status"}


def test_siblings_of_two_letters_are_codes() -> None:
    """Languages that were asked for now and then, and nothing in the answers that tells of them."""
    words = {f"/labels/{language}": (1 + index % 2, {}) for index, language in enumerate(("en", "es", "fr", "lv", "sw", "gu"))}
    others = {path: (4, body) for path, body in _unlike(_PLACES).items()}
    assert [template for template in _heard({**words, **others}) if "labels" in template] == ["/labels/{label_id}"]


def test_names_of_kinds_that_some_field_holds_are_still_literals() -> None:
    """Kinds of things with trees that are built alike but used in other proportions, beside things that are named by slugs."""
    below = {"genes": (27, 9, 34), "variants": (12, 2, 19), "models": (3, 30, 1), "cases": (2, 2, 2)}
    answers: dict[str, tuple[int, Any]] = {}
    for index, kind in enumerate(("genotype", "phenotype", "variant")):
        for name, times in below.items():
            category = kind if name == "cases" else "none"
            body = {name: [{"category": category, f"{name}_id": "x", "object": "y"}], f"{name}_facets": {"n": 1}}
            answers[f"/entity/{kind}/100{index}/{name}"] = (times[index], body)
    answers |= {f"/entity/{slug}": (1, {"id": slug, "label": "x", "iri": "y"}) for slug in ("silent-orbit", "amber-field", "quiet-harbor")}
    found = {"/".join(template.split("/")[:3]) for template in _heard(answers)}
    assert found >= {f"/entity/{kind}" for kind in ("genotype", "phenotype", "variant")}


def test_many_actions_that_return_the_same_thing_are_still_actions() -> None:
    """Nine of them, called again and again, and each answers with the task: no pool of values is asked for so."""
    actions = dict(zip("accept activate cancel complete fail reject transit unaccept unassign".split(), (22, 15, 34, 8, 26, 4, 4, 8, 8), strict=True))  # noqa: SIM905
    note = b'{"notes": "x", "reason": "y"}'
    task = {"task_state": "x", "assignee": "y", "address": {"city": "z"}, "completed_at": "w"}
    calls = [
        Exchange(f"{name} {number}", "POST", f"https://api.example/tasks/{1000 + number % 5}/{name}?as=x", 200, _JSON, note, _JSON, json.dumps(task).encode())
        for name, times in actions.items()
        for number in range(times)
    ]
    bodies = {**_unlike(_PLACES), "/news": {"news": [{"what": name} for name in (*actions, "other")]}}
    others = [Exchange(path, "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(body).encode()) for path, body in bodies.items()]
    found = {operation.template for operation in conclude(observe_all([*calls, *others])).operations}
    assert found == {f"/tasks/{{task_id}}/{name}" for name in actions} | set(_PLACES)


def test_actions_that_their_answers_name_are_actions() -> None:
    """`{"action": {"type": "refund_payment"}}` from a reader that was told to: four of them, called over and over."""
    times = {"cancel_action": 6, "process_payment": 11, "refund_payment": 11, "set_display": 39}
    calls = [
        Exchange(
            f"{name} {number}",
            "POST",
            f"https://api.example/readers/{4000 + number}/{name}",
            200,
            _JSON,
            b"{}",
            _JSON,
            json.dumps({"action": {"type": name, "state": "x"}, "label": "y", "device": "z"}).encode(),
        )
        for name, often in times.items()
        for number in range(often)
    ]
    assert {operation.template for operation in conclude(observe_all(calls)).operations} == {f"/readers/{{reader_id}}/{name}" for name in times}


def test_what_is_read_of_one_thing_over_and_over_is_no_pool_of_values() -> None:
    """Parts of a file, two of which were asked for so seldom and are named so oddly that they may be values; the others join these. No answer has a body."""
    times = {"is-packed": 2, "packed-data": 1, "packed-md5": 16, "md5": 7, "data": 5, "packed-size": 2, "info": 22, "size": 40}
    answers: dict[str, tuple[int, Any]] = {
        f"/files/{4000 + number}/{name}": (often // files, None) for name, often in times.items() for files in (max(1, often // 8),) for number in range(files)
    }
    answers["/status"] = (30, {"size": 1, "info": "x"})
    assert {template.rpartition("/")[2] for template in _heard(answers)} == {*times, "status"}


def test_one_word_alone_is_no_value_though_things_of_the_place_are_answered() -> None:
    """`PUT /addresses/recognize` answers with an address, and some field holds the word; what it recognized has another name."""
    body = json.dumps({"address": {"street": "x", "city": "y"}, "score": 1}).encode()
    calls = [
        Exchange(f"{name} {turn}", method, f"https://api.example/addresses/{name}", 200, _JSON, b'{"text": "x"}', _JSON, body)
        for method, name in (("PUT", "recognize"), ("POST", "validate"))
        for turn in range(3)
    ]
    held = {"/events": [{"what": word} for word in ("recognize", "tasks", "other", "more", "all")], **_unlike(_PLACES[:8])}
    others = [Exchange(path, "GET", "https://api.example" + path, 200, (), b"", _JSON, json.dumps(found).encode()) for path, found in held.items()]
    assert {operation.template for operation in conclude(observe_all([*calls, *others])).operations} >= {"/addresses/recognize", "/addresses/validate"}

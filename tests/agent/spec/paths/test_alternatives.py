"""Words of one place with the same below each: two operations, or two values."""

import json
from typing import Any

import pytest

from agent.spec.infer import conclude
from agent.spec.model import Exchange
from agent.spec.observe import observe_all

_JSON = (("content-type", "application/json"),)
_OTHERS = "orders products profile customers carts rates places about terms login offers news".split()  # noqa: SIM905 - words read better as a text


def _call(path: str, turn: int, body: Any, method: str = "GET") -> Exchange:
    answer = (_JSON, json.dumps(body).encode()) if body is not None else ((), b"")
    return Exchange(f"{method} {path} {turn}", method, "https://api.example" + path, 200, (), b"", *answer)


def _templates(times: dict[str, int], bodies: dict[str, Any] | None = None, method: str = "GET") -> set[str]:
    """Of what was called so often, without a body where there is none for the path, beside an API of other things."""
    calls = [_call(path, turn, (bodies or {}).get(path), method) for path, count in times.items() for turn in range(count)]
    calls += [_call(f"/{name}", turn, {f"{name}_{key}": 1 for key in "abc"}) for name in _OTHERS for turn in range(2)]
    return {operation.template for operation in conclude(observe_all(calls)).operations} - {f"/{name}" for name in _OTHERS}


def test_two_kinds_of_things_with_the_same_operations_are_two() -> None:
    """Nothing is two segments below them, and one of their names is a text of some answer; each is called in its own proportion."""
    tails = {"count": (37, 3), "describe": (8, 30), "list": (2, 29), "bulk": (24, 3), "aggregate": (1, 17)}
    times = {f"/entity/{kind}/{tail}": counts[number] for tail, counts in tails.items() for number, kind in enumerate(("case", "invoice"))}
    bodies: dict[str, Any] = {path: {f"{path.rpartition('/')[2]}_{key}": 1 for key in "abc"} for path in times}
    times["/search"] = 1
    bodies["/search"] = [{"label": word} for word in ("case", "folder", "letter", "parcel", "ticket")]
    assert _templates(times, bodies) == set(times)


def test_people_with_one_tree_each_are_values_though_nothing_is_answered() -> None:
    """Each is asked for over and over, and each in the same four ways."""
    people = ("jaimemoody", "katelyn66", "mary_dillon", "curtis29", "jonathan.davis")
    times = {f"/person/{name}{tail}": count for name in people for tail, count in {"": 3, "/groups": 4, "/token": 2, "/token/17": 2}.items()}
    assert {template.split("/")[2][:1] for template in _templates(times)} == {"{"}


def test_operations_of_a_collection_recur_below_its_parents() -> None:
    """`/matches/17` says what `matches` are: `past` and `running` are no values, though they stand together in three places."""
    words = ("past", "running", "upcoming")
    rows = [{"name": "x", "begin_at": "y", "status": "running", "winner": "z"}]
    times = {f"{parent}matches/{word}": 8 for parent in ("/", "/leagues/4001/", "/series/5003/") for word in words}
    bodies: dict[str, Any] = dict.fromkeys(times, rows)
    times |= {f"/matches/{number}": 1 for number in (1017, 1032, 1077)} | {"/matches": 4, "/states": 1}
    bodies |= {f"/matches/{number}": rows[0] | {"id": number} for number in (1017, 1032, 1077)}
    bodies["/matches"] = rows
    bodies["/states"] = [{"name": word} for word in (*words, "canceled", "postponed")]
    found = {template for template in _templates(times, bodies) if "matches" in template}
    assert {template.rpartition("/")[2] for template in found if template.count("/") > 2} == set(words) and len(found) == 11


def test_words_that_recur_and_are_answered_with_nothing_are_operations() -> None:
    """The same three of two collections, and of a third one."""
    times = {
        f"/{kind}/{word}": 5 + 7 * number for kind in ("canvas", "segments", "campaigns") for number, word in enumerate(("list", "details", "data_series"))
    }
    assert _templates(times) == set(times)


def test_what_more_names_stand_below_than_above_are_the_values() -> None:
    """Pictures of flags and cards by code, beside other pictures."""
    codes = {"browsers": "de it ja sv", "cards": "de es it ja nl pl pt zh", "flags": "en es fr ja ko pl sv tr"}
    times = {f"/v1/avatars/{kind}/{code}": 6 if code == "es" else 1 for kind, found in codes.items() for code in found.split()}
    times |= {f"/v1/avatars/{name}": 20 for name in ("initials", "favicon", "image", "qr")}
    found = _templates(times)
    assert {template.split("/")[3] for template in found} == {"flags", "cards", "browsers", "initials", "favicon", "image", "qr"} and len(found) == 7


def test_what_is_only_posted_to_in_the_words_of_the_api_is_an_operation_each() -> None:
    """Two that sign in at the same places, one for sources and one for destinations, which the API speaks of."""
    kinds = ("source_oauths", "destination_oauths")
    times = {f"/{kind}/{tail}": 3 for kind in kinds for tail in ("complete_oauth", "get_consent_url", "oauth_params/create")}
    times |= {f"/{kind}/{tail}": 9 for kind in ("sources", "destinations", "oauths") for tail in ("create", "get", "delete", "update")}
    bodies = {path: {f"{path.rpartition('/')[2]}_{key}": 1 for key in ("source", "destination", "oauth")} for path in times}
    assert _templates(times, bodies, "POST") == set(times)


def test_resources_with_operations_of_their_own_are_no_enumeration() -> None:
    """A company by two keys, and what more is known of it by the same two; what else is there of companies is not there of the other."""
    company = {"name": "x", "city": "y", "people": 1, "logo": "z"}
    times = {f"/v1/{kind}/{key}/{value}": 2 for kind in ("company", "companypremium") for key in ("id", "url") for value in (4117, 5203, 6001)}
    bodies = dict.fromkeys(times, company)
    times |= {f"/v1/company/{word}": 9 for word in ("search", "fuzzysearch", "basicsearch")}
    assert {template.split("/")[2] for template in _templates(times, bodies)} == {"company", "companypremium"}


@pytest.mark.parametrize(("name", "role"), [("localhost", "{"), ("me", "m")])
def test_the_only_one_that_is_listed_is_a_value_where_it_says_its_name(name: str, role: str) -> None:
    """The one server of a name server, which its own answer names; *me* has another name there."""
    server = {"id": "localhost", "type": "Server", "version": "4.7", "daemon_type": "authoritative"}
    below = ("config", "statistics", "zones", "cache")
    times = {"/servers": 2, f"/servers/{name}": 6} | {f"/servers/{name}/{word}": 20 for word in below}
    bodies: dict[str, Any] = {
        "/servers": [server],
        f"/servers/{name}": server,
        **{f"/servers/{name}/{word}": {f"{word}_{key}": 1 for key in "abc"} for word in below},
    }
    assert {template.split("/")[2][0] for template in _templates(times, bodies) if template.count("/") > 1} == {role}


def test_names_that_are_counted_are_no_ids() -> None:
    """Two tiers of fees, which begin as names and end in a digit."""
    times = {f"/v1/{name}": 7 for name in ("fees-tier-1", "fees-tier-2", "price-prediction", "trader-grades", "sentiments", "tokens", "indices", "correlation")}
    assert _templates(times) == set(times)


def test_codes_of_one_kind_are_values_all() -> None:
    """Two countries are read, and name themselves; four are only written to, and answered with nothing."""
    calls = [_call(f"/sales_tax/{code}/{number}", 0, {"country": code, "rate": 1, "region": "x"}) for number, code in enumerate(("DK", "PT"), 101)]
    calls += [_call(f"/sales_tax/{code}/{number}", 0, None, "DELETE") for number, code in enumerate(("DE", "FR", "GB", "JP"), 201)]
    calls += [_call("/countries", 0, [{"code": code} for code in ("DK", "PT", "DE", "FR", "GB", "JP", "IT")])]
    calls += [_call(f"/{name}", turn, {f"{name}_{key}": 1 for key in "abc"}) for name in _OTHERS for turn in range(2)]
    found = {operation.template for operation in conclude(observe_all(calls)).operations if "sales_tax" in operation.template}
    assert {template.count("{") for template in found} == {2}


def test_values_with_other_operations_are_values_of_the_same_place() -> None:
    """Some machines were started and stopped, others have schedules; none was asked for both ways."""
    started = ("nimble-media", "true-library", "zen-site", "local-agent", "quick-portal", "red-scheduler")
    planned = ("vivid-payments", "happy-proxy", "main-library", "silent-data", "rapid-reports", "urban-site")
    times = {f"/labs/4001/machines/{name}/{verb}": 1 + number % 2 for number, name in enumerate(started) for verb in ("start", "stop", "resize", "claim")}
    bodies: dict[str, Any] = {path: {f"{path.rpartition('/')[2]}_{key}": 1 for key in "abc"} for path in times}
    plans = {f"/labs/4001/machines/{name}/schedules{tail}": 1 for name in planned for tail in ("", "/1017", "/2034")}
    plan = {"task": "x", "daily": True, "zone": "y", "notify": "z"}
    bodies |= {path: plan if path[-1].isdigit() else {"value": [plan], "next": None} for path in plans}
    assert {template.split("/")[4][0] for template in _templates(times | plans, bodies)} == {"{"}


def test_a_joined_word_that_its_answer_repeats_is_a_value() -> None:
    """A plain word may be in an answer by chance; several that are joined by signs are somebody's name."""
    times = {"/stats/index/super-billing-west": 3, "/stats/index/users": 4, "/stats/index/queries": 9}
    bodies: dict[str, Any] = {path: {f"{path.rpartition('/')[2]}_{key}": 1 for key in "abc"} for path in times}
    bodies["/stats/index/super-billing-west"] = {"name": "super-billing-west", "items": 4, "size": 2}
    found = {template.rpartition("/")[2] for template in _templates(times, bodies)}
    assert {"users", "queries"} < found and "super-billing-west" not in found

"""Observing: counts, caps, redaction, and input that is broken on purpose."""

import json
import random
import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.spec.infer import conclude
from agent.spec.merge import merge
from agent.spec.model import Exchange
from agent.spec.observe import observe, observe_all
from agent.spec.schemas import bodies
from agent.spec.summary import EMPTY, dump, load
from tests.agent.spec.synthetic import exchanges

_JSON = (("content-type", "application/json"),)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
_CALLS = st.builds(
    lambda path, method, status, body, query: Exchange(
        id=f"{path}{method}{status}{query}",
        method=method,
        url=f"https://api.example/{path}?{query}",
        status=status,
        response_headers=_JSON,
        response_body=json.dumps(body).encode(),
    ),
    st.sampled_from(["users", "users/12345", "users/777777", "orders/a-b", "x.json", "v1/%2Fa"]),
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.sampled_from([200, 201, 401, 404]),
    _VALUES,
    st.sampled_from(["", "limit=3", "cursor=abc&limit=5"]),
)


def _get(path: str, body: bytes, status: int = 200, **more: object) -> Exchange:
    return Exchange(id=path, method="GET", url=f"https://api.example{path}", status=status, response_headers=_JSON, response_body=body, **more)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.lists(_CALLS, max_size=8), st.lists(_CALLS, max_size=8), st.lists(_CALLS, max_size=4))
def test_merging_is_a_commutative_monoid(a: list[Exchange], b: list[Exchange], c: list[Exchange]) -> None:
    """Any order and grouping of any calls gives the same bytes, and nothing added changes nothing."""
    x, y, z = observe_all(a), observe_all(b), observe_all(c)
    assert dump(merge(merge(x, y), z)) == dump(merge(x, merge(y, z))) == dump(observe_all(a + b + c))
    assert dump(merge(x, y)) == dump(merge(y, x))
    assert dump(merge(x, EMPTY)) == dump(merge(EMPTY, x)) == dump(x)


def test_caps_do_not_depend_on_the_order() -> None:
    """Samples, keys and routes over their limits are cut to the same ones, whichever way the calls were split."""
    calls = [_get(f"/items/{'abcdefghij'[i % 10]}{i:x}x", json.dumps({f"k{i}": i, "name": f"name {i}", "tag": f"t{i % 40}"}).encode()) for i in range(900)]
    whole = dump(observe_all(calls))
    random.Random(1).shuffle(calls)
    parts = [observe_all(calls[start : start + 90]) for start in range(0, 900, 90)]
    merged = EMPTY
    for part in parts:
        merged = merge(merged, part)
    assert dump(merged) == whole


def test_a_summary_survives_its_bytes() -> None:
    """Loading what was dumped gives the same bytes again, and no bytes are the empty summary."""
    data = dump(observe_all(exchanges("shop")[0]))
    assert dump(load(data)) == data
    assert dump(load(b"")) == dump(EMPTY)


def test_a_summary_does_not_grow_with_the_calls() -> None:
    """Ten times as many calls to the same operations keep the size of the summary."""
    calls = [_get(f"/users/{100000 + i}", json.dumps({"id": 100000 + i, "name": f"user{i}"}).encode()) for i in range(4000)]
    assert len(dump(observe_all(calls))) < 1.3 * len(dump(observe_all(calls[:400])))


def test_no_credential_reaches_a_summary_or_a_spec() -> None:
    """Planted secrets in headers, cookies, query, bodies and paths are in neither."""
    secrets = ["Zx9Qw8Er7Ty6Ui5Op4As3Df2", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "hunter2hunter2", "cookie5Value6Abcdef7890"]
    headers = (("Authorization", f"Bearer {secrets[0]}"), ("X-Api-Key", secrets[1]), ("Cookie", f"session={secrets[3]}"), ("content-type", "application/json"))
    body = json.dumps({"password": secrets[2], "note": f"key {secrets[1]}", "token": secrets[0]}).encode()
    calls = [
        Exchange(
            id=str(i),
            method="POST",
            url=f"https://api.example/login?access_token={secrets[0]}",
            status=200,
            request_headers=headers,
            request_body=body,
            response_headers=_JSON,
            response_body=body,
        )
        for i in range(5)
    ]
    summary = observe_all(calls)
    told = dump(summary) + repr(conclude(summary)).encode()
    assert not [secret for secret in secrets if secret.encode() in told]


def test_broken_bodies_are_no_obstacle() -> None:
    """Hopeless nesting, NaN, doubled keys, invalid UTF-8, a lying content type and a cut body all give a spec."""
    bodies = [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a": NaN, "b": 1}',
        b'{"a": 1, "a": "x"}',
        b'{"a": "\xff\xfe"}',
        b"<html>",
        b'{"a": [1, 2',
        b"",
        b'"\\ud800"',
        b'{"n": 1e999, "i": ' + b"9" * 400 + b"}",
    ]
    spec = conclude(observe_all(_get(f"/broken/{number}", body) for number, body in enumerate(bodies)))
    assert {operation.method for operation in spec.operations} == {"GET"}
    assert dump(observe(_get("/x", bodies[0]))) == dump(observe(_get("/x", bodies[0])))


def test_a_url_that_is_none_is_left_out() -> None:
    """An exchange without an absolute URL changes nothing."""
    assert dump(observe(Exchange(id="1", method="GET", url="about", status=200))) == dump(EMPTY)


def test_ten_thousand_paths_stay_bounded() -> None:
    """So many words under one prefix are one parameter, in a summary of a few megabytes."""
    draw = random.Random(2)
    names = ["".join(draw.choice("abcdefghijklmnop") for _ in range(9)) for _ in range(10_000)]
    summary = observe_all(_get(f"/things/{name}", json.dumps({"name": name, "size": 3, "owner": "me"}).encode()) for name in names)
    assert summary.is_partial
    assert len(dump(summary)) < 6_000_000
    assert len(conclude(summary).operations) == 1


def test_a_form_of_a_million_fields_takes_little_memory() -> None:
    """The first of them are looked at, and the rest is not even taken apart; parts of a body likewise."""
    form, parts = b"a=1&" * 1_000_000, b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 50_000
    tracemalloc.start()
    assert len(bodies.decode_form(form)["a"]) == bodies.ITEMS_MAX
    assert bodies.decode_multipart(parts, "multipart/form-data; boundary=b") == {"a": "1"}
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()

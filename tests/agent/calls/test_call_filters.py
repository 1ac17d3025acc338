"""What people type into the filter box."""

import re

import pytest

from agent import endpoints
from agent.accounts import users
from agent.calls import call_filters
from agent.calls.call_filters import parse
from agent.calls.capture_search import Filter
from agent.errors import Problem


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Filter()),
        ("orders", Filter(query="orders")),
        ("POST 5xx", Filter(method="POST", status="5xx")),
        ("method:post status:404 path:/orders", Filter(method="post", status="404", path="/orders")),
        ("took:>500ms", Filter(min_duration_ms=500)),
        ("took:<=1.5s slower:200", Filter(max_duration_ms=1500, min_duration_ms=200)),
        ("since:24h before:monday", Filter(since="24h", until="monday")),
        ("since:2026-11-20T10:00:00Z", Filter(since="2026-11-20T10:00:00Z")),
        ('operation:"/orders/{id}" error', Filter(pattern="/orders/{id}", status="error")),
        ('text:"two words" source:replay', Filter(query="two words", source="replay")),
        ("two words", Filter(query="two words")),
        ("page=2 http://x", Filter(query="page=2 http://x")),
        ('an "open quote', Filter(query="an open quote")),
        ("it's O'Brien", Filter(query="it's O'Brien")),
        ("post", Filter(query="post")),
        ("colour:red", Filter(query="colour:red")),
        ("/v1/things:batch 12:30 a:", Filter(query="/v1/things:batch 12:30 a:")),
    ],
)
def test_words_become_a_filter(text: str, wanted: Filter) -> None:
    """Keys, bare words, quotes, durations; what is no key is text."""
    assert parse(text) == wanted


@pytest.mark.parametrize("text", ["took:soon", "duration:>", "slower:fast"])
def test_a_duration_that_is_none_is_told(text: str) -> None:
    """With an example of one."""
    if text.endswith(">"):
        with pytest.raises(Problem):
            parse(text)
        return
    with pytest.raises(Problem, match="is no duration"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stauts:500", "`stauts:` is no filter.*Did you mean `status:`"),
        ("mehtod:GET", "Did you mean `method:`"),
        ("status: 5xx", "`status:` needs a value"),
        ("took:", "`took:` needs a value"),
        ("method:12", "`12` is no method"),
        ("source:browser", "`browser` is no source.*proxy, import, agent, replay"),
        ("since:soon", "`soon` is no time"),
        ("since:999999w", "before all time"),
    ],
)
def test_a_slip_is_told_with_a_way_out(text: str, told: str) -> None:
    """Not taken for text that nothing matches."""
    with pytest.raises(Problem) as caught:
        parse(f"orders {text}")
    assert re.search(told, f"{caught.value.detail} {caught.value.remedy}")


async def test_filters_are_saved_by_name(database: object) -> None:
    """The same name replaces; others' filters are not seen and cannot be deleted."""
    ada, bob = [users.actor_of((await users.sign_up(f"{n}@example.com", "correct horse")).id, "USER", f"{n}@example.com", "api") for n in ("ada", "bob")]
    endpoint = await endpoints.create(ada, "http://127.0.0.1:8999")
    await call_filters.save(ada, "Broken", "status:5xx", endpoint.id)
    kept = await call_filters.save(ada, " Broken ", "status:error", endpoint.id)
    await call_filters.save(ada, "Slow", "took:>1s")
    assert [(one.name, one.query) for one in await call_filters.saved(ada, endpoint.id)] == [("Broken", "status:error"), ("Slow", "took:>1s")]
    assert await call_filters.saved(bob, endpoint.id) == []
    with pytest.raises(Problem, match="no such filter"):
        await call_filters.forget(bob, kept.id)
    await call_filters.forget(ada, kept.id)
    assert [one.name for one in await call_filters.saved(ada, endpoint.id)] == ["Slow"]
    for name, query in (("", "x"), ("x", ""), ("x", "took:soon"), ("x", "a\0b")):
        with pytest.raises(Problem):
            await call_filters.save(ada, name, query)

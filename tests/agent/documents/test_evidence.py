"""Why a document says so: the calls, as they are stored."""

import asyncpg
import pytest

from agent.documents import docs, evidence
from agent.errors import Problem
from tests.agent.heard import an_endpoint, hear


async def test_the_calls_that_show_it_are_found(database: asyncpg.Pool) -> None:
    """Null here, missing there, a value elsewhere; counts and times of the newest calls beside those of all."""
    actor, endpoint = await an_endpoint()
    null = await hear(actor, endpoint, "/users/11", {"id": 11, "nick": None})
    missing = await hear(actor, endpoint, "/users/12", {"id": 12})
    there = await hear(actor, endpoint, "/users/13", {"id": 13, "nick": "x"})
    await hear(actor, endpoint, "/users/14", {"error": "gone"}, status=404)
    await docs.generate(actor, endpoint.id)
    found = await evidence.of_place(actor, endpoint.id, "GET /users/{user_id}", "200 nick")
    assert [[one.id for one in group] for group in (found.is_null_in, found.is_missing_in, found.is_in)] == [[null], [missing], [there]]
    assert (found.calls, found.objects, found.values, found.nulls, found.missing) == (3, 3, 1, 1, 1)
    assert (found.is_in[0].value, found.distinct) == ("x", 1)
    assert found.first_seen is not None and found.last_seen is not None and found.first_seen <= found.last_seen
    assert (found.documented.count, found.documented.total, found.documented.nulls) == (2, 3, 1)
    assert found.documented.first_seen is not None and found.documented.last_seen is not None
    whole = await evidence.of_place(actor, endpoint.id, "GET /users/{user_id}")
    assert (whole.calls, whole.documented.count) == (4, 4)
    assert whole.documented.first_seen is not None


async def test_nothing_is_known_of_what_is_not_there(database: asyncpg.Pool) -> None:
    """An unknown place, an unknown operation, an API without documents, somebody else's."""
    actor, endpoint = await an_endpoint()
    stranger, _ = await an_endpoint("bob@example.com")
    with pytest.raises(Problem, match="not documented"):
        await evidence.of_place(actor, endpoint.id, "x")
    await hear(actor, endpoint, "/users", [{"id": 1}])
    await docs.generate(actor, endpoint.id)
    for who, operation, place, code in (
        (actor, "GET /users", "200 [].nope", "not_found"),
        (actor, "nope", "", "operation_not_found"),
        (stranger, "GET /users", "", "endpoint_not_found"),
    ):
        with pytest.raises(Problem) as refused:
            await evidence.of_place(who, endpoint.id, operation, place)
        assert refused.value.code == code


async def test_a_name_alone_is_enough(database: asyncpg.Pool) -> None:
    """Of several places the one that fits best, of the operation heard most; the others are told, and what nobody has is not found."""
    actor, endpoint = await an_endpoint()
    for number in range(11, 15):
        await hear(actor, endpoint, f"/users/{number}", {"id": number, "owner": {"id": number, "email": None if number == 11 else "a@b.example"}})
    await hear(actor, endpoint, "/owners", [{"email": "x@y.example"}])
    await docs.generate(actor, endpoint.id)
    found = await evidence.why(actor, "email")
    assert (found.endpoint, found.operation, found.place) == (endpoint.slug, "GET /users/{user_id}", "200 owner.email")
    assert found.evidence.nulls == 1 and found.elsewhere == ["GET /owners: 200 [].email"]
    assert (await evidence.why(actor, "email", "GET /owners", endpoint.slug)).place == "200 [].email"
    assert (await evidence.why(actor, "path user_id")).kind == "integer"
    for field, operation in (("nobody", None), ("email", "GET /nowhere")):
        with pytest.raises(Problem) as refused:
            await evidence.why(actor, field, operation)
        assert refused.value.code == "not_found"


async def test_what_is_asked_about_is_where_it_is_so(database: asyncpg.Pool) -> None:
    """*Why is note nullable?* means the operation that has it null, not one that was heard more and never had."""
    actor, endpoint = await an_endpoint()
    for number in range(11, 16):
        await hear(actor, endpoint, f"/users/{number}", {"id": number, "note": "hello"})
    for number, note in ((21, None), (22, "x")):
        await hear(actor, endpoint, f"/orders/{number}", {"id": number, "note": note})
    await docs.generate(actor, endpoint.id)
    assert (await evidence.why(actor, "note", trait="nullable")).operation == "GET /orders/{order_id}"
    assert (await evidence.why(actor, "note", trait="required")).operation == "GET /users/{user_id}"
    assert (await evidence.why(actor, "note")).operation == "GET /users/{user_id}"

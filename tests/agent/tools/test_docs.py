"""Templates are reviewed, pinned, renamed, split and released, and what was left out is put back, by the menu."""

from typing import Any

import asyncpg
import pytest

from agent.documents import docs
from agent.errors import Problem
from agent.tools import invoke
from agent.tools.registry import Answer, Context
from tests.agent.heard import an_endpoint, hear


async def test_what_was_found_is_decided_by_the_menu(database: asyncpg.Pool) -> None:
    """Each decision holds for the calls that were captured before it, and through new documents."""
    actor, endpoint = await an_endpoint()
    for name in ("north", "south", "east", "west"):
        await hear(actor, endpoint, f"/reports/{name}", {"rows": 3, "name": name})
    await hear(actor, endpoint, "/app.css", b"a {}", media_type="text/css")

    async def use(name: str, **arguments: Any) -> Answer:
        return await invoke.invoke(Context(actor), name, {"endpoint": endpoint.slug, **arguments})

    async def templates() -> list[str]:
        return [operation.template for operation in (await docs.generate(actor, endpoint.id)).operations]

    assert "not documented yet" in (await use("docs_review")).text
    await use("docs_generate")
    seen = (await use("docs_review")).text
    assert "- `/reports/{report_name}` (GET; 4 calls; " in seen and "- asset: `GET /app.css` (1 call)" in seen
    assert "`/reports/{region}` (GET; 4 calls; 100% sure, kept by the user)" in (await use("docs_decide", decision="keep", path="/reports/{region}")).text
    assert await templates() == ["/reports/{region}"]
    assert "Other pins:\n- `/reports/{region}`: split by the user" in (await use("docs_decide", decision="split", path="/reports/{region}")).text
    assert len(await templates()) == 4
    assert "Nothing was left out." in (await use("docs_decide", decision="put_back", path="/app.css")).text
    await use("docs_decide", decision="release", path="/reports/{region}")
    assert await templates() == ["/app.css", "/reports/{report_name}"]
    with pytest.raises(Problem, match="is not pinned"):
        await use("docs_decide", decision="release", path="/reports/{region}")


async def test_why_a_document_says_so_is_told_with_the_calls(database: asyncpg.Pool) -> None:
    """Counts, values and a call of each kind for a field; the values that stood there for a parameter of the path."""
    actor, endpoint = await an_endpoint()
    null = await hear(actor, endpoint, "/users/11", {"id": 11, "nick": None})
    missing = await hear(actor, endpoint, "/users/12", {"id": 12})
    await hear(actor, endpoint, "/users/13", {"id": 13, "nick": "x"})
    await docs.generate(actor, endpoint.id)
    told = (await invoke.invoke(Context(actor), "docs_why", {"field": "nick"})).text
    assert "`nick` (in the 200 answer) of `GET /users/{user_id}` is documented as optional" in told
    assert "It was there in 2 of 3, and null in 1 of them. Its newest values: `x`." in told
    assert f"- Null in [GET /users/11](/calls/{null})" in told and f"- Missing in [GET /users/12](/calls/{missing})" in told
    told = (await invoke.invoke(Context(actor), "docs_why", {"field": "user_id", "endpoint": endpoint.slug})).text
    assert "It is a parameter because 3 different values stood at its place" in told and "`11`" in told


async def test_what_is_only_expected_is_told_as_such(database: asyncpg.Pool) -> None:
    """In an API whose fields come and go, one call is no promise."""
    actor, endpoint = await an_endpoint()
    for n in range(6):
        await hear(actor, endpoint, f"/users/{n + 11}", {f"k{key}": None if (n + key) % 3 else "x" for key in range(12)})
    await hear(actor, endpoint, "/status", {"since": "today", "up": "x"})
    await docs.generate(actor, endpoint.id)
    told = (await invoke.invoke(Context(actor), "docs_why", {"field": "since"})).text
    assert "string or null." in told
    assert "It was there in 1 of 1, and never null. That it may be otherwise is expected, not heard" in told


async def test_all_fields_that_are_so_are_listed(database: asyncpg.Pool) -> None:
    """Nullable, optional and required ones, a shared one once, each with its counts; an API that is not documented is told as such."""
    actor, endpoint = await an_endpoint()
    for n, nick in enumerate((None, "x", "y")):
        await hear(actor, endpoint, f"/users/{n + 11}?full={n}", {"id": n + 11, "nick": nick} | ({"note": "z"} if n else {}))

    async def all_that_are(trait: str, **arguments: Any) -> str:
        return (await invoke.invoke(Context(actor), "docs_why", {"all_that_are": trait, **arguments})).text

    with pytest.raises(Problem, match="No API is documented yet"):
        await all_that_are("nullable")
    await docs.generate(actor, endpoint.id)
    assert await all_that_are("nullable") == (
        "1 field is documented as nullable:\n\n- `nick` (in the 200 answer) of `GET /users/{user_id}`: string or null, null in 1 of 3"
    )
    assert "- `note` (in the 200 answer) of `GET /users/{user_id}`: string, there in 2 of 3" in await all_that_are("optional", endpoint=endpoint.slug)
    assert "`id` (in the 200 answer)" in await all_that_are("required", operation="GET /users/{user_id}")
    assert await all_that_are("nullable", operation="GET /nothing") == "No field is documented as nullable."
    with pytest.raises(Problem, match="Which field"):
        await invoke.invoke(Context(actor), "docs_why", {})


async def test_what_was_not_heard_is_not_called_a_success(database: asyncpg.Pool) -> None:
    """Of an API without calls no call failed, which is not the answer."""
    actor, endpoint = await an_endpoint()
    told = await invoke.invoke(Context(actor), "capture_search", {"endpoint": endpoint.slug, "status": "error"})
    assert told.text.startswith(f"`{endpoint.name}` has no captured calls yet. Send requests to {endpoint.proxy_url}")

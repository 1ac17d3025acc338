"""The library of prompts: names, variables, versions, and whose they are."""

import asyncio

import asyncpg
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.conversation import prompts
from agent.errors import Problem


async def _user(email: str) -> Actor:
    profile = await users.sign_up(email, "correct horse")
    return users.actor_of(profile.id, "USER", email, "web")


async def test_variables_are_asked_for_and_put_in(database: asyncpg.Pool) -> None:
    """Each once, with its default; a value that looks like a variable is not filled again."""
    ada = await _user("ada@example.com")
    made = await prompts.save(ada, "/Report", "Report on {{ api }} for {{period|today}}, {{api}} again, {{not this}")
    assert (made.name, [(one.name, one.default) for one in made.variables]) == ("report", [("api", ""), ("period", "today")])
    assert prompts.fill(made, {"api": "{{period}}"}).text == "Report on {{period}} for today, {{period}} again, {{not this}"
    assert prompts.fill(made, {}).missing == ["api"]


async def test_versions_are_kept_and_come_back(database: asyncpg.Pool) -> None:
    """The same text is no new version; an earlier one becomes the newest; twenty writes at once are twenty versions."""
    ada = await _user("ada@example.com")
    for text in ("one", "two", "two"):
        made = await prompts.save(ada, "p", text)
    assert [(one.version, one.text) for one in await prompts.versions(ada, made.id)] == [(2, "two"), (1, "one")]
    assert (await prompts.restore(ada, made.id, 1)).text == "one"
    await asyncio.gather(*(prompts.save(ada, "p", f"text {n}") for n in range(20)))
    assert [one.version for one in await prompts.versions(ada, made.id)] == list(range(23, 0, -1))


async def test_shared_ones_are_used_by_others_and_changed_by_none(database: asyncpg.Pool) -> None:
    """One's own goes before another's of the same name; a private one is not there for others; history stays the owner's."""
    ada, bob = await _user("ada@example.com"), await _user("bob@example.com")
    secret = await prompts.save(ada, "secret", "canary")
    shared = await prompts.save(ada, "hello", "from ada", is_shared=True)
    assert [one.name for one in (await prompts.list_(bob)).items] == ["hello"]
    assert (await prompts.find(bob, "/hello")).owner == "ada"
    await prompts.save(bob, "hello", "from bob")
    assert (await prompts.find(bob, "hello")).text == "from bob"
    for action in (prompts.get(bob, secret.id), prompts.find(bob, "secret"), prompts.find(bob, str(secret.id)), prompts.delete(bob, secret.id)):
        with pytest.raises(Problem) as hidden:
            await action
        assert hidden.value.code == "prompt_not_found"
    for action in (prompts.update(bob, shared.id, text="x"), prompts.delete(bob, shared.id), prompts.versions(bob, shared.id)):
        with pytest.raises(Problem) as refused:
            await action
        assert refused.value.code == "forbidden"


@pytest.mark.parametrize(("name", "text"), [("", "x"), ("two words", "x"), ("é", "x"), ("../x", "x"), ("a" * 61, "x"), ("ok", " "), ("ok", "x" * 20_001)])
async def test_what_is_no_prompt_is_refused(database: asyncpg.Pool, name: str, text: str) -> None:
    """With the field that is wrong."""
    ada = await _user("ada@example.com")
    with pytest.raises(Problem) as refused:
        await prompts.save(ada, name, text)
    assert refused.value.code == "invalid_arguments"

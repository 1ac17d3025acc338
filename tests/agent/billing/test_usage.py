"""Usage by day and what a plan allows: exact under parallel requests, clear when it is used up."""

import asyncio

import asyncpg
import pytest

from agent.accounts import users
from agent.actor import Actor
from agent.billing import allowances, usage
from agent.billing.allowances import Allowance
from agent.errors import Problem
from agent.providers.base import Usage as Tokens


@pytest.fixture
async def bob(database: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setitem(allowances.PLANS, "FREE", Allowance(messages=10, tokens=1_000, uploads=1))
    profile = await users.sign_up("bob@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", profile.email, "api")


async def _send(actor: Actor) -> None:
    async with usage.message(actor):
        pass


async def test_messages_hold_in_parallel(bob: Actor) -> None:
    """Of forty at once ten pass; the others are told when it resets."""
    found = await asyncio.gather(*(_send(bob) for _ in range(40)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Problem)]
    assert len(refused) == 30
    assert refused[0].code == "quota_exceeded"
    assert "resets at" in refused[0].remedy
    assert 0 < refused[0].extra["retry_after"] <= 86_400
    assert (await usage.today(bob)).meter("messages").left == 0


async def test_what_fails_is_given_back(bob: Actor) -> None:
    """A message that was not stored does not count."""
    with pytest.raises(ValueError, match="no"):
        async with usage.message(bob):
            raise ValueError("no")
    assert (await usage.today(bob)).meter("messages").used == 0


async def test_tokens_end_the_day(bob: Actor) -> None:
    """Between two steps the plan is asked again; the price of a known model is added up."""
    await usage.require(bob)
    assert await usage.spent(bob, "gpt-5", Tokens(input=900, output=200, cache_read=400)) == 500 * 1.25 + 400 * 0.125 + 200 * 10
    assert await usage.spent(bob, "unheard-of", Tokens(input=1)) is None
    with pytest.raises(Problem, match="1,000 tokens a day"):
        await usage.require(bob)
    with pytest.raises(Problem, match="tokens"):
        await _send(bob)


async def test_files_count(bob: Actor) -> None:
    """The second upload of a plan with one is refused."""
    async with usage.upload(bob):
        pass
    with pytest.raises(Problem, match="1 files a day"):
        async with usage.upload(bob):
            pass


async def test_an_administrator_is_not_limited(database: asyncpg.Pool) -> None:
    """Whoever runs the server pays for it."""
    profile = await users.sign_up("root@example.com", "correct horse", role="ADMIN")
    assert {meter.limit for meter in (await usage.today(users.actor_of(profile.id, "ADMIN", profile.email, "api"))).meters} == {None}


async def test_the_report_has_every_day(bob: Actor) -> None:
    """Thirty days without gaps, today last, with their sum and the source of the prices."""
    await _send(bob)
    await usage.called(bob, 3)
    month, day = await usage.report(bob), await usage.report(bob, "day")
    assert (len(month.days), len(day.days)) == (30, 1)
    assert (month.total.messages, month.total.api_calls, day.total.messages) == (1, 3, 1)
    assert month.days[-1].date == day.days[0].date
    assert "read on" in month.price_source

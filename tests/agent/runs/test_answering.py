"""An answer without a chat: its provider's next address, retries before the first word, and none after it."""

import asyncio
from typing import Any

import pytest

from agent import ai_providers
from agent.accounts import users
from agent.actor import Actor
from agent.billing import usage
from agent.errors import Problem
from agent.messages import Text as Words
from agent.runs import answering
from agent.runs.answering import Done, Text, Wish
from tests import replay


async def _asked(actor: Actor, *urls: str) -> list[answering.Said]:
    provider = await ai_providers.add(actor, "backed-up", list(urls), default_model="m", requires_auth=False)
    wish = Wish([("user", [Words("hello")])], str(provider.id))
    return [said async for said in answering.answer(actor, wish)]


async def _ada() -> Actor:
    profile = await users.sign_up("ada@example.com", "correct horse")
    return users.actor_of(profile.id, "USER", profile.email, "api")


def _text(said: list[answering.Said]) -> str:
    return "".join(one.text for one in said if isinstance(one, Text))


async def test_the_next_address_answers(database: Any) -> None:
    """Where the first address is down or overloaded, the second one answers at once, and the user hears of nothing."""
    with replay.serve(replay.Reply(status=529, json={"error": {"message": "busy"}})) as broken, replay.serve([{"text": "Hi."}]) as sound:
        said = await _asked(await _ada(), broken.openai, sound.openai)
    assert _text(said) == "Hi."
    assert isinstance(said[-1], Done)
    assert len(sound.requests) == 1


async def test_again_before_the_first_word(database: Any) -> None:
    """A server that is busy once is asked again."""
    with replay.serve(replay.Reply(status=503, json={"error": {"message": "busy"}}), [{"text": "Hi."}]) as upstream:
        assert _text(await _asked(await _ada(), upstream.openai)) == "Hi."
    assert len(upstream.requests) == 2


async def test_not_again_after_the_first_word(database: Any) -> None:
    """What was said stays said: a stream that is cut is an error, not a second answer after the first."""
    with replay.serve(replay.Reply(parts=[{"text": "One two three."}], cut=400, chunk=40), [{"text": "Never."}]) as upstream, pytest.raises(Problem) as failed:
        await _asked(await _ada(), upstream.openai)
    assert failed.value.code == "provider_cut"
    assert len(upstream.requests) == 1


async def test_no_wait_beyond_patience(database: Any) -> None:
    """A server that wants minutes is not waited for; the answer says how long it wants."""
    with (
        replay.serve(replay.Reply(status=429, json={"error": {"message": "slow down"}}, headers={"retry-after": "3600"})) as upstream,
        pytest.raises(Problem) as failed,
    ):
        await _asked(await _ada(), upstream.openai)
    assert failed.value.code == "provider_rate_limited"
    assert failed.value.extra["retry_after"] == 3600


async def test_a_stop_ends_the_text_and_not_the_count(database: Any) -> None:
    """What the model went on to say costs all the same and is counted; what it went on to call is not run."""
    actor = await _ada()
    with replay.serve([{"text": "One. STOP two."}, {"call": "endpoint_list", "arguments": {}}]) as upstream:
        provider = await ai_providers.add(actor, "talker", [upstream.openai], default_model="m", requires_auth=False)
        wish = Wish([("user", [Words("hello")])], str(provider.id), stop=("STOP",))
        said = [one async for one in answering.answer(actor, wish)]
    assert _text(said) == "One. "
    assert isinstance(said[-1], Done) and (said[-1].reason, said[-1].usage.output > 0) == ("stop", True)
    assert (await usage.today(actor)).meter("tokens").used > 0
    assert len(upstream.requests) == 1


async def _used(actor: Actor) -> int:
    """The day's tokens, once they are counted."""
    for _ in range(3000):
        if used := (await usage.today(actor)).meter("tokens").used:
            return used
        await asyncio.sleep(0.02)
    raise AssertionError("nothing was counted")


async def test_what_nobody_listens_to_any_longer_is_counted(database: Any) -> None:
    """The client hangs up in the middle: what was asked and heard until then is on its account, so no limit is passed by hanging up."""
    actor = await _ada()
    with replay.serve(replay.Reply(parts=[{"text": "word " * 200}], delay=0.02)) as upstream:
        provider = await ai_providers.add(actor, "talker", [upstream.openai], default_model="m", requires_auth=False)
        said = answering.answer(actor, Wish([("user", [Words("hello " * 100)])], str(provider.id)))
        assert isinstance(await anext(said), Text)
        await said.aclose()
        assert await _used(actor) > 600 / 3.5


async def test_a_cut_answer_is_counted(database: Any) -> None:
    """A failure in the middle costs what the provider had told of it: at Anthropic the whole question."""
    actor = await _ada()
    with replay.serve(replay.Reply(parts=[{"text": "One two three."}, {"usage": {"input": 1234}}], cut=700, chunk=40)) as upstream, pytest.raises(Problem):
        provider = await ai_providers.add(actor, "cutter", [upstream.anthropic], wire="anthropic", default_model="m", requires_auth=False)
        async for _ in answering.answer(actor, Wish([("user", [Words("hello")])], str(provider.id))):
            pass
    assert 1234 < await _used(actor) < 1260

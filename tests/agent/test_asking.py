"""One question to a model: its text and nothing else, its cost on the account, its failure as a problem."""

from typing import Any

import pytest

from agent import ai_providers, asking, keys
from agent.accounts import users
from agent.actor import Actor
from agent.billing import usage
from agent.errors import Problem
from agent.messages import Message, Text
from agent.providers.base import ModelRequest
from tests import replay

ASKED = (Message("user", (Text("A word, please."),)),)


async def _asked(url: str, seconds: float = 30) -> tuple[Actor, str]:
    profile = await users.sign_up("ada@example.com", "correct horse")
    actor = users.actor_of(profile.id, "USER", profile.email, "api")
    await ai_providers.add(actor, "near", [url], default_model="m", requires_auth=False)
    choice = await keys.take(actor, "near", None)
    return actor, await asking.answer(actor, choice, ModelRequest(model="m", system="", messages=ASKED, tools=()), seconds)


async def test_the_text_alone(database: Any) -> None:
    """Thoughts are left out, and what it cost is counted."""
    with replay.serve([{"reasoning": "Hm."}, {"text": "One. "}, {"text": "Two."}, {"usage": {"input": 7, "output": 3}}]) as upstream:
        actor, text = await _asked(upstream.openai)
    assert text == "One. Two."
    assert (await usage.today(actor)).meter("tokens").used > 0


@pytest.mark.parametrize(
    ("reply", "seconds", "code"),
    [
        (replay.Reply(status=401, json={"error": {"message": "no"}}), 30, "provider_auth"),
        (replay.Reply(parts=[{"text": "word " * 50}], chunk=20, delay=0.2), 0.5, "provider_unreachable"),
    ],
)
async def test_a_failure_is_a_problem(database: Any, reply: replay.Reply, seconds: float, code: str) -> None:
    """A refusal, and an answer that takes too long."""
    with replay.serve(reply) as upstream, pytest.raises(Problem) as failed:
        await _asked(upstream.openai, seconds)
    assert failed.value.code == code

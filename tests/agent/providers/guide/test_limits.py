"""What an endpoint is told to forward and keep, said in words."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Say = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("limit it to 10 requests per second", {"rate_limit": 600}),
        ("cap it at two hundred calls a minute", {"rate_limit": 200}),
        ("set no rate limit", {"rate_limit": 0}),
        ("set its timeout to half a minute", {"timeout_s": 30}),
        ("make it time out after 5 s", {"timeout_s": 5}),
        ("allow only GET, HEAD and OPTIONS", {"allowed_methods": ["GET", "HEAD", "OPTIONS"]}),
        ("record only 2.5 % of the calls", {"sampling": 0.025}),
        ("keep one in ten calls", {"sampling": 0.1}),
        ("keep every tenth call", {"sampling": 0.1}),
        ("answer from captures while it is down", {"mock_when_down": True}),
        ("stop answering from captures", {"mock_when_down": False}),
    ],
)
async def test_controls_in_words(say: Say, text: str, wanted: dict[str, Any]) -> None:
    """A sentence becomes one change of the endpoint spoken of."""
    assert (await say(text, in_="shop")).calls == [("endpoint_update", {"endpoint": "shop", **wanted})]


@pytest.mark.parametrize("text", ["what is the rate limit?", "which methods does it allow?", "how long until it times out?", "is it mocked?"])
async def test_a_question_changes_nothing(say: Say, text: str) -> None:
    """Asking about a control does not set it."""
    assert "endpoint_update" not in {name for name, _ in (await say(text, in_="shop")).calls}

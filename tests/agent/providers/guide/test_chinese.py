"""Chinese to the grammar and back: requests are read, answers and questions are Chinese, what is captured stays as it is."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.messages import Message, Text
from agent.providers.guide import chinese, suggestions
from agent.providers.guide.intents import intents
from agent.providers.guide.memory import remember
from agent.providers.guide.verbs import VERBS

Reply = Callable[..., Awaitable[str]]


def test_heard() -> None:
    """Chinese becomes the grammar's English; other text is left alone."""
    assert chinese.heard("请帮我捕获 api.acme.io") == "please capture api.acme.io"
    assert chinese.heard("bonjour") == "bonjour"
    assert chinese.heard("demo-shop 有哪些失败的请求").split() == ["demo-shop's", "which", "failed", "calls"]


async def test_answers_are_chinese(reply: Reply) -> None:
    """A Chinese request is answered in Chinese, an English one in English; rows and code stay."""
    calls = {"items": [{"id": "c1", "method": "GET", "path": "/no call failed", "status": 500, "duration_ms": 10.0, "started_at": "2026-03-02T10:00:02Z"}]}
    said = await reply("哪些调用失败了？", calls, "shop")
    assert "1 个失败的请求" in said
    assert await reply("我还有多少积分？", {"balance": 25, "prices": {"endpoint_create": 25}}, shows_results=True) == "还够捕获 1 个 API。"
    assert "/no call failed" in said
    assert (await reply("显示最近 1 个失败的请求", {**calls, "next": "x"}, "shop")).startswith("最新的失败请求")
    assert (
        chinese.said("**The upstream answered 200, but the exchange did not end well: the client left.**")
        == "**上游回答了 200，但交换没有正常结束：the client left。**"
    )
    assert "1 failed call" in await reply("which calls failed?", calls, "shop")
    assert await reply("我还有多少积分？", {"balance": 75, "held": 0}) == "您有 **75 积分**。"


async def test_the_tools_own_sentences_are_chinese(reply: Reply) -> None:
    """What our tools say of a call, a change or a failure is in the language of the question, and an English question has an English answer again."""
    data = {
        "call": {"id": "c1", "method": "GET", "path": "/a", "status": 401, "duration_ms": 1.0},
        "likely_cause": "401: The credentials are missing, wrong or expired. The API says: `Send a token.`",
        "differences": ["The header `authorization` was sent in the success and is missing here."],
    }
    said = await reply("最后一个为什么失败？", data, "shop")
    assert "401: 凭据缺失、错误或已过期。 API 说：`Send a token.`" in said
    assert "成功的请求带有头 `authorization`，这里没有。" in said
    assert await reply("暂停它", {"id": "1", "name": "Till", "status": "REVIEW"}, "shop") == "完成：**Till**：已暂停：请求会转发，但不记录。"
    asked = (Message("user", (Text("暂停它"),)), Message("user", (Text("why did the last call fail?"),)))
    assert chinese.is_spoken(asked[:1])
    assert not chinese.is_spoken(asked)
    assert chinese.is_spoken((*asked[:1], Message("user", (Text("api.github.com"),))))


async def test_a_question_is_asked_and_understood(say: Callable[..., Awaitable[Any]]) -> None:
    """What is missing is asked for in Chinese, and the next message is its answer."""
    asked = await say("创建一个端点")
    assert asked.text.startswith("要捕获哪个 API？")
    answered = await say("创建一个端点", "api.github.com")
    assert answered.calls == [("endpoint_create", {"destination_url": "https://api.github.com"})]


async def test_nothing_is_called_for_what_is_no_request(say: Callable[..., Awaitable[Any]]) -> None:
    """Greetings, refusals and small talk get a Chinese sentence."""
    for text, answer in (("你好", "您好！"), ("谢谢", "不客气。"), ("不要删除它", "好的，不会。"), ("你能做什么？", "我是内置向导")):
        exchange = await say(text, in_="shop")
        assert exchange.calls == []
        assert exchange.text.startswith(answer)


@pytest.mark.parametrize(("english", "said"), list(chinese.SUGGESTED.items()))
def test_suggestions_are_understood(english: str, said: str, situations: dict[str, tuple[Message, ...]]) -> None:
    """Each Chinese suggestion asks for what its English one does."""
    memory = remember(situations["call"])
    assert [one.verb.tool for one in intents(said, memory)] == [one.verb.tool for one in intents(english, memory)]


def test_suggestions_are_chinese(situations: dict[str, tuple[Message, ...]]) -> None:
    """Who writes Chinese is offered Chinese."""
    messages = (*situations["calls"], Message("user", (Text("谢谢"),)))
    assert suggestions(messages) == ("最慢的请求是哪个？", "最后一次调用为什么失败？", "给它写文档")


def test_every_verb_is_offered_in_chinese(situations: dict[str, tuple[Message, ...]]) -> None:
    """What a verb does is said in Chinese, and each example in Chinese asks for that verb."""
    assert [verb.does for verb in VERBS if verb.example and verb.does not in chinese.OFFERED] == []
    memory = remember(situations["calls"])
    for verb in VERBS:
        if said := chinese.OFFERED.get(f"*{verb.example}*"):
            assert [one.verb.tool for one in intents(said.strip("*"), memory)] == [verb.tool], said

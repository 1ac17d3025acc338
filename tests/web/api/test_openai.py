"""The door for OpenAI's clients, by OpenAI's own SDK: models, answers whole and streamed, tools inside and tools handed back, errors."""

import json
from typing import Any

import httpx
import httpx2
import openai
import pytest
from openai import AsyncOpenAI

from agent.providers import scripted
from agent.providers.base import ModelRequest
from tests.live import wiretalk

WEATHER: Any = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather.", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


def _sdk(api: httpx.AsyncClient, http: httpx2.AsyncClient) -> AsyncOpenAI:
    token = api.headers["authorization"].removeprefix("Bearer ")
    return AsyncOpenAI(api_key=token, base_url=f"{api.base_url}/v1", http_client=http, max_retries=0)


def _last(request: ModelRequest) -> str:
    return "\n".join(getattr(block, "text", "") for block in request.messages[-1].content)


async def test_models_and_an_answer_of_the_guide(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is listed first, and the guide runs our tools inside: the caller sees words only."""
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        client = _sdk(api, http)
        names = [model.id async for model in client.models.list()]
        assert names[0] == "wiretalk"
        assert "builtin/guide" in names
        answer = await client.chat.completions.create(model="wiretalk", messages=[{"role": "user", "content": "capture the demo api"}])
        assert answer.choices[0].finish_reason == "stop"
        assert answer.choices[0].message.tool_calls is None
        assert "/proxy/" in (answer.choices[0].message.content or "")
        again: list[Any] = [
            {"role": "user", "content": "capture the demo api"},
            {"role": "assistant", "content": answer.choices[0].message.content},
            {"role": "user", "content": "list my APIs"},
        ]
        listed = await client.chat.completions.create(model="builtin/guide", messages=again)
        assert "Demo shop" in (listed.choices[0].message.content or "")


async def test_a_stream_with_tools_inside_and_usage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text before and after our own tool arrives piece by piece; the usage is the sum of the steps, in a last chunk without choices."""
    scripted.play(
        "shop",
        [
            [{"text": "Let me look. "}, {"call": "endpoint_list", "arguments": {}}, {"usage": {"input": 10, "output": 2}}],
            lambda request: [{"text": f"You have none: {'no endpoints yet' in _last(request)}"}, {"usage": {"input": 20, "output": 5}}],
        ],
    )
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        stream = await _sdk(api, http).chat.completions.create(
            model="scripted/shop", messages=[{"role": "user", "content": "hi"}], stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text == "Let me look. You have none: True"
        assert not any(chunk.choices[0].delta.tool_calls for chunk in chunks if chunk.choices)
        assert chunks[-1].usage
        assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (30, 7)
        assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


@pytest.mark.parametrize("is_streamed", [False, True])
async def test_the_callers_tools_are_handed_back(database_url: str, monkeypatch: pytest.MonkeyPatch, is_streamed: bool) -> None:
    """The model's call of a tool that the client brought comes back as a tool call, and its result is read in the next request."""

    def ended(request: ModelRequest) -> list[dict[str, Any]]:
        assert request.messages[-1].role == "tool"
        return [{"text": f"It is {'sunny' if 'sunny' in _last(request) else 'unknown'}."}]

    scripted.play("weather", [[{"call": "get_weather", "arguments": {"city": "Oslo"}}]])
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        client = _sdk(api, http)
        messages: list[Any] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "weather in Oslo?"}]
        if is_streamed:
            async with client.chat.completions.stream(model="scripted/weather", messages=messages, tools=[WEATHER]) as events:
                answer = await events.get_final_completion()
        else:
            answer = await client.chat.completions.create(model="scripted/weather", messages=messages, tools=[WEATHER])
        calls = answer.choices[0].message.tool_calls
        assert answer.choices[0].finish_reason == "tool_calls"
        assert calls
        assert calls[0].type == "function"
        assert (calls[0].function.name, json.loads(calls[0].function.arguments)) == ("get_weather", {"city": "Oslo"})
        messages += [
            {"role": "assistant", "tool_calls": [{"id": calls[0].id, "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": calls[0].id, "content": "sunny"},
        ]
        scripted.play("weather2", [[], ended])
        told = await client.chat.completions.create(model="scripted/weather2", messages=messages, tools=[WEATHER])
        assert "sunny" in (told.choices[0].message.content or "")


async def test_what_needs_an_approval_is_not_done(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there to ask, so a model that deletes is told no, and the thing is still there."""
    scripted.play("eager", [[{"call": "endpoint_delete", "arguments": {"endpoint": "demo-shop"}}], lambda request: [{"text": _last(request)}]])
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        await api.post("/api/v1/endpoints", json={"destination_url": "demo"})
        answer = await _sdk(api, http).chat.completions.create(model="scripted/eager", messages=[{"role": "user", "content": "go"}])
        assert "needs an approval" in (answer.choices[0].message.content or "")
        assert len((await api.get("/api/v1/endpoints")).json()["items"]) == 1


async def test_errors_have_the_sdks_own_shape(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown model, no messages, a bad token, a failing provider whole and streamed: each the class that the SDK has for it."""
    scripted.play("broken", [[{"failure": "provider_rate_limited", "message": "Slow down.", "retry_after": 7.0}]] * 3)
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        client = _sdk(api, http)
        hello: list[Any] = [{"role": "user", "content": "hi"}]
        with pytest.raises(openai.NotFoundError, match="no model `nope`"):
            await client.chat.completions.create(model="nope", messages=hello)
        with pytest.raises(openai.UnprocessableEntityError):
            await client.chat.completions.create(model="wiretalk", messages=[])
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="wtk_wrong").chat.completions.create(model="wiretalk", messages=hello)
        with pytest.raises(openai.RateLimitError) as limited:
            await client.chat.completions.create(model="scripted/broken", messages=hello)
        assert limited.value.response.headers["retry-after"] == "7"
        scripted.play("broken", [[{"failure": "provider_failed", "message": "It broke."}]])
        with pytest.raises(openai.APIError, match="It broke"):
            async for _ in await client.chat.completions.create(model="scripted/broken", messages=hello, stream=True):
                pass
        reader = (await api.post("/api/v1/tokens", json={"name": "r", "scopes": ["read"]})).json()["token"]
        with pytest.raises(openai.PermissionDeniedError, match="may not `write`"):
            await client.with_options(api_key=reader).chat.completions.create(model="wiretalk", messages=hello)


async def test_llm_and_pydantic_ai_are_pointed_at_us(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Two programs that know OpenAI's API only: an answer, and an agent with a tool of its own."""
    pydantic_ai = pytest.importorskip("pydantic_ai", reason="needs the package pydantic-ai-slim")
    llm_models = pytest.importorskip("llm.default_plugins.openai_models", reason="needs the package llm")
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    def ended(request: ModelRequest) -> list[dict[str, Any]]:
        return [{"text": f"Rolled {'4' if '4' in _last(request) else '?'}."}]

    scripted.play("dice", [[{"call": "roll", "arguments": {}}], ended])
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        client = _sdk(api, http)
        agent: Any = pydantic_ai.Agent(OpenAIChatModel("scripted/dice", provider=OpenAIProvider(openai_client=client)))
        rolled: list[int] = []

        @agent.tool_plain
        def roll() -> int:
            """Roll a die."""
            rolled.append(4)
            return 4

        result = await agent.run("roll")
        assert rolled == [4]
        assert result.output == "Rolled 4."
        token = api.headers["authorization"].removeprefix("Bearer ")
        model = llm_models.AsyncChat("wiretalk", model_name="builtin/guide", api_base=f"{api.base_url}/v1")
        model.key = token
        monkeypatch.setattr(model, "get_client", lambda key, *, async_=False: client)  # llm leaves a client of its own open at the end
        assert "capture" in (await model.prompt("help", stream=True).text()).lower()

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


FUNCTION: Any = {"type": "function", "function": {"name": "a"}}
HELLO: Any = {"role": "user", "content": "hi"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"top_logprobs": 2}, "top_logprobs"),
    ({"logit_bias": {"50256": -100}}, "logit_bias"),
    ({"functions": [{"name": "a"}]}, "functions"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"response_format": {"type": "yaml"}}, "response_format"),
    ({"response_format": "json"}, "response_format"),
    ({"model": 5}, "model"),
    ({"stop": 5}, "stop"),
    ({"temperature": "hot"}, "temperature"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_completion_tokens": "5"}, "max_completion_tokens"),
    ({"reasoning_effort": "enormous"}, "reasoning_effort"),
    ({"stream": "yes"}, "stream"),
    ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools[0].type"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].name"),
    ({"tools": [FUNCTION, FUNCTION]}, "tools"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "function", "function": {"name": "b"}}}, "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"tools": [{"name": "b"}]}}}, "tool_choice"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
    ({"messages": ["hi"]}, "messages[0]"),
    ({"messages": [{"role": "wizard", "content": "x"}]}, "messages[0].role"),
    ({"messages": [{"role": "user"}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}]}]}, "messages[0].content[0]"),
    ({"messages": [HELLO, {"role": "tool", "tool_call_id": "x", "content": "y"}]}, "messages[1].tool_call_id"),
    ({"messages": [HELLO, {"role": "assistant", "tool_calls": "x"}]}, "messages[1].tool_calls"),
    ({"messages": [HELLO, {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "a", "arguments": "["}}]}]}, "messages"),
]


async def test_what_is_not_offered_is_refused_by_name(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In OpenAI's envelope, with the member and what to do; hints and members of other makers are taken; nothing else of OpenAI's is here."""
    async with wiretalk(monkeypatch) as api:
        for change, param in REFUSED:
            answer = await api.post("/v1/chat/completions", json={"model": "wiretalk", "messages": [HELLO], **change})
            assert (answer.status_code, answer.json()["error"]["param"]) == (422, param), (change, answer.text)
            assert len(answer.json()["error"]["message"].split(". ")) >= 2, answer.text
        taken = {"n": 1, "logprobs": False, "temperature": 0.1, "seed": 4, "user": "u", "store": True, "top_k": 5, "response_format": {"type": "text"}}
        assert (await api.post("/v1/chat/completions", json={"messages": [HELLO], **taken})).status_code == 200
        for raw in (b"{", b"[]", b"", b'{"messages": "\xe9"}', b"[" * 100_000):
            assert (await api.post("/v1/chat/completions", content=raw)).json()["error"]["code"] == "invalid_json"
        assert (await api.post("/v1/embeddings", json={})).json()["error"]["code"] == "not_found"
        assert (await api.get("/v1/models/builtin/guide")).json()["id"] == "builtin/guide"
        assert (await api.get("/v1/chat/completions")).json()["error"]["code"] == "method_not_allowed"
        assert (await api.get("/v1/models/nope")).json()["error"]["param"] == "model"


async def test_the_answer_has_the_form_that_was_asked_for(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON that fits its schema, a call where one must be, one call at a time, an end before a stop: or an error that says what the model did instead."""
    paris = {"type": "object", "properties": {"city": {"$ref": "#/$defs/City"}}, "required": ["city"], "$defs": {"City": {"type": "string"}}}
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "place", "schema": paris, "strict": True}}

    def told(request: ModelRequest) -> list[dict[str, Any]]:
        assert '"city"' in request.system
        return [{"text": '```json\n{"city": "Paris"}\n```'}]

    scripted.play("json", [[{"text": "Let me look. "}, {"call": "endpoint_list", "arguments": {}}], told])
    scripted.play("odd", [[{"text": '{"city": 5}'}]])
    scripted.play("two", [[{"call": "a", "arguments": {"x": 1}}, {"call": "a", "arguments": {"x": 2}}]])
    scripted.play("words", [[{"text": "No."}]])
    scripted.play("long", [[{"text": "One. TH"}, {"text": "EN two. THEN three."}]])
    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        create = _sdk(api, http).chat.completions.create
        answer = await create(model="scripted/json", messages=[HELLO], response_format=wanted)
        assert answer.choices[0].message.content == '{"city": "Paris"}'
        with pytest.raises(openai.InternalServerError, match="5 is not of type 'string'"):
            await create(model="scripted/odd", messages=[HELLO], response_format=wanted)
        with pytest.raises(openai.InternalServerError, match="is no JSON: No"):
            await create(model="scripted/words", messages=[HELLO], response_format={"type": "json_object"})
        one = await create(model="scripted/two", messages=[HELLO], tools=[FUNCTION], parallel_tool_calls=False, tool_choice="required")
        assert len(one.choices[0].message.tool_calls or ()) == 1
        with pytest.raises(openai.InternalServerError, match="called none of `a`"):
            await create(model="scripted/words", messages=[HELLO], tools=[FUNCTION], tool_choice={"type": "function", "function": {"name": "a"}})
        pieces = [chunk.choices[0] async for chunk in await create(model="scripted/long", messages=[HELLO], stop=["THEN", "zz"], stream=True)]
        assert "".join(piece.delta.content or "" for piece in pieces) == "One. "
        assert pieces[-1].finish_reason == "stop"


async def test_an_image_reaches_a_model_that_sees(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its `data:` address, as bytes; another model is told that there was one."""
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    content: Any = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}}]

    def seen(request: ModelRequest) -> list[dict[str, Any]]:
        return [{"text": " ".join(type(block).__name__ for block in request.messages[-1].content)}]

    async with wiretalk(monkeypatch) as api, httpx2.AsyncClient() as http:
        for model, blocks in (("gpt-5.5", "Text Picture"), ("blind", "Text Text")):
            scripted.play(model, [seen])
            answer = await _sdk(api, http).chat.completions.create(model=f"scripted/{model}", messages=[{"role": "user", "content": content}])
            assert answer.choices[0].message.content == blocks


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

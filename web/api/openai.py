"""The door for OpenAI's clients: `/v1/chat/completions`. Tools of ours run inside and are never shown; the caller's are.

What is sent is read in `openai_requests` and understood in `openai_wishes`.
"""

import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import structlog
from litestar import Response, post
from litestar.response import Stream

from agent.actor import Actor, require_scope
from agent.messages import ToolCall
from agent.providers.base import Usage
from agent.runs import answering
from agent.runs.answering import Calls, Done, Text, Thought, Wish
from db.ids import uuid7
from web.api.openai_models import DEFAULT
from web.api.openai_requests import read_chat
from web.api.openai_wishes import chat_wish
from web.api.request import ApiRequest
from web.auth import signed_in
from web.problems import openai_document, problem_of

log = structlog.get_logger()
SSE = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}


@post("/chat/completions", guards=[signed_in], status_code=200, summary="Chat completions", tags=["openai"], response_class=Response, opt={"asks": True})
async def complete(request: ApiRequest) -> Response[Any] | Stream:
    """The agent with its tools, in one piece or streamed."""
    require_scope(request.user, "write")
    asked = read_chat(await request.body())
    wish, model = await chat_wish(request.user, asked), asked.model or DEFAULT
    if asked.stream:
        wants_usage = asked.stream_options is not None and asked.stream_options.include_usage is True
        return Stream(_chunks(request.user, wish, model, wants_usage=wants_usage), media_type="text/event-stream", headers=SSE)
    return Response(await _whole(request.user, wish, model))


ROUTES = (complete,)


def usage_of(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _call(index: int, call: ToolCall, *, is_chunk: bool) -> dict[str, Any]:
    function = {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()}
    return {**({"index": index} if is_chunk else {}), "id": f"call_{uuid7().hex}", "type": "function", "function": function}


async def _whole(actor: Actor, wish: Wish, model: str) -> dict[str, Any]:
    text, calls, done = "", (), Done("stop", Usage())
    async for said in answering.answer(actor, wish):
        match said:
            case Text():
                text += said.text
            case Calls():
                calls = said.calls
            case Done():
                done = said
            case Thought():
                pass
    message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
    if calls:
        message["tool_calls"] = [_call(index, call, is_chunk=False) for index, call in enumerate(calls)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": done.reason}
    head = {"id": f"chatcmpl-{uuid7().hex}", "object": "chat.completion", "created": int(time.time()), "model": model}
    return {**head, "choices": [choice], "usage": usage_of(done.usage)}


async def _chunks(actor: Actor, wish: Wish, model: str, *, wants_usage: bool) -> AsyncGenerator[bytes, None]:
    head = {"id": f"chatcmpl-{uuid7().hex}", "object": "chat.completion.chunk", "created": int(time.time()), "model": model}

    def line(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**head, "choices": [choice], **({"usage": None} if wants_usage else {})})

    yield line({"role": "assistant", "content": ""})
    try:
        async for said in answering.answer(actor, wish):
            match said:
                case Text():
                    yield line({"content": said.text})
                case Thought():
                    yield line({"reasoning_content": said.text})
                case Calls():
                    yield line({"tool_calls": [_call(index, call, is_chunk=True) for index, call in enumerate(said.calls)]})
                case Done():
                    yield line({}, said.reason)
                    if wants_usage:
                        yield sse({**head, "choices": [], "usage": usage_of(said.usage)})
    except Exception as error:
        if (problem := problem_of(error)).code == "internal":
            log.exception("openai.failed")
        yield sse(openai_document(problem))
    yield b"data: [DONE]\n\n"


def sse(document: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(document)

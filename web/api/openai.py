"""The door for OpenAI's clients: `/v1/models` and `/v1/chat/completions`. Tools of ours run inside and are never shown; the caller's are.

`model` is `wiretalk` (the default choice), `provider/model`, or the name of a provider or of a model. Errors have OpenAI's shape.
"""

import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import structlog
from litestar import Request, Response, get, post
from litestar.response import Stream

from agent import ai_providers, answering
from agent.actor import Actor, require_scope
from agent.answering import Calls, Done, Text, Thought, Wish
from agent.errors import Problem
from agent.messages import Block, ToolCall, ToolResult
from agent.messages import Text as TextBlock
from agent.providers.base import ToolSpec, Usage
from db.ids import uuid7
from web.api.request import ApiRequest
from web.auth import signed_in
from web.problems import problem_of

log = structlog.get_logger()
DEFAULT = "wiretalk"
SSE = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
_NO_IMAGE = "(An image was sent here; images are not read.)"
_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}


def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Any failure in OpenAI's envelope."""
    problem = problem_of(error)
    if problem.code == "internal":
        log.error("request.failed", method=request.method, path=request.scope["path"], exc_info=error)
    headers = {"retry-after": str(int(problem.extra["retry_after"]))} if problem.extra.get("retry_after") else {}
    return Response(error_document(problem), status_code=problem.status, headers=headers)


def error_document(problem: Problem) -> dict[str, Any]:
    kind = _TYPES.get(problem.status, "invalid_request_error" if problem.status < 500 else "server_error")
    return {"error": {"message": problem.sentence(), "type": kind, "code": problem.code, "param": problem.extra.get("field")}}


@get("/models", guards=[signed_in], summary="Models", tags=["openai"])
async def list_models(request: ApiRequest) -> dict[str, Any]:
    """The default choice, then each model that the user could talk to now."""
    names = [DEFAULT]
    for provider in await ai_providers.list_(request.user):
        if provider.has_key or not provider.requires_auth:
            known = dict.fromkeys([provider.default_model or "", *provider.models])
            names += [f"{provider.name}/{name}" for name in known if name]
    return {"object": "list", "data": [{"id": name, "object": "model", "created": 0, "owned_by": name.partition("/")[0]} for name in names]}


@post("/chat/completions", guards=[signed_in], status_code=200, summary="Chat completions", tags=["openai"], response_class=Response, opt={"asks": True})
async def complete(request: ApiRequest) -> Response[Any] | Stream:
    """The agent with its tools, in one piece or streamed."""
    require_scope(request.user, "write")
    body = await read_body(request)
    model = str(body.get("model") or DEFAULT)
    wish = await _wish(request.user, model, body)
    if body.get("stream"):
        wants_usage = isinstance(body.get("stream_options"), dict) and body["stream_options"].get("include_usage") is True
        return Stream(_chunks(request.user, wish, model, wants_usage=wants_usage), media_type="text/event-stream", headers=SSE)
    return Response(await _whole(request.user, wish, model))


ROUTES = (list_models, complete)


async def read_body(request: ApiRequest) -> dict[str, Any]:
    """The body as an object, with whatever other members clients send. Raises invalid_json."""
    value: Any = msgspec.json.decode(await request.body())
    if not isinstance(value, dict):
        raise Problem("invalid_json", "The body is not a JSON object.")
    return value


async def chosen(actor: Actor, model: str) -> tuple[str | None, str | None]:
    """Provider and model of a name. Raises provider_not_found."""
    if model == DEFAULT:
        return None, None
    provider, slash, name = model.partition("/")
    known = await ai_providers.list_(actor)
    names = {one.name for one in known} | {"guide", "scripted"}
    if slash and provider in names:
        return provider, name
    if model in names:
        return model, None
    owner = next((one.name for one in known if model == one.default_model or model in one.models), None)
    if owner is None:
        raise Problem("provider_not_found", f"There is no model `{model[:100]}`.", remedy="List them with GET /v1/models.", field="model")
    return owner, model


def text_of_parts(content: Any) -> str:
    """A message's content, which is text or a list of parts; an image is told of."""
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        return "\n".join(str(part["text"]) if "text" in part else str(part["refusal"]) if "refusal" in part else _NO_IMAGE for part in parts)
    return str(content or "")


def tool_specs(tools: Any) -> tuple[ToolSpec, ...]:
    """The caller's functions, in either of OpenAI's two spellings. Raises invalid_arguments."""
    found: list[ToolSpec] = []
    for tool in tools if isinstance(tools, list) else []:
        function: Any = tool.get("function", tool) if isinstance(tool, dict) and tool.get("type") == "function" else None
        if not isinstance(function, dict) or not function.get("name"):
            raise Problem("invalid_arguments", "Only tools of the type `function` with a name are taken.", field="tools")
        schema = function.get("parameters") or {"type": "object", "properties": {}}
        found.append(ToolSpec(str(function["name"]), str(function.get("description") or ""), schema))
    return tuple(found)


def usage_of(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


async def _wish(actor: Actor, model: str, body: dict[str, Any]) -> Wish:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        raise Problem("invalid_arguments", "`messages` is no list of messages.", field="messages")
    instructions = [text_of_parts(m.get("content")) for m in messages if m.get("role") in ("system", "developer")]
    history: answering.History = []
    names: dict[str, str] = {}
    for message in messages:
        match message.get("role"):
            case "user":
                history.append(("user", [TextBlock(text_of_parts(message.get("content")))]))
            case "assistant":
                _assistant(history).extend(_said(message, names))
            case "tool":
                key = str(message.get("tool_call_id"))
                _assistant(history).append(ToolResult(key, names.get(key, "tool"), text_of_parts(message.get("content")), trust="remote"))
            case _:
                pass
    if not any(role == "user" for role, _ in history):
        raise Problem("invalid_arguments", "There is no message of the user's.", field="messages")
    provider, name = await chosen(actor, model)
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    tools = () if body.get("tool_choice") == "none" else tool_specs(body.get("tools"))
    return Wish(history, provider, name, "\n\n".join(instructions), tools, most if isinstance(most, int) and most > 0 else 8192)


def _assistant(history: answering.History) -> list[Block]:
    """The blocks of the turn that is being told: what the assistant said and called, with the results."""
    if not history or history[-1][0] != "assistant":
        history.append(("assistant", []))
    return history[-1][1]


def _said(message: dict[str, Any], names: dict[str, str]) -> list[Block]:
    blocks: list[Block] = [TextBlock(text)] if (text := text_of_parts(message.get("content"))) else []
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        names[str(call.get("id"))] = str(function.get("name"))
        blocks.append(ToolCall(str(call.get("id")), str(function.get("name")), arguments_of(function.get("arguments"))))
    return blocks


def arguments_of(text: Any) -> dict[str, Any]:
    """The arguments of a call that the caller tells of; what is no JSON object counts as none."""
    try:
        value: Any = msgspec.json.decode(text) if isinstance(text, str) and text else {}
    except msgspec.DecodeError:
        return {}
    return value if isinstance(value, dict) else {}


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
        yield sse(error_document(problem))
    yield b"data: [DONE]\n\n"


def sse(document: dict[str, Any]) -> bytes:
    return b"data: %s\n\n" % msgspec.json.encode(document)

"""`/v1/responses` as the Open Responses specification has it: items in, items out, in one piece or as its streaming events. Nothing is stored."""

import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import Response, post
from litestar.response import Stream

from agent import answering
from agent.actor import Actor, require_scope
from agent.answering import Calls, Done, Text, Thought, Wish
from agent.errors import Problem
from agent.messages import Block, ToolCall, ToolResult
from agent.messages import Text as TextBlock
from agent.providers.base import Usage
from db.ids import uuid7
from web.api.openai import DEFAULT, SSE, arguments_of, chosen, error_document, log, read_body, text_of_parts, tool_specs
from web.api.request import ApiRequest
from web.auth import signed_in
from web.problems import problem_of

Item = dict[str, Any]


@post("/responses", guards=[signed_in], status_code=200, summary="Responses", tags=["openai"], response_class=Response, opt={"asks": True})
async def respond(request: ApiRequest) -> Response[Any] | Stream:
    """The agent with its tools; `previous_response_id` is not kept, so the whole conversation comes as `input`."""
    require_scope(request.user, "write")
    body = await read_body(request)
    if body.get("previous_response_id"):
        raise Problem("invalid_arguments", "Responses are not stored here.", remedy="Send the whole conversation as `input`.", field="previous_response_id")
    wish = await _wish(request.user, body)
    if body.get("stream"):
        return Stream(_events(request.user, wish, body), media_type="text/event-stream", headers=SSE)
    resource: Item = {}
    async for event in _told(request.user, wish, body):
        resource = event.get("response", resource)
    return Response(resource)


ROUTES = (respond,)


async def _wish(actor: Actor, body: Item) -> Wish:
    given = body.get("input")
    items: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else given if isinstance(given, list) else []
    instructions = [str(body["instructions"])] if body.get("instructions") else []
    history: answering.History = []
    names: dict[str, str] = {}
    for item in items:
        if not isinstance(item, dict):
            raise Problem("invalid_arguments", "An item of `input` is no object.", field="input")
        if item.get("role") in ("system", "developer"):
            instructions.append(text_of_parts(item.get("content")))
        elif item.get("role") == "user":
            history.append(("user", [TextBlock(text_of_parts(item.get("content")))]))
        elif block := _block(item, names):
            if not history or history[-1][0] != "assistant":
                history.append(("assistant", []))
            history[-1][1].append(block)
    if not any(role == "user" for role, _ in history):
        raise Problem("invalid_arguments", "`input` has no message of the user's.", field="input")
    provider, name = await chosen(actor, str(body.get("model") or DEFAULT))
    most = body.get("max_output_tokens")
    tools = () if body.get("tool_choice") == "none" else tool_specs(body.get("tools"))
    return Wish(history, provider, name, "\n\n".join(instructions), tools, most if isinstance(most, int) and most > 0 else 8192)


def _block(item: Item, names: dict[str, str]) -> Block | None:
    call = str(item.get("call_id") or "")
    match item.get("type", "message"):
        case "message" if item.get("role") == "assistant":
            return TextBlock(text_of_parts(item.get("content")))
        case "function_call":
            names[call] = str(item.get("name"))
            return ToolCall(call, names[call], arguments_of(item.get("arguments")))
        case "function_call_output":
            return ToolResult(call, names.get(call, "tool"), text_of_parts(item.get("output")), trust="remote")
        case _:
            return None


async def _events(actor: Actor, wish: Wish, body: Item) -> AsyncGenerator[bytes, None]:
    number = 0
    async for event in _told(actor, wish, body):
        yield b"event: %s\ndata: %s\n\n" % (event["type"].encode(), msgspec.json.encode({**event, "sequence_number": number}))
        number += 1
    yield b"data: [DONE]\n\n"


async def _told(actor: Actor, wish: Wish, body: Item) -> AsyncGenerator[Item, None]:
    """The events of a response; the last has it whole. A failure before the first word is raised, a later one is an event."""
    made = _Made(body)
    is_open = False
    try:
        async for said in answering.answer(actor, wish):
            if not is_open:
                is_open = True
                yield {"type": "response.created", "response": made.resource("in_progress")}
                yield {"type": "response.in_progress", "response": made.resource("in_progress")}
            for event in made.hear(said):
                yield event
    except Exception as error:
        problem = problem_of(error)
        if not is_open and not body.get("stream"):
            raise
        if not is_open:
            yield {"type": "response.created", "response": made.resource("in_progress")}
        if problem.code == "internal":
            log.exception("openai.failed")
        told = error_document(problem)["error"]
        failure = {"code": "rate_limit_exceeded" if problem.status == 429 else "server_error", "message": told["message"]}
        yield {"type": "response.failed", "response": {**made.resource("failed"), "error": failure}}


class _Made:
    """The response as far as it has come."""

    def __init__(self, body: Item) -> None:
        self.body, self.id, self.created = body, f"resp_{uuid7().hex}", int(time.time())
        self.items: list[Item] = []
        self.text = ""
        self.usage = Usage()

    def hear(self, said: answering.Said) -> list[Item]:
        """The events of one thing that was said."""
        match said:
            case Text():
                return [*([] if self.text or self._is_writing else self._begin_message()), self._delta(said.text)]
            case Calls():
                return [*self._end_message(), *(event for call in said.calls for event in self._call(call))]
            case Thought():
                return []
            case Done():
                self.usage = said.usage
                kind = "incomplete" if said.reason == "length" else "completed"
                events = self._end_message() if self.items else [*self._begin_message(), *self._end_message()]
                return [*events, {"type": f"response.{kind}", "response": self.resource(kind)}]

    @property
    def _is_writing(self) -> bool:
        return bool(self.items) and self.items[-1]["type"] == "message" and self.items[-1]["status"] == "in_progress"

    def _begin_message(self) -> list[Item]:
        self.text = ""
        item: Item = {"type": "message", "id": f"msg_{uuid7().hex}", "status": "in_progress", "role": "assistant", "content": []}
        self.items.append(item)
        at = {"output_index": len(self.items) - 1}
        return [
            {"type": "response.output_item.added", **at, "item": dict(item)},
            {"type": "response.content_part.added", **at, "item_id": item["id"], "content_index": 0, "part": _part("")},
        ]

    def _delta(self, text: str) -> Item:
        self.text += text
        where = {"item_id": self.items[-1]["id"], "output_index": len(self.items) - 1, "content_index": 0}
        return {"type": "response.output_text.delta", **where, "delta": text, "logprobs": []}

    def _end_message(self) -> list[Item]:
        if not self._is_writing:
            return []
        item = {**self.items[-1], "status": "completed", "content": [_part(self.text)]}
        self.items[-1] = item
        where = {"item_id": item["id"], "output_index": len(self.items) - 1, "content_index": 0}
        return [
            {"type": "response.output_text.done", **where, "text": self.text, "logprobs": []},
            {"type": "response.content_part.done", **where, "part": _part(self.text)},
            {"type": "response.output_item.done", "output_index": len(self.items) - 1, "item": item},
        ]

    def _call(self, call: ToolCall) -> list[Item]:
        arguments = msgspec.json.encode(call.arguments).decode()
        item: Item = {
            "type": "function_call", "id": f"fc_{uuid7().hex}", "call_id": f"call_{uuid7().hex}", "name": call.name, "arguments": "", "status": "in_progress",
        }  # fmt: skip
        whole = {**item, "arguments": arguments, "status": "completed"}
        self.items.append(whole)
        at: Item = {"output_index": len(self.items) - 1}
        return [
            {"type": "response.output_item.added", **at, "item": item},
            {"type": "response.function_call_arguments.delta", **at, "item_id": item["id"], "delta": arguments},
            {"type": "response.function_call_arguments.done", **at, "item_id": item["id"], "arguments": arguments},
            {"type": "response.output_item.done", **at, "item": whole},
        ]

    def resource(self, status: str) -> Item:
        """The response object with every member that the specification requires."""
        body, usage = self.body, self.usage
        is_over = status in ("completed", "incomplete", "failed")
        return {
            "id": self.id, "object": "response", "created_at": self.created, "completed_at": int(time.time()) if status == "completed" else None, "status": status,
            "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None, "model": str(body.get("model") or DEFAULT),
            "previous_response_id": None, "instructions": body.get("instructions"), "output": list(self.items), "error": None,
            "tools": [{"description": None, "parameters": None, "strict": False, **tool} for tool in body.get("tools") or ()],
            "tool_choice": body.get("tool_choice") or "auto", "truncation": "disabled", "parallel_tool_calls": True, "text": {"format": {"type": "text"}},
            "top_p": _number(body.get("top_p"), 1.0), "presence_penalty": 0.0, "frequency_penalty": 0.0, "top_logprobs": 0,
            "temperature": _number(body.get("temperature"), 1.0), "reasoning": None,
            "usage": {
                "input_tokens": usage.input, "output_tokens": usage.output, "total_tokens": usage.input + usage.output,
                "input_tokens_details": {"cached_tokens": usage.cache_read}, "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            } if is_over else None,
            "max_output_tokens": body.get("max_output_tokens"), "max_tool_calls": None, "store": False, "background": False, "service_tier": "default",
            "metadata": body.get("metadata") or {}, "safety_identifier": None, "prompt_cache_key": None,
        }  # fmt: skip


def _part(text: str) -> Item:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default

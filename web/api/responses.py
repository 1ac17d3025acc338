"""`/v1/responses` as the Open Responses specification has it: items in, items out, in one piece or as its streaming events. Nothing is stored."""

import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from litestar import Response, post
from litestar.response import Stream

from agent.actor import Actor, require_scope
from agent.messages import ToolCall
from agent.providers.base import Usage
from agent.runs import answering
from agent.runs.answering import Calls, Done, Text, Thought, Wish
from db.ids import uuid7
from web.api.openai import SSE, log
from web.api.openai_models import DEFAULT
from web.api.openai_requests import read_responses
from web.api.openai_wishes import responses_wish
from web.api.request import ApiRequest
from web.auth import signed_in
from web.problems import openai_document, problem_of

Item = dict[str, Any]


@post("/responses", guards=[signed_in], status_code=200, summary="Responses", tags=["openai"], response_class=Response, opt={"asks": True})
async def respond(request: ApiRequest) -> Response[Any] | Stream:
    """The agent with its tools. Responses are not kept, so the whole conversation comes as `input`."""
    require_scope(request.user, "write")
    raw = await request.body()
    asked = read_responses(raw)
    body: Item = msgspec.json.decode(raw)
    wish = await responses_wish(request.user, asked)
    if asked.stream:
        return Stream(_events(request.user, wish, body), media_type="text/event-stream", headers=SSE)
    resource: Item = {}
    async for event in _told(request.user, wish, body):
        resource = event.get("response", resource)
    return Response(resource)


ROUTES = (respond,)


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
        told = openai_document(problem)["error"]
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
            "tool_choice": body.get("tool_choice") or "auto", "truncation": body.get("truncation") or "disabled",
            "parallel_tool_calls": body.get("parallel_tool_calls") is not False, "text": {"format": _format(body)},
            "top_p": _number(body.get("top_p"), 1.0), "presence_penalty": 0.0, "frequency_penalty": 0.0, "top_logprobs": 0,
            "temperature": _number(body.get("temperature"), 1.0), "reasoning": {"summary": None, **body["reasoning"]} if body.get("reasoning") else None,
            "usage": {
                "input_tokens": usage.input, "output_tokens": usage.output, "total_tokens": usage.input + usage.output,
                "input_tokens_details": {"cached_tokens": usage.cache_read}, "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            } if is_over else None,
            "max_output_tokens": body.get("max_output_tokens"), "max_tool_calls": None, "store": False, "background": False, "service_tier": "default",
            "metadata": body.get("metadata") or {}, "safety_identifier": None, "prompt_cache_key": None,
        }  # fmt: skip


def _format(body: Item) -> Item:
    """The format that was asked for, with every member that the specification requires; by its types the schema is not told again."""
    found: Item = (body.get("text") or {}).get("format") or {"type": "text"}
    return {"description": None, "strict": False, **found, "schema": None} if found["type"] == "json_schema" else found


def _part(text: str) -> Item:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default

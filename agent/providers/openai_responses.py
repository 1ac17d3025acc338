"""OpenAI's Responses API: nothing is stored there, so reasoning travels sealed in the conversation and comes back each turn.

An item of a kind that we do not use is kept whole as empty reasoning and echoed.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec

from agent.messages import Attachment, Block, Message, Picture, Refusal, Text, ToolCall, ToolResult
from agent.providers import clients, history, reduce
from agent.providers.base import Connection, Failure, Finish, FinishReason, ModelRequest, PartKind, ProviderEvent, Usage

_INCOMPLETE: dict[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
_ENDS = {"response.completed", "response.incomplete", "response.failed"}
_DELTAS: dict[str, PartKind] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.function_call_arguments.delta": "tool_call",
    "response.custom_tool_call_input.delta": "tool_call",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
}


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """One answer. Ends with one Finish or Failure, raises nothing but cancellation."""
    mark = history.origin(connection, request)
    reducer = Reducer(mark, history.safe_names(request.tools))
    async for event in reduce.answer(connection, request.model, lambda: clients.post(connection, "/responses", body(request, mark)), reducer):
        yield event


def body(request: ModelRequest, origin: str) -> dict[str, Any]:
    """The request's JSON."""
    asked: dict[str, Any] = {
        "model": request.model,
        "input": [item for turn in history.tidy(request.messages, origin) for item in _items(turn, origin)],
        "max_output_tokens": max(request.max_tokens, 16),
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "stream": True,
    }
    if request.system.strip():
        asked["instructions"] = request.system
    if request.tools:
        asked["tools"] = [
            {
                "type": "function",
                "name": history.safe_name(t.name),
                "description": t.description,
                "parameters": history.safe_schema(t.input_schema),
                "strict": False,
            }
            for t in request.tools
        ]
    if request.cache_key:
        asked["prompt_cache_key"] = request.cache_key[:64]
    if request.effort:
        asked["reasoning"] = {"effort": request.effort, "summary": "auto"}
    return asked


def _items(turn: Message, origin: str) -> Iterable[dict[str, Any]]:
    if turn.role == "user":
        yield {"role": "user", "content": [_asked(block) for block in turn.content]}
        return
    message: dict[str, Any] | None = None
    for block in turn.content:
        marks = history.echo(block, origin)
        if isinstance(block, Text | Refusal | Attachment):
            if message is None or message.get("id") != marks.get("item_id"):
                yield from (message,) if message else ()
                message = _spoken(marks)
            message["content"].append(_content(block))
            continue
        yield from (message,) if message else ()
        message = None
        yield _item(block, marks)
    yield from (message,) if message else ()


def _asked(block: Block) -> dict[str, Any]:
    if isinstance(block, Picture):
        return {"type": "input_image", "image_url": history.data_url(block)}
    return {"type": "input_text", "text": history.prose(block)}


def _spoken(marks: dict[str, Any]) -> dict[str, Any]:
    """An assistant's message; one that OpenAI made goes back as it was."""
    message: dict[str, Any] = {"type": "message", "role": "assistant", "content": []}
    if marks.get("item_id"):
        message |= {"id": marks["item_id"], "status": "completed"}
    return {**message, "phase": marks["phase"]} if marks.get("phase") else message


def _content(block: Text | Refusal | Attachment) -> dict[str, Any]:
    if isinstance(block, Refusal):
        return {"type": "refusal", "refusal": block.text}
    return {"type": "output_text", "text": history.prose(block), "annotations": []}


def _item(block: Block, marks: dict[str, Any]) -> dict[str, Any]:
    match block:
        case ToolResult():
            return {"type": "function_call_output", "call_id": block.call_id, "output": history.prose(block)}
        case ToolCall():
            own = {"id": marks["item_id"]} if marks.get("item_id") else {}
            return {"type": "function_call", **own, "call_id": block.id, "name": block.name, "arguments": msgspec.json.encode(block.arguments).decode()}
        case _:
            return marks["block"]


class Reducer:
    """The events of one answer → ours."""

    def __init__(self, origin: str, names: dict[str, str]) -> None:
        self.ending: Finish | Failure | None = None
        self._origin = origin
        self._parts = reduce.Parts(names)
        self._reason: FinishReason | None = None
        self._has_refused = False

    def done(self) -> bool:
        return self._reason is not None or isinstance(self.ending, Failure)

    def feed(self, event: dict[str, Any]) -> Iterable[ProviderEvent]:
        kind, index = event["type"], event.get("output_index", 0)
        if kind in _DELTAS:
            yield from self._delta(kind, index, event)
        elif kind == "response.output_item.added":
            yield from self._added(index, event["item"])
        elif kind == "response.reasoning_summary_part.added":
            yield from self._paragraph(index)
        elif kind == "response.output_item.done":
            yield from self._done(index, event["item"])
        elif kind in _ENDS:
            yield from self._over(kind, event.get("response") or {})

    def close(self) -> Iterable[ProviderEvent]:
        if self.ending is None and self._reason is not None:
            for key in self._parts.open_keys():
                yield from self._parts.end(key)
            self.ending = reduce.closing("refusal" if self._has_refused and self._reason == "stop" else self._reason, self._parts)

    def _added(self, index: int, item: dict[str, Any]) -> Iterable[ProviderEvent]:
        match item.get("type"):
            case "message":
                pass
            case "function_call" | "custom_tool_call":
                yield self._parts.start(("tool_call", index), "tool_call", item.get("call_id"), item.get("name"))
            case _:
                yield self._parts.start(("reasoning", index), "reasoning")

    def _delta(self, kind: str, index: int, event: dict[str, Any]) -> Iterable[ProviderEvent]:
        part = _DELTAS[kind]
        key = (part, index) if part in {"tool_call", "reasoning"} else (part, index, event.get("content_index", 0))
        if key not in self._parts and part != "tool_call":
            yield self._parts.start(key, part)
        yield from self._parts.add(key, event.get("delta") or "")

    def _paragraph(self, index: int) -> Iterable[ProviderEvent]:
        key = ("reasoning", index)
        if key in self._parts and self._parts.text(key):
            yield from self._parts.add(key, "\n\n")

    def _done(self, index: int, item: dict[str, Any]) -> Iterable[ProviderEvent]:
        """The whole item: it settles what the deltas said, and brings what was never streamed."""
        match item.get("type"):
            case "message":
                yield from self._message(index, item)
            case "function_call" | "custom_tool_call":
                yield from self._call(index, item)
            case _:
                key = ("reasoning", index)
                if key not in self._parts:
                    yield self._parts.start(key, "reasoning")
                if not self._parts.text(key):
                    yield from self._parts.add(key, _summary(item))
                yield from self._parts.end(key, self._sealed(item))

    def _message(self, index: int, item: dict[str, Any]) -> Iterable[ProviderEvent]:
        marks = {"origin": self._origin, **{ours: item[theirs] for ours, theirs in (("item_id", "id"), ("phase", "phase")) if item.get(theirs)}}
        for position, part in enumerate(item.get("content") or ()):
            kind: PartKind = "refusal" if part.get("type") == "refusal" else "text"
            self._has_refused |= kind == "refusal"
            key = (kind, index, position)
            if key not in self._parts:
                yield self._parts.start(key, kind)
                yield from self._parts.add(key, part.get(kind) or "")
            yield from self._parts.end(key, marks)

    def _call(self, index: int, item: dict[str, Any]) -> Iterable[ProviderEvent]:
        key = ("tool_call", index)
        if key not in self._parts:
            yield self._parts.start(key, "tool_call", item.get("call_id"), item.get("name"))
        marks = {"origin": self._origin, "provider_id": item.get("call_id"), **({"item_id": item["id"]} if item.get("id") else {})}
        if item["type"] == "custom_tool_call":
            yield from self._parts.end(key, marks, raw=msgspec.json.encode({"input": item.get("input") or ""}).decode())
        else:
            yield from self._parts.end(key, marks, raw=item.get("arguments"))

    def _over(self, kind: str, response: dict[str, Any]) -> Iterable[ProviderEvent]:
        """The terminal event repeats every item; where none came by itself, they are taken from there."""
        if not self._parts.has_any:
            for index, item in enumerate(response.get("output") or ()):
                yield from self._done(index, item)
        if usage := response.get("usage"):
            yield _usage(usage)
        if kind != "response.failed":
            cause = (response.get("incomplete_details") or {}).get("reason")
            self._reason = "stop" if kind == "response.completed" else _INCOMPLETE.get(cause or "", "length")

    def _sealed(self, item: dict[str, Any]) -> dict[str, Any] | None:
        """Reasoning that is not sealed is stored nowhere, and would be refused when it came back."""
        if item.get("type") == "reasoning" and not item.get("encrypted_content"):
            return None
        return {"origin": self._origin, "block": {name: value for name, value in item.items() if name != "status"}}


def _summary(item: dict[str, Any]) -> str:
    texts = [part.get("text") or "" for name in ("summary", "content") for part in item.get(name) or ()] if item.get("type") == "reasoning" else []
    return "\n\n".join(texts)


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        input=reduce.number(usage, "input_tokens"),
        output=reduce.number(usage, "output_tokens"),
        cache_read=reduce.number(usage, "input_tokens_details", "cached_tokens"),
        cache_write=reduce.number(usage, "input_tokens_details", "cache_write_tokens"),
        reasoning=reduce.number(usage, "output_tokens_details", "reasoning_tokens"),
    )

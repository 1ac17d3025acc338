"""Anthropic's Messages API, and servers that imitate it.

Blocks of a kind that we do not use (server tools, redacted thinking) are kept whole as empty reasoning and echoed.
"""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2
import msgspec
from anthropic import BadRequestError

from agent.messages import Block, Message, Picture, Reasoning, ToolCall, ToolResult
from agent.providers import clients, history, reduce
from agent.providers.base import Connection, Failure, Finish, FinishReason, ModelRequest, ProviderEvent, Usage

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "context_full",
    "refusal": "refusal",
    "pause_turn": "pause",
    "compaction": "pause",
}
_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
_THOUGHTS = ("thinking", "redacted_thinking")
_UNBOUND = re.compile(r"`?signature`? in `?(?:redacted_)?thinking|bound to a different|thinking`? blocks .{0,60}cannot be modified")
# These think unless told otherwise, and keep it to themselves, with what they say between calls, unless asked to show it.
_THINKS_ANYWAY = re.compile(r"claude-[a-z]+-[5-9]")
_SHOWN_THOUGHTS = {"type": "adaptive", "display": "summarized"}
_CACHED = {"cache_control": {"type": "ephemeral"}}
_NOT_ADAPTIVE = ("claude-2", "claude-3", "claude-instant", "claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-5", "claude-sonnet-4", "claude-haiku-4")


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """One answer of a Claude model. Ends with one Finish or Failure, raises nothing but cancellation."""
    mark = history.origin(connection, request)
    reducer = Reducer(mark, history.safe_names(request.tools))
    async for event in reduce.answer(connection, request.model, lambda: _ask(connection, body(request, mark)), reducer):
        yield event


def body(request: ModelRequest, origin: str) -> dict[str, Any]:
    """The request's JSON. Caches end after the system prompt, which covers the tools, and after the newest turn.

    The turn before that is where the request before ended: marked again, it is found behind any number of blocks, of which a mark looks back 20.
    """
    messages = [_message(message, origin) for message in _joined(history.tidy(request.messages, origin))]
    for asked_for in [message for message in messages if message["role"] == "user"][-2:]:
        asked_for["content"][-1] |= _CACHED
    asked: dict[str, Any] = {"model": request.model, "max_tokens": request.max_tokens, "messages": messages, "stream": True}
    if request.system.strip():
        asked["system"] = [{"type": "text", "text": request.system, **_CACHED}]
    if request.tools:
        asked["tools"] = [
            {"name": history.safe_name(t.name), "description": t.description, "input_schema": history.safe_schema(t.input_schema)} for t in request.tools
        ]
    if request.effort and not request.model.startswith(_NOT_ADAPTIVE):
        asked |= {"thinking": _SHOWN_THOUGHTS, "output_config": {"effort": request.effort}}
    elif _THINKS_ANYWAY.match(request.model):
        asked["thinking"] = _SHOWN_THOUGHTS
    return asked


async def _ask(connection: Connection, asked: dict[str, Any]) -> httpx2.Response:
    """Send it; where thoughts are refused because what stood before them is no longer the same (summed up, deleted, other tools), once more without any."""
    try:
        return await clients.post(connection, "/v1/messages", asked)
    except BadRequestError as error:
        if not _UNBOUND.search(error.response.text):
            raise
        return await clients.post(connection, "/v1/messages", {**asked, "messages": _without_thoughts(asked["messages"])})


def _without_thoughts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [{**message, "content": [block for block in message["content"] if block["type"] not in _THOUGHTS]} for message in messages]
    return [message for message in kept if message["content"]]


def _joined(turns: tuple[Message, ...]) -> Iterable[Message]:
    """Results and what the user says after them are one turn here, results first."""
    waiting: Message | None = None
    for turn in turns:
        if turn.role == "tool":
            waiting = turn
        elif waiting is not None:
            content = waiting.content + (turn.content if turn.role == "user" else ())
            yield Message("user", content)
            waiting = None
            if turn.role != "user":
                yield turn
        else:
            yield turn
    if waiting is not None:
        yield Message("user", waiting.content)


def _message(turn: Message, origin: str) -> dict[str, Any]:
    return {"role": turn.role, "content": [_block(block, origin) for block in turn.content]}


def _block(block: Block, origin: str) -> dict[str, Any]:
    match block:
        case ToolCall():
            return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.arguments}
        case ToolResult():
            return {"type": "tool_result", "tool_use_id": block.call_id, "content": history.prose(block), **({"is_error": True} if block.state != "ok" else {})}
        case Reasoning():
            marks = history.echo(block, origin)
            return marks.get("block") or {"type": "thinking", "thinking": block.text, "signature": marks.get("signature", "")}
        case Picture():
            return {"type": "image", "source": {"type": "base64", "media_type": block.media_type, "data": b64encode(block.data).decode()}}
        case _:
            return {"type": "text", "text": history.prose(block)}


class Reducer:
    """The events of one answer → ours."""

    def __init__(self, origin: str, names: dict[str, str]) -> None:
        self.ending: Finish | Failure | None = None
        self._origin = origin
        self._parts = reduce.Parts(names)
        self._blocks: dict[int, dict[str, Any]] = {}
        self._usage: dict[str, Any] = {}
        self._reason: FinishReason | None = None
        self._is_stopped = False

    def done(self) -> bool:
        return self._is_stopped or isinstance(self.ending, Failure)

    def feed(self, event: dict[str, Any]) -> Iterable[ProviderEvent]:
        match event["type"]:
            case "message_start":
                yield from self._count(event.get("message", {}).get("usage"))
            case "content_block_start":
                yield from self._start(event.get("index", 0), event["content_block"])
            case "content_block_delta":
                yield from self._delta(event.get("index", 0), event["delta"])
            case "content_block_stop":
                yield from self._stop(event.get("index", 0))
            case "message_delta":
                yield from self._count(event.get("usage"))
                if reason := event.get("delta", {}).get("stop_reason"):
                    self._reason = _REASONS.get(reason, "stop")
            case "message_stop":
                self._is_stopped = True
            case _:
                pass

    def close(self) -> Iterable[ProviderEvent]:
        if self.ending is None and self._reason is not None:
            for key in self._parts.open_keys():
                yield from self._stop(key)
                yield from self._parts.end(key)
            self.ending = reduce.closing(self._reason, self._parts)

    def _start(self, index: int, block: dict[str, Any]) -> Iterable[ProviderEvent]:
        self._blocks[index] = block
        match block.get("type"):
            case "text":
                yield self._parts.start(index, "text")
                yield from self._parts.add(index, block.get("text") or "")
            case "thinking":
                yield self._parts.start(index, "reasoning")
                yield from self._parts.add(index, block.get("thinking") or "")
            case "tool_use":
                yield self._parts.start(index, "tool_call", block.get("id"), block.get("name"))
            case _:
                yield self._parts.start(index, "reasoning")

    def _delta(self, index: int, delta: dict[str, Any]) -> Iterable[ProviderEvent]:
        block = self._blocks.get(index)
        if block is None:
            return
        kind = delta.get("type", "")
        if kind == "signature_delta":
            block["signature"] = block.get("signature", "") + delta.get("signature", "")
        elif block.get("type") not in {"text", "thinking", "tool_use"}:
            block["partial"] = block.get("partial", "") + delta.get("partial_json", "")
        elif kind in _DELTAS:
            yield from self._parts.add(index, delta.get(_DELTAS[kind]) or "")

    def _stop(self, index: Any) -> Iterable[ProviderEvent]:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        match block.get("type"):
            case "text":
                yield from self._parts.end(index)
            case "thinking":
                signature = block.get("signature")
                yield from self._parts.end(index, {"origin": self._origin, "signature": signature} if signature else None)
            case "tool_use":
                yield from self._parts.end(index, {"origin": self._origin, "provider_id": block.get("id")}, raw=self._raw(index, block))
            case _:
                yield from self._parts.end(index, {"origin": self._origin, "block": _whole(block)})

    def _raw(self, index: int, block: dict[str, Any]) -> str | None:
        """Imitations send the arguments at the start, whole, and no deltas."""
        return None if self._parts.text(index) or not block.get("input") else msgspec.json.encode(block["input"]).decode()

    def _count(self, usage: dict[str, Any] | None) -> Iterable[Usage]:
        """Each report is cumulative: what it names replaces what was said before."""
        self._usage |= {name: value for name, value in (usage or {}).items() if value is not None}
        read, write = reduce.number(self._usage, "cache_read_input_tokens"), reduce.number(self._usage, "cache_creation_input_tokens")
        yield Usage(
            input=reduce.number(self._usage, "input_tokens") + read + write,
            output=reduce.number(self._usage, "output_tokens"),
            cache_read=read,
            cache_write=write,
            reasoning=reduce.number(self._usage, "output_tokens_details", "thinking_tokens"),
        )


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    partial = block.pop("partial", "")
    return {**block, "input": reduce.arguments(partial).input or {}} if partial else block

"""Chat Completions, as OpenAI and a hundred compatible servers speak it, each with an accent.

Nothing of a chunk is taken for granted: calls without index, ids that change, content as a list, usage in odd places.
Fields that a server does not know are left out when it complains about them.
"""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2
import msgspec
import openai

from agent.messages import Block, Message, Picture, Reasoning, ToolCall, ToolResult
from agent.providers import clients, history, reduce
from agent.providers.base import Connection, Failure, Finish, FinishReason, ModelRequest, ProviderEvent, Usage

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "model_length": "context_full",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "refusal": "refusal",
}
_OPTIONAL = ("stream_options", "max_completion_tokens", "max_tokens", "reasoning_effort", "prompt_cache_key")
_LIMIT_TOO_LARGE = "in the completion"  # as OpenAI and older vLLM break down a question and its answer that do not fit together
_THOUGHTS = ("reasoning_content", "reasoning")


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """One answer. Ends with one Finish or Failure, raises nothing but cancellation."""
    mark = history.origin(connection, request)
    reducer = Reducer(mark, history.safe_names(request.tools))
    async for event in reduce.answer(connection, request.model, lambda: _ask(connection, body(connection, request, mark)), reducer):
        yield event


def body(connection: Connection, request: ModelRequest, origin: str) -> dict[str, Any]:
    """The request's JSON."""
    is_openai = clients.host_of(connection).endswith("openai.com")
    turns = history.tidy(request.messages, origin)
    messages: list[dict[str, Any]] = [{"role": "system", "content": request.system}] if request.system.strip() else []
    for index, turn in enumerate(turns):
        if turn.role == "user" and index and turns[index - 1].role == "tool":
            messages.append({"role": "assistant", "content": "(I was interrupted here.)"})  # some servers take no user after a tool
        messages += _messages(turn, origin)
    asked: dict[str, Any] = {"model": request.model, "messages": messages, "stream": True, "stream_options": {"include_usage": True}}
    asked["max_completion_tokens" if is_openai else "max_tokens"] = request.max_tokens
    if request.tools:
        asked["tools"] = [
            {
                "type": "function",
                "function": {"name": history.safe_name(t.name), "description": t.description, "parameters": history.safe_schema(t.input_schema)},
            }
            for t in request.tools
        ]
    if is_openai and request.cache_key:
        asked["prompt_cache_key"] = request.cache_key
    if request.effort:
        asked["reasoning_effort"] = request.effort
    return asked


async def _ask(connection: Connection, asked: dict[str, Any]) -> httpx2.Response:
    """Send it; where the server names in its complaint what can be mended, once more with that."""
    for _ in range(3):
        try:
            return await clients.post(connection, "/chat/completions", asked)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            mended = _mended(asked, error.response.text)
            if mended == asked:
                raise
            asked = mended
    return await clients.post(connection, "/chat/completions", asked)


def _mended(asked: dict[str, Any], complaint: str) -> dict[str, Any]:
    """Without the optional fields that a complaint names, and with thoughts as it wants them; the same where it names none."""
    unknown = [name for name in _OPTIONAL if name in complaint]
    if _LIMIT_TOO_LARGE in complaint:  # the window less the question is left for an answer, and the server knows how much that is
        unknown += ["max_tokens", "max_completion_tokens"]
    mended = {name: value for name, value in asked.items() if name not in unknown}
    if "max_tokens" in asked and "max_completion_tokens" in complaint:
        mended["max_completion_tokens"] = asked["max_tokens"]
    if "reasoning_content" in complaint:
        mended["messages"] = [_thinking(message, is_wanted="passed back" in complaint) for message in asked["messages"]]
    return mended


def _thinking(message: dict[str, Any], *, is_wanted: bool) -> dict[str, Any]:
    """A thinking DeepSeek wants thoughts with whatever its calls followed, also where another model made them; other servers refuse the field."""
    if message["role"] == "assistant" and is_wanted:
        return {"reasoning_content": " ", **message}
    return message if is_wanted else {name: value for name, value in message.items() if name != "reasoning_content"}


def _messages(turn: Message, origin: str) -> Iterable[dict[str, Any]]:
    if turn.role == "tool":
        return ({"role": "tool", "tool_call_id": block.call_id, "content": history.prose(block)} for block in turn.content if isinstance(block, ToolResult))
    text = "\n\n".join(history.prose(block) for block in turn.content if not isinstance(block, Reasoning | ToolCall))
    if turn.role == "user":
        return ({"role": "user", "content": _with_pictures(turn) or text},)
    calls = [_call(block, origin) for block in turn.content if isinstance(block, ToolCall)]
    said: dict[str, Any] = {"role": "assistant", "content": text or None, **_thoughts(turn.content, origin)}
    return ({**said, "tool_calls": calls} if calls else said,)


def _with_pictures(turn: Message) -> list[dict[str, Any]]:
    """A turn in parts where it shows images; else nothing, since plain text is taken by every server."""
    if not any(isinstance(block, Picture) for block in turn.content):
        return []
    return [
        {"type": "image_url", "image_url": {"url": history.data_url(block)}} if isinstance(block, Picture) else {"type": "text", "text": history.prose(block)}
        for block in turn.content
    ]


def _call(call: ToolCall, origin: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": msgspec.json.encode(call.arguments).decode()}}
    extra = history.echo(call, origin).get("extra_content")
    return {**shown, "extra_content": extra} if extra else shown


def _thoughts(blocks: tuple[Block, ...], origin: str) -> dict[str, Any]:
    """Reasoning as its server wants it back, in every turn: DeepSeek refuses a conversation whose calls have lost theirs, and a cache would miss it."""
    found: dict[str, Any] = {}
    for block in blocks:
        marks = history.echo(block, origin) if isinstance(block, Reasoning) else {}
        if details := marks.get("reasoning_details"):
            found["reasoning_details"] = [*found.get("reasoning_details", []), *details]
        elif marks.get("field") == "reasoning_content" and isinstance(block, Reasoning):
            found["reasoning_content"] = found.get("reasoning_content", "") + block.text
    return found


class Reducer:
    """The chunks of one answer → ours."""

    def __init__(self, origin: str, names: dict[str, str]) -> None:
        self.ending: Finish | Failure | None = None
        self._origin = origin
        self._parts = reduce.Parts(names)
        self._reason: FinishReason | None = None
        self._is_over = False
        self._has_refused = False
        self._calls: dict[Any, dict[str, Any]] = {}
        self._details: list[dict[str, Any]] = []
        self._field = ""

    def done(self) -> bool:
        return self._is_over or isinstance(self.ending, Failure)

    def feed(self, event: dict[str, Any]) -> Iterable[ProviderEvent]:
        if event["type"] == "[DONE]":
            self._is_over = True
            return
        for choice in event.get("choices") or ():
            if choice.get("index") in (0, None):
                yield from self._said(choice.get("delta") or choice.get("message") or {})
                if reason := choice.get("finish_reason"):
                    self._reason = _REASONS.get(str(reason).lower(), "stop")
        if usage := event.get("usage") or (event.get("x_groq") or {}).get("usage"):
            yield _usage(usage)

    def close(self) -> Iterable[ProviderEvent]:
        if self.ending is not None:
            return
        # Some servers never give a reason; then their closing event has to do, if there was an answer at all.
        reason = self._reason or ("stop" if self._is_over and self._parts.has_any else None)
        if reason is None:
            return
        if self._details and "reasoning" not in self._parts:  # sealed reasoning alone
            yield self._parts.start("reasoning", "reasoning")
        yield from self._end("text", "reasoning", "refusal")
        for key, call in self._calls.items():
            if key not in self._parts:
                yield self._parts.start(key, "tool_call", call["id"], call["name"])
                yield from self._parts.add(key, call["waiting"])
            yield from self._parts.end(key, self._marks(call))
        self.ending = reduce.closing("refusal" if self._has_refused and reason == "stop" else reason, self._parts)

    def _said(self, delta: dict[str, Any]) -> Iterable[ProviderEvent]:
        for name in _THOUGHTS:
            if isinstance(thought := delta.get(name), str) and thought:
                self._field = self._field or name
                yield from self._more("reasoning", thought)
                break
        self._detail(delta.get("reasoning_details"))
        yield from self._content(delta.get("content"))
        if refusal := delta.get("refusal"):
            self._has_refused = True
            yield from self._more("refusal", refusal)
        for call in delta.get("tool_calls") or ():
            yield from self._call(call)

    def _content(self, content: Any) -> Iterable[ProviderEvent]:
        """Text, or a list of parts: text and thinking."""
        if isinstance(content, str):
            yield from self._more("text", content)
            return
        for part in content or ():
            if part.get("type") == "thinking":
                inner: Any = part.get("thinking")
                yield from self._more("reasoning", inner if isinstance(inner, str) else "".join(p.get("text") or "" for p in inner or ()))
            else:
                yield from self._more("text", part.get("text") or "")

    def _more(self, kind: Any, text: str) -> Iterable[ProviderEvent]:
        """Text of one kind; what was open of another is over."""
        if not text:
            return
        if kind not in self._parts:
            yield from self._end(*(other for other in ("text", "reasoning", "refusal") if other != kind))
            yield self._parts.start(kind, kind)
        yield from self._parts.add(kind, text)

    def _end(self, *kinds: Any) -> Iterable[ProviderEvent]:
        for kind in kinds:
            marks = {}
            if kind == "reasoning" and kind in self._parts:
                marks = {"reasoning_details": self._details} if self._details else {"field": self._field} if self._field else {}
                self._details = []
            yield from self._parts.end(kind, {"origin": self._origin, **marks} if marks else None)

    def _call(self, said: dict[str, Any]) -> Iterable[ProviderEvent]:
        function = said.get("function") or {}
        key = self._key(said.get("index"), said.get("id") or "", function.get("name") or "")
        call = self._calls.setdefault(key, {"id": "", "name": "", "waiting": "", "extra": None})
        call["id"] = call["id"] or said.get("id") or ""
        call["name"] = call["name"] or function.get("name") or ""
        call["extra"] = call["extra"] or said.get("extra_content")
        more: Any = function.get("arguments")
        call["waiting"] += more if isinstance(more, str) else msgspec.json.encode(more).decode() if more else ""
        if key not in self._parts and call["name"]:
            yield from self._end("text", "reasoning", "refusal")
            yield self._parts.start(key, "tool_call", call["id"] or None, call["name"])
        if key in self._parts:
            yield from self._parts.add(key, call["waiting"])
            call["waiting"] = ""

    def _key(self, index: Any, call_id: str, name: str) -> Any:
        """A call is told apart by its index, else by its id, else by its place: a name begins a new one once the last is whole.

        An index that comes again with another id and a name is a new call too (Google numbers all calls 0).
        """
        if index is not None:
            known = self._calls.get(("index", index))
            is_other = known is not None and call_id and name and known["id"] not in ("", call_id) and self._is_whole(("index", index))
            return ("id", call_id) if is_other else ("index", index)
        if call_id:
            return ("id", call_id)
        last = next(reversed(self._calls), None)
        if last is not None and (not name or (name == self._calls[last]["name"] and not self._is_whole(last))):
            return last
        return ("place", len(self._calls))

    def _is_whole(self, key: Any) -> bool:
        return key in self._parts and (text := self._parts.text(key)).endswith("}") and reduce.arguments(text).problem is None

    def _marks(self, call: dict[str, Any]) -> dict[str, Any]:
        marks = {"origin": self._origin, **({"provider_id": call["id"]} if call["id"] else {})}
        return {**marks, "extra_content": call["extra"]} if call["extra"] else marks

    def _detail(self, details: list[dict[str, Any]] | None) -> None:
        """Gather reasoning details; pieces of one are told by their index and joined."""
        for detail in details or ():
            same = next((known for known in self._details if known.get("index") == detail.get("index") and known.get("type") == detail.get("type")), None)
            if same is None:
                self._details.append(dict(detail))
                continue
            for name, value in detail.items():
                if name in {"text", "summary", "data"}:
                    same[name] = (same.get(name) or "") + (value or "")
                elif value:
                    same[name] = value


def _usage(usage: dict[str, Any]) -> Usage:
    return Usage(
        input=reduce.number(usage, "prompt_tokens"),
        output=reduce.number(usage, "completion_tokens"),
        cache_read=reduce.number(usage, "prompt_tokens_details", "cached_tokens") or reduce.number(usage, "prompt_cache_hit_tokens"),
        cache_write=reduce.number(usage, "prompt_tokens_details", "cache_write_tokens"),
        reasoning=reduce.number(usage, "completion_tokens_details", "reasoning_tokens"),
    )

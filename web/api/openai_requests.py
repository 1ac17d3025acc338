"""What OpenAI's clients send to either door, as values: parsed and checked here, so that what is not offered is refused in words and nothing is passed over.

Hints that change no meaning (sampling, seeds, caching, metadata, tiers) are checked for their type and left to the model; so is what other clients add.
"""

import base64
import binascii
import re
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from agent import answering
from agent.actor import Actor
from agent.answering import Wish
from agent.attachments import MAX_IMAGE_BYTES
from agent.errors import Problem
from agent.messages import Block, Picture, ToolCall, ToolResult
from agent.messages import Text as TextBlock
from agent.providers.base import Effort, ToolSpec
from web.api.openai_models import DEFAULT, chosen

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IMAGE = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,")
_EFFORTS: dict[str, Effort] = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
_NOT_STORED = ("Responses are not stored here.", "Send the whole conversation as `input`.")
_NO_TOKENS = ("What a model thought of other words is not told.", "Leave it out.")
_REFUSED: dict[str, tuple[tuple[Any, ...], str, str]] = {
    "n": ((1,), "A request gets one answer.", "Send it again for another."),
    "logprobs": ((False,), *_NO_TOKENS),
    "top_logprobs": ((0,), *_NO_TOKENS),
    "logit_bias": (({},), "Single words cannot be weighed.", "Leave `logit_bias` out."),
    "functions": (([],), "`functions` is the old spelling of `tools`.", "Use `tools`."),
    "function_call": (("none",), "`function_call` is the old spelling of `tool_choice`.", "Use `tool_choice`."),
    "modalities": ((["text"],), "Answers are text.", 'Leave `modalities` out, or send `["text"]`.'),
    "audio": ((), "Answers are text.", "Leave `audio` out."),
    "web_search_options": ((), "The web is not searched here.", "Leave it out, or bring a tool of your own."),
    "previous_response_id": ((), *_NOT_STORED),
    "conversation": ((), *_NOT_STORED),
    "prompt": ((), "Prompts are not stored here.", "Send its text as `instructions`."),
    "background": ((False,), "An answer is given while its request is open.", "Leave `background` out; POST /api/v1/chat starts one that goes on by itself."),
    "max_tool_calls": ((), "Calls of tools are not counted.", "Leave `max_tool_calls` out."),
}
"""Members that are refused unless their value asks for nothing."""

Number = Annotated[float, Meta(ge=0, le=2)]


class _Image(msgspec.Struct, frozen=True):
    url: str


class Part(msgspec.Struct, frozen=True):
    """A part of a message in either spelling."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | _Image | None = None


class Function(msgspec.Struct, frozen=True):
    name: str
    arguments: str = ""


class Call(msgspec.Struct, frozen=True):
    id: str
    function: Function


class Turn(msgspec.Struct, frozen=True):
    """A message of `/chat/completions`."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[Part] | None = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None


class Item(msgspec.Struct, frozen=True):
    """An item of `/responses`."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: str | list[Part] = ""


class _Reasoning(msgspec.Struct, frozen=True):
    effort: str | None = None


class _StreamOptions(msgspec.Struct, frozen=True):
    include_usage: bool | None = None


class _Both(msgspec.Struct, frozen=True):
    model: Annotated[str, Meta(min_length=1)] | None = None
    stream: bool | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    temperature: Number | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None


class ChatRequest(_Both, frozen=True):
    messages: list[Turn] = []
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    stream_options: _StreamOptions | None = None


class _TextOptions(msgspec.Struct, frozen=True):
    format: dict[str, Any] | None = None


class ResponsesRequest(_Both, frozen=True):
    input: str | list[Item] = ""
    instructions: str | None = None
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    text: _TextOptions | None = None
    reasoning: _Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None


_Kind = TypeVar("_Kind", bound=_Both)


def read_chat(body: bytes) -> ChatRequest:
    """Raises invalid_json, invalid_arguments with the member that is wrong."""
    return _read(body, ChatRequest)


def read_responses(body: bytes) -> ResponsesRequest:
    """Raises invalid_json, invalid_arguments with the member that is wrong."""
    return _read(body, ResponsesRequest)


async def chat_wish(actor: Actor, asked: ChatRequest) -> Wish:
    """Raises invalid_arguments, provider_not_found."""
    history, names = answering.History(), dict[str, str]()
    for at, turn in enumerate(asked.messages):
        field = f"messages[{at}]"
        match turn.role:
            case "user":
                history.append(("user", _shown(turn.content, field)))
            case "assistant":
                _turn(history).extend(_said(turn, names))
            case "tool":
                _turn(history).append(_result(turn.tool_call_id or "", _text(turn.content), names, f"{field}.tool_call_id"))
            case _:
                pass
    instructions = [_text(turn.content) for turn in asked.messages if turn.role in ("system", "developer")]
    most = asked.max_completion_tokens or asked.max_tokens
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    wish = await _wish(actor, asked, history, instructions, "messages", most, asked.response_format, asked.reasoning_effort)
    return msgspec.structs.replace(wish, stop=tuple(word for word in stop if word))


async def responses_wish(actor: Actor, asked: ResponsesRequest) -> Wish:
    """Raises invalid_arguments, provider_not_found."""
    items = [Item(role="user", content=asked.input)] if isinstance(asked.input, str) else asked.input
    history, names = answering.History(), dict[str, str]()
    instructions = [asked.instructions] if asked.instructions else []
    for at, item in enumerate(items):
        field = f"input[{at}]"
        match item.type:
            case "message" if item.role in ("system", "developer"):
                instructions.append(_text(item.content))
            case "message" if item.role == "user":
                history.append(("user", _shown(item.content, field)))
            case "message" if item.role == "assistant":
                _turn(history).append(TextBlock(_text(item.content)))
            case "function_call":
                names[item.call_id] = item.name
                _turn(history).append(ToolCall(item.call_id, item.name, _arguments(item.arguments, f"{field}.arguments")))
            case "function_call_output":
                _turn(history).append(_result(item.call_id, _text(item.output), names, f"{field}.call_id"))
            case "reasoning":
                pass  # what another model thought is of no use to this one
            case _:
                raise _unfit(f"{field}.type", f"An item of the type `{item.type[:60]}` is not taken.", "Send messages, function calls and their outputs.")
    format, effort = asked.text.format if asked.text else None, asked.reasoning.effort if asked.reasoning else None
    return await _wish(actor, asked, history, instructions, "input", asked.max_output_tokens, format, effort)


async def _wish(
    actor: Actor,
    asked: _Both,
    history: answering.History,
    instructions: list[str],
    field: str,
    most: int | None,
    format: dict[str, Any] | None,
    effort: str | None,
) -> Wish:
    if not any(role == "user" for role, _ in history):
        raise _unfit(field, f"`{field}` has no message of the user's.", 'Send one with the role "user".')
    if effort not in (None, "none", *_EFFORTS):
        raise _unfit("reasoning_effort", f"There is no effort `{effort[:40]}`.", f"It is one of {', '.join(_EFFORTS)}.")
    provider, name = await chosen(actor, asked.model or DEFAULT)
    tools, must_call = _tools(asked)
    return Wish(
        history, provider, name, "\n\n".join(instructions), tools, most or 8192, _EFFORTS.get(effort or ""), must_call,
        asked.parallel_tool_calls is not False, (), _schema(format, "response_format" if field == "messages" else "text.format"),
    )  # fmt: skip


def _read(body: bytes, kind: type[_Kind]) -> _Kind:
    value: Any = msgspec.json.decode(body)
    if not isinstance(value, dict):
        raise Problem("invalid_json", "The body is not a JSON object.")
    for name, (harmless, sentence, remedy) in _REFUSED.items():
        if value.get(name) is not None and value[name] not in harmless:
            raise _unfit(name, sentence, remedy)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$").removeprefix(".")
        raise _unfit(field, f"`{field}`: {what}." if field else f"{what}.", "Correct it and send the request again.") from error


def _tools(asked: _Both) -> tuple[tuple[ToolSpec, ...], tuple[str, ...]]:
    """The caller's functions as far as they may be called, and those of which one has to be."""
    tools = tuple(_function(tool, f"tools[{at}]") for at, tool in enumerate(asked.tools or ()))
    names = [tool.name for tool in tools]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _unfit("tools", f"There are two tools `{twice}`.", "Give each a name of its own.")
    match asked.tool_choice:
        case None | "auto":
            return tools, ()
        case "none":
            return (), ()
        case "required" if tools:
            return tools, tuple(names)
        case {"type": "allowed_tools", **rest}:
            given: Any = rest.get("allowed_tools", rest)
            wanted = [_named(one) for one in given.get("tools") or ()] if isinstance(given, dict) else []
            kept = tuple(tool for tool in tools if tool.name in wanted)
            if kept and len(kept) == len(wanted):
                return kept, tuple(tool.name for tool in kept) if given.get("mode") == "required" else ()
        case {"type": "function"} if (name := _named(asked.tool_choice)) in names:
            return tools, (name,)
        case _:
            pass
    raise _unfit("tool_choice", "`tool_choice` asks for no tool that is in `tools`.", "It is `auto`, `none`, `required`, or names functions of `tools`.")


def _named(choice: Any) -> str:
    """The function that an entry of either spelling names."""
    function: Any = choice.get("function", choice) if isinstance(choice, dict) else None
    return str(function.get("name") or "") if isinstance(function, dict) else ""


def _function(tool: dict[str, Any], field: str) -> ToolSpec:
    function: Any = tool.get("function", tool)
    if tool.get("type") != "function" or not isinstance(function, dict):
        raise _unfit(
            f"{field}.type", "Only tools of the type `function` are taken.", "Connect an MCP server under Settings, MCP servers, for tools that run here."
        )
    name, schema = function.get("name"), function.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _unfit(f"{field}.name", "A function's name has 1 to 64 letters, digits, `_` and `-`.", "Rename it.")
    if not isinstance(schema, dict):
        raise _unfit(f"{field}.parameters", "`parameters` is no JSON Schema of an object.", "Send an object.")
    return ToolSpec(name, str(function.get("description") or ""), schema)


def _schema(format: dict[str, Any] | None, field: str) -> dict[str, Any] | None:
    """What JSON is asked for, in either spelling; None for text."""
    match format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {}
        case {"type": "json_schema", "json_schema": {"schema": dict() as schema}} | {"type": "json_schema", "schema": dict() as schema}:
            return schema  # pyright: ignore[reportUnknownVariableType]  # a dict of whatever the caller sent
        case _:
            raise _unfit(field, "This format is not known.", "It is `text`, `json_object`, or `json_schema` with a `schema`.")


def _shown(content: str | list[Part] | None, field: str) -> list[Block]:
    """What the user says and shows."""
    if content is None:
        raise _unfit(f"{field}.content", "A message of the user's has no content.", "Send text, or a list of parts.")
    if isinstance(content, str):
        return [TextBlock(content)]
    return [_block(part, f"{field}.content[{at}]") for at, part in enumerate(content)]


def _block(part: Part, field: str) -> Block:
    if part.text is not None:
        return TextBlock(part.text)
    url = part.image_url.url if isinstance(part.image_url, _Image) else part.image_url
    if url is None:
        raise _unfit(field, f"A part of the type `{part.type[:60]}` is not read.", "Send text, or an image as a `data:` address.")
    head = _IMAGE.match(url)
    try:
        data = base64.b64decode(url[head.end() :], validate=True) if head else b""
    except binascii.Error:
        data = b""
    if head is None or not 0 < len(data) <= MAX_IMAGE_BYTES:
        most = f"at most {MAX_IMAGE_BYTES // 1_048_576} MB"
        raise _unfit(field, "This image cannot be read; addresses are not fetched.", f"Send `data:image/png;base64,…` (or jpeg, gif, webp), {most}.")
    return Picture(head[1], data)


def _text(content: str | list[Part] | None) -> str:
    if isinstance(content, list):
        return "\n".join(part.text or part.refusal or "" for part in content)
    return content or ""


def _turn(history: answering.History) -> list[Block]:
    """The blocks of the turn that is being told: what the assistant said and called, with the results."""
    if not history or history[-1][0] != "assistant":
        history.append(("assistant", []))
    return history[-1][1]


def _said(turn: Turn, names: dict[str, str]) -> list[Block]:
    blocks: list[Block] = [TextBlock(text)] if (text := _text(turn.content)) else []
    for call in turn.tool_calls or ():
        names[call.id] = call.function.name
        blocks.append(ToolCall(call.id, call.function.name, _arguments(call.function.arguments, "messages")))
    return blocks


def _result(call_id: str, text: str, names: dict[str, str], field: str) -> ToolResult:
    if call_id not in names:
        raise _unfit(field, f"`{call_id[:80]}` is the result of no call before it.", "Send the call that it answers too.")
    return ToolResult(call_id, names[call_id], text, trust="remote")


def _arguments(text: str, field: str) -> dict[str, Any]:
    """The arguments of a call that the caller tells of."""
    try:
        value: Any = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _unfit(field, "The arguments of a call are no JSON object.", "Send them as they came.")
    return value


def _unfit(field: str, sentence: str, remedy: str) -> Problem:
    return Problem("invalid_arguments", sentence, remedy=remedy, field=field)

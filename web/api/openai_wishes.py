"""What an OpenAI client's request amounts to for the agent: the conversation, the caller's tools and the form that the answer has to have."""

import base64
import binascii
import re
from typing import Any

import msgspec

from agent.actor import Actor
from agent.conversation.attachments import MAX_IMAGE_BYTES
from agent.messages import Block, History, Picture, ToolCall, ToolResult
from agent.messages import Text as TextBlock
from agent.providers.base import Effort, ToolSpec
from agent.runs.answering import Wish
from web.api.openai_models import DEFAULT, chosen
from web.api.openai_requests import Both, ChatRequest, Image, Item, Part, ResponsesRequest, Turn, unfit

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_IMAGE = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,")
_EFFORTS: dict[str, Effort] = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}


async def chat_wish(actor: Actor, asked: ChatRequest) -> Wish:
    """Raises invalid_arguments, provider_not_found."""
    history, names = History(), dict[str, str]()
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
    history, names = History(), dict[str, str]()
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
                raise unfit(f"{field}.type", f"An item of the type `{item.type[:60]}` is not taken.", "Send messages, function calls and their outputs.")
    format, effort = asked.text.format if asked.text else None, asked.reasoning.effort if asked.reasoning else None
    return await _wish(actor, asked, history, instructions, "input", asked.max_output_tokens, format, effort)


async def _wish(
    actor: Actor,
    asked: Both,
    history: History,
    instructions: list[str],
    field: str,
    most: int | None,
    format: dict[str, Any] | None,
    effort: str | None,
) -> Wish:
    if not any(role == "user" for role, _ in history):
        raise unfit(field, f"`{field}` has no message of the user's.", 'Send one with the role "user".')
    if effort not in (None, "none", *_EFFORTS):
        raise unfit("reasoning_effort", f"There is no effort `{effort[:40]}`.", f"It is one of {', '.join(_EFFORTS)}.")
    provider, name = await chosen(actor, asked.model or DEFAULT)
    tools, must_call = _tools(asked)
    return Wish(
        history, provider, name, "\n\n".join(instructions), tools, most or 8192, _EFFORTS.get(effort or ""), must_call,
        asked.parallel_tool_calls is not False, (), _schema(format, "response_format" if field == "messages" else "text.format"),
    )  # fmt: skip


def _tools(asked: Both) -> tuple[tuple[ToolSpec, ...], tuple[str, ...]]:
    """The caller's functions as far as they may be called, and those of which one has to be."""
    tools = tuple(_function(tool, f"tools[{at}]") for at, tool in enumerate(asked.tools or ()))
    names = [tool.name for tool in tools]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise unfit("tools", f"There are two tools `{twice}`.", "Give each a name of its own.")
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
    raise unfit("tool_choice", "`tool_choice` asks for no tool that is in `tools`.", "It is `auto`, `none`, `required`, or names functions of `tools`.")


def _named(choice: Any) -> str:
    """The function that an entry of either spelling names."""
    function: Any = choice.get("function", choice) if isinstance(choice, dict) else None
    return str(function.get("name") or "") if isinstance(function, dict) else ""


def _function(tool: dict[str, Any], field: str) -> ToolSpec:
    function: Any = tool.get("function", tool)
    if tool.get("type") != "function" or not isinstance(function, dict):
        raise unfit(
            f"{field}.type", "Only tools of the type `function` are taken.", "Connect an MCP server under Settings, MCP servers, for tools that run here."
        )
    name, schema = function.get("name"), function.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise unfit(f"{field}.name", "A function's name has 1 to 64 letters, digits, `_` and `-`.", "Rename it.")
    if not isinstance(schema, dict):
        raise unfit(f"{field}.parameters", "`parameters` is no JSON Schema of an object.", "Send an object.")
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
            raise unfit(field, "This format is not known.", "It is `text`, `json_object`, or `json_schema` with a `schema`.")


def _shown(content: str | list[Part] | None, field: str) -> list[Block]:
    """What the user says and shows."""
    if content is None:
        raise unfit(f"{field}.content", "A message of the user's has no content.", "Send text, or a list of parts.")
    if isinstance(content, str):
        return [TextBlock(content)]
    return [_block(part, f"{field}.content[{at}]") for at, part in enumerate(content)]


def _block(part: Part, field: str) -> Block:
    if part.text is not None:
        return TextBlock(part.text)
    url = part.image_url.url if isinstance(part.image_url, Image) else part.image_url
    if url is None:
        raise unfit(field, f"A part of the type `{part.type[:60]}` is not read.", "Send text, or an image as a `data:` address.")
    head = _IMAGE.match(url)
    try:
        data = base64.b64decode(url[head.end() :], validate=True) if head else b""
    except binascii.Error:
        data = b""
    if head is None or not 0 < len(data) <= MAX_IMAGE_BYTES:
        most = f"at most {MAX_IMAGE_BYTES // 1_048_576} MB"
        raise unfit(field, "This image cannot be read; addresses are not fetched.", f"Send `data:image/png;base64,…` (or jpeg, gif, webp), {most}.")
    return Picture(head[1], data)


def _text(content: str | list[Part] | None) -> str:
    if isinstance(content, list):
        return "\n".join(part.text or part.refusal or "" for part in content)
    return content or ""


def _turn(history: History) -> list[Block]:
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
        raise unfit(field, f"`{call_id[:80]}` is the result of no call before it.", "Send the call that it answers too.")
    return ToolResult(call_id, names[call_id], text, trust="remote")


def _arguments(text: str, field: str) -> dict[str, Any]:
    """The arguments of a call that the caller tells of."""
    try:
        value: Any = msgspec.json.decode(text or "{}")
    except (msgspec.DecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise unfit(field, "The arguments of a call are no JSON object.", "Send them as they came.")
    return value

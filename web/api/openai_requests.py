"""What OpenAI's clients send to either door, as values: parsed here, so that what is not offered is refused in words and nothing is passed over.

Hints that change no meaning (sampling, seeds, caching, metadata, tiers) are checked for their type and left to the model; so is what other clients add.
"""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from agent.errors import Problem

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
Stop = Annotated[str, Meta(max_length=200)]
"""Each is looked for at every piece of an answer."""


class Image(msgspec.Struct, frozen=True):
    url: str


class Part(msgspec.Struct, frozen=True):
    """A part of a message in either spelling."""

    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | Image | None = None


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


class Both(msgspec.Struct, frozen=True):
    model: Annotated[str, Meta(min_length=1)] | None = None
    stream: bool | None = None
    tools: Annotated[list[dict[str, Any]], Meta(max_length=512)] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    temperature: Number | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    metadata: dict[str, Any] | None = None
    user: str | None = None


class ChatRequest(Both, frozen=True):
    messages: list[Turn] = []
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    stop: Stop | Annotated[list[Stop], Meta(max_length=16)] | None = None
    seed: int | None = None
    presence_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Meta(ge=-2, le=2)] | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    stream_options: _StreamOptions | None = None


class _TextOptions(msgspec.Struct, frozen=True):
    format: dict[str, Any] | None = None


class ResponsesRequest(Both, frozen=True):
    input: str | list[Item] = ""
    instructions: str | None = None
    max_output_tokens: Annotated[int, Meta(ge=1)] | None = None
    text: _TextOptions | None = None
    reasoning: _Reasoning | None = None
    truncation: Literal["auto", "disabled"] | None = None


_Kind = TypeVar("_Kind", bound=Both)


def read_chat(body: bytes) -> ChatRequest:
    """Raises invalid_json, invalid_arguments with the member that is wrong."""
    return _read(body, ChatRequest)


def read_responses(body: bytes) -> ResponsesRequest:
    """Raises invalid_json, invalid_arguments with the member that is wrong."""
    return _read(body, ResponsesRequest)


def unfit(field: str, sentence: str, remedy: str) -> Problem:
    """A refusal that names the member."""
    return Problem("invalid_arguments", sentence, remedy=remedy, field=field)


def _read(body: bytes, kind: type[_Kind]) -> _Kind:
    value: Any = msgspec.json.decode(body)
    if not isinstance(value, dict):
        raise Problem("invalid_json", "The body is not a JSON object.")
    for name, (harmless, sentence, remedy) in _REFUSED.items():
        if value.get(name) is not None and value[name] not in harmless:
            raise unfit(name, sentence, remedy)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        field = where.strip("`").removeprefix("$").removeprefix(".")
        raise unfit(field, f"`{field}`: {what}." if field else f"{what}.", "Correct it and send the request again.") from error

"""What every provider is asked and what every provider answers: one request, one vocabulary of events.

An adapter is one async generator: `stream(connection, request)`. It ends with exactly one `Finish` or `Failure`,
raises nothing but cancellation, and keeps its SDK's types to itself. Retrying is the loop's business.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

import msgspec

from agent.messages import Message

Wire = Literal["anthropic", "openai", "openai-compatible", "builtin", "scripted"]
PartKind = Literal["text", "reasoning", "refusal", "tool_call"]
Effort = Literal["low", "medium", "high"]
FinishReason = Literal["stop", "length", "tool_calls", "refusal", "content_filter", "context_full", "pause"]


class PartStart(msgspec.Struct, frozen=True, tag="part.start"):
    part_id: int
    kind: PartKind
    call_id: str | None = None
    name: str | None = None


class PartDelta(msgspec.Struct, frozen=True, tag="part.delta"):
    part_id: int
    text: str


class PartEnd(msgspec.Struct, frozen=True, tag="part.end"):
    """`input` is a tool call's parsed arguments; `parse_error` says why there are none and `raw` is what came."""

    part_id: int
    input: dict[str, Any] | None = None
    raw: str | None = None
    parse_error: str | None = None
    meta: dict[str, Any] | None = None


class Usage(msgspec.Struct, frozen=True, tag="usage"):
    """Tokens of the whole request so far (a later one replaces an earlier). `input` includes the cached ones.

    An empty one tells that the provider has begun to answer. `estimated`: how many of `input` and `output` it did not tell itself.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    estimated: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


class Finish(msgspec.Struct, frozen=True, tag="finish"):
    reason: FinishReason


class Failure(msgspec.Struct, frozen=True, tag="error"):
    """`code` is one of the catalogue's `provider_*`; `message` the provider's own sentence, cleaned of secrets; `remedy` in place of the catalogue's."""

    code: str
    message: str
    retryable: bool = False
    retry_after: float | None = None
    remedy: str | None = None


ProviderEvent = PartStart | PartDelta | PartEnd | Usage | Finish | Failure


class ToolSpec(msgspec.Struct, frozen=True):
    """A tool as a model sees it."""

    name: str
    description: str
    input_schema: dict[str, Any]


class Connection(msgspec.Struct, frozen=True):
    """Where to reach a model and as whom. `api_key` is shown by no repr."""

    wire: Wire
    base_url: str = ""
    api_key: str = ""
    auth_header: str = ""

    def __repr__(self) -> str:
        return f"Connection(wire={self.wire!r}, base_url={self.base_url!r})"


class ModelRequest(msgspec.Struct, frozen=True):
    """One step of a run: `system` and `tools` are byte-stable over a run so that prompt caches hold.

    `effort` asks a model that can to reason before it answers; without it, it does as its maker decided. `shows_results`: the reader sees what a
    tool lists as a card above the answer.
    """

    model: str
    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 8192
    cache_key: str = ""
    effort: Effort | None = None
    shows_results: bool = False


Stream = Callable[[Connection, ModelRequest], AsyncIterator[ProviderEvent]]

"""Messages as values: what a chat stores, what a provider is sent, what a page renders.

A message's content is an ordered list of blocks. `meta` carries what a provider wants echoed unchanged
on the next turn (signatures, encrypted reasoning, item ids); nobody else reads it.
"""

from typing import Any, Literal
from uuid import UUID

import msgspec

Role = Literal["user", "assistant", "system", "tool"]
ToolState = Literal["ok", "error", "denied"]
Trust = Literal["trusted", "captured", "remote"]


class Text(msgspec.Struct, frozen=True, tag="text", tag_field="type", omit_defaults=True):
    text: str
    meta: dict[str, Any] | None = None


class Reasoning(msgspec.Struct, frozen=True, tag="reasoning", tag_field="type", omit_defaults=True):
    text: str
    meta: dict[str, Any] | None = None


class Refusal(msgspec.Struct, frozen=True, tag="refusal", tag_field="type", omit_defaults=True):
    text: str
    meta: dict[str, Any] | None = None


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call", tag_field="type", omit_defaults=True):
    """`id` is ours and unique in the run; a provider's own id, if any, is in `meta`."""

    id: str
    name: str
    arguments: dict[str, Any]
    meta: dict[str, Any] | None = None


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result", tag_field="type", omit_defaults=True):
    """`text` is what the model reads; `data` is the same as a structure, for cards and programs."""

    call_id: str
    name: str
    text: str
    data: Any = None
    state: ToolState = "ok"
    trust: Trust = "trusted"


class Attachment(msgspec.Struct, frozen=True, tag="attachment", tag_field="type", omit_defaults=True):
    id: UUID
    file_name: str
    media_type: str
    size: int


class Mention(msgspec.Struct, frozen=True, tag="mention", tag_field="type", omit_defaults=True):
    """A thing that a message brings along: named with `@`, or the text of an attached file. `text` is what it was then, secrets masked: data, never the user's words."""

    kind: Literal["api", "call", "docs", "file"]
    ref: str
    title: str
    text: str


class Picture(msgspec.Struct, frozen=True, tag="picture", tag_field="type"):
    """An attached image as a provider takes it. Never stored: a chat keeps its Attachment."""

    media_type: str
    data: bytes


Block = Text | Reasoning | Refusal | ToolCall | ToolResult | Attachment | Mention | Picture
History = list[tuple[str, list[Block]]]
"""A conversation as it is stored: (role, blocks), oldest first. A model is sent Messages, which `agent.runs.context` makes of it."""


class Message(msgspec.Struct, frozen=True):
    role: Role
    content: tuple[Block, ...]


def text_of(content: tuple[Block, ...] | list[Block]) -> str:
    """The prose alone, paragraphs joined by blank lines."""
    return "\n\n".join(block.text for block in content if isinstance(block, Text | Refusal) and block.text)

"""What the model sees: the instructions, the tools, and the conversation cut to what fits.

Text from outside (captures, remote servers) reaches the model only inside tool results, between a fence that is random
per run, with invisible characters shown as escapes. Long results of earlier turns are shortened to their beginning.
"""

import hashlib
import re
from functools import cache
from pathlib import Path
from uuid import UUID

import jinja2
import msgspec

from agent.messages import Block, Message, Text, ToolCall, ToolResult
from agent.providers.base import ToolSpec
from agent.tools.registry import Tool

MAX_CHARACTERS = 400_000
_OLD_RESULT = 2_000
_PROMPTS = Path(__file__).resolve().parent.parent / "prompts"
_INVISIBLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


class Prompt(msgspec.Struct, frozen=True):
    """Rendered instructions and the hash of their source, which is recorded with the run."""

    text: str
    hash: str


def system_prompt(base_url: str, tools: tuple[Tool, ...]) -> Prompt:
    """The instructions of `prompts/system.md.j2`; byte-stable for a menu, so that prompt caches hold."""
    source = (_PROMPTS / "system.md.j2").read_text()
    text = _environment().from_string(source).render(base_url=base_url, tools=tools)
    return Prompt(text, hashlib.sha256(source.encode()).hexdigest()[:16])


def specs(tools: tuple[Tool, ...]) -> tuple[ToolSpec, ...]:
    return tuple(ToolSpec(tool.name, tool.description, tool.input_schema) for tool in tools)


def is_tainted(messages: tuple[Message, ...]) -> bool:
    """Whether text from outside is in what the model reads."""
    return any(isinstance(block, ToolResult) and block.trust != "trusted" for message in messages for block in message.content)


def build(run_id: UUID, history: list[tuple[str, list[Block]]]) -> tuple[Message, ...]:
    """The conversation for a provider: (role, blocks) oldest first in, alternating assistant and tool messages out."""
    fence = hashlib.sha256(run_id.bytes).hexdigest()[:12]
    messages: list[Message] = []
    for index, (role, blocks) in enumerate(history):
        is_old = index < len(history) - 1
        if role == "assistant":
            messages += _turns(blocks, fence, is_old=is_old)
        elif blocks:
            messages.append(Message("user", tuple(blocks)))
    return _fitting(messages)


def _turns(blocks: list[Block], fence: str, *, is_old: bool) -> list[Message]:
    """An answer's blocks as the turns they were: what the assistant said and called, then the results, and so on."""
    turns: list[Message] = []
    said: list[Block] = []
    results: list[Block] = []
    for block in blocks:
        if isinstance(block, ToolResult):
            results.append(_presented(block, fence, is_old=is_old))
            continue
        if results:
            turns += [Message("assistant", tuple(said)), Message("tool", tuple(results))]
            said, results = [], []
        said.append(block)
    if said:
        turns.append(Message("assistant", tuple(said)))
    if results:
        turns.append(Message("tool", tuple(results)))
    return turns


def _presented(result: ToolResult, fence: str, *, is_old: bool) -> ToolResult:
    text = result.text
    if is_old and len(text) > _OLD_RESULT:
        text = f"{text[:_OLD_RESULT]}\n… shortened; call the tool again to read the rest."
    if result.trust != "trusted":
        clean = _INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).replace(fence, "")
        text = f"<{result.trust} {fence}>\n{clean}\n</{result.trust} {fence}>"
    return msgspec.structs.replace(result, text=text)


def _fitting(messages: list[Message]) -> tuple[Message, ...]:
    """The newest turns that fit. The cut falls before a user message, so that no call loses its result."""
    size, start = 0, len(messages)
    for index in range(len(messages) - 1, -1, -1):
        size += sum(_weight(block) for block in messages[index].content)
        if size > MAX_CHARACTERS and start < len(messages):
            break
        if messages[index].role == "user":
            start = index
    return tuple(messages[start:]) if start < len(messages) else tuple(messages)


def _weight(block: Block) -> int:
    if isinstance(block, ToolCall):
        return len(msgspec.json.encode(block.arguments))
    return len(block.text) if isinstance(block, Text | ToolResult) else 200


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701  # plain text for a model

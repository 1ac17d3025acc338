"""What the model sees: the instructions, the tools, and the conversation cut to what fits.

Text from outside (captures, remote servers) reaches the model only inside tool results, between a fence that nobody outside can know,
with invisible characters shown as escapes. What a conversation begins with stays the same byte for byte from step to step and from
run to run, so that providers' prompt caches hold: results are shortened, and old turns summed up, only where the model's window demands it.
"""

import hashlib
import re
from uuid import UUID

import msgspec

from agent import instructions
from agent.instructions import Instructions
from agent.messages import Block, History, Mention, Message, Picture, Text, ToolCall, ToolResult
from agent.providers import models
from agent.providers.base import ToolSpec
from agent.tools.registry import Tool

LONGEST_RESULT = 24_000
_SHORTENED = 1_500
_CHARACTERS_A_TOKEN = 3
_PICTURE = 5_000
_LONGEST_CONVERSATION = 1_200_000
_INVISIBLE = re.compile("[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\U000e0000-\U000e007f]")


def system_prompt(base_url: str, tools: tuple[Tool, ...], *, shows_results: bool = False) -> Instructions:
    """The instructions of `prompts/system.md.j2`; byte-stable for a menu and a door, so that prompt caches hold."""
    return instructions.render("system", base_url=base_url, tools=tools, shows_results=shows_results)


def specs(tools: tuple[Tool, ...]) -> tuple[ToolSpec, ...]:
    return tuple(ToolSpec(tool.name, tool.description, tool.input_schema) for tool in tools)


def is_tainted(messages: tuple[Message, ...]) -> bool:
    """Whether text from outside is in what the model reads."""
    return any(isinstance(b, Mention | Picture) or (isinstance(b, ToolResult) and b.trust != "trusted") for message in messages for b in message.content)


def room(model: str, overhead: int = 0, max_tokens: int = 8192) -> int:
    """The characters of conversation that fit into a model's window beside its answer and `overhead` characters of instructions and tools."""
    window = (models.known(model) or models.UNKNOWN).context
    return max(8_000, min(_LONGEST_CONVERSATION, (window - min(max_tokens, window // 4)) * _CHARACTERS_A_TOKEN - overhead))


def build(chat_id: UUID, history: History, characters: int = 400_000, left_out: int = 0) -> tuple[Message, ...]:
    """The conversation for a provider: (role, blocks) oldest first in, alternating assistant and tool messages out.

    Where it is longer than `characters`, results are shortened to their beginnings: those of earlier turns, then those of the newest answer but for
    its newest step, then all; after that whole turns fall away, oldest first. `left_out`: by how many messages the branch is longer than `history`,
    so that a shortened result is named by its place there.
    """
    fence = hashlib.sha256(chat_id.bytes).hexdigest()[:12]
    whole = _messages(history, fence, LONGEST_RESULT, left_out)
    messages, newest = whole, len(_messages(history[-1:], fence, LONGEST_RESULT))
    for kept in (newest, 1, 0):
        if sum(map(weight, messages)) <= characters:
            break
        messages = [*_messages(history, fence, _SHORTENED, left_out)[: len(whole) - kept], *whole[len(whole) - kept :]]
    return _fitting(messages, characters)


def weight(message: Message) -> int:
    """About how many characters of English a message costs; where a character takes three bytes, it takes about a token too."""
    return sum(_weight(block) for block in message.content)


def _messages(history: History, fence: str, longest: int, first: int = 0) -> list[Message]:
    messages: list[Message] = []
    for index, (role, blocks) in enumerate(history, first):
        if role == "assistant":
            messages += _turns(blocks, fence, longest, index)
        elif blocks:
            messages.append(Message("user", tuple(_brought(block, fence, longest) if isinstance(block, Mention) else block for block in blocks)))
    return messages


def _turns(blocks: list[Block], fence: str, longest: int, index: int) -> list[Message]:
    """An answer's blocks as the turns they were: what the assistant said and called, then the results, and so on."""
    turns: list[Message] = []
    said: list[Block] = []
    results: list[Block] = []
    for block in blocks:
        if isinstance(block, ToolResult):
            results.append(_presented(block, fence, longest, index))
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


def _presented(result: ToolResult, fence: str, longest: int, index: int) -> ToolResult:
    text = result.text
    if len(text) > longest:
        text = (
            f"{text[:longest]}\n… {len(text) - longest:,} more characters: `result_read` with result `{index}:{result.call_id}` and offset {longest} reads on."
        )
    if result.trust != "trusted":
        text = _fenced(text, result.trust, fence)
    return msgspec.structs.replace(result, text=text)


def _brought(mention: Mention, fence: str, longest: int) -> Mention:
    """What a message brings along is data like a tool's result."""
    text = mention.text if len(mention.text) <= longest else f"{mention.text[:longest]}\n… {len(mention.text) - longest:,} more characters"
    return msgspec.structs.replace(mention, text=_fenced(f"{mention.title}\n{text}", "captured", fence))


def _fenced(text: str, trust: str, fence: str) -> str:
    clean = _INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text).replace(fence, "")
    return f"<{trust} {fence}>\n{clean}\n</{trust} {fence}>"


def _fitting(messages: list[Message], characters: int) -> tuple[Message, ...]:
    """The newest turns that fit. The cut falls before a user message, so that no call loses its result."""
    size, start = 0, len(messages)
    for index in range(len(messages) - 1, -1, -1):
        size += weight(messages[index])
        if size > characters and start < len(messages):
            break
        if messages[index].role == "user":
            start = index
    return tuple(messages[start:]) if start < len(messages) else tuple(messages)


def _weight(block: Block) -> int:
    if isinstance(block, ToolCall):
        return len(msgspec.json.encode(block.arguments))
    if isinstance(block, Picture):
        return _PICTURE
    return len(block.text.encode("utf-8", "replace")) if isinstance(block, Text | ToolResult | Mention) else 200

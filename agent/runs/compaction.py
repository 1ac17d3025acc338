"""Old turns as a summary: made once a conversation fills its model's window, shown in the chat, and undone by its reader.

The summary is extracted, not invented: what was asked, which tools answered, how each answer began. It is kept with the answer before
which it was made, and stands in for every turn up to that one. Pure: what is stored where is for the caller.
"""

from typing import Any

import msgspec

from agent.messages import Block, History, Text, ToolCall, text_of

KEY = "summary"
_FULL, _KEPT = 0.85, 0.4
_ASKED, _ANSWERED, _LONGEST = 300, 240, 12_000


class Summary(msgspec.Struct, frozen=True):
    """`covers` is the number of messages at the branch's beginning that it stands for."""

    text: str
    covers: int
    is_undone: bool = False


def standing(metadata: list[dict[str, Any]]) -> Summary | None:
    """The newest summary that a branch's messages carry, undone or not."""
    found = [one[KEY] for one in metadata if one.get(KEY)]
    return msgspec.convert(found[-1], Summary) if found else None


def applied(history: History, summary: Summary | None) -> History:
    """The history with the summary in place of what it covers."""
    if summary is None or summary.is_undone or not 0 < summary.covers < len(history):
        return history
    told = f"{summary.text}\n\n(This is a summary of the earlier conversation; ask or call a tool again for details.)"
    # Every other message of a branch is the user's: the summary speaks for both, so that the turns after it alternate as they did.
    return [("user", [Text(told)]), ("assistant", [Text("Understood.")]), *history[summary.covers :]]


def needed(history: History, sizes: list[int], characters: int, earlier: Summary | None) -> Summary | None:
    """A new summary where the messages (of these sizes) fill the window, covering the oldest until the rest is well below it; None where none is due.

    Never made again once it was undone: then the window cuts instead.
    """
    if sum(sizes) <= characters * _FULL or (earlier is not None and earlier.is_undone):
        return None
    covers, left = 0, sum(sizes)
    for index in range(len(history) - 2):
        left -= sizes[index]
        if history[index][0] == "assistant" and left <= characters * _KEPT:
            covers = index + 1
            break
        covers = index + 1 if history[index][0] == "assistant" else covers
    before = earlier.covers if earlier else 0
    if covers <= before:
        return None
    told = [earlier.text] if earlier else ["What was said before:"]
    lines = [*told, *(_line(role, blocks) for role, blocks in history[before:covers])]
    text = "\n".join(line for line in lines if line)
    return Summary(text if len(text) <= _LONGEST else f"{text[: _LONGEST // 3]}\n…\n{text[-_LONGEST * 2 // 3 :]}", covers)


def _line(role: str, blocks: list[Block]) -> str:
    prose = " ".join(text_of(blocks).split())
    if role == "user":
        return f"- The user: {_short(prose, _ASKED)}"
    used = list(dict.fromkeys(f"`{block.name}`({_arguments(block)})" for block in blocks if isinstance(block, ToolCall)))
    parts = [f"used {', '.join(used[:8])}" if used else "", f"said: {_short(prose, _ANSWERED)}" if prose else ""]
    return f"  You {'; '.join(part for part in parts if part)}" if any(parts) else ""


def _arguments(call: ToolCall) -> str:
    return ", ".join(f"{name}={_short(str(value), 60)}" for name, value in list(call.arguments.items())[:4])


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest].rstrip()}…"

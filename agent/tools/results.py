"""The tool that reads on in a long result of an earlier call in the same branch of a chat."""

from typing import Annotated

from msgspec import Meta

from agent import runlog
from agent.conversation import chats
from agent.errors import Problem
from agent.messages import ToolResult
from agent.tools.registry import Answer, Context, tool

_PAGE = 20_000


@tool(effect="read", scope="read", hears="captured")
async def result_read(
    context: Context,
    result: Annotated[str, Meta(description="The handle that stands at the end of a shortened result.")],
    offset: Annotated[int, Meta(ge=0, description="The character to begin with.")] = 0,
) -> Answer:
    """Read on in a tool result of this chat that was shortened."""
    place, _, call_id = result.partition(":")
    found = await _find(context, int(place) if place.isdecimal() else -1, call_id)
    page = found.text[offset : offset + _PAGE]
    left = len(found.text) - offset - len(page)
    more = f"\n… {left:,} more characters: offset {offset + len(page)} reads on." if left > 0 else ""
    data = {"result": result, "offset": offset, "next_offset": offset + len(page) if left > 0 else None, "total": len(found.text), "text": page}
    return Answer(page + more, data, found.trust)


async def _find(context: Context, place: int, call_id: str) -> ToolResult:
    """Only in the branch that ends with the run's own answer, whichever is shown meanwhile. Raises not_found."""
    if context.run_id is not None and context.chat_session_id is not None:
        run = await runlog.get(context.actor, context.run_id)
        branch = await chats.branch(context.chat_session_id, run.answer_message_id)
        for block in branch[place].content if 0 <= place < len(branch) else ():
            if isinstance(block, ToolResult) and block.call_id == call_id:
                return block
    raise Problem("not_found", "There is no such result in this chat.", remedy="Call the tool again instead.")

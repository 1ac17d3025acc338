"""A model whose answer is decided by the words in the message: long and slow (with a pause at half, until `go_on`, where a test must be sure to be
in the middle; endless, where it must be sure that there is something to stop), full of attacks, or a request to delete something. `told` counts the pieces that it has said, at 15 ms each."""

import asyncio
from collections.abc import AsyncIterator

from agent.messages import Text, ToolResult, text_of
from agent.providers.base import Connection, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ProviderEvent, Usage

PARAGRAPHS = 24
ANSWER = "\n\n".join(
    [
        f"Paragraph {n} of **{PARAGRAPHS}** says `{n * n}`." if n % 6 else f"```python\nx_{n} = {n}\n```\n\n- item {n}a\n- item {n}b"
        for n in range(1, PARAGRAPHS + 1)
    ]
)
attacks: list[str] = []
go_on = asyncio.Event()
told = 0


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """Events of one answer, 8 characters at a time."""
    global told
    last = request.messages[-1]
    asked = text_of([block for message in request.messages if message.role == "user" for block in message.content if isinstance(block, Text)][-1:])
    if "delete" in asked and not any(isinstance(block, ToolResult) for block in last.content):
        yield PartStart(0, "tool_call", "c1", "endpoint_delete")
        yield PartEnd(0, {"endpoint": asked.split()[-1]})
        yield Finish("tool_calls")
        return
    if "wait" in asked:
        yield PartStart(0, "text")
        yield PartDelta(0, "I wait.")
        await go_on.wait()
        yield PartDelta(0, " Now I go on.")
        yield PartEnd(0)
        yield Finish("stop")
        return
    text = " Now I go on." if "cut off" in asked else "\n\n".join(attacks) if "attack" in asked else "Done." if "delete" in asked else ANSWER
    text = "\n\n".join([text] * 50) if "endless" in asked else text
    yield PartStart(0, "text")
    for at in range(0, len(text), 8):
        if "pause" in asked and at >= len(text) // 2:
            await go_on.wait()
        told += 1
        yield PartDelta(0, text[at : at + 8])
        if "attack" not in asked:
            await asyncio.sleep(0.015)
    yield PartEnd(0)
    yield Usage(input=10, output=len(text) // 4)
    yield Finish("stop")

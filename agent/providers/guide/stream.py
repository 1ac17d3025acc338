"""The built-in guide as a provider: no key, no weights, no network, the same events as every other.

It decides one step with `plan` and says it in small pieces, as a model would. It raises nothing.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from agent.providers.base import Connection, Finish, ModelRequest, PartDelta, PartEnd, PartStart, ProviderEvent, Usage
from agent.providers.guide import chinese
from agent.providers.guide.answers import compose
from agent.providers.guide.plan import Step, plan
from agent.providers.guide.titles import suggestions


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """One step: a tool call, a question or an answer; ends with one `Finish`."""
    decided = plan(request.messages, request.tools)
    if decided.step:
        events = _call(decided.step, len(request.messages))
    else:
        answer = compose(decided, request.tools, shows_results=request.shows_results, suggested=() if decided.understood else suggestions(request.messages))
        events = _prose(chinese.said(answer) if chinese.is_spoken(request.messages) else answer)
    for event in events:
        yield event
        await asyncio.sleep(0)
    yield Usage(input=0, output=0)
    yield Finish("tool_calls" if decided.step else "stop")


def _call(step: Step, position: int) -> list[ProviderEvent]:
    written = msgspec.json.encode(step.arguments).decode()
    cuts = [written[at : at + 40] for at in range(0, len(written), 40)]
    arguments: dict[str, Any] = dict(step.arguments)
    return [PartStart(0, "tool_call", f"guide_{position}", step.tool), *(PartDelta(0, cut) for cut in cuts), PartEnd(0, arguments, written)]


def _prose(text: str) -> list[ProviderEvent]:
    pieces = re.findall(r"(?:\S+\s*){1,4}|\s+", text)
    return [PartStart(0, "text"), *(PartDelta(0, piece) for piece in pieces), PartEnd(0)]

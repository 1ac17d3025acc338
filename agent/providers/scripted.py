"""A model whose every answer is written beforehand, for tests: also a worst-case one that obeys whatever it reads.

A script is a list of turns, a turn a list of parts (or a function from the request to one). Parts: `{"text": …}`,
`{"reasoning": …}`, `{"refusal": …}`, `{"call": name, "arguments": {…}}` (a string is sent as it is, broken or not), `{"delay": s}`, `{"after": asyncio.Event}`,
`{"usage": {…}}`, `{"finish": reason}`, `{"failure": code, "message": …, "retryable"?: …, "retry_after"?: …}`.
The model's name chooses the script: one given to `play`, else the path of a JSON file. Exists in test mode only.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from agent.config import settings
from agent.providers import reduce
from agent.providers.base import Connection, Failure, Finish, FinishReason, ModelRequest, PartDelta, PartEnd, PartKind, PartStart, ProviderEvent, Usage

Turn = list[dict[str, Any]]
Script = list[Turn | Callable[[ModelRequest], Turn]]

_KINDS: tuple[PartKind, ...] = ("text", "reasoning", "refusal")
_scripts: dict[str, Script] = {}
_next: dict[tuple[str, str], int] = {}


def play(model: str, script: Script) -> None:
    """Have `model` answer from this script, from its beginning."""
    _scripts[model] = script
    for key in [key for key in _next if key[0] == model]:
        del _next[key]


async def stream(connection: Connection, request: ModelRequest) -> AsyncIterator[ProviderEvent]:
    """The next turn of the model's script in this conversation. Ends with one Finish or Failure."""
    if not settings().test_mode:
        yield Failure("provider_not_found", "The scripted provider exists for tests only.")
        return
    try:
        turn = await _turn(request)
    except (OSError, ValueError) as error:
        yield Failure("provider_rejected", f"There is no script `{request.model}` ({type(error).__name__}).")
        return
    part_id = -1
    for part in turn:
        if "delay" in part:
            await asyncio.sleep(part["delay"])
        elif "after" in part:
            await part["after"].wait()
        elif "failure" in part:
            yield Failure(part["failure"], part.get("message", "As scripted."), part.get("retryable", False), part.get("retry_after"))
            return
        elif "usage" in part:
            yield msgspec.convert(part["usage"], Usage)
        elif "finish" not in part:
            part_id += 1
            for event in _said(part_id, part):
                yield event
                await asyncio.sleep(0)
    yield _finish(turn)


def _finish(turn: Turn) -> Finish:
    given: list[FinishReason] = [part["finish"] for part in turn if "finish" in part]
    return Finish(given[0] if given else "tool_calls" if any("call" in part for part in turn) else "stop")


async def _turn(request: ModelRequest) -> Turn:
    """Turns are counted by conversation. A worker that sees one for the first time counts what was said so far."""
    script = _scripts.get(request.model) or msgspec.json.decode(await asyncio.to_thread(Path(request.model).read_bytes), type=list[Turn])
    key = (request.model, request.cache_key)
    number = _next.get(key, sum(message.role == "assistant" for message in request.messages))
    _next[key] = number + 1
    if number >= len(script):
        return [{"text": "The script is over."}]
    turn = script[number]
    return turn(request) if callable(turn) else turn


def _said(part_id: int, part: dict[str, Any]) -> Iterable[ProviderEvent]:
    if "call" in part:
        given = part.get("arguments", {})
        raw = given if isinstance(given, str) else msgspec.json.encode(given).decode()
        yield PartStart(part_id, "tool_call", part.get("id", f"scripted_{part_id}"), part["call"])
        yield PartDelta(part_id, raw)
        found = reduce.arguments(raw)
        yield PartEnd(part_id, found.input, raw, found.problem)
        return
    kind: PartKind = next(kind for kind in _KINDS if kind in part)
    yield PartStart(part_id, kind)
    yield from (PartDelta(part_id, piece) for piece in re.findall(r"\s*\S+\s?|\s+", part[kind]))
    yield PartEnd(part_id)

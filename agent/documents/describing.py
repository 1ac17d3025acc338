"""Words for what was found, by a model of the user's: one call without tools for many operations, of masked evidence, and only for what is new.

Without a provider nothing is asked and nothing is said. A failure costs the words, never the documents.
"""

import asyncio
import secrets
import time
from functools import partial
from uuid import UUID

import msgspec
import structlog

from agent import ai_providers, asking, instructions, keys
from agent.actor import Actor
from agent.billing import usage
from agent.documents import discovery
from agent.errors import Problem
from agent.messages import Message, Text
from agent.providers.base import ModelRequest
from agent.spec import wording
from agent.spec.decisions import Decisions, Words, Written, key_of
from agent.spec.model import Operation, Spec

log = structlog.get_logger()

_A_CALL, _AT_ONCE = 12, 4
_LONGEST_CALL = 24_000
_SECONDS, _LONG_ENOUGH = 90, 45
_TOKENS = 8_192


class Described(msgspec.Struct, frozen=True):
    """The decisions with the new words; `notes` say why there are none."""

    decisions: Decisions
    notes: list[str] = []


async def ensure(actor: Actor, endpoint_id: UUID, spec: Spec, decisions: Decisions) -> Described:
    """Words for the operations that have none, or that have something new. The caller has checked whose endpoint it is."""
    wanted = [operation for operation in spec.operations if _is_due(spec, operation, decisions)]
    if not wanted:
        return Described(decisions)
    if all(provider.wire == "builtin" or not provider.has_key for provider in await ai_providers.list_(actor)):
        return Described(decisions)
    began, parts = time.monotonic(), _parts(spec, wanted)
    try:
        for start in range(0, len(parts), _AT_ONCE):
            if time.monotonic() - began > _LONG_ENOUGH:
                left = sum(len(part) for part in parts[start:])
                return Described(decisions, [f"{left} operations have no descriptions yet: document the API again to go on."])
            answers = await asyncio.gather(*(_ask(actor, spec, part) for part in parts[start : start + _AT_ONCE]), return_exceptions=True)
            for found in answers:
                if not isinstance(found, BaseException):
                    decisions = await discovery.decide(endpoint_id, partial(_with, found))
            for failure in answers:
                if isinstance(failure, BaseException):
                    raise failure
    except Problem as problem:
        log.info("describing.failed", endpoint=str(endpoint_id), code=problem.code)
        return Described(decisions, [f"No descriptions were written: {problem.detail}"])
    return Described(decisions)


async def _ask(actor: Actor, spec: Spec, operations: dict[str, Operation]) -> dict[str, Written]:
    """One call. Raises what `keys.take` and the provider raise, quota_exceeded, and provider_rejected for an answer that is none."""
    await usage.require(actor)
    choice = await keys.take(actor, None, None)
    fence = secrets.token_hex(6)
    shown = f"<captured {fence}>\n{wording.shown(spec, operations)}\n</captured {fence}>"
    system = instructions.render("describe", fence=fence).text
    request = ModelRequest(model=choice.model, system=system, messages=(Message("user", (Text(shown),)),), max_tokens=_TOKENS)
    words = wording.taken(await asking.answer(actor, choice, request, _SECONDS), spec, operations)
    if not words:
        raise Problem("provider_rejected", f"`{choice.model or choice.provider}` did not answer in the form that was asked for.")
    names = list(operations)
    told = names[: max(names.index(name) for name in words) + 1]  # an answer may have been cut off: what comes after is asked for again
    return {key_of(operations[name]): Written(words.get(name, Words()), wording.shape_of(spec, operations[name])) for name in told}


def _is_due(spec: Spec, operation: Operation, decisions: Decisions) -> bool:
    written = decisions.written.get(key_of(operation))
    return written is None or written.shape != wording.shape_of(spec, operation)


def _parts(spec: Spec, operations: list[Operation]) -> list[dict[str, Operation]]:
    """As many operations to a call as a small model can read, and describe in one answer."""
    parts: list[dict[str, Operation]] = []
    size = _LONGEST_CALL
    for number, operation in enumerate(operations, 1):
        length = len(wording.shown(spec, {"op": operation}))
        if size + length > _LONGEST_CALL or len(parts[-1]) >= _A_CALL:
            parts.append({})
            size = 0
        parts[-1][f"op{number}"] = operation
        size += length
    return parts


def _with(found: dict[str, Written], before: Decisions) -> Decisions:
    written = {
        key: Written(wording.joined(before.written[key].words, new.words) if key in before.written else new.words, new.shape) for key, new in found.items()
    }
    return msgspec.structs.replace(before, written=before.written | written)

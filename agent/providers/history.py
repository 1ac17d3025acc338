"""A conversation as every provider takes it: turns in order, each call with its result, no empty text, ids and names that fit.

Which provider's own marks (signatures, ids, sealed reasoning) may go back is decided by their origin: they are echoed only
to the server, account and model that made them.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from agent.messages import Attachment, Block, Mention, Message, Picture, Reasoning, Refusal, Text, ToolCall, ToolResult
from agent.providers.base import Connection, ModelRequest, ToolSpec

_BAD_IN_NAME = re.compile(r"[^a-zA-Z0-9_-]+")
_GOOD_ID = re.compile(r"[a-zA-Z0-9_:.-]{1,64}")
_COMBINATORS = ("oneOf", "anyOf", "allOf", "not", "enum")
_NOT_CARRIED_OUT = "The call was not carried out."


def origin(connection: Connection, request: ModelRequest) -> str:
    """A short mark of who answers: server, account and model. It gives nothing of the key away."""
    who = "\n".join((connection.wire, connection.base_url.rstrip("/"), connection.api_key, request.model))
    return hashlib.sha256(who.encode()).hexdigest()[:12]


def echo(block: Block, origin: str) -> dict[str, Any]:
    """The marks of a block that may go back to where they came from; empty for another's."""
    meta = None if isinstance(block, ToolResult | Attachment | Mention | Picture) else block.meta
    return _ordered(meta) if meta and meta.get("origin") == origin else {}


def tidy(messages: Iterable[Message], origin: str) -> tuple[Message, ...]:
    """The same conversation by these rules:

    Roles are user, assistant and tool; a user turn comes first, never two of a role in a row, and the model's turn is next.
    A tool turn follows every assistant turn with calls and has exactly their results, with ids that are unique in the
    conversation. A turn that the provider itself paused stays last, for it to go on with.
    """
    turns: list[Message] = []
    said: list[Block] = []
    results: list[ToolResult] = []
    asked: list[Block] = []
    ids = _Ids(origin)

    def answered() -> None:
        if said:
            turns.extend(_exchange(said, results, ids))
        said.clear()
        results.clear()

    def asked_all() -> None:
        if asked:
            turns.append(Message("user", tuple(asked)))
        asked.clear()

    for role, block in ((message.role, block) for message in messages for block in message.content):
        if isinstance(block, ToolResult):
            results.append(block)
        elif (kept := _kept(block, origin)) is None:
            continue
        elif role == "assistant":
            asked_all()
            if results:
                answered()
            said.append(kept)
        else:
            answered()
            asked.append(kept)
    answered()
    asked_all()
    if not turns or turns[0].role != "user":
        turns.insert(0, Message("user", (Text("…"),)))
    if turns[-1].role == "assistant" and not any(_is_whole(block) for block in turns[-1].content):
        turns.append(Message("user", (Text("Go on."),)))
    return tuple(_merged(turns))


def safe_names(tools: Iterable[ToolSpec]) -> dict[str, str]:
    """Each tool's name as models may call it → its own."""
    return {safe_name(tool.name): tool.name for tool in tools}


def safe_name(name: str) -> str:
    """Letters, digits, `_` and `-`, at most 64. A name that had to change ends in a hash, so that two stay two."""
    plain = _BAD_IN_NAME.sub("_", name)
    if plain == name and 0 < len(name) <= 64:
        return name
    return f"{plain[:55]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def safe_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A tool's schema as a plain object: providers reject a whole request over alternatives at the top."""
    plain = {key: value for key, value in schema.items() if key not in _COMBINATORS and key != "$schema"}
    return {**plain, "type": "object", "properties": schema.get("properties") or {}}


def prose(block: Block) -> str:
    """What a block says, for a provider that knows text only."""
    match block:
        case Attachment():
            return f"[attached file `{block.file_name}`, {block.media_type}, {block.size} bytes, id {block.id}]"
        case ToolCall():
            return ""
        case Picture():
            return "[an image that this model is not shown]"
        case ToolResult():
            return block.text.strip() or "(empty)"
        case _:
            return block.text


def data_url(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{b64encode(picture.data).decode()}"


class _Ids:
    """Call ids that are unique in one conversation: the provider's own where it was the same one, else nine letters and
    digits, which every provider takes."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._used: set[str] = set()

    def of(self, call: ToolCall) -> str:
        own = echo(call, self._origin).get("provider_id")
        if not (isinstance(own, str) and _GOOD_ID.fullmatch(own) and own not in self._used):
            own = self._made(call.id)
        self._used.add(own)
        return own

    def _made(self, seed: str) -> str:
        for attempt in range(len(self._used) + 1):
            made = hashlib.sha256(f"{seed}#{attempt}".encode()).hexdigest()[:9]
            if made not in self._used:
                return made
        raise AssertionError("more attempts than used ids")


def _kept(block: Block, origin: str) -> Block | None:
    match block:
        case Text() | Refusal():
            text = block.text.strip() if isinstance(block, Refusal) else block.text.rstrip()
            return msgspec.structs.replace(block, text=text) if text.strip() else None
        case Reasoning():
            return block if echo(block, origin) else None
        case _:
            return block


def _exchange(said: list[Block], results: list[ToolResult], ids: _Ids) -> Iterable[Message]:
    """What the assistant said in one go, and the results of its calls in their order."""
    by_call: dict[str, ToolResult] = {}
    for result in results:
        by_call.setdefault(result.call_id, result)
    spoken: list[Block] = []
    answers: list[Block] = []
    for block in said:
        if not isinstance(block, ToolCall):
            spoken.append(block)
            continue
        wire_id = ids.of(block)
        result = by_call.pop(block.id, None) or ToolResult(block.id, block.name, _NOT_CARRIED_OUT, state="error")
        spoken.append(msgspec.structs.replace(block, id=wire_id, name=safe_name(block.name), arguments=_ordered(block.arguments)))
        answers.append(msgspec.structs.replace(result, call_id=wire_id, name=safe_name(block.name)))
    while spoken and _is_thought(spoken[-1]):  # what it led to was cut off
        spoken.pop()
    if any(not isinstance(block, Reasoning) for block in spoken) or any(_is_whole(block) for block in spoken):
        yield Message("assistant", tuple(spoken))
    if answers:
        yield Message("tool", tuple(answers))


def _ordered(value: dict[str, Any]) -> dict[str, Any]:
    """Keys in one order, whether an object comes from the model or from the database, which has an order of its own: else prompt caches miss it."""
    return msgspec.to_builtins(value, order="sorted")


def _is_thought(block: Block) -> bool:
    """Whether a block is reasoning that its provider takes back only before what it led to."""
    meta: dict[str, Any] = (block.meta or {}) if isinstance(block, Reasoning) else {}
    return "signature" in meta or (meta.get("block") or {}).get("type") in ("redacted_thinking", "reasoning")


def _is_whole(block: Block) -> bool:
    """Whether a reasoning block is a provider's own block of another kind, which stands for itself."""
    return isinstance(block, Reasoning) and bool(block.meta and "block" in block.meta)


def _merged(turns: list[Message]) -> list[Message]:
    merged: list[Message] = []
    for turn in turns:
        if merged and merged[-1].role == turn.role:
            merged[-1] = Message(turn.role, (*merged[-1].content, *turn.content))
        else:
            merged.append(turn)
    return merged

"""A model's turn, given as data, in the words of each provider: what the replay server sends.

A turn is a list of parts: `{"text": …}`, `{"reasoning": …}`, `{"refusal": …}`, `{"call": name, "arguments": {…}, "id"?: …}`;
`{"finish": …}` overrides the reason and `{"usage": {"input": …, "output": …, "cache_read"?: …}}` the counts.
"""

import json
import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

Part = dict[str, Any]
_ids = count(1)


def render(path: str, parts: list[Part]) -> bytes:
    """The stream of the API that `path` belongs to."""
    for ending, dialect in _DIALECTS.items():
        if path.partition("?")[0].endswith(ending):
            return b"".join(dialect(parts))
    raise ValueError(f"no dialect for {path}")


def _anthropic(parts: list[Part]) -> Iterator[bytes]:
    used = _usage(parts)
    start = {"input_tokens": used["input"] - used["cache_read"], "cache_read_input_tokens": used["cache_read"], "output_tokens": 1}
    yield _event(
        "message_start",
        message={"id": f"msg_{next(_ids)}", "type": "message", "role": "assistant", "content": [], "model": "m", "stop_reason": None, "usage": start},
    )
    for index, part in enumerate(_said(parts)):
        block, deltas = _anthropic_block(part)
        yield _event("content_block_start", index=index, content_block=block)
        yield from (_event("content_block_delta", index=index, delta=delta) for delta in deltas)
        yield _event("content_block_stop", index=index)
    reasons = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens"}
    reason = _finish(parts)
    yield _event("message_delta", delta={"stop_reason": reasons.get(reason, reason), "stop_sequence": None}, usage={"output_tokens": used["output"]})
    yield _event("message_stop")


def _anthropic_block(part: Part) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if "call" in part:
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(_arguments(part))]
        return {"type": "tool_use", "id": _call_id(part, "toolu"), "name": part["call"], "input": {}}, deltas
    if "reasoning" in part:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(part["reasoning"])]
        return {"type": "thinking", "thinking": "", "signature": ""}, [*deltas, {"type": "signature_delta", "signature": f"signed-{part['reasoning'][:8]}"}]
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": piece} for piece in _pieces(part.get("text") or part["refusal"])]


def _chat(parts: list[Part]) -> Iterator[bytes]:
    def chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
        return _data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    calls = count()
    yield chunk({"role": "assistant", "content": ""})
    for part in _said(parts):
        if "call" in part:
            index = next(calls)
            yield chunk(
                {"tool_calls": [{"index": index, "id": _call_id(part, "call"), "type": "function", "function": {"name": part["call"], "arguments": ""}}]}
            )
            yield from (chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}) for piece in _pieces(_arguments(part)))
            continue
        field, text = next(
            (names[kind], part[kind])
            for names in ({"text": "content", "reasoning": "reasoning_content", "refusal": "refusal"},)
            for kind in names
            if kind in part
        )
        yield from (chunk({field: piece}) for piece in _pieces(text))
    yield chunk({}, _finish(parts))
    used = _usage(parts)
    yield _data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [], "usage": _openai_usage(used, "prompt", "completion")})
    yield b"data: [DONE]\n\n"


def _responses(parts: list[Part]) -> Iterator[bytes]:
    output: list[dict[str, Any]] = []
    yield _event("response.created", response={"id": "resp_1", "object": "response", "status": "in_progress", "output": []})
    for index, part in enumerate(_said(parts)):
        item, deltas, whole = _responses_item(part)
        yield _event("response.output_item.added", output_index=index, item=item)
        yield from (_event(kind, output_index=index, item_id=item["id"], content_index=0, delta=piece) for kind, piece in deltas)
        yield _event("response.output_item.done", output_index=index, item=whole)
        output.append(whole)
    status = "incomplete" if _finish(parts) == "length" else "completed"
    details = {"reason": "max_output_tokens"} if status == "incomplete" else None
    usage = _openai_usage(_usage(parts), "input", "output")
    yield _event(
        f"response.{status}", response={"id": "resp_1", "object": "response", "status": status, "incomplete_details": details, "output": output, "usage": usage}
    )


def _responses_item(part: Part) -> tuple[dict[str, Any], list[tuple[str, str]], dict[str, Any]]:
    number = next(_ids)
    if "call" in part:
        item = {
            "type": "function_call",
            "id": f"fc_{number}",
            "call_id": _call_id(part, "call"),
            "name": part["call"],
            "arguments": "",
            "status": "in_progress",
        }
        deltas = [("response.function_call_arguments.delta", piece) for piece in _pieces(_arguments(part))]
        return item, deltas, {**item, "arguments": _arguments(part), "status": "completed"}
    if "reasoning" in part:
        item = {"type": "reasoning", "id": f"rs_{number}", "summary": [], "encrypted_content": ""}
        deltas = [("response.reasoning_summary_text.delta", piece) for piece in _pieces(part["reasoning"])]
        return item, deltas, {**item, "summary": [{"type": "summary_text", "text": part["reasoning"]}], "encrypted_content": f"sealed-{number}"}
    kind = "text" if "text" in part else "refusal"
    item = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "in_progress", "content": []}
    name = "response.output_text.delta" if kind == "text" else "response.refusal.delta"
    content = {"type": "output_text", "text": part[kind], "annotations": []} if kind == "text" else {"type": "refusal", "refusal": part[kind]}
    return item, [(name, piece) for piece in _pieces(part[kind])], {**item, "status": "completed", "content": [content]}


_DIALECTS: dict[str, Callable[[list[Part]], Iterator[bytes]]] = {"/messages": _anthropic, "/chat/completions": _chat, "/responses": _responses}


def _said(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part.keys() & {"text", "reasoning", "refusal", "call"}]


def _finish(parts: list[Part]) -> str:
    return next((part["finish"] for part in parts if "finish" in part), "tool_calls" if any("call" in part for part in parts) else "stop")


def _usage(parts: list[Part]) -> dict[str, int]:
    return {"input": 10, "output": 5, "cache_read": 0, **next((part["usage"] for part in parts if "usage" in part), {})}


def _openai_usage(used: dict[str, int], into: str, out: str) -> dict[str, Any]:
    return {
        f"{into}_tokens": used["input"],
        f"{out}_tokens": used["output"],
        f"{into}_tokens_details": {"cached_tokens": used["cache_read"]},
        f"{out}_tokens_details": {"reasoning_tokens": 0},
    }


def _arguments(part: Part) -> str:
    given = part.get("arguments", {})
    return given if isinstance(given, str) else json.dumps(given)


def _call_id(part: Part, prefix: str) -> str:
    return part.get("id") or f"{prefix}_{next(_ids):06d}"


def _pieces(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s?|\s+", text) or [""]


def _event(name: str, **values: Any) -> bytes:
    return f"event: {name}\n".encode() + _data({"type": name, **values})


def _data(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n".encode()

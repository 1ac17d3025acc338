"""A run's log as the AI SDK UI message stream v1: one event of the log is one chunk, so a reader can resume after any of them.

Between them stands what the chat is told meanwhile: the first call of an API that it has made. `of_chat` tells that alone, whether or not
something is being written.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from litestar.response import Stream

from agent import arrivals, runlog
from agent.arrivals import Arrival
from agent.events import Hub
from agent.runlog import Event

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
    "x-vercel-ai-ui-message-stream": "v1",
}


def response(hub: Hub, run_id: UUID, chat_id: UUID, after: int = 0, headers: dict[str, str] | None = None) -> Stream:
    """The stream of a run from `after` on. It stays open until the run ends, with a comment every 15 seconds of silence."""
    return Stream(_lines(hub, run_id, chat_id, after), media_type="text/event-stream", headers={**HEADERS, **(headers or {})})


def of_chat(hub: Hub, chat_id: UUID, after: str = "") -> Stream:
    """The first calls of a chat's APIs: those that there were, after the call `after`, then each as it arrives. Stays open."""
    return Stream(_arriving(hub, chat_id, after), media_type="text/event-stream", headers=HEADERS)


async def _arriving(hub: Hub, chat_id: UUID, after: str) -> AsyncIterator[bytes]:
    told: set[UUID] = set()
    yield b": stream\n\n"
    with hub.waiting([f"chat:{chat_id}"]) as bell:
        while not hub.is_closing:
            bell.clear()
            found = await arrivals.of_chat(chat_id)
            known = [str(one.call_id) for one in found]
            for one in found[known.index(after) + 1 if after in known and not told else 0 :]:
                if one.call_id not in told:
                    yield b"id: %s\n%s" % (str(one.call_id).encode(), _first_call(one))
            told |= {one.call_id for one in found}
            try:
                await asyncio.wait_for(bell.wait(), runlog.HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"


async def _lines(hub: Hub, run_id: UUID, chat_id: UUID, after: int) -> AsyncIterator[bytes]:
    told = {one.call_id for one in await arrivals.of_chat(chat_id)}
    yield b": stream\n\n"
    with hub.waiting([f"chat:{chat_id}"]) as chat_bell:
        async for event in runlog.read(hub, run_id, after, (f"chat:{chat_id}",)):
            if chat_bell.is_set() or (event and event.event == runlog.END):
                chat_bell.clear()
                for one in await arrivals.of_chat(chat_id):
                    if one.call_id not in told:
                        told.add(one.call_id)
                        yield _first_call(one)
            if event is None:
                yield b": still here\n\n"
            elif (found := chunk(event)) is not None:
                yield b"id: %d\ndata: %s\n\n" % (event.seq, msgspec.json.encode(found))
                if event.event == runlog.END:
                    yield b"data: [DONE]\n\n"
                    return


def _first_call(arrival: Arrival) -> bytes:
    """Its id lets a reader who hears it twice, at the run's stream and the chat's, know that."""
    return b"data: %s\n\n" % msgspec.json.encode({"type": "data-first-call", "id": str(arrival.call_id), "data": arrival, "transient": True})


def chunk(event: Event) -> dict[str, Any] | None:
    """The chunk of one event."""
    data = event.data
    match event.event:
        case "run.start":
            about = {"run_id": data["run_id"], "chat_session_id": data["chat_session_id"], "provider": data["provider"], "model": data["model"]}
            return {"type": "start", "messageId": data["message_id"], "messageMetadata": about}
        case "step.start":
            return {"type": "start-step"}
        case "step.end":
            return {"type": "finish-step"}
        case "part.start" | "part.delta" | "part.end":
            return _part(event.event.removeprefix("part."), data)
        case "tool.approval_requested":
            return {"type": "tool-approval-request", "approvalId": data["approval_id"], "toolCallId": data["call_id"]}
        case "tool.output":
            return _output(data)
        case runlog.END:
            return _end(data)
        case "usage" | "retrying" | "chat.title" | "chat.next" | "chat.suggestions" | "context.compacted" | "tool.approval_resolved":
            return {"type": f"data-{event.event.replace('.', '-').replace('_', '-')}", "data": data, "transient": True}
        case _:
            return None


def _part(moment: str, data: dict[str, Any]) -> dict[str, Any]:
    if data["kind"] == "tool_call":
        return _tool_input(moment, data)
    kind = "reasoning" if data["kind"] == "reasoning" else "text"
    found: dict[str, Any] = {"type": f"{kind}-{moment}", "id": data["part"]}
    return {**found, "delta": data["text"]} if moment == "delta" else found


def _tool_input(moment: str, data: dict[str, Any]) -> dict[str, Any]:
    call = {"toolCallId": data["call_id"]}
    if moment == "start":
        return {"type": "tool-input-start", **call, "toolName": data["name"], "dynamic": True}
    if moment == "delta":
        return {"type": "tool-input-delta", **call, "inputTextDelta": data["text"]}
    return {"type": "tool-input-available", **call, "toolName": data["name"], "dynamic": True, "input": data["input"]}


def _output(data: dict[str, Any]) -> dict[str, Any]:
    call = {"toolCallId": data["call_id"]}
    if data["state"] == "error":
        return {"type": "tool-output-error", **call, "errorText": data["text"], "dynamic": True}
    if data["state"] == "denied":
        return {"type": "tool-output-denied", **call}
    return {"type": "tool-output-available", **call, "output": data["data"] if data.get("data") is not None else data["text"], "dynamic": True}


def _end(data: dict[str, Any]) -> dict[str, Any]:
    problem = data.get("error")
    if data["status"] == "stopped":
        return {"type": "abort", "reason": "stopped"}
    if data["status"] == "failed" and problem:
        return {"type": "error", "errorText": f"{problem['detail']} {problem['remedy']}".strip()}
    return {"type": "finish", "finishReason": "length" if problem else "stop", "messageMetadata": {"usage": data.get("usage", {})}}

"""The chat API: send a message, streamed or in one answer; resume, stop, retry a run; answer an approval."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from agent import approvals, runlog
from agent.actor import Actor, require_scope
from agent.approvals import Approval
from agent.conversation import chats, prompts
from agent.conversation.message_queue import Queued
from agent.errors import Problem
from agent.messages import Block, Role, ToolCall, ToolResult, text_of
from agent.runlog import State as RunState
from agent.runs import loop
from web.api import stream
from web.api.request import ApiRequest
from web.auth import signed_in


class ChatRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`provider`: a name such as `builtin` or `anthropic`; default: the first with a key, else the guide.

    `prompt`: the name of a saved one, whose text goes before the message, with `variables` put in; `attachments`: ids of uploaded files.
    `queue`: where the chat is still answering, wait for that instead of failing with run_active.
    """

    message: str = ""
    chat_session_id: UUID | None = None
    provider: str | None = None
    model: str | None = None
    stream: bool = False
    queue: bool = False
    prompt: str | None = None
    variables: dict[str, str] = {}
    attachments: list[UUID] = []


class Waits(msgspec.Struct, frozen=True):
    """The message waits for the answer before it; it is sent by itself."""

    chat_session_id: UUID
    queued: Queued
    status: Literal["queued"] = "queued"


class AnswerMessage(msgspec.Struct, frozen=True):
    role: Role
    content: list[Block]


class CallState(msgspec.Struct, frozen=True):
    id: str
    name: str
    arguments: dict[str, Any]
    state: str
    output: Any = None


class AskedApproval(msgspec.Struct, frozen=True):
    """`operation` is what the answer may be widened to for the run (`scope`: `run`); null where only this one call can be approved."""

    id: UUID
    tool: str
    arguments: dict[str, Any]
    host: str | None
    operation: str | None
    reason: str | None
    expires_at: datetime


class ChatAnswer(msgspec.Struct, frozen=True):
    """A finished answer, or one that waits for an approval."""

    chat_session_id: UUID
    run_id: UUID
    status: str
    text: str
    message: AnswerMessage
    tool_calls: list[CallState]
    approvals: list[AskedApproval]
    usage: dict[str, Any]
    finish_reason: str | None
    error: dict[str, Any] | None = None


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`arguments`: edited ones, to approve instead of those that were asked for. `scope`: `run` approves the operation for the rest of the run."""

    decision: Literal["approve", "refuse", "approved", "refused"]
    arguments: dict[str, Any] | None = None
    reason: str | None = None
    scope: approvals.Width = "once"


class RetryRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provider: str | None = None
    model: str | None = None


@post("/chat", guards=[signed_in], status_code=200, summary="Send a message", tags=["chat"], response_class=Response, opt={"asks": True})
async def send_message(request: ApiRequest, data: JSONBody[ChatRequest]) -> Response[ChatAnswer] | Response[Waits] | Stream:
    """The agent's answer: as server-sent events where `stream` is true or `Accept: text/event-stream`, else in one piece. 202 for a message that waits."""
    require_scope(request.user, "write")
    hub, text = request.app.state.hub, await _text(request.user, data)
    if data.queue and data.chat_session_id:
        started = await loop.queue(hub, request.user, text, chat_id=data.chat_session_id, provider=data.provider, model=data.model, files=data.attachments)
        if isinstance(started, Queued):
            return Response(Waits(data.chat_session_id, started), status_code=202)
    else:
        started = await loop.send(hub, request.user, text, chat_id=data.chat_session_id, provider=data.provider, model=data.model, files=data.attachments)
    headers = {"X-Chat-Session-Id": str(started.chat_session_id), "X-Run-Id": str(started.run_id)}
    if data.stream or "text/event-stream" in request.headers.get("accept", ""):
        return stream.response(hub, started.run_id, started.chat_session_id, headers=headers)
    return Response(await _settled(request, started.run_id), headers=headers)


@get("/runs/{run_id:uuid}", guards=[signed_in], summary="A run's state", tags=["chat"])
async def get_run(request: ApiRequest, run_id: FromPath[UUID]) -> ChatAnswer:
    """What was said so far, and whether it is still running or waits for an approval."""
    return await _answer(request.user, await runlog.get(request.user, run_id))


@get("/runs/{run_id:uuid}/events", guards=[signed_in], summary="Follow a run", tags=["chat"], media_type="text/event-stream")
async def follow_run(request: ApiRequest, run_id: FromPath[UUID], after: FromQuery[int] = 0) -> Stream:
    """The run's events after `after` or `Last-Event-ID`, live until it ends."""
    run = await runlog.get(request.user, run_id)
    last_event_id = request.headers.get("last-event-id", "")
    start = int(last_event_id) if last_event_id.isdigit() else after
    return stream.response(request.app.state.hub, run_id, run.chat_session_id, max(start, 0))


@post("/runs/{run_id:uuid}/stop", guards=[signed_in], status_code=202, summary="Stop a run", tags=["chat"], opt={"asks": True})
async def stop_run(request: ApiRequest, run_id: FromPath[UUID]) -> RunState:
    """What was said so far is kept."""
    require_scope(request.user, "write")
    return await loop.stop(request.app.state.hub, request.user, run_id)


@post("/runs/{run_id:uuid}/retry", guards=[signed_in], status_code=202, summary="Answer again", tags=["chat"], opt={"asks": True})
async def retry_run(request: ApiRequest, run_id: FromPath[UUID], data: JSONBody[RetryRequest | None] = None) -> chats.Started:
    """A new answer to the same message, also by another model; the earlier answer stays beside it."""
    require_scope(request.user, "write")
    wish = data or RetryRequest()
    return await loop.retry(request.app.state.hub, request.user, run_id, provider=wish.provider, model=wish.model)


@post("/runs/{run_id:uuid}/approvals/{approval_id:uuid}", guards=[signed_in], status_code=200, summary="Answer an approval", tags=["chat"])
async def decide_approval(request: ApiRequest, run_id: FromPath[UUID], approval_id: FromPath[UUID], data: JSONBody[DecisionRequest]) -> Approval:
    """Approve or refuse exactly what was asked; the run goes on by itself. A token needs the scope `approve`."""
    require_scope(request.user, "write")
    decision: approvals.Decision = "approve" if data.decision.startswith("approve") else "refuse"
    return await loop.decide(request.app.state.hub, request.user, run_id, approval_id, decision, arguments=data.arguments, reason=data.reason, width=data.scope)


@get("/approvals", guards=[signed_in], summary="What needs you", tags=["chat"])
async def list_approvals(request: ApiRequest) -> dict[str, list[Approval] | None]:
    """The approvals that wait, oldest first."""
    return {"items": await approvals.pending(request.user), "next": None}


ROUTES = (send_message, get_run, follow_run, stop_run, retry_run, decide_approval, list_approvals)


async def _text(actor: Actor, data: ChatRequest) -> str:
    """The message, after the prompt that it names. Raises prompt_not_found, invalid_arguments where a variable is missing."""
    if data.prompt is None:
        return data.message
    filled = prompts.fill(await prompts.find(actor, data.prompt), data.variables)
    if filled.missing:
        names = ", ".join(f"`{name}`" for name in filled.missing)
        raise Problem(
            "invalid_arguments", f"The prompt `{filled.name}` asks for {names}.", remedy="Give them in `variables`.", field="variables", missing=filled.missing
        )
    return f"{filled.text}\n\n{data.message}".strip()


async def _settled(request: ApiRequest, run_id: UUID) -> ChatAnswer:
    """Wait until the run ended or waits for an approval. A failure of the run is a problem document."""
    async for event in runlog.read(request.app.state.hub, run_id):
        if event is not None and event.event == runlog.END:
            break
        if (event is None or event.event == "run.waiting") and await _waits(request.user, run_id):
            break
    answer = await _answer(request.user, await runlog.get(request.user, run_id))
    if answer.status == "failed" and answer.error:
        known = {key: value for key, value in answer.error.items() if key == "retry_after"}
        raise Problem(
            answer.error["code"],
            answer.error["detail"],
            remedy=answer.error.get("remedy"),
            chat_session_id=str(answer.chat_session_id),
            run_id=str(run_id),
            text=answer.text,
            **known,
        )
    return answer


async def _waits(actor: Actor, run_id: UUID) -> bool:
    return (await runlog.get(actor, run_id)).status == "waiting_approval"


async def _answer(actor: Actor, run: RunState) -> ChatAnswer:
    line = await chats.branch(run.chat_session_id, run.answer_message_id)
    blocks = line[-1].content if line else []
    results = {block.call_id: block for block in blocks if isinstance(block, ToolResult)}
    calls = [
        CallState(call.id, call.name, call.arguments, results[call.id].state if call.id in results else "pending", _output(results.get(call.id)))
        for call in blocks
        if isinstance(call, ToolCall)
    ]
    asked = [
        AskedApproval(a.id, a.tool, a.arguments, a.host, a.operation, a.reason, a.expires_at) for a in await approvals.pending(actor) if a.run_id == run.id
    ]
    reason = {"completed": "length" if run.error else "stop", "stopped": "stopped", "waiting_approval": "tool_calls", "failed": "error"}.get(run.status)
    return ChatAnswer(run.chat_session_id, run.id, run.status, text_of(blocks), AnswerMessage("assistant", blocks), calls, asked, run.usage, reason, run.error)


def _output(result: ToolResult | None) -> Any:
    return None if result is None else result.data if result.data is not None and result.state == "ok" else result.text

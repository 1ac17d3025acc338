"""Asking the user behind an MCP client for an approval, in both eras. A client that cannot ask gets none: nothing is done.
Nor does a guest, who has the secret of a server that somebody else published: that one's approval is nobody else's to give.

In the current era the question is the answer to the call, and the client calls again with what the user said; the sealed state that it
hands back binds this to the user, the tool, its exact arguments and ten minutes. In the era before, the question goes back on the stream; where
several workers serve, `relay` brings the answer to the one that asked.
"""

import time
from typing import Any

import msgspec
from mcp.types import (
    CallToolRequestParams,
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from agent import approvals
from agent.config import settings
from agent.errors import Problem
from agent.tools import invoke
from web.mcp import relay
from web.mcp.scope import GUEST, RequestContext, actor_of, scope_of

KEY = "approval"
_SECONDS = 600
_SCHEMA: dict[str, Any] = {"type": "object", "properties": {"approve": {"type": "boolean", "title": "Approve"}}, "required": ["approve"]}


class _State(msgspec.Struct, frozen=True):
    user: str
    fingerprint: str
    until: float


async def ask(context: RequestContext, params: CallToolRequestParams, tool: str, arguments: dict[str, Any], asked: invoke.Ask) -> InputRequiredResult | None:
    """None once the user has approved exactly this; the question where it is still to be answered. Raises approval_needed."""
    line: relay.Line | None = scope_of(context).get(relay.LINE)
    if scope_of(context)[GUEST]:
        raise _not_approved(tool, asked.reason)
    if line is None and not context.session.check_client_capability(ClientCapabilities(elicitation=ElicitationCapability())):
        raise _not_approved(tool, asked.reason)
    to = f" at {asked.reach.host}" if asked.reach.host else ""
    message = f"{asked.reason} Wiretalk would run `{tool}`{to} with {msgspec.json.encode(arguments).decode()[:2000]}"
    if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
        state = _State(str(actor_of(context).user_id), approvals.fingerprint(tool, arguments), time.time() + _SECONDS)
        answer = (params.input_responses or {}).get(KEY)
        if answer is None or not _is_for(params.request_state, state):
            question = ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=_SCHEMA))
            return InputRequiredResult(input_requests={KEY: question}, request_state=msgspec.json.encode(state).decode())
        _check(answer, tool)
        return None
    if line is not None:
        if (is_approved := await line.ask(message, _SCHEMA)) is None:
            raise Problem("approval_needed", f"No answer about `{tool}` was heard, so it was not done.", remedy="Call it again to be asked again.")
        _require(tool, is_approved=is_approved)
        return None
    if not context.session.can_send_request:
        raise _not_approved(tool, asked.reason)
    _check(await context.session.elicit_form(message, _SCHEMA, related_request_id=context.request_id), tool)
    return None


def _is_for(given: str | None, wanted: _State) -> bool:
    """The boundary has checked the seal; here it must be about the same call of the same user, and not too old."""
    try:
        state = msgspec.json.decode(given or "", type=_State)
    except msgspec.DecodeError:
        return False
    return (state.user, state.fingerprint) == (wanted.user, wanted.fingerprint) and state.until > time.time()


def _check(answer: object, tool: str) -> None:
    _require(tool, is_approved=isinstance(answer, ElicitResult) and relay.is_yes(answer.model_dump()))


def _require(tool: str, *, is_approved: bool) -> None:
    if not is_approved:
        raise Problem("approval_needed", f"The user refused `{tool}`. It was not done.", remedy="Do not try it again unless the user asks for it.")


def _not_approved(tool: str, reason: str) -> Problem:
    return Problem(
        "approval_needed", f"`{tool}` needs your approval. {reason}", remedy=f"Do it in the browser at {settings().base_url}/apis, or in a chat there."
    )

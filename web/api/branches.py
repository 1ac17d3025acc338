"""A chat's tree of messages: edit one, turn to another branch, carry one on in a new chat, rate, delete."""

from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from agent.actor import require_scope
from agent.conversation import branches, chats
from agent.conversation.branches import Removed, Verdict
from agent.conversation.chats import Chat, StoredMessage
from agent.runs import loop
from web.api.request import ApiRequest
from web.auth import signed_in


class EditRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`provider` and `model` as in `POST /chat`."""

    message: str
    provider: str | None = None
    model: str | None = None


class AnswerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without a `provider` the model answers that answered before."""

    provider: str | None = None
    model: str | None = None


class BranchChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    message_id: UUID


class Branch(msgspec.Struct, frozen=True):
    """The message at which the branch that is shown ends."""

    leaf_id: UUID


class Rating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    verdict: Verdict
    note: str = ""


@get("/chats/{chat_id:uuid}/messages/{message_id:uuid}", guards=[signed_in], summary="One message", tags=["chats"])
async def get_message(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> StoredMessage:
    """Of any branch. `versions` are the messages in its place: edits, or answers given again."""
    return await chats.message(request.user, chat_id, message_id)


@post("/chats/{chat_id:uuid}/messages/{message_id:uuid}/edit", guards=[signed_in], status_code=202, summary="Say it differently", tags=["chats"])
async def edit_message(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID], data: JSONBody[EditRequest]) -> chats.Started:
    """A new branch beside the message, with its own answer; nothing is lost. Follow the run at `/runs/{run_id}/events`."""
    require_scope(request.user, "write")
    return await loop.edit(request.app.state.hub, request.user, chat_id, message_id, data.message, provider=data.provider, model=data.model)


@post("/chats/{chat_id:uuid}/messages/{message_id:uuid}/answer", guards=[signed_in], status_code=202, summary="Answer it again", tags=["chats"])
async def answer_message(
    request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID], data: JSONBody[AnswerRequest | None] = None
) -> chats.Started:
    """A new answer to this message, or beside this answer, also by another model; the earlier ones stay."""
    require_scope(request.user, "write")
    wish = data or AnswerRequest()
    return await loop.answer_again(request.app.state.hub, request.user, chat_id, message_id, provider=wish.provider, model=wish.model)


@post("/runs/{run_id:uuid}/continue", guards=[signed_in], status_code=202, summary="Let an answer go on", tags=["chat"])
async def continue_run(request: ApiRequest, run_id: FromPath[UUID]) -> chats.Started:
    """One that was stopped, failed or reached its length limit is written on in its own message, by a new run; 409 where there is nothing to go on from."""
    require_scope(request.user, "write")
    return await loop.carry_on(request.app.state.hub, request.user, run_id)


@put("/chats/{chat_id:uuid}/branch", guards=[signed_in], summary="Turn to another branch", tags=["chats"])
async def choose_branch(request: ApiRequest, chat_id: FromPath[UUID], data: JSONBody[BranchChoice]) -> Branch:
    """The newest branch through this message is shown from now on, and new messages follow it."""
    require_scope(request.user, "write")
    return Branch(await branches.choose(request.user, chat_id, data.message_id))


@post("/chats/{chat_id:uuid}/messages/{message_id:uuid}/fork", guards=[signed_in], summary="Carry on in a new chat", tags=["chats"])
async def fork_chat(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Chat:
    """With a copy of everything up to this message."""
    require_scope(request.user, "write")
    return await branches.fork(request.user, chat_id, message_id)


@put("/chats/{chat_id:uuid}/messages/{message_id:uuid}/rating", guards=[signed_in], summary="Rate an answer", tags=["chats"])
async def rate_message(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID], data: JSONBody[Rating]) -> StoredMessage:
    """Up or down, with a note if you like; kept in the message's `metadata.rating`."""
    require_scope(request.user, "write")
    return await branches.rate(request.user, chat_id, message_id, data.verdict, data.note)


@delete("/chats/{chat_id:uuid}/messages/{message_id:uuid}/rating", guards=[signed_in], status_code=200, summary="Take a rating back", tags=["chats"])
async def unrate_message(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> StoredMessage:
    """As if it had never been rated."""
    require_scope(request.user, "write")
    return await branches.rate(request.user, chat_id, message_id, None)


@delete("/chats/{chat_id:uuid}/messages/{message_id:uuid}", guards=[signed_in], status_code=200, summary="Delete a message", tags=["chats"])
async def delete_message(request: ApiRequest, chat_id: FromPath[UUID], message_id: FromPath[UUID]) -> Removed:
    """With everything that follows it, in every branch."""
    require_scope(request.user, "write")
    return await branches.remove(request.user, chat_id, message_id)


ROUTES = (get_message, edit_message, answer_message, continue_run, choose_branch, fork_chat, rate_message, unrate_message, delete_message)

"""The library of prompts."""

from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from agent.actor import require_scope
from agent.conversation import prompts
from agent.conversation.prompts import Filled, Prompt, Version
from agent.paging import Page
from web.api.request import ApiRequest
from web.auth import signed_in


class PromptWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`text` may hold `{{variables}}`, also with a default: `{{period|today}}`."""

    name: str
    text: str
    is_shared: bool | None = None


class PromptChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None = None
    text: str | None = None
    is_shared: bool | None = None


class Values(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variables: dict[str, str] = {}


@get("/prompts", guards=[signed_in], summary="My prompts and shared ones", tags=["prompts"])
async def list_prompts(request: ApiRequest, q: FromQuery[str] = "", limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None) -> Page[Prompt]:
    """Newest first; `q` is a part of the name."""
    return await prompts.list_(request.user, query=q, limit=limit, cursor=cursor)


@post("/prompts", guards=[signed_in], summary="Save a prompt", tags=["prompts"])
async def save_prompt(request: ApiRequest, data: JSONBody[PromptWish]) -> Prompt:
    """Under a name; the same name again makes a new version."""
    require_scope(request.user, "write")
    return await prompts.save(request.user, data.name, data.text, is_shared=data.is_shared)


@get("/prompts/{prompt_id:uuid}", guards=[signed_in], summary="One prompt", tags=["prompts"])
async def get_prompt(request: ApiRequest, prompt_id: FromPath[UUID]) -> Prompt:
    """With the variables that it asks for."""
    return await prompts.get(request.user, prompt_id)


@put("/prompts/{prompt_id:uuid}", guards=[signed_in], summary="Change a prompt", tags=["prompts"])
async def change_prompt(request: ApiRequest, prompt_id: FromPath[UUID], data: JSONBody[PromptChange]) -> Prompt:
    """Leaves out what is not named; another text is a new version."""
    require_scope(request.user, "write")
    return await prompts.update(request.user, prompt_id, name=data.name, text=data.text, is_shared=data.is_shared)


@delete("/prompts/{prompt_id:uuid}", guards=[signed_in], summary="Delete a prompt", tags=["prompts"])
async def delete_prompt(request: ApiRequest, prompt_id: FromPath[UUID]) -> None:
    """With its versions."""
    require_scope(request.user, "write")
    await prompts.delete(request.user, prompt_id)


@get("/prompts/{prompt_id:uuid}/versions", guards=[signed_in], summary="A prompt's versions", tags=["prompts"])
async def list_versions(request: ApiRequest, prompt_id: FromPath[UUID]) -> Page[Version]:
    """Newest first; for its owner."""
    return Page(await prompts.versions(request.user, prompt_id))


@post(
    "/prompts/{prompt_id:uuid}/versions/{version:int}/restore",
    guards=[signed_in],
    status_code=200,
    summary="Take an earlier version up again",
    tags=["prompts"],
)
async def restore_version(request: ApiRequest, prompt_id: FromPath[UUID], version: FromPath[int]) -> Prompt:
    """Its text becomes the newest version."""
    require_scope(request.user, "write")
    return await prompts.restore(request.user, prompt_id, version)


@post(
    "/prompts/{prompt_id:uuid}/fill",
    guards=[signed_in],
    status_code=200,
    summary="A prompt's text with its variables put in",
    tags=["prompts"],
    opt={"asks": True},
)
async def fill_prompt(request: ApiRequest, prompt_id: FromPath[UUID], data: JSONBody[Values]) -> Filled:
    """Says which variables are missing. `POST /chat` takes `prompt` and `variables` itself."""
    require_scope(request.user, "read")
    return prompts.fill(await prompts.get(request.user, prompt_id), data.variables)


ROUTES = (list_prompts, save_prompt, get_prompt, change_prompt, delete_prompt, list_versions, restore_version, fill_prompt)

"""The library of prompts: a list, one prompt with its versions, and filling its variables in; and what the message box offers while one types."""

import re
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent.conversation import mentions, prompts
from agent.conversation.mentions import Offer
from agent.conversation.prompts import Variable
from agent.errors import Problem
from web.pages import look
from web.pages.search import commands
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor
from web.render import formats

_MOST_OFFERED = 8


class PromptOffer(msgspec.Struct, frozen=True):
    """A prompt as the message box takes it up."""

    name: str
    text: str
    variables: list[Variable]
    owner: str | None


class CommandOffer(msgspec.Struct, frozen=True):
    """Something to say: what it does, and the words for it."""

    title: str
    text: str


class Offers(msgspec.Struct, frozen=True):
    prompts: list[PromptOffer] = []
    commands: list[CommandOffer] = []
    mentions: list[Offer] = []


@get("/prompts")
async def list_prompts(request: PageRequest, q: FromQuery[str] = "") -> Template:
    return await _list(request, q=q)


@post("/prompts", status_code=200)
async def save_prompt(request: PageRequest) -> Template | Redirect:
    form = await form_of(request)
    try:
        made = await prompts.save(signed_in_actor(request), form.get("name", ""), form.get("text", ""), is_shared=form.get("is_shared") == "yes")
    except Problem as problem:
        return await _list(request, problem=problem, draft=form)
    return see_other(f"/prompts/{made.id}?saved=true")


@get("/prompts/{prompt_id:uuid}")
async def show_prompt(request: PageRequest, prompt_id: FromPath[UUID], saved: FromQuery[bool] = False) -> Template:
    return await _one(request, prompt_id, saved=saved)


@post("/prompts/{prompt_id:uuid}", status_code=200)
async def change_prompt(request: PageRequest, prompt_id: FromPath[UUID]) -> Template | Redirect:
    form = await form_of(request)
    try:
        await prompts.update(
            signed_in_actor(request), prompt_id, name=form.get("name", ""), text=form.get("text", ""), is_shared=form.get("is_shared") == "yes"
        )
    except Problem as problem:
        if problem.code == "prompt_not_found":
            raise
        return await _one(request, prompt_id, problem=problem, draft=form)
    return see_other(f"/prompts/{prompt_id}?saved=true")


@post("/prompts/{prompt_id:uuid}/restore", status_code=200)
async def restore_prompt(request: PageRequest, prompt_id: FromPath[UUID]) -> Redirect:
    version = (await form_of(request)).get("version", "")
    await prompts.restore(signed_in_actor(request), prompt_id, int(version) if version.isdecimal() and len(version) < 9 else 0)
    return see_other(f"/prompts/{prompt_id}?saved=true")


@post("/prompts/{prompt_id:uuid}/delete", status_code=200)
async def delete_prompt(request: PageRequest, prompt_id: FromPath[UUID]) -> Redirect:
    await prompts.delete(signed_in_actor(request), prompt_id)
    return see_other("/prompts")


@post("/prompts/{prompt_id:uuid}/use", status_code=200)
async def use_prompt(request: PageRequest, prompt_id: FromPath[UUID]) -> Template:
    """The filled text, to be looked at and sent."""
    form = await form_of(request)
    found = await prompts.get(signed_in_actor(request), prompt_id)
    filled = prompts.fill(found, {one.name: form.get(f"var-{one.name}", "") for one in found.variables})
    return await _one(request, prompt_id, filled=filled.text, values=form)


@get("/offers")
async def offers(request: PageRequest, q: FromQuery[str] = "") -> Response[Offers]:
    """What fits what was typed after `/` or `@` in the message box."""
    actor, typed, language = signed_in_actor(request), q[:120], look.of(request).language
    if typed.startswith("@"):
        found = Offers(mentions=[_with_time(one, language) for one in await mentions.offers(actor, typed)])
    else:
        listed = await prompts.list_(actor, query=typed.removeprefix("/"), limit=_MOST_OFFERED)
        said = commands(language, re.findall(r"\w+", typed.lower()))
        found = Offers(
            prompts=[PromptOffer(one.name, one.text, one.variables, one.owner) for one in listed.items],
            commands=[CommandOffer(one.title, one.detail) for one in said[: _MOST_OFFERED - len(listed.items)]],
        )
    return Response(found, headers={"cache-control": "no-store"})


ROUTES = (list_prompts, save_prompt, show_prompt, change_prompt, restore_prompt, delete_prompt, use_prompt, offers)


def _with_time(offer: Offer, language: str) -> Offer:
    """Calls of one path look alike: when each was made tells them apart."""
    return msgspec.structs.replace(offer, detail=f"{offer.detail} · {formats.ago(offer.at, language=language)}") if offer.at else offer


async def _list(request: PageRequest, *, q: str = "", problem: Problem | None = None, draft: dict[str, str] | None = None) -> Template:
    found = await prompts.list_(signed_in_actor(request), query=q)
    return await page(
        request, "prompts.html", "prompts", status=problem.status if problem else 200, prompts=found.items, problem=problem, draft=draft or {}, query=q
    )


async def _one(request: PageRequest, prompt_id: UUID, *, problem: Problem | None = None, draft: dict[str, str] | None = None, **context: Any) -> Template:
    actor = signed_in_actor(request)
    found = await prompts.get(actor, prompt_id)
    history = await prompts.versions(actor, prompt_id) if found.is_own else []
    values: dict[str, Any] = {"saved": False, "filled": None, "values": {}, **context}
    return await page(
        request,
        "prompt.html",
        "prompts",
        status=problem.status if problem else 200,
        prompt=found,
        versions=history,
        problem=problem,
        draft=draft or {},
        **values,
    )

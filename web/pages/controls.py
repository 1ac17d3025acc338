"""Forms of one API: what it forwards and keeps, pausing and stopping it, saved filters."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from agent import controls, endpoints
from agent.calls import call_filters
from agent.controls import ControlsChange, Header
from agent.endpoints import EndpointChange, Status
from agent.errors import Problem
from agent.recorder import PathFilter, Policy, Secrets
from web.pages.apis import api_page
from web.pages.shell import PageRequest, form_of, see_other, signed_in_actor

_STATES: dict[str, Status] = {"resume": "ACTIVE", "pause": "REVIEW", "stop": "INACTIVE"}
_POLICIES: dict[str, Policy] = {"encrypt": "encrypt", "mask": "mask", "drop": "drop"}


@post("/apis/{slug:str}/controls", status_code=200)
async def change_controls(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    try:
        await controls.update(actor, found.id, _wish(form))
    except Problem as problem:
        return await api_page(request, found, "settings", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=settings")


@post("/apis/{slug:str}/state", status_code=200)
async def change_state(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    """Pause, stop or resume."""
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    try:
        if form.get("do") not in _STATES:
            raise Problem("bad_request", "Pause, stop or resume?")
        await endpoints.update(actor, found.id, EndpointChange(status=_STATES[form["do"]]))
    except Problem as problem:
        return await api_page(request, found, "live", problem=problem)
    return see_other(f"/apis/{found.slug}")


@post("/apis/{slug:str}/filters", status_code=200)
async def save_filter(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    query = form.get("q", "")
    try:
        await call_filters.save(actor, form.get("name", ""), query, found.id)
    except Problem as problem:
        return await api_page(request, found, "live", {"q": query, "status": "", "method": ""}, problem=problem)
    return see_other(f"/apis/{found.slug}")


@post("/apis/{slug:str}/filters/{filter_id:uuid}/delete", status_code=200)
async def delete_filter(request: PageRequest, slug: FromPath[str], filter_id: FromPath[UUID]) -> Redirect:
    await call_filters.forget(signed_in_actor(request), filter_id)
    return see_other(f"/apis/{slug}")


ROUTES = (change_controls, change_state, save_filter, delete_filter)


def _wish(form: dict[str, str]) -> ControlsChange:
    """Raises invalid_arguments for what is no number."""
    policies = {place: _POLICIES.get(form.get(f"secrets_{place}", ""), "encrypt") for place in ("headers", "cookies", "query", "body")}
    return ControlsChange(
        timeout_s=_number(form, "timeout_s", 3600),
        body_limit=int(_number(form, "body_limit", controls.MAX_BODY_LIMIT)),
        rate_limit=int(_number(form, "rate_limit", 1_000_000)),
        allowed_methods=_methods(form.get("allowed_methods", "")),
        sampling=_number(form, "sampling", 100, 100) / 100,
        paths=PathFilter(_lines(form, "include"), _lines(form, "exclude")),
        secrets=msgspec.convert({**policies, "names": _lines(form, "names")}, Secrets),
        rewrite_location=form.get("rewrite_location") == "yes",
        mock_when_down=form.get("mock_when_down") == "yes",
        inject_headers=_headers(form),
    )  # fmt: skip


def _number(form: dict[str, str], name: str, most: float, default: float = 0) -> float:
    text = form.get(name, "").strip().replace(",", ".")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise Problem("invalid_arguments", f"`{text[:40]}` is no number from 0 to {most:,.0f}.", field=name)
    return value


def _methods(text: str) -> list[str]:
    found = text.replace(",", " ").split()
    if wrong := [method for method in found if not method.isascii() or not method.isalpha() or len(method) > 20]:
        raise Problem("invalid_arguments", f"`{wrong[0][:40]}` is no method.", field="allowed_methods")
    return found[:30]


def _lines(form: dict[str, str], name: str) -> tuple[str, ...]:
    lines = (line.strip()[:200] for line in form.get(name, "").splitlines())
    return tuple(line for line in lines if line)[:50]


def _headers(form: dict[str, str]) -> list[Header]:
    """`Name: value` a line; a name alone keeps the stored value."""
    found: list[Header] = []
    for line in _lines(form, "inject_headers"):
        name, colon, value = line.partition(":")
        text: Any = value.strip()
        found.append(Header(name.strip(), text if colon and text and not text.startswith("••••") else None))
    return found[:20]

"""One captured call: its page with secrets hidden, revealed by a logged click, copied, sent again, compared with another."""

from itertools import zip_longest
from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent.accounts import audit
from agent.actor import Actor
from agent.calls import bodies, call_copies, captures, comparing, resending
from agent.calls.captures import CallDetail, Filter
from agent.calls.resending import READS, Edits
from agent.errors import Problem
from agent.spec.secrets import marks
from web.pages import call_views
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor

Side = Literal["request", "response"]
_ALIKE = 20
_LOOKED_AT = 200


@get("/calls/{call_id:uuid}")
async def show_call(request: PageRequest, call_id: FromPath[UUID], sent: FromQuery[UUID | None] = None) -> Template:
    """`sent`: the call that this one was sent again from."""
    actor = signed_in_actor(request)
    return await _page(request, actor, await captures.get(actor, call_id, masked=True), sent_from=sent)


@post("/calls/{call_id:uuid}/reveal", status_code=200)
async def reveal(request: PageRequest, call_id: FromPath[UUID]) -> Template:
    """The same page with its secrets, once; the audit log knows."""
    actor = signed_in_actor(request)
    call = await captures.get(actor, call_id)
    await audit.record("CALL_REVEALED", actor=actor, resource="CALL", resource_id=call_id)
    return await _page(request, actor, call, is_revealed=True)


@post("/calls/{call_id:uuid}/resend", status_code=200)
async def resend(request: PageRequest, call_id: FromPath[UUID]) -> Template | Redirect:
    """Send it again with the form's edits; what was left masked goes as it was captured."""
    actor, form = signed_in_actor(request), await form_of(request)
    shown = await captures.get(actor, call_id, masked=True)
    try:
        sent = await resending.send(actor, call_id, _edits(form, shown, await captures.get(actor, call_id)))
    except Problem as problem:
        return await _page(request, actor, shown, problem=problem, draft={name: form.get(name, "") for name in ("method", "url", "headers", "body")})
    return see_other(f"/calls/{sent.id}?sent={call_id}")


@get("/calls/{call_id:uuid}/compare")
async def compare(request: PageRequest, call_id: FromPath[UUID], other: FromQuery[UUID]) -> Template:
    actor = signed_in_actor(request)
    left, right = await captures.get(actor, other, masked=True), await captures.get(actor, call_id, masked=True)
    return await page(request, "compare.html", "apis", left=left, right=right, found=[], compared=comparing.compare(left, right))


@get("/calls/{call_id:uuid}/image/{side:str}")
async def image(request: PageRequest, call_id: FromPath[UUID], side: FromPath[Side]) -> Response[bytes]:
    """A captured picture, which browsers are told to take as nothing else."""
    call = await captures.get(signed_in_actor(request), call_id)
    body = call.request_body if side == "request" else call.response_body
    if body.kind != "image":
        raise Problem("not_found", "There is no picture here.")
    return _bytes(body.data, body.media_type.split(";")[0].strip(), "inline")


@get("/calls/{call_id:uuid}/body/{side:str}")
async def body(request: PageRequest, call_id: FromPath[UUID], side: FromPath[Side]) -> Response[bytes]:
    """The kept bytes, decoded, as a file. Logged: they may have secrets in them."""
    actor = signed_in_actor(request)
    data = await captures.raw_body(actor, call_id, side)
    await audit.record("CALL_REVEALED", actor=actor, resource="CALL", resource_id=call_id)
    return _bytes(data, "application/octet-stream", f'attachment; filename="{call_id}-{side}.bin"')


ROUTES = (show_call, reveal, resend, compare, image, body)


async def _page(request: PageRequest, actor: Actor, call: CallDetail, **more: Any) -> Template:
    problem: Problem | None = more.get("problem")
    context: dict[str, Any] = {
        "is_revealed": False, "sent_from": None, "draft": None, "copies": {kind: call_copies.copy(call, kind) for kind in call_copies.COPIES},
        "graphql": call_views.graphql(call), "events": call_views.events(call), "alike": await _alike(actor, call), "reads": READS, **more,
    }  # fmt: skip
    return await page(request, "call.html", "apis", status=problem.status if problem else 200, call=call, **context)


async def _alike(actor: Actor, call: CallDetail) -> list[captures.CallSummary]:
    """Newest calls of the same operation, to compare with."""
    line = call.summary
    found = await captures.search(actor, Filter(endpoint_id=line.endpoint_id, method=line.method), limit=_LOOKED_AT)
    return [one for one in found.items if one.id != line.id and captures.shape(one.path) == captures.shape(line.path)][:_ALIKE]


def _edits(form: dict[str, str], shown: CallDetail, real: CallDetail) -> Edits:
    """Lines that were left as they were shown stand for what was captured."""
    hidden = dict(zip((f"{name}: {value}" for name, value in shown.request_headers), real.request_headers, strict=True))
    lines = [line.strip() for line in form.get("headers", "").splitlines() if line.strip()]
    headers = [hidden.get(line) or _pair(line) for line in lines]
    url, text = form.get("url", "").strip(), form.get("body", "").replace("\r\n", "\n")
    is_as_shown = text == (shown.request_body.text or "").replace("\r\n", "\n")
    return Edits(
        method=form.get("method") or None,
        url=None if url in ("", shown.target) else _unhidden_query(url, shown.target, real.target),
        headers=headers,
        body=None if is_as_shown else _unhidden_text(text, shown.request_body.text or "", real.request_body.text or ""),
        confirm=form.get("confirm") == "yes",
    )


def _unhidden_query(edited: str, shown: str, real: str) -> str:
    """Parameters that were left hidden, with what was captured."""
    hidden = {one: other for one, other in zip(shown.partition("?")[2].split("&"), real.partition("?")[2].split("&"), strict=False) if one != other}
    path, mark, query = edited.partition("?")
    return path + mark + "&".join(hidden.get(part, part) for part in query.split("&"))


def _unhidden_text(edited: str, shown: str, real: str) -> str:
    """The same for JSON: a value that is hidden still, at its place, stands for what was captured there."""
    values = [bodies.as_json(text.encode()) for text in (edited, shown, real)]
    if any(value is None for value in values):
        return edited
    found = _unhidden(*values)
    return edited if found == values[0] else msgspec.json.encode(found).decode()


def _unhidden(edited: object, shown: object, real: object) -> object:
    match edited, shown, real:
        case dict(), dict(), dict():
            return {key: _unhidden(value, shown.get(key), real.get(key)) for key, value in edited.items()}
        case list(), list(), list():
            return [_unhidden(value, *pair) for value, pair in zip_longest(edited, zip(shown, real, strict=False), fillvalue=(None, None))][: len(edited)]
        case str(), _, _ if edited == shown and marks.MARK in edited:
            return real
        case _:
            return edited


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _bytes(data: bytes, media_type: str, disposition: str) -> Response[bytes]:
    headers = {
        "content-disposition": disposition,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "no-store",
    }
    return Response(data, media_type=media_type, headers=headers)

"""The documentation of one API as its owner works on it: why it says what it says, pins, what was left out, words, drift from a document."""

from typing import Any
from urllib.parse import quote

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent import endpoints
from agent.documents import curation, docs, evidence
from agent.documents.curation import Text
from agent.errors import Problem
from agent.spec.decisions import Words
from web.pages.apis import Asked, api_page
from web.pages.shell import PageRequest, form_of, page, see_other, signed_in_actor


@get("/apis/{slug:str}/evidence")
async def why(request: PageRequest, slug: FromPath[str], operation: FromQuery[str] = "", place: FromQuery[str] = "") -> Template:
    """The calls in which a field or a parameter was there, null or missing."""
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    known = await evidence.of_place(actor, found.id, operation, place)
    return await page(request, "evidence.html", "apis", endpoint=found, evidence=known)


@post("/apis/{slug:str}/templates", status_code=200)
async def pin(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    """Pin a template, reject it, or take that back."""
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    template, verdict = form.get("template", ""), form.get("verdict", "keep")
    try:
        if verdict == "forget":
            await curation.unpin(actor, found.id, template)
        else:
            await curation.pin(actor, found.id, template, "reject" if verdict == "reject" else "keep")
    except Problem as problem:
        return await api_page(request, found, "endpoints", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=endpoints")


@post("/apis/{slug:str}/left-out", status_code=200)
async def put_back(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    """Take something that was left out into the documents."""
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    try:
        await curation.put_back(actor, found.id, form.get("path", ""))
    except Problem as problem:
        return await api_page(request, found, "endpoints", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=endpoints")


@post("/apis/{slug:str}/words", status_code=200)
async def words(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    """One's own words for an operation and for what is in it. What was left as it is, is not taken for one's own."""
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    operation = form.get("operation", "")
    change, taken_back = _words(form)
    try:
        await curation.edit(actor, found.id, operation, change, taken_back=taken_back)
    except Problem as problem:
        return await api_page(request, found, "docs", problem=problem, asked=Asked(operation if problem.code == "invalid_arguments" else ""))
    return see_other(f"/apis/{found.slug}?tab=docs&operation={quote(operation)}")


@post("/apis/{slug:str}/drift", status_code=200)
async def drift(request: PageRequest, slug: FromPath[str]) -> Template:
    """Compare what was heard with an OpenAPI document from the form."""
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    file: Any = (await request.form()).get("file")
    try:
        compared = await docs.drift(actor, found.id, await file.read() if hasattr(file, "read") else b"")
    except Problem as problem:
        return await api_page(request, found, "changes", problem=problem)
    return await api_page(request, found, "changes", drift=compared, drift_from=str(getattr(file, "filename", "") or "")[:120])


ROUTES = (why, pin, put_back, words, drift)


def _words(form: dict[str, str]) -> tuple[Words, tuple[Text, ...]]:
    """Only what differs from what the form came with."""

    def changed(name: str) -> str | None:
        text = form.get(name, "").replace("\r\n", "\n").strip()
        return text if name in form and text != form.get(f"was:{name}", "").replace("\r\n", "\n").strip() else None

    def those(kind: str) -> dict[str, str]:
        return {name.removeprefix(kind): text for name in form if name.startswith(kind) and (text := changed(name)) is not None}

    texts: tuple[Text, ...] = ("summary", "description")
    taken_back: tuple[Text, ...] = tuple(name for name in texts if changed(name) == "")
    return Words(changed("summary") or "", changed("description") or "", those("parameter:"), those("field:")), taken_back

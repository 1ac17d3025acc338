"""The APIs, one API with its tabs, one captured call, the evidence panel, documents to download."""

import asyncio
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from agent import controls, endpoints
from agent.calls import call_charts, call_filters, capture_search, captures, imports
from agent.calls.imports import ImportReport
from agent.documents import curation, discovery, docs, versions
from agent.endpoints import TRANSITIONS, Endpoint, EndpointChange, Status
from agent.errors import Problem
from agent.spec.decisions import Words, key_of
from agent.tools import invoke, recordings
from agent.tools.endpoints import ENDPOINT_PRICE
from agent.tools.registry import Context
from web import uploads
from web.pages import contents, look, reference
from web.pages.published import READ_AT_ONCE
from web.pages.shell import LIVE_CALLS, PageRequest, Panel, calls_panel, form_of, open_panel, page, see_other, signed_in_actor
from web.render import catalogue, charts, formats

Tab = Literal["live", "endpoints", "docs", "changes", "connect", "settings"]


class Asked(msgspec.Struct, frozen=True):
    """What of the documentation is wanted: one operation, those that have some words, those heard once only, or all as one text."""

    operation: str = ""
    find: str = ""
    only_once: bool = False
    whole: bool = False


_NOTHING = Asked()


@get("/apis")
async def list_apis(request: PageRequest, cursor: FromQuery[str | None] = None) -> Template:
    return await _list(request, cursor=cursor)


@post("/apis", status_code=200)
async def create(request: PageRequest) -> Template | Redirect:
    """The same as the tool `endpoint_create`, with its price."""
    actor, form = signed_in_actor(request), await form_of(request)
    wanted = form.get("destination_url", "")
    try:
        made = await invoke.invoke(Context(actor), "endpoint_create", {"destination_url": wanted})
    except Problem as problem:
        return await _list(request, draft=wanted, problem=problem)
    return see_other(f"/apis/{made.data.slug}")


@post("/recordings", status_code=200)
async def begin(request: PageRequest) -> Template:
    """An API for a recording, at the price of one; the page says what became of the file."""
    actor = signed_in_actor(request)
    files = await uploads.uploaded(request, "file")
    try:
        begun = await recordings.begin(Context(actor), files[0][1] if files else b"")
    except Problem as problem:
        return await _list(request, problem=problem)
    return await api_page(request, begun.endpoint, "docs", report=begun.report)


@get("/apis/{slug:str}")
async def show_api(
    request: PageRequest,
    slug: FromPath[str],
    tab: FromQuery[Tab] = "live",
    q: FromQuery[str] = "",
    status: FromQuery[str] = "",
    method: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
    newer: FromQuery[str | None] = None,
    operation: FromQuery[str] = "",
    find: FromQuery[str] = "",
    heard: FromQuery[Literal["", "once"]] = "",
    whole: FromQuery[bool] = False,
) -> Template:
    """`cursor`: the calls before one; `newer`: those after one; `find` and `heard`: of the documentation only that; `whole`: as one long text."""
    found = await endpoints.find(signed_in_actor(request), slug)
    asked = Asked(operation, find[:200], heard == "once", whole)
    return await api_page(request, found, tab, {"q": q, "status": status, "method": method}, cursor, asked=asked, newer=newer)


@post("/apis/{slug:str}/docs", status_code=200)
async def document(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    try:
        await docs.generate(actor, found.id)
    except Problem as problem:
        return await api_page(request, found, "docs", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=docs")


@post("/apis/{slug:str}/settings", status_code=200)
async def change(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    actor, form = signed_in_actor(request), await form_of(request)
    found = await endpoints.find(actor, slug)
    try:
        await endpoints.update(actor, found.id, _change(form))
    except Problem as problem:
        return await api_page(request, found, "settings", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=settings")


@post("/apis/{slug:str}/delete", status_code=200)
async def delete(request: PageRequest, slug: FromPath[str]) -> Redirect:
    actor = signed_in_actor(request)
    await endpoints.delete(actor, (await endpoints.find(actor, slug)).id)
    return see_other("/apis")


@post("/apis/{slug:str}/import", status_code=200)
async def import_recording(request: PageRequest, slug: FromPath[str]) -> Template:
    """A capture file from the form; the page says what became of it."""
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    file: Any = (await request.form()).get("file")
    data = await file.read() if hasattr(file, "read") else b""
    try:
        report = await imports.import_file(actor, found.id, data)
    except Problem as problem:
        return await api_page(request, found, "connect", problem=problem)
    return await api_page(request, await endpoints.get(actor, found.id), "connect", report=report)


@post("/apis/{slug:str}/describe", status_code=200)
async def describe(request: PageRequest, slug: FromPath[str]) -> Template | Redirect:
    """An OpenAPI document from the form, so that the API can be called before anything was captured."""
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    file: Any = (await request.form()).get("file")
    try:
        await docs.give(actor, found.id, await file.read() if hasattr(file, "read") else b"")
    except Problem as problem:
        return await api_page(request, found, "connect", problem=problem)
    return see_other(f"/apis/{found.slug}?tab=docs")


@get("/panel")
async def panel(request: PageRequest, show: FromQuery[str], at: FromQuery[str] = "/") -> Template:
    """The evidence panel alone, for a script of ours."""
    opened = await open_panel(signed_in_actor(request), show, at=at if at.startswith("/") else "/", language=look.of(request).language)
    return Template("parts/panel_only.html", context={"panel": opened}, headers={"cache-control": "no-store"})


ROUTES = (list_apis, create, begin, show_api, document, change, delete, import_recording, describe, panel)


async def _list(request: PageRequest, *, cursor: str | None = None, draft: str = "", problem: Problem | None = None) -> Template:
    found = await endpoints.list_(signed_in_actor(request), cursor=cursor)
    status = problem.status if problem else 200
    return await page(request, "apis.html", "apis", status=status, endpoints=found.items, next=found.next, price=ENDPOINT_PRICE, draft=draft, problem=problem)


async def api_page(
    request: PageRequest,
    endpoint: Endpoint,
    tab: Tab,
    filter: dict[str, str] | None = None,
    cursor: str | None = None,
    problem: Problem | None = None,
    report: ImportReport | None = None,
    asked: Asked = _NOTHING,
    newer: str | None = None,
    **more: Any,
) -> Template:
    """One tab of an API's page."""
    actor = signed_in_actor(request)
    wanted = filter or {"q": "", "status": "", "method": ""}
    context: dict[str, Any] = {
        "endpoint": endpoint,
        "tab": tab,
        "filter": wanted,
        "filtered": any(wanted.values()) or bool(cursor or newer),
        "next": None,
        "newer": None,
        "unreadable": False,
        "report": report,
        "docs": None,
        "document": "",
        "contents": None,
        "tried": None,
        "reference": None,
        "drift": None,
        "versions": [],
        **more,
    }
    if tab == "live":
        try:
            context |= await _live(request, endpoint, wanted, cursor, newer)
        except Problem as unreadable:
            problem, context["unreadable"] = problem or unreadable, True
            context |= await _live(request, endpoint, {"q": "", "status": "", "method": ""}, None)
    if tab in ("endpoints", "docs", "changes") and (made := await docs.latest(actor, endpoint.id)):
        context |= {"docs": made}
        context |= await _documented(request, endpoint, tab, asked) | more
    if tab == "settings":
        context |= {"allowed": TRANSITIONS[endpoint.status], "controls": await controls.get(actor, endpoint.id)}
    return await page(request, "api.html", "apis", status=problem.status if problem else 200, problem=problem, **context)


async def _documented(request: PageRequest, endpoint: Endpoint, tab: Tab, asked: Asked) -> dict[str, Any]:
    """What a tab shows of the documents: one operation, all of them as prose, the templates, or the drift from a document that was given."""
    actor = signed_in_actor(request)
    if tab == "docs" and asked.operation:
        spec, found = await curation.found_operation(actor, endpoint.id, asked.operation)
        edits = (await discovery.decisions(endpoint.id)).edits.get(key_of(found), Words())
        changes = tuple((version.version, change) for version in await versions.history(actor, endpoint.id, 3) for change in version.changes)
        return {"reference": reference.of(spec, found, endpoint.slug, edits, changes)}
    if tab == "docs":
        spec = await docs.spec_of(actor, endpoint.id)
        listed = await asyncio.to_thread(contents.of, spec, asked.find, only_once=asked.only_once) if spec else None
        is_read = asked.whole or (listed and listed.total <= READ_AT_ONCE and not (asked.find or asked.only_once))
        return {"contents": listed, "document": (await docs.get(actor, endpoint.id, "markdown")).text if is_read else ""}
    if tab == "endpoints":
        return {"curation": await curation.overview(actor, endpoint.id)}
    known = await versions.known(endpoint.id)
    drift = {"drift": await docs.drift(actor, endpoint.id), "drift_from": ""} if known.given and known.heard else {}
    return {"versions": await versions.history(actor, endpoint.id)} | drift


async def _live(request: PageRequest, endpoint: Endpoint, wanted: dict[str, str], cursor: str | None, newer: str | None = None) -> dict[str, Any]:
    """The newest calls, or those that the filter asks for; of older ones a page, with the way back to newer ones."""
    actor = signed_in_actor(request)
    chosen = {name: wanted[name] for name in ("status", "method") if wanted[name]}
    asked = msgspec.structs.replace(call_filters.parse(wanted["q"]), endpoint_id=endpoint.id, **chosen)
    before = await capture_search.search_newer(actor, asked, newer, limit=LIVE_CALLS) if newer else None
    if before and before.next:
        items, older, newer = before.items, capture_search.cursor_of(before.items[-1]), before.next
    else:
        found = await captures.search(actor, asked, limit=LIVE_CALLS, cursor=None if newer else cursor)
        items, older = found.items, found.next
        newer = capture_search.cursor_of(items[0]) if cursor and items and not before else None
    panel: Panel = msgspec.structs.replace(await calls_panel(actor, endpoint, where="page"), calls=items)
    kept = {k: v for k, v in wanted.items() if v}
    return {
        "panel_": panel,
        "next": f"/apis/{endpoint.slug}?{urlencode({**kept, 'cursor': older})}" if older else None,
        "newer": f"/apis/{endpoint.slug}?{urlencode({**kept, 'newer': newer})}" if newer else None,
        "newest": f"/apis/{endpoint.slug}?{urlencode(kept)}",
        "saved": await call_filters.saved(actor, endpoint.id),
        **await _chart(request, endpoint),
    }


async def _chart(request: PageRequest, endpoint: Endpoint) -> dict[str, Any]:
    """Pictures of the newest calls, for the period that the address asks for."""
    asked, language = request.query_params.get("period", ""), look.of(request).language
    period = msgspec.convert(asked, call_charts.Period) if asked in call_charts.PERIODS else await call_charts.fitting(endpoint.id)
    made = await call_charts.chart(endpoint.id, period)
    calls, errors = sum(bar.calls for bar in made.bars), sum(bar.errors for bar in made.bars)
    when = [formats.moment(bar.at, language) for bar in made.bars]
    heard, failed, latency = catalogue.say(language, "Calls"), catalogue.say(language, "failed"), catalogue.say(language, "Latency")
    counts = [
        charts.Column((("good", bar.calls - bar.errors), ("bad", bar.errors)), f"{at}: {bar.calls:,} · {failed} {bar.errors:,}")
        for at, bar in zip(when, made.bars, strict=True)
    ]
    titles = [
        f"{at}: p50 {formats.duration(bar.p50)} · p95 {formats.duration(bar.p95 or 0)}" if bar.p50 is not None else ""
        for at, bar in zip(when, made.bars, strict=True)
    ]
    slowest = max((bar.p95 for bar in made.bars if bar.p95 is not None), default=0.0)
    return {
        "chart": made, "periods": tuple(call_charts.PERIODS), "slowest": slowest,
        "calls_chart": charts.bars(counts, f"{heard}: {calls:,}; {failed}: {errors:,}"),
        "latency_chart": charts.lines((("p50", [bar.p50 for bar in made.bars]), ("p95", [bar.p95 for bar in made.bars])), titles, f"{latency}: p95 ≤ {formats.duration(slowest)}"),
        "chart_calls": calls, "chart_errors": errors, "chart_since": made.bars[0].at if made.bars else None,
    }  # fmt: skip


def _change(form: dict[str, str]) -> EndpointChange:
    """What differs from what the form showed: anything else may have been changed meanwhile, in another tab or by a chat."""
    shown = _shown(form)
    given = {name: _plain(form.get(name, "")) for name in ("name", "description", "environment", "tags", "is_public", "status")}
    changed = {name: value for name, value in given.items() if value != shown.get(name)}
    return EndpointChange(
        name=changed.get("name") or None,
        description=changed.get("description"),
        environment=changed.get("environment"),
        tags=[tag for part in changed["tags"].split(",") if (tag := part.strip())] if "tags" in changed else None,
        is_public=changed["is_public"] == "yes" if "is_public" in changed else None,
        status=msgspec.convert(changed["status"], Status) if changed.get("status") in TRANSITIONS else None,
    )


def _shown(form: dict[str, str]) -> dict[str, str]:
    """As the page wrote it beside its fields; nothing where a program fills in the form."""
    try:
        shown = msgspec.json.decode(form.get("shown", "{}"), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}
    return {name: _plain(value) for name, value in shown.items()}


def _plain(text: str) -> str:
    """Browsers send the ends of lines in their own way."""
    return text.replace("\r\n", "\n")

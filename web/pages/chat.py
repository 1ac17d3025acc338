"""The conversation: the start page, a chat, sending, stopping, answering again, approvals, and the tab's event stream."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
from jinja2 import Environment
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Stream, Template

from agent import approvals, chats, endpoints, keys, loop, runlog
from agent.actor import Actor
from agent.chats import Chat, StoredMessage
from agent.config import settings
from agent.endpoints import Endpoint
from agent.errors import Problem
from agent.events import Hub
from agent.runlog import State as RunState
from web.pages import look, stream
from web.pages.blocks import MessageView, message
from web.pages.shell import PageRequest, calls_panel, form_of, is_fragment, page, see_other, shell, signed_in_actor
from web.pages.stream import Answer, news, partial, replayed
from web.render import catalogue

_PACE = 0.08
_BEAT = 15.0
_ALL_EVENTS = 100_000


class Composer(msgspec.Struct, frozen=True):
    """The message box: where it sends to, the models to choose from, and what was refused."""

    chat_id: UUID | None
    choices: list[dict[str, str]]
    chosen: str
    limit: int
    run_id: UUID | None = None
    draft: str = ""
    problem: Problem | None = None


@get("/", name="start")
async def start(request: PageRequest) -> Template | Redirect:
    """A new chat, or the sign-in page for a stranger."""
    if request.user is None:
        return Redirect("/login", status_code=303)
    return await _start_page(request)


@post("/", status_code=200)
async def start_chat(request: PageRequest) -> Template | Redirect | Response[None]:
    """Send the first message of a new chat."""
    actor, form = signed_in_actor(request), await form_of(request)
    text = form.get("message", "")
    try:
        provider, model = _split(form.get("provider", ""))
        started = await loop.send(_hub(request), actor, text, provider=provider, model=model)
    except Problem as problem:
        if is_fragment(request):
            return _refused(problem)
        return await _start_page(request, draft=text, problem=problem)
    return _go(request, f"/c/{started.chat_session_id}")


@get("/c/{chat_id:uuid}")
async def show_chat(request: PageRequest, chat_id: FromPath[UUID]) -> Template:
    return await _chat_page(request, await chats.get(signed_in_actor(request), chat_id))


@post("/c/{chat_id:uuid}/messages", status_code=200)
async def send(request: PageRequest, chat_id: FromPath[UUID]) -> Template | Redirect | Response[str]:
    """Send a message. A script gets what to append to the page; a plain form the page again."""
    actor, form = signed_in_actor(request), await form_of(request)
    text = form.get("message", "")
    try:
        provider, model = _split(form.get("provider", ""))
        started = await loop.send(_hub(request), actor, text, chat_id=chat_id, provider=provider, model=model)
    except Problem as problem:
        if is_fragment(request):
            return _refused(problem)
        return await _chat_page(request, await chats.get(actor, chat_id), draft=text, problem=problem)
    if not is_fragment(request):
        return see_other(f"/c/{chat_id}")
    line = await chats.branch(chat_id, started.answer_id)
    draw = _drawing(request)
    asked = message(line[-2], own=settings().base_url, copy="")
    answer = await _answer(request, actor, line[-1], started.run_id, upto=0)
    html = draw("message", asked) + draw("message", answer.view)
    return Response(partial("#log", "beforeend", html) + _buttons(request, chat_id, started.run_id), media_type="text/html")


@post("/runs/{run_id:uuid}/stop", status_code=200)
async def stop(request: PageRequest, run_id: FromPath[UUID]) -> Redirect | Response[None]:
    state = await loop.stop(_hub(request), signed_in_actor(request), run_id)
    return Response(None, status_code=204) if is_fragment(request) else see_other(f"/c/{state.chat_session_id}")


@post("/runs/{run_id:uuid}/retry", status_code=200)
async def retry(request: PageRequest, run_id: FromPath[UUID]) -> Redirect:
    started = await loop.retry(_hub(request), signed_in_actor(request), run_id)
    return see_other(f"/c/{started.chat_session_id}")


@post("/approvals/{approval_id:uuid}", status_code=200)
async def decide(request: PageRequest, approval_id: FromPath[UUID]) -> Redirect | Response[Any]:
    """Approve or refuse what a card shows; edited arguments replace those asked for."""
    actor, form = signed_in_actor(request), await form_of(request)
    asked = await approvals.get(actor, approval_id)
    if asked.run_id is None:
        raise Problem("approval_not_found", "This approval belongs to no run.")
    decision: approvals.Decision = "approve" if form.get("decision") == "approve" else "refuse"
    try:
        edited = _arguments(form.get("arguments", ""), asked.arguments) if decision == "approve" else None
        await loop.decide(_hub(request), actor, asked.run_id, approval_id, decision, arguments=edited, reason=form.get("reason") or None)
    except Problem as problem:
        if is_fragment(request):
            return _refused(problem)
        raise
    return Response(None, status_code=204) if is_fragment(request) else see_other(f"/c/{asked.chat_session_id}" if asked.chat_session_id else "/needs-you")


@get("/needs-you")
async def needs_you(request: PageRequest) -> Template:
    return await page(request, "needs.html", "needs", approvals=await approvals.pending(signed_in_actor(request)))


@get("/chats")
async def list_chats(request: PageRequest, status: FromQuery[str] = "active", cursor: FromQuery[str | None] = None) -> Template:
    status = "archived" if status == "archived" else "active"
    found = await chats.list_(signed_in_actor(request), status=status, cursor=cursor)
    return await page(request, "chats.html", "chats", chats=found.items, next=found.next, listed=status)


@post("/c/{chat_id:uuid}/rename", status_code=200)
async def rename(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    await chats.rename(signed_in_actor(request), chat_id, (await form_of(request)).get("title", ""))
    return see_other(f"/c/{chat_id}")


@post("/c/{chat_id:uuid}/archive", status_code=200)
async def archive(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    actor = signed_in_actor(request)
    chat = await chats.get(actor, chat_id)
    await chats.archive(actor, chat_id, archived=chat.status == "active")
    return see_other("/chats")


@post("/c/{chat_id:uuid}/delete", status_code=200)
async def delete(request: PageRequest, chat_id: FromPath[UUID]) -> Redirect:
    await chats.delete(signed_in_actor(request), chat_id)
    return see_other("/")


@post("/ask", status_code=200)
async def ask(request: PageRequest) -> Template:
    """A new chat with a question about a thing in the box, for the user to finish."""
    form = await form_of(request)
    draft = f"explain call {form['call']}" if form.get("call") else f"show the calls of {form.get('about', '')}"
    return await _start_page(request, draft=draft)


@get("/stream")
async def follow(request: PageRequest, run: FromQuery[UUID | None] = None, live: FromQuery[str] = "", after: FromQuery[int] = 0) -> Stream:
    """The tab's event stream: a run's answer as pieces of the page, and the calls of the API that the page shows."""
    actor = signed_in_actor(request)
    resumed = request.headers.get("last-event-id", "")
    start_at = int(resumed) if resumed.isdigit() else max(after, 0)
    state = await runlog.get(actor, run) if run else None
    kind, _, slug = live.partition(":")
    watched = await endpoints.find(actor, slug) if kind in ("calls", "page") and slug else None
    headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
    return Stream(
        _pieces(request, actor, state, watched, start_at, where="page" if kind == "page" else "panel"), media_type="text/event-stream", headers=headers
    )


ROUTES = (start, start_chat, show_chat, send, stop, retry, decide, needs_you, list_chats, rename, archive, delete, ask, follow)


async def _pieces(request: PageRequest, actor: Actor, run: RunState | None, watched: Endpoint | None, after: int, *, where: str) -> AsyncIterator[bytes]:
    """One message at most every 80 ms, a comment after 15 seconds of silence, and the end when the run has ended."""
    hub, draw = _hub(request), _drawing(request)
    topics = [f"approvals:{actor.user_id}", *([f"run:{run.id}"] if run else []), *([f"calls:{watched.id}", f"endpoint:{watched.id}"] if watched else [])]
    answer = await _answer_of_run(request, actor, run, after) if run else None
    with hub.waiting(topics) as bell:
        yield b"retry: 500\n\n"
        shown = ""
        while not hub.is_closing:
            bell.clear()
            if answer and run:
                events = await runlog.since(run.id, answer.view.seq)
                if events:
                    yield await _told(request, actor, answer, run, events, draw)
                if answer.has_ended:
                    yield _message(str(run.id), event="ended")
                    return
            if watched:
                html = await _live_calls(request, actor, watched, where)
                if html != shown:
                    shown = html
                    yield _message(html)
            await asyncio.sleep(_PACE)
            if not bell.is_set():
                try:
                    await asyncio.wait_for(bell.wait(), _BEAT)
                except TimeoutError:
                    yield b": still here\n\n"


async def _told(request: PageRequest, actor: Actor, answer: Answer, run: RunState, events: list[runlog.Event], draw: stream.Draw) -> bytes:
    """One message of the stream for some events of the run."""
    if any(event.event == "tool.approval_requested" for event in events):
        answer.know(await approvals.pending(actor))
    html = news(answer, events, draw)
    kinds = {event.event for event in events}
    if kinds & {"chat.title", "tool.output", "tool.approval_requested", "tool.approval_resolved", runlog.END}:
        html += await _around(request, actor, run.chat_session_id)
    if answer.has_ended:
        html += _buttons(request, run.chat_session_id, None)
    said = _message(answer.said, event="said") if answer.said else b""
    answer.said = ""
    return _message(html, id=answer.view.seq) + said


async def _around(request: PageRequest, actor: Actor, chat_id: FromPath[UUID]) -> str:
    """The rail's parts that a run can change."""
    values = {"request": request, "shell": await shell(actor, "chats", chat_id)}
    chat = await chats.get(actor, chat_id)
    env = _environment(request)
    parts = {"#rail-chats": "parts/rail_chats.html", "#rail-credits": "parts/rail_credits.html", "[data-needs]": "parts/needs_count.html"}
    told = [partial(target, "innerHTML", env.get_template(name).render(values)) for target, name in parts.items()]
    return "".join(told) + (partial("#chat-title", "textContent", _escape(chat.title)) if chat.title else "")


async def _live_calls(request: PageRequest, actor: Actor, watched: Endpoint, where: str) -> str:
    panel = await calls_panel(actor, await endpoints.get(actor, watched.id), where=where)
    html = _environment(request).get_template("parts/live_calls.html").render(request=request, panel=panel)
    return partial(f"#live-{watched.id}", "outerMorph", html)


async def _answer_of_run(request: PageRequest, actor: Actor, run: RunState, after: int) -> Answer | None:
    if run.answer_message_id is None:
        return None
    line = await chats.branch(run.chat_session_id, run.answer_message_id)
    return await _answer(request, actor, line[-1], run.id, upto=after) if line else None


async def _answer(request: PageRequest, actor: Actor, stored: StoredMessage, run_id: UUID, *, upto: int | None) -> Answer:
    """The answer as a page has it that has come up to this event; None: as far as there are any."""
    language = look.of(request).language
    answer = Answer(stored, run_id, own=settings().base_url, copy=catalogue.say(language, "Copy"), approvals=await approvals.pending(actor))
    events = await runlog.since(run_id, 0, limit=_ALL_EVENTS)
    return replayed(answer, [event for event in events if upto is None or event.seq <= upto])


async def _chat_page(request: PageRequest, chat: Chat, *, draft: str = "", problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    active = await runlog.active(actor, chat.id)
    views = await _views(request, actor, chat.id, active)
    if views and views[-1].role == "assistant":
        views[-1].is_last = True
    composer = await _composer(look.of(request).language, actor, chat.id, chosen=_joined(chat.provider, chat.model), run_id=active.id if active else None, draft=draft, problem=problem)
    return await page(request, "chat.html", "chat", chat_id=chat.id, chat=chat, messages=views, composer=composer)


async def _views(request: PageRequest, actor: Actor, chat_id: UUID, active: RunState | None) -> list[MessageView]:
    copy = catalogue.say(look.of(request).language, "Copy")
    views: list[MessageView] = []
    for stored in await chats.messages(actor, chat_id):
        if active and stored.id == active.answer_message_id:
            views.append((await _answer(request, actor, stored, active.id, upto=None)).view)
        else:
            views.append(message(stored, own=settings().base_url, copy=copy))
    return views


async def _start_page(request: PageRequest, *, draft: str = "", problem: Problem | None = None) -> Template:
    actor = signed_in_actor(request)
    offered = await keys.providers(actor)
    language = look.of(request).language
    return await page(
        request, "chat.html", "new", chat=None, messages=[], starters=_starters(language), has_model=any(p.has_key and p.wire != "builtin" for p in offered),
        keyed_providers=[p for p in offered if p.requires_auth], composer=await _composer(language, actor, None, draft=draft, problem=problem),
    )  # fmt: skip


def _starters(language: str) -> list[tuple[str, str, str]]:
    """Messages to begin with: what is sent, what the button says, what it does."""
    return [
        (
            "capture the demo API",
            catalogue.say(language, "Capture the demo API"),
            catalogue.say(language, "A small shop inside this server: watch its calls arrive."),
        ),
        ("list my APIs", catalogue.say(language, "List my APIs"), catalogue.say(language, "Every API you capture, with calls and errors.")),
        (
            "what went wrong in the last failing call?",
            catalogue.say(language, "Explain the last failure"),
            catalogue.say(language, "Compared with the last call that worked."),
        ),
        ("what can you do?", catalogue.say(language, "What can you do?"), catalogue.say(language, "The verbs of the platform, in plain words.")),
    ]


async def _composer(
    language: str, actor: Actor, chat_id: UUID | None, *, chosen: str = "", run_id: UUID | None = None, draft: str = "", problem: Problem | None = None
) -> Composer:
    offered = [p for p in await keys.providers(actor) if p.has_key or p.wire == "builtin"]
    choices = [{"value": _joined(p.name, model), "label": catalogue.say(language, "Built-in guide") if p.wire == "builtin" else p.name if not model else f"{p.name} · {model}"} for p in offered for model in _models(p)]
    best = next((c["value"] for c in choices if not c["value"].startswith("builtin")), choices[0]["value"] if choices else "")
    known = {c["value"] for c in choices}
    return Composer(chat_id, choices, chosen if chosen in known else best, settings().message_limit, run_id, draft, problem)


def _models(provider: keys.Provider) -> list[str]:
    if provider.wire == "builtin":
        return [provider.default_model or "guide"]
    return list(dict.fromkeys([*([provider.default_model] if provider.default_model else []), *provider.models])) or [""]


def _joined(provider: str | None, model: str | None) -> str:
    return f"{provider or ''}|{model or ''}"


def _split(choice: str) -> tuple[str | None, str | None]:
    provider, _, model = choice.partition("|")
    return provider or None, model or None


def _arguments(text: str, asked: dict[str, Any]) -> dict[str, Any] | None:
    """Edited arguments, or None when they are those that were asked for. Raises invalid_json."""
    if not text.strip():
        return None
    try:
        edited = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Problem("invalid_json", "The edited arguments are not one JSON object.") from error
    return None if edited == asked else edited


def _buttons(request: PageRequest, chat_id: UUID, run_id: UUID | None) -> str:
    """Send or Stop, in the same place."""
    composer = Composer(chat_id, [], "", 0, run_id)
    html = (
        _environment(request)
        .from_string('{% import "parts/ui.html" as ui with context %}{% include "parts/send_or_stop.html" %}')
        .render(request=request, composer=composer)
    )
    return partial("#send-or-stop", "innerHTML", html) + partial("#composer-problem", "innerHTML", "")


def _refused(problem: Problem) -> Any:
    return Template("parts/refused.html", context={"found": problem}, status_code=problem.status)


def _go(request: PageRequest, path: str) -> Redirect | Response[None]:
    return Response(None, headers={"HX-Redirect": path}) if is_fragment(request) else see_other(path)


def _drawing(request: PageRequest) -> stream.Draw:
    """`draw(macro, …)`: a macro of the conversation's templates, for this visitor's language."""
    module = _environment(request).get_template("parts/blocks.html").make_module({"request": request})
    return lambda macro, *values: str(getattr(module, macro)(*values))


def _environment(request: PageRequest) -> Environment:
    engine: Any = request.app.template_engine
    return engine.engine


def _message(data: str, *, id: int | None = None, event: str = "") -> bytes:
    lines = [f"id: {id}"] if id is not None else []
    lines += [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in data.replace("\r", "").split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _hub(request: PageRequest) -> Hub:
    return request.app.state.hub

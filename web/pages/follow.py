"""The tab's one event stream: a run's answer as pieces of the page, and the calls of the API that the page shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream

from agent import approvals, chats, endpoints, runlog
from agent.actor import Actor
from agent.endpoints import Endpoint
from agent.runlog import State as RunState
from web.pages.drawing import answer, buttons, drawing, environment, hub_of
from web.pages.shell import PageRequest, calls_panel, shell, signed_in_actor
from web.pages.stream import Answer, news, partial

_PACE, _LIVE_PACE = 0.08, 0.25
_BEAT = 15.0
_ENDED = b"event: ended\n"


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


ROUTES = (follow,)


async def _pieces(request: PageRequest, actor: Actor, run: RunState | None, watched: Endpoint | None, after: int, *, where: str) -> AsyncIterator[bytes]:
    """Messages at a bounded pace, a comment after 15 seconds of silence, and the end when the run has ended."""
    hub = hub_of(request)
    topics = [f"approvals:{actor.user_id}", *([f"run:{run.id}"] if run else []), *([f"calls:{watched.id}", f"endpoint:{watched.id}"] if watched else [])]
    told = _told(request, actor, run, after)
    shown = ""
    with hub.waiting(topics) as bell:
        yield b"retry: 500\n\n"
        while not hub.is_closing:
            bell.clear()
            async for message in told():
                yield message
                if message.startswith(_ENDED):
                    return
            if watched and (html := await _live_calls(request, actor, watched, where)) != shown:
                shown = html
                yield _message(html)
            await asyncio.sleep(_PACE if run else _LIVE_PACE)
            try:
                await asyncio.wait_for(bell.wait(), _BEAT)
            except TimeoutError:
                yield b": still here\n\n"


def _told(request: PageRequest, actor: Actor, run: RunState | None, after: int) -> Callable[[], AsyncIterator[bytes]]:
    """What the run has said since the last time, as messages of the stream; the last one says that it has ended."""
    writing: list[Answer] = []

    async def since_last() -> AsyncIterator[bytes]:
        if run is None or run.answer_message_id is None:
            return
        if not writing:
            line = await chats.branch(run.chat_session_id, run.answer_message_id)
            writing.append(await answer(request, actor, line[-1], run.id, upto=after))
        while events := await runlog.since(run.id, writing[0].view.seq):
            yield await _message_of(request, actor, writing[0], run, events)
        if writing[0].has_ended:
            yield _message(str(run.id), event="ended")

    return since_last


async def _message_of(request: PageRequest, actor: Actor, writing: Answer, run: RunState, events: list[runlog.Event]) -> bytes:
    """One message of the stream for some events of the run."""
    if any(event.event == "tool.approval_requested" for event in events):
        writing.know(await approvals.pending(actor))
    html = news(writing, events, drawing(request))
    kinds = {event.event for event in events}
    if kinds & {"chat.title", "tool.output", "tool.approval_requested", "tool.approval_resolved", runlog.END}:
        html += await _around(request, actor, run.chat_session_id)
    if writing.has_ended:
        html += buttons(request, run.chat_session_id, None)
    said = _message(writing.said, event="said") if writing.said else b""
    writing.said = ""
    return _message(html, id=writing.view.seq) + said


async def _around(request: PageRequest, actor: Actor, chat_id: UUID) -> str:
    """The rail's parts that a run can change."""
    values = {"request": request, "shell": await shell(actor, "chats", chat_id)}
    chat = await chats.get(actor, chat_id)
    env = environment(request)
    parts = {"#rail-chats": "parts/rail_chats.html", "#rail-credits": "parts/rail_credits.html", "[data-needs]": "parts/needs_count.html"}
    told = [partial(target, "innerHTML", env.get_template(name).render(values)) for target, name in parts.items()]
    return "".join(told) + (partial("#chat-title", "textContent", _escape(chat.title)) if chat.title else "")


async def _live_calls(request: PageRequest, actor: Actor, watched: Endpoint, where: str) -> str:
    panel = await calls_panel(actor, await endpoints.get(actor, watched.id), where=where)
    html = environment(request).get_template("parts/live_calls.html").render(request=request, panel=panel)
    return partial(f"#live-{watched.id}", "outerMorph", html)


def _message(data: str, *, id: int | None = None, event: str = "") -> bytes:
    lines = [f"id: {id}"] if id is not None else []
    lines += [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in data.replace("\r", "").split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

"""The tab's one event stream: what is new in the chat that it shows, and the calls of the API beside it.

The page says how far it has come: its last message, and the last event of the run that writes it. It is sent what is missing, whoever
caused it: this tab, another one, another device, a program. A `line` replaces everything behind a message that both sides have, so
taking one twice does no harm; pieces of an answer carry the id `<run>:<event>`, so a page that has them leaves them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream

from agent import approvals, arrivals, endpoints, runlog
from agent.actor import Actor
from agent.billing import usage
from agent.conversation import chats, message_queue, tree
from agent.endpoints import Endpoint
from agent.errors import Problem
from web.pages.drawing import answer, buttons, drawing, environment, hub_of, needs, note_of, pieces_of, view_of, views
from web.pages.shell import PageRequest, calls_panel, shell, signed_in_actor
from web.pages.stream import Answer, news, partial

_PACE, _LIVE_PACE = 0.08, 0.25
_BEAT = 15.0
_GONE = {"calls": "#panel .panel-body", "page": "#api"}
"""Where the calls of an API stand: beside a chat, on the API's own page."""


@get("/stream")
async def follow(
    request: PageRequest, chat: FromQuery[UUID | None] = None, last: FromQuery[UUID | None] = None, run: FromQuery[UUID | None] = None,
    after: FromQuery[int] = 0, live: FromQuery[str] = "",
) -> Stream:  # fmt: skip
    """`last`: the page's last message; where that is being written, `run` writes it and the page has come to the event `after`."""
    actor = signed_in_actor(request)
    tab = await _tab(request, actor, chat, last, run, after) if chat else None
    kind, _, slug = live.partition(":")
    watched, is_gone = None, False
    if kind in _GONE and slug:
        try:
            watched = await endpoints.find(actor, slug)
        except Problem:
            if tab is None:
                raise
            is_gone = True  # the chat beside it goes on
    if tab is None and watched is None and kind != "needs":
        raise Problem("not_found", "There is nothing to follow.", remedy="Name a chat, the calls of an API, or what needs you.")
    headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
    return Stream(_messages(request, actor, tab, watched, where=kind, is_gone=is_gone), media_type="text/event-stream", headers=headers)


ROUTES = (follow,)


async def _messages(request: PageRequest, actor: Actor, tab: "_Tab | None", watched: Endpoint | None, *, where: str, is_gone: bool) -> AsyncIterator[bytes]:
    """Messages at a bounded pace, and a comment after 15 seconds of silence."""
    hub, shown = hub_of(request), ""
    calls = [f"calls:{watched.id}", f"endpoint:{watched.id}"] if watched else []
    yield b"retry: 500\n\n"
    if is_gone:
        yield _message(_gone(request, where))
    with hub.waiting(tab.topics if tab else []) as chat_bell, hub.waiting([f"approvals:{actor.user_id}"]) as needs_bell:
        chat_bell.set()
        needs_bell.set()  # what was asked for while the page was drawn may be missing in its badge
        is_stopping = False
        while not hub.is_closing:
            topics = [f"approvals:{actor.user_id}", *calls, *(tab.run_topics if tab else []), *(tab.topics if tab else [])]
            with hub.waiting(topics) as bell, hub.waiting(tab.stop_topics if tab else []) as stop:
                if tab:
                    async for message in tab.news(chat_bell):
                        yield message
                if needs_bell.is_set():
                    needs_bell.clear()
                    yield _message(await needs(request, actor))
                    if where == "needs":
                        yield _message("", event="needs")
                if watched and (html := await _live_calls(request, actor, watched, where)) != shown:
                    shown = html
                    yield _message(html)
                if tab and tab.has_turned:
                    continue  # another run is followed now: listen to it first, then look again
                if not is_stopping:  # who has pressed Stop waits for just what comes next
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _PACE if tab else _LIVE_PACE)
                try:
                    await asyncio.wait_for(bell.wait(), _BEAT)
                except TimeoutError:
                    chat_bell.set()  # a ring may be lost, and what nobody answered in time rings none
                    needs_bell.set()
                    yield b": still here\n\n"
                is_stopping = (is_stopping or stop.is_set()) and tab is not None and bool(tab.stop_topics)


class _Tab:
    """What a tab has of a chat: the end of its line of messages, and the answer that is being written in it, or in a branch beside it."""

    def __init__(self, request: PageRequest, actor: Actor, chat_id: UUID, line: list[UUID], writing: Answer | None) -> None:
        self._request, self._actor, self._chat_id = request, actor, chat_id
        self._line, self._writing, self._buttons = line, writing, ""
        self._arrived: int | None = None
        self._beside: UUID | None = None
        self.topics = [f"chat:{chat_id}"]
        self.has_turned = False

    @property
    def run_topics(self) -> list[str]:
        return [f"run:{self._writing.run_id}"] if self._writing else [f"run:{self._beside}"] if self._beside else []

    @property
    def stop_topics(self) -> list[str]:
        return [f"stop:{self._writing.run_id}"] if self._writing else []

    async def news(self, chat_bell: asyncio.Event) -> AsyncIterator[bytes]:
        """What the tab has not got yet. `chat_bell` has rung where something other than the answer may have changed."""
        self.has_turned = False
        if self._writing:
            async for message in self._written(self._writing):
                yield message
            if self._writing.has_ended:
                self._writing = None
                chat_bell.set()
        elif self._beside and not await runlog.active(self._actor, self._chat_id):
            chat_bell.set()  # what went on in another branch has ended
        if chat_bell.is_set():
            chat_bell.clear()
            async for message in self._turned():
                yield message
            for message in await self._arrivals():
                yield message

    async def _arrivals(self) -> list[bytes]:
        """The first calls that the chat's endpoints have heard since; all that there were for a tab that has just come, which may have missed one."""
        found = await arrivals.of_chat(self._chat_id)
        known, self._arrived = self._arrived, len(found)
        if not found or known == len(found):
            return []
        draw = drawing(self._request)
        html = "".join(partial(f"#arrival-{one.endpoint_id}", "innerHTML", draw("arrived", one)) for one in found)
        return [_message(html), *([] if known is None else [_message("heard", event="said")])]

    async def _written(self, writing: Answer) -> AsyncIterator[bytes]:
        """What the run has said since."""
        while events := await runlog.since(writing.run_id, writing.view.seq):
            if any(event.event == "tool.approval_requested" for event in events):
                writing.know(await approvals.pending(self._actor))
            yield _message(news(writing, events, drawing(self._request)), id=writing.mark)
            if {event.event for event in events} & {"chat.title", "tool.output", "tool.approval_requested", "tool.approval_resolved", runlog.END}:
                yield _message(await self._around())
            if writing.said:
                yield _message(writing.said, event="said")
                writing.said = ""
        if writing.has_ended:
            yield _message(str(writing.run_id), event="ended")

    async def _turned(self) -> AsyncIterator[bytes]:
        """The messages that are new on the branch that is shown, or another branch; what waits, and whether there is something to stop."""
        end = await tree.leaf(self._chat_id)
        running = await runlog.active(self._actor, self._chat_id)
        goes_on = running is not None and running.answer_message_id == end and self._writing is None
        if end != (self._line[-1] if self._line else None) or goes_on:
            yield await self._new_line(end, keep_last=not goes_on)
            running = await runlog.active(self._actor, self._chat_id)  # one that has ended meanwhile is drawn so, and rings no more
        beside, self._beside = self._beside, running.id if running and self._writing is None else None
        self.has_turned = self.has_turned or self._beside not in (None, beside)
        waiting, today = await message_queue.list_(self._actor, self._chat_id), await usage.today(self._actor)
        drawn = buttons(self._request, self._chat_id, running.id if running else None, waiting, today)
        if drawn != self._buttons:
            self._buttons = drawn
            yield _message(drawn)

    async def _new_line(self, end: UUID | None, *, keep_last: bool) -> bytes:
        """Everything behind the last message that the page has and the branch has too; all of the branch's end where there is none."""
        ids = await tree.line(self._chat_id, end, tree.WINDOW + 1)
        known = set(self._line if keep_last else self._line[:-1])
        common = next((place for place in range(len(ids) - 1, -1, -1) if ids[place] in known), None)
        new = ids[-tree.WINDOW :] if common is None else ids[common + 1 :]
        drawn = await views(self._request, self._actor, self._chat_id, await tree.load(self._chat_id, new))
        self._line = ids
        self._writing = drawn[-1] if drawn and isinstance(drawn[-1], Answer) and not drawn[-1].has_ended else None
        self.has_turned = self._writing is not None
        html = pieces_of(self._request, drawn, has_older=common is None and len(ids) > tree.WINDOW)
        note = note_of(self._request, view_of(drawn[-1]) if drawn else None)
        told = msgspec.json.encode({"after": "" if common is None else str(ids[common]), "html": html, "note": note, "is_working": self.has_turned})
        return _message(told.decode(), id=self._writing.mark if self._writing else "", event="line")

    async def _around(self) -> str:
        """The rail's parts that a run can change."""
        values = {"request": self._request, "shell": await shell(self._actor, "chats", self._chat_id)}
        chat, env = await chats.get(self._actor, self._chat_id), environment(self._request)
        parts = {"#rail-chats": "parts/rail_chats.html", "#rail-credits": "parts/rail_credits.html", "[data-needs]": "parts/needs_count.html"}
        told = [partial(target, "innerHTML", env.get_template(name).render(values)) for target, name in parts.items()]
        return "".join(told) + (partial("#chat-title", "textContent", _escape(chat.title)) if chat.title else "")


async def _tab(request: PageRequest, actor: Actor, chat_id: UUID, last: UUID | None, run: UUID | None, after: int) -> _Tab:
    """What the page has, by what it says; a connection made anew says it by the id of the last piece that it got. Raises chat_not_found, run_not_found."""
    await chats.get(actor, chat_id)
    resumed, _, seq = request.headers.get("last-event-id", "").partition(":")
    if seq.isdigit():
        run, after = UUID(resumed), int(seq)
        last = (await runlog.get(actor, run)).answer_message_id
    line = await tree.line(chat_id, last, tree.WINDOW + 1) if last else []
    if run is not None and not after:
        return _Tab(request, actor, chat_id, line[:-1], None)  # nothing of the answer is there yet: it is sent from its beginning
    if run is None or not (found := await tree.load(chat_id, line[-1:])):
        return _Tab(request, actor, chat_id, line, None)
    await runlog.get(actor, run)
    writing = await answer(request, actor, chat_id, found[0], run, upto=after)
    return _Tab(request, actor, chat_id, line, None if writing.has_ended else writing)


async def _live_calls(request: PageRequest, actor: Actor, watched: Endpoint, where: str) -> str:
    try:
        endpoint = await endpoints.get(actor, watched.id)
    except Problem:
        return _gone(request, where)
    panel = await calls_panel(actor, endpoint, where="page" if where == "page" else "panel")
    html = environment(request).get_template("parts/live_calls.html").render(request=request, panel=panel)
    return partial(f"#live-{watched.id}", "outerMorph", html)


def _gone(request: PageRequest, where: str) -> str:
    """In place of an API that was deleted while somebody looked at it."""
    return partial(_GONE[where], "innerHTML", environment(request).get_template("parts/gone.html").render(request=request))


def _message(data: str, *, id: str = "", event: str = "") -> bytes:
    lines = [f"id: {id}"] if id else []
    lines += [f"event: {event}"] if event else []
    lines += [f"data: {line}" for line in data.replace("\r", "").split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

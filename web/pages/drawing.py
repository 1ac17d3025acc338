"""Pieces of the conversation outside a whole page: macros of its templates, an answer as far as its run has come, the button that sends or stops."""

from typing import Any
from uuid import UUID

from jinja2 import Environment

from agent import approvals, runlog
from agent.actor import Actor
from agent.chats import StoredMessage
from agent.config import settings
from agent.events import Hub
from web.pages import look, stream
from web.pages.composer import Composer
from web.pages.shell import PageRequest
from web.pages.stream import Answer, partial, replayed
from web.render import catalogue

_ALL_EVENTS = 100_000


async def answer(request: PageRequest, actor: Actor, stored: StoredMessage, run_id: UUID, *, upto: int | None) -> Answer:
    """The answer as a page has it that has come up to this event; None: as far as there are any."""
    language = look.of(request).language
    begun = Answer(stored, run_id, own=settings().base_url, copy=catalogue.say(language, "Copy"), approvals=await approvals.pending(actor))
    events = await runlog.since(run_id, 0, limit=_ALL_EVENTS)
    return replayed(begun, [event for event in events if upto is None or event.seq <= upto])


def drawing(request: PageRequest) -> stream.Draw:
    """`draw(macro, …)`: a macro of the conversation's templates, for this visitor's language."""
    module = environment(request).get_template("parts/blocks.html").make_module({"request": request})
    return lambda macro, *values: str(getattr(module, macro)(*values))


def buttons(request: PageRequest, chat_id: UUID, run_id: UUID | None) -> str:
    """Send or Stop, in the same place."""
    composer = Composer(chat_id, [], "", 0, run_id)
    html = (
        environment(request)
        .from_string('{% import "parts/ui.html" as ui with context %}{% include "parts/send_or_stop.html" %}')
        .render(request=request, composer=composer)
    )
    return partial("#send-or-stop", "innerHTML", html) + partial("#composer-problem", "innerHTML", "")


def environment(request: PageRequest) -> Environment:
    engine: Any = request.app.template_engine
    return engine.engine


def hub_of(request: PageRequest) -> Hub:
    return request.app.state.hub

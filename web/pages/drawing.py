"""Pieces of the conversation outside a whole page: macros of its templates, an answer as far as its run has come, the button that sends or stops."""

from typing import Any
from uuid import UUID

import msgspec
from jinja2 import Environment

from agent import approvals, arrivals, remote_mcp, runlog
from agent.actor import Actor
from agent.billing import usage
from agent.config import settings
from agent.conversation.chats import StoredMessage
from agent.conversation.message_queue import Queued
from agent.events import Hub
from web.pages import look, stream
from web.pages.blocks import MessageView, ToolView, message
from web.pages.composer import Composer
from web.pages.shell import PageRequest
from web.pages.stream import Answer, partial, replayed
from web.render import catalogue

UNFINISHED = ("queued", "running", "waiting_approval")
_ALL_EVENTS = 100_000


async def answer(request: PageRequest, actor: Actor, chat_id: UUID, stored: StoredMessage, run_id: UUID, *, upto: int | None) -> Answer:
    """The answer as a page has it that has come up to this event; None: as far as there are any."""
    begun = Answer(stored, run_id, chat_id, own=settings().base_url, copy=_copy(request), approvals=await approvals.pending(actor))
    events = await runlog.since(run_id, 0, limit=_ALL_EVENTS)
    return replayed(begun, [event for event in events if upto is None or event.seq <= upto])


async def views(request: PageRequest, actor: Actor, chat_id: UUID, found: list[StoredMessage]) -> list[MessageView | Answer]:
    """Messages as a page shows them that is loaded now; one that is being written as its Answer."""
    shown = [
        await answer(request, actor, chat_id, stored, stored.run_id, upto=None)
        if stored.run_id and stored.run_status in UNFINISHED
        else message(stored, chat_id, own=settings().base_url, copy=_copy(request))
        for stored in found
    ]
    await _tell_arrivals([view_of(one) for one in shown])
    await _tell_servers(actor, [view_of(one) for one in shown])
    return shown


def view_of(shown: MessageView | Answer) -> MessageView:
    return shown.view if isinstance(shown, Answer) else shown


def drawing(request: PageRequest) -> stream.Draw:
    """`draw(macro, …)`: a macro of the conversation's templates, for this visitor's language."""
    module = environment(request).get_template("parts/blocks.html").make_module({"request": request})
    return lambda macro, *values: str(getattr(module, macro)(*values))


def pieces_of(request: PageRequest, shown: list[MessageView | Answer], *, has_older: bool) -> str:
    """The end of a branch as the page's log has it, under a link to what is older."""
    draw = drawing(request)
    mark_last(shown)
    older = draw("older", view_of(shown[0])) if has_older and shown else ""
    return older + "".join(draw("message", view_of(one)) for one in shown)


def mark_last(shown: list[MessageView | Answer]) -> None:
    """The newest answer offers what only it can: to go on, and what could be said next."""
    if shown and view_of(shown[-1]).role == "assistant":
        view_of(shown[-1]).is_last = True


def note_of(request: PageRequest, view: MessageView | None) -> str:
    """What stands beside the message box while an answer is written."""
    return drawing(request)("note", view) if view else ""


def buttons(request: PageRequest, chat_id: UUID, run_id: UUID | None, waiting: list[Queued], today: usage.Today) -> str:
    """Send or Stop, the messages that wait, and what the plan still allows."""
    values = {"request": request, "composer": Composer(chat_id, [], "", 0, run_id, waiting=waiting, today=today)}
    env = environment(request)
    drawn = {name: env.get_template(f"parts/{name}.html").render(values) for name in ("send_or_stop", "queue", "allowance")}
    places = {"send_or_stop": "#send-or-stop", "queue": "#queue", "allowance": "#allowance"}
    return "".join(partial(place, "innerHTML", drawn[name]) for name, place in places.items())


def piece(request: PageRequest, name: str, **values: Any) -> str:
    """A part of a page by its template's name."""
    return environment(request).get_template(f"parts/{name}.html").render({"request": request, **values})


async def needs(request: PageRequest, actor: Actor) -> str:
    """How many things need this user, for the badges of a page."""
    count = len(await approvals.pending(actor))
    return partial("[data-needs]", "innerHTML", piece(request, "needs_count", shell={"needs": count}))  # noqa: S604  # a value of the template


def environment(request: PageRequest) -> Environment:
    engine: Any = request.app.template_engine
    return engine.engine


def hub_of(request: PageRequest) -> Hub:
    return request.app.state.hub


async def _tell_arrivals(shown: list[MessageView]) -> None:
    """Under each card of an endpoint that was made here: its first call, if there was one."""
    made = {part.made: part for view in shown for part in view.parts if isinstance(part, ToolView) and part.made}
    found = await arrivals.of_endpoints([UUID(id_) for id_ in made]) if made else {}
    for arrival in found.values():
        made[str(arrival.endpoint_id)].arrival = arrival


async def _tell_servers(actor: Actor, shown: list[MessageView]) -> None:
    """In each card of an MCP server: how it stands now, such as signed in since."""
    cards = [part.data for view in shown for part in view.parts if isinstance(part, ToolView) and part.name in ("mcp_connect", "mcp_list")]
    told: list[dict[str, Any]] = [one for data in cards if isinstance(data, dict) for one in data.get("items", [data])]
    known = {str(server.id): msgspec.to_builtins(server) for server in await remote_mcp.list_(actor)} if told else {}
    for one in told:
        one |= known.get(str(one.get("id")), {})


def _copy(request: PageRequest) -> str:
    return catalogue.say(look.of(request).language, "Copy")

"""What stands around every page of a signed-in user: chats by day, what needs them, credits, the open evidence panel."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect, Template

from agent import approvals, endpoints
from agent.actor import Actor
from agent.billing import ledger
from agent.calls import captures
from agent.calls.captures import CallDetail, CallSummary, Filter
from agent.conversation import chats
from agent.conversation.chats import Chat
from agent.documents import docs
from agent.documents.docs import Docs
from agent.documents.versions import Version, history
from agent.endpoints import Endpoint
from agent.errors import Problem
from web.pages import look
from web.render import catalogue, formats

PageRequest = Request[Actor | None, str | None, State]
_RAIL_CHATS = 30
LIVE_CALLS = 50
_MOST_BESIDE = 40
"""Operations whose document is read as one text in the panel."""


class Shell(msgspec.Struct, frozen=True):
    current: str
    email: str
    days: list[tuple[str, list[Chat]]]
    more_chats: bool
    chat_id: UUID | None
    needs: int
    credits: int


class Panel(msgspec.Struct, frozen=True):
    """The evidence panel. `show` is its state in the address, `live` what the page's stream should keep up to date."""

    show: str
    kind: str
    title: str
    without: str
    page: str = ""
    live: str = ""
    where: str = "panel"
    endpoint: Endpoint | None = None
    calls: list[CallSummary] = []
    call: CallDetail | None = None
    docs: Docs | None = None
    document: str = ""
    versions: list[Version] = []
    problem: Problem | None = None


async def page(request: PageRequest, template: str, current: str, *, status: int = 200, chat_id: UUID | None = None, **context: Any) -> Template:
    """A whole page with its shell and, where the address asks for it, the panel."""
    actor = signed_in_actor(request)
    show = request.query_params.get("panel", "")
    around = await shell(actor, current, chat_id)
    panel = await open_panel(actor, show, at=str(request.url.path), language=look.of(request).language) if show else None
    values = {"problem": None, "shell": around, "panel": panel, "query": "", "found": [], "look_": look.of(request), **context}
    return Template(template, context=values, status_code=status, headers={"cache-control": "no-store", "vary": "HX-Request"})


async def shell(actor: Actor, current: str, chat_id: UUID | None = None) -> Shell:
    recent = await chats.list_(actor, limit=_RAIL_CHATS)
    asked = await approvals.pending(actor)
    balance = await ledger.balance(actor)
    return Shell(current, actor.email, _by_day(recent.items), recent.next is not None, chat_id, len(asked), balance.available)


async def open_panel(actor: Actor, show: str, *, at: str, language: str) -> Panel:
    """The panel for `calls:<slug>`, `docs:<slug>`, `changes:<slug>` or `call:<id>`; one with a sentence where there is no such thing."""
    kind, _, about = show.partition(":")
    try:
        if kind == "calls":
            found = await endpoints.find(actor, about)
            return await calls_panel(actor, found, show=show, at=at, page=f"/apis/{found.slug}")
        if kind == "docs":
            return await _docs_panel(actor, await endpoints.find(actor, about), show, at)
        if kind == "changes":
            return await _changes_panel(actor, await endpoints.find(actor, about), show, at)
        if kind == "call":
            call = await captures.get(actor, about, masked=True)
            return Panel(show, kind, f"{call.summary.method} {call.summary.path}", at, page=f"/calls/{call.summary.id}", call=call)
        raise Problem("not_found", "There is no such panel.")
    except Problem as problem:
        return Panel(show, "problem", catalogue.say(language, "Not found"), at, problem=problem)


async def calls_panel(actor: Actor, endpoint: Endpoint, *, show: str = "", at: str = "", page: str = "", where: str = "panel") -> Panel:
    """The newest calls of an endpoint, live."""
    newest = await captures.search(actor, Filter(endpoint_id=endpoint.id), limit=LIVE_CALLS)
    return Panel(show, "calls", endpoint.name, at, page=page, live=f"calls:{endpoint.slug}", where=where, endpoint=endpoint, calls=newest.items)


async def _docs_panel(actor: Actor, endpoint: Endpoint, show: str, at: str) -> Panel:
    """The whole document beside the chat; of a large API the list of its operations, which lead to their pages."""
    made = await docs.latest(actor, endpoint.id)
    text = (await docs.get(actor, endpoint.id, "markdown")).text if made and len(made.operations) <= _MOST_BESIDE else ""
    return Panel(show, "docs", endpoint.name, at, page=f"/apis/{endpoint.slug}?tab=docs", endpoint=endpoint, docs=made, document=text)


async def _changes_panel(actor: Actor, endpoint: Endpoint, show: str, at: str) -> Panel:
    versions = await history(actor, endpoint.id)
    return Panel(show, "changes", endpoint.name, at, page=f"/apis/{endpoint.slug}?tab=changes", endpoint=endpoint, versions=versions)


def signed_in_actor(request: PageRequest) -> Actor:
    """Raises unauthenticated."""
    if request.user is None:
        raise Problem("unauthenticated", "You are not signed in.")
    return request.user


def see_other(path: str) -> Redirect:
    """After a form: look at this page. Only paths of ours."""
    return Redirect(path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/", status_code=303)


def done(request: PageRequest, path: str) -> Redirect | Response[None]:
    """After a form: nothing for a script, whose page hears what changed by its stream; that page for everybody else."""
    return Response(None, status_code=204) if is_fragment(request) else see_other(path)


def refused(problem: Problem) -> Template:
    """A sentence for a script of ours, for the place that asked."""
    return Template("parts/refused.html", context={"found": problem}, status_code=problem.status)


def is_fragment(request: PageRequest) -> bool:
    """Whether a script of ours wants a piece of a page. History restore wants whole ones."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


async def form_of(request: PageRequest) -> dict[str, str]:
    """The text fields of a form; of several with one name the last."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def _by_day(recent: list[Chat]) -> list[tuple[str, list[Chat]]]:
    now, days = datetime.now(UTC), dict[str, list[Chat]]()
    for chat in recent:
        days.setdefault(formats.day(chat.created_at, now), []).append(chat)
    return list(days.items())

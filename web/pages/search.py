"""Search over chats, APIs, documents, calls, commands and pages: the palette's list, and a page with everything that was found."""

from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from agent.errors import Problem
from agent.providers.guide.verbs import VERBS as SPOKEN
from agent.search import everything
from agent.search.everything import Results
from agent.search.search_terms import marked, parse, words_of
from web.pages import look
from web.pages.blocks import VERBS
from web.pages.shell import PageRequest, is_fragment, page, signed_in_actor
from web.render import catalogue

_FEW, _MANY, _LONGEST = 5, 50, 300
PAGES: tuple[tuple[str, str, str], ...] = (
    ("/", "New chat", "start ask"),
    ("/chats", "Chats", "history archive conversations"),
    ("/apis", "APIs", "endpoints capture"),
    ("/needs-you", "Needs you", "approvals waiting"),
    ("/prompts", "Prompts", "library templates variables"),
    ("/shares", "Shared links", "share public revoke snapshot"),
    ("/credits", "Credits", "balance money ledger"),
    ("/settings", "Profile", "settings name language theme dark light"),
    ("/settings/security", "Security", "settings password token session two factor"),
    ("/settings/keys", "Providers and keys", "settings model anthropic openai ollama"),
    ("/settings/connect", "Connect a client", "settings mcp claude cursor"),
    ("/settings/servers", "MCP servers", "settings tools connect"),
    ("/settings/usage", "Usage", "settings tokens cost plan"),
    ("/settings/data", "Data", "settings export import download delete account"),
)


class Leads(NamedTuple):
    """A page or a command of the palette."""

    kind: str
    title: str
    path: str
    detail: str = ""


@get("/search")
async def search(request: PageRequest, q: FromQuery[str] = "") -> Template:
    """The palette's list for a script, a page for everybody else."""
    actor, text = signed_in_actor(request), q.strip()[:_LONGEST]
    problem, found, place, hits = None, Results(), None, list[str]()
    try:
        wanted = parse(text)
        hits = words_of(wanted)
        place = wanted.place
        found = await everything.everywhere(actor, text, limit=_MANY if place else _FEW)
        leads = _leads(look.of(request).language, hits) if place in (None, "pages") and not wanted.is_about_calls else []
    except Problem as refused:
        problem, leads = refused, []
    context: dict[str, Any] = {
        "found": found,
        "leads": leads,
        "named": sum(not hits or lead.title.lower().startswith(hits[0]) for lead in leads),
        "query": text,
        "place": place,
        "marked": marked,
        "hit_words": hits,
        "problem": problem,
        "bare": _bare(text),
    }
    if is_fragment(request):
        return Template("parts/found.html", context=context, headers={"cache-control": "no-store"})
    return await page(request, "search.html", "search", **context)


ROUTES = (search,)


def commands(language: str, words: list[str]) -> list[Leads]:
    """What can be said in the message box, by words; `detail` is how to say it."""
    named = {
        verb.tool: Leads("Command", catalogue.say(language, VERBS[verb.tool]), f"/?draft={quote(verb.example)}", verb.example)
        for verb in reversed(SPOKEN)
        if verb.example and verb.tool in VERBS and _has(words, catalogue.say(language, VERBS[verb.tool]), VERBS[verb.tool], verb.does)
    }
    return list(named.values())[::-1]


def _leads(language: str, words: list[str]) -> list[Leads]:
    """Pages and commands by their words in the visitor's language or in English; without words the pages."""
    pages = [Leads("Page", catalogue.say(language, title), path) for path, title, also in PAGES if _has(words, catalogue.say(language, title), title, also)]
    if not words:
        return pages
    found = sorted([*pages[:_FEW], *commands(language, words)], key=lambda lead: not lead.title.lower().startswith(words[0]))
    return found[: _FEW * 2]


def _has(words: list[str], *texts: str) -> bool:
    """Whether every word begins a word of the texts, or stands in them where words are not spaced."""
    text = " ".join(texts).lower()
    known = text.split()
    return all(any(one.startswith(word) for one in known) or (not word.isascii() and word in text) for word in words)


def _bare(text: str) -> str:
    """The question without its place, to ask it of another."""
    return " ".join(word for word in text.split() if not word.lower().startswith("in:"))

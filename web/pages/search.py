"""Search over chats, APIs, calls and pages, for the palette and as a page."""

from typing import NamedTuple

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from agent import captures, chats, endpoints
from agent.actor import Actor
from agent.captures import Filter
from web.pages.shell import PageRequest, is_fragment, page, signed_in_actor

_EACH = 6


class Found(NamedTuple):
    kind: str
    title: str
    href: str


@get("/search")
async def search(request: PageRequest, q: FromQuery[str] = "") -> Template:
    """Chats by title, APIs by name and address, calls by address; whole page or the palette's list."""
    actor, words = signed_in_actor(request), q.strip()[:200]
    found = await _find(actor, words) if words else []
    if is_fragment(request):
        return Template("parts/found.html", context={"found": found, "query": words}, headers={"cache-control": "no-store"})
    return await page(request, "search.html", "search", found=found, query=words)


ROUTES = (search,)


async def _find(actor: Actor, words: str) -> list[Found]:
    recent = await chats.list_(actor, limit=200)
    named = [chat for chat in recent.items if words.lower() in (chat.title or "").lower()][:_EACH]
    apis = await endpoints.list_(actor, query=words, limit=_EACH)
    calls = await captures.search(actor, Filter(query=words), limit=_EACH)
    return [
        *(Found("API", endpoint.name, f"/apis/{endpoint.slug}") for endpoint in apis.items),
        *(Found("Chat", chat.title or "", f"/c/{chat.id}") for chat in named),
        *(Found("Call", f"{call.method} {call.path} → {call.status or call.error or ''}", f"/calls/{call.id}") for call in calls.items),
    ]

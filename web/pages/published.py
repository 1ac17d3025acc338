"""Documents for whoever may have them: what an owner has published, for anybody, and each format as a file.

A large API is read by its list of operations, each on a page of its own; a small one, or any that is asked for whole, as one text.
"""

import asyncio
from typing import NoReturn

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from agent import endpoints
from agent.documents import docs
from agent.documents.docs import FILES, Document, Format
from agent.errors import Problem
from web.pages import contents
from web.pages.shell import PageRequest, signed_in_actor

READ_AT_ONCE = 12
"""Operations that a page shows with all that is known of them."""
_ENDINGS: dict[Format, str] = {
    "openapi": "openapi.json", "openapi-yaml": "openapi.yaml", "markdown": "md", "typescript": "ts", "graphql": "graphql", "postman": "postman_collection.json",
    "http": "http",
    "arazzo": "arazzo.json",
}  # fmt: skip


@get("/docs/{slug:str}")
async def public_docs(
    request: PageRequest, slug: FromPath[str], find: FromQuery[str] = "", operation: FromQuery[str] = "", whole: FromQuery[bool] = False
) -> Template:
    """What an owner has published. `find`: of the operations only those; `operation`: that one; `whole`: all as one long text."""
    endpoint, spec = await docs.public_spec(slug) or _nothing()
    listed = None if whole or operation or len(spec.operations) <= READ_AT_ONCE else await asyncio.to_thread(contents.of, spec, find[:200])
    _, found = await (docs.get_public(slug) if listed is None and not operation else docs.public_part(slug, operation)) or _nothing()
    context = {
        "name": endpoint.name, "slug": endpoint.slug, "version": found.version, "document": found.text, "contents": listed, "is_part": bool(operation),
    }  # fmt: skip
    return Template("public_docs.html", context=context, headers={"etag": f'"{found.content_hash[:32]}"', "cache-control": "no-cache"})


@get("/docs/{slug:str}/{format:str}")
async def public_file(slug: FromPath[str], format: FromPath[str]) -> Response[str]:
    wanted = _format(format)
    endpoint, found = await docs.get_public(slug, wanted) or _nothing()
    return _file(endpoint.slug, wanted, found)


@get("/apis/{slug:str}/download/{format:str}")
async def download(request: PageRequest, slug: FromPath[str], format: FromPath[str]) -> Response[str]:
    """One's own, with the evidence."""
    actor = signed_in_actor(request)
    found = await endpoints.find(actor, slug)
    wanted = _format(format)
    return _file(found.slug, wanted, await docs.get(actor, found.id, wanted))


ROUTES = (public_docs, public_file, download)


def _nothing() -> NoReturn:
    """Raises not_found, the same whether it does not exist or is not public."""
    raise Problem("not_found", "There is no published documentation here.")


def _format(name: str) -> Format:
    """Raises not_found."""
    if name not in FILES:
        raise Problem("not_found", f"`{name[:40]}` is not a format.", remedy=f"There are {', '.join(FILES)}.")
    return msgspec.convert(name, Format)


def _file(slug: str, format: Format, found: Document) -> Response[str]:
    ending = _ENDINGS[format]
    headers = {"content-disposition": f'attachment; filename="{slug}.{ending}"', "etag": f'"{found.content_hash[:32]}"', "cache-control": "no-cache"}
    return Response(found.text, media_type=found.media_type, headers=headers)

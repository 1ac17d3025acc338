"""The tool about changes: what differs for clients between the versions of the documents."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from agent import endpoints
from agent.documents import versions
from agent.relative_time import moment
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

_MOST_APIS = 20
_MOST = 60


class Changed(msgspec.Struct, frozen=True):
    """One change for clients, in the version that brought it."""

    endpoint: str
    version: str
    at: datetime
    kind: str
    is_breaking: bool
    operation: str
    description: str
    before: Any = None
    after: Any = None


class Changes(msgspec.Struct, frozen=True):
    """Newest first, of so many versions as there are, whenever they were made."""

    items: list[Changed]
    versions: int


@tool(effect="read", scope="read", hears="captured")
async def change_list(
    context: Context,
    endpoint: EndpointRef | None = None,
    since: Annotated[str, Meta(description="A time, or relative such as 24h or monday. Default: as far as versions are kept.")] | None = None,
) -> Answer:
    """List what changed for clients between the versions of the documents, newest first, of one API or all. Calls captured since count after `docs_generate`."""
    about = [await endpoints.find(context.actor, endpoint)] if endpoint else (await endpoints.list_(context.actor, limit=_MOST_APIS)).items
    earliest = moment(since) if since else None
    known = [(api.slug, await versions.history(context.actor, api.id)) for api in about]
    found = [
        Changed(
            slug,
            version.version,
            version.generated_at,
            one.kind,
            one.is_breaking,
            f"{one.method} {one.template}".strip(),
            one.description,
            one.before,
            one.after,
        )
        for slug, history in known
        for version in history
        if earliest is None or version.generated_at >= earliest
        for one in version.changes
    ]
    found.sort(key=lambda one: one.at, reverse=True)
    number = sum(len(history) for _, history in known)
    return Answer(_told(found, number), Changes(found[:_MOST], number), "captured")


def _told(found: list[Changed], number: int) -> str:
    if not number:
        return "There is no version of the documents yet to compare with. `docs_generate` makes the first; what changes after it is listed here."
    if not found:
        return "Nothing changed for clients between the versions of the documents. `docs_generate` compares the newest calls with the last one."
    lines = [
        f"- {one.endpoint} {one.version}, {one.at:%Y-%m-%d %H:%M} UTC: {'breaking: ' if one.is_breaking else ''}{one.description}" for one in found[:_MOST]
    ]
    breaking = sum(one.is_breaking for one in found)
    return "\n".join([f"{len(found)} changes, {breaking} of them breaking:", *lines, *([f"… and {len(found) - _MOST} more."] if len(found) > _MOST else [])])

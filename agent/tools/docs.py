"""Tools about documents: write them from what was captured, read them."""

from typing import Annotated

from msgspec import Meta

from agent import docs, endpoints
from agent.docs import Format
from agent.tools.endpoints import EndpointRef
from agent.tools.registry import Answer, Context, tool

_MOST = 30_000


@tool(effect="write", scope="write", recomputes=True, hears="captured")
async def docs_generate(context: Context, endpoint: EndpointRef) -> Answer:
    """Work out the API from all captured calls and write OpenAPI 3.1, Markdown, TypeScript and, where it fits, GraphQL documents."""
    found = await endpoints.find(context.actor, endpoint)
    made = await docs.generate(context.actor, found.id)
    lines = [f"- `{operation.method} {operation.template}` {operation.summary} ({operation.calls} calls)" for operation in made.operations[:50]]
    more = f"\n… and {len(made.operations) - 50} more." if len(made.operations) > 50 else ""
    links = "\n".join(f"- {name}: {url}" for name, url in made.links.items())
    text = (
        f"`{found.name}` is documented (version {made.version}): {len(made.operations)} operations from {made.calls} calls.\n"
        + "\n".join(lines)
        + more
        + f"\n\n{links}"
    )
    return Answer(text, made, "captured")


@tool(effect="read", scope="read", hears="captured")
async def docs_get(
    context: Context,
    endpoint: EndpointRef,
    format: Annotated[Format, Meta(description="Default: markdown.")] = "markdown",
    operation: Annotated[str, Meta(description="Only this operation: its id, or method and path template.")] | None = None,
) -> Answer:
    """Read an endpoint's documentation in one format, whole or for one operation."""
    found = await endpoints.find(context.actor, endpoint)
    document = await docs.get(context.actor, found.id, format, operation=operation)
    text = document.text if len(document.text) <= _MOST else f"{document.text[:_MOST]}\n… the rest is at {document.url}"
    return Answer(text, {"endpoint": found.slug, "format": format, "version": document.version, "url": document.url, "text": text}, "captured")

"""Tools about endpoints: make one, list them, change or delete one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from agent import arrivals, controls, endpoints
from agent.approvals import WHY
from agent.calls import imports
from agent.controls import ControlsChange
from agent.conversation import attachments
from agent.endpoints import Endpoint, EndpointChange, Status
from agent.errors import Problem
from agent.recorder import PathFilter, Secrets
from agent.tools.registry import Answer, Context, tool

ENDPOINT_PRICE = 25
EndpointRef = Annotated[str, Meta(description="Id, slug, name or host of the endpoint.")]


class There(Endpoint, frozen=True):
    """One that need not be made."""

    is_there_already: bool = True


def _publishing(arguments: dict[str, Any]) -> str | None:
    return WHY["publishes"] if arguments.get("public") is True else None


@tool(effect="write", scope="write", price=ENDPOINT_PRICE)
async def endpoint_create(
    context: Context,
    destination_url: Annotated[str, Meta(description="Base URL of the API to capture, such as https://api.example.com. `demo` is the bundled demo shop.")]
    | None = None,
    name: Annotated[str, Meta(description="A name to show; default: the host.", max_length=120)] | None = None,
    description: Annotated[str, Meta(max_length=2000)] | None = None,
    environment: Annotated[str, Meta(description="Such as production or staging.", max_length=60)] | None = None,
    tags: list[str] | None = None,
    recording: Annotated[UUID, Meta(description="Id of an attached recording: its calls are imported, and without an address its host is the API.")]
    | None = None,
) -> Answer:
    """Create a capturing proxy URL for an API, or for the API of a recording. Costs 25 credits. Requests sent to the proxy URL are forwarded unchanged and recorded."""
    if destination_url == endpoints.DEMO and not (name or description or environment or tags or recording) and (there := await endpoints.demo(context.actor)):
        return _there(there)
    if recording:
        return await _of_recording(context, recording, destination_url, name)
    if not destination_url:
        raise Problem("invalid_arguments", "Which API?", remedy="Give its `destination_url`, or the `recording` of its calls.", field="destination_url")
    made = await endpoints.create(
        context.actor, destination_url, name=name, description=description, environment=environment, tags=tags, credits_used=ENDPOINT_PRICE
    )
    if context.chat_session_id:
        await arrivals.expect(context.chat_session_id, made.id)
    path = "/products" if made.is_demo else "/"
    text = (
        f"`{made.name}` (slug `{made.slug}`, id `{made.id}`) now captures {made.destination_url}.\n"
        f"Proxy URL: {made.proxy_url}\nUse it in place of {made.destination_url}, for example:\n\n    curl {made.proxy_url}{path}\n\n    export API_BASE={made.proxy_url}\n"
        f'    client = httpx.Client(base_url="{made.proxy_url}")  # Python\n    const base = "{made.proxy_url}"; await fetch(base + "{path}")  // JavaScript'
    )
    return Answer(text, made)


@tool(effect="read", scope="read", hears="captured")
async def endpoint_list(
    context: Context,
    query: Annotated[str, Meta(description="Part of a name, slug or URL.")] | None = None,
    status: Status | None = None,
    tag: str | None = None,
    cursor: str | None = None,
) -> Answer:
    """List the user's endpoints with their proxy URLs, status and number of captured calls."""
    found = await endpoints.list_(context.actor, query=query, status=status, tag=tag, cursor=cursor)
    if not found.items:
        return Answer("There is no such endpoint." if query or status or tag else "There are no endpoints yet. Create one with `endpoint_create`.", found)
    return Answer("\n".join(_line(endpoint) for endpoint in found.items) + (f"\nMore: cursor `{found.next}`." if found.next else ""), found, "captured")


@tool(effect="write", scope="write", asks_for=_publishing, hears="captured")
async def endpoint_update(
    context: Context,
    endpoint: EndpointRef,
    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None,
    description: Annotated[str, Meta(max_length=2000)] | None = None,
    environment: Annotated[str, Meta(max_length=60)] | None = None,
    tags: list[str] | None = None,
    public: Annotated[bool, Meta(description="Whether anybody with the link may read its documentation.")] | None = None,
    status: Annotated[Status, Meta(description="REVIEW pauses recording but forwards; INACTIVE closes the proxy; ACTIVE captures.")] | None = None,
    rate_limit: Annotated[int, Meta(ge=0, le=1_000_000, description="Requests a minute; 0: no limit.")] | None = None,
    timeout_s: Annotated[float, Meta(ge=0, le=3600, description="Seconds the upstream may take; 0: the server's setting.")] | None = None,
    allowed_methods: Annotated[list[str], Meta(description="Empty: all.")] | None = None,
    sampling: Annotated[float, Meta(ge=0, le=1, description="Share of calls that is kept.")] | None = None,
    mock_when_down: Annotated[bool, Meta(description="Whether to answer from captures while the upstream is down.")] | None = None,
    rewrite_location: Annotated[bool, Meta(description="Whether redirects and cookies are turned towards the proxy; else they stay as the upstream said.")]
    | None = None,
    body_limit: Annotated[int, Meta(ge=0, le=controls.MAX_BODY_LIMIT, description="Bytes kept of a body; 0: the server's setting.")] | None = None,
    paths: Annotated[PathFilter, Meta(description="Which paths are recorded, both lists anew; the others are only forwarded.")] | None = None,
    secrets: Annotated[Secrets, Meta(description="What becomes of secrets in captures, all places anew.")] | None = None,
) -> Answer:
    """Rename, describe or tag an endpoint, publish its documentation, pause, stop and resume its capture by status, or limit what it forwards and keeps."""
    found = await endpoints.find(context.actor, endpoint)
    limits = {
        "rate_limit": rate_limit, "timeout_s": timeout_s, "allowed_methods": allowed_methods, "sampling": sampling, "mock_when_down": mock_when_down,
        "rewrite_location": rewrite_location, "body_limit": body_limit, "paths": paths, "secrets": secrets,
    }  # fmt: skip
    if given := {name: value for name, value in limits.items() if value is not None}:
        await controls.update(context.actor, found.id, msgspec.convert(given, ControlsChange))
    change = EndpointChange(name=name, description=description, environment=environment, tags=tags, is_public=public, status=status)
    changed = await endpoints.update(context.actor, found.id, change)
    return Answer(f"`{endpoint}` is changed: it is {changed.status} ({endpoints.SAYS[changed.status]}); its proxy URL is {changed.proxy_url}.", changed)


@tool(effect="destructive", scope="write", asks_for=lambda _: WHY["deletes an API"], hears="captured")
async def endpoint_delete(context: Context, endpoint: EndpointRef) -> Answer:
    """Delete an endpoint with all its captured calls and documents, for good."""
    found = await endpoints.find(context.actor, endpoint)
    await endpoints.delete(context.actor, found.id)
    return Answer(f"`{endpoint}` and its {found.calls} captured calls are deleted.", {"deleted": str(found.id), "name": found.name})


async def _of_recording(context: Context, recording: UUID, destination_url: str | None, name: str | None) -> Answer:
    data = await attachments.content(context.actor, recording)
    begun = await imports.begin(context.actor, data, destination_url, name=name, credits_used=ENDPOINT_PRICE)
    made = begun.endpoint
    lines = [f"`{made.name}` (slug `{made.slug}`, id `{made.id}`) was made for {made.destination_url}.", *imports.told(begun.report, made)]
    return Answer("\n".join([*lines, f"Proxy URL for more of them: {made.proxy_url}"]), made, "captured")


def _there(endpoint: Endpoint) -> Answer:
    """A second demo shop would cost the same and be the same; whoever wants one gives it a name."""
    text = (
        f"`{endpoint.name}` (slug `{endpoint.slug}`, id `{endpoint.id}`) captures the demo API already and has {endpoint.calls} calls; nothing was charged.\n"
        f"Proxy URL: {endpoint.proxy_url}\nAnother one is made under a name of its own."
    )
    return Answer(text, There(**msgspec.structs.asdict(endpoint)), is_free=True)


def _line(endpoint: Endpoint) -> str:
    return (
        f"- `{endpoint.slug}` ({endpoint.name}): {endpoint.destination_url}, {endpoint.status} ({endpoints.SAYS[endpoint.status]}), "
        f"{endpoint.calls} calls, {endpoint.errors} errors, proxy {endpoint.proxy_url}"
    )

"""Reads Insomnia exports (version 4, a list of resources, and version 5, a tree) as exchanges. Their answers are not in them."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from agent.spec.model import Exchange
from agent.spec.objects import Object, as_object, as_objects
from agent.spec.readers.collections import (
    MAX_DEPTH,
    Variables,
    exchange,
    filled,
    flat,
    headers,
    is_on,
    multipart,
    pairs,
    reading,
    urlencoded,
)
from agent.spec.readers.reading import Reading

_ASKING = ("request", "websocket_request", "socketio_request")


def read(data: bytes | BinaryIO) -> Reading:
    """The requests of an export. Raises Unreadable where it is none."""
    return reading(data, "Insomnia export", _export)


def _export(document: Object) -> Iterator[Exchange]:
    if "collection" not in document:
        yield from _resources(as_objects(document.get("resources")))
        return
    environments = as_object(document.get("environments"))
    variables = flat(environments.get("data"))
    for below in as_objects(environments.get("subEnvironments")):  # one of them is chosen at a time; the first to name a variable counts
        variables = flat(below.get("data")) | variables
    yield from _items(document["collection"], variables, None, 0)


def _items(items: Any, variables: Variables, auth: Any, depth: int) -> Iterator[Exchange]:
    for item in as_objects(items) if depth < MAX_DEPTH else ():
        own, signing = variables | flat(item.get("environment")), _signing(item) or auth
        if item.get("url"):
            yield _request(item, own, signing)
        yield from _items(item.get("children"), own, signing, depth + 1)


def _resources(resources: list[Object]) -> Iterator[Exchange]:
    """A folder is the parent of what is in it, by its id."""
    variables: Variables = {}
    for resource in resources:
        if resource.get("_type") == "environment":
            variables = flat(resource.get("data")) | variables
    folders = {str(resource.get("_id")): resource for resource in resources if resource.get("_type") == "request_group"}
    for resource in resources:
        if resource.get("_type") in _ASKING and resource.get("url"):
            above = _above(resource, folders)
            own = dict(variables)
            for folder in reversed(above):
                own |= flat(folder.get("environment"))
            yield _request(resource, own, next((found for owner in (resource, *above) if (found := _signing(owner))), None))


def _above(resource: Object, folders: dict[str, Object]) -> list[Object]:
    """The folders that a request is in, innermost first."""
    found: list[Object] = []
    while (folder := folders.get(str(resource.get("parentId")))) and len(found) < MAX_DEPTH:
        found.append(folder)
        resource = folder
    return found


def _signing(owner: Object) -> Object | None:
    """How to sign in, as `collections` has it; one that is switched off says that nobody needs to."""
    auth = as_object(owner.get("authentication"))
    kind = auth.get("type")
    if not kind:
        return None
    return {"type": "none"} if auth.get("disabled") or kind == "none" else {"type": kind, str(kind): auth}


def _request(request: Object, variables: Variables, auth: Any) -> Exchange:
    url = str(request.get("url") or "")
    for name, value in pairs(request.get("pathParameters"), "name"):
        url = url.replace(f"/:{name}", f"/{value}")
    query = pairs(request.get("parameters"), "name")
    return exchange(request.get("method"), url, headers(request.get("headers"), "name", variables), auth, query, _body(request, variables), variables)


def _body(request: Object, variables: Variables) -> tuple[bytes, str, bool]:
    body = as_object(request.get("body"))
    media_type, text = str(body.get("mimeType") or ""), str(body.get("text") or "")
    if "multipart" in media_type and not text:
        return multipart([item for item in as_objects(body.get("params")) if is_on(item)], "name", variables)
    if body.get("fileName"):
        return b"", media_type, True
    content = filled(text, variables).encode("utf-8", "replace") if text else urlencoded(pairs(body.get("params"), "name"), variables)
    return content, "application/json" if media_type == "application/graphql" else media_type, False

"""Reads Postman collections (v1, v2.0, v2.1) as exchanges: requests, with the saved answers where there are some."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from agent.spec.model import Exchange
from agent.spec.objects import Object, as_object, as_objects
from agent.spec.readers.collections import (
    MAX_DEPTH,
    Variables,
    exchange,
    filled,
    headers,
    is_on,
    multipart,
    pairs,
    reading,
    urlencoded,
)
from agent.spec.readers.reading import Reading

_NOTHING = (b"", "", False)
_LANGUAGES = {"json": "application/json", "xml": "application/xml", "html": "text/html", "javascript": "application/javascript"}


def read(data: bytes | BinaryIO) -> Reading:
    """The requests of a collection, once per saved answer. Raises Unreadable where it is no collection."""
    return reading(data, "Postman collection", _collection)


def _collection(document: Object) -> Iterator[Exchange]:
    document = as_object(document.get("collection")) or document
    variables = dict(pairs(document.get("variable") or document.get("variables"), "key"))
    for request in as_objects(document.get("requests")):  # version 1 lists them beside its folders
        yield _request(_of_version_1(request), variables, document.get("auth"))
    yield from _items(document.get("item"), variables, document.get("auth"), 0)


def _items(items: Any, variables: Variables, auth: Any, depth: int) -> Iterator[Exchange]:
    """What a folder says counts for all in it, until something in it says otherwise."""
    for item in as_objects(items) if depth < MAX_DEPTH else ():
        own = variables | dict(pairs(item.get("variable"), "key"))
        yield from _items(item.get("item"), own, item.get("auth") or auth, depth + 1)
        request = item.get("request")
        if isinstance(request, str):
            request = {"url": request}
        if isinstance(request, dict):
            yield from _answered(request, item.get("response"), own, request.get("auth") or auth)


def _answered(request: Object, responses: Any, variables: Variables, auth: Any) -> Iterator[Exchange]:
    base = _request(request, variables, auth)
    answers = as_objects(responses)
    if not answers:
        yield base
    for answer in answers:
        original = answer.get("originalRequest")
        sent = _request(original, variables, original.get("auth") or auth) if isinstance(original, dict) else base
        status = answer.get("code")
        yield msgspec.structs.replace(
            sent,
            status=status if isinstance(status, int) else None,
            response_headers=headers(answer.get("header"), "key", {}),
            response_body=str(answer.get("body") or "").encode("utf-8", "replace"),
        )


def _request(request: Object, variables: Variables, auth: Any) -> Exchange:
    url = request.get("url") or ""
    own = variables | (dict(pairs(url.get("variable"), "key")) if isinstance(url, dict) else {})
    raw = url if isinstance(url, str) else str(url.get("raw") or _put_together(url))
    address, mark, query = raw.partition("?")
    path = "/".join(own.get(part[1:], "{{" + part[1:] + "}}") if part[:1] == ":" and part[1:].isidentifier() else part for part in address.split("/"))
    body = _body(as_object(request.get("body")), own)
    return exchange(request.get("method"), path + mark + query, headers(request.get("header"), "key", own), auth, [], body, own)


def _put_together(url: Object) -> str:
    """The address of its parts, where nobody wrote it whole."""
    host, path = (part if isinstance(part, str) else "" for part in (url.get("host"), url.get("path")))
    host = host or ".".join(str(part) for part in url.get("host") or ())
    path = path or "/".join(str(part.get("value") if isinstance(part, dict) else part) for part in url.get("path") or ())
    query = "&".join(f"{name}={value}" for name, value in pairs(url.get("query"), "key"))
    port = f":{url['port']}" if url.get("port") else ""
    scheme = f"{url['protocol']}://" if url.get("protocol") else ""
    return f"{scheme}{host}{port}/{path.lstrip('/')}" + (f"?{query}" if query else "")


def _body(body: Object, variables: Variables) -> tuple[bytes, str, bool]:
    if not is_on(body):
        return _NOTHING
    match body.get("mode"):
        case "raw":
            language = as_object(as_object(body.get("options")).get("raw")).get("language")
            return filled(str(body.get("raw") or ""), variables).encode("utf-8", "replace"), _LANGUAGES.get(str(language), ""), False
        case "urlencoded":
            return urlencoded(pairs(body.get("urlencoded"), "key"), variables), "application/x-www-form-urlencoded", False
        case "formdata":
            return multipart([item for item in as_objects(body.get("formdata")) if is_on(item)], "key", variables)
        case "graphql":
            return _graphql(as_object(body.get("graphql")), variables)
        case "file":
            return b"", "", True
        case _:
            return _NOTHING


def _graphql(body: Object, variables: Variables) -> tuple[bytes, str, bool]:
    given = body.get("variables")
    try:
        parsed = json.loads(filled(given, variables)) if isinstance(given, str) and given.strip() else given or {}
    except (ValueError, RecursionError):
        parsed = {}
    return json.dumps({"query": body.get("query") or "", "variables": parsed}).encode(), "application/json", False


def _of_version_1(request: Object) -> Object:
    """A request of version 1 in the words of version 2."""
    mode = {"params": "formdata"}.get(str(request.get("dataMode")), request.get("dataMode"))
    raw = request.get("rawModeData")
    body = {"mode": mode, "raw": raw if isinstance(raw, str) else "", str(mode or "none"): raw if mode == "raw" else request.get("data")}
    has_body = raw or request.get("data")
    return {"method": request.get("method"), "url": request.get("url"), "header": request.get("headerData") or request.get("headers")} | (
        {"body": body} if has_body else {}
    )

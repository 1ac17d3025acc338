"""Reads Postman collections (v2.0, v2.1) and Insomnia exports (v4 JSON, v5 YAML) as exchanges: requests, with the saved answers where there are some.

Variables are replaced where the file itself says what they are; a `{{variable}}` that is left in a path stays visible, one in the host makes the request unusable.
Scripts are never run.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import quote_plus

import yaml

from agent.spec import yaml_read
from agent.spec.model import Exchange, Headers
from agent.spec.reading import Reading, Skips, Unreadable, opened, whole, with_id

Object = dict[str, Any]
MAX_FILE = 64 << 20
MAX_DEPTH = 40


def read_postman(data: bytes | BinaryIO) -> Reading:
    """The requests of a collection, once per saved answer. Raises Unreadable where it is no collection."""
    return Reading(lambda skips: _read(_load(data, "Postman collection"), skips, _postman))


def read_insomnia(data: bytes | BinaryIO) -> Reading:
    """The requests of an export. Raises Unreadable where it is none."""
    return Reading(lambda skips: _read(_load(data, "Insomnia export"), skips, _insomnia))


def _load(data: bytes | BinaryIO, what: str) -> Object:
    content = whole(opened(data), MAX_FILE)
    try:
        value = json.loads(content) if content.lstrip()[:1] == b"{" else yaml_read.load(content)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable(f"This {what} is neither JSON nor YAML.") from None
    if not isinstance(value, dict):
        raise Unreadable(f"This is no {what}.")
    return value


def _read(document: Object, skips: Skips, exchanges: Any) -> Iterator[Exchange]:
    found = 0
    for exchange in exchanges(document):
        if "://" not in exchange.url or "{{" in exchange.url.split("/")[2]:
            skips.add(f"`{exchange.method} {exchange.url[:200]}` was left out: its host is not known.")
            continue
        found += 1
        yield with_id(exchange)
    if not found and not skips.count:
        raise Unreadable("There is no request in this collection.")


def _postman(document: Object) -> Iterator[Exchange]:
    variables = _pairs(document.get("variable"), "key")
    yield from _postman_items(document.get("item"), variables, document.get("auth"), 0)


def _postman_items(items: Any, variables: dict[str, str], auth: Any, depth: int) -> Iterator[Exchange]:
    for item in _objects(items) if depth < MAX_DEPTH else ():
        yield from _postman_items(item.get("item"), variables, item.get("auth") or auth, depth + 1)
        request = item.get("request")
        if isinstance(request, str):
            request = {"url": request}
        if isinstance(request, dict):
            yield from _postman_requests(request, item.get("response"), variables, request.get("auth") or auth)


def _postman_requests(request: Object, responses: Any, variables: dict[str, str], auth: Any) -> Iterator[Exchange]:
    base = _postman_request(request, variables, auth)
    answers = list(_objects(responses))
    if not answers:
        yield base
    for answer in answers:
        original = answer.get("originalRequest")
        sent = _postman_request(original, variables, original.get("auth") or auth) if isinstance(original, dict) else base
        body = str(answer.get("body") or "").encode("utf-8", "replace")
        status = answer.get("code")
        yield Exchange(
            "",
            sent.method,
            sent.url,
            status if isinstance(status, int) else None,
            sent.request_headers,
            sent.request_body,
            _headers(answer.get("header"), "key", {}),
            body,
        )


def _postman_request(request: Object, variables: dict[str, str], auth: Any) -> Exchange:
    url, body = request.get("url") or "", _object(request.get("body"))
    raw = url if isinstance(url, str) else str(url.get("raw") or "")
    own = variables | (_pairs(url.get("variable"), "key") if isinstance(url, dict) else {})
    path = re.sub(r"/:([A-Za-z_]\w*)", lambda match: "/" + own.get(match[1], "{{" + match[1] + "}}"), raw)
    headers = _headers(request.get("header"), "key", variables) + _authorization(auth, variables)
    content, media_type = _postman_body(body, variables)
    return Exchange("", str(request.get("method") or "GET").upper(), _filled(path, own), request_headers=_typed(headers, media_type), request_body=content)


def _postman_body(body: Object, variables: dict[str, str]) -> tuple[bytes, str]:
    match body.get("mode"):
        case "raw":
            language = _object(_object(body.get("options")).get("raw")).get("language")
            return _filled(str(body.get("raw") or ""), variables).encode(), "application/json" if language == "json" else ""
        case "urlencoded":
            pairs = _pairs(body.get("urlencoded"), "key")
            return "&".join(
                f"{quote_plus(name)}={quote_plus(_filled(value, variables))}" for name, value in pairs.items()
            ).encode(), "application/x-www-form-urlencoded"
        case "graphql":
            return _graphql(_object(body.get("graphql")))
        case _:
            return b"", ""


def _graphql(body: Object) -> tuple[bytes, str]:
    variables = body.get("variables")
    try:
        parsed = json.loads(variables) if isinstance(variables, str) and variables.strip() else variables or {}
    except ValueError:
        parsed = {}
    return json.dumps({"query": body.get("query") or "", "variables": parsed}).encode(), "application/json"


def _authorization(auth: Any, variables: dict[str, str]) -> Headers:
    """The header that an `auth` block stands for; its value is masked everywhere later."""
    kind = _object(auth).get("type")
    settings = _object(auth).get(str(kind))
    values = settings if isinstance(settings, dict) else _pairs(settings, "key")
    match kind:
        case "bearer":
            return (("Authorization", "Bearer " + _filled(str(values.get("token") or "token"), variables)),)
        case "basic":
            return (("Authorization", "Basic dXNlcjpwYXNzd29yZA=="),)
        case "apikey" if values.get("in") != "query":
            return ((str(values.get("key") or "X-API-Key"), _filled(str(values.get("value") or "key"), variables)),)
        case _:
            return ()


def _insomnia(document: Object) -> Iterator[Exchange]:
    if "collection" in document:
        variables = _object(_object(document.get("environments")).get("data"))
        yield from _insomnia_items(document["collection"], {str(key): str(value) for key, value in variables.items()}, 0)
        return
    resources = list(_objects(document.get("resources")))
    data = [_object(resource.get("data")) for resource in resources if resource.get("_type") == "environment"]
    variables = {str(key): str(value) for item in data for key, value in item.items()}
    for resource in resources:
        if resource.get("_type") == "request":
            yield _insomnia_request(resource, variables)


def _insomnia_items(items: Any, variables: dict[str, str], depth: int) -> Iterator[Exchange]:
    for item in _objects(items) if depth < MAX_DEPTH else ():
        if "url" in item:
            yield _insomnia_request(item, variables)
        yield from _insomnia_items(item.get("children"), variables, depth + 1)


def _insomnia_request(request: Object, variables: dict[str, str]) -> Exchange:
    body, url = _object(request.get("body")), _filled(str(request.get("url") or ""), variables)
    query = "&".join(f"{quote_plus(name)}={quote_plus(_filled(value, variables))}" for name, value in _pairs(request.get("parameters"), "name").items())
    url += ("&" if "?" in url else "?") + query if query else ""
    auth = _object(request.get("authentication"))
    block = {"type": auth.get("type"), str(auth.get("type")): auth} if auth.get("type") and not auth.get("disabled") else None
    headers = _headers(request.get("headers"), "name", variables) + _authorization(block, variables)
    text = str(body.get("text") or "") or "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in _pairs(body.get("params"), "name").items())
    return Exchange(
        "",
        str(request.get("method") or "GET").upper(),
        url,
        request_headers=_typed(headers, str(body.get("mimeType") or "")),
        request_body=_filled(text, variables).encode(),
    )


def _typed(headers: Headers, media_type: str) -> Headers:
    return headers if not media_type or any(name.lower() == "content-type" for name, _ in headers) else (*headers, ("Content-Type", media_type))


def _headers(raw: Any, key: str, variables: dict[str, str]) -> Headers:
    return tuple((name, _filled(value, variables)) for name, value in _pairs(raw, key).items())


def _pairs(raw: Any, key: str) -> dict[str, str]:
    return {
        str(item.get(key)): str(item.get("value") if item.get("value") is not None else "")
        for item in _objects(raw)
        if item.get(key) and not item.get("disabled")
    }


def _filled(text: str, variables: dict[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        return str(variables.get(match[1], match[0]))

    for _ in range(3):  # a variable may stand for another
        text = re.sub(r"\{\{\s*(?:_\.)?([\w.-]+)\s*\}\}", value, text)
    return text


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> Iterator[Object]:
    yield from (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()

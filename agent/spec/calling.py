"""From an operation of a spec and some arguments to the request that calls it, or to the sentence that says what does not fit.

Values are checked against the spec's own schemas (`validation`), and encoded so that nothing in them changes more than its own place (`encoding`). No credentials here.
"""

import re
from typing import Any

import msgspec

from agent.spec import encoding
from agent.spec.encoding import Unfit
from agent.spec.model import Content, JsonSchema, Operation, Parameter, Spec
from agent.spec.serving import serving
from agent.spec.validation import mismatch

SAFE = ("GET", "HEAD", "OPTIONS", "QUERY")
"""Methods that only read, by the standard."""
ENOUGH = 5
"""Calls after which a heard schema is held against a new one."""
_METHODS = (*SAFE, "POST", "PUT", "PATCH", "DELETE")


class Arguments(msgspec.Struct, frozen=True):
    """What the caller gave, by where it goes. `body` is UNSET where there is none: null is a body."""

    path: dict[str, Any] = {}
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    cookies: dict[str, Any] = {}
    body: Any = msgspec.UNSET


class Request(msgspec.Struct, frozen=True):
    """`target` is path and query, below the base URL of the API."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Match(msgspec.Struct, frozen=True):
    """An operation, and the path arguments that were in what it was asked for by."""

    operation: Operation
    path: dict[str, str]


def find(spec: Spec, word: str) -> Match | None:
    """The operation of an id, of `METHOD /template`, of a template that only one has, or of `METHOD /a/real/path`."""
    text = word.strip()
    meant = named(spec, text)
    if meant and (len(meant) == 1 or not text.startswith("/")):
        return Match(meant[0], {})
    method, _, path = text.partition(" ")
    found = serving(spec.operations, method.upper(), path.strip().partition("?")[0])
    return Match(*found) if found else None


def named(spec: Spec, word: str) -> list[Operation]:
    """The operations that a word names: an id, `METHOD /template`, or a template, of which several may be. A last slash counts only where it tells two apart."""
    text = word.strip()
    if " " not in text and (found := [operation for operation in spec.operations if operation.id == text]):
        return found  # an id with a blank could pose as the method and path of another
    method, _, path = text.rpartition(" ")
    alike = [o for o in spec.operations if method.strip().upper() in ("", o.method) and o.template.rstrip("/") == path.rstrip("/")]
    return [operation for operation in alike if operation.template == path] or alike


def raw(word: str) -> Operation | None:
    """An operation nobody has described: `METHOD /path`, for an API that was registered by hand."""
    method, _, path = word.strip().partition(" ")
    path = path.strip()
    if method.upper() not in _METHODS or not path.startswith("/"):
        return None
    parameters = tuple(Parameter(name, "path", {}, required=True) for name in _names(path))
    return Operation(id=f"{method.upper()} {path}", method=method.upper(), template=path, parameters=parameters)


def build(spec: Spec, operation: Operation, given: Arguments, *, is_strict: bool) -> Request:
    """The request. `is_strict` refuses what the spec does not name; a spec that was only heard may not know everything. Raises Unfit."""
    if operation.method not in _METHODS:
        raise Unfit(f"`{operation.method}` requests are not sent.")
    _check_names(operation, given, is_strict=is_strict)
    operation = operation if is_strict else _binding(operation)
    template, _, fixed = operation.template.partition("?")
    places = _wanted(spec, operation, "path", given.path)
    path = encoding.path(template, places, {one.name for one in operation.parameters if one.has_slashes})
    query = "&".join(part for part in (encoding.fixed_query(fixed, places), encoding.query(_wanted(spec, operation, "query", given.query))) if part)
    headers = [encoding.header(name, value) for name, value in _wanted(spec, operation, "header", given.headers).items()]
    if cookies := _wanted(spec, operation, "cookie", given.cookies):
        headers.append(("cookie", "; ".join(encoding.cookie(name, value) for name, value in cookies.items())))
    media_type = next((value for name, value in headers if name.lower() == "content-type"), None)
    media_type, body = _body(spec, operation, given.body, media_type)
    if media_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", media_type))
    return Request(operation.method, path + (f"?{query}" if query else ""), tuple(headers), body)


def _binding(operation: Operation) -> Operation:
    """What was heard binds nobody until it was heard a few times, and a parameter that came once a request may come twice."""
    parameters = tuple(
        msgspec.structs.replace(p, schema=_one_or_many(p.schema) if p.evidence.count >= ENOUGH else {}, required=p.required and p.where == "path")
        for p in operation.parameters
    )
    request = tuple(c if c.evidence.count >= ENOUGH else msgspec.structs.replace(c, schema={}) for c in operation.request)
    return msgspec.structs.replace(operation, parameters=parameters, request=request)


def _one_or_many(schema: JsonSchema) -> JsonSchema:
    return {"anyOf": [schema, {"type": "array", "items": schema}]}


def _names(template: str) -> list[str]:
    return re.findall(r"\{([^{}/]+)\}", template)


def _check_names(operation: Operation, given: Arguments, *, is_strict: bool) -> None:
    for where, values in (("path", given.path), ("query", given.query), ("header", given.headers), ("cookie", given.cookies)):
        known = {p.name.lower() if where == "header" else p.name for p in operation.parameters if p.where == where}
        known |= set(_names(operation.template)) if where == "path" else {"accept", "content-type"} if where == "header" else set()
        for name in values:
            if (where == "path" or is_strict) and (name.lower() if where == "header" else name) not in known:
                raise Unfit(f"There is no {where} parameter `{name}`; {_listed(known)}.", name)


def _listed(known: set[str]) -> str:
    return f"there {'are' if len(known) > 1 else 'is'} {', '.join(f'`{name}`' for name in sorted(known)[:30])}" if known else "it takes none"


def _wanted(spec: Spec, operation: Operation, where: str, given: dict[str, Any]) -> dict[str, Any]:
    """The values to send, in the order of the spec, checked; what the spec does not name comes after."""
    named = {p.name: p for p in operation.parameters if p.where == where}
    if where == "path":
        named |= {name: Parameter(name, "path", {}, required=True) for name in _names(operation.template) if name not in named}
    spelled = {name.lower(): name for name in named} if where == "header" else {}
    given = {spelled.get(name.lower(), name): value for name, value in given.items() if value is not None}
    if missing := [name for name, p in named.items() if p.required and name not in given and not (where == "header" and name.lower() in encoding.OURS)]:
        raise Unfit(f"The {where} parameter `{missing[0]}` is missing.", missing[0])
    ordered = [name for name in named if name in given] + [name for name in given if name not in named]
    return {name: _checked(spec, named.get(name), name, given[name]) for name in ordered}


def _checked(spec: Spec, parameter: Parameter | None, name: str, value: Any) -> Any:
    if parameter is None or not (why := mismatch(spec, parameter.schema, value)):
        return value
    if isinstance(value, str):
        for other in (_as_json(value), [value]):
            if other is not None and mismatch(spec, parameter.schema, other) is None:
                return other
    elif isinstance(value, int | float) and mismatch(spec, parameter.schema, encoding.as_text(value)) is None:
        return encoding.as_text(value)
    raise Unfit(f"`{name}` does not fit: {why}.", name)


def _as_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _body(spec: Spec, operation: Operation, value: Any, chosen: str | None) -> tuple[str | None, bytes]:
    content = next((c for c in operation.request if chosen and _base(c.media_type) == _base(chosen)), operation.request[0] if operation.request else None)
    if value is msgspec.UNSET:
        if operation.request_required:
            raise Unfit(f"A body is needed{f' ({content.media_type})' if content else ''}.", "body")
        return None, b""
    media_type = chosen or (content.media_type if content and "*" not in content.media_type else "application/json")
    return _encoded(spec, content, media_type, value)


def _encoded(spec: Spec, content: Content | None, media_type: str, value: Any) -> tuple[str, bytes]:
    base = _base(media_type)
    if base.endswith("json"):
        parsed = _as_json(value) if isinstance(value, str) and content and not _takes_text(content.schema) else None
        return media_type, msgspec.json.encode(_fitting(spec, content, value if parsed is None else parsed))
    if base == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return media_type, encoding.form(_fitting(spec, content, value))
    if base == "multipart/form-data" and isinstance(value, dict):
        return encoding.multipart(_fitting(spec, content, value))
    if isinstance(value, str):
        return media_type, value.encode()
    raise Unfit(f"The body is sent as `{media_type}`: give it as text.", "body")


def _takes_text(schema: JsonSchema) -> bool:
    return schema.get("type") == "string"


def _fitting(spec: Spec, content: Content | None, value: Any) -> Any:
    if content and (why := mismatch(spec, content.schema, value)):
        raise Unfit(f"The body does not fit: {why}.", "body")
    return value


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()

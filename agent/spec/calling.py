"""From an operation of a spec and some arguments to the request that calls it, or to the sentence that says what does not fit.

Values are checked against the spec's own schemas and encoded here, so that nothing in them can change the host, the path's shape or the
headers. Regular expressions of a document are not run: a hostile one could take for ever, and the API checks its own. No credentials here.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from agent.spec.model import Content, JsonSchema, Operation, Parameter, Spec

SAFE = ("GET", "HEAD", "OPTIONS", "QUERY")
"""Methods that only read, by the standard."""
ENOUGH = 5
"""Calls after which a heard schema is held against a new one."""
_METHODS = (*SAFE, "POST", "PUT", "PATCH", "DELETE")
_UNRESERVED = "-._~"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_COOKIE_SAFE = "!#$&'()*+-./:<=>?@[]^_`{|}~"
_LITERAL = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*")
_LITERAL_QUERY = re.compile(r"(?:[A-Za-z0-9._~!$'()*+,;=:@/?&-]|%[0-9A-Fa-f]{2})*")
_OURS = frozenset(
    [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "upgrade",
        "te",
        "trailer",
        "expect",
        "proxy-authorization",
        "proxy-connection",
        "authorization",
        "cookie",
    ]
)
_FRAMING = _OURS - {"authorization", "proxy-authorization", "cookie"}
_MOST_VALUE = 8_000


class Unfit(ValueError):
    """Why no request can be built: one sentence, and the argument that is to blame."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


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
    method, _, path = text.partition(" ")
    wanted = f"{method.upper()} {path.strip()}"
    for operation in spec.operations:  # an id with a blank could pose as the method and path of another
        if (" " not in text and text == operation.id) or wanted == f"{operation.method} {operation.template}":
            return Match(operation, {})
    alone = [operation for operation in spec.operations if operation.template == text]
    if len(alone) == 1:
        return Match(alone[0], {})
    found = [(o, filled) for o in spec.operations if o.method == method.upper() and (filled := _filled(o.template, path.strip())) is not None]
    return Match(*min(found, key=lambda pair: len(pair[1]))) if found else None


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
    path = _path(template, places)
    query = "&".join(part for part in (_fixed(fixed, places), _query(_wanted(spec, operation, "query", given.query))) if part)
    headers = [_header(name, value) for name, value in _wanted(spec, operation, "header", given.headers).items()]
    if cookies := _wanted(spec, operation, "cookie", given.cookies):
        headers.append(("cookie", "; ".join(_cookie(name, value) for name, value in cookies.items())))
    media_type = next((value for name, value in headers if name.lower() == "content-type"), None)
    media_type, body = _body(spec, operation, given.body, media_type)
    if media_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", media_type))
    return Request(operation.method, path + (f"?{query}" if query else ""), tuple(headers), body)


def is_header(name: str, value: str) -> bool:
    """Whether the two can be sent as a header without changing what is around them."""
    return bool(_TOKEN.fullmatch(name)) and not _CONTROL.search(value) and _is_latin(value) and name.lower() not in _FRAMING


def mismatch(spec: Spec, schema: JsonSchema, value: Any) -> str | None:
    """Why a value does not satisfy a schema of the spec, or None."""
    return matcher(spec)(schema, value)


def matcher(spec: Spec) -> Callable[[JsonSchema, Any], str | None]:
    """`mismatch` for many values: what they share is made ready once."""
    components = {"schemas": {name: _without_patterns(part) for name, part in spec.schemas.items()}}
    return lambda schema, value: _mismatch({**_without_patterns(schema), "components": components}, value)


def _mismatch(whole: JsonSchema, value: Any) -> str | None:
    try:
        _followed.set([_MOST_FOLLOWED])
        error: ValidationError | None = best_match(_Validator(whole, registry=Registry()).iter_errors(value))
    except (RecursionError, Unresolvable, ValueError, TypeError, re.error):
        return None  # a schema that cannot be applied refuses nothing: the API decides
    except Exception as failure:  # jsonschema wraps what a broken schema raises in types of its own
        if type(failure).__module__.partition(".")[0] not in ("jsonschema", "referencing"):
            raise
        return None
    if error is None:
        return None
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    return f"{error.message[:200]}{f' (at `{where.lstrip(chr(46))}`)' if where else ''}"


def _follow(validator: Any, reference: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """A reference, as long as there are not too many: thirty lines of a document can make a billion of them."""
    left = _followed.get()
    left[0] -= 1
    if left[0] < 0:
        raise ValueError("too many references")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema) or ()


_MOST_FOLLOWED = 20_000
_followed: ContextVar[list[int]] = ContextVar("references that may still be followed")
_Validator = extend(Draft202012Validator, {"$ref": _follow})


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


def _filled(template: str, path: str) -> dict[str, str] | None:
    names = _names(template)
    parts = re.split(r"\{[^{}/]+\}", template)
    found = re.fullmatch("([^/]+?)".join(re.escape(part) for part in parts), path.partition("?")[0])
    return dict(zip(names, found.groups(), strict=True)) if found else None


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
    if missing := [name for name, p in named.items() if p.required and name not in given and not (where == "header" and name.lower() in _OURS)]:
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
    elif isinstance(value, int | float) and mismatch(spec, parameter.schema, _text(value)) is None:
        return _text(value)
    raise Unfit(f"`{name}` does not fit: {why}.", name)


def _as_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _path(template: str, values: dict[str, Any]) -> str:
    if not template.startswith("/") or _CONTROL.search(template):
        raise Unfit(f"The path `{template[:80]}` of this operation cannot be called.")
    pieces = re.split(r"\{([^{}/]+)\}", template)
    filled = "".join(_literal(piece, template) if index % 2 == 0 else _segment(piece, values[piece]) for index, piece in enumerate(pieces))
    if any(re.fullmatch(r"(?:\.|%2e){1,2}", part, re.IGNORECASE) for part in filled.split("/")):
        raise Unfit(f"The path `{template[:80]}` leads out of the API.")
    return filled


def _fixed(query: str, values: dict[str, Any]) -> str:
    """What a template has behind a question mark, as `/rest?method=photos.search` of APIs that are told apart so."""
    pieces = re.split(r"\{([^{}/]+)\}", query)
    if not all(_LITERAL_QUERY.fullmatch(piece) for piece in pieces[::2]):
        raise Unfit(f"The query `{query[:80]}` in the path of this operation cannot be sent.")
    return "".join(piece if index % 2 == 0 else quote(_short(_text(values[piece]), piece), safe=_UNRESERVED) for index, piece in enumerate(pieces))


def _literal(text: str, template: str) -> str:
    parts = [part if _LITERAL.fullmatch(part) else quote(part, safe="!$&'()*+,;=:@" + _UNRESERVED) for part in text.split("/")]
    if any(mark in text for mark in "?#\\"):
        raise Unfit(f"The path `{template[:80]}` of this operation cannot be called.")
    return "/".join(parts)


def _segment(name: str, value: Any) -> str:
    text = ",".join(_text(item) for item in value) if isinstance(value, list) else _text(value)
    if not text or any(part in (".", "..") for part in re.split(r"[/\\]", text)):
        raise Unfit(f"`{text[:40]}` cannot be the path parameter `{name}`.", name)
    return quote(_short(text, name), safe=_UNRESERVED)


def _query(values: dict[str, Any]) -> str:
    """Lists are repeated, objects are spread: what OpenAPI calls `form` and `explode`, its default."""
    pairs: list[str] = []
    for name, value in values.items():
        for key, item in value.items() if isinstance(value, dict) else [(name, each) for each in value] if isinstance(value, list) else [(name, value)]:
            pairs.append(f"{quote(str(key), safe=_UNRESERVED + '[]$')}={quote(_short(_text(item), name), safe=_UNRESERVED)}")
    return "&".join(pairs)


def _header(name: str, value: Any) -> tuple[str, str]:
    if name.lower() in _OURS:
        raise Unfit(f"The header `{name}` is not given with a call; credentials are kept with the endpoint.", name)
    text = ",".join(_text(item) for item in value) if isinstance(value, list) else _text(value)
    if not _TOKEN.fullmatch(name) or _CONTROL.search(text) or not _is_latin(text):
        raise Unfit(f"`{name[:60]}` cannot be sent as a header: it has characters that headers must not have.", name)
    return name, _short(text.strip(), name)


def _cookie(name: str, value: Any) -> str:
    if not _TOKEN.fullmatch(name):
        raise Unfit(f"`{name[:60]}` is no name for a cookie.", name)
    return f"{name}={quote(_short(_text(value), name), safe=_COOKIE_SAFE)}"


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _short(text: str, name: str) -> str:
    if len(text) > _MOST_VALUE:
        raise Unfit(f"`{name}` has more than {_MOST_VALUE} characters.", name)
    return text


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


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
        fields = _fitting(spec, content, value)
        return media_type, urlencode([(k, _text(i)) for k, v in fields.items() for i in (v if isinstance(v, list) else [v])], quote_via=quote).encode()
    if base == "multipart/form-data" and isinstance(value, dict):
        return _multipart(_fitting(spec, content, value))
    if isinstance(value, str):
        return media_type, value.encode()
    raise Unfit(f"The body is sent as `{media_type}`: give it as text.", "body")


def _takes_text(schema: JsonSchema) -> bool:
    return schema.get("type") == "string"


def _fitting(spec: Spec, content: Content | None, value: Any) -> Any:
    if content and (why := mismatch(spec, content.schema, value)):
        raise Unfit(f"The body does not fit: {why}.", "body")
    return value


def _multipart(fields: dict[str, Any]) -> tuple[str, bytes]:
    """Text fields only. The boundary comes from the content, so that the same call gives the same bytes."""
    boundary = hashlib.sha256(msgspec.json.encode(fields)).hexdigest()[:32]
    parts = []
    for name, value in fields.items():
        if _CONTROL.search(name) or '"' in name:
            raise Unfit(f"`{name[:60]}` is no name for a field.", "body")
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_text(value)}\r\n')
    return f"multipart/form-data; boundary={boundary}", ("".join(parts) + f"--{boundary}--\r\n").encode()


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _without_patterns(value: Any, depth: int = 0) -> Any:
    """The schema without its regular expressions and own base addresses, as deep as any sane one goes."""
    if depth > 60:
        return {}
    if isinstance(value, list):
        return [_without_patterns(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = ("pattern", "patternProperties", "$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef")
    return {
        name: item
        if name in ("enum", "const", "default", "example", "examples")
        else _properties(item, depth)
        if name == "properties"
        else _without_patterns(item, depth + 1)
        for name, item in value.items()
        if name not in left_out
    }


def _properties(value: Any, depth: int) -> Any:
    return {name: _without_patterns(schema, depth + 1) for name, schema in value.items()} if isinstance(value, dict) else value

"""Writes a spec as Markdown for people: how to sign in, then every operation with its parameters, bodies, answers, errors and samples.

Whatever was captured is hostile here: text is escaped so that it makes no markup, no link, no image and no HTML, and code is fenced so that it
cannot leave its block.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from agent.spec.fields import resolved
from agent.spec.model import Content, Evidence, JsonSchema, Operation, Parameter, Response, SecurityScheme, Spec
from agent.spec.pagination import FLAGS
from agent.spec.ranges import RANGE
from agent.spec.secrets.redact import mask_json, mask_name, mask_named, mask_text, mask_url
from agent.spec.writers import samples
from agent.spec.writers.markup import code, escape, fenced
from agent.spec.writers.openapi import phrase

MAX_EXAMPLE = 4000
MAX_ROWS = 200
CONTENTS = "| Method | Path | What it does |"


def document(spec: Spec, *, evidence: bool = True) -> str:
    """The whole page. Without `evidence` it says nothing of the calls that it was written from."""
    spec = spec if evidence else _without_evidence(spec)
    groups, general = _by_tag(spec), [_authentication(spec), _general(spec)]
    before = [spec.title, *(part.partition("\n")[0].removeprefix("## ") for part in general if part)]
    parts = [f"# {escape(spec.title)}", _introduction(spec), _contents(spec, _anchors(groups, before)), *general]
    for tag, operations in groups:
        parts.append(f"## {escape(tag)}")
        parts += [operation(spec, item) for item in operations]
    parts += [_types(spec), _left_out(spec)]
    return "\n\n".join(part for part in parts if part) + "\n"


def front(spec: Spec) -> str:
    """What stands before the operations, without evidence: where the API is, how to sign in, what holds everywhere."""
    spec = _without_evidence(spec)
    return "\n\n".join(part for part in (f"# {escape(spec.title)}", _introduction(spec), _authentication(spec), _general(spec)) if part) + "\n"


def excerpt(spec: Spec) -> str:
    """Of a part of an API the operations and their types alone, without evidence."""
    spec = _without_evidence(spec)
    sections = [part for tag, operations in _by_tag(spec) for part in (f"## {escape(tag)}", *(operation(spec, item) for item in operations))]
    return "\n\n".join(part for part in (*sections, _types(spec)) if part) + "\n"


def operation(spec: Spec, item: Operation) -> str:
    """The section of one operation."""
    parts = [f"### {escape(item.summary or item.id)}", f"{code(f'{item.method} {mask_url(item.template)}')} · {code(item.id)}{_badges(item)}"]
    parts += [escape(item.description)] if item.description else []
    parts += [f"*{_heard(item)}*"] if item.evidence.count else []
    parts += [f"Sign-in: {_needed(spec, item)}."]
    parts += [_parameters(item), _request(spec, item), _paging(item), _messages(spec, item), _answers(spec, item), _samples(spec, item)]
    return "\n\n".join(part for part in parts if part)


def anchor(title: str, seen: Counter[str]) -> str:
    """What viewers of Markdown call the place of a heading: a name that was seen before has a number."""
    words = re.sub(r"\s+", " ", mask_text(title)).strip().lower()
    slug = quote(re.sub(r"[^\w -]", "", words).replace(" ", "-"))
    seen[slug] += 1
    return f"{slug}-{seen[slug] - 1}" if seen[slug] > 1 else slug


def _without_evidence(spec: Spec) -> Spec:
    operations = tuple(msgspec.structs.replace(item, evidence=Evidence()) for item in spec.operations)
    limit = {name: value for name, value in (spec.rate_limit or {}).items() if name != "refused"} or None
    return msgspec.structs.replace(spec, operations=operations, evidence=Evidence(), noise=(), rate_limit=limit)


def _introduction(spec: Spec) -> str:
    server = f"Base URL: {code(mask_url(spec.servers[0]))}" if spec.servers else ""
    heard = f"Written from {_times(spec.evidence.count, 'captured call')}." if spec.evidence.count else ""
    return "\n\n".join(part for part in (server, heard) if part)


def _anchors(groups: list[tuple[str, list[Operation]]], before: list[str]) -> dict[str, str]:
    """By operation, where its section stands."""
    seen: Counter[str] = Counter()
    for title in before:
        anchor(title, seen)
    return {
        name: anchor(title, seen) for tag, operations in groups for name, title in [("", tag), *((item.id, item.summary or item.id) for item in operations)]
    }


def _contents(spec: Spec, anchors: dict[str, str]) -> str:
    if not spec.operations:
        return "No operations were found."
    rows = [f"| {code(item.method)} | [{code(mask_url(item.template))}](#{anchors[item.id]}) | {escape(item.summary or item.id)} |" for item in spec.operations]
    return "\n".join([CONTENTS, "|---|---|---|", *rows])


def _authentication(spec: Spec) -> str:
    if not spec.security_schemes:
        return ""
    lines = [f"- {code(scheme.name)}: {_scheme(scheme)}" + (f" {escape(scheme.description)}" if scheme.description else "") for scheme in spec.security_schemes]
    return "## Authentication\n\n" + "\n".join(lines)


def _scheme(scheme: SecurityScheme) -> str:
    if scheme.kind == "apiKey":
        places = {"header": "header", "query": "query parameter", "cookie": "cookie"}
        return f"an API key in the {places.get(scheme.where, 'header')} {code(scheme.parameter)}."
    if scheme.kind == "oauth2":
        return f"OAuth 2 ({escape(', '.join(scheme.flows or {}) or 'flow not seen')}), sent as {code('Authorization: Bearer …')}.{_flow(scheme.flows or {})}"
    if scheme.kind == "signature":
        where = "query parameter" if scheme.where == "query" else "header"
        return f"each request is signed{f' ({escape(scheme.scheme)})' if scheme.scheme else ''}; the signature is in the {where} {code(scheme.parameter)}."
    name = scheme.scheme.capitalize() or "Bearer"
    if name == "Basic":
        return f"send {code('Authorization: Basic …')} with {code('user:password')} in Base64."
    return f"send {code(f'Authorization: {name} …')}{f' with a {escape(scheme.bearer_format)}' if scheme.bearer_format else ''}."


def _flow(flows: dict[str, Any]) -> str:
    """Where a token comes from, and what it may be asked for."""
    said: list[dict[str, Any]] = [flow for flow in flows.values() if isinstance(flow, dict)]
    addresses = sorted({str(flow["tokenUrl"]) for flow in said if flow.get("tokenUrl")})
    scopes = sorted({str(scope) for flow in said for scope in flow.get("scopes") or ()})
    told = f" Tokens come from {', '.join(code(mask_url(address)) for address in addresses)}" if addresses else ""
    asked = " for " + ", ".join(code(scope) for scope in scopes[:20]) if scopes else ""
    return f"{told}{asked}." if told else ""


def _general(spec: Spec) -> str:
    lines = [*_limits(spec.rate_limit or {}), *_versions(spec.versioning or {}), *_cors(spec.cors or {})]
    return "## In general\n\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _limits(found: dict[str, Any]) -> list[str]:
    if not found:
        return []
    limit = f"at most {found['limit']:,} requests a window" if isinstance(found.get("limit"), int) else "there is a limit"
    told = ", ".join(code(str(name)) for name in found.get("headers") or ())
    refused = f"; {_times(found['refused'], 'call')} met it (429)" if isinstance(found.get("refused"), int) and found["refused"] else ""
    return [f"Rate limit: {limit}{f', told in {told}' if told else ''}{refused}."]


def _versions(found: dict[str, Any]) -> list[str]:
    parts = [
        f"{', '.join(code(str(value)) for value in found[key])}, in the {where}"
        for key, where in (("values", "path"), ("names", "header"), ("queries", "query"))
        if found.get(key)
    ]
    return [f"Version: {'; '.join(parts)}."] if parts else []


def _cors(found: dict[str, Any]) -> list[str]:
    if not found:
        return []
    allowed = str(found.get("allow_origin") or "")
    origins = "any origin" if allowed == "*" else code(mask_url(allowed))
    methods, heard, headers = (", ".join(code(str(name)) for name in found.get(key) or ()) for key in ("allow_methods", "heard_methods", "expose_headers"))
    told = f" with {methods}" if methods else f" (heard with {heard}; no preflight was)" if heard else ""
    shown = f" and may read {headers}" if headers else ""
    return [f"Browsers may call it from {origins}{told}{', with credentials' if found.get('credentials') else ''}{shown} (CORS)."]


def _times(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def _by_tag(spec: Spec) -> list[tuple[str, list[Operation]]]:
    groups: dict[str, list[Operation]] = {}
    for item in spec.operations:
        groups.setdefault(item.tags[0] if item.tags else "Operations", []).append(item)
    return list(groups.items())


def _badges(item: Operation) -> str:
    words = [item.api_type] if item.api_type != "REST" else []
    words += ["deprecated"] if item.deprecated else []
    names = f" · operations: {', '.join(code(name) for name in item.operation_names[:20])}" if item.operation_names else ""
    return "".join(f" · {word}" for word in words) + names


def _heard(item: Operation) -> str:
    count = item.evidence.count
    return f"Heard {_times(count, 'time')}; answered {', '.join(f'{escape(response.status)} ({response.evidence.count:,}×)' for response in item.responses) or 'nothing'}."


def _needed(spec: Spec, item: Operation) -> str:
    if not any(item.security):
        statuses = {response.status for response in item.responses}
        is_refused = "401" in statuses and not any(status.startswith("2") for status in statuses)
        return "asked for (401), but no call has shown how" if is_refused else "not needed"
    return " or ".join(" and ".join(code(name) for name in names) if names else "none" for names in item.security)


def _parameters(item: Operation) -> str:
    rows = [_parameter(parameter) for parameter in item.parameters]
    return "\n".join(["**Parameters**", "", "| Name | In | Type | Required | Example |", "|---|---|---|---|---|", *rows]) if rows else ""


def _parameter(parameter: Parameter) -> str:
    shown = parameter.example if parameter.example is not None else next(iter(parameter.schema.get("enum") or ()), None)
    masked = mask_named(parameter.name, shown)
    example = "" if masked is None else code(masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False))
    about = f" – {escape(parameter.description)}" if parameter.description else ""
    return f"| {code(parameter.name)}{about} | {parameter.where} | {_kind(parameter.schema)} | {'yes' if parameter.required else 'no'} | {example} |"


def _request(spec: Spec, item: Operation) -> str:
    if not item.request:
        return ""
    must = "required" if item.request_required else "optional"
    return "\n\n".join([f"**Request body** ({must})", *(_body(spec, content, "Required") for content in item.request)])


def _body(spec: Spec, content: Content, always: str = "Always") -> str:
    parts = [f"{code(content.media_type)}{_of(content.schema)}" if content.media_type else ""]
    parts += [_table(_rows(spec, content.schema), always)] if not _of(content.schema) else []
    parts += [escape(str(content.schema["description"]))] if content.schema.get("format") == "binary" and content.schema.get("description") else []
    value = mask_json(content.example) if content.example is not None else None
    parts += [_shown(value)] if value is not None else []
    return "\n\n".join(part for part in parts if part)


def _of(schema: JsonSchema) -> str:
    """A body that is a shared type, or a list of one, is told by its name: the types stand at the end."""
    if "$ref" in schema:
        return f": {_kind(schema)}, see Types"
    items = schema.get("items")
    return f": a list of {_kind(items)}, see Types" if isinstance(items, dict) and "$ref" in items else ""


class Row(NamedTuple):
    """A field: the cells of its row."""

    name: str
    kind: str
    is_required: bool
    about: str


def _table(rows: list[Row], always: str = "Always") -> str:
    if not rows:
        return ""
    has_words = any(row.about for row in rows)
    head = f"| Field | Type | {always} |{' Meaning |' if has_words else ''}"
    lines = [f"| {row.name} | {row.kind} | {'yes' if row.is_required else 'no'} |{f' {row.about} |' if has_words else ''}" for row in rows]
    return "\n".join([head, "|---|---|---|" + "---|" * has_words, *lines])


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return fenced(text if len(text) <= MAX_EXAMPLE else text[:MAX_EXAMPLE] + "\n… (cut)", "text" if isinstance(value, str) else "json")


def _rows(spec: Spec, schema: JsonSchema, prefix: str = "", depth: int = 0) -> list[Row]:
    """The fields to two levels; deeper ones are in the example."""
    schema, marks = resolved(spec, schema), ""
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        schema, marks = resolved(spec, schema["items"]), "[]."
    required, rows = set(schema.get("required") or ()), list[Row]()
    for name, item in (schema.get("properties") or {}).items():
        path = f"{prefix}{marks if depth == 0 else ''}{mask_name(name)}"
        shape = item if isinstance(item, dict) else {}
        about = escape(str(shape.get("description") or ""))
        rows.append(Row(code(path), _kind(shape), name in required, about))
        if depth < 1 and "$ref" not in shape and "$ref" not in (shape.get("items") or {}):
            inner = resolved(spec, shape)
            is_list = inner.get("type") == "array"
            rows += _rows(spec, inner.get("items") or {} if is_list else inner, f"{path}{'[]' if is_list else ''}.", depth + 1)
    return rows[:MAX_ROWS]


def _kind(schema: JsonSchema) -> str:
    if "$ref" in schema:
        return code(str(schema["$ref"]).rpartition("/")[2])
    if schema.get("enum") and len(schema["enum"]) <= 12:
        return " or ".join(code(json.dumps(value, ensure_ascii=False)) for value in mask_json(schema["enum"]))
    if "const" in schema:
        return code(json.dumps(mask_json(schema["const"]), ensure_ascii=False))
    kinds = schema.get("type") or ("object" if "properties" in schema else "")
    inner = schema.get("items")
    of = f" of {_kind(inner)}" if isinstance(inner, dict) and inner else ""
    said = f" ({escape(str(schema['format']))})" if schema.get("format") else ""
    named = [f"{kind}{of if kind == 'array' else ''}{said if kind != 'null' else ''}" for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind]
    named = named or sorted({_kind(item) for key in ("anyOf", "oneOf") for item in schema.get(key) or ()}, key=lambda words: (words == "null", words))
    return " or ".join(named) or "any"


def _paging(item: Operation) -> str:
    paging = item.pagination
    if paging is None:
        return ""
    *most_names, last = [code(name) for name in paging.parameters] or [""]
    names = " and ".join([*([", ".join(most_names)] if most_names else []), last])
    place = {"body": " in the body", "header": " in the head of the request"}.get(paging.where, "")
    told = (
        "says whether there is more"
        if paging.next_field.endswith(FLAGS)
        else "says which part came"
        if paging.next_field == RANGE
        else "leads to the next page"
    )
    following = f"; {code(paging.next_field)} {told}" if paging.next_field else ""
    most = f"; up to {paging.limit_max} a page were asked for" if paging.limit_max is not None else ""
    return f"**Pagination**: by {paging.kind}{f', with {names}{place}' if names else ''}{following}{most}."


def _messages(spec: Spec, item: Operation) -> str:
    parts = [
        f"**Message {code(message.name)}**, {message.direction}\n\n" + _body(spec, Content("", message.schema, message.example)) for message in item.messages
    ]
    return "\n\n".join(parts)


def _answers(spec: Spec, item: Operation) -> str:
    good = [response for response in item.responses if response.status[:1] not in "45" or response.status == "default"]
    bad = [response for response in item.responses if response not in good]
    parts = [_answer(spec, response) for response in good]
    if bad:
        rows = [f"| {escape(response.status)} | {escape(response.description or phrase(response.status))} | {_first_example(response)} |" for response in bad]
        parts.append("\n".join(["**Errors**", "", "| Status | Meaning | Example |", "|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _answer(spec: Spec, response: Response) -> str:
    headers = f"Headers: {', '.join(code(header.name) for header in response.headers)}." if response.headers else ""
    head = f"**Answer {escape(response.status)}** {escape(response.description or phrase(response.status))}"
    return "\n\n".join(part for part in (head, headers, *(_body(spec, content) for content in response.contents)) if part)


def _first_example(response: Response) -> str:
    example = next((content.example for content in response.contents if content.example is not None), None)
    text = "" if example is None else json.dumps(mask_json(example), ensure_ascii=False)
    return code(text if len(text) <= 160 else text[:160] + " …")


def _samples(spec: Spec, item: Operation) -> str:
    if item.api_type == "gRPC":
        return ""
    if item.api_type == "WebSocket":
        return f"**JavaScript**\n\n{fenced(samples.websocket(spec, item), 'js')}"
    call = samples.call_of(spec, item)
    blocks = (("curl", "sh", samples.curl), ("Python", "python", samples.python), ("JavaScript", "js", samples.javascript))
    return "\n\n".join(f"**{label}**\n\n{fenced(write(call), language)}" for label, language, write in blocks)


def _types(spec: Spec) -> str:
    found = ((name, _variants(spec.schemas[name]) or _table(_rows(spec, spec.schemas[name]))) for name in sorted(spec.schemas))
    sections = [f"### {code(name)}\n\n{table}" for name, table in found if table]
    return "## Types\n\n" + "\n\n".join(sections) if sections else ""


def _variants(schema: JsonSchema) -> str:
    """A union as a table: which value of which field means which type."""
    told = schema.get("discriminator")
    mapping: dict[str, Any] = told.get("mapping") or {} if isinstance(told, dict) else {}
    if not isinstance(told, dict) or not mapping:
        return ""
    types: dict[str, list[str]] = {}
    for value, reference in mapping.items():
        types.setdefault(str(reference).rpartition("/")[2], []).append(value)
    rows = [f"| {' or '.join(code(value) for value in values)} | {code(name)} |" for name, values in types.items()]
    head = code(mask_name(str(told.get("propertyName") or "")))
    return "\n".join([f"One of these, by its field {head}:", "", f"| {head} | Type |", "|---|---|", *rows])


def _left_out(spec: Spec) -> str:
    if not spec.noise:
        return ""
    rows = [f"| {escape(noise.kind)} | {code(f'{noise.method} {mask_url(noise.path)}')} | {noise.count:,} |" for noise in spec.noise[:50]]
    more = f"\n\n… and {len(spec.noise) - 50} more." if len(spec.noise) > 50 else ""
    return "## Left out\n\nTraffic that is no part of this API.\n\n" + "\n".join(["| Why | Request | Calls |", "|---|---|---|", *rows]) + more

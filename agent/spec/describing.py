"""Everything that can be said about one operation: parameters, bodies, answers, messages, each with its evidence."""

import re
from typing import Any, Literal

import msgspec

from agent.spec import auth, pagination
from agent.spec.fields import escaped
from agent.spec.model import Content as ContentSpec
from agent.spec.model import Evidence, JsonSchema, MessageFormat, Operation, Paging, Parameter, Response
from agent.spec.names import Reading, custom_verb, is_action, resource_path, words_of
from agent.spec.path_syntax import HOLE
from agent.spec.paths.grouping import stem_of
from agent.spec.phrasing import ENDING, paging_words, summary_of
from agent.spec.protocols import envelopes, protobuf
from agent.spec.protocols.kinds import kind_of_route
from agent.spec.schemas.component_names import is_envelope
from agent.spec.schemas.examples import example_of, is_known
from agent.spec.schemas.pool import Pool
from agent.spec.summary import Content, Field, Outcome, Route, Seen
from agent.spec.values import kind_of

_EVIDENT = {"int", "uuid", "date", "datetime", "email", "ip", "phone", "hex", "prefixed", "token"}
REASONS = {
    "200": "OK",
    "201": "Created",
    "202": "Accepted",
    "204": "No content",
    "206": "Partial content",
    "301": "Moved permanently",
    "302": "Found",
    "304": "Not modified",
    "400": "Bad request",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Not found",
    "405": "Method not allowed",
    "409": "Conflict",
    "410": "Gone",
    "422": "Unprocessable content",
    "429": "Too many requests",
    "500": "Internal server error",
    "502": "Bad gateway",
    "503": "Service unavailable",
    "101": "Switching protocols",
}


def is_list(template: str, route: Route) -> bool:
    """Whether it answers with a list: of things, or in an envelope. What is asked for by its id is one, with whatever lists in it."""
    for status, outcome in route.outcomes.items():
        for content in outcome.contents.values() if status[:1] == "2" else ():
            node = content.node
            if node is not None and (node.arrays or (not template.endswith("}") and is_envelope(node))):
                return True
    return False


def evidence_of(seen: Seen) -> Evidence:
    return Evidence(count=seen.count, first_seen=seen.first, last_seen=seen.last, samples=tuple(sorted(seen.ids)))


def operation_of(
    template: str,
    method: str,
    route: Route,
    group: list[Route],
    name: str,
    security: tuple[tuple[str, ...], ...],
    carriers: auth.Carriers,
    pool: Pool,
    *,
    base: str = "",
    reading: Reading = "words",
) -> Operation:
    pointer = f"/operations/{name}"
    queries = {key.partition(":")[2]: field for key, field in route.fields.items() if key.startswith("query:") and key not in carriers.schemes}
    kind = kind_of_route(route)
    sample = envelopes.sample(kind, route, pool)
    request = tuple(_content(media_type, content, route, pool, f"{pointer}/request") for media_type, content in sorted(route.requests.items()))
    responses = tuple(
        _response(status, outcome, pool, f"{pointer}/responses/{status}") for status, outcome in sorted(route.outcomes.items()) if status != "error"
    )
    paging = pagination.paging_of(method, queries, route) if kind == "REST" else None
    return Operation(
        id=name,
        method=method,
        template=template,
        summary=summary_of(
            method, template.removeprefix(base), is_list=is_list(template, route), reading=reading, api_type=kind, names=tuple(sorted(route.named))
        ),
        tags=_tags(template.removeprefix(base), reading=reading),
        api_type=kind,
        parameters=(*_path_parameters(template, group), *_field_parameters(route, carriers, paging)),
        request=tuple(_exemplified(content, sample.request) for content in request) if sample else request,
        request_required=bool(route.requests) and not route.bodiless,
        responses=tuple(_answered(response, sample.answer) for response in responses) if sample else responses,
        security=security,
        pagination=paging,
        messages=tuple(_message(key, message, pool, pointer) for key, message in sorted(route.messages.items()))
        + envelopes.formats(kind, route, pool, pointer),
        operation_names=tuple(sorted(route.named)),
        idempotency_header=next((key.partition(":")[2] for key in sorted(route.fields) if re.fullmatch(r"header:(?:x-)?idempotency-?(?:key|token)", key)), ""),
        evidence=evidence_of(route.seen),
    )


def _tags(template: str, *, reading: Reading) -> tuple[str, ...]:
    """The first resource. The name of a call, as `getUpdates`, is none."""
    parts = resource_path(custom_verb(template)[0])
    plain = next((part for part in parts if "{" not in part), "")
    words = words_of(plain)
    is_call = plain == parts[-1] and (reading == "deed" or (len(words) > 1 and is_action(words, "POST", reading=reading))) if plain else False
    return (ENDING.sub("", plain),) if plain and not is_call else ()


def _path_parameters(template: str, group: list[Route]) -> list[Parameter]:
    found: list[Parameter] = []
    for position, part in enumerate(part for part in template.split("/") if part):
        for number, name in enumerate(re.findall(r"\{([^{}]+)\}", part)):
            values, kinds = _slot_values(group, position, part, number)
            schema: dict[str, Any] = {"type": "string"}
            if kinds and kinds <= {"int"}:
                schema = {"type": "integer"}
            elif kinds == {"uuid"}:
                schema["format"] = "uuid"
            elif kinds == {"date"} and all(len(value) == 10 for value in values):
                schema["format"] = "date"
            working, _ = _slot_values([route for route in group if _is_served(route)] or group, position, part, number)
            example = max(sorted(working), key=lambda value: working[value], default=None)
            has_slashes = any(route.path.split("/")[position + 1] == HOLE for route in group)
            if schema["type"] == "integer" and example is not None:
                example = int(example)
            found.append(
                Parameter(
                    name=name,
                    where="path",
                    schema=schema,
                    required=True,
                    example=example or None,
                    evidence=Evidence(count=sum(values.values()), total=len(values), confidence=_confidence(len(values), kinds)),
                    has_slashes=has_slashes,
                    description="Its slashes stay as they are." if has_slashes else "",
                )
            )
    return found


def _is_served(route: Route) -> bool:
    return any(status[:1] in "123" for status in route.outcomes)


def _confidence(different: int, kinds: set[str]) -> float:
    """How surely a segment is a parameter: by the rule of succession, where the form of an id counts as several values."""
    evident = 8 if kinds and kinds <= _EVIDENT else 0
    return round((different + evident) / (different + evident + 1), 4)


def _slot_values(group: list[Route], position: int, template_part: str, number: int) -> tuple[dict[str, int], set[str]]:
    values: dict[str, int] = {}
    kinds: set[str] = set()
    for route in group:
        parts = [part for part in route.path.split("/") if part]
        holed = route.slots.get(f"{position}.{number}")
        stem = stem_of(parts[position], template_part, number)
        sample = holed or (None if stem.text else route.slots.get(str(position)))
        found = sample.values if sample else {stem.text: route.seen.count}
        kinds |= {kind_of(value) for value in found} if holed else {stem.kind}
        for value, times in found.items():
            if value:
                values[value] = values.get(value, 0) + times
    return values, kinds


def _field_parameters(route: Route, carriers: auth.Carriers, paging: Paging | None) -> list[Parameter]:
    found: list[Parameter] = []
    for key in sorted(route.fields):
        where, _, name = key.partition(":")
        field = route.fields[key]
        if where == "scheme" or key in carriers.schemes or where == "cookie":
            continue
        total = route.seen.count
        found.append(
            Parameter(
                name=name,
                where=_where(where),
                schema=_field_schema(field),
                required=field.total >= total >= 3,
                description=paging_words(paging, name) if paging and paging.where == where else "",
                example=example_of(field.node) if is_known(field.node) else None,
                evidence=Evidence(count=field.total, first_seen=float(field.first), last_seen=float(field.last), total=total),
            )
        )
    return found


def _where(where: str) -> Literal["query", "header"]:
    return "query" if where == "query" else "header"


def _field_schema(field: Field) -> dict[str, Any]:
    return Pool().schema(field.node) or {"type": "string"}


def _content(media_type: str, content: Content, route: Route, pool: Pool, pointer: str) -> ContentSpec:
    is_text = media_type.startswith("text/") or "xml" in media_type
    unread = {"type": "string"} if is_text else {"type": "string", "format": "binary"}
    return _described(media_type, content, pool, pointer, unread, route.seen.count)


def _described(media_type: str, content: Content, pool: Pool, pointer: str, unread: JsonSchema, total: int) -> ContentSpec:
    """`unread` is what is said of bodies that could not be decoded."""
    node = content.node
    if content.wire:
        unread = {"type": "string", "format": "binary", "description": protobuf.described(content.wire)}
    schema = unread if node is None else pool.schema(node, f"{pointer}/{escaped(media_type)}")
    return ContentSpec(media_type=media_type, schema=schema, example=pool.example(node), evidence=Evidence(count=content.total, total=total))


def _response(status: str, outcome: Outcome, pool: Pool, pointer: str) -> Response:
    contents = [
        _described(media_type, content, pool, pointer, {} if "json" in media_type else {"type": "string"}, outcome.seen.count)
        for media_type, content in sorted(outcome.contents.items())
    ]
    headers = tuple(
        Parameter(
            name=name,
            where="header",
            schema=Pool().schema(node),
            example=example_of(node) if is_known(node) else None,
            evidence=Evidence(count=node.total, total=outcome.seen.count),
        )
        for name, node in sorted(outcome.headers.items())
    )
    return Response(status=status, description=REASONS.get(status, "Response"), contents=tuple(contents), headers=headers, evidence=evidence_of(outcome.seen))


def _exemplified(content: ContentSpec, example: Any) -> ContentSpec:
    fits = isinstance(content.example, dict) or (isinstance(example, str) and "xml" in content.media_type)
    return msgspec.structs.replace(content, example=example) if example is not None and fits else content


def _answered(response: Response, example: Any) -> Response:
    if response.status[:1] != "2":
        return response
    return msgspec.structs.replace(response, contents=tuple(_exemplified(content, example) for content in response.contents))


def _message(key: str, message: Any, pool: Pool, pointer: str) -> MessageFormat:
    direction, _, name = key.partition(" ")
    return MessageFormat(
        direction="sent" if direction == "sent" else "received",
        name=name,
        schema=pool.schema(message.node, f"{pointer}/messages/{name}"),
        example=pool.example(message.node),
        evidence=Evidence(count=message.total),
    )

"""Summary in, Spec out: which routes are one operation, and everything that can be said about it. Pure and canonical."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from agent.spec import auth, graphql, pagination
from agent.spec.kinds import kind_of_route
from agent.spec.merge import merge_route
from agent.spec.model import Content as ContentSpec
from agent.spec.model import Evidence, MessageFormat, Noise, Operation, Parameter, Pin, Response, Spec
from agent.spec.names import operation_id, parameter_name, words_of
from agent.spec.noise import is_unserved, main_origin, noise_kind
from agent.spec.paths import find_roles
from agent.spec.schemas import Pool, example_of
from agent.spec.summary import Content, Field, Outcome, Route, Seen, Summary
from agent.spec.values import kind_of, split_affixes

MODERN = ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD")
_REASONS = {
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


def conclude(summary: Summary, *, title: str = "", server: str | None = None, pins: tuple[Pin, ...] = ()) -> Spec:
    """The spec of the main API in a summary, or of the one at `server`."""
    routes = [summary.routes[key] for key in sorted(summary.routes)]
    origin = _origin(server) or main_origin(routes)
    mine, noise = _sort_out(routes, origin, pins)
    by_template = _operations(mine, summary, pins)
    served = [route for group in by_template.values() for route in group]
    left = {id(route) for route in mine} - {id(route) for route in served}
    noise += [("scanner", route) for route in mine if id(route) in left]
    return _spec(summary, origin, title, by_template, noise)


def _origin(server: str | None) -> str:
    if not server:
        return ""
    parts = urlsplit(server if "://" in server else "https://" + server)
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc.lower()}".removesuffix(":443" if scheme == "https" else ":80")


def _sort_out(routes: list[Route], origin: str, pins: tuple[Pin, ...]) -> tuple[list[Route], list[tuple[str, Route]]]:
    mine: list[Route] = []
    noise: list[tuple[str, Route]] = []
    for route in routes:
        kind = noise_kind(route)
        if kind and any(pin.kind == "keep" and _matches(pin.template, route.path) for pin in pins) and route.origin == origin and kind != "preflight":
            kind = None
        if route.origin != origin:
            kind = kind or "other-host"
        if kind:
            noise.append((kind, route))
        else:
            mine.append(route)
    return mine, noise


def _operations(routes: list[Route], summary: Summary, pins: tuple[Pin, ...]) -> dict[tuple[str, str], list[Route]]:
    """Routes by template and method."""
    served = [route for route in routes if not is_unserved(route)]
    roles = {path: _rejected(path, flags, pins) for path, flags in find_roles(served, summary.values).items()}
    namer = _Namer(served)
    templates = {path: namer.template(path, flags, pins) for path, flags in sorted(roles.items())}
    found: dict[tuple[str, str], list[Route]] = defaultdict(list)
    for route in served:
        found[templates[route.path], route.method].append(route)
    matchers = _matchers({template for template, _ in found})
    for route in routes:
        if is_unserved(route):
            template = next((template for template, expression in matchers if expression.fullmatch(route.path)), None)
            if template is not None and (template, route.method) in found:
                found[template, route.method].append(route)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], _order(item[0][1]))))


def _order(method: str) -> int:
    return MODERN.index(method) if method in MODERN else len(MODERN)


def _matchers(templates: Iterable[str]) -> list[tuple[str, re.Pattern[str]]]:
    ordered = sorted(templates, key=lambda template: (template.count("{"), template))
    return [(template, re.compile(re.sub(r"\\\{[^{}/]*\\\}", "[^/]+", re.escape(template)))) for template in ordered]


def _matches(template: str, path: str) -> bool:
    return bool(_matchers([template])[0][1].fullmatch(path))


def _rejected(path: str, flags: tuple[bool, ...], pins: tuple[Pin, ...]) -> tuple[bool, ...]:
    """The roles of a path, where what the user said is no parameter stays literal."""
    for pin in pins:
        if pin.kind == "reject" and _matches(pin.template, path):
            parts = [part for part in pin.template.split("/") if part]
            flags = tuple(flag and "{" not in part for flag, part in zip(flags, parts, strict=True))
    return flags


class _Namer:
    """Names the parameters of templates: one name for one position below one prefix."""

    def __init__(self, routes: list[Route]) -> None:
        self._names: dict[tuple[str, ...], str] = {}
        self._echoes: dict[str, dict[str, int]] = defaultdict(dict)
        for route in routes:
            for key, times in route.echoes.items():
                position, _, name = key.split(" ", 2)
                counts = self._echoes[f"{route.path} {position}"]
                counts[name] = counts.get(name, 0) + times

    def template(self, path: str, flags: tuple[bool, ...], pins: tuple[Pin, ...]) -> str:
        """The template of a path, as the user pinned it or by the roles of its segments."""
        for pin in sorted(pins, key=lambda pin: pin.template.count("{")):
            if pin.kind == "keep" and _matches(pin.template, path):
                return pin.template
        parts: list[str] = []
        prefix: tuple[str, ...] = ()
        taken: list[str] = []
        for position, segment in enumerate(part for part in path.split("/") if part):
            if not flags[position]:
                parts.append(quote(unquote(segment), safe="~!$&'()*+,;=:@-._"))
                prefix += (segment,)
                continue
            before, kind, after = _affixes(segment)
            prefix += (f"{before}{{}}{after}",)
            name = self._names.get(prefix)
            if name is None or name in taken:
                literal = next((part for part in reversed(parts) if not part.startswith("{")), "")
                is_direct = bool(parts) and not parts[-1].startswith("{")
                echoed = self._echoed(path, position)
                name = parameter_name(literal if is_direct else "", kind, taken, echoed)
                self._names[prefix] = name
            taken.append(name)
            parts.append(f"{before}{{{name}}}{after}")
        return "/" + "/".join(parts)

    def _echoed(self, path: str, position: int) -> str:
        counts = self._echoes.get(f"{path} {position}", {})
        return max(sorted(counts), key=lambda name: counts[name], default="")


def _affixes(segment: str) -> tuple[str, str, str]:
    if "<" in segment:
        before, _, rest = segment.partition("<")
        kind, _, after = rest.partition(">")
        return before, kind, after
    before, stem, after = split_affixes(unquote(segment))
    return before, kind_of(stem), after


def _spec(summary: Summary, origin: str, title: str, groups: dict[tuple[str, str], list[Route]], noise: list[tuple[str, Route]]) -> Spec:
    served = [route for group in groups.values() for route in group]
    carriers = auth.find_carriers(served)
    securities = {key: auth.security_of(group, carriers, ()) for key, group in groups.items()}
    usual = auth.usual_security(list(securities.values()))
    securities = {key: auth.security_of(group, carriers, usual) for key, group in groups.items()}
    merged = {key: reduce(merge_route, group) for key, group in groups.items()}
    pool = _fill_pool(merged)
    ids = _operation_ids(merged)
    operations = tuple(
        _operation(template, method, route, groups[template, method], ids[template, method], securities[template, method], carriers, pool)
        for (template, method), route in merged.items()
    )
    return Spec(
        title=title or urlsplit(origin).hostname or "API",
        servers=(origin,) if origin else (),
        operations=operations,
        schemas=pool.schemas,
        security_schemes=tuple(sorted(carriers.schemes.values(), key=lambda scheme: scheme.name)),
        graphql_sdl=graphql.sdl_of(route.named[name] for route in merged.values() if kind_of_route(route) == "GraphQL" for name in sorted(route.named)),
        cors=_cors(summary, origin),
        rate_limit=_rate_limit(served),
        versioning=_versioning(operations),
        noise=_noise(noise),
        evidence=_evidence(summary.seen),
        property_evidence=dict(sorted(pool.evidence.items())),
    )


def _fill_pool(merged: dict[tuple[str, str], Route]) -> Pool:
    pool = Pool()
    for (template, _), route in merged.items():
        name = next((segment for segment in reversed(template.split("/")) if segment and not segment.startswith("{")), "item")
        for status, outcome in sorted(route.outcomes.items()):
            for _, content in sorted(outcome.contents.items()):
                if content.node is not None:
                    pool.add(content.node, name if status[:1] == "2" else "error")
    pool.settle()
    return pool


def _operation_ids(merged: dict[tuple[str, str], Route]) -> dict[tuple[str, str], str]:
    base = _common_prefix([template for template, _ in merged])
    ids: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for (template, method), route in merged.items():
        name = operation_id(method, "/" + template.removeprefix(base).lstrip("/"), _is_list(route))
        if name in taken:
            last = next((part for part in reversed(template.split("/")) if part.startswith("{")), "")
            name += "By" + "".join(word.capitalize() for word in words_of(last)) if last else ""
        unique, number = name, 2
        while unique in taken:
            unique, number = f"{name}{number}", number + 1
        taken.add(unique)
        ids[template, method] = unique
    return ids


def _common_prefix(templates: list[str]) -> str:
    split = [template.split("/")[1:-1] for template in templates]
    prefix: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1 or parts[0].startswith("{"):
            break
        prefix.append(parts[0])
    keep = [part for part in prefix if part.lower() in ("api", "rest") or kind_of(part) == "version" or part.isdigit()]
    return "/" + "/".join(prefix[: len(keep)]) if keep and prefix[: len(keep)] == keep else ""


def _is_list(route: Route) -> bool:
    for status, outcome in route.outcomes.items():
        for content in outcome.contents.values() if status[:1] == "2" else ():
            node = content.node
            if node is not None and (
                node.arrays or any(inner.arrays and inner.items is not None and inner.items.objects for inner in node.properties.values())
            ):
                return not route.path.rstrip("/").endswith(">")
    return False


def _operation(
    template: str, method: str, route: Route, group: list[Route], name: str, security: tuple[tuple[str, ...], ...], carriers: auth.Carriers, pool: Pool
) -> Operation:
    pointer = f"/operations/{name}"
    queries = {key.partition(":")[2]: field for key, field in route.fields.items() if key.startswith("query:") and key not in carriers.schemes}
    kind = kind_of_route(route)
    request = tuple(_content(media_type, content, route, pool, f"{pointer}/request") for media_type, content in sorted(route.requests.items()))
    first = next(
        (content.node for status, outcome in sorted(route.outcomes.items()) if status[:1] == "2" for content in outcome.contents.values() if content.node), None
    )
    has_link = any("link" in outcome.headers for outcome in route.outcomes.values())
    return Operation(
        id=name,
        method=method,
        template=template,
        tags=_tags(template),
        api_type=kind,
        parameters=(*_path_parameters(template, group), *_field_parameters(route, carriers)),
        request=request,
        request_required=bool(route.requests) and not route.bodiless,
        responses=tuple(
            _response(status, outcome, pool, f"{pointer}/responses/{status}") for status, outcome in sorted(route.outcomes.items()) if status != "error"
        ),
        security=security,
        pagination=pagination.paging_of(queries, first, has_link) if method == "GET" and kind == "REST" else None,
        messages=tuple(_message(key, message, pool, pointer) for key, message in sorted(route.messages.items())),
        operation_names=tuple(sorted(route.named)),
        idempotency_header=next((key.partition(":")[2] for key in sorted(route.fields) if re.fullmatch(r"header:(?:x-)?idempotency-?(?:key|token)", key)), ""),
        evidence=_evidence(route.seen),
    )


def _tags(template: str) -> tuple[str, ...]:
    parts = [part for part in template.split("/") if part and not part.startswith("{")]
    plain = [part for part in parts if kind_of(part) != "version" and not part.isdigit() and part.lower() not in ("api", "rest")]
    return (plain[0],) if plain else ()


def _evidence(seen: Seen) -> Evidence:
    return Evidence(count=seen.count, first_seen=seen.first, last_seen=seen.last, samples=tuple(sorted(seen.ids)))


def _path_parameters(template: str, group: list[Route]) -> list[Parameter]:
    found: list[Parameter] = []
    for position, part in enumerate(part for part in template.split("/") if part):
        for name in re.findall(r"\{([^{}]+)\}", part):
            values, kinds = _slot_values(group, position)
            schema: dict[str, Any] = {"type": "string"}
            if kinds and kinds <= {"int"}:
                schema = {"type": "integer"}
            elif kinds == {"uuid"}:
                schema["format"] = "uuid"
            elif kinds == {"date"} and all(len(value) == 10 for value in values):
                schema["format"] = "date"
            example = max(sorted(values), key=lambda value: values[value], default=None)
            if schema["type"] == "integer" and example is not None:
                example = int(example)
            found.append(
                Parameter(
                    name=name,
                    where="path",
                    schema=schema,
                    required=True,
                    example=example or None,
                    evidence=Evidence(count=sum(values.values()), total=len(values)),
                )
            )
    return found


def _slot_values(group: list[Route], position: int) -> tuple[dict[str, int], set[str]]:
    values: dict[str, int] = {}
    kinds: set[str] = set()
    for route in group:
        parts = [part for part in route.path.split("/") if part]
        _, kind, _ = _affixes(parts[position])
        kinds.add(kind)
        sample = route.slots.get(str(position))
        found = sample.values if sample else {split_affixes(unquote(parts[position]))[1]: route.seen.count}
        for value, times in found.items():
            if value:
                values[value] = values.get(value, 0) + times
    return values, kinds


def _field_parameters(route: Route, carriers: auth.Carriers) -> list[Parameter]:
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
                example=example_of(field.node),
                evidence=Evidence(count=field.total, total=total),
            )
        )
    return found


def _where(where: str) -> Literal["query", "header"]:
    return "query" if where == "query" else "header"


def _field_schema(field: Field) -> dict[str, Any]:
    return Pool().schema(field.node) or {"type": "string"}


def _content(media_type: str, content: Content, route: Route, pool: Pool, pointer: str) -> ContentSpec:
    node = content.node
    place = f"{pointer}/{media_type.replace('/', '~1')}"
    schema = (
        pool.schema(node, place)
        if node is not None
        else {"type": "string"}
        if media_type.startswith("text/") or "xml" in media_type
        else {"type": "string", "format": "binary"}
    )
    return ContentSpec(media_type=media_type, schema=schema, example=example_of(node), evidence=Evidence(count=content.total, total=route.seen.count))


def _response(status: str, outcome: Outcome, pool: Pool, pointer: str) -> Response:
    contents: list[ContentSpec] = []
    for media_type, content in sorted(outcome.contents.items()):
        node = content.node
        schema = pool.schema(node, f"{pointer}/{media_type.replace('/', '~1')}") if node is not None else {"type": "string"} if "json" not in media_type else {}
        contents.append(
            ContentSpec(media_type=media_type, schema=schema, example=example_of(node), evidence=Evidence(count=content.total, total=outcome.seen.count))
        )
    headers = tuple(
        Parameter(
            name=name, where="header", schema=Pool().schema(node), example=example_of(node), evidence=Evidence(count=node.total, total=outcome.seen.count)
        )
        for name, node in sorted(outcome.headers.items())
    )
    return Response(status=status, description=_REASONS.get(status, "Response"), contents=tuple(contents), headers=headers, evidence=_evidence(outcome.seen))


def _message(key: str, message: Any, pool: Pool, pointer: str) -> MessageFormat:
    direction, _, name = key.partition(" ")
    return MessageFormat(
        direction="sent" if direction == "sent" else "received",
        name=name,
        schema=pool.schema(message.node, f"{pointer}/messages/{name}"),
        example=example_of(message.node),
        evidence=Evidence(count=message.total),
    )


def _cors(summary: Summary, origin: str) -> dict[str, Any] | None:
    samples = summary.cors.get(origin, {})
    allowed = samples.get("access-control-allow-origin")
    if allowed is None:
        return None

    def values(name: str) -> list[str]:
        sample = samples.get("access-control-" + name)
        return sorted(sample.values, key=lambda value: (-sample.values[value], value)) if sample else []

    methods = sorted({part.strip().upper() for value in values("allow-methods") for part in value.split(",") if part.strip()})
    headers = sorted({part.strip() for value in values("allow-headers") for part in value.split(",") if part.strip()})
    age = next((int(value) for value in values("max-age") if value.lstrip("-").isdigit()), None)
    return {
        "allow_origin": values("allow-origin")[0],
        "credentials": "true" in values("allow-credentials"),
        "allow_methods": methods,
        "allow_headers": headers,
        "max_age": age,
    }


def _rate_limit(routes: list[Route]) -> dict[str, Any] | None:
    headers: dict[str, Any] = {}
    refused = sum(outcome.seen.count for route in routes for status, outcome in route.outcomes.items() if status == "429")
    for route in routes:
        for outcome in route.outcomes.values():
            for name, node in outcome.headers.items():
                if "ratelimit" in name.replace("-", "") or name == "retry-after":
                    headers[name] = max(headers.get(name) or 0, node.high or 0)
    limit = next((int(headers[name]) for name in sorted(headers) if name.endswith("limit") and headers[name]), None)
    return {"headers": sorted(headers), "limit": limit, "refused": refused} if headers or refused else None


def _versioning(operations: tuple[Operation, ...]) -> dict[str, Any] | None:
    in_path = sorted({part for operation in operations for part in operation.template.split("/")[1:4] if kind_of(part) == "version"})
    if in_path:
        return {"where": "path", "values": in_path}
    in_header = sorted(
        {parameter.name for operation in operations for parameter in operation.parameters if parameter.where == "header" and "version" in parameter.name}
    )
    return {"where": "header", "names": in_header} if in_header else None


def _noise(found: list[tuple[str, Route]]) -> tuple[Noise, ...]:
    counts: dict[tuple[Any, str, str], int] = {}
    for kind, route in found:
        path = route.path if kind != "other-host" else route.origin
        key = (kind, route.method if kind != "other-host" else "*", path)
        counts[key] = counts.get(key, 0) + route.seen.count
    return tuple(Noise(kind=kind, method=method, path=path, count=counts[kind, method, path]) for kind, method, path in sorted(counts))

"""Summary in, Spec out: which routes are one operation, and everything that can be said about it. Pure and canonical."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from agent.spec import auth, conventions, deeds, oauth
from agent.spec.bases import base_of
from agent.spec.describing import REASONS, evidence_of, is_list, operation_of
from agent.spec.merge import merge_route
from agent.spec.model import Noise, Operation, Pin, Spec
from agent.spec.names import Reading, acting, call_id, free, operation_id, resource_path, words_of
from agent.spec.noise import NoiseKind, main_origin, noise_kinds
from agent.spec.paths.grouping import group_routes, matches
from agent.spec.paths.rests import with_rests
from agent.spec.phrasing import ENDING, told_apart
from agent.spec.protocols import graphql
from agent.spec.protocols.kinds import kind_of_route
from agent.spec.schemas.component_names import Place, place_of
from agent.spec.schemas.pool import Pool, error_name
from agent.spec.summary import Route, Summary
from agent.spec.values import kind_of

_NAMING_INSIDE = ("GraphQL", "JSON-RPC", "XML-RPC", "SOAP", "gRPC")
"""Kinds whose calls are all POST: the method says nothing of what is done."""


def conclude(summary: Summary, *, title: str = "", server: str | None = None, pins: tuple[Pin, ...] = (), is_pooled: bool = True) -> Spec:
    """The spec of the main API in a summary, or of the one at `server`.

    Alike objects are pooled and teach each other what is optional. Else each operation says what its own calls showed.
    """
    routes = [summary.routes[key] for key in sorted(summary.routes)]
    asked = _origin(server)
    kinds = noise_kinds(routes, asked)
    origin = asked or main_origin(routes, kinds)
    mine, noise = _sort_out(routes, kinds, origin, pins)
    mine = with_rests(mine)
    by_template = group_routes(mine, summary, pins)
    served = [route for group in by_template.values() for route in group]
    left = {id(route) for route in mine} - {id(route) for route in served}
    noise += [("scanner", route) for route in mine if id(route) in left]
    return _spec(summary, origin, title, by_template, noise, is_pooled=is_pooled)


def _origin(server: str | None) -> str:
    if not server:
        return ""
    parts = urlsplit(server if "://" in server else "https://" + server)
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    return f"{scheme}://{parts.netloc.lower()}".removesuffix(":443" if scheme == "https" else ":80")


def _sort_out(routes: list[Route], kinds: Mapping[int, NoiseKind | None], origin: str, pins: tuple[Pin, ...]) -> tuple[list[Route], list[tuple[str, Route]]]:
    mine: list[Route] = []
    noise: list[tuple[str, Route]] = []
    for route in routes:
        kind: str | None = kinds[id(route)]
        if kind and any(pin.kind == "keep" and matches(pin.template, route.path) for pin in pins) and route.origin == origin and kind != "preflight":
            kind = None
        if route.origin != origin:
            kind = kind or "other-host"
        if kind:
            noise.append((kind, route))
        else:
            mine.append(route)
    return mine, noise


def _spec(summary: Summary, origin: str, title: str, groups: dict[tuple[str, str], list[Route]], noise: list[tuple[str, Route]], *, is_pooled: bool) -> Spec:
    served = [route for group in groups.values() for route in group]
    carriers = auth.find_carriers(served)
    securities = {key: auth.security_of(group, carriers, ()) for key, group in groups.items()}
    usual = auth.usual_security(list(securities.values()))
    securities = {key: auth.security_of(group, carriers, usual) for key, group in groups.items()}
    carriers = auth.used_carriers(carriers, securities.values())
    merged = {key: merge_route(*group) for key, group in groups.items()}
    carriers = oauth.with_flows(carriers, merged)
    read = deeds.readings(merged)
    base = base_of(sorted({template for template, _ in merged}))
    pool = _fill_pool(merged, read, base) if is_pooled else Pool()
    ids = _operation_ids(merged, read, base)
    operations = told_apart(
        operation_of(
            template,
            method,
            route,
            groups[template, method],
            ids[template, method],
            securities[template, method],
            carriers,
            pool,
            base=base,
            reading=read.get((template, method), "words"),
        )
        for (template, method), route in merged.items()
    )
    operations = tuple(_as_called(operation, merged[operation.template, operation.method]) for operation in operations)
    return Spec(
        title=title or urlsplit(origin).hostname or "API",
        servers=(origin,) if origin else (),
        operations=operations,
        schemas=pool.schemas,
        security_schemes=tuple(sorted(carriers.schemes.values(), key=lambda scheme: scheme.name)),
        graphql_sdl=graphql.sdl_of(
            route.named[name] for route in merged.values() if kind_of_route(route) in ("GraphQL", "WebSocket") for name in sorted(route.named)
        ),
        cors=conventions.cors(summary, origin) if merged else None,
        rate_limit=conventions.rate_limit(served),
        versioning=conventions.versioning(operations),
        noise=_noise(noise),
        evidence=evidence_of(summary.seen),
        property_evidence=dict(sorted(pool.evidence.items())),
    )


def _as_called(operation: Operation, route: Route) -> Operation:
    """The operation with a last slash where most of its calls have one: Django and others answer nothing without it."""
    if route.flags.get("slash", 0) * 2 <= route.seen.count or operation.template == "/":
        return operation
    return msgspec.structs.replace(operation, template=operation.template + "/")


def _fill_pool(merged: dict[tuple[str, str], Route], read: Mapping[deeds.Key, Reading], base: str) -> Pool:
    pool = Pool()
    for (template, method), route in merged.items():
        place = place_of(method, template.removeprefix(base), reading=read.get((template, method), "words"))
        name = next((segment for segment in reversed(template.split("/")) if segment and not segment.startswith("{")), "item")
        for status, outcome in sorted(route.outcomes.items()):
            for _, content in sorted(outcome.contents.items()):
                if content.node is not None:
                    if status[:1] == "2":
                        pool.add(content.node, name, place)
                    else:
                        told = error_name(content.node)
                        pool.add(content.node, told, Place(told, REASONS.get(status, "")))
    pool.settle()
    return pool


def _operation_ids(merged: dict[tuple[str, str], Route], read: Mapping[deeds.Key, Reading], base: str) -> dict[tuple[str, str], str]:
    common = _common_prefix([template for template, _ in merged])
    ids: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for (template, method), route in merged.items():
        kind = kind_of_route(route)
        told = ""
        if method == "POST" and kind in _NAMING_INSIDE:
            told = call_id(_without_version(template), is_procedure=kind == "gRPC") or kind.lower().replace("-", "")
        name = (
            told
            if told and told not in taken
            else operation_id(
                acting(method, template), _without_version(template.removeprefix(base)), is_list(template, route), reading=read.get((template, method), "words")
            )
        )
        last = next((part for part in reversed(template.split("/")) if part.startswith("{")), "")
        by = "By" + "".join(word.capitalize() for word in words_of(last)) if last else ""
        if name in taken and ids.get((template.removesuffix(f"/{last}"), method)) == name:
            name += by
        if any(ids.get((template, other)) == name for other in ("GET", "PUT")):
            name += f"By{method.capitalize()}"
        if name in taken:
            name = operation_id(
                method, "/" + template.removeprefix(common).lstrip("/"), is_list(template, route), reading=read.get((template, method), "words")
            )
        if name in taken:
            name += by
        ids[template, method] = free(name, taken)
        taken.add(ids[template, method])
    return ids


def _without_version(template: str) -> str:
    """The path from its first resource on, and without an ending: two versions or formats of one are told apart only where both are there."""
    return ENDING.sub("", "/" + "/".join(resource_path(template) or template.split("/")[-1:]))


def _common_prefix(templates: list[str]) -> str:
    split = [template.split("/")[1:-1] for template in templates]
    prefix: list[str] = []
    for parts in zip(*split, strict=False):
        if len(set(parts)) > 1 or parts[0].startswith("{"):
            break
        prefix.append(parts[0])
    keep = [part for part in prefix if part.lower() in ("api", "rest") or kind_of(part) == "version" or part.isdigit()]
    return "/" + "/".join(prefix[: len(keep)]) if keep and prefix[: len(keep)] == keep else ""


def _noise(found: list[tuple[str, Route]]) -> tuple[Noise, ...]:
    counts: dict[tuple[Any, str, str], int] = {}
    for kind, route in found:
        path = route.path if kind != "other-host" else route.origin
        key = (kind, route.method if kind != "other-host" else "*", path)
        counts[key] = counts.get(key, 0) + route.seen.count
    return tuple(Noise(kind=kind, method=method, path=path, count=counts[kind, method, path]) for kind, method, path in sorted(counts))
